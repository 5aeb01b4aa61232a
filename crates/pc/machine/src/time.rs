//! How the PC's fixed frequencies divide a [`Moment`].
//!
//! There is one clock. Everything on the board that ticks is a whole-number function of it, so
//! a device is never "advanced": it is asked what it shows at a moment.

use probe::Moment;

/// Moments of one tick of the 8254's 1,193,182 Hz.
pub const PIT_TICK: Moment = 84;
/// Moments in a second: about 100 million.
pub const HZ: Moment = 1_193_182 * PIT_TICK;
/// Ticks of the clock chip's crystal in a second.
pub const CRYSTAL_HZ: u64 = 32_768;

/// How many ticks of a clock of `hz` have passed at `at`.
pub const fn ticks(at: Moment, hz: u64) -> u64 {
    (at as u128 * hz as u128 / HZ as u128) as u64
}

/// The first moment at which `tick` ticks of a clock of `hz` have passed.
pub const fn moment_of(tick: u64, hz: u64) -> Moment {
    (tick as u128 * HZ as u128).div_ceil(hz as u128) as u64
}

/// The earlier of two deadlines, where `None` is never.
pub fn earlier(a: Option<Moment>, b: Option<Moment>) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_begins_at_its_moment_and_not_one_earlier() {
        for hz in [1, 70, 1024, CRYSTAL_HZ, 1_193_182] {
            for tick in [1, 2, 3, 1000, hz - 1, hz, hz + 1, 1 << 30]
                .into_iter()
                .filter(|tick| *tick > 0)
            {
                let at = moment_of(tick, hz);
                assert_eq!(ticks(at, hz), tick);
                assert_eq!(ticks(at - 1, hz), tick - 1);
            }
        }
    }
}
