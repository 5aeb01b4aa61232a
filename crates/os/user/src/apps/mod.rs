//! Small programs to look at: each does one kind of work, honestly and for ever.
//!
//! Their work is the same in every run (no randomness, no clock in it), so that a machine that
//! runs them can be replayed and two runs compared.

pub mod crash;
pub mod matrix;
pub mod primes;
pub mod sorter;
pub mod stress;
pub mod ticker;

use crate::Trouble;
use crate::trouble::at;
use abi::task::signal::{SIGINT, SIGTERM};
use metal::user::signal;

/// Asks to be told of SIGTERM and SIGINT. The first process of a container must: the kernel
/// does not apply the default effect of a signal to the first task of a pid namespace.
fn listen() -> Result<(), Trouble> {
    signal::catch(SIGTERM).map_err(at("sigaction"))?;
    signal::catch(SIGINT).map_err(at("sigaction"))
}

/// Whether it is time to go; the status is that of a program which the signal killed.
fn told_to_stop() -> Option<i32> {
    [SIGTERM, SIGINT]
        .into_iter()
        .find(|number| signal::take(*number))
        .map(|number| 128 + number as i32)
}

/// Numbers that look random and are the same every time (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}
