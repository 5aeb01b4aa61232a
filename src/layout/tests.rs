//! What a picture promises: nothing overlaps, everything is where it stands, in any width.

use scene::{Frame, StackBox};

use super::*;
use crate::fixture;

fn frames() -> [Frame; 4] {
    [
        fixture::containers(),
        fixture::vms(),
        fixture::containers_in_vms(),
        fixture::side_by_side(),
    ]
}

const WIDTHS: [i32; 6] = [320, 360, 600, 900, 1200, 1900];

#[test]
fn what_stands_in_a_box_lies_in_it_and_nothing_else_overlaps() {
    for frame in frames() {
        for width in WIDTHS {
            let layout = arrange(&frame.scene, width);
            let all: Vec<_> = layout.boxes().collect();
            for (index, one) in all.iter().enumerate() {
                let inside = Rect {
                    w: width,
                    h: layout.height,
                    ..Rect::default()
                };
                assert!(
                    inside.contains(one.rect),
                    "{} at {width}: {:?}",
                    one.node.path,
                    one.rect
                );
                assert!(one.rect.contains(one.label), "{}", one.node.path);
                for other in &all[index + 1..] {
                    let nested = one.shape == Shape::Frame && one.rect.contains(other.rect);
                    assert!(
                        nested || !one.rect.overlaps(other.rect),
                        "{} and {} at {width}: {:?} {:?}",
                        one.node.path,
                        other.node.path,
                        one.rect,
                        other.rect
                    );
                    assert!(
                        !one.label.overlaps(other.rect),
                        "{} hides {}",
                        other.node.path,
                        one.node.path
                    );
                }
            }
        }
    }
}

#[test]
fn every_box_is_drawn_once() {
    for frame in frames() {
        let mut expected = 0;
        for machine in &frame.scene.machines {
            machine.stack.walk(&mut |_| expected += 1);
        }
        let layout = arrange(&frame.scene, 900);
        let mut paths: Vec<_> = layout.boxes().map(|placed| &placed.node.path).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), expected, "{}", frame.scenario);
    }
}

#[test]
fn layers_stand_on_each_other() {
    let frame = fixture::vms();
    let layout = arrange(&frame.scene, 900);
    let at = |path: &str| layout.nearest(path).expect("drawn").rect;
    assert_eq!(at("pc").bottom(), layout.height);
    assert!(at("pc/hv").bottom() < at("pc").y);
    assert!(at("pc/hv/alpha").bottom() < at("pc/hv").y);
    assert!(at("pc/hv/alpha/os/p7").bottom() < at("pc/hv/alpha/os").y);
    // Kernels side by side are at one height, whatever stands on them.
    assert_eq!(at("pc/hv/alpha/os").y, at("pc/hv/gamma/os").y);
    // Machines stand on one ground.
    let beside = fixture::side_by_side();
    let layout = arrange(&beside.scene, 1200);
    assert_eq!(
        layout.stacks[0].rect.bottom(),
        layout.stacks[1].rect.bottom()
    );
}

#[test]
fn a_picture_is_as_large_as_there_is_room() {
    for frame in frames() {
        for width in WIDTHS {
            let mut last = 0;
            for room in [0, 300, 400, 500, 700, 900, 2000] {
                let size = size(&frame.scene, width, room, LARGEST);
                assert!(size >= last, "{} at {width}x{room}", frame.scenario);
                let height = arrange(&frame.scene, width * 100 / size).height * size / 100;
                assert!(height <= room || size == SIZES[SIZES.len() - 1]);
                last = size;
            }
            assert!(size(&frame.scene, width, 2000, NORMAL) <= NORMAL);
        }
    }
}

#[test]
fn narrow_pages_put_machines_one_above_the_other() {
    let frame = fixture::side_by_side();
    let wide = arrange(&frame.scene, 1200);
    assert!(wide.stacks[1].rect.x > wide.stacks[0].rect.right());
    let narrow = arrange(&frame.scene, 360);
    assert!(narrow.stacks[1].rect.y > narrow.stacks[0].rect.bottom());
    assert!(narrow.stacks.iter().all(|stack| stack.scale.is_none()));
}

#[test]
fn a_vanished_box_is_found_in_what_held_it() {
    let frame = fixture::containers();
    let layout = arrange(&frame.scene, 900);
    let nearest = |path| layout.nearest(path).map(|placed| placed.node.path.as_str());
    assert_eq!(nearest("pc/os/ct:web/p999"), Some("pc/os/ct:web"));
    assert_eq!(nearest("pc/os/p70"), Some("pc/os"));
    assert_eq!(nearest("elsewhere"), None);
}

#[test]
fn a_fork_bomb_is_counted_not_drawn() {
    let mut frame = fixture::containers();
    let os = &mut frame.scene.machines[0].stack.inside[0];
    let first = os.inside[0].clone();
    os.inside = (0..500)
        .map(|pid| StackBox {
            path: format!("pc/os/p{pid}"),
            ..first.clone()
        })
        .collect();
    for width in WIDTHS {
        let layout = arrange(&frame.scene, width);
        assert_eq!(layout.boxes().count(), 2 + CROWD - 1);
        let crowd = &layout.stacks[0].crowds[0];
        assert_eq!(crowd.count, 500 - (CROWD - 1));
        assert!(
            layout
                .boxes()
                .all(|placed| !placed.rect.overlaps(crowd.rect))
        );
    }
}

#[test]
fn boxes_stay_where_they_are_when_one_is_added_at_the_end() {
    let mut frame = fixture::containers();
    let before = frame.clone();
    let os = &mut frame.scene.machines[0].stack.inside[0];
    let path = "pc/os/p99".to_owned();
    os.inside.push(StackBox {
        path,
        ..os.inside[0].clone()
    });
    let (before, after) = (arrange(&before.scene, 1500), arrange(&frame.scene, 1500));
    for placed in before.boxes() {
        let now = after.nearest(&placed.node.path).expect("still there");
        assert_eq!(now.rect.x, placed.rect.x, "{}", placed.node.path);
    }
}

#[test]
fn arrow_keys_go_where_they_point() {
    let frame = fixture::vms();
    let layout = arrange(&frame.scene, 900);
    let go = |path, direction| {
        layout
            .neighbour(path, direction)
            .map(|placed| placed.node.path.as_str())
    };
    assert_eq!(go("pc", Direction::Up), Some("pc/hv"));
    assert_eq!(go("pc/hv", Direction::Down), Some("pc"));
    assert_eq!(go("pc", Direction::Down), None);
    assert_eq!(go("pc/hv/alpha", Direction::Right), Some("pc/hv/beta"));
    assert_eq!(go("pc/hv/beta/os", Direction::Left), Some("pc/hv/alpha/os"));
    assert_eq!(
        go("pc/hv/alpha/os/p1", Direction::Right),
        Some("pc/hv/alpha/os/p4")
    );
    assert_eq!(go("pc/hv/alpha", Direction::Left), None);
}

#[test]
fn arrows_run_between_their_boxes() {
    let frame = fixture::vms();
    let layout = arrange(&frame.scene, 900);
    let at = |path: &str| layout.nearest(path).expect("drawn");
    // Down, straight: the kernel stands over the hypervisor.
    let down = route(at("pc/hv/alpha/os"), at("pc/hv"), 0);
    assert_eq!(down.from.0, down.to.0);
    assert!(down.from.1 < down.to.1);
    // Up again, beside it.
    let up = route(at("pc/hv"), at("pc/hv/alpha/os"), 1);
    assert!(up.from.1 > up.to.1 && up.from.0 != down.from.0);
    // From one VM to the next, over the top.
    let over = route(at("pc/hv/beta"), at("pc/hv/alpha"), 0);
    assert!(over.near_from.1 < over.from.1 && over.to.0 < over.from.0);
    // Into itself.
    let own = route(at("pc/hv/alpha/os"), at("pc/hv/alpha/os"), 0);
    assert!(own.near_to.1 < own.to.1);
    for end in [down, up, own] {
        assert!((0..900).contains(&end.from.0) && (0..900).contains(&end.to.0));
    }
}
