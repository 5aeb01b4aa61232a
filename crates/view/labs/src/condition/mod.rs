//! Assertions: what has to be true of the machine, in one line.
//!
//! ```text
//! kernel.cgroup['/ctr/web'].memory.oom_kill == 1
//! hypervisor.vm['web'].exit['IN/OUT'].count > 100
//! events.life[title matches 'OOM kill*'].count >= 1
//! machine['right'].kernel.container['web'].start_moment < 30_000_000
//! kernel.cgroup['/ctr/web'].cpu.usage * 100 / moment ~ 50 ± 5
//! ```
//!
//! A path leads into [`Facts`](scene::Facts), by its own field names; `events.KIND`,
//! `console['host'].text` and `answer['id']` are the other roots. A path that begins with a
//! field of a machine means the first machine. What is not there compares as false, whatever
//! it is compared with. There are no variables, loops or functions: a condition is read,
//! checked against the types of everything, and does a bounded amount of work.
//!
//! | module | what |
//! |---|---|
//! | `value` | the machine's facts as a tree |
//! | `schema` | the types of all paths |
//! | `token`, `grammar` | from text to a tree |
//! | `types` | from names to meanings, or to "did you mean" |
//! | `eval` | from meanings to true or false |
//! | `measure` | a value to show, with its unit |

mod eval;
mod glob;
mod grammar;
mod measure;
mod schema;
mod token;
mod types;
mod value;

#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::{Serialize, Serializer};

use crate::rules::Rule;

pub use eval::Sight;
pub use glob::matches;
pub use measure::{Measure, number};
pub use schema::event_kinds;
pub use types::{Answer, Scope};
pub use value::Value;

/// Why an assertion cannot be read, and where in its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The rule that it breaks.
    pub rule: Rule,
    /// Where.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// A few words beside the caret.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
}

impl Fault {
    pub(crate) fn new(rule: Rule, at: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            rule,
            at,
            message: message.into(),
            label: String::new(),
            help: None,
        }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn meant(self, word: Option<&str>) -> Self {
        match word {
            Some(word) => self.help(format!("did you mean `{word}`?")),
            None => self,
        }
    }
}

/// An assertion that has been read and understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// As the author wrote it.
    pub text: String,
    test: types::Test,
}

impl Condition {
    /// Reads an assertion about what is in `scope`.
    ///
    /// # Errors
    /// What cannot be read or does not exist, and where.
    pub fn parse(text: &str, scope: &Scope) -> Result<Self, Fault> {
        let test = types::test(&grammar::sentence(text)?, scope)?;
        let text = text.to_owned();
        Ok(Self { text, test })
    }

    /// Whether it is true now.
    pub fn holds(&self, sight: &Sight<'_>) -> bool {
        eval::holds(&self.test, sight)
    }

    /// Whether it speaks of events that only a watched run notices: all but births and deaths.
    pub fn wants_watching(&self) -> bool {
        self.test.paths().into_iter().any(|path| path.is_watched())
    }

    /// The moment of the first event that it speaks of, if it speaks of events.
    pub fn first_event(&self, sight: &Sight<'_>) -> Option<scene::Moment> {
        let paths = self.test.paths();
        paths
            .iter()
            .filter_map(|path| eval::first_event(path, sight))
            .min()
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
