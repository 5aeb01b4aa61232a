//! [`Timeline`]: the only owner of running machines.

use probe::{Moment, Probe};
use xxhash_rust::xxh3::xxh3_128;

use crate::{Keyframes, Replay};

/// An input, with when and to which machine it came.
#[derive(Clone, Debug)]
struct Recorded<I> {
    at: Moment,
    machine: usize,
    input: I,
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

impl<M: Replay> Timeline<M> {
    /// Machines at their beginning, all with the same clock.
    pub fn new(mut machines: Vec<M>) -> Self {
        let now = machines.first().map_or(0, Replay::clock);
        let first = machines.iter_mut().map(Replay::snapshot).collect();
        let keyframes = Keyframes::new(now, first);
        Self {
            machines,
            now,
            head: now,
            keyframes,
            inputs: Vec::new(),
        }
    }

    /// The moment that the machines are at. A machine that ended stands where it ended.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// The furthest moment reached, in the future that the inputs so far make.
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

    /// Whether every machine has ended for ever (no machines: yes).
    pub fn ended(&self) -> bool {
        self.machines.iter().all(Replay::ended)
    }

    /// How many keyframes are kept.
    pub fn keyframes(&self) -> usize {
        self.keyframes.len()
    }

    /// A hash over the whole state of all machines.
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
            let input = self
                .inputs
                .iter()
                .map(|recorded| recorded.at)
                .find(|&at| at > self.now);
            let stop = until.min(self.keyframes.due().max(self.now + 1));
            let stop = stop.min(input.unwrap_or(until));
            for (machine, probe) in self.machines.iter_mut().zip(&mut *probes) {
                machine.run(stop, probe);
            }
            self.now = stop;
            self.head = self.head.max(stop);
            // Keyframes come before the inputs of their own moment, so that a restored one is
            // not given them twice.
            if stop >= self.keyframes.due() {
                let snapshots = self.snapshots();
                self.keyframes.push(stop, snapshots);
            }
            self.apply_inputs();
        }
    }

    /// Runs on to `until` with nobody listening.
    pub fn run_quietly(&mut self, until: Moment) {
        let mut probes = vec![(); self.machines.len()];
        self.run_to(until, &mut probes);
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
            self.apply_inputs();
        }
        self.run_quietly(to);
    }

    /// Puts a passing keyframe at now: for one who will come back here several times.
    pub fn mark(&mut self) {
        // With inputs of this very moment already taken, the state is no keyframe.
        let taken = self.inputs.iter().any(|recorded| recorded.at == self.now);
        if !taken && !self.keyframes.has(self.now) {
            let snapshots = self.snapshots();
            self.keyframes.mark(self.now, snapshots);
        }
    }

    /// An input to one machine, now. If now lies before the head, the future that was is
    /// forgotten; its end is returned, to be told.
    ///
    /// # Panics
    /// If there is no machine of that number.
    pub fn input(&mut self, machine: usize, input: M::Input) -> Option<Moment> {
        let forgotten = (self.head > self.now).then_some(self.head);
        self.keyframes.forget_after(self.now);
        self.inputs.retain(|recorded| recorded.at <= self.now);
        self.head = self.now;
        self.machines[machine].input(self.now, &input);
        self.inputs.push(Recorded {
            at: self.now,
            machine,
            input,
        });
        forgotten
    }

    /// The inputs so far: when, which machine, what.
    pub fn inputs(&self) -> impl Iterator<Item = (Moment, usize, &M::Input)> {
        self.inputs
            .iter()
            .map(|recorded| (recorded.at, recorded.machine, &recorded.input))
    }

    fn snapshots(&mut self) -> Vec<M::Snapshot> {
        self.machines.iter_mut().map(Replay::snapshot).collect()
    }

    fn apply_inputs(&mut self) {
        let now = self.now;
        for recorded in self.inputs.iter().filter(|recorded| recorded.at == now) {
            self.machines[recorded.machine].input(now, &recorded.input);
        }
    }
}
