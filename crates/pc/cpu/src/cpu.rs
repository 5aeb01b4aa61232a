//! [`Cpu`]: the state, what is derived from it, and the door.

use crate::{Bus, Stop, state::State};
use probe::{Mode, Moment, Probe};
use serde::{Deserialize, Serialize};

/// One x86-64 CPU.
pub struct Cpu {
    /// The only clock: instructions retired, plus one for each fault delivered (it takes the
    /// place of the instruction that did not complete), plus the time slept in HLT.
    pub clock: Moment,
    /// Instructions retired since reset; each iteration of a REP counts.
    pub retired: u64,
    pub(crate) state: State,
}

/// A CPU put aside: everything that running it further depends on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Saved {
    clock: Moment,
    retired: u64,
    state: State,
}

impl Default for Cpu {
    fn default() -> Self {
        Self::new()
    }
}

impl Cpu {
    /// A CPU that has just come out of RESET.
    pub fn new() -> Self {
        Self {
            clock: 0,
            retired: 0,
            state: State::default(),
        }
    }
    /// Executes until the clock reaches `until` or the board must look: see [`Stop`].
    pub fn run(&mut self, _bus: &mut impl Bus, _probe: &mut impl Probe, _until: Moment) -> Stop {
        Stop::Shutdown
    }
    /// Moves the clock of a halted CPU; a clock that is already past `moment` stays.
    pub fn sleep_until(&mut self, moment: Moment) {
        self.clock = self.clock.max(moment);
    }
    /// The architectural state. Valid whenever [`run`](Cpu::run) is not on the stack.
    pub fn state(&self) -> &State {
        &self.state
    }
    /// The same, to change: loaders set registers with it.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }
    /// A copy of everything that running further depends on.
    pub fn save(&self) -> Saved {
        Saved {
            clock: self.clock,
            retired: self.retired,
            state: self.state.clone(),
        }
    }
    /// Back to a saved state. If memory changed as well, call [`forget_code`](Cpu::forget_code).
    pub fn restore(&mut self, saved: &Saved) {
        self.clock = saved.clock;
        self.retired = saved.retired;
        self.state.clone_from(&saved.state);
    }
    /// The next store to each page calls [`Bus::touch`] again. Translations are kept.
    pub fn forget_writable(&mut self) {}
    /// Drops all decoded blocks: memory changed behind the CPU's back.
    pub fn forget_code(&mut self) {}
    /// Somebody else (DMA, a loader) wrote the page at this offset of [`Bus::memory`].
    pub fn memory_changed(&mut self, _offset: usize) {}
    /// The operating mode.
    pub fn mode(&self) -> Mode {
        Mode::Real
    }
    /// The current privilege level, 0..=3.
    pub fn cpl(&self) -> u8 {
        self.state.cpl
    }
    /// Where `va` leads, without touching TLB, accessed bits or faults.
    pub fn translate_for_debug(&self, _bus: &impl Bus, _va: u64) -> Option<u64> {
        None
    }
}
