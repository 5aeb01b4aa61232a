//! `seq`: numbers, one a line.

use crate::io::Out;
use crate::{Args, Outcome, Trouble, say};
use alloc::format;
use alloc::vec::Vec;

/// Prints FIRST, FIRST + STEP … as far as LAST.
pub fn main(args: &Args) -> Outcome {
    let number = |text: &alloc::string::String| {
        let bad = || Trouble::usage(format!("\"{text}\" is not a whole number"));
        text.parse::<i64>().map_err(|_| bad())
    };
    let numbers = args
        .list
        .iter()
        .map(number)
        .collect::<Result<Vec<_>, _>>()?;
    let (first, step, last) = match numbers[..] {
        [last] => (1, 1, last),
        [first, last] => (first, 1, last),
        [first, step, last] => (first, step, last),
        _ => return Err(Trouble::usage("one to three numbers expected")),
    };
    if step == 0 {
        return Err(Trouble::usage("a step of 0 never ends"));
    }
    let mut out = Out::stdout();
    let mut now = first;
    while (step > 0 && now <= last) || (step < 0 && now >= last) {
        say!(out, "{now}");
        match now.checked_add(step) {
            Some(next) => now = next,
            None => break,
        }
    }
    out.done()
}
