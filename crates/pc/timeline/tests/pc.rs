//! The same promise as `roads.rs`, kept by whole PCs: two of them side by side.

#[path = "../../machine/tests/guest/mod.rs"]
mod guest;

use machine::{Boot, Config, Input, Machine, Moment, Stopped};
use probe::Event;
use timeline::Timeline;

fn machine(rom: &[u8]) -> Machine {
    let config = Config {
        ram_mib: 2,
        firmware: None,
        boot: Boot::Rom(rom),
    };
    Machine::new(config).expect("a ROM of 64 KiB")
}

fn typed(text: &str) -> Input {
    Input::Serial {
        uart: 0,
        bytes: text.as_bytes().to_vec(),
    }
}

const END: Moment = 7_000_000;

/// One that sleeps and echoes, one that faults and single-steps.
fn pair() -> Timeline<Machine> {
    Timeline::new(vec![
        machine(&guest::busy_and_idle()),
        machine(&guest::forgetful()),
    ])
}

/// The pair with something typed on the way.
fn travelled() -> Timeline<Machine> {
    let mut timeline = pair();
    for (at, text) in [
        (300_000, "a"),
        (2_000_000, "bc"),
        (2_000_001, "d"),
        (5_555_555, "e"),
    ] {
        timeline.run_quietly(at);
        timeline.input(0, typed(text));
    }
    timeline.run_quietly(END);
    timeline
}

struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[test]
fn any_road_leads_to_the_same_pair() {
    let mut choices = Choices(5);
    let mut moments: Vec<Moment> = (0..25).map(|_| choices.below(END)).collect();
    moments.extend([
        0, 1, 300_000, 300_001, 2_000_000, 2_000_001, 2_000_002, 5_555_555, END,
    ]);
    moments.sort_unstable();
    // The straight road, without a single keyframe used.
    let mut straight = pair();
    straight.take_inputs(travelled().inputs().to_vec());
    let mut expected = Vec::new();
    for &at in &moments {
        straight.run_quietly(at);
        expected.push(straight.hash());
    }
    let mut timeline = travelled();
    assert!(timeline.keyframes() > 2);
    for _ in 0..40 {
        let index = choices.below(moments.len() as u64) as usize;
        let at = moments[index];
        match choices.below(4) {
            0 => timeline.step(choices.below(2) as usize, choices.below(50) as i64 - 25),
            1 => drop(timeline.back_event(0, &|_, event| matches!(event, Event::Wake))),
            2 => timeline.mark(),
            _ => {}
        }
        timeline.seek(at);
        assert_eq!(
            (timeline.now(), timeline.hash()),
            (at, expected[index]),
            "at {at}"
        );
    }
}

#[test]
fn running_until_something_is_said() {
    let mut timeline = pair();
    timeline.run_quietly(100_000);
    timeline.input(0, typed("hello"));
    assert!(timeline.run_until(0, 0, b"ell", END));
    assert_eq!(timeline.machine(0).console(0).text(), "hell");
    let just_said = timeline.now();
    timeline.seek(just_said - 1);
    assert_eq!(timeline.machine(0).console(0).text(), "hel");
    timeline.seek(just_said);
    assert!(
        !timeline.run_until(0, 0, b"ell", 4_000_000),
        "it was said before"
    );
    assert_eq!(timeline.now(), 4_000_000);
    timeline.input(0, typed("q"));
    assert!(!timeline.run_until(0, 0, b"never", END));
    assert_eq!(timeline.machine(0).ended(), Some(Stopped::Exited(35)));
    assert_eq!(
        timeline.now(),
        timeline.machine(0).clock(),
        "the leader's end"
    );
    timeline.run_quietly(END);
    // A single-step trap takes a tick of its own, so that a clock may jump over a moment.
    assert!(
        (END..=END + 1).contains(&timeline.machine(1).clock()),
        "the other goes on"
    );
    assert!(!timeline.ended());
}

#[test]
fn steps_and_events_of_a_pc() {
    let mut timeline = travelled();
    let is_halt = |machine: usize, event: &Event| machine == 0 && *event == Event::Halt;
    let halt = timeline
        .back_event(0, &is_halt)
        .expect("it sleeps all the time");
    assert_eq!(timeline.now(), halt.at + 1);
    assert!(timeline.machine(0).asleep());
    let (asleep, hash) = (timeline.now(), timeline.hash());
    timeline.step(0, 1);
    assert!(!timeline.machine(0).asleep());
    assert!(timeline.now() > asleep + 100, "over the sleep");
    let rip = timeline.machine(0).cpu().state().rip;
    assert!(
        (0x1000..0x1020).contains(&rip),
        "in the timer's handler: {rip:#x}"
    );
    timeline.step(0, -1);
    assert!(timeline.machine(0).asleep());
    timeline.step(0, -1);
    assert_eq!(timeline.now(), asleep - 1);
    timeline.step(0, 1);
    assert_eq!(timeline.hash(), hash);
    // Each step back from a busy machine is one tick.
    for _ in 0..300 {
        let now = timeline.now();
        timeline.step(1, -1);
        assert_eq!(timeline.now(), now - 1);
    }
    timeline.step(1, 300);
    assert_eq!((timeline.now(), timeline.hash()), (asleep, hash));
}
