//! The picture: every machine's stack, drawn from the ground up, with what just happened on it.

use std::rc::Rc;

use scene::{Frame, Happening, Path};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, ResizeObserver};
use yew::prelude::*;

use super::boxes::{self, Handlers, Look};
use super::rates::{self, Trends};
use super::{Act, arrows, memory};
use crate::layout::{self, Direction, Layout, Placed, Stack};
use crate::state::{Action, at_or_below};

/// Room above the stack for arrows that go over the top.
const HEADROOM: i32 = 22;
/// From this width on, a table of rates has its kinds side by side.
const TABLE_ACROSS: i32 = 640;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub frame: Rc<Frame>,
    pub fresh: Vec<Happening>,
    pub running: bool,
    pub selected: Option<Path>,
    pub pointed: Option<Path>,
    pub trends: Trends,
    /// Only to be told when it changes: the room is measured again.
    pub large: bool,
    pub act: Act,
}

#[component]
pub fn Stage(props: &Props) -> Html {
    let place = use_node_ref();
    let room = use_room(&place, (props.large, props.frame.scenario.clone()));
    let size = use_size(&room, &props.frame);
    let width = room.width * 100 / size;
    let layout = layout::arrange(&props.frame.scene, width);
    let machines = &props.frame.scene.machines;
    let narrow = layout.stacks.iter().all(|stack| stack.scale.is_none());
    let height = layout.height + HEADROOM;
    html! {
        <div class={classes!("picture", props.running.then_some("running"))} ref={place} onkeydown={on_key(props, width)}>
            if width > 0 && !machines.is_empty() {
                <svg
                    data-testid="stack"
                    class="stack"
                    viewBox={format!("0 {} {} {height}", -HEADROOM, layout.width)}
                    style={format!("aspect-ratio:{}/{height}", layout.width)}
                    role="group"
                    aria-label="The stack, from the hardware upward"
                >
                    { patterns() }
                    { for layout.stacks.iter().map(|stack| scale(stack, props)) }
                    <g role="listbox" aria-label="Boxes; arrow keys go from one to the next">
                        { for layout.stacks.iter().flat_map(|stack| stack_boxes(stack, props)) }
                    </g>
                    { for layout.stacks.iter().map(|stack| memory::strip(&machines[stack.index], stack.ram, &props.pointed, &props.act)) }
                    { for layout.stacks.iter().map(crowds) }
                    { arrows::draw(&layout, &props.fresh) }
                </svg>
            }
            if narrow {
                { rates::table(machines, &props.frame.rates, layout.width >= TABLE_ACROSS) }
            }
        </div>
    }
}

/// The room that there is, in pixels at normal size of type.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Room {
    width: i32,
    /// `None` where the page is as long as it needs to be.
    height: Option<i32>,
}

/// What must stay below the picture for the consoles.
const CONSOLES: i32 = 200;

/// Keeps an eye on the room; measures it anew when `anew` changes, because what stands above the
/// picture may then be taller.
#[hook]
fn use_room(place: &NodeRef, anew: (bool, String)) -> Room {
    let room = use_state_eq(Room::default);
    let found = *room;
    let place = place.clone();
    use_effect_with(anew, move |_| {
        let element = place.cast::<HtmlElement>();
        let measure = {
            let element = element.clone();
            move || {
                if let Some(element) = &element {
                    room.set(measure(element));
                }
            }
        };
        measure();
        let watch = Closure::<dyn FnMut()>::new(measure);
        let observer = ResizeObserver::new(watch.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, &element) {
            observer.observe(element);
            if let Some(floor) = floor(element) {
                observer.observe(&floor);
            }
        }
        move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(watch);
        }
    });
    found
}

/// The part of the page that picture and consoles share.
fn floor(element: &HtmlElement) -> Option<Element> {
    element.closest(".floor").ok().flatten()
}

fn measure(element: &HtmlElement) -> Room {
    let normal = |pixels: i32| pixels * 16 / root_type_size();
    let height = floor(element).and_then(|floor| {
        // Only where the floor scrolls by itself is its height a limit.
        let style = web_sys::window()?.get_computed_style(&floor).ok()??;
        let bounded = style.get_property_value("overflow-y").ok()? == "auto";
        let above =
            element.get_bounding_client_rect().top() - floor.get_bounding_client_rect().top();
        let above = above as i32 + floor.scroll_top();
        bounded.then(|| normal(floor.client_height() - above) - CONSOLES - HEADROOM)
    });
    Room {
        width: normal(element.client_width()),
        height,
    }
}

/// The size at which to draw. Within one scenario and one window it only ever shrinks: a process
/// that comes and goes must not make the picture breathe.
#[hook]
fn use_size(room: &Room, frame: &Frame) -> i32 {
    let kept = use_mut_ref(|| (String::new(), Room::default(), layout::LARGEST));
    let Some(height) = room.height else {
        return layout::NORMAL;
    };
    let mut kept = kept.borrow_mut();
    if kept.0 != frame.scenario || kept.1 != *room {
        *kept = (frame.scenario.clone(), *room, layout::LARGEST);
    }
    kept.2 = layout::size(&frame.scene, room.width, height, kept.2);
    kept.2
}

/// The size of type at the root, pixels: 16 unless reader or projector want more.
fn root_type_size() -> i32 {
    let size = || {
        let window = web_sys::window()?;
        let root = window.document()?.document_element()?;
        let style = window.get_computed_style(&root).ok().flatten()?;
        let size = style.get_property_value("font-size").ok()?;
        size.trim_end_matches("px").parse::<f64>().ok()
    };
    size().map_or(16, |size| (size as i32).max(8))
}

fn scale(stack: &Stack<'_>, props: &Props) -> Html {
    let machine = &props.frame.scene.machines[stack.index];
    html! {
        <>
            if stack.title.h > 0 {
                <text class="machine-title" x={stack.title.x.to_string()} y={(stack.title.y + 16).to_string()}>
                    { layout::fit(&machine.title, stack.title.w, 16) }
                </text>
            }
            { rates::scale(stack, machine, &props.frame.rates, &props.trends) }
        </>
    }
}

fn stack_boxes(stack: &Stack<'_>, props: &Props) -> Vec<Html> {
    let machine = &props.frame.scene.machines[stack.index];
    let running = machine.running.as_str();
    let first = stack.index == 0;
    // What executes may have come and gone since the boxes were read: then its nearest box is lit.
    let lit = stack
        .boxes
        .iter()
        .filter(|placed| at_or_below(running, &placed.node.path))
        .max_by_key(|placed| placed.node.path.len())
        .map(|placed| placed.node.path.clone())
        .unwrap_or_default();
    let chosen_here = props
        .selected
        .as_ref()
        .is_some_and(|path| stack.boxes.iter().any(|placed| placed.node.path == *path));
    stack
        .boxes
        .iter()
        .enumerate()
        .map(|(index, placed)| {
            let path = &placed.node.path;
            let chosen = props.selected.as_ref() == Some(path);
            let look = Look {
                lit: *path == lit,
                asleep: machine.cpu.halted || machine.stopped.is_some(),
                bears: *path != lit && at_or_below(&lit, path),
                chosen,
                pointed: props.pointed.as_ref() == Some(path),
                reachable: chosen
                    || (first && index == 0 && !chosen_here && props.selected.is_none()),
            };
            boxes::draw(
                placed,
                look,
                bar_scale(stack, placed),
                handlers(placed, &props.act),
            )
        })
        .collect()
}

fn handlers(placed: &Placed<'_>, act: &Act) -> Handlers {
    let path = placed.node.path.clone();
    let entered = path.clone();
    Handlers {
        click: act.reform(move |_| Action::Select(Some(path.clone()))),
        enter: act.reform(move |_| Action::Point(Some(entered.clone()))),
        leave: act.reform(|_| Action::Point(None)),
    }
}

/// What a bar without a limit is measured against: the limit of the nearest box around it that has
/// one, else all memory of the machine.
fn bar_scale(stack: &Stack<'_>, placed: &Placed<'_>) -> Option<u64> {
    let path = &placed.node.path;
    let mut around: Vec<_> = stack
        .boxes
        .iter()
        .map(|placed| placed.node)
        .filter(|node| node.path != *path && at_or_below(path, &node.path))
        .collect();
    around.sort_by_key(|node| node.path.len());
    let limit = around.iter().rev().find_map(|node| node.memory_limit);
    limit.or(around.first()?.memory_bytes)
}

fn crowds(stack: &Stack<'_>) -> Html {
    html! {
        <>
            { for stack.crowds.iter().map(|crowd| {
                let rect = crowd.rect;
                html! {
                    <g class="crowd">
                        <rect x={rect.x.to_string()} y={rect.y.to_string()} width={rect.w.to_string()} height={rect.h.to_string()} rx="7" />
                        <text x={rect.middle().to_string()} y={(rect.y + 20).to_string()}>{ format!("and {} more", crowd.count) }</text>
                    </g>
                }
            }) }
        </>
    }
}

/// The hatchings by which layers differ without colour.
fn patterns() -> Html {
    html! {
        <defs>
            <pattern id="hatch-hypervisor" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect width="5" height="5" class="ground hypervisor" /><rect width="2" height="5" class="line" />
            </pattern>
            <pattern id="hatch-kernel" width="5" height="5" patternUnits="userSpaceOnUse">
                <rect width="5" height="5" class="ground kernel" /><rect width="5" height="1.6" class="line" />
            </pattern>
            <pattern id="hatch-container" width="5" height="5" patternUnits="userSpaceOnUse">
                <rect width="5" height="5" class="ground container" /><circle cx="2.5" cy="2.5" r="1.3" class="line" />
            </pattern>
            <pattern id="hatch-vm" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
                <rect width="5" height="5" class="ground vm" /><rect width="1.4" height="5" class="line" />
            </pattern>
            <pattern id="hatch-gone" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect width="1.5" height="7" class="gone" />
            </pattern>
        </defs>
    }
}

/// Plain arrows go from box to box; everything else is the page's.
fn on_key(props: &Props, width: i32) -> Callback<KeyboardEvent> {
    let act = props.act.clone();
    let frame = props.frame.clone();
    let selected = props.selected.clone();
    Callback::from(move |event: KeyboardEvent| {
        if event.shift_key() || event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let layout = layout::arrange(&frame.scene, width);
        let focused = event
            .target_dyn_into::<Element>()
            .and_then(|element| element.closest("[data-path]").ok().flatten())
            .and_then(|element| element.get_attribute("data-path"));
        let Some(path) = focused.or_else(|| selected.clone()) else {
            return;
        };
        let next = match event.key().as_str() {
            "ArrowUp" => go(&layout, &path, Direction::Up),
            "ArrowDown" => go(&layout, &path, Direction::Down),
            "ArrowLeft" => go(&layout, &path, Direction::Left),
            "ArrowRight" => go(&layout, &path, Direction::Right),
            "Enter" => Some(path.clone()),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if let Some(next) = next {
            act.emit(Action::Select(Some(next)));
            act.emit(Action::FocusChosen);
        }
    })
}

fn go(layout: &Layout<'_>, path: &str, direction: Direction) -> Option<Path> {
    layout
        .neighbour(path, direction)
        .map(|placed| placed.node.path.clone())
}
