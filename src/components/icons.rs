//! The signs: one shape for each family of events, each state, each control. Shape tells them
//! apart; colour only helps.

use scene::{HappeningKind, State};
use yew::prelude::*;

/// CSS class of a family of events.
pub const fn kind_class(kind: HappeningKind) -> &'static str {
    match kind {
        HappeningKind::Trap => "k-trap",
        HappeningKind::Exit => "k-exit",
        HappeningKind::Entry => "k-entry",
        HappeningKind::Syscall => "k-syscall",
        HappeningKind::Return => "k-return",
        HappeningKind::Interrupt => "k-interrupt",
        HappeningKind::Switch => "k-switch",
        HappeningKind::World => "k-world",
        HappeningKind::Mode => "k-mode",
        HappeningKind::Device => "k-device",
        HappeningKind::Sleep => "k-sleep",
        HappeningKind::Life => "k-life",
    }
}

/// The sign of a family of events, in a square of 16.
pub const fn kind_path(kind: HappeningKind) -> &'static str {
    match kind {
        // A triangle with a stroke in it: something is wrong.
        HappeningKind::Trap => "M8 2 14.5 13.5H1.5ZM8 6.5V9.5M8 11.4V11.6",
        // Down through a floor; up through a floor.
        HappeningKind::Exit => "M8 1.5V10M4.5 7 8 10.5 11.5 7M2 14H14",
        HappeningKind::Entry => "M8 10.5V2M4.5 5.5 8 2 11.5 5.5M2 14H14",
        // A knock at the door, and back out of it.
        HappeningKind::Syscall => "M2.5 4.5 6 8 2.5 11.5M8 12.5H14",
        HappeningKind::Return => "M13.5 12.5V8.5A3 3 0 0 0 10.5 5.5H3M6 2.5 3 5.5 6 8.5",
        HappeningKind::Interrupt => "M9 1.5 3.5 9H7.5L6.5 14.5 12.5 6.5H8.5Z",
        HappeningKind::Switch => "M2 5.5H13M10 2.5 13 5.5 10 8.5M14 11H3M6 8.5 3 11.2 6 14",
        HappeningKind::World => "M2 2H7V7H2ZM9 9H14V14H9ZM9.5 3.5H12.5V6.5M6.5 12.5H3.5V9.5",
        HappeningKind::Mode => "M8 3A5.5 5.5 0 1 1 7.9 3M8 8.5 11 5.5",
        HappeningKind::Device => {
            "M4 4H12V12H4ZM6 1.5V4M10 1.5V4M6 12V14.5M10 12V14.5M1.5 8H4M12 8H14.5"
        }
        HappeningKind::Sleep => "M13.5 9.5A6 6 0 1 1 6.5 2.5 5 5 0 0 0 13.5 9.5Z",
        HappeningKind::Life => {
            "M8 14.5V7M8 8.5C8 5 5.5 3.5 2.5 3.5 2.5 6.5 4.5 8.5 8 8.5ZM8 7C8 4 10 2 13.5 2 13.5 5 11.5 7 8 7Z"
        }
    }
}

/// The sign of a state, in a square of 16; running needs none.
pub const fn state_path(state: State) -> Option<&'static str> {
    Some(match state {
        State::Running => return None,
        State::Waiting => "M8 2A6 6 0 1 1 7.9 2M8 4.5V8L10.5 9.5",
        State::Throttled => "M2 12.5A6.2 6.2 0 1 1 14 12.5M8 10 4.5 7",
        State::Paused => "M5.5 3V13M10.5 3V13",
        State::Booting => "M8 2V5.5M8 10.5V14M2 8H5.5M10.5 8H14M3.8 3.8 6.2 6.2M9.8 9.8 12.2 12.2",
        State::Ended => "M3 3H13V13H3Z",
        State::Killed => "M3 3 13 13M13 3 3 13",
    })
}

/// A sign by its path.
pub fn glyph(path: &'static str, class: &'static str) -> Html {
    html! {
        <svg class={classes!("glyph", class)} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d={path} />
        </svg>
    }
}

/// The sign of a family of events, in its colour.
pub fn kind(kind: HappeningKind) -> Html {
    glyph(kind_path(kind), kind_class(kind))
}

/// Controls.
pub const RUN: &str = "M4.5 2.5V13.5L13.5 8Z";
pub const PAUSE: &str = "M5.2 3V13M10.8 3V13";
pub const NEXT_EVENT: &str = "M3 3V13L9.5 8ZM12.5 3V13";
pub const PREVIOUS_EVENT: &str = "M13 3V13L6.5 8ZM3.5 3V13";
pub const STEP: &str = "M6 3.5 10.5 8 6 12.5";
pub const STEP_BACK: &str = "M10 3.5 5.5 8 10 12.5";
pub const SHARE: &str = "M6.5 9.5 9.5 6.5M7 4.5 8.6 2.9A3 3 0 0 1 13 7.2L11.4 8.8M9 11.5 7.4 13.1A3 3 0 0 1 3 8.8L4.6 7.2";
pub const HELP: &str = "M5.5 6A2.5 2.5 0 1 1 8 8.5V10M8 12.6V12.9";
pub const SUN: &str = "M8 5A3 3 0 1 1 7.9 5M8 1V2.5M8 13.5V15M1 8H2.5M13.5 8H15M3 3 4.1 4.1M11.9 11.9 13 13M13 3 11.9 4.1M4.1 11.9 3 13";
pub const MOON: &str = "M13.5 9.5A6 6 0 1 1 6.5 2.5 5 5 0 0 0 13.5 9.5Z";
pub const HALF: &str = "M8 2A6 6 0 1 1 7.9 2M8 2V14M8 5H12.5M8 8H14M8 11H12.5";
pub const LARGER: &str = "M1.5 13 5 4 8.5 13M2.7 10H7.3M12 5V11M9 8H15";
pub const CLOSE: &str = "M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5";
