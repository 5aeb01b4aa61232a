//! `kill`: send a signal.

use crate::io::{Out, complain};
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome, put, say};
use abi::task::signal::{self, SIGTERM};
use alloc::format;
use metal::user::task;

/// Sends a signal to every pid given; TERM unless another is named.
pub fn main(args: &Args) -> Outcome {
    let mut list = &args.list[..];
    let mut number = SIGTERM;
    if let [first, rest @ ..] = list
        && let Some(name) = first.strip_prefix('-')
    {
        if name == "l" {
            return names();
        }
        (number, list) = match (name, rest) {
            ("s", [name, rest @ ..]) => (parse(name)?, rest),
            _ => (parse(name)?, rest),
        };
    }
    if list.is_empty() {
        return Err(Trouble::usage("a process id expected"));
    }
    let mut status = 0;
    for pid in list {
        let done = match pid.parse::<i32>() {
            Ok(number_of) => task::kill(number_of, number).map_err(at(pid)),
            Err(_) => Err(Trouble::usage(format!("\"{pid}\" is not a process id"))),
        };
        if let Err(trouble) = done {
            complain("kill", &trouble);
            status = 1;
        }
    }
    Ok(status)
}

/// A signal by number or name, with or without `SIG`.
///
/// # Errors
/// No such signal.
pub fn parse(name: &str) -> Result<u32, Trouble> {
    let short = name.strip_prefix("SIG").unwrap_or(name);
    let by_name = (1..32).find(|number| signal::name(*number).eq_ignore_ascii_case(short));
    let known = name.parse().ok().filter(|number| *number < 65).or(by_name);
    known.ok_or_else(|| Trouble::usage(format!("{name}: no such signal")))
}

fn names() -> Outcome {
    let mut out = Out::stdout();
    for number in 1..32 {
        let name = signal::name(number);
        if name != "?" {
            put!(out, "{number}) {name}  ");
        }
    }
    say!(out, "");
    out.done()
}
