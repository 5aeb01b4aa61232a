//! # 50. Who runs next
//!
//! Proportional share: each VM has a *virtual time* that passes more slowly the more weight
//! it has, and the one that is furthest behind runs. A cap is an upper bound: a VM that has
//! used its part of the period waits for the next, even if the CPU is idle meanwhile.
//!
//! Charged is what the real CPU did for the VM: its own instructions and ours on its behalf,
//! in TSC ticks. A guest that makes us work pays for it.

/// The period over which caps hold, in timer ticks of the hypervisor.
pub const PERIOD_TICKS: u64 = 25;

/// A VM's part of the CPU.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// Parts, next to other VMs' parts; at least 1.
    pub weight: u64,
    /// Per mille of the CPU at most; 1000 = no cap.
    pub cap: u64,
    /// Virtual time: TSC ticks used, scaled by 1024 / weight.
    time: u64,
    /// TSC ticks used in this period.
    used: u64,
}

impl Share {
    /// Weight 1, no cap, nothing used.
    pub const NEW: Self = Self { weight: 1, cap: 1000, time: 0, used: 0 };

    /// Of a VM that starts when the others stand at virtual time `now`.
    pub fn new(weight: u64, cap: u64, now: u64) -> Self {
        Self { weight: weight.max(1), cap: cap.clamp(1, 1000), time: now, used: 0 }
    }

    /// Pays for `ticks` of CPU.
    pub fn charge(&mut self, ticks: u64) {
        self.time += (ticks << 10) / self.weight;
        self.used += ticks;
    }

    /// It slept and comes back when the others stand at `now`: what it did not use is lost,
    /// or it could hold the CPU for as long as it had slept.
    pub fn wake(&mut self, now: u64) {
        self.time = self.time.max(now);
    }

    /// Whether it has used up its cap of a period of `period` TSC ticks.
    pub const fn capped(&self, period: u64) -> bool {
        self.cap < 1000 && self.used >= period / 1000 * self.cap
    }

    /// A new period begins. What was used too much counts against it.
    pub fn renew(&mut self, period: u64) {
        self.used =
            if self.cap < 1000 { self.used.saturating_sub(period / 1000 * self.cap) } else { 0 };
    }

    /// Its virtual time.
    pub const fn time(&self) -> u64 {
        self.time
    }
}

/// The next of the VMs that want to run: the furthest behind, at a tie the first after `last`.
pub fn pick(
    waiting: impl Iterator<Item = (usize, u64)>,
    last: usize,
    count: usize,
) -> Option<usize> {
    waiting
        .min_by_key(|(number, time)| (*time, (number + 2 * count - last % count - 1) % count))
        .map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `shares` for `rounds` slices of `slice` ticks; returns what each used.
    fn race(shares: &mut [Share], rounds: u64, slice: u64) -> Vec<u64> {
        let mut used = vec![0; shares.len()];
        let mut last = 0;
        let period = PERIOD_TICKS * slice;
        for round in 1..=rounds {
            let waiting = shares.iter().enumerate().filter(|(_, s)| !s.capped(period));
            let waiting = waiting.map(|(i, s)| (i, s.time()));
            if let Some(next) = pick(waiting, last, used.len()) {
                shares[next].charge(slice);
                used[next] += 1;
                last = next;
            }
            if round % PERIOD_TICKS == 0 {
                shares.iter_mut().for_each(|s| s.renew(period));
            }
        }
        used
    }

    #[test]
    fn weights_divide_the_cpu() {
        let share = |weight| Share::new(weight, 1000, 0);
        assert_eq!(race(&mut [share(1), share(1), share(1)], 300, 4000), [100, 100, 100]);
        assert_eq!(race(&mut [share(100), share(200), share(300)], 600, 4000), [100, 200, 300]);
    }

    #[test]
    fn a_cap_holds_even_if_the_cpu_is_idle() {
        assert_eq!(race(&mut [Share::new(1, 200, 0)], 1000, 4000), [200]);
        let two = race(&mut [Share::new(900, 200, 0), Share::new(1, 1000, 0)], 1000, 4000);
        assert_eq!(two, [200, 800]);
    }

    #[test]
    fn sleep_is_not_saved_up() {
        let mut shares = [Share::new(1, 1000, 0), Share::new(1, 1000, 0)];
        race(&mut shares[..1], 1000, 4000);
        let now = shares[0].time();
        shares[1].wake(now);
        assert_eq!(race(&mut shares, 100, 4000), [50, 50]);
    }
}
