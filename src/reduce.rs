//! What follows when something happens: the only place where the page changes its mind.
//!
//! It is pure. What must happen in the world outside comes back as [`Effect`]s, so every rule is
//! tested without a browser.

use scene::{BoxKind, Command, Moment, Path};

use crate::hear::hear;
use crate::protocol::Ask;
use crate::state::{Action, Effect, Phase, Side, State, Theme, at_or_below, open_console};
use crate::{describe, speed};

/// What follows from an action.
pub fn reduce(state: &mut State, action: Action) -> Vec<Effect> {
    let mut effects = Vec::new();
    match action {
        Action::Heard(report, now_ms) => hear(state, report, now_ms, &mut effects),
        Action::Open(scenario) => {
            state.selected = None;
            state.pointed = None;
            state.console = None;
            state.machine = 0;
            state.typed = false;
            state.notices.clear();
            state.trends.clear();
            open(state, scenario, None, &mut effects);
        }
        Action::RunOrPause => {
            if state.running {
                state.running = false;
                let number = state.ask(Ask::Pause, &mut effects);
                state.turned = number;
                state.awaiting = Some(number);
            } else if state.phase == Phase::Ready && !state.frame.time.ended {
                state.run(&mut effects);
            }
        }
        Action::Step(count) => {
            let machine = state.machine_id();
            state.command(Command::Step { count, machine }, &mut effects);
        }
        Action::NextEvent => {
            let filter = state.filter();
            state.command(Command::NextEvent(filter), &mut effects);
        }
        Action::PreviousEvent => {
            let filter = state.filter();
            state.command(Command::PreviousEvent(filter), &mut effects);
        }
        Action::SeekTo(moment) => state.command(Command::Seek(moment), &mut effects),
        Action::SeekToHead => {
            let head = state.frame.time.head;
            state.command(Command::Seek(head), &mut effects);
        }
        Action::Speed(rung) => set_speed(state, rung, &mut effects),
        Action::Faster(by) => {
            let rung = state.speed.saturating_add_signed(by as isize);
            set_speed(state, rung, &mut effects);
        }
        Action::Select(path) => select(state, path),
        Action::Point(path) => state.pointed = path,
        Action::Layer(kind) => {
            let next = next_of_kind(state, kind);
            if next.is_some() {
                select(state, next);
                effects.push(Effect::Focus("chosen-box"));
            }
        }
        Action::Machine(index) => state.machine = index,
        Action::Console(id) => {
            state.console = Some(id);
            effects.push(Effect::Focus("console-input"));
        }
        Action::ConsoleTab(id) => state.console = Some(id),
        Action::FocusChosen => effects.push(Effect::Focus("chosen-box")),
        Action::ToConsole => effects.push(Effect::Focus("console-input")),
        Action::Type(text) => type_text(state, text, &mut effects),
        Action::TypePaused(paused) => state.type_paused = paused,
        Action::Side(side) => state.side = side,
        Action::ToggleKind(kind) => match state.hidden.iter().position(|hidden| *hidden == kind) {
            Some(index) => {
                state.hidden.remove(index);
            }
            None => state.hidden.push(kind),
        },
        Action::AllKinds => state.hidden.clear(),
        Action::OnlySelected(only) => state.only_selected = only,
        Action::Help(open) => {
            state.help = open;
            effects.push(Effect::Focus(if open { "help-close" } else { "help-open" }));
        }
        Action::Share => {
            state.share = true;
            state.copied = false;
            effects.push(Effect::Copy);
        }
        Action::Copied(copied) => {
            state.copied = copied;
            if copied {
                state.spoken = "Link copied".to_owned();
            }
        }
        Action::Close => {
            if state.help {
                effects.push(Effect::Focus("help-open"));
            }
            state.help = false;
            state.share = false;
        }
        Action::NextTheme => {
            state.theme = match state.theme {
                Theme::System => Theme::Light,
                Theme::Light => Theme::Dark,
                Theme::Dark => Theme::System,
            };
            effects.push(Effect::Look(state.theme, state.large));
        }
        Action::Larger => {
            state.large = !state.large;
            effects.push(Effect::Look(state.theme, state.large));
        }
        Action::Dismiss(index) => {
            if index < state.notices.len() {
                state.notices.remove(index);
            }
        }
        Action::Describe => state.spoken = describe::summary(&state.frame, state.running),
    }
    effects
}

/// Opens a scenario, to go on to a moment; without one, to where its author suggests.
pub fn open(
    state: &mut State,
    scenario: String,
    moment: Option<Moment>,
    effects: &mut Vec<Effect>,
) {
    let open = Command::Open {
        scenario,
        moment: None,
    };
    state.command(open, effects);
    state.opening = Some(moment);
}

fn set_speed(state: &mut State, rung: usize, effects: &mut Vec<Effect>) {
    state.speed = rung.min(speed::LADDER.len() - 1);
    if state.running {
        state.run(effects);
    }
    state.spoken = format!("Speed: {}", speed::LADDER[state.speed].1);
}

fn select(state: &mut State, path: Option<Path>) {
    if let Some(path) = &path {
        if state.side == Side::Events {
            state.side = Side::Box;
        }
        let machines = &state.frame.scene.machines;
        if let Some(index) = machines
            .iter()
            .position(|machine| at_or_below(path, &machine.stack.path))
        {
            state.machine = index;
        }
        let console = state
            .frame
            .scene
            .find(path)
            .and_then(|node| node.console.clone());
        if console.is_some() {
            state.console = console;
        }
    }
    state.selected = path;
}

/// The box of this kind after the chosen one, around the end.
fn next_of_kind(state: &State, kind: BoxKind) -> Option<Path> {
    let mut all = Vec::new();
    for machine in &state.frame.scene.machines {
        machine.stack.walk(&mut |node| {
            if node.kind == kind {
                all.push(node.path.clone());
            }
        });
    }
    let chosen = all
        .iter()
        .position(|path| Some(path) == state.selected.as_ref());
    let next = chosen.map_or(0, |index| (index + 1) % all.len());
    all.into_iter().nth(next)
}

fn type_text(state: &mut State, text: String, effects: &mut Vec<Effect>) {
    let Some(console) = open_console(state) else {
        return;
    };
    if state.phase != Phase::Ready || text.is_empty() {
        return;
    }
    state.typed = true;
    let number = state.ask(Ask::Do(Command::Type { console, text }), effects);
    state.turned = number;
    if !state.running && !state.type_paused {
        state.run(effects);
    }
}

#[cfg(test)]
#[path = "reduce_tests.rs"]
mod tests;
