//! `ticker`: a line each second: a service that mostly waits.

use super::{listen, told_to_stop};
use crate::io::Out;
use crate::{Args, Outcome, args, say};
use metal::user::system;

/// Prints a line every `-i` seconds, `-n` times.
pub fn main(args: &Args) -> Outcome {
    let options = args.options("-n: -i:")?;
    let lines = options.number("-n")?.unwrap_or(u64::MAX);
    let pause_ns = args::fraction(options.value("-i").unwrap_or("1"), 9)?;
    listen()?;
    for line in 1..=lines {
        say!(Out::stdout(), "tick {line}");
        if line < lines {
            let _ = system::sleep_ns(pause_ns); // a signal cuts it short, which is as well
        }
        if let Some(status) = told_to_stop() {
            return Ok(status);
        }
    }
    Ok(0)
}
