//! `sorter`: fills a table with rows and sorts it, over and over: work for memory.

use super::{Numbers, listen, told_to_stop};
use crate::io::Out;
use crate::{Args, Outcome, say};
use alloc::vec::Vec;

const ROWS: usize = 16_384;
/// Tables between two lines of output.
const TABLES: u64 = 120;

/// Sorts for ever, or for `-n` lines; a line holds the middle row, by which two runs compare.
pub fn main(args: &Args) -> Outcome {
    let rounds = args.options("-n:")?.number("-n")?.unwrap_or(u64::MAX);
    listen()?;
    let mut numbers = Numbers(7);
    let mut rows: Vec<u64> = Vec::with_capacity(ROWS);
    for round in 1..=rounds {
        for _ in 0..TABLES {
            rows.clear();
            rows.extend((0..ROWS).map(|_| numbers.next()));
            rows.sort_unstable();
            if let Some(status) = told_to_stop() {
                return Ok(status);
            }
        }
        let median = rows[ROWS / 2];
        say!(
            Out::stdout(),
            "sorter: {} tables sorted, median {median}",
            round * TABLES
        );
    }
    Ok(0)
}
