//! [`Timeline`]: the only owner of running machines.

use probe::{Moment, Probe};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::keyframes::SPACING;
use crate::{Keyframes, Replay};

/// An input, with when and to which machine it came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recorded<I> {
    /// When.
    pub at: Moment,
    /// To which machine.
    pub machine: usize,
    /// What.
    pub input: I,
}

/// Machines at one common moment, with their past.
pub struct Timeline<M: Replay> {
    machines: Vec<M>,
    now: Moment,
    head: Moment,
    keyframes: Keyframes<M::Snapshot>,
    /// In order of `at`.
    inputs: Vec<Recorded<M::Input>>,
}

/// A seek over more than this leaves marks on its way: who seeks once will seek again nearby.
const FAR: Moment = 100_000;

impl<M: Replay> Timeline<M> {
    /// Machines at their beginning, all with the same clock.
    pub fn new(mut machines: Vec<M>) -> Self {
        let now = machines.first().map_or(0, Replay::clock);
        let first = machines.iter_mut().map(Replay::snapshot).collect();
        let keyframes = Keyframes::new(now, first, M::cost);
        Self {
            machines,
            now,
            head: now,
            keyframes,
            inputs: Vec::new(),
        }
    }

    /// The moment that the machines are at: the state of each in which its clock shows `now`
    /// (or, if its clock jumped over it, the first moment after), and nothing later has
    /// happened. Inputs of this very moment have not come in yet. A machine that ended stands
    /// where it ended.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// The furthest moment known, in the future that the inputs so far make.
    pub fn head(&self) -> Moment {
        self.head
    }

    /// The machines.
    pub fn machines(&self) -> &[M] {
        &self.machines
    }

    /// One machine.
    ///
    /// # Panics
    /// If there is no machine of that number.
    pub fn machine(&self, index: usize) -> &M {
        &self.machines[index]
    }

    /// Whether nothing will ever happen again, to any machine (no machines: yes).
    pub fn ended(&self) -> bool {
        self.machines.iter().all(Replay::ended) && self.next_input().is_none()
    }

    /// How many keyframes are kept.
    pub fn keyframes(&self) -> usize {
        self.keyframes.len()
    }

    /// Bytes that the keyframes take.
    pub fn keyframe_bytes(&self) -> usize {
        self.keyframes.bytes()
    }

    /// How many bytes the keyframes may take. Less means longer seeks.
    pub fn limit_keyframes(&mut self, bytes: usize) {
        self.keyframes.set_budget(bytes);
    }

    /// A hash over the whole state of all machines. A moment has one, whatever road led there.
    pub fn hash(&mut self) -> u128 {
        let hashes: Vec<u8> = self
            .machines
            .iter_mut()
            .flat_map(|machine| machine.hash().to_le_bytes())
            .collect();
        xxh3_128(&hashes)
    }

    /// Runs on to `until`; each machine is heard by its own probe. Does nothing if `until` is
    /// not after now. Recorded inputs come in at their moments, as they did the first time.
    ///
    /// # Panics
    /// If there are fewer probes than machines.
    pub fn run_to<P: Probe>(&mut self, until: Moment, probes: &mut [P]) {
        while self.now < until && !self.machines.is_empty() {
            let stop = self.set_out(until);
            for (machine, probe) in self.machines.iter_mut().zip(&mut *probes) {
                machine.run(stop, probe);
            }
            self.arrive(stop);
        }
    }

    /// Runs on to `until` with nobody listening.
    pub fn run_quietly(&mut self, until: Moment) {
        let mut probes = vec![(); self.machines.len()];
        self.run_to(until, &mut probes);
    }

    /// Runs on for `budget` moments. Returns whether anything can happen after them.
    pub fn run(&mut self, budget: Moment) -> bool {
        self.run_quietly(self.now.saturating_add(budget));
        !self.ended()
    }

    /// Runs on, machine `index` leading: `run` takes it to the given moment at most, and says
    /// whether it found there what it was looking for. The others follow to where it is.
    /// Returns whether that was before `until` and before the leader's end.
    pub(crate) fn lead(
        &mut self,
        index: usize,
        until: Moment,
        run: &mut dyn FnMut(&mut M, Moment) -> bool,
    ) -> bool {
        while self.now < until {
            let stop = self.set_out(until);
            let leader = &mut self.machines[index];
            let found = run(leader, stop);
            let (clock, ended) = (leader.clock(), leader.ended());
            // A leader that has ended stands still, and so do all, unless an input may come.
            let here = match found || (ended && !self.is_awaited()) {
                true => clock.clamp(self.now, stop),
                false => stop,
            };
            for machine in &mut self.machines {
                machine.run(here, &mut ());
            }
            self.arrive(here);
            if found || here < stop {
                return found;
            }
        }
        false
    }

    /// Inputs of now come in. Returns how far the machines may run before somebody looks.
    fn set_out(&mut self, until: Moment) -> Moment {
        let now = self.now;
        for recorded in self.inputs.iter().filter(|recorded| recorded.at == now) {
            self.machines[recorded.machine].input(now, &recorded.input);
        }
        let input = self
            .inputs
            .iter()
            .map(|recorded| recorded.at)
            .find(|&at| at > now);
        until
            .min(input.unwrap_or(until))
            .min(now.saturating_add(SPACING))
    }

    /// All machines are at `here`.
    fn arrive(&mut self, here: Moment) {
        self.now = here;
        self.head = self.head.max(here);
        let awake: u64 = self.machines.iter().map(Replay::awake).sum();
        // A clock that goes on in its sleep is a little work too: timers are set again.
        let work = awake + here / 64;
        if self.keyframes.is_due(here, work) {
            let snapshots = self.snapshots();
            self.keyframes.push(here, work, snapshots);
        }
    }

    /// Goes to any moment, back or forth: to the nearest keyframe before it, and on from there.
    pub fn seek(&mut self, to: Moment) {
        let Some((at, snapshots)) = self.keyframes.before(to) else {
            return;
        };
        if to < self.now || at > self.now {
            for (machine, snapshot) in self.machines.iter_mut().zip(snapshots) {
                machine.restore(snapshot);
            }
            self.now = at;
            while to - self.now > FAR {
                self.run_quietly(self.now + (to - self.now) / 2);
                self.mark();
            }
        }
        self.run_quietly(to);
    }

    /// Puts a passing keyframe at now: for one who will come back here several times.
    pub fn mark(&mut self) {
        if !self.keyframes.has(self.now) {
            let snapshots = self.snapshots();
            self.keyframes.mark(self.now, snapshots);
        }
    }

    /// An input to one machine, now: it comes in when time goes on. If now lies before the
    /// head, the future that was is forgotten, inputs of this very moment included; its end
    /// is returned, to be told.
    ///
    /// # Panics
    /// If there is no machine of that number.
    pub fn input(&mut self, machine: usize, input: M::Input) -> Option<Moment> {
        assert!(
            machine < self.machines.len(),
            "there is no machine {machine}"
        );
        let forgotten = (self.head > self.now).then_some(self.head);
        if forgotten.is_some() {
            self.keyframes.forget_after(self.now);
            self.inputs.retain(|recorded| recorded.at < self.now);
            self.head = self.now;
        }
        self.inputs.push(Recorded {
            at: self.now,
            machine,
            input,
        });
        forgotten
    }

    /// The inputs so far, in order. With the machines' beginning they are the whole story.
    pub fn inputs(&self) -> &[Recorded<M::Input>] {
        &self.inputs
    }

    /// Takes over inputs that were recorded elsewhere, all after now; the head moves to the
    /// last of them. What lies after now here is forgotten.
    ///
    /// # Panics
    /// If an input is for a machine that does not exist.
    pub fn take_inputs(&mut self, inputs: impl IntoIterator<Item = Recorded<M::Input>>) {
        self.keyframes.forget_after(self.now);
        self.inputs.retain(|recorded| recorded.at < self.now);
        let count = self.machines.len();
        self.inputs.extend(
            inputs
                .into_iter()
                .filter(|recorded| recorded.at >= self.now),
        );
        let known = self.inputs.iter().all(|recorded| recorded.machine < count);
        assert!(known, "an input for a machine that does not exist");
        self.inputs.sort_by_key(|recorded| recorded.at);
        self.head = self
            .inputs
            .last()
            .map_or(self.now, |last| last.at.max(self.now));
    }

    /// When the next input comes in, from now on.
    fn next_input(&self) -> Option<Moment> {
        self.inputs
            .iter()
            .map(|recorded| recorded.at)
            .find(|&at| at >= self.now)
    }

    /// Whether an input comes in after now.
    fn is_awaited(&self) -> bool {
        self.inputs.last().is_some_and(|last| last.at > self.now)
    }

    fn snapshots(&mut self) -> Vec<M::Snapshot> {
        self.machines.iter_mut().map(Replay::snapshot).collect()
    }
}
