//! The PC as a machine with a past.

use machine::{Input, Machine, Snapshot};
use probe::{Moment, Probe};

use crate::Replay;

impl Replay for Machine {
    type Snapshot = Snapshot;
    type Input = Input;

    fn clock(&self) -> Moment {
        Machine::clock(self)
    }
    fn retired(&self) -> u64 {
        Machine::retired(self)
    }
    fn ended(&self) -> bool {
        // A sleeper that no device will wake has ended too, unless a person types.
        Machine::ended(self).is_some() || (self.asleep() && self.next_deadline().is_none())
    }
    fn run<P: Probe>(&mut self, until: Moment, probe: &mut P) {
        Machine::run(self, probe, until);
    }
    fn snapshot(&mut self) -> Snapshot {
        Machine::snapshot(self)
    }
    fn restore(&mut self, snapshot: &Snapshot) {
        Machine::restore(self, snapshot);
    }
    fn input(&mut self, at: Moment, input: &Input) {
        Machine::input(self, at, input);
    }
    fn hash(&mut self) -> u128 {
        u128::from(Machine::hash(self))
    }
}
