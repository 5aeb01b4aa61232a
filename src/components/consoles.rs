//! The serial ports as terminals in tabs. What is typed goes to the machine at once, byte by byte;
//! what appears is what the machine's own software echoes.
//!
//! The field is a real one, below the text: phones raise their keyboard for it, input methods
//! compose in it, a paste arrives in it whole. Tab leaves it, so the keyboard is never caught.

use scene::Console;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

use super::Act;
use crate::state::Action;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub consoles: Vec<Console>,
    pub open: Option<String>,
    pub type_paused: bool,
    pub running: bool,
    pub act: Act,
}

#[component]
pub fn Consoles(props: &Props) -> Html {
    let screen = use_node_ref();
    let open = props
        .consoles
        .iter()
        .find(|console| Some(&console.id) == props.open.as_ref());
    let text = open.map(|console| console.text.clone()).unwrap_or_default();
    {
        let screen = screen.clone();
        use_effect_with((text.len(), props.open.clone()), move |_| {
            if let Some(screen) = screen.cast::<Element>() {
                screen.set_scroll_top(screen.scroll_height());
            }
        });
    }
    use_composition(&props.act);
    let paused_change = {
        let paused = props.type_paused;
        props
            .act
            .reform(move |_: Event| Action::TypePaused(!paused))
    };
    html! {
        <section class="consoles" aria-label="Consoles">
            <div class="console-bar">
                <div class="tabs" role="tablist" aria-label="Consoles" onkeydown={on_tab_key(props)}>
                    { for props.consoles.iter().map(|console| tab(console, props)) }
                </div>
                <label class="switch" title="Off: what is typed waits in the serial port until the machine runs">
                    <input type="checkbox" checked={!props.type_paused} onchange={paused_change} />
                    <span>{ "typing runs it" }</span>
                </label>
            </div>
            if let Some(console) = open {
                <div class="terminal" role="tabpanel" aria-label={format!("Console {}", console.title)} onclick={focus_field(&screen)}>
                    <pre class="screen" data-testid="console-text" data-console={console.id.clone()} tabindex="0" ref={screen} aria-label={format!("Text of console {}", console.title)}>
                        { &console.text }<span class="cursor" aria-hidden="true"></span>
                    </pre>
                    { field(console, props) }
                </div>
            } else {
                <div class="terminal empty"></div>
            }
        </section>
    }
}

/// An input method's finished word comes as an event that Yew has no name for. It bubbles, so one
/// ear on the document serves whichever field there is.
#[hook]
fn use_composition(act: &Act) {
    let act = act.clone();
    use_effect_with((), move |()| {
        let document = web_sys::window().and_then(|window| window.document());
        let heard = Closure::<dyn FnMut(Event)>::new(move |event: Event| take(&event, &act));
        let ear = heard.as_ref().unchecked_ref::<js_sys::Function>().clone();
        if let Some(document) = &document {
            let _ = document.add_event_listener_with_callback("compositionend", &ear);
        }
        move || {
            if let Some(document) = document {
                let _ = document.remove_event_listener_with_callback("compositionend", &ear);
            }
            drop(heard);
        }
    });
}

fn tab(console: &Console, props: &Props) -> Html {
    let chosen = Some(&console.id) == props.open.as_ref();
    let id = console.id.clone();
    html! {
        <button
            key={console.id.clone()}
            role="tab"
            class="tab"
            aria-selected={chosen.to_string()}
            tabindex={if chosen { "0" } else { "-1" }}
            data-testid={format!("console-{}", console.id)}
            onclick={props.act.reform(move |_| Action::Console(id.clone()))}
        >
            { &console.title }
        </button>
    }
}

/// Arrows go from tab to tab.
fn on_tab_key(props: &Props) -> Callback<KeyboardEvent> {
    let ids: Vec<String> = props
        .consoles
        .iter()
        .map(|console| console.id.clone())
        .collect();
    let open = props.open.clone();
    let act = props.act.clone();
    Callback::from(move |event: KeyboardEvent| {
        let Some(here) = ids.iter().position(|id| Some(id) == open.as_ref()) else {
            return;
        };
        let next = match event.key().as_str() {
            "ArrowRight" => (here + 1) % ids.len(),
            "ArrowLeft" => (here + ids.len() - 1) % ids.len(),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        act.emit(Action::ConsoleTab(ids[next].clone()));
    })
}

/// A click on the text (but not the end of selecting some) takes the keyboard to the field.
fn focus_field(screen: &NodeRef) -> Callback<MouseEvent> {
    let screen = screen.clone();
    Callback::from(move |_| {
        let selecting = web_sys::window()
            .and_then(|window| window.get_selection().ok().flatten())
            .is_some_and(|selection| !selection.is_collapsed());
        if selecting || screen.get().is_none() {
            return;
        }
        crate::app::focus("console-input");
    })
}

fn field(console: &Console, props: &Props) -> Html {
    let act = props.act.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        if event.is_composing() {
            return;
        }
        take(&event, &act);
    });
    let act = props.act.clone();
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        if event.key() == "Escape" {
            event.prevent_default();
            event.stop_propagation();
            crate::app::focus("run");
            return;
        }
        if let Some(text) = bytes(
            &event.key(),
            event.ctrl_key(),
            event.alt_key() || event.meta_key(),
        ) {
            event.prevent_default();
            event.stop_propagation();
            act.emit(Action::Type(text));
        }
    });
    let press = |text: &'static str| {
        props
            .act
            .reform(move |_: MouseEvent| Action::Type(text.to_owned()))
    };
    html! {
        <div class="field">
            <span class="field-sign" aria-hidden="true">{ "›" }</span>
            <textarea
                id="console-input"
                data-testid="console-input"
                rows="1"
                autocapitalize="off"
                autocomplete="off"
                autocorrect="off"
                spellcheck="false"
                enterkeyhint="enter"
                placeholder={format!("type here: it goes to {}", console.title)}
                aria-label={format!("Type into console {}; Escape leaves it", console.title)}
                {oninput}
                {onkeydown}
            />
            <button class="key" onclick={press("\n")} title="Enter">{ "Enter" }</button>
            <button class="key" onclick={press("\x03")} title="Interrupt the program">{ "Ctrl C" }</button>
        </div>
    }
}

/// Sends what stands in the field and empties it.
fn take(event: &Event, act: &Act) {
    let Some(field) = event.target_dyn_into::<HtmlTextAreaElement>() else {
        return;
    };
    let text = field.value().replace("\r\n", "\n");
    field.set_value("");
    if !text.is_empty() {
        act.emit(Action::Type(text));
    }
}

/// Keys that a terminal sends as control characters or escape sequences; plain text comes by way
/// of the field itself.
pub fn bytes(key: &str, ctrl: bool, other: bool) -> Option<String> {
    if other {
        return None;
    }
    if ctrl {
        let mut letters = key.chars();
        return match (letters.next(), letters.next()) {
            // Ctrl-V pastes, as everywhere.
            (Some('v' | 'V'), None) => None,
            (Some(letter @ ('a'..='z' | 'A'..='Z')), None) => {
                Some(char::from(letter.to_ascii_lowercase() as u8 & 0x1f).to_string())
            }
            _ => None,
        };
    }
    let text = match key {
        "Enter" => "\n",
        "Backspace" => "\x7f",
        "ArrowUp" => "\x1b[A",
        "ArrowDown" => "\x1b[B",
        "ArrowRight" => "\x1b[C",
        "ArrowLeft" => "\x1b[D",
        "Home" => "\x1b[H",
        "End" => "\x1b[F",
        "Delete" => "\x1b[3~",
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn keys_become_what_a_terminal_sends() {
        let cases = [
            ("Enter", false, Some("\n")),
            ("Backspace", false, Some("\x7f")),
            ("c", true, Some("\x03")),
            ("D", true, Some("\x04")),
            ("v", true, None),
            ("ArrowUp", false, Some("\x1b[A")),
            ("a", false, None),
            ("Tab", false, None),
            ("Shift", true, None),
        ];
        for (key, ctrl, expected) in cases {
            assert_eq!(bytes(key, ctrl, false).as_deref(), expected, "{key}");
        }
        assert_eq!(bytes("c", true, true), None);
    }
}
