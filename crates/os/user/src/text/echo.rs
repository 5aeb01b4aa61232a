//! `echo`.

use crate::io::Out;
use crate::{Args, Outcome, put};

/// Prints its arguments on a line; with `-n`, without the line's end.
pub fn main(args: &Args) -> Outcome {
    let (end, words) = match args.list.split_first() {
        Some((first, rest)) if first == "-n" => ("", rest),
        _ => ("\n", &args.list[..]),
    };
    let mut out = Out::stdout();
    put!(out, "{}{end}", words.join(" "));
    out.done()
}
