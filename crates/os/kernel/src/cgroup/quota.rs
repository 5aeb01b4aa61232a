//! The arithmetic of cpu.max: a quota of time for every period.
//!
//! ```text
//!  period  |---------------|---------------|---------------|
//!  runs    ████            ████            ██              |
//!              throttled       throttled      (wanted no more)
//! ```
//!
//! Whoever overruns its quota before the timer notices starts the next period in debt, so
//! that the average holds although the timer is coarse.

/// What is left at the beginning of a period, and after `used` ticks of it. Kept as a signed
/// number in the object's unsigned field (two's complement).
pub fn spend(left: u64, used: u64) -> u64 {
    (left as i64).wrapping_sub(used as i64) as u64
}

/// Whether the quota is used up.
pub fn is_exhausted(left: u64) -> bool {
    left as i64 <= 0
}

/// What is left when a period begins: the quota, minus the debt of the last one. Time that was
/// not used is not saved up.
pub fn refill(left: u64, quota: u64) -> u64 {
    let debt = (left as i64).min(0);
    (quota as i64).saturating_add(debt) as u64
}

/// How many periods began up to `now` if one was due at `due`, and when the next is due.
pub fn periods(now: u64, due: u64, period: u64) -> (u64, u64) {
    if now < due {
        return (0, due);
    }
    let began = (now - due) / period + 1;
    (began, due + began * period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debts_are_carried() {
        let left = spend(20, 30);
        assert!(is_exhausted(left));
        assert_eq!(left as i64, -10);
        assert_eq!(refill(left, 20), 10);
        assert!(!is_exhausted(spend(20, 19)));
        assert!(is_exhausted(spend(20, 20)));
        assert_eq!(refill(15, 20), 20);
        assert!(is_exhausted(refill((-30i64) as u64, 20)));
    }

    #[test]
    fn periods_keep_their_beat() {
        assert_eq!(periods(99, 100, 50), (0, 100));
        assert_eq!(periods(100, 100, 50), (1, 150));
        assert_eq!(periods(149, 100, 50), (1, 150));
        assert_eq!(periods(260, 100, 50), (4, 300));
    }

    /// A group that always wants to run, looked at every 10 ms, with 20 ms in 100: the average
    /// is 20 %.
    #[test]
    fn the_average_holds() {
        let (quota, period, step) = (20, 100, 15);
        let (mut left, mut due, mut ran) = (quota, period, 0);
        for now in (0..30_000).step_by(step) {
            let (began, next) = periods(now as u64, due, period);
            if began > 0 {
                left = refill(left, quota);
                due = next;
            }
            if !is_exhausted(left) {
                left = spend(left, step as u64);
                ran += step;
            }
        }
        assert!((5_900..=6_100).contains(&ran), "{ran}");
    }
}
