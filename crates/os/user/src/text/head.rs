//! `head` and `tail`.

use crate::io::{Lines, Out, for_each_file};
use crate::{Args, Outcome, Trouble, args::Options};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;

/// Prints the first lines of each file.
pub fn head(args: &Args) -> Outcome {
    let (options, count) = options(args)?;
    let mut out = Out::stdout();
    let status = for_each_file("head", &options.rest, |_, fd| {
        let mut lines = Lines::new(fd);
        for _ in 0..count {
            match lines.next_line()? {
                Some(line) => print(&mut out, &line),
                None => break,
            }
        }
        Ok(())
    });
    out.done().map(|_| status)
}

/// Prints the last lines of each file.
pub fn tail(args: &Args) -> Outcome {
    let (options, count) = options(args)?;
    let mut out = Out::stdout();
    let status = for_each_file("tail", &options.rest, |_, fd| {
        let mut lines = Lines::new(fd);
        let mut last = VecDeque::new();
        while let Some(line) = lines.next_line()? {
            last.push_back(line);
            if last.len() > count {
                last.pop_front();
            }
        }
        last.iter().for_each(|line| print(&mut out, line));
        Ok(())
    });
    out.done().map(|_| status)
}

fn print(out: &mut Out, line: &[u8]) {
    out.bytes(line);
    out.bytes(b"\n");
}

/// `-n 5`, and the older `-5`.
fn options(args: &Args) -> Result<(Options, usize), Trouble> {
    let modern = |arg: &String| match arg.strip_prefix('-') {
        Some(digits) if digits.parse::<u32>().is_ok() => format!("-n{digits}"),
        _ => arg.clone(),
    };
    let args = Args {
        list: args.list.iter().map(modern).collect(),
        env: args.env.clone(),
    };
    let options = args.options("-n:")?;
    let count = options.number("-n")?.unwrap_or(10) as usize;
    Ok((options, count))
}
