//! What is wrong with a lab, where, and what to do about it.
//!
//! ```text
//! error[RS203]: `cgroup` has no field `memroy`
//!   --> labs/oom-kill/lab.md:61:24
//!    |
//! 61 | all = ["kernel.cgroup['/ctr/web'].memroy.oom_kill == 1"]
//!    |                                   ^^^^^^ has: path, tasks, pids, memory, cpu
//!    = help: did you mean `memory`?
//! ```

use serde::{Serialize, Serializer};

use crate::rules::{Rule, Severity};
use crate::source::{Span, floor, is_hidden, position};

/// A broken rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Diagnostic {
    /// Which rule.
    #[serde(serialize_with = "code")]
    pub rule: Rule,
    /// How bad it is: the rule's own severity.
    pub severity: Severity,
    /// The file's name, as it was given.
    pub file: String,
    /// Where, in bytes.
    pub span: Span,
    /// Line of its beginning, from 1.
    pub line: usize,
    /// Column of its beginning in characters, from 1.
    pub column: usize,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// A few words to stand beside the caret.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
}

fn code<S: Serializer>(rule: &Rule, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rule.code())
}

impl Diagnostic {
    /// Adds words beside the caret.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = label.into();
        self
    }

    /// Adds what to do about it.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Adds "did you mean", if there is something to be meant.
    pub fn meant(&mut self, word: Option<&str>) -> &mut Self {
        if let Some(word) = word {
            self.help(format!("did you mean `{word}`?"));
        }
        self
    }
}

/// Diagnostics of one file, as they are found.
pub struct Complaints<'a> {
    name: &'a str,
    text: &'a str,
    /// In the order in which they were found.
    pub list: Vec<Diagnostic>,
}

/// More than this are not worth reading, and a mutilated file could make any number of them.
const MOST: usize = 100;

impl<'a> Complaints<'a> {
    /// None so far, about this file.
    pub fn about(name: &'a str, text: &'a str) -> Self {
        let list = Vec::new();
        Self { name, text, list }
    }

    /// The line that a span begins in, from 1.
    pub fn line(&self, span: Span) -> usize {
        position(self.text, span.start).0
    }

    /// Notes a broken rule.
    pub fn add(&mut self, rule: Rule, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        let (line, column) = position(self.text, span.start);
        if self.list.len() >= MOST {
            self.list.truncate(MOST - 1);
        }
        self.list.push(Diagnostic {
            rule,
            severity: rule.severity,
            file: self.name.to_owned(),
            span,
            line,
            column,
            message: message.into(),
            label: String::new(),
            help: None,
        });
        self.list.last_mut().expect("one was just pushed")
    }

    /// All of them, in the order of the file.
    pub fn sorted(mut self) -> Vec<Diagnostic> {
        self.list
            .sort_by_key(|it| (it.span.start, it.rule.number, it.span.end));
        self.list.dedup();
        self.list
    }
}

/// For people: each with its line of the file and a caret below it.
pub fn render(diagnostics: &[Diagnostic], text: &str) -> String {
    let mut out = String::new();
    for it in diagnostics {
        one(&mut out, it, text);
        out.push('\n');
    }
    let count = |severity| {
        diagnostics
            .iter()
            .filter(|it| it.severity == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if errors + warnings > 0 {
        let plural = |n: usize, what| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        out += &format!(
            "{}, {}\n",
            plural(errors, "error"),
            plural(warnings, "warning")
        );
    }
    // The text may come from anywhere, and a terminal obeys what it is told.
    out.replace(is_hidden, "\u{fffd}")
}

fn one(out: &mut String, it: &Diagnostic, text: &str) {
    let word = match it.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let number = it.line.to_string();
    let margin = " ".repeat(number.len());
    let (line, from, to) = line_of(text, it.span);
    // Tabs keep their width in the line of carets too.
    let indent: String = line[..from]
        .chars()
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect();
    let carets = "^".repeat(line[from..to].chars().count().max(1));
    *out += &format!("{word}[{}]: {}\n", it.rule.code(), it.message);
    *out += &format!("{margin}--> {}:{}:{}\n", it.file, it.line, it.column);
    *out += &format!("{margin} |\n{number} | {line}\n");
    *out += format!("{margin} | {indent}{carets} {}", it.label).trim_end();
    out.push('\n');
    if let Some(help) = &it.help {
        *out += &format!("{margin} = help: {help}\n");
    }
}

/// The line that a span begins in, and the part of it that belongs to the span.
fn line_of(text: &str, span: Span) -> (&str, usize, usize) {
    let start = floor(text, span.start);
    let from = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let to = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let line = text[from..to].trim_end_matches('\r');
    let first = (start - from).min(line.len());
    let last = floor(text, span.end).clamp(start, to) - from;
    (line, first, last.clamp(first, line.len()))
}

/// For programs: an array of objects.
pub fn json(diagnostics: &[Diagnostic]) -> String {
    serde_json::to_string_pretty(diagnostics).expect("plain data can be written as JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    #[test]
    fn a_caret_points_at_the_place() {
        let text = "one\n\ttwo ± three\n";
        let mut complaints = Complaints::about("x.md", text);
        complaints
            .add(rules::TYPE, Span::new(9, 11), "no")
            .label("here")
            .meant(Some("±"));
        let list = complaints.sorted();
        assert_eq!(
            render(&list, text),
            "error[RS204]: no\n --> x.md:2:6\n  |\n2 | \ttwo ± three\n  | \t    ^ here\n  \
             = help: did you mean `±`?\n\n1 error, 0 warnings\n"
        );
        assert!(json(&list).contains("\"rule\": \"RS204\""));
    }

    #[test]
    fn places_outside_the_text_do_no_harm() {
        let mut complaints = Complaints::about("x.md", "ä");
        complaints.add(rules::TYPE, Span::new(1, 900), "odd");
        complaints.add(rules::TYPE, Span::new(700, 3), "odder");
        assert!(render(&complaints.list, "ä").contains("x.md:1:1"));
        assert!(render(&complaints.list, "").contains("odder"));
    }
}
