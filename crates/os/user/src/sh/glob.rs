//! Patterns: `*`, `?`, `[…]`, and the files whose names match one.

use crate::files::join;
use alloc::string::String;
use alloc::vec::Vec;
use metal::user::{dir, fs};

/// A character of an expanded word; a quoted one is never special.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyph {
    /// The character.
    pub c: char,
    /// It was quoted.
    pub quoted: bool,
}

/// As plain text.
pub fn plain(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|glyph| glyph.c).collect()
}

fn special(glyph: &Glyph) -> bool {
    !glyph.quoted && matches!(glyph.c, '*' | '?' | '[')
}

/// Whether the whole of `text` matches.
pub fn matches(pattern: &[Glyph], text: &str) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return text.is_empty();
    };
    if special(first) {
        match first.c {
            '*' => {
                let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
                return ends.any(|at| matches(rest, &text[at..]));
            }
            '[' => {
                if let Some((set, rest)) = bracket(rest) {
                    let mut chars = text.chars();
                    return chars.next().is_some_and(|c| in_set(set, c))
                        && matches(rest, chars.as_str());
                }
            }
            _ => {
                let mut chars = text.chars();
                return chars.next().is_some() && matches(rest, chars.as_str());
            }
        }
    }
    let mut chars = text.chars();
    chars.next() == Some(first.c) && matches(rest, chars.as_str())
}

/// What stands between `[` and `]`, and what follows; `None` if nothing closes it.
fn bracket(pattern: &[Glyph]) -> Option<(&[Glyph], &[Glyph])> {
    // A `]` at the start, or behind `!`, is one of the characters.
    let skip = 1 + usize::from(pattern.first().is_some_and(|glyph| glyph.c == '!'));
    let close = pattern
        .iter()
        .skip(skip)
        .position(|glyph| glyph.c == ']' && !glyph.quoted)?;
    Some((&pattern[..skip + close], &pattern[skip + close + 1..]))
}

fn in_set(set: &[Glyph], c: char) -> bool {
    let (not, mut set) = match set {
        [
            Glyph {
                c: '!',
                quoted: false,
            },
            rest @ ..,
        ] => (true, rest),
        set => (false, set),
    };
    let mut found = false;
    while let Some((from, rest)) = set.split_first() {
        set = match rest {
            [
                Glyph {
                    c: '-',
                    quoted: false,
                },
                to,
                rest @ ..,
            ] => {
                found |= (from.c..=to.c).contains(&c);
                rest
            }
            rest => {
                found |= from.c == c;
                rest
            }
        };
    }
    found != not
}

/// The files that a word names: itself, if it is no pattern or matches nothing.
pub fn expand(word: &[Glyph]) -> Vec<String> {
    if !word.iter().any(special) {
        return Vec::from([plain(word)]);
    }
    let absolute = word.first().is_some_and(|glyph| glyph.c == '/');
    let steps: Vec<&[Glyph]> = word
        .split(|glyph| glyph.c == '/')
        .filter(|step| !step.is_empty())
        .collect();
    let mut found = Vec::from([String::from(if absolute { "/" } else { "" })]);
    for step in steps {
        found = found.iter().flat_map(|base| below(base, step)).collect();
    }
    match found.is_empty() {
        true => Vec::from([plain(word)]),
        false => found,
    }
}

/// The paths one step below `base` that match.
fn below(base: &str, step: &[Glyph]) -> Vec<String> {
    let path = |name: &str| match base {
        "" => String::from(name),
        base => join(base, name),
    };
    if !step.iter().any(special) {
        let next = path(&plain(step));
        return fs::lstat(&next)
            .is_ok()
            .then_some(next)
            .into_iter()
            .collect();
    }
    let hidden = step[0].c == '.';
    let names = dir::read_dir(if base.is_empty() { "." } else { base }).unwrap_or_default();
    let names = names.iter().map(|entry| entry.name.as_str());
    let names = names.filter(|name| hidden || !name.starts_with('.'));
    names.filter(|name| matches(step, name)).map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyphs(text: &str) -> Vec<Glyph> {
        text.chars().map(|c| Glyph { c, quoted: false }).collect()
    }

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, does) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("?", "", false),
            ("?x", "ax", true),
            ("[a-c]1", "b1", true),
            ("[!a-c]1", "b1", false),
            ("[]]", "]", true),
            ("[", "[", true),
            ("*.rs", "main.rs", true),
        ] {
            assert_eq!(
                matches(&glyphs(pattern), text),
                does,
                "{pattern} and {text}"
            );
        }
        let star = [Glyph {
            c: '*',
            quoted: true,
        }];
        assert!(matches(&star, "*") && !matches(&star, "a"));
    }
}
