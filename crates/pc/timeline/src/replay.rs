//! [`Replay`]: what a machine must be able to do to have a past.

use probe::{Moment, Probe};

/// A deterministic machine.
///
/// The promise behind every method: state is a function of the start and of the inputs with
/// the moments at which they came, and of nothing else.
pub trait Replay {
    /// A whole state, cheap to keep.
    type Snapshot;
    /// Something from outside: a key, a serial byte.
    type Input: Clone;

    /// The machine's clock.
    fn clock(&self) -> Moment;
    /// Ticks of the clock at which it was awake: what a step counts.
    fn awake(&self) -> u64;
    /// Whether it will never do anything again, unless there is an input.
    fn ended(&self) -> bool;
    /// Runs until the clock is `until` or, if it jumps over that, the first moment after it;
    /// or until the machine ends. What belongs to the instruction after stays undone.
    fn run<P: Probe>(&mut self, until: Moment, probe: &mut P);
    /// The same, but stops as soon as it was awake for `awake` ticks.
    fn run_awake<P: Probe>(&mut self, awake: u64, until: Moment, probe: &mut P);
    /// The state now.
    fn snapshot(&mut self) -> Self::Snapshot;
    /// Back (or on) to a state.
    fn restore(&mut self, snapshot: &Self::Snapshot);
    /// Bytes that it costs to keep `snapshot` beside `other`.
    fn cost(snapshot: &Self::Snapshot, other: &Self::Snapshot) -> usize;
    /// Takes an input at moment `at`: now, or later than its clock if it slept for ever.
    fn input(&mut self, at: Moment, input: &Self::Input);
    /// A hash over the whole state.
    fn hash(&mut self) -> u128;
}
