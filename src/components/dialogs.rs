//! What opens over the page: the help, and the link for sharing.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::{Act, icons};
use crate::keys;
use crate::state::{Action, State};

#[derive(Properties, PartialEq)]
pub struct DialogProps {
    pub open: bool,
    pub label: AttrValue,
    pub class: Classes,
    pub testid: AttrValue,
    pub act: Act,
    pub children: Children,
}

/// A dialog of the browser's own: it keeps the keyboard inside and closes on Escape.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let place = use_node_ref();
    {
        let place = place.clone();
        use_effect_with(props.open, move |open| {
            if let Some(dialog) = place.cast::<HtmlDialogElement>() {
                if *open && !dialog.open() {
                    let _ = dialog.show_modal();
                } else if !*open && dialog.open() {
                    dialog.close();
                }
            }
        });
    }
    html! {
        <dialog
            ref={place}
            class={props.class.clone()}
            aria-label={props.label.clone()}
            data-testid={props.testid.clone()}
            onclose={props.act.reform(|_: Event| Action::Close)}
        >
            if props.open {
                <button class="tool close" id="help-close" aria-label="Close" onclick={props.act.reform(|_: MouseEvent| Action::Close)}>
                    { icons::glyph(icons::CLOSE, "") }
                </button>
                { props.children.clone() }
            }
        </dialog>
    }
}

/// The help.
pub fn help(state: &State, act: &Act) -> Html {
    html! {
        <Dialog open={state.help} label="Help" class="help" testid="help-dialog" act={act.clone()}>
            <h2>{ "A ringside seat" }</h2>
            <p>{ "The picture is an emulated PC that executes real machine code, layer upon layer. What is lit executes now; an arrow is an event that the processor raised; nothing is made up." }</p>
            <p>{ "Time is counted in instructions. Run it, stop it, go on event by event, and go back as easily: the past is the machine itself, not a film of it." }</p>
            <p>{ "An emulator cannot say how long something takes on real hardware. It can count, and what it counts is exact." }</p>
            <h3>{ "Keys" }</h3>
            <dl class="keys">
                { for keys::HELP.iter().map(|(key, what)| html! {
                    <div><dt>{ *key }</dt><dd>{ *what }</dd></div>
                }) }
            </dl>
        </Dialog>
    }
}

/// The link to this moment.
pub fn share(state: &State, address: String, act: &Act) -> Html {
    html! {
        <Dialog open={state.share} label="Link to this moment" class="share" testid="share-dialog" act={act.clone()}>
            <h2>{ "A link to this moment" }</h2>
            <p>{ if state.copied { "Copied. Whoever opens it sees the same machine at the same instruction." } else { "Whoever opens it sees the same machine at the same instruction." } }</p>
            <input class="share-link" readonly=true value={address} aria-label="Link" data-testid="share-link" />
            if state.typed {
                <p class="warning">{ "What was typed into the consoles is not in the link: it leads to this moment as it is without." }</p>
            }
        </Dialog>
    }
}
