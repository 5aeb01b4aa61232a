//! The picture in words: the same boxes as a nested list, for whoever would rather read, or print.

use std::rc::Rc;

use scene::{Frame, StackBox};
use yew::prelude::*;

use super::Act;
use crate::describe;
use crate::state::Action;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub frame: Rc<Frame>,
    pub running: bool,
    pub act: Act,
}

/// Closed it costs nothing: the list is only made when it is open and the machine is at rest.
#[component]
pub fn Outline(props: &Props) -> Html {
    let open = use_state(|| false);
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let frame = &props.frame;
    html! {
        <section class="outline" aria-label="The picture in words">
            <button class="link quiet" aria-expanded={open.to_string()} onclick={ontoggle} data-testid="in-words">
                { if *open { "hide the words" } else { "in words" } }
            </button>
            if *open {
                <div class="outline-words">
                    <p>{ &frame.about }</p>
                    <p>{ describe::summary(frame, props.running) }</p>
                    if !props.running {
                        <ul>
                            { for frame.scene.machines.iter().map(|machine| list(&machine.stack, &machine.running, &props.act)) }
                        </ul>
                    }
                </div>
            }
        </section>
    }
}

fn list(node: &StackBox, running: &str, act: &Act) -> Html {
    let path = node.path.clone();
    html! {
        <li key={node.path.clone()}>
            <button class="link" onclick={act.reform(move |_| Action::Select(Some(path.clone())))}>
                { describe::label(node, node.path == running) }
            </button>
            if !node.inside.is_empty() {
                <ul>{ for node.inside.iter().map(|inner| list(inner, running, act)) }</ul>
            }
        </li>
    }
}
