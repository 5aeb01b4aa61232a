//! Load averages: how many tasks wanted to run, averaged over 1, 5 and 15 minutes.
//!
//! Every five seconds the number of runnable tasks is mixed in, and the old average decays by
//! a factor of e^(-5/60), e^(-5/300), e^(-5/900): Linux's fixed-point constants, 11 bits.

const ONE: u64 = 1 << 11;
const DECAY: [u64; 3] = [1884, 2014, 2037];

/// The averages so far.
#[derive(zerocopy::FromZeros)]
#[repr(C)]
pub struct Load {
    /// In units of 1/2048.
    fixed: [u64; 3],
}

impl Load {
    /// Mixes the present number of runnable tasks in. Every five seconds.
    pub fn sample(&mut self, runnable: u64) {
        let active = runnable * ONE;
        for (load, decay) in self.fixed.iter_mut().zip(DECAY) {
            let rounding = if active >= *load { ONE - 1 } else { 0 };
            *load = (*load * decay + active * (ONE - decay) + rounding) / ONE;
        }
    }

    /// In hundredths.
    pub fn averages(&self) -> [u64; 3] {
        self.fixed.map(|load| (load + ONE / 200) * 100 / ONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_and_falls() {
        let mut load = Load { fixed: [0; 3] };
        for _ in 0..12 {
            load.sample(1);
        }
        // After one minute of one task: 1 - 1/e.
        assert!(
            (62..=65).contains(&load.averages()[0]),
            "{:?}",
            load.averages()
        );
        for _ in 0..1000 {
            load.sample(2);
        }
        assert_eq!(load.averages()[0], 200);
        for _ in 0..1000 {
            load.sample(0);
        }
        assert_eq!(load.averages()[0], 0);
    }
}
