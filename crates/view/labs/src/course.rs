//! The course: which labs there are, in which order, and what people wrongly believe.
//!
//! The files lie in `labs/` and are compiled in, so that the page needs nothing after load.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A lab that is built in: its folder's name, its text, and its recorded solution.
pub struct BuiltIn {
    /// Id.
    pub id: &'static str,
    /// `lab.md`.
    pub text: &'static str,
    /// `solution.toml`.
    pub solution: &'static str,
}

macro_rules! labs {
    ($($id:literal),* $(,)?) => {
        /// The labs that are built in. One row each.
        pub const LABS: &[BuiltIn] = &[$(BuiltIn {
            id: $id,
            text: include_str!(concat!("../../../../labs/", $id, "/lab.md")),
            solution: include_str!(concat!("../../../../labs/", $id, "/solution.toml")),
        }),*];
    };
}

labs! {}

const COURSE: &str = include_str!("../../../../labs/course.toml");

/// A part of a course.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What it is called.
    pub title: String,
    /// Ids of its labs, in order.
    pub labs: Vec<String>,
}

/// A course.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// What it is called.
    pub title: String,
    /// What it is about, in a sentence or two.
    pub about: String,
    /// Its parts, in order.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
    /// What people wrongly believe: id, and what is true instead.
    pub misconceptions: BTreeMap<String, String>,
}

impl Course {
    /// Reads a course's file.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The course that is built in.
    ///
    /// # Panics
    /// If `labs/course.toml` is broken: a test sees to it.
    pub fn built_in() -> Self {
        Self::parse(COURSE).expect("labs/course.toml is a course")
    }

    /// Ids of all labs, in order.
    pub fn labs(&self) -> impl Iterator<Item = &str> {
        self.parts
            .iter()
            .flat_map(|part| part.labs.iter().map(String::as_str))
    }
}

/// The built-in lab of this id.
pub fn lab(id: &str) -> Option<&'static BuiltIn> {
    LABS.iter().find(|lab| lab.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_course_names_exactly_the_labs_that_are_built_in() {
        let course = Course::built_in();
        let named: Vec<_> = course.labs().collect();
        let there: Vec<_> = LABS.iter().map(|lab| lab.id).collect();
        assert_eq!(named, there);
    }
}
