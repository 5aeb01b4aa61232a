//! Steps of single instructions, forwards and backwards.
//!
//! While a machine is awake one instruction is one tick, and a step is a seek. Asleep, the
//! clock goes on but nothing retires; a step then goes over the whole sleep, which is found by
//! halving: the count of retired instructions only grows.

use probe::Moment;

use crate::{Replay, Timeline};

/// How far a step looks for the end of a sleep, in ticks: five seconds of the machine's time.
const HORIZON: Moment = 500_000_000;
/// How far it looks at once.
const STRIDE: Moment = 50_000;

impl<M: Replay> Timeline<M> {
    /// Steps one machine by `count` instructions, backwards if negative; the others keep pace.
    /// It stops early at the beginning, at the machine's end, and in a sleep that does not end
    /// within five seconds.
    ///
    /// # Panics
    /// If there is no machine of that number.
    pub fn step(&mut self, machine: usize, count: i64) {
        let before = self.machine(machine).retired();
        let target = before.saturating_add_signed(count);
        // Awake all the way, which is nearly always, ticks are instructions.
        self.seek_or_stay(self.now().saturating_add_signed(count));
        while self.machine(machine).retired() < target {
            if !self.forward(machine) {
                return;
            }
        }
        while self.machine(machine).retired() > target {
            if !self.backward(machine) {
                return;
            }
        }
        // Backwards out of a sleep: to where the last instruction had just not retired.
        if count < 0 && self.machine(machine).retired() == before {
            self.backward(machine);
        }
    }

    fn seek_or_stay(&mut self, to: Moment) {
        if to != self.now() {
            self.seek(to);
        }
    }

    /// To just after the next instruction. False if there is none.
    fn forward(&mut self, machine: usize) -> bool {
        let retired = self.machine(machine).retired();
        let start = self.now();
        let (mut low, mut high) = (start, start + 1);
        self.seek(high);
        if self.machine(machine).retired() > retired {
            return true;
        }
        while self.machine(machine).retired() == retired {
            if self.machine(machine).ended() || high - start > HORIZON {
                return false;
            }
            low = high;
            high += STRIDE;
            self.mark();
            self.seek(high);
        }
        self.first(machine, retired + 1, low, high);
        true
    }

    /// To just before the last instruction that retired. False if there is none.
    fn backward(&mut self, machine: usize) -> bool {
        let retired = self.machine(machine).retired();
        if retired == 0 || self.now() == 0 {
            return false;
        }
        let mut high = self.now();
        let mut low = high - 1;
        self.seek(low);
        while self.machine(machine).retired() == retired && low > 0 {
            high = low;
            low = low.saturating_sub(STRIDE);
            self.seek(low);
        }
        if high - low > 1 {
            self.mark();
            self.first(machine, retired, low, high);
            let first = self.now();
            self.seek(first - 1);
        }
        true
    }

    /// Goes to the first moment in `low + 1..=high` at which `count` instructions have retired.
    fn first(&mut self, machine: usize, count: u64, mut low: Moment, mut high: Moment) {
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            self.seek(middle);
            if self.machine(machine).retired() >= count {
                high = middle;
            } else {
                low = middle;
            }
        }
        self.seek(high);
    }
}
