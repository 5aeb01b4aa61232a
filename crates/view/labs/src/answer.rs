//! What a student answers, and all answers so far.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::condition::Value;

/// An answer to a question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// A number.
    Number(i64),
    /// An option's id.
    One(String),
    /// Several options' ids: in any order for `multi`, in this order for `order`.
    Many(Vec<String>),
}

impl Answer {
    /// As an assertion sees it: `answer['id'] == 'a'`.
    pub fn value(&self) -> Value {
        match self {
            Self::Number(number) => Value::Int((*number).into()),
            Self::One(id) => Value::Text(id.clone()),
            Self::Many(ids) => Value::Text(ids.join(",")),
        }
    }
}

/// What became of a question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answered {
    /// The last answer.
    pub answer: Answer,
    /// How sure the student was, 0 to 100, if that was asked. Never graded.
    pub sure: Option<u8>,
    /// Whether it is right, if that can be told yet.
    pub right: Option<bool>,
    /// How many answers there were.
    pub tries: u32,
}

/// All answers so far, by question.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Answers(pub BTreeMap<String, Answered>);

impl Answers {
    /// The answer to a question.
    pub fn get(&self, id: &str) -> Option<&Answered> {
        self.0.get(id)
    }

    /// The answer as an assertion sees it.
    pub fn value(&self, id: &str) -> Option<Value> {
        self.get(id).map(|it| it.answer.value())
    }
}
