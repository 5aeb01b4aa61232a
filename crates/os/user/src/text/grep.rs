//! `grep`: lines with a pattern.
//!
//! Patterns are the simple ones of Kernighan's matcher: `.` any byte, `*` any number of the
//! one before, `^` the start, `$` the end, `\` takes the meaning away, `[…]` one of; and `\|`
//! stands between two patterns.

use crate::io::{Lines, Out, for_each_file};
use crate::{Args, Outcome, Trouble, put, say};
use alloc::vec::Vec;

/// Prints matching lines; the status says whether there were any.
pub fn main(args: &Args) -> Outcome {
    let options = args.options("-v -i -n -c -q -F -E -e:")?;
    let (pattern, files) = match options.value("-e") {
        Some(pattern) => (pattern, &options.rest[..]),
        None => match options.rest.split_first() {
            Some((pattern, files)) => (pattern.as_str(), files),
            None => return Err(Trouble::usage("a pattern is needed")),
        },
    };
    let fold = options.has("-i");
    let fixed = options.has("-F");
    let between = match () {
        () if fixed => "\n",
        () if options.has("-E") => "|",
        () => "\\|",
    };
    let patterns = pattern.split(between);
    let patterns: Vec<_> = patterns
        .map(|text| Pattern::parse(text, fixed, fold))
        .collect();
    let mut out = Out::stdout();
    let mut found = 0u64;
    let status = for_each_file("grep", files, |name, fd| {
        let mut lines = Lines::new(fd);
        let (mut number, mut here) = (0u64, 0u64);
        while let Some(line) = lines.next_line()? {
            number += 1;
            if patterns.iter().any(|pattern| pattern.matches(&line)) == options.has("-v") {
                continue;
            }
            here += 1;
            if options.has("-q") || options.has("-c") {
                continue;
            }
            if files.len() > 1 {
                put!(out, "{name}:");
            }
            if options.has("-n") {
                put!(out, "{number}:");
            }
            out.bytes(&line);
            out.bytes(b"\n");
        }
        found += here;
        if options.has("-c") {
            match files.len() > 1 {
                true => say!(out, "{name}:{here}"),
                false => say!(out, "{here}"),
            }
        }
        Ok(())
    });
    out.done()?;
    Ok(match (status, found) {
        (0, 0) => 1,
        (0, _) => 0,
        _ => 2,
    })
}

enum Atom {
    Any,
    Byte(u8),
    OneOf { set: Vec<(u8, u8)>, not: bool },
}

/// An atom, and whether any number of it may stand here.
struct Piece(Atom, bool);

/// A parsed pattern.
pub struct Pattern {
    pieces: Vec<Piece>,
    at_start: bool,
    at_end: bool,
    fold: bool,
}

impl Pattern {
    /// From text; `fixed`: nothing in it is special; `fold`: case does not matter.
    pub fn parse(text: &str, fixed: bool, fold: bool) -> Self {
        let mut bytes = text.as_bytes();
        let mut out = Self {
            pieces: Vec::new(),
            at_start: false,
            at_end: false,
            fold,
        };
        if let (false, Some(rest)) = (fixed, bytes.strip_prefix(b"^")) {
            out.at_start = true;
            bytes = rest;
        }
        while let Some((&byte, rest)) = bytes.split_first() {
            bytes = rest;
            let lower = if fold {
                byte.to_ascii_lowercase()
            } else {
                byte
            };
            let atom = match byte {
                _ if fixed => Atom::Byte(lower),
                b'*' if !out.pieces.is_empty() => {
                    if let Some(piece) = out.pieces.last_mut() {
                        piece.1 = true;
                    }
                    continue;
                }
                b'$' if rest.is_empty() => {
                    out.at_end = true;
                    continue;
                }
                b'.' => Atom::Any,
                b'\\' if !rest.is_empty() => {
                    bytes = &rest[1..];
                    Atom::Byte(rest[0])
                }
                b'[' => match one_of(rest) {
                    Some((atom, rest)) => {
                        bytes = rest;
                        atom
                    }
                    None => Atom::Byte(b'['),
                },
                _ => Atom::Byte(lower),
            };
            out.pieces.push(Piece(atom, false));
        }
        out
    }

    /// Whether the line has the pattern in it.
    pub fn matches(&self, line: &[u8]) -> bool {
        let folded;
        let line = match self.fold {
            true => {
                folded = line.to_ascii_lowercase();
                &folded[..]
            }
            false => line,
        };
        let last = if self.at_start { 0 } else { line.len() };
        (0..=last).any(|start| self.here(&self.pieces, &line[start..]))
    }

    fn here(&self, pieces: &[Piece], text: &[u8]) -> bool {
        let Some((Piece(atom, many), rest)) = pieces.split_first() else {
            return !self.at_end || text.is_empty();
        };
        if !many {
            return matches!(text.split_first(), Some((&byte, tail))
                if atom.takes(byte) && self.here(rest, tail));
        }
        let most = text.iter().take_while(|byte| atom.takes(**byte)).count();
        (0..=most)
            .rev()
            .any(|count| self.here(rest, &text[count..]))
    }
}

impl Atom {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Self::Any => true,
            Self::Byte(wanted) => *wanted == byte,
            Self::OneOf { set, not } => {
                set.iter().any(|(from, to)| (*from..=*to).contains(&byte)) != *not
            }
        }
    }
}

/// What stands behind a `[`, and what follows its `]`; `None` if there is no `]`.
fn one_of(text: &[u8]) -> Option<(Atom, &[u8])> {
    let (not, text) = match text.strip_prefix(b"^") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // A `]` right at the start is one of the bytes.
    let len = 1 + text.get(1..)?.iter().position(|&byte| byte == b']')?;
    let mut set = Vec::new();
    let mut members = &text[..len];
    while let Some((&from, rest)) = members.split_first() {
        members = match rest {
            [b'-', to, rest @ ..] => {
                set.push((from, *to));
                rest
            }
            rest => {
                set.push((from, from));
                rest
            }
        };
    }
    Some((Atom::OneOf { set, not }, &text[len + 1..]))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns() {
        for (pattern, line, matches) in [
            ("lo", "hello", true),
            ("^lo", "hello", false),
            ("lo$", "hello", true),
            ("l*o", "heo", true),
            ("h.*o$", "hello", true),
            ("h\\.l", "hello", false),
            ("[0-9]", "a1", true),
            ("[^a-z]", "abc", false),
            ("^$", "", true),
            ("a*b", "aaac", false),
            ("*a", "*a", true),
        ] {
            let found = Pattern::parse(pattern, false, false).matches(line.as_bytes());
            assert_eq!(found, matches, "{pattern} in {line}");
        }
        assert!(Pattern::parse("a.b", true, false).matches(b"xa.b"));
        assert!(!Pattern::parse("a.b", true, false).matches(b"xaxb"));
        assert!(Pattern::parse("HeL", false, true).matches(b"hello"));
    }
}
