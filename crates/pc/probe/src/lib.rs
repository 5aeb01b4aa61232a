//! The closed vocabulary of hardware events, and the trait that hears them.
//!
//! The CPU and the board say what happens by [`Probe::event`]; who listens is a type
//! parameter, and with `()` the whole of it compiles away. An [`Event`] is one fact, `Copy`,
//! at one [`Moment`]. Events are a query, not a log: to study a stretch of time, restore the
//! snapshot before it and run that stretch again with a listening probe.

#![forbid(unsafe_code)]

mod event;

pub use event::{Event, Flush, Mode, Origin};

/// The only clock: instructions retired since reset, plus the time that the CPU slept in HLT.
pub type Moment = u64;

/// Hears events. `make` is called only by a probe that wants the event, so a quiet run never
/// builds one.
pub trait Probe {
    /// Something happened at `at`: the moment before the instruction that caused it retires.
    #[inline(always)]
    fn event(&mut self, _at: Moment, _make: impl FnOnce() -> Event) {}

    /// Whether [`Event::Retire`] and [`Event::Access`] are wanted: one or more an instruction,
    /// so the CPU asks before it takes the slow road.
    const EVERY_INSTRUCTION: bool = false;
}

/// Nobody listens.
impl Probe for () {}

/// Collects every event but the ones that come with each instruction.
#[derive(Debug, Default)]
pub struct Recorder {
    /// What was heard, in order.
    pub events: Vec<(Moment, Event)>,
}

impl Probe for Recorder {
    fn event(&mut self, at: Moment, make: impl FnOnce() -> Event) {
        self.events.push((at, make()));
    }
}

/// Collects everything, each instruction and each access included.
#[derive(Debug, Default)]
pub struct Tracer {
    /// What was heard, in order.
    pub events: Vec<(Moment, Event)>,
}

impl Probe for Tracer {
    const EVERY_INSTRUCTION: bool = true;
    fn event(&mut self, at: Moment, make: impl FnOnce() -> Event) {
        self.events.push((at, make()));
    }
}
