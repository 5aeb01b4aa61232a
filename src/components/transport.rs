//! Time: run, pause, step, go back, go anywhere; how fast, and how fast it really is.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::{Act, icons};
use crate::speed;
use crate::state::{Action, State};
use crate::words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub state: Rc<State>,
    pub act: Act,
}

#[component]
pub fn Transport(props: &Props) -> Html {
    let state = &props.state;
    let time = &state.frame.time;
    let ready = !state.frame.scenario.is_empty();
    let busy = state.awaiting.is_some() || state.going.is_some();
    let (run_sign, run_word) = if state.running {
        (icons::PAUSE, "Pause")
    } else {
        (icons::RUN, "Run")
    };
    let button = |action: Action,
                  testid: &'static str,
                  sign: &'static str,
                  word: &'static str,
                  tip: &'static str,
                  enabled: bool| {
        let onclick = props.act.reform(move |_: MouseEvent| action.clone());
        html! {
            <button class="control" {onclick} data-testid={testid} title={tip} aria-label={tip} disabled={!ready || !enabled}>
                { icons::glyph(sign, "") }<span>{ word }</span>
            </button>
        }
    };
    html! {
        <footer class={classes!("transport", busy.then_some("busy"))} aria-label="Time">
            <div class="controls" role="group" aria-label="Run and step">
                { button(Action::PreviousEvent, "previous-event", icons::PREVIOUS_EVENT, "Event", "Event before this one (←)", time.now > 0) }
                { button(Action::Step(-1), "step-back", icons::STEP_BACK, "Step", "Step one instruction back (Shift ←)", time.now > 0) }
                <button
                    class={classes!("control", "run", state.running.then_some("on"))}
                    id="run"
                    data-testid="run"
                    data-running={state.running.to_string()}
                    title={format!("{run_word} (Space)")}
                    disabled={!ready || time.ended}
                    onclick={props.act.reform(|_: MouseEvent| Action::RunOrPause)}
                >
                    { icons::glyph(run_sign, "") }<span>{ run_word }</span>
                </button>
                { button(Action::Step(1), "step", icons::STEP, "Step", "Step one instruction on (Shift →)", !time.ended) }
                { button(Action::NextEvent, "next-event", icons::NEXT_EVENT, "Event", "Event that comes next (→)", !time.ended) }
            </div>
            <Slider state={props.state.clone()} act={props.act.clone()} />
            { speeds(props) }
            { status(state) }
        </footer>
    }
}

/// The slider holds what the reader drags until it is let go: pictures that come meanwhile must
/// not tear it away.
#[component]
fn Slider(props: &Props) -> Html {
    let dragged = use_state(|| None::<u64>);
    let time = &props.state.frame.time;
    let shown = dragged.unwrap_or(time.now);
    let oninput = {
        let act = props.act.clone();
        let dragged = dragged.clone();
        Callback::from(move |event: InputEvent| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else {
                return;
            };
            let moment = input.value_as_number().max(0.0) as u64;
            dragged.set(Some(moment));
            act.emit(Action::SeekTo(moment));
        })
    };
    let onchange = {
        let dragged = dragged.clone();
        Callback::from(move |_: Event| dragged.set(None))
    };
    // On the way to a moment, the slider is the part of the way that is done.
    let head = time.head.max(props.state.going.unwrap_or(0)).max(1);
    let goto = {
        let act = props.act.clone();
        Callback::from(move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else {
                return;
            };
            if let Ok(moment) = select.value().parse() {
                act.emit(Action::SeekTo(moment));
            }
            select.set_selected_index(0);
        })
    };
    html! {
        <div class="time">
            <div class="time-line">
                <output class="moment" data-testid="moment" data-moment={shown.to_string()} title="Instructions of the machine's clock since it was switched on">
                    { words::thousands(shown) }
                </output>
                <span class="seconds">{ words::seconds(shown, time.hz) }</span>
                if !time.marks.is_empty() {
                    <select class="marks-list" onchange={goto} aria-label="Go to a mark">
                        <option selected=true>{ "go to …" }</option>
                        { for time.marks.iter().map(|(moment, word)| html! {
                            <option key={moment.to_string()} value={moment.to_string()}>{ format!("{word} ({})", words::short(*moment)) }</option>
                        }) }
                    </select>
                }
            </div>
            <div class="rail">
                <input
                    type="range"
                    data-testid="slider"
                    min="0"
                    max={head.to_string()}
                    step="any"
                    value={shown.to_string()}
                    style={format!("--at:{}%", shown as f64 * 100.0 / head as f64)}
                    aria-label="Moment"
                    aria-valuetext={format!("moment {} of {}", words::thousands(shown), words::thousands(time.head))}
                    disabled={props.state.frame.scenario.is_empty()}
                    {oninput}
                    {onchange}
                />
                <div class="ticks" aria-hidden="true">
                    { for time.marks.iter().filter(|(moment, _)| *moment <= time.head).map(|(moment, word)| html! {
                        <i key={moment.to_string()} style={format!("left:{:.2}%", *moment as f64 * 100.0 / head as f64)} title={word.clone()}></i>
                    }) }
                </div>
            </div>
        </div>
    }
}

fn speeds(props: &Props) -> Html {
    let onchange = props.act.reform(|event: Event| {
        let rung = event
            .target_dyn_into::<HtmlSelectElement>()
            .map_or(speed::DEFAULT as i32, |select| select.selected_index());
        Action::Speed(usize::try_from(rung).unwrap_or(speed::DEFAULT))
    });
    html! {
        <label class="speed">
            <span>{ "Speed" }</span>
            <select {onchange} data-testid="speed">
                { for speed::LADDER.iter().enumerate().map(|(index, (_, name))| html! {
                    <option key={index} selected={index == props.state.speed}>{ *name }</option>
                }) }
            </select>
        </label>
    }
}

fn status(state: &State) -> Html {
    let hash = &state.frame.time.hash;
    let mips = state
        .kips
        .map(|kips| format!("{}.{}", kips / 1000, kips % 1000 / 100));
    html! {
        <dl class="status">
            <div title="Millions of instructions that this computer really executed per second, measured">
                <dt>{ "measured" }</dt>
                <dd data-testid="mips">{ mips.map_or("–".to_owned(), |mips| format!("{mips} MIPS")) }</dd>
            </div>
            <div title={format!("Hash of the whole machine at this moment: {hash}. Same number, same machine.")}>
                <dt>{ "state" }</dt>
                <dd class="hash" data-testid="hash" data-hash={if state.moving() { String::new() } else { hash.clone() }}>
                    { if state.moving() || hash.is_empty() { "–".to_owned() } else { hash.chars().take(8).collect::<String>() } }
                </dd>
            </div>
        </dl>
    }
}
