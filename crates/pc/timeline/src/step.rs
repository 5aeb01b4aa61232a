//! Steps of single instructions, forwards and backwards.
//!
//! A step is one tick of a CPU that is awake: an instruction retired, or a fault delivered in
//! place of one. Awake, one tick is one moment, and a step is a seek. Asleep, the clock goes on
//! and nothing is counted, so a step leads over the whole sleep:
//!
//! ```text
//!   moment    7     8     9 …………………………… 500   501
//!   awake     7     8     8                8     9        (HLT retires at 8, an interrupt
//!            [HLT]  └──────── asleep ───────┘ [handler]    comes at 500)
//!   step      └─ +1 ─▶└──────── +1 ─────────────▶┘
//!             ┌◀ -1 ──────── -1 ──┐◀──── -1 ─────┘        back: to just before the last tick
//! ```

use probe::Moment;

use crate::{Replay, Timeline};

/// How far a step looks for the end of a sleep, in ticks: five seconds of the machine's time.
const HORIZON: Moment = 500_000_000;

impl<M: Replay> Timeline<M> {
    /// Steps one machine by `count` instructions, backwards if negative; the others keep pace.
    /// It stops early at the beginning, at the machine's end, and in a sleep that does not end
    /// within five seconds.
    ///
    /// # Panics
    /// If there is no machine of that number.
    pub fn step(&mut self, machine: usize, count: i64) {
        let steps = count.unsigned_abs();
        match count {
            1.. => {
                let awake = self.machine(machine).awake().saturating_add(steps);
                let until = self.now().saturating_add(steps).saturating_add(HORIZON);
                self.run_awake(machine, awake, until);
            }
            0 => {}
            _ => self.back(machine, steps),
        }
    }

    /// Runs until `machine` was awake for `awake` ticks. Returns whether it was.
    fn run_awake(&mut self, machine: usize, awake: u64, until: Moment) -> bool {
        self.lead(machine, until, &mut |leader, stop| {
            leader.run_awake(awake, stop, &mut ());
            leader.awake() >= awake
        })
    }

    /// To just before the tick that is `steps` back.
    fn back(&mut self, machine: usize, steps: u64) {
        let start = self.now();
        let awake = self.machine(machine).awake();
        if awake < steps {
            self.seek(0);
            return;
        }
        // Awake all the way, which is nearly always, ticks are moments.
        self.seek(start.saturating_sub(steps));
        if self.machine(machine).awake() == awake - steps {
            return;
        }
        // Else find a moment before that tick, run to just after it, and go back one moment.
        let tick = awake - steps + 1;
        let mut stride = steps.max(1000);
        while self.machine(machine).awake() >= tick {
            let earlier = self.now().saturating_sub(stride);
            self.seek(earlier);
            stride = stride.saturating_mul(4);
        }
        self.mark();
        self.run_awake(machine, tick, start);
        self.seek(self.now().saturating_sub(1));
    }
}
