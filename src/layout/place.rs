//! Where each box goes: how high it must be in a given width, which boxes share a floor, and how
//! they are stacked from the ground up.

use scene::{BoxKind, StackBox};

use super::{Border, CROWD, Crowd, GAP, Placed, Rect, SLAB, STOREY, Shape, Stack};

/// Added to the hardware's slab for the strip of its memory.
const RAM: i32 = 30;
const LEAF_MIN: i32 = 76;
const LEAF_MAX: i32 = 148;
const LEAF: i32 = 54;
/// Inside a frame, left and right and opposite the strip.
const PAD: i32 = 8;
const VM_STRIP: i32 = 44;
const CONTAINER_STRIP: i32 = 44;
/// Least width of a VM, or of whatever else shares a slab as an equal.
const EQUAL_MIN: i32 = 124;

fn shape(node: &StackBox) -> Shape {
    match node.kind {
        BoxKind::Hardware | BoxKind::Hypervisor | BoxKind::Kernel => Shape::Slab,
        BoxKind::Vm | BoxKind::Container => Shape::Frame,
        BoxKind::Firmware | BoxKind::Process if node.inside.is_empty() => Shape::Leaf,
        BoxKind::Firmware | BoxKind::Process => Shape::Frame,
    }
}

/// Whether boxes in this one share its width as equals; otherwise each takes what it needs.
fn equals(node: &StackBox) -> bool {
    node.inside.iter().any(|inner| {
        matches!(
            inner.kind,
            BoxKind::Vm | BoxKind::Kernel | BoxKind::Hypervisor | BoxKind::Firmware
        )
    })
}

/// A box's children as drawn: all, or as many as there is room for.
fn drawn(node: &StackBox) -> (&[StackBox], usize) {
    let count = node.inside.len();
    if count <= CROWD {
        (&node.inside, 0)
    } else {
        (&node.inside[..CROWD - 1], count - (CROWD - 1))
    }
}

/// How wide a box would like to be, in leaves. The same for as long as the number of its leaves is,
/// so that a picture does not jump when a bar grows.
fn leaves(node: &StackBox) -> i32 {
    let (inside, more) = drawn(node);
    let count = inside.len() as i32 + i32::from(more > 0);
    match shape(node) {
        Shape::Leaf => 1,
        Shape::Frame | Shape::Slab => count.clamp(1, 3),
    }
}

/// One row of boxes side by side: index and width of each.
type Shelf = Vec<(usize, i32)>;

/// Distributes the boxes inside `node` over shelves of this width, lowest first. Index `len` stands
/// for the crowd.
fn shelves(node: &StackBox, width: i32) -> Vec<Shelf> {
    let (inside, more) = drawn(node);
    let count = inside.len() + usize::from(more > 0);
    if count == 0 {
        return Vec::new();
    }
    if equals(node) {
        let fit = ((width + GAP) / (EQUAL_MIN + GAP)).max(1) as usize;
        let columns = count.min(fit);
        let each = (width - GAP * (columns as i32 - 1)) / columns as i32;
        return (0..count)
            .collect::<Vec<_>>()
            .chunks(columns)
            .map(|row| row.iter().map(|index| (*index, each)).collect())
            .collect();
    }
    let wants: Vec<i32> = (0..count)
        .map(|index| inside.get(index).map_or(1, leaves))
        .collect();
    let total: i32 = wants.iter().sum();
    let walls: i32 = (0..count)
        .map(|index| inside.get(index).map_or(0, padding))
        .sum::<i32>()
        + GAP * (total - 1);
    let leaf = match (width - walls) / total.max(1) {
        fits if fits >= LEAF_MIN => fits,
        // Several shelves: each leaf as wide as a full shelf of them allows.
        _ => {
            let columns = ((width + GAP) / (LEAF_MIN + GAP)).max(1);
            (width - GAP * (columns - 1)) / columns
        }
    };
    let leaf = leaf.min(LEAF_MAX);
    let mut rows: Vec<Shelf> = vec![Vec::new()];
    let mut left = width;
    for (index, want) in wants.iter().enumerate() {
        let pad = inside.get(index).map_or(0, padding);
        let wish = (leaf * want + GAP * (want - 1) + pad).min(width);
        let row = rows.last_mut().expect("starts with one");
        if !row.is_empty() && wish > left {
            rows.push(vec![(index, wish)]);
            left = width - wish - GAP;
        } else {
            row.push((index, wish));
            left -= wish + GAP;
        }
    }
    rows
}

fn padding(node: &StackBox) -> i32 {
    match shape(node) {
        Shape::Frame => PAD * 2,
        Shape::Slab | Shape::Leaf => 0,
    }
}

/// The height of a strip, and whether it is at the bottom: a VM is a machine that its kernel stands
/// on, a container is a wall with a name over the door.
const fn strip(kind: BoxKind) -> (i32, bool) {
    match kind {
        BoxKind::Vm | BoxKind::Firmware => (VM_STRIP, true),
        _ => (CONTAINER_STRIP, false),
    }
}

/// The height of a slab: the hardware's is taller, because it shows its memory.
const fn slab(kind: BoxKind) -> i32 {
    match kind {
        BoxKind::Hardware => SLAB + RAM,
        _ => SLAB,
    }
}

/// The height that a box needs in this width, with all that stands on it or in it.
pub fn height(node: &StackBox, width: i32) -> i32 {
    let inside = |width| {
        let rows = shelves(node, width);
        let gaps = GAP * (rows.len() as i32 - 1).max(0);
        rows.iter().map(|row| shelf_height(node, row)).sum::<i32>() + gaps
    };
    match shape(node) {
        Shape::Leaf => LEAF,
        Shape::Slab if node.inside.is_empty() => slab(node.kind),
        Shape::Slab => slab(node.kind) + STOREY + inside(width),
        Shape::Frame => {
            let (strip, _) = strip(node.kind);
            strip + inside(width - PAD * 2).max(LEAF / 2) + PAD
        }
    }
}

fn shelf_height(node: &StackBox, row: &Shelf) -> i32 {
    row.iter()
        .map(|(index, width)| {
            node.inside[..]
                .get(*index)
                .filter(|_| *index < drawn(node).0.len())
                .map_or(LEAF / 2, |inner| height(inner, *width))
        })
        .max()
        .unwrap_or(0)
}

impl<'a> Stack<'a> {
    /// Places `node` with its lower left corner at (`x`, `bottom`).
    pub fn place(&mut self, node: &'a StackBox, x: i32, bottom: i32, width: i32, depth: usize) {
        let height = height(node, width);
        let all = Rect {
            x,
            y: bottom - height,
            w: width,
            h: height,
        };
        match shape(node) {
            Shape::Leaf => self.push(node, Shape::Leaf, all, all, depth),
            Shape::Slab => {
                let height = slab(node.kind);
                let floor = Rect {
                    y: bottom - height,
                    h: height,
                    ..all
                };
                let label = Rect { h: SLAB, ..floor };
                self.push(node, Shape::Slab, floor, label, depth);
                if node.kind == BoxKind::Hardware {
                    self.ram = Rect {
                        x: x + 20,
                        y: label.bottom(),
                        w: (width - 32).max(0),
                        h: RAM - 12,
                    };
                }
                if !node.inside.is_empty() {
                    self.borders.push((border(node), floor.y - STOREY / 2));
                    self.inside(node, x, floor.y - STOREY, width, depth + 1);
                }
            }
            Shape::Frame => {
                let (strip, below) = strip(node.kind);
                let label = Rect {
                    y: if below { bottom - strip } else { all.y },
                    h: strip,
                    ..all
                };
                self.push(node, Shape::Frame, all, label, depth);
                let floor = if below { bottom - strip } else { bottom - PAD };
                self.inside(node, x + PAD, floor, width - PAD * 2, depth + 1);
            }
        }
    }

    fn push(&mut self, node: &'a StackBox, shape: Shape, rect: Rect, label: Rect, depth: usize) {
        self.boxes.push(Placed {
            node,
            shape,
            rect,
            label,
            depth,
        });
    }

    fn inside(&mut self, node: &'a StackBox, x: i32, floor: i32, width: i32, depth: usize) {
        let (inside, more) = drawn(node);
        let mut bottom = floor;
        for row in shelves(node, width) {
            let mut left = x;
            for (index, width) in &row {
                match inside.get(*index) {
                    Some(inner) => self.place(inner, left, bottom, *width, depth),
                    None => self.crowds.push(Crowd {
                        rect: Rect {
                            x: left,
                            y: bottom - LEAF / 2,
                            w: *width,
                            h: LEAF / 2,
                        },
                        count: more,
                    }),
                }
                left += width + GAP;
            }
            bottom -= shelf_height(node, &row) + GAP;
        }
    }
}

fn border(node: &StackBox) -> Border {
    match node.kind {
        BoxKind::Hardware => Border::Machine,
        BoxKind::Hypervisor => Border::Guest,
        _ => Border::User,
    }
}
