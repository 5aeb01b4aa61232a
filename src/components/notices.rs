//! What the engine or the page has to tell, until it is taken away.

use scene::{Message, Severity};
use yew::prelude::*;

use super::{Act, icons};
use crate::state::Action;

/// Draws the notices.
pub fn draw(notices: &[Message], act: &Act) -> Html {
    html! {
        <div class="notices" role="log" aria-label="Messages">
            { for notices.iter().enumerate().map(|(index, message)| html! {
                <div key={message.text.clone()} class={classes!("notice", class(message.severity))} data-testid="message">
                    { icons::glyph(sign(message.severity), "") }
                    <p>{ &message.text }</p>
                    <button class="tool" aria-label="Take away" onclick={act.reform(move |_| Action::Dismiss(index))}>
                        { icons::glyph(icons::CLOSE, "") }
                    </button>
                </div>
            }) }
        </div>
    }
}

const fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

const fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "M8 2A6 6 0 1 1 7.9 2M8 7.5V11M8 4.9V5.1",
        Severity::Warning => "M8 2 14.5 13.5H1.5ZM8 6.5V9.5M8 11.4V11.6",
        Severity::Error => "M8 2A6 6 0 1 1 7.9 2M5.5 5.5 10.5 10.5M10.5 5.5 5.5 10.5",
    }
}
