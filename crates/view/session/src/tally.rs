//! [`Tally`]: counts events by family while a machine runs flat out.

use probe::{Event, Moment, Probe};
use scene::{HappeningKind, Rate};

use crate::tell;

const KINDS: usize = HappeningKind::ALL.len();

/// Counts of one machine, by family.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    hypervisor: bool,
    total: [u64; KINDS],
    window: [u64; KINDS],
    /// Length of the present window, in ticks.
    ticks: u64,
    /// What the last full window counted.
    last: [u64; KINDS],
    last_ticks: u64,
}

/// Rates are over at least this many ticks, so that they do not flicker.
const WINDOW: u64 = 10_000_000;

impl Tally {
    /// An empty tally of a machine with or without a hypervisor.
    pub fn new(hypervisor: bool) -> Self {
        Self {
            hypervisor,
            ..Self::default()
        }
    }

    /// The machine has run for `ticks` more.
    pub fn passed(&mut self, ticks: u64) {
        self.ticks += ticks;
        if self.ticks >= WINDOW {
            (self.last, self.last_ticks) = (self.window, self.ticks);
            (self.window, self.ticks) = ([0; KINDS], 0);
        }
    }

    /// The counts, one row a family that ever came.
    pub fn rates(&self, machine: &str) -> Vec<Rate> {
        let shown = if self.last_ticks > 0 {
            &self.last
        } else {
            &self.window
        };
        let window = if self.last_ticks > 0 {
            self.last_ticks
        } else {
            self.ticks
        };
        HappeningKind::ALL
            .iter()
            .enumerate()
            .filter(|&(n, _)| self.total[n] > 0)
            .map(|(n, &kind)| Rate {
                machine: machine.to_owned(),
                kind,
                count: shown[n],
                window,
                total: self.total[n],
            })
            .collect()
    }
}

impl Probe for Tally {
    fn event(&mut self, _at: Moment, make: impl FnOnce() -> Event) {
        if let Some(kind) = tell::kind(&make(), self.hypervisor) {
            self.total[kind as usize] += 1;
            self.window[kind as usize] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_families_is_the_order_of_the_enum() {
        for (n, kind) in HappeningKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, n);
        }
    }

    #[test]
    fn a_rate_is_of_the_last_full_window() {
        let mut tally = Tally::new(false);
        tally.event(0, || Event::Halt);
        tally.passed(WINDOW);
        tally.event(1, || Event::Halt);
        let rates = tally.rates("pc");
        assert_eq!(rates.len(), 1);
        assert_eq!(
            (rates[0].count, rates[0].window, rates[0].total),
            (1, WINDOW, 2)
        );
    }
}
