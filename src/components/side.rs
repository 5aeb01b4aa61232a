//! The panels at the side: on a wide page two columns, else one with tabs.

use std::rc::Rc;

use yew::prelude::*;

use super::cpu::Cpu;
use super::details::Details;
use super::events::{Events, FilterState};
use super::gauge::Now;
use super::memory::Memory;
use super::{Act, icons};
use crate::state::{Action, Side, State};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub state: Rc<State>,
    /// Room for the events in a column of their own.
    pub wide: bool,
    pub act: Act,
}

#[component]
pub fn Panels(props: &Props) -> Html {
    let state = &props.state;
    let tabs: &[Side] = if props.wide {
        &[Side::Cpu, Side::Box, Side::Memory]
    } else {
        &[Side::Events, Side::Cpu, Side::Box, Side::Memory]
    };
    let open = match state.side {
        Side::Events if props.wide => Side::Cpu,
        side => side,
    };
    html! {
        <>
            if props.wide {
                <aside class="side events-column" aria-label="Events">
                    <h2 class="column-title">{ "Events" }</h2>
                    <div class="panel" tabindex="0" role="group" aria-label="Events">{ events(props) }</div>
                </aside>
            }
            <aside class="side" aria-label="Closer look">
                <Now machines={state.frame.scene.machines.clone()} chosen={state.machine} act={props.act.clone()} />
                <div class="tabs" role="tablist" aria-label="Panels" onkeydown={on_key(tabs, open, &props.act)}>
                    { for tabs.iter().map(|side| tab(*side, open, props)) }
                </div>
                <div class="panel" role="tabpanel" id="panel" tabindex="0" aria-label={name(open)}>
                    { match open {
                        Side::Events => events(props),
                        Side::Cpu => cpu(props),
                        Side::Box => html! { <Details node={state.selected_box().cloned()} act={props.act.clone()} /> },
                        Side::Memory => memory(props),
                    } }
                </div>
            </aside>
        </>
    }
}

const fn name(side: Side) -> &'static str {
    match side {
        Side::Events => "Events",
        Side::Cpu => "Processor",
        Side::Box => "Box",
        Side::Memory => "Memory",
    }
}

const fn testid(side: Side) -> &'static str {
    match side {
        Side::Events => "panel-events",
        Side::Cpu => "panel-cpu",
        Side::Box => "panel-box",
        Side::Memory => "panel-memory",
    }
}

fn tab(side: Side, open: Side, props: &Props) -> Html {
    let chosen = side == open;
    let swatch = (side == Side::Box)
        .then(|| props.state.selected_box())
        .flatten();
    html! {
        <button
            class="tab"
            role="tab"
            aria-selected={chosen.to_string()}
            aria-controls="panel"
            tabindex={if chosen { "0" } else { "-1" }}
            data-testid={testid(side)}
            onclick={props.act.reform(move |_| Action::Side(side))}
        >
            if let Some(node) = swatch {
                <i class={classes!("swatch", crate::words::kind_class(node.kind))}></i>
                { crate::layout::fit(&node.name, 96, 14) }
            } else {
                { name(side) }
            }
        </button>
    }
}

fn on_key(tabs: &'static [Side], open: Side, act: &Act) -> Callback<KeyboardEvent> {
    let act = act.clone();
    Callback::from(move |event: KeyboardEvent| {
        let here = tabs.iter().position(|side| *side == open).unwrap_or(0);
        let next = match event.key().as_str() {
            "ArrowRight" => (here + 1) % tabs.len(),
            "ArrowLeft" => (here + tabs.len() - 1) % tabs.len(),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        act.emit(Action::Side(tabs[next]));
    })
}

fn events(props: &Props) -> Html {
    let state = &props.state;
    html! {
        <Events
            listed={state.listed.clone()}
            state={FilterState::of(state)}
            fresh={state.fresh().len()}
            now={state.frame.time.now}
            running={state.moving()}
            act={props.act.clone()}
        />
    }
}

fn cpu(props: &Props) -> Html {
    let state = &props.state;
    match state.frame.scene.machines.get(state.machine) {
        Some(machine) => html! {
            <Cpu cpu={machine.cpu.clone()} before={state.before.get(state.machine).cloned().filter(|_| !state.moving() || state.slow())} />
        },
        None => {
            html! { <p class="nothing">{ icons::glyph(icons::PAUSE, "") }{ "No processor yet." }</p> }
        }
    }
}

fn memory(props: &Props) -> Html {
    let state = &props.state;
    match state.frame.scene.machines.get(state.machine) {
        Some(machine) => html! {
            <Memory machine={machine.clone()} pointed={state.pointed.clone()} act={props.act.clone()} />
        },
        None => html! { <p class="nothing">{ "No memory yet." }</p> },
    }
}
