//! The sentence over the picture: what just happened; before anything has, what there is to see.

use std::rc::Rc;

use scene::{Frame, Happening, Moment};
use yew::prelude::*;

use super::icons;
use crate::state::Phase;
use crate::words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub frame: Rc<Frame>,
    pub fresh: Vec<Happening>,
    pub running: bool,
    /// Where it is going, if anywhere.
    pub going: Option<Moment>,
    pub phase: Phase,
}

#[component]
pub fn Caption(props: &Props) -> Html {
    let Props {
        frame,
        fresh,
        running,
        going,
        phase,
    } = props;
    if let Phase::Failed(why) = phase {
        return html! {
            <div class="caption failed" role="alert">
                { icons::glyph(icons::CLOSE, "") }
                <p><b>{ "The engine stopped. " }</b>{ why }{ " Reload the page to start it again." }</p>
            </div>
        };
    }
    if frame.scenario.is_empty() {
        return html! {
            <div class="caption quiet"><p>{ "Starting the machine …" }</p></div>
        };
    }
    match fresh.last() {
        Some(last) => html! {
            <div class={classes!("caption", icons::kind_class(last.kind))}>
                { icons::kind(last.kind) }
                <p>
                    <b>{ &last.title }</b>
                    { " " }
                    { super::sentence(&last.sentence) }
                    { " " }
                    if fresh.len() > 1 {
                        <em>{ format!("the last of {}", words::count(fresh.len(), "event", "events")) }</em>
                    }
                </p>
            </div>
        },
        None if *running => html! {
            <div class="caption quiet"><p>{ "Running. Pause, then go through it event by event." }</p></div>
        },
        None => html! {
            <div class="caption quiet">
                <p>
                    { &frame.about }
                    if let Some(moment) = going {
                        <em>{ format!(" On the way to moment {} …", words::thousands(*moment)) }</em>
                    }
                </p>
            </div>
        },
    }
}
