//! What a shell script is made of, once it has been read (POSIX.1, Shell Command Language,
//! section 2.10, without here-documents).

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

/// Commands in order.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct List(pub Vec<Item>);

/// `a && b || c`, and whether it runs in the background.
#[derive(PartialEq, Eq, Debug)]
pub struct Item {
    /// The first pipeline.
    pub first: Pipeline,
    /// What follows it, and when: `true` is `&&`.
    pub rest: Vec<(bool, Pipeline)>,
    /// It ended in `&`.
    pub background: bool,
    /// As it was written, for `jobs`.
    pub text: String,
}

/// `! a | b | c`.
#[derive(PartialEq, Eq, Debug)]
pub struct Pipeline {
    /// Begins with `!`.
    pub negate: bool,
    /// The commands, from left to right.
    pub commands: Vec<Command>,
}

/// One command and where its input and output go.
#[derive(PartialEq, Eq, Debug)]
pub struct Command {
    /// What it is.
    pub kind: Kind,
    /// Its redirections, in order.
    pub redirects: Vec<Redirect>,
}

/// The kinds of commands.
#[derive(PartialEq, Eq, Debug)]
pub enum Kind {
    /// `NAME=value program argument`.
    Simple {
        /// Assignments before the first word.
        assigns: Vec<(String, Word)>,
        /// The words.
        words: Vec<Word>,
    },
    /// `{ list; }`.
    Group(List),
    /// `( list )`.
    Subshell(List),
    /// `if list; then list; elif …; else list; fi`.
    If {
        /// Condition and what to do, in order.
        arms: Vec<(List, List)>,
        /// What to do otherwise.
        otherwise: List,
    },
    /// `while list; do list; done`, or `until`.
    Loop {
        /// The condition.
        condition: List,
        /// Ends when the condition succeeds.
        until: bool,
        /// What is repeated.
        body: List,
    },
    /// `for name in words; do list; done`.
    For {
        /// The variable.
        name: String,
        /// The words; `None` without `in`: the arguments.
        words: Option<Vec<Word>>,
        /// What is repeated.
        body: List,
    },
    /// `case word in pattern) list;; esac`.
    Case {
        /// What is compared.
        word: Word,
        /// Patterns and what to do.
        arms: Vec<(Vec<Word>, List)>,
    },
    /// `name() command`.
    Function {
        /// Its name.
        name: String,
        /// What it does.
        body: Rc<Command>,
    },
}

/// Where a redirection goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `>&` or `<&`
    Duplicate,
}

/// `2> file`.
#[derive(PartialEq, Eq, Debug)]
pub struct Redirect {
    /// Which descriptor.
    pub fd: i32,
    /// How.
    pub direction: Direction,
    /// What to; for [`Direction::Duplicate`] a number or `-`.
    pub target: Word,
}

/// A word: what is written together.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Word(pub Vec<Part>);

/// A part of a word. What is `quoted` is neither split nor a pattern.
#[derive(PartialEq, Eq, Debug)]
pub enum Part {
    /// As it stands.
    Text {
        /// The text.
        text: String,
        /// Inside quotes.
        quoted: bool,
    },
    /// `$name`, `${name:-word}`.
    Parameter {
        /// The name, or one of `? $ ! # @ * 0 1 …`.
        name: String,
        /// What to make of its value.
        change: Option<Change>,
        /// Inside quotes.
        quoted: bool,
    },
    /// `$(list)`.
    Output {
        /// The commands.
        list: List,
        /// Inside quotes.
        quoted: bool,
    },
    /// `$((expression))`.
    Arithmetic {
        /// The expression.
        word: Word,
        /// Inside quotes.
        quoted: bool,
    },
}

/// What `${name…}` does with the value.
#[derive(PartialEq, Eq, Debug)]
pub enum Change {
    /// `${#name}`: its length.
    Length,
    /// `-`, `=`, `?`, `+`; with a colon (`empty`), an empty value counts as none.
    Default {
        /// Which of the four.
        how: char,
        /// Written with a colon.
        empty: bool,
        /// The word behind it.
        word: Word,
    },
    /// `#`, `##`, `%`, `%%`: without what the pattern matches at the start or end.
    Trim {
        /// At the end.
        end: bool,
        /// As much as possible.
        longest: bool,
        /// The pattern.
        word: Word,
    },
}

impl Word {
    /// The text of a word that is a bare, unquoted text: a reserved word can be nothing else.
    pub fn bare(&self) -> Option<&str> {
        match &self.0[..] {
            [
                Part::Text {
                    text,
                    quoted: false,
                },
            ] => Some(text),
            _ => None,
        }
    }
}
