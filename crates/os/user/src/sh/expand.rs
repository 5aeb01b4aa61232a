//! From words to arguments: parameters, command output, arithmetic, splitting, file names.

use super::glob::{self, Glyph, plain};
use super::syntax::{Change, List, Part, Word};
use super::{Flow, Shell, arith};
use crate::{Trouble, files};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::mem;
use metal::user::{file, task};

/// Fields in the making: what unquoted expansions split a word into.
#[derive(Default)]
struct Fields {
    done: Vec<Vec<Glyph>>,
    /// `None`: nothing has been added since the last split, so an end makes no field.
    current: Option<Vec<Glyph>>,
}

impl Fields {
    fn add(&mut self, text: &str, quoted: bool) {
        let current = self.current.get_or_insert_default();
        current.extend(text.chars().map(|c| Glyph { c, quoted }));
    }

    /// Adds what an unquoted expansion gave, split at the characters of `IFS`.
    fn add_split(&mut self, text: &str, separators: &str) {
        for c in text.chars() {
            if !separators.contains(c) {
                let glyph = Glyph { c, quoted: false };
                self.current.get_or_insert_default().push(glyph);
            } else if c.is_ascii_whitespace() {
                self.end();
            } else {
                self.current.get_or_insert_default();
                self.end();
            }
        }
    }

    fn end(&mut self) {
        self.done.extend(self.current.take());
    }
}

impl arith::Names for Shell {
    fn get(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().into()
    }

    fn set(&mut self, name: &str, value: String) {
        self.set(name, value);
    }
}

impl Shell {
    /// The arguments that some words come to.
    ///
    /// # Errors
    /// [`Flow::Abort`] for a parameter that must be set, or wrong arithmetic.
    pub fn arguments_of(&mut self, words: &[Word]) -> Result<Vec<String>, Flow> {
        let mut out = Vec::new();
        for word in words {
            for field in self.fields(word)? {
                out.extend(glob::expand(&field));
            }
        }
        Ok(out)
    }

    /// The one text that a word comes to where nothing is split: in an assignment, behind a
    /// redirection.
    ///
    /// # Errors
    /// As [`Shell::arguments_of`].
    pub fn text_of(&mut self, word: &Word) -> Result<String, Flow> {
        Ok(plain(&self.pattern_of(word)?))
    }

    /// The same, and which characters were quoted.
    ///
    /// # Errors
    /// As [`Shell::arguments_of`].
    pub fn pattern_of(&mut self, word: &Word) -> Result<Vec<Glyph>, Flow> {
        let mut out = Fields::default();
        for (index, part) in word.0.iter().enumerate() {
            match part {
                Part::Text { text, quoted } => self.literal(&mut out, index, text, *quoted),
                Part::Parameter {
                    name,
                    change,
                    quoted,
                } => {
                    let value = match name.as_str() {
                        "@" | "*" if change.is_none() => self.arguments.join(" "),
                        _ => self.parameter(name, change.as_ref())?,
                    };
                    out.add(&value, *quoted);
                }
                Part::Output { list, quoted } => out.add(&self.output(list)?, *quoted),
                Part::Arithmetic { word, quoted } => out.add(&self.arithmetic(word)?, *quoted),
            }
        }
        Ok(out.current.unwrap_or_default())
    }

    fn fields(&mut self, word: &Word) -> Result<Vec<Vec<Glyph>>, Flow> {
        let separators = self.get("IFS").unwrap_or(" \t\n").to_string();
        let mut out = Fields::default();
        for (index, part) in word.0.iter().enumerate() {
            let (value, quoted) = match part {
                Part::Text { text, quoted } => {
                    self.literal(&mut out, index, text, *quoted);
                    continue;
                }
                Part::Parameter {
                    name,
                    change: None,
                    quoted,
                } if name == "@" || name == "*" => {
                    self.all_arguments(&mut out, name == "@", *quoted, &separators);
                    continue;
                }
                Part::Parameter {
                    name,
                    change,
                    quoted,
                } => (self.parameter(name, change.as_ref())?, *quoted),
                Part::Output { list, quoted } => (self.output(list)?, *quoted),
                Part::Arithmetic { word, quoted } => (self.arithmetic(word)?, *quoted),
            };
            match quoted {
                true => out.add(&value, true),
                false => out.add_split(&value, &separators),
            }
        }
        out.end();
        Ok(out.done)
    }

    /// Text as it stands; an unquoted `~` at the start is the home directory.
    fn literal(&self, out: &mut Fields, index: usize, text: &str, quoted: bool) {
        match text.strip_prefix('~') {
            Some(rest) if index == 0 && !quoted && (rest.is_empty() || rest.starts_with('/')) => {
                out.add(self.get("HOME").unwrap_or("/"), true);
                out.add(rest, false);
            }
            _ => out.add(text, quoted),
        }
    }

    /// `"$@"` is a field for each argument, `"$*"` one for all; unquoted they are the same.
    fn all_arguments(&self, out: &mut Fields, each: bool, quoted: bool, separators: &str) {
        if quoted && !each {
            let separator: String = separators.chars().take(1).collect();
            return out.add(&self.arguments.join(&separator), true);
        }
        for (index, argument) in self.arguments.iter().enumerate() {
            if index > 0 {
                out.end();
            }
            match quoted {
                true => out.add(argument, true),
                false => out.add_split(argument, separators),
            }
        }
        // Alone, "$@" without arguments is no field at all, although it is quoted.
        if self.arguments.is_empty() && out.current.as_ref().is_some_and(Vec::is_empty) {
            out.current = None;
        }
    }

    /// The value of `$name`; `None` if it is not set.
    fn value(&self, name: &str) -> Option<String> {
        match name {
            "?" => Some(self.status.to_string()),
            "$" => Some(self.pid.to_string()),
            "!" => self.last_background.map(|pid| pid.to_string()),
            "#" => Some(self.arguments.len().to_string()),
            "-" => Some(if self.terminal.is_some() { "i" } else { "" }.into()),
            "@" | "*" => (!self.arguments.is_empty()).then(|| self.arguments.join(" ")),
            "0" => Some(self.name.clone()),
            name => match name.parse::<usize>() {
                Ok(number) => self.arguments.get(number.checked_sub(1)?).cloned(),
                Err(_) => self.get(name).map(String::from),
            },
        }
    }

    fn parameter(&mut self, name: &str, change: Option<&Change>) -> Result<String, Flow> {
        let value = self.value(name);
        let unset = |shell: &Self| match shell.nounset {
            true => Err(abort(format!("{name}: parameter not set"))),
            false => Ok(String::new()),
        };
        match change {
            None => value.map_or_else(|| unset(self), Ok),
            Some(Change::Length) => {
                let value = value.map_or_else(|| unset(self), Ok)?;
                Ok(value.chars().count().to_string())
            }
            Some(Change::Default { how, empty, word }) => {
                let given = value.filter(|value| !(*empty && value.is_empty()));
                match (how, given) {
                    ('+', Some(_)) => self.text_of(word),
                    ('+', None) => Ok(String::new()),
                    (_, Some(value)) => Ok(value),
                    ('-', None) => self.text_of(word),
                    ('=', None) => {
                        let value = self.text_of(word)?;
                        self.set(name, value.clone());
                        Ok(value)
                    }
                    (_, None) => {
                        let said = self.text_of(word)?;
                        let said = if said.is_empty() {
                            "parameter not set"
                        } else {
                            &said
                        };
                        Err(abort(format!("{name}: {said}")))
                    }
                }
            }
            Some(Change::Trim { end, longest, word }) => {
                let value = value.map_or_else(|| unset(self), Ok)?;
                let pattern = self.pattern_of(word)?;
                Ok(trim(&value, &pattern, *end, *longest))
            }
        }
    }

    fn arithmetic(&mut self, word: &Word) -> Result<String, Flow> {
        let text = self.text_of(word)?;
        let value = arith::evaluate(&text, self).map_err(abort)?;
        Ok(value.to_string())
    }

    /// What the commands print, without the newlines at its end.
    fn output(&mut self, list: &List) -> Result<String, Flow> {
        let cannot = |why: metal::user::Errno| abort(format!("$(): {}", why.text()));
        let (from, to) = file::pipe(abi::fs::open::O_CLOEXEC).map_err(cannot)?;
        let child = match task::fork().map_err(cannot)? {
            Some(child) => child,
            None => {
                let _ = file::dup2(to, metal::user::STDOUT);
                let _ = file::close(from);
                let _ = file::close(to);
                self.leave_terminal();
                let ended = self.list(list);
                task::exit(self.finish(ended));
            }
        };
        let _ = file::close(to);
        let bytes = file::read_to_end(from).unwrap_or_default();
        let _ = file::close(from);
        self.substituted = Some(task::wait_for(child).map_or(1, task::Ended::code));
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.trim_end_matches('\n').into())
    }
}

fn abort(text: String) -> Flow {
    Flow::Abort(Trouble::usage(text))
}

/// `value` without what the pattern matches at its start or end.
fn trim(value: &str, pattern: &[Glyph], end: bool, longest: bool) -> String {
    let cuts = value.char_indices().map(|(at, _)| at).chain([value.len()]);
    let mut cuts: Vec<usize> = cuts.collect();
    // The shortest match at the start is the first cut, at the end the last one.
    if longest != end {
        cuts.reverse();
    }
    for cut in cuts {
        let (head, tail) = value.split_at(cut);
        let (gone, left) = if end { (tail, head) } else { (head, tail) };
        if glob::matches(pattern, gone) {
            return left.into();
        }
    }
    value.into()
}

/// A path as `cd` understands it, for `PWD`: `.` and `..` are taken out.
pub fn normal(path: &str, cwd: &str) -> String {
    let full = match path.starts_with('/') {
        true => path.to_string(),
        false => files::join(cwd, path),
    };
    let mut steps: Vec<&str> = Vec::new();
    for step in full.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    let mut out = String::new();
    for step in mem::take(&mut steps) {
        out.push('/');
        out.push_str(step);
    }
    if out.is_empty() { "/".into() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_shortest_and_longest() {
        let pattern: Vec<Glyph> = "*/".chars().map(|c| Glyph { c, quoted: false }).collect();
        assert_eq!(trim("a/b/c", &pattern, false, false), "b/c");
        assert_eq!(trim("a/b/c", &pattern, false, true), "c");
        let pattern: Vec<Glyph> = ".*".chars().map(|c| Glyph { c, quoted: false }).collect();
        assert_eq!(trim("a.b.c", &pattern, true, false), "a.b");
        assert_eq!(trim("a.b.c", &pattern, true, true), "a");
    }

    #[test]
    fn paths_lose_their_dots() {
        assert_eq!(normal("../b/./c", "/x/a"), "/x/b/c");
        assert_eq!(normal("/..", "/x"), "/");
    }
}
