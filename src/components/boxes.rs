//! One box of the picture: its name, its state, how much memory and CPU it has.

use scene::{BoxKind, StackBox, State};
use yew::prelude::*;

use super::icons;
use crate::layout::{self, Placed, Rect, Shape};
use crate::{describe, words};

/// How a box stands out.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// It executes.
    pub lit: bool,
    /// It would, but nothing executes: the processor sleeps or has stopped.
    pub asleep: bool,
    /// What executes stands on it.
    pub bears: bool,
    /// The reader chose it.
    pub chosen: bool,
    /// The pointer is on it, here or in another panel.
    pub pointed: bool,
    /// Tab leads to it.
    pub reachable: bool,
}

/// From this width on, numbers stand beside the name rather than under it.
const WIDE: i32 = 290;
const NAME: i32 = 14;
const NUMBER: i32 = 11;
/// Side of the sign of a state.
const SIGN: i32 = 12;

/// Draws a box. `scale` is the memory that a bar without a limit is measured against, if any.
pub fn draw(placed: &Placed<'_>, look: Look, scale: Option<u64>, on: Handlers) -> Html {
    let node = placed.node;
    let class = classes!(
        "box",
        words::kind_class(node.kind),
        shape_class(placed.shape),
        state_class(node.state),
        look.lit
            .then_some(if look.asleep { "asleep" } else { "lit" }),
        look.bears.then_some("bears"),
        look.chosen.then_some("chosen"),
        look.pointed.then_some("pointed"),
    );
    let Rect { x, y, w, h } = placed.rect;
    let label = placed.label;
    let (name, numbers) = if label.w >= WIDE {
        beside(node, label, look, scale)
    } else {
        under(node, label, look, scale)
    };
    // What can be reached by keyboard is the box with its name; the numbers are in its label, and
    // stand beside it so that what is read out and what is written there need not agree in form.
    html! {
        <g
            key={node.path.clone()}
            {class}
            role="presentation"
            data-testid="box"
            data-path={node.path.clone()}
            data-lit={look.lit.to_string()}
            onclick={on.click}
            onpointerenter={on.enter}
            onpointerleave={on.leave}
        >
            <g
                class="face"
                role="option"
                id={look.chosen.then_some("chosen-box")}
                tabindex={if look.reachable { "0" } else { "-1" }}
                aria-selected={look.chosen.to_string()}
                aria-label={describe::label(node, look.lit && !look.asleep)}
            >
                <rect class="body" x={px(x)} y={px(y)} width={px(w)} height={px(h)} rx="7" />
                if placed.shape == Shape::Frame {
                    <rect class="strip" x={px(label.x)} y={px(label.y)} width={px(label.w)} height={px(label.h)} rx="7" />
                }
                <rect class="band" x={px(label.x + 6)} y={px(label.y + 7)} width="5" height={px(label.h - 14)} rx="2.5" />
                { name }
            </g>
            <g aria-hidden="true">{ numbers }</g>
        </g>
    }
}

/// What a box does with the pointer.
pub struct Handlers {
    pub click: Callback<MouseEvent>,
    pub enter: Callback<PointerEvent>,
    pub leave: Callback<PointerEvent>,
}

fn px(number: i32) -> String {
    number.to_string()
}

/// Kind over name at the left, numbers at the right.
fn beside(node: &StackBox, area: Rect, look: Look, scale: Option<u64>) -> (Html, Html) {
    let x = area.x + 20;
    let low = area.h < 48;
    let (kind_y, name_y) = if low {
        (area.y + 15, area.y + 30)
    } else {
        (area.y + 19, area.y + 37)
    };
    let meter = if area.w >= 420 { 130 } else { 92 };
    let memory_x = area.right() - 12 - 74 - 16 - meter;
    let cpu_x = area.right() - 12 - 74;
    let room = memory_x - x - 10;
    let name = layout::fit(&node.name, room, NAME);
    let after = x + layout::width(&name, NAME) + 12;
    let meter_y = if low { area.y + 11 } else { area.y + 16 };
    let numbers = html! {
        <>
            <text class="kind" x={px(x)} y={px(kind_y)}>{ words::kind(node.kind) }</text>
            { standing(node, look, after, name_y, memory_x - 8) }
            { memory(node, memory_x, meter_y, meter, scale) }
            { cpu(node, cpu_x, meter_y, 74) }
        </>
    };
    let name = html! { <text class="name" x={px(x)} y={px(name_y)}>{ name }</text> };
    (name, numbers)
}

/// Name above, numbers below.
fn under(node: &StackBox, area: Rect, look: Look, scale: Option<u64>) -> (Html, Html) {
    let tight = area.w < 110;
    let x = area.x + if tight { 14 } else { 18 };
    let type_size = if tight { NAME - 1 } else { NAME };
    let name_y = area.y + if area.h < 48 { 17 } else { 19 };
    let has_sign = look.lit || node.state != State::Running;
    let room = area.right() - x - 5 - if has_sign { SIGN + 2 } else { 0 };
    let full = words::title(node);
    let name = match node.kind {
        BoxKind::Process => layout::fit(&node.name, room, type_size),
        _ if layout::width(&full, type_size) <= room => full,
        _ => layout::fit(&node.name, room, type_size),
    };
    let after = (x + layout::width(&name, type_size) + 7).min(area.right() - SIGN - 4);
    let gap = if tight { 5 } else { 10 };
    let half = (area.right() - if tight { 6 } else { 8 } - x - gap) / 2;
    // Memory says more, so it gets a little more.
    let more = if tight { 2 } else { 8 };
    let top = area.bottom() - if area.h < 48 { 20 } else { 25 };
    let numbers = html! {
        <>
            { standing(node, look, after, name_y, area.right() - 6) }
            { memory(node, x, top, half + more, scale) }
            { cpu(node, x + half + gap + more, top, half - more) }
        </>
    };
    let class = classes!("name", tight.then_some("small"));
    let name = html! { <text {class} x={px(x)} y={px(name_y)}>{ name }</text> };
    (name, numbers)
}

/// The sign of the state, and its word if there is room up to `end`.
fn standing(node: &StackBox, look: Look, x: i32, baseline: i32, end: i32) -> Html {
    let (path, word) = if look.lit && look.asleep {
        (Some(icons::MOON), "asleep".to_owned())
    } else if look.lit {
        (Some(icons::RUN), "executes now".to_owned())
    } else {
        (icons::state_path(node.state), describe::state(node))
    };
    let Some(path) = path else {
        return Html::default();
    };
    let word = match layout::fit(&word, end - x - 20, NUMBER) {
        // A word of two letters and an ellipsis says nothing.
        cut if cut.chars().count() < 6 && cut != word => String::new(),
        fits => fits,
    };
    html! {
        <g class={classes!("standing", (look.lit && !look.asleep).then_some("executes"))}>
            <svg x={px(x)} y={px(baseline - 11)} width={px(SIGN)} height={px(SIGN)} viewBox="0 0 16 16">
                <path class="sign" d={path} />
            </svg>
            <text class="why" x={px(x + 18)} y={px(baseline)}>{ word }</text>
        </g>
    }
}

fn memory(node: &StackBox, x: i32, y: i32, w: i32, scale: Option<u64>) -> Html {
    let Some(bytes) = node.memory_bytes else {
        return Html::default();
    };
    let full = words::used(bytes, node.memory_limit);
    let choices = [full, words::size(bytes), words::size_brief(bytes)];
    let text = choices
        .into_iter()
        .find(|text| layout::width(text, NUMBER) <= w)
        .unwrap_or_default();
    let scale = node.memory_limit.or(scale);
    let fill = scale.map(|scale| words::fill(bytes, scale));
    meter(x, y, w, &text, fill, None, node.memory_limit.is_some())
}

fn cpu(node: &StackBox, x: i32, y: i32, w: i32) -> Html {
    let Some(share) = node.cpu_share else {
        return Html::default();
    };
    let text = words::share(share);
    let choices = [format!("CPU {text}"), text, words::share_brief(share)];
    let text = choices
        .into_iter()
        .find(|text| layout::width(text, NUMBER) <= w + 7)
        .unwrap_or_default();
    meter(x, y, w, &text, Some(share.min(1000)), node.cpu_limit, true)
}

/// Words over a bar; a notch where the limit is. Bars without a limit of their own are thinner.
fn meter(
    x: i32,
    y: i32,
    w: i32,
    text: &str,
    fill: Option<u32>,
    limit: Option<u32>,
    own: bool,
) -> Html {
    let bar_y = y + 14;
    let filled = w * fill.unwrap_or(0) as i32 / 1000;
    let thick = if own { 5 } else { 3 };
    html! {
        <g class="meter">
            <text class="number" x={px(x)} y={px(y + 9)}>{ text }</text>
            if fill.is_some() {
                <rect class="track" x={px(x)} y={px(bar_y)} width={px(w)} height={px(thick)} rx="1.5" />
            }
            if filled > 0 {
                <rect class="fill" x={px(x)} y={px(bar_y)} width={px(filled.max(2))} height={px(thick)} rx="1.5" />
            }
            if let Some(limit) = limit.filter(|limit| *limit < 1000) {
                <rect class="notch" x={px(x + w * limit as i32 / 1000 - 1)} y={px(bar_y - 2)} width="2" height={px(thick + 4)} />
            }
        </g>
    }
}

const fn shape_class(shape: Shape) -> &'static str {
    match shape {
        Shape::Slab => "slab",
        Shape::Frame => "frame",
        Shape::Leaf => "leaf",
    }
}

const fn state_class(state: State) -> &'static str {
    match state {
        State::Running => "s-running",
        State::Waiting => "s-waiting",
        State::Throttled => "s-throttled",
        State::Paused => "s-paused",
        State::Booting => "s-booting",
        State::Ended => "s-ended",
        State::Killed => "s-killed",
    }
}
