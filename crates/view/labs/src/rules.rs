//! The numbered rules that a lab is checked by: one row a rule.
//!
//! The numbers are a public language like an error code of a compiler: a rule keeps its number,
//! and `labs/RULES.md` explains each one at length. RS1xx is about form, RS2xx about what a
//! lab refers to, RS3xx about teaching, RS7xx about safety.

use serde::{Deserialize, Serialize};

/// How bad a broken rule is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The lab can be played, but will teach less than it could.
    Warning,
    /// The lab cannot be played.
    Error,
}

/// A rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Its number, as in `RS203`.
    pub number: u16,
    /// How bad it is to break it.
    pub severity: Severity,
    /// The rule in a few words.
    pub title: &'static str,
}

impl Rule {
    /// `RS203`.
    pub fn code(self) -> String {
        format!("RS{}", self.number)
    }
}

macro_rules! rules {
    ($($name:ident = $number:literal $severity:ident, $title:literal;)*) => {
        $(#[doc = $title] pub const $name: Rule = Rule {
            number: $number, severity: Severity::$severity, title: $title,
        };)*
        /// All of them, by number.
        pub const ALL: &[Rule] = &[$($name),*];
    };
}

rules! {
    FRONT_MATTER = 101 Error, "a lab begins with front matter";
    TOML = 102 Error, "front matter and blocks are TOML";
    MISSING_KEY = 103 Error, "a key that is needed is there";
    UNKNOWN_KEY = 104 Error, "every key has a meaning";
    BAD_VALUE = 105 Error, "a value has the right type and range";
    DUPLICATE_ID = 106 Error, "an id is used once";
    UNKNOWN_BLOCK = 107 Error, "a block is of a known kind";
    BAD_ID = 108 Error, "an id is lower-case letters, digits and hyphens";
    HEADING_ID = 109 Error, "a step's heading has an id";
    HEADING_LEVEL = 110 Error, "a step is a heading of level two";
    FORMAT = 111 Error, "the format is one that this program reads";
    OUTSIDE_STEP = 112 Error, "a block belongs to a step";
    NO_STEPS = 113 Error, "a lab has steps";
    FOLDER = 114 Error, "a lab's id is the name of its folder";
    NESTED_BLOCK = 115 Error, "a block stands by itself, not in a list or quotation";
    MARKDOWN = 116 Error, "prose is of the kinds that the page can draw";
    EMPTY_BLOCK = 117 Error, "a block says one thing to do";

    SCENARIO = 201 Error, "a lab's scenario exists";
    SYNTAX = 202 Error, "an assertion can be read";
    UNKNOWN_FIELD = 203 Error, "a path leads somewhere";
    TYPE = 204 Error, "an assertion compares like with like";
    FILTER = 205 Error, "a filter names a field of the list";
    CONSOLE = 206 Error, "a command is typed into a console of the scenario";
    UNKNOWN_ID = 207 Error, "an id that is referred to exists";
    MACHINE = 208 Error, "a machine that is referred to is in the scenario";
    REQUIRES = 209 Error, "a lab that is required exists";
    CYCLE = 210 Error, "no lab requires itself in the end";
    MISCONCEPTION = 211 Error, "a misconception is one of the course's list";

    CORRECT = 301 Error, "a question has the right number of right answers";
    WHY = 302 Warning, "every option says why it is right or wrong";
    PREDICT_FIRST = 303 Warning, "predict, then run";
    PROSE = 304 Warning, "something to do within two screens";
    OBJECTIVE = 305 Warning, "a lab has an objective";
    SPOILER = 306 Warning, "a hint does not give the command away";
    COLOUR = 307 Warning, "colour is never the only sign";
    OBSERVE = 308 Warning, "a prediction meets its measurement";
    STEP_LENGTH = 309 Warning, "a step takes seven minutes at most";
    CHECK = 310 Warning, "a lab checks something";
    EXPLAIN = 311 Warning, "a lab asks why, once";
    REFUTE = 312 Warning, "a lab names the misconceptions that it meets";

    HTML = 701 Error, "prose holds no HTML";
    LINK = 702 Error, "a link leads to a page, not to a program";
    SIZE = 703 Error, "a lab is smaller than one MiB";
    HIDDEN = 704 Error, "what is there can be seen";
    ACTION = 705 Error, "an action is one that the engine knows";
}

/// The rule with this number.
pub fn by_number(number: u16) -> Option<Rule> {
    ALL.iter().find(|rule| rule.number == number).copied()
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn numbers_rise() {
        assert!(ALL.windows(2).all(|pair| pair[0].number < pair[1].number));
    }
}
