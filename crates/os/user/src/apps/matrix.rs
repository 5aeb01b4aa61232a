//! `matrix`: products of integer matrices: work for multiplier and cache.

use super::{Numbers, listen, told_to_stop};
use crate::io::Out;
use crate::{Args, Outcome, say};

const SIDE: usize = 48;
/// Products between two lines of output.
const ROUND: usize = 200;

type Matrix = [[u32; SIDE]; SIDE];

/// Multiplies for ever, or for `-n` lines; a line holds a checksum.
pub fn main(args: &Args) -> Outcome {
    let rounds = args.options("-n:")?.number("-n")?.unwrap_or(u64::MAX);
    listen()?;
    let mut numbers = Numbers(1);
    let mut cell = || numbers.next() as u32;
    let factor: Matrix = core::array::from_fn(|_| core::array::from_fn(|_| cell()));
    let mut product = factor;
    for round in 1..=rounds {
        for _ in 0..ROUND {
            product = multiply(&product, &factor);
            if let Some(status) = told_to_stop() {
                return Ok(status);
            }
        }
        let sum = product
            .as_flattened()
            .iter()
            .fold(0u32, |sum, cell| sum.wrapping_add(*cell));
        say!(
            Out::stdout(),
            "matrix: {} products, checksum {sum:08x}",
            round * ROUND as u64
        );
    }
    Ok(0)
}

fn multiply(left: &Matrix, right: &Matrix) -> Matrix {
    let mut out = [[0u32; SIDE]; SIDE];
    for (row, cells) in left.iter().zip(&mut out) {
        for (factor, line) in row.iter().zip(right) {
            for (cell, other) in cells.iter_mut().zip(line) {
                *cell = cell.wrapping_add(factor.wrapping_mul(*other));
            }
        }
    }
    out
}
