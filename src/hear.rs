//! What follows when the engine says something: a picture is shown, a scenario opened, a failure
//! told. A part of [`crate::reduce`], and as pure.

use std::rc::Rc;

use scene::{Command, Message, Moment, Severity};

use crate::describe;
use crate::link;
use crate::protocol::{Ask, Listing, News, Picture, Report};
use crate::reduce::open;
use crate::state::{Effect, Phase, State, tenths_per_million};

/// How many counts a trend remembers.
pub const TREND: usize = 32;

/// Between two looks at the list of events while running: nobody reads faster.
const LIST_MS: f64 = 600.0;

/// Takes a report into account.
pub fn hear(state: &mut State, report: Report, now_ms: f64, effects: &mut Vec<Effect>) {
    match report.news {
        News::Ready(listings) => ready(state, listings, effects),
        // The first word is the cause; what follows is only the fall.
        News::Failed(_) if matches!(state.phase, Phase::Failed(_)) => {}
        News::Failed(why) => {
            state.running = false;
            state.going = None;
            state.awaiting = None;
            state.spoken = format!("The engine stopped: {why}");
            state.phase = Phase::Failed(why);
        }
        News::Picture(picture) => {
            state.ask(Ask::Shown, effects);
            if report.answers < state.turned {
                // On its way when the reader had already turned elsewhere.
                for message in picture.frame.messages {
                    state.notice(message);
                }
                return;
            }
            if state
                .awaiting
                .is_some_and(|number| report.answers >= number)
            {
                state.awaiting = None;
            }
            if picture.frame.scenario != state.frame.scenario && !picture.frame.title.is_empty() {
                effects.push(Effect::Title(picture.frame.title.clone()));
            }
            show(state, *picture, now_ms);
            if state.awaiting.is_none() {
                if let Some(command) = state.queue.pop_front() {
                    state.command(command, effects);
                } else if let Some(moment) = state.opening.take() {
                    opened(state, moment, effects);
                } else if !state.moving() {
                    settle(state, effects);
                }
            }
        }
    }
}

/// The engine is there: open what the link asks for, or the first scenario.
fn ready(state: &mut State, listings: Vec<Listing>, effects: &mut Vec<Effect>) {
    state.phase = Phase::Ready;
    state.listings = listings;
    let Some(first) = state.listings.first().map(|listing| listing.id.clone()) else {
        state.phase = Phase::Failed("no scenario is built in".to_owned());
        return;
    };
    let link = std::mem::take(&mut state.link);
    match link.scenario {
        None => open(state, first, link.moment, effects),
        Some(id) if state.listings.iter().any(|listing| listing.id == id) => {
            open(state, id, link.moment, effects);
        }
        Some(id) => {
            let text = format!("There is no scenario “{id}”. This is “{first}” instead.");
            state.notice(Message {
                severity: Severity::Warning,
                text,
            });
            open(state, first, None, effects);
        }
    }
}

fn show(state: &mut State, picture: Picture, now_ms: f64) {
    let Picture {
        mut frame,
        running,
        kips,
    } = picture;
    for message in std::mem::take(&mut frame.messages) {
        state.notice(message);
    }
    // It stopped by itself: the machines ended, or an event was not found.
    if !running {
        state.running = false;
        state.going = None;
    }
    if running && state.slow() {
        state.remember_cpus();
    }
    if kips.is_some() {
        state.kips = kips;
    }
    if frame.scenario != state.frame.scenario {
        state.trends.clear();
        state.kips = None;
    }
    for rate in frame.rates.iter().filter(|_| running) {
        let trend = state
            .trends
            .entry((rate.machine.clone(), rate.kind))
            .or_default();
        trend.push_back(tenths_per_million(rate.count, rate.window));
        if trend.len() > TREND {
            trend.pop_front();
        }
    }
    if !running || state.slow() || now_ms - state.listed_ms >= LIST_MS {
        state.listed = Rc::new(frame.happenings.clone());
        state.listed_ms = now_ms;
    }
    state.machine = state
        .machine
        .min(frame.scene.machines.len().saturating_sub(1));
    if !running || state.slow() {
        state.spoken = describe::response(&frame);
    }
    state.frame = Rc::new(frame);
}

/// A scenario opens switched off. It goes on to where the link points, or to where its author says
/// that all is up: nobody comes to look at an empty box. The way there is shown, so that the first
/// thing a reader sees is a machine that boots.
fn opened(state: &mut State, moment: Option<Moment>, effects: &mut Vec<Effect>) {
    let time = &state.frame.time;
    let suggested = time
        .marks
        .first()
        .map(|(start, _)| *start)
        .filter(|_| time.now == 0);
    match moment.or(suggested) {
        Some(moment) if moment > time.now => state.go(moment, effects),
        Some(moment) if moment < time.now => state.command(Command::Seek(moment), effects),
        _ => settle(state, effects),
    }
}

/// At rest: the address bar follows.
fn settle(state: &mut State, effects: &mut Vec<Effect>) {
    if state.frame.scenario.is_empty() {
        return;
    }
    let address = link::format(&state.frame.scenario, state.frame.time.now);
    if address != state.address {
        state.address.clone_from(&address);
        effects.push(Effect::Address(address));
    }
}
