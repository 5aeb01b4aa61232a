//! [`Shares`]: CPU shares, as differences of counters between two looks.
//!
//! Each layer's own count is compared with its parent layer's time: the hypervisor's count of
//! a VM's ticks with the PC's clock, a kernel's count of a task's ticks with the time that
//! this kernel has seen pass. Nothing is estimated; before a second look there is no share.

use std::collections::BTreeMap;

/// The counters of the last window's begin, by path.
#[derive(Clone, Default, Debug)]
pub struct Shares {
    /// Moment and counters at the begin of the present window.
    begin: BTreeMap<String, (u64, u64)>,
    /// What the last full window gave.
    last: BTreeMap<String, u32>,
}

/// A window is at least this long, in ticks: shorter ones only show the time slice.
const WINDOW: u64 = 10_000_000;

impl Shares {
    /// Per mille that `counter` grew of what `clock` grew over the last window. Both must be
    /// of one layer's making. `None` until a window has passed.
    pub fn of(&mut self, path: &str, clock: u64, counter: u64) -> Option<u32> {
        let begin = self
            .begin
            .entry(path.to_owned())
            .or_insert((clock, counter));
        if clock < begin.0 || counter < begin.1 {
            // Time went back: begin again.
            *begin = (clock, counter);
            self.last.remove(path);
        } else if clock - begin.0 >= WINDOW {
            let share = (counter - begin.1) * 1000 / (clock - begin.0);
            *begin = (clock, counter);
            self.last.insert(path.to_owned(), share.min(1000) as u32);
        }
        self.last.get(path).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_difference_of_counters() {
        let mut shares = Shares::default();
        assert_eq!(shares.of("a", 0, 0), None);
        assert_eq!(shares.of("a", WINDOW / 2, WINDOW / 4), None);
        assert_eq!(shares.of("a", WINDOW, WINDOW / 4), Some(250));
        assert_eq!(shares.of("a", WINDOW + 1, WINDOW / 4), Some(250));
        assert_eq!(shares.of("a", 2 * WINDOW, WINDOW / 4), Some(0));
        assert_eq!(shares.of("a", 5, 0), None, "going back begins anew");
    }
}
