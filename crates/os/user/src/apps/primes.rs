//! `primes`: counts prime numbers with a sieve, one block after the other: work for the CPU.

use super::{listen, told_to_stop};
use crate::io::Out;
use crate::{Args, Outcome, say};
use alloc::vec;
use alloc::vec::Vec;

/// Numbers in a block: as many bytes as a small cache holds.
const BLOCK: u64 = 50_000;
/// Blocks in a line of output.
const BLOCKS: u64 = 40;

/// Prints a line for every two million numbers, which is about once a second.
pub fn main(args: &Args) -> Outcome {
    let lines = args.options("-n:")?.number("-n")?.unwrap_or(u64::MAX);
    listen()?;
    let mut count = 0;
    for line in 1..=lines {
        for block in (line - 1) * BLOCKS..line * BLOCKS {
            count += primes_between(block * BLOCK, (block + 1) * BLOCK);
            if let Some(status) = told_to_stop() {
                return Ok(status);
            }
        }
        say!(
            Out::stdout(),
            "primes: {count} below {}",
            line * BLOCKS * BLOCK
        );
    }
    Ok(0)
}

/// How many primes there are in `from..to`: strike out the multiples of every number up to the
/// square root of `to`; what stands is prime.
fn primes_between(from: u64, to: u64) -> u64 {
    let mut struck: Vec<bool> = vec![false; (to - from) as usize];
    let mut divisor = 2;
    while divisor * divisor < to {
        let first = from.next_multiple_of(divisor).max(divisor * divisor);
        for multiple in (first..to).step_by(divisor as usize) {
            struck[(multiple - from) as usize] = true;
        }
        divisor += if divisor == 2 { 1 } else { 2 };
    }
    let standing = (from..to)
        .zip(struck)
        .filter(|(number, struck)| *number > 1 && !struck);
    standing.count() as u64
}

#[cfg(test)]
mod tests {
    use super::primes_between;

    #[test]
    fn counts_are_those_of_the_tables() {
        assert_eq!(primes_between(0, 100), 25);
        assert_eq!(primes_between(0, 100_000), 9592);
        assert_eq!(primes_between(100_000, 200_000), 17_984 - 9592);
    }
}
