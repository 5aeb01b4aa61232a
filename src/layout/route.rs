//! The way of an arrow from one box to another: a curve that leaves and enters at facing edges.

use super::{Placed, Rect, Shape};

/// A cubic curve, and where its words go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Route {
    /// Where it begins.
    pub from: (i32, i32),
    /// First control point.
    pub near_from: (i32, i32),
    /// Second control point.
    pub near_to: (i32, i32),
    /// Where it ends.
    pub to: (i32, i32),
    /// The middle of the curve.
    pub middle: (i32, i32),
}

/// How far an arrow reaches into the boxes at its ends.
const REACH: i32 = 7;
/// Least common width for a straight drop.
const COMMON: i32 = 24;
/// Between arrows of the same step.
const LANE: i32 = 22;

/// The way from one box to another; `lane` keeps the arrows of one step apart.
pub fn route(from: &Placed<'_>, to: &Placed<'_>, lane: i32) -> Route {
    let (a, b) = (anchor(from), anchor(to));
    if from.node.path == to.node.path {
        return itself(a, lane);
    }
    let level = a.y < b.bottom() && b.y < a.bottom();
    if level {
        return over(a, b, lane);
    }
    let down = a.y < b.y;
    let (start_y, end_y) = if down {
        (a.bottom() - REACH, b.y + REACH)
    } else {
        (a.y + REACH, b.bottom() - REACH)
    };
    let (start_x, end_x) = columns(a, b, lane);
    curve((start_x, start_y), (end_x, end_y), (start_y + end_y) / 2)
}

/// Where an arrow may touch a box: a frame is touched at its name, or it would point into what it
/// holds.
fn anchor(placed: &Placed<'_>) -> Rect {
    match placed.shape {
        Shape::Frame => placed.label,
        Shape::Slab | Shape::Leaf => placed.rect,
    }
}

/// One column for both ends if they have width in common, else the middle of each.
fn columns(a: Rect, b: Rect, lane: i32) -> (i32, i32) {
    let left = a.x.max(b.x);
    let right = a.right().min(b.right());
    if right - left >= COMMON {
        let middle = if a.w <= b.w { a.middle() } else { b.middle() };
        let column = (middle + lane * LANE).clamp(left + 12, right - 12);
        return (column, column);
    }
    (a.middle(), b.middle())
}

fn curve(from: (i32, i32), to: (i32, i32), half: i32) -> Route {
    with_middle(from, (from.0, half), (to.0, half), to)
}

/// Side by side: over the top of both.
fn over(a: Rect, b: Rect, lane: i32) -> Route {
    let top = a.y.min(b.y);
    let rise = 34 + lane.abs() * 12;
    let from = (a.middle(), a.y + REACH);
    let to = (b.middle(), b.y + REACH);
    let high = (top - rise).max(4);
    with_middle(from, (from.0, high), (to.0, high), to)
}

/// Out of a box and back into it.
fn itself(a: Rect, lane: i32) -> Route {
    let right = a.right() - 18 - lane.abs() * LANE;
    let left = (right - 36).max(a.x + 6);
    let high = (a.y - 26).max(2);
    with_middle(
        (left, a.y + REACH),
        (left, high),
        (right, high),
        (right, a.y + REACH),
    )
}

fn with_middle(
    from: (i32, i32),
    near_from: (i32, i32),
    near_to: (i32, i32),
    to: (i32, i32),
) -> Route {
    let half = |a: i32, b: i32, c: i32, d: i32| (a + 3 * b + 3 * c + d) / 8;
    Route {
        from,
        near_from,
        near_to,
        to,
        middle: (
            half(from.0, near_from.0, near_to.0, to.0),
            half(from.1, near_from.1, near_to.1, to.1),
        ),
    }
}
