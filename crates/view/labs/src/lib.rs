//! Lessons: parse, check, play and grade them.
//!
//! A lab is one Markdown file with front matter and typed TOML blocks (`labs/README.md` says
//! how to write one). It holds no program: what it wants to be true of the machine it says in
//! [conditions](condition), whose paths lead into the machine's facts. So a lab from anywhere
//! can be opened without fear, checked without being run, and translated without being broken.
//!
//! Because the machine is deterministic, what a student did is a few hundred bytes: which
//! inputs came at which moment. To grade is to do the same again and to look.
//!
//! | module | what |
//! |---|---|
//! | [`lab`] | a lab as plain data |
//! | [`prose`] | Markdown as a tree that is safe to draw |
//! | `parse` | from a file to a lab, with complaints |
//! | [`condition`] | what has to be true of the machine |
//! | [`check()`] | is it a lab, and does it teach? |
//! | [`diagnostic`], [`rules`] | what is wrong, where, and which rule says so |
//! | [`course`], [`world`] | which labs and scenarios there are |

#![forbid(unsafe_code)]

pub mod answer;
mod check;
pub mod condition;
pub mod course;
pub mod diagnostic;
pub mod lab;
mod near;
mod parse;
pub mod prose;
pub mod rules;
pub mod source;
pub mod world;

pub use answer::Answer;
pub use check::{check, course as check_course, playable, read};
pub use diagnostic::Diagnostic;
pub use lab::Lab;
pub use world::World;
