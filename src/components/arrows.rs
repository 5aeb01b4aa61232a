//! What happened in the last step, as arrows from box to box with their titles.

use scene::Happening;
use yew::prelude::*;

use super::icons;
use crate::layout::{self, Layout, Rect, Route};

/// Arrows at most; of a longer step the last ones.
const MOST: usize = 4;
const TYPE: i32 = 12;
const HEIGHT: i32 = 22;

/// Draws the events of a step.
pub fn draw(layout: &Layout<'_>, fresh: &[Happening]) -> Html {
    let shown = &fresh[fresh.len().saturating_sub(MOST)..];
    let mut labels: Vec<Rect> = Vec::new();
    let count = shown.len();
    let arrows = shown.iter().enumerate().filter_map(|(index, happening)| {
        let from = layout.nearest(&happening.from)?;
        let to = layout.nearest(&happening.to)?;
        let lane = lane(index, count);
        let route = layout::route(from, to, lane);
        let last = index + 1 == count;
        let number = (count > 1).then_some(index + 1);
        let label = label(&route, happening, lane, layout, &labels);
        labels.push(label);
        Some(arrow(happening, &route, label, number, last, index))
    });
    html! { <g class="arrows" aria-hidden="true">{ for arrows.collect::<Vec<_>>() }</g> }
}

/// 0 for one arrow; otherwise spread around the middle.
const fn lane(index: usize, count: usize) -> i32 {
    2 * index as i32 - (count as i32 - 1)
}

/// Where the title goes: in the storey that the arrow crosses, where it hides nothing, left of the
/// first arrows and right of the last, inside the picture and on no other title.
fn label(
    route: &Route,
    happening: &Happening,
    lane: i32,
    layout: &Layout<'_>,
    taken: &[Rect],
) -> Rect {
    let numbered = lane != 0;
    let w = layout::width(&happening.title, TYPE) + 34 + if numbered { 14 } else { 0 };
    let w = w.min(layout.width - 4);
    let left = if lane < 0 {
        route.middle.0 - 10 - w
    } else {
        route.middle.0 + 10
    };
    let middle = storey(route, layout).unwrap_or(route.middle.1);
    let mut rect = Rect {
        x: left.clamp(2, (layout.width - w - 2).max(2)),
        y: middle - HEIGHT / 2,
        w,
        h: HEIGHT,
    };
    for _ in 0..8 {
        match taken.iter().find(|other| other.overlaps(rect)) {
            Some(other) => rect.y = other.bottom() + 2,
            None => break,
        }
    }
    rect
}

/// The height of the storey nearest to the middle of an arrow that crosses any.
fn storey(route: &Route, layout: &Layout<'_>) -> Option<i32> {
    let (upper, lower) = (route.from.1.min(route.to.1), route.from.1.max(route.to.1));
    layout
        .stacks
        .iter()
        .filter(|stack| (stack.rect.x..=stack.rect.right()).contains(&route.middle.0))
        .flat_map(|stack| &stack.borders)
        .map(|(_, y)| *y)
        .filter(|y| (upper..=lower).contains(y))
        .min_by_key(|y| (y - route.middle.1).abs())
}

fn arrow(
    happening: &Happening,
    route: &Route,
    label: Rect,
    number: Option<usize>,
    last: bool,
    index: usize,
) -> Html {
    let way = format!(
        "M{} {}C{} {} {} {} {} {}",
        route.from.0,
        route.from.1,
        route.near_from.0,
        route.near_from.1,
        route.near_to.0,
        route.near_to.1,
        route.to.0,
        route.to.1
    );
    let class = classes!(
        "arrow",
        icons::kind_class(happening.kind),
        (!last).then_some("earlier")
    );
    let delay = format!("--delay:{}ms", index * 260);
    // What happened is part of the key, so that the same arrow at another moment is drawn anew.
    let key = format!("{} {} {index}", happening.moment, happening.title);
    let text_x = label.x + 26 + if number.is_some() { 14 } else { 0 };
    html! {
        <g {class} {key} style={delay}>
            <path class="casing" d={way.clone()} pathLength="100" />
            <path class="shaft" d={way} pathLength="100" />
            <circle class="tail" cx={route.from.0.to_string()} cy={route.from.1.to_string()} r="4.5" />
            <path class="head" d={head(route)} />
            <g class="tag">
                <rect x={label.x.to_string()} y={label.y.to_string()} width={label.w.to_string()} height={label.h.to_string()} rx="11" />
                if let Some(number) = number {
                    <text class="order" x={(label.x + 10).to_string()} y={(label.y + 15).to_string()}>{ number }</text>
                }
                <svg x={(text_x - 18).to_string()} y={(label.y + 4).to_string()} width="14" height="14" viewBox="0 0 16 16">
                    <path class="sign" d={icons::kind_path(happening.kind)} />
                </svg>
                <text x={text_x.to_string()} y={(label.y + 15).to_string()}>
                    { layout::fit(&happening.title, label.right() - text_x - 6, TYPE) }
                </text>
            </g>
        </g>
    }
}

/// The point of the arrow, along its last stretch.
fn head(route: &Route) -> String {
    let (tip_x, tip_y) = (f64::from(route.to.0), f64::from(route.to.1));
    let dx = tip_x - f64::from(route.near_to.0);
    let dy = tip_y - f64::from(route.near_to.1);
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let (back_x, back_y) = (tip_x - ux * 11.0, tip_y - uy * 11.0);
    format!(
        "M{tip_x:.1} {tip_y:.1}L{:.1} {:.1}L{:.1} {:.1}Z",
        back_x - uy * 6.5,
        back_y + ux * 6.5,
        back_x + uy * 6.5,
        back_y - ux * 6.5
    )
}
