//! The keyboard: one table that both the page and its help read.

use scene::BoxKind;

use crate::state::Action;

/// Where the keyboard's focus is, as far as it matters for what a key means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Focus {
    /// Nowhere in particular.
    Page,
    /// On a box of the picture, where plain arrows move from box to box.
    Picture,
    /// On a button, slider or tab, which have keys of their own.
    Control,
    /// Where text is typed.
    Text,
}

/// What the help says, in its order: keys and what they do.
pub const HELP: [(&str, &str); 13] = [
    ("Space · F8", "run or pause"),
    ("→ · n · F10", "on to the next event"),
    ("← · p", "back to the previous event"),
    ("Shift → · s · F9", "one instruction on"),
    ("Shift ← · b", "one instruction back"),
    (
        "Home · End",
        "to the beginning, to the furthest moment reached",
    ),
    (
        "1 2 3 4 5",
        "to the hardware, hypervisor, kernel, container, process; again for the next one",
    ),
    (
        "↑ ↓ ← →",
        "on a box: to what stands on it, under it, beside it",
    ),
    ("d", "say what the picture shows"),
    ("c", "to the console; Escape leaves it"),
    ("+ · −", "faster, slower"),
    ("t", "light or dark"),
    ("?", "this help"),
];

/// What a key means there; `None` leaves it to the browser.
pub fn action(key: &str, shift: bool, modified: bool, focus: Focus) -> Option<Action> {
    if modified || focus == Focus::Text {
        return None;
    }
    if key == "Escape" {
        return Some(Action::Close);
    }
    let free = focus != Focus::Control;
    let arrows = focus == Focus::Page;
    Some(match key {
        " " if free => Action::RunOrPause,
        "F8" => Action::RunOrPause,
        "ArrowRight" if shift && free => Action::Step(1),
        "ArrowLeft" if shift && free => Action::Step(-1),
        "ArrowRight" if arrows => Action::NextEvent,
        "ArrowLeft" if arrows => Action::PreviousEvent,
        "n" | "N" => Action::NextEvent,
        "p" | "P" => Action::PreviousEvent,
        "s" | "S" | "F9" => Action::Step(1),
        "b" | "B" => Action::Step(-1),
        "F10" if shift => Action::Step(-1),
        "F10" => Action::NextEvent,
        "Home" if arrows => Action::SeekTo(0),
        "End" if arrows => Action::SeekToHead,
        "1" => Action::Layer(BoxKind::Hardware),
        "2" => Action::Layer(BoxKind::Hypervisor),
        "3" => Action::Layer(BoxKind::Kernel),
        "4" => Action::Layer(BoxKind::Container),
        "5" => Action::Layer(BoxKind::Process),
        "d" | "D" => Action::Describe,
        "c" | "C" => Action::ToConsole,
        "+" | "=" => Action::Faster(1),
        "-" | "−" => Action::Faster(-1),
        "t" | "T" => Action::NextTheme,
        "?" => Action::Help(true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_place_allows() {
        use Focus::*;
        let cases = [
            (" ", false, Page, Some(Action::RunOrPause)),
            (" ", false, Picture, Some(Action::RunOrPause)),
            (" ", false, Control, None),
            (" ", false, Text, None),
            ("ArrowRight", false, Page, Some(Action::NextEvent)),
            ("ArrowLeft", false, Page, Some(Action::PreviousEvent)),
            ("ArrowRight", false, Picture, None),
            ("ArrowRight", true, Picture, Some(Action::Step(1))),
            ("ArrowLeft", true, Page, Some(Action::Step(-1))),
            ("ArrowLeft", true, Control, None),
            ("n", false, Control, Some(Action::NextEvent)),
            ("n", false, Text, None),
            ("?", true, Page, Some(Action::Help(true))),
            ("Escape", false, Control, Some(Action::Close)),
            ("F5", false, Page, None),
            ("Tab", false, Page, None),
        ];
        for (key, shift, focus, expected) in cases {
            assert_eq!(
                action(key, shift, false, focus),
                expected,
                "{key} {focus:?}"
            );
            assert_eq!(action(key, shift, true, focus), None, "with Ctrl: {key}");
        }
    }
}
