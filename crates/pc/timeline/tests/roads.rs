//! Any moment, reached by any road, is the same machine. Proven here on a toy that sleeps,
//! wakes, takes inputs and ends, so that only the timeline itself can be at fault; the whole
//! PC's promise is held by the repository's own tests.

use probe::{Event, Moment, Probe};
use timeline::{Replay, Timeline};

/// A machine whose state depends on every instruction and every input it ever saw.
#[derive(Clone, Debug, PartialEq)]
struct Toy {
    clock: Moment,
    awake: u64,
    state: u64,
    wake_at: Moment,
    end_at: u64,
}

impl Toy {
    fn new(seed: u64, end_at: u64) -> Self {
        Self {
            clock: 0,
            awake: 0,
            state: seed,
            wake_at: 0,
            end_at,
        }
    }
}

impl Replay for Toy {
    type Snapshot = Toy;
    type Input = u8;

    fn clock(&self) -> Moment {
        self.clock
    }
    fn awake(&self) -> u64 {
        self.awake
    }
    fn ended(&self) -> bool {
        self.awake >= self.end_at
    }
    fn run<P: Probe>(&mut self, until: Moment, probe: &mut P) {
        self.run_awake(u64::MAX, until, probe);
    }
    fn run_awake<P: Probe>(&mut self, awake: u64, until: Moment, probe: &mut P) {
        while self.clock < until && self.awake < awake && !self.ended() {
            if self.clock < self.wake_at {
                self.clock = until.min(self.wake_at);
                continue;
            }
            self.state = self
                .state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(self.clock);
            if self.state.is_multiple_of(1000) {
                probe.event(self.clock, || Event::Halt);
            }
            self.clock += 1;
            self.awake += 1;
            if self.state >> 50 == 7 {
                self.wake_at = self.clock + 700 + (self.state & 0x1ffff);
            }
        }
    }
    fn snapshot(&mut self) -> Toy {
        self.clone()
    }
    fn restore(&mut self, snapshot: &Toy) {
        self.clone_from(snapshot);
    }
    fn cost(_: &Toy, _: &Toy) -> usize {
        size_of::<Toy>()
    }
    fn input(&mut self, _: Moment, input: &u8) {
        self.state ^= u64::from(*input) << 13;
        self.wake_at = self.clock;
    }
    fn hash(&mut self) -> u128 {
        u128::from(self.state) << 64 | u128::from(self.clock << 20 ^ self.awake)
    }
}

fn pair() -> Timeline<Toy> {
    let mut timeline = Timeline::new(vec![Toy::new(1, u64::MAX), Toy::new(2, 100_000)]);
    for (at, machine, input) in [
        (500, 0, 1),
        (2_000_000, 1, 2),
        (2_000_000, 0, 3),
        (4_100_000, 0, 4),
    ] {
        timeline.run_quietly(at);
        assert_eq!(timeline.input(machine, input), None);
    }
    timeline.run_quietly(9_000_000);
    timeline
}

/// A small deterministic source of choices.
fn choices(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    }
}

#[test]
fn any_road_leads_to_the_same_machine() {
    let mut straight = pair();
    let edges = [
        0, 1, 499, 500, 501, 1_999_999, 2_000_000, 2_000_001, 4_100_000, 6_000_000,
    ];
    let mut choose = choices(42);
    let moments: Vec<Moment> = edges
        .into_iter()
        .chain((0..60).map(|_| choose(9_000_000)))
        .collect();
    let mut expected = std::collections::BTreeMap::new();
    let mut sorted = moments.clone();
    sorted.sort_unstable();
    straight.seek(0);
    for at in sorted {
        straight.run_quietly(at);
        expected.insert(at, straight.hash());
    }
    let mut other = pair();
    for &at in &moments {
        other.seek(at);
        if choose(3) == 0 {
            other.mark();
        }
        assert_eq!(
            (other.now(), other.hash()),
            (at, expected[&at]),
            "by seek to {at}"
        );
        let detour = at.saturating_sub(choose(3000)) + choose(1500);
        other.seek(detour);
        other.seek(at);
        assert_eq!(other.hash(), expected[&at], "by a detour over {detour}");
    }
}

#[test]
fn a_step_back_undoes_a_step() {
    let mut timeline = pair();
    let mut choose = choices(7);
    for _ in 0..60 {
        timeline.seek(choose(8_000_000));
        let awake = timeline.machine(0).awake();
        timeline.step(0, 1);
        assert_eq!(timeline.machine(0).awake(), awake + 1);
        timeline.step(0, -1);
        let after = timeline.hash();
        assert_eq!(timeline.machine(0).awake(), awake);
        timeline.step(0, 1);
        timeline.step(0, -1);
        assert_eq!(
            timeline.hash(),
            after,
            "where a step back leads does not depend on the road"
        );
        timeline.step(0, 5);
        timeline.step(0, -5);
        assert_eq!(timeline.machine(0).awake(), awake);
    }
    timeline.seek(0);
    timeline.step(0, -1);
    assert_eq!(timeline.now(), 0);
}

#[test]
fn typing_in_the_past_forgets_the_future_and_says_so() {
    let mut timeline = pair();
    timeline.seek(3_000_000);
    let before = timeline.hash();
    assert_eq!(timeline.input(0, 9), Some(9_000_000));
    assert_eq!((timeline.now(), timeline.head()), (3_000_000, 3_000_000));
    assert_eq!(timeline.hash(), before, "it comes in when time goes on");
    timeline.run_quietly(5_000_000);
    let branch = timeline.hash();
    timeline.seek(10);
    timeline.seek(5_000_000);
    assert_eq!(
        timeline.hash(),
        branch,
        "the new future is the one that is kept"
    );
    assert_eq!(
        timeline.inputs().len(),
        4,
        "the input at 4,100,000 is forgotten"
    );
}

#[test]
fn a_machine_that_ended_waits_while_the_other_goes_on() {
    let timeline = pair();
    assert!(timeline.machine(1).ended() && !timeline.ended());
    assert!(timeline.machine(1).clock() < timeline.now());
    assert_eq!(timeline.machine(0).clock(), timeline.now());
}

#[test]
fn several_inputs_of_one_moment_come_in_in_order() {
    let mut timeline = pair();
    timeline.seek(9_000_000);
    assert_eq!(timeline.input(0, 1), None);
    assert_eq!(timeline.input(0, 2), None);
    timeline.run(1000);
    let hash = timeline.hash();
    timeline.seek(9_000_000);
    assert_eq!(timeline.inputs().len(), 6);
    timeline.run(1000);
    assert_eq!(timeline.hash(), hash);
    timeline.seek(9_000_000);
    assert_eq!(
        timeline.input(0, 3),
        Some(9_001_000),
        "both lie in the future that is forgotten"
    );
    assert_eq!(timeline.inputs().len(), 5);
}

#[test]
fn inputs_are_the_whole_story() {
    let mut told = pair();
    let mut heard = Timeline::new(vec![Toy::new(1, u64::MAX), Toy::new(2, 100_000)]);
    heard.take_inputs(told.inputs().to_vec());
    assert_eq!(heard.head(), 4_100_000);
    for at in [4_100_000, 9_000_000, 2_000_001] {
        told.seek(at);
        heard.seek(at);
        assert_eq!(told.hash(), heard.hash());
    }
}

#[test]
fn events_are_found_forwards_and_backwards() {
    let mut timeline = pair();
    let hash = timeline.hash();
    let all = timeline.events(0, 9_000_000, usize::MAX, &|_, _| true);
    assert_eq!(
        (timeline.now(), timeline.hash()),
        (9_000_000, hash),
        "it comes back"
    );
    assert!(all.len() > 100 && all.is_sorted_by_key(|heard| heard.at));
    assert_eq!(timeline.events(0, 9_000_000, 7, &|_, _| true), all[..7]);
    let of_one = |machine: usize, _: &Event| machine == 1;
    let expected: Vec<_> = all
        .iter()
        .filter(|heard| heard.machine == 1)
        .copied()
        .collect();
    timeline.seek(0);
    let mut forwards = Vec::new();
    while let Some(heard) = timeline.step_event(9_000_000, &of_one) {
        assert_eq!(timeline.now(), heard.at + 1);
        forwards.push(heard);
    }
    assert_eq!(forwards, expected);
    assert_eq!(timeline.now(), 9_000_000);
    let mut backwards = Vec::new();
    while let Some(heard) = timeline.back_event(0, &of_one) {
        assert_eq!(timeline.now(), heard.at + 1);
        backwards.push(heard);
    }
    backwards.reverse();
    assert_eq!(backwards, expected);
    assert_eq!(
        timeline.now(),
        expected[0].at + 1,
        "with nothing before it, it stays"
    );
}

#[test]
fn a_step_over_a_sleep_and_back() {
    let mut timeline = pair();
    let asleep = |timeline: &Timeline<Toy>| {
        let toy = timeline.machine(0);
        toy.clock < toy.wake_at
    };
    timeline.seek(0);
    while !asleep(&timeline) {
        timeline.step(0, 1);
    }
    let fell_asleep = timeline.now();
    let wakes = timeline.machine(0).wake_at;
    timeline.step(0, 1);
    assert_eq!(timeline.now(), wakes + 1);
    timeline.step(0, -1);
    assert_eq!(timeline.now(), wakes);
    timeline.step(0, -1);
    assert_eq!(timeline.now(), fell_asleep - 1);
    timeline.seek(wakes - 10);
    timeline.step(0, -1);
    assert_eq!(timeline.now(), fell_asleep - 1);
    timeline.seek(wakes + 5);
    timeline.step(0, -7);
    assert_eq!(timeline.now(), fell_asleep - 2);
}
