//! `wc`: how many lines, words and bytes.

use crate::io::{Out, for_each_file};
use crate::{Args, Outcome, put, say};
use metal::user::file;

/// Counts in each file, and in all of them together.
pub fn main(args: &Args) -> Outcome {
    let options = args.options("-l -w -c")?;
    let wanted = ["-l", "-w", "-c"].map(|name| options.has(name));
    let wanted = if wanted.contains(&true) {
        wanted
    } else {
        [true; 3]
    };
    let single = wanted.iter().filter(|wanted| **wanted).count() == 1;
    let mut out = Out::stdout();
    let mut total = [0u64; 3];
    let mut print = |counts: [u64; 3], name: &str| {
        let mut first = true;
        for (count, _) in counts.iter().zip(wanted).filter(|(_, wanted)| *wanted) {
            match single {
                true => put!(out, "{count}"),
                false => put!(out, "{}{count:>7}", if first { "" } else { " " }),
            }
            first = false;
        }
        say!(out, "{}{name}", if name.is_empty() { "" } else { " " });
    };
    let status = for_each_file("wc", &options.rest, |name, fd| {
        let mut counts = [0u64; 3];
        let mut in_word = false;
        let mut buf = [0; 4096];
        loop {
            let count = file::read(fd, &mut buf)?;
            if count == 0 {
                break;
            }
            counts[2] += count as u64;
            for byte in &buf[..count] {
                counts[0] += u64::from(*byte == b'\n');
                let space = byte.is_ascii_whitespace();
                counts[1] += u64::from(!space && !in_word);
                in_word = !space;
            }
        }
        (0..3).for_each(|index| total[index] += counts[index]);
        print(counts, if options.rest.is_empty() { "" } else { name });
        Ok(())
    });
    if options.rest.len() > 1 {
        print(total, "total");
    }
    out.done().map(|_| status)
}
