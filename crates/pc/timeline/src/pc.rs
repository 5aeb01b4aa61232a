//! The PC as a machine with a past.

use machine::{Input, Machine, Snapshot};
use probe::{Moment, Probe};

use crate::{Replay, Timeline};

/// Bytes of a snapshot without its memory: CPU, TLBs, devices.
const SMALL_PARTS: usize = 64 << 10;

impl Replay for Machine {
    type Snapshot = Snapshot;
    type Input = Input;

    fn clock(&self) -> Moment {
        Machine::clock(self)
    }
    fn awake(&self) -> u64 {
        Machine::awake(self)
    }
    fn ended(&self) -> bool {
        Machine::ended(self).is_some() || self.sleeps_for_ever()
    }
    fn run<P: Probe>(&mut self, until: Moment, probe: &mut P) {
        Machine::run(self, probe, until);
    }
    fn run_awake<P: Probe>(&mut self, awake: u64, until: Moment, probe: &mut P) {
        self.run_while(probe, until, awake, &mut |_| true);
    }
    fn snapshot(&mut self) -> Snapshot {
        Machine::snapshot(self)
    }
    fn restore(&mut self, snapshot: &Snapshot) {
        Machine::restore(self, snapshot);
    }
    fn cost(snapshot: &Snapshot, other: &Snapshot) -> usize {
        SMALL_PARTS + snapshot.pages_beside(other) * machine::pages::PAGE
    }
    fn input(&mut self, at: Moment, input: &Input) {
        Machine::input(self, at, input);
    }
    fn hash(&mut self) -> u128 {
        u128::from(Machine::hash(self))
    }
}

impl Timeline<Machine> {
    /// Runs on until machine `index` has just said `text` on serial port `uart` (0 for COM1),
    /// but not beyond `until`. Only what it says from now on counts. Returns whether it did.
    ///
    /// # Panics
    /// If there is no machine or port of that number.
    pub fn run_until(&mut self, index: usize, uart: usize, text: &[u8], until: Moment) -> bool {
        let start = self.machine(index).console(uart).total();
        self.lead(index, until, &mut |machine, stop| {
            let mut said = machine.console(uart).total();
            let mut found = false;
            machine.run_while(&mut (), stop, u64::MAX, &mut |board| {
                let output = &board.devices.uarts[uart].output;
                let new = output.total() > said && output.total() >= start + text.len() as u64;
                said = output.total();
                found = new && output.ends_with(text);
                !found
            });
            found
        })
    }
}
