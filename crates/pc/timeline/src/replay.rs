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
    /// Instructions retired: what an instruction step counts. It stands still while the
    /// machine sleeps and the clock goes on.
    fn retired(&self) -> u64;
    /// Whether it will never do anything again.
    fn ended(&self) -> bool;
    /// Runs until the clock is exactly `until`, or the machine ends before.
    fn run<P: Probe>(&mut self, until: Moment, probe: &mut P);
    /// The state now.
    fn snapshot(&mut self) -> Self::Snapshot;
    /// Back (or on) to a state.
    fn restore(&mut self, snapshot: &Self::Snapshot);
    /// Takes an input at moment `at`: now, or later than its clock if it slept for ever.
    fn input(&mut self, at: Moment, input: &Self::Input);
    /// A hash over the whole state.
    fn hash(&mut self) -> u128;
}
