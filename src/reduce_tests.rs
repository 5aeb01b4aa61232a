//! What a reader does, and what the page asks of the engine for it.

use scene::{EventFilter, Frame, HappeningKind, Message, Severity};

use super::*;
use crate::fixture;
use crate::hear::TREND;
use crate::link::Link;
use crate::protocol::{Listing, News, Picture, Report, Request};
use crate::speed::Pace;

fn listings() -> Vec<Listing> {
    [fixture::containers(), fixture::vms()]
        .into_iter()
        .map(|frame| Listing {
            id: frame.scenario,
            title: frame.title,
            about: frame.about,
        })
        .collect()
}

fn told(state: &mut State, answers: u32, news: News) -> Vec<Effect> {
    reduce(state, Action::Heard(Report { answers, news }, 1000.0))
}

fn picture(frame: Frame, running: bool) -> News {
    News::Picture(Box::new(Picture {
        frame,
        running,
        kips: None,
    }))
}

/// A page that shows a scenario and waits.
fn at_rest() -> State {
    let mut state = State::new(Link::default(), Vec::new(), Theme::System, false);
    told(&mut state, 0, News::Ready(listings()));
    let asked = state.asked;
    told(&mut state, asked, picture(fixture::containers(), false));
    state
}

/// What was asked of the engine, without the acknowledgements.
fn asks(effects: &[Effect]) -> Vec<Ask> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ask(request) if request.ask != Ask::Shown => Some(request.ask.clone()),
            _ => None,
        })
        .collect()
}

fn answer(state: &mut State, frame: Frame) -> Vec<Effect> {
    let number = state.turned;
    told(state, number, picture(frame, false))
}

fn at(moment: Moment) -> Frame {
    let mut frame = fixture::containers();
    frame.time.now = moment;
    frame
}

#[test]
fn a_link_opens_its_scenario_at_its_moment() {
    let link = Link {
        scenario: Some("vms".into()),
        moment: Some(77),
    };
    let mut state = State::new(link, Vec::new(), Theme::System, false);
    let effects = told(&mut state, 0, News::Ready(listings()));
    let open = Command::Open {
        scenario: "vms".into(),
        moment: None,
    };
    assert_eq!(asks(&effects), [Ask::Do(open)]);
    assert_eq!(asks(&answer(&mut state, at(0))), [Ask::RunTo(77)]);
    assert!(state.moving() && state.notices.is_empty());
    // There, it stands still and can be linked to.
    let effects = answer(&mut state, at(77));
    assert!(!state.moving());
    assert!(effects.contains(&Effect::Address("?scenario=containers&moment=77".into())));
}

#[test]
fn an_unknown_scenario_is_told_and_another_opened() {
    let link = Link {
        scenario: Some("moon".into()),
        moment: Some(77),
    };
    let mut state = State::new(link, Vec::new(), Theme::System, false);
    let effects = told(&mut state, 0, News::Ready(listings()));
    let open = Command::Open {
        scenario: "containers".into(),
        moment: None,
    };
    assert_eq!(asks(&effects), [Ask::Do(open)]);
    assert!(state.notices[0].text.contains("“moon”"));
}

#[test]
fn no_scenarios_is_a_failure_with_words() {
    let mut state = State::default();
    told(&mut state, 0, News::Ready(Vec::new()));
    assert!(matches!(state.phase, Phase::Failed(_)));
}

#[test]
fn a_scenario_that_opens_switched_off_goes_on_to_its_start() {
    let mut state = at_rest();
    reduce(&mut state, Action::Open("vms".into()));
    assert_eq!(asks(&answer(&mut state, at(0))), [Ask::RunTo(2_100_000)]);
    // Who goes back to the beginning stays there.
    answer(&mut state, at(2_100_000));
    reduce(&mut state, Action::SeekTo(0));
    assert!(asks(&answer(&mut state, at(0))).is_empty());
    // And so it does if a link says so.
    let link = Link {
        scenario: None,
        moment: Some(0),
    };
    let mut state = State::new(link, Vec::new(), Theme::System, false);
    told(&mut state, 0, News::Ready(listings()));
    assert!(asks(&answer(&mut state, at(0))).is_empty());
}

#[test]
fn on_the_way_to_a_moment_everything_still_works() {
    let booting = || {
        let mut state = at_rest();
        reduce(&mut state, Action::Open("vms".into()));
        answer(&mut state, at(0));
        let number = state.turned;
        told(&mut state, number, picture(at(1_000), true));
        assert!(state.going.is_some() && !state.running);
        state
    };
    // Run means: and do not stop there.
    let mut state = booting();
    assert!(matches!(
        asks(&reduce(&mut state, Action::RunOrPause))[..],
        [Ask::Run(..)]
    ));
    assert!(state.running && state.going.is_none());
    // A step stops it here.
    let mut state = booting();
    assert!(matches!(
        asks(&reduce(&mut state, Action::Step(1)))[..],
        [Ask::Do(Command::Step { .. })]
    ));
    assert!(!state.moving());
}

#[test]
fn the_address_follows_at_rest() {
    let mut state = at_rest();
    reduce(&mut state, Action::Step(1));
    let effects = answer(&mut state, at(12));
    assert!(effects.contains(&Effect::Address("?scenario=containers&moment=12".into())));
    assert!(
        !answer(&mut state, at(12))
            .iter()
            .any(|effect| matches!(effect, Effect::Address(_)))
    );
}

#[test]
fn running_and_pausing() {
    let mut state = at_rest();
    let effects = reduce(&mut state, Action::RunOrPause);
    assert_eq!(
        asks(&effects),
        [Ask::Run(Pace::RealTime, EventFilter::default())]
    );
    assert!(state.running && state.fresh().is_empty());
    let effects = reduce(&mut state, Action::RunOrPause);
    assert_eq!(asks(&effects), [Ask::Pause]);
    assert!(!state.running);
    // A picture that was under way does not start it again.
    let late = state.turned - 1;
    told(&mut state, late, picture(at(1), true));
    assert!(!state.running);
    assert_ne!(state.frame.time.now, 1);
    answer(&mut state, at(2));
    assert_eq!(state.frame.time.now, 2);
}

#[test]
fn what_ended_stays_ended() {
    let mut state = at_rest();
    reduce(&mut state, Action::RunOrPause);
    let mut frame = at(9);
    frame.time.ended = true;
    answer(&mut state, frame);
    assert!(!state.running);
    assert!(asks(&reduce(&mut state, Action::RunOrPause)).is_empty());
}

#[test]
fn every_picture_is_acknowledged() {
    let mut state = at_rest();
    let effects = told(&mut state, 0, picture(at(1), true));
    let shown = effects.iter().filter(|effect| {
        matches!(
            effect,
            Effect::Ask(Request {
                ask: Ask::Shown,
                ..
            })
        )
    });
    assert_eq!(shown.count(), 1);
}

#[test]
fn steps_wait_for_their_answer_and_add_up() {
    let mut state = at_rest();
    assert_eq!(asks(&reduce(&mut state, Action::Step(1))).len(), 1);
    for _ in 0..3 {
        assert!(asks(&reduce(&mut state, Action::Step(1))).is_empty());
    }
    let effects = answer(&mut state, at(1));
    let three = Command::Step {
        count: 3,
        machine: "pc".into(),
    };
    assert_eq!(asks(&effects), [Ask::Do(three)]);
    assert!(asks(&answer(&mut state, at(4))).is_empty());
}

#[test]
fn only_the_last_of_many_seeks_matters() {
    let mut state = at_rest();
    reduce(&mut state, Action::SeekTo(10));
    for moment in [20, 30, 40] {
        assert!(asks(&reduce(&mut state, Action::SeekTo(moment))).is_empty());
    }
    let effects = answer(&mut state, at(10));
    assert_eq!(asks(&effects), [Ask::Do(Command::Seek(40))]);
}

#[test]
fn changes_are_against_the_cpu_before_the_command() {
    let mut state = at_rest();
    let before = state.frame.scene.machines[0].cpu.clone();
    reduce(&mut state, Action::NextEvent);
    let mut frame = at(5);
    frame.scene.machines[0].cpu.registers[1].1 = 1;
    answer(&mut state, frame);
    assert_eq!(state.before[0], before);
    assert_ne!(state.frame.scene.machines[0].cpu, before);
}

#[test]
fn typing_goes_to_the_open_console_and_starts_the_machine() {
    let mut state = at_rest();
    let effects = reduce(&mut state, Action::Type("p".into()));
    let typed = Command::Type {
        console: "host".into(),
        text: "p".into(),
    };
    assert_eq!(
        asks(&effects),
        [
            Ask::Do(typed),
            Ask::Run(Pace::RealTime, EventFilter::default())
        ]
    );
    assert!(state.typed);
    // Running already: just the bytes.
    assert_eq!(asks(&reduce(&mut state, Action::Type("s".into()))).len(), 1);
}

#[test]
fn typing_while_paused_can_be_wanted() {
    let mut state = at_rest();
    reduce(&mut state, Action::TypePaused(true));
    let effects = reduce(&mut state, Action::Type("p".into()));
    assert_eq!(asks(&effects).len(), 1);
    assert!(!state.running);
}

#[test]
fn the_filter_is_what_the_list_hides() {
    let mut state = at_rest();
    assert_eq!(state.filter(), EventFilter::default());
    reduce(&mut state, Action::ToggleKind(HappeningKind::Device));
    assert_eq!(state.filter().kinds.len(), HappeningKind::ALL.len() - 1);
    assert!(!state.filter().kinds.contains(&HappeningKind::Device));
    reduce(&mut state, Action::Select(Some("pc/os/ct:web".into())));
    reduce(&mut state, Action::OnlySelected(true));
    assert_eq!(state.filter().path, "pc/os/ct:web");
    reduce(&mut state, Action::AllKinds);
    assert!(state.filter().kinds.is_empty());
}

#[test]
fn choosing_a_box_opens_what_belongs_to_it() {
    let mut state = at_rest();
    reduce(&mut state, Action::Select(Some("pc/os/p4".into())));
    assert_eq!(state.side, Side::Box);
    assert_eq!(state.console.as_deref(), Some("host"));
    reduce(&mut state, Action::Layer(BoxKind::Container));
    assert_eq!(state.selected.as_deref(), Some("pc/os/ct:web"));
    reduce(&mut state, Action::Layer(BoxKind::Container));
    assert_eq!(state.selected.as_deref(), Some("pc/os/ct:batch"));
}

#[test]
fn messages_stand_once_and_can_be_taken_away() {
    let mut state = at_rest();
    for _ in 0..3 {
        let mut frame = at(1);
        frame.messages.push(Message {
            severity: Severity::Warning,
            text: "The future is forgotten.".into(),
        });
        reduce(&mut state, Action::SeekTo(1));
        answer(&mut state, frame);
    }
    assert_eq!(state.notices.len(), 1);
    reduce(&mut state, Action::Dismiss(0));
    assert!(state.notices.is_empty());
    // A click on one that has just gone does no harm.
    reduce(&mut state, Action::Dismiss(7));
}

#[test]
fn a_step_is_spoken_once_and_running_is_silent() {
    let mut state = at_rest();
    reduce(&mut state, Action::NextEvent);
    let frame = at(5);
    let sentence = frame.happenings.last().expect("events").sentence.clone();
    answer(&mut state, frame);
    assert_eq!(state.spoken, sentence);
    reduce(&mut state, Action::RunOrPause);
    let number = state.turned;
    told(&mut state, number, picture(at(6), true));
    assert_eq!(state.spoken, "Running");
}

#[test]
fn rates_become_trends_of_bounded_length() {
    let mut state = at_rest();
    reduce(&mut state, Action::RunOrPause);
    for _ in 0..100 {
        let number = state.turned;
        told(&mut state, number, picture(at(6), true));
    }
    assert!(state.trends.values().all(|trend| trend.len() == TREND));
    reduce(&mut state, Action::Open("vms".into()));
    assert!(state.trends.is_empty());
}

#[test]
fn paths_are_compared_part_by_part() {
    assert!(at_or_below("pc/os/p7", "pc/os"));
    assert!(at_or_below("pc/os", "pc/os"));
    assert!(!at_or_below("pc/os2", "pc/os"));
    assert!(!at_or_below("pc", "pc/os"));
}

#[test]
fn a_failure_stops_everything_and_says_why() {
    let mut state = at_rest();
    reduce(&mut state, Action::RunOrPause);
    told(&mut state, 0, News::Failed("index out of bounds".into()));
    assert!(!state.running);
    told(&mut state, 0, News::Failed("unreachable".into()));
    assert_eq!(state.phase, Phase::Failed("index out of bounds".into()));
}
