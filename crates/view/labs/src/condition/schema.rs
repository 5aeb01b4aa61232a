//! What there is to speak of: the types of all paths.
//!
//! The schema is read off a sample in which every list has an element and every option is
//! filled. A test holds the sample to that, so `Facts` cannot grow a part that no assertion
//! can reach.

use std::sync::LazyLock;

use scene::facts::{
    CgroupFacts, ContainerFacts, ExitFacts, HypervisorFacts, KernelFacts, MachineFacts, TaskFacts,
    VmFacts,
};
use scene::{Facts, Happening, HappeningKind};

use super::value::Value;

/// The type of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    /// Yes or no.
    Bool,
    /// A number.
    Int,
    /// A text.
    Text,
    /// Any number of the same.
    List(Box<Type>),
    /// Named fields.
    Record(Vec<(&'static str, Type)>),
}

/// Fields by which a list's elements are told apart: `task['sh']` is `task[name='sh']`.
const KEYS: [&str; 5] = ["name", "path", "id", "reason", "title"];

impl Type {
    fn of(value: &Value) -> Self {
        match value {
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int,
            Value::Text(_) => Self::Text,
            Value::List(parts) => Self::List(Box::new(Self::of(&parts[0]))),
            Value::Record(fields) => Self::Record(
                fields
                    .iter()
                    .map(|(name, value)| (*name, Self::of(value)))
                    .collect(),
            ),
            Value::Nothing => unreachable!("the sample leaves nothing out"),
        }
    }

    /// What to call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bool => "yes or no",
            Self::Int => "a number",
            Self::Text => "a text",
            Self::List(_) => "a list",
            Self::Record(_) => "a record",
        }
    }

    /// The field of a record.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Record(fields) => fields
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, kind)| kind),
            _ => None,
        }
    }

    /// The names of a record's fields.
    pub fn fields(&self) -> Vec<&'static str> {
        match self {
            Self::Record(fields) => fields.iter().map(|(name, _)| *name).collect(),
            _ => Vec::new(),
        }
    }

    /// The field by which elements of this type are told apart.
    pub fn key(&self) -> Option<&'static str> {
        KEYS.into_iter()
            .find(|key| matches!(self.field(key), Some(Self::Text)))
    }
}

/// The types of all roots.
pub struct Schema {
    /// A list of machines.
    pub machine: Type,
    /// A list of happenings.
    pub events: Type,
    /// A list of consoles.
    pub console: Type,
}

/// The one schema.
pub static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let list = |element: &Value| Type::List(Box::new(Type::of(element)));
    Schema {
        machine: list(&Value::of(&sample().machine[0])),
        events: list(&Value::of(&event())),
        console: list(&console("", "", 0)),
    }
});

/// A console as assertions see it.
pub fn console(id: &str, text: &str, bytes: u64) -> Value {
    Value::Record(vec![
        ("id", Value::Text(id.into())),
        ("text", Value::Text(text.into())),
        ("bytes", Value::Int(bytes.into())),
    ])
}

/// The kinds of events, as in `events.trap`.
pub fn event_kinds() -> impl Iterator<Item = (String, HappeningKind)> {
    HappeningKind::ALL.into_iter().filter_map(|kind| {
        let name = Value::of(&kind);
        Some((name.text()?.to_owned(), kind))
    })
}

fn event() -> Happening {
    Happening {
        moment: 0,
        machine: String::new(),
        kind: HappeningKind::Trap,
        title: String::new(),
        sentence: String::new(),
        from: String::new(),
        to: String::new(),
    }
}

/// Facts with one of everything.
fn sample() -> Facts {
    let kernel = || KernelFacts {
        task: vec![TaskFacts::default()],
        cgroup: vec![CgroupFacts::default()],
        container: vec![ContainerFacts::default()],
        ..KernelFacts::default()
    };
    let vm = VmFacts {
        exit: vec![ExitFacts::default()],
        kernel: Some(kernel()),
        ..VmFacts::default()
    };
    let machine = MachineFacts {
        kernel: Some(kernel()),
        hypervisor: Some(HypervisorFacts {
            vm: vec![vm],
            ..HypervisorFacts::default()
        }),
        ..MachineFacts::default()
    };
    Facts {
        machine: vec![machine],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths of what a value leaves out.
    fn gaps(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Nothing => found.push(path.into()),
            Value::List(parts) if parts.is_empty() => found.push(path.into()),
            Value::List(parts) => gaps(&parts[0], path, found),
            Value::Record(fields) => fields
                .iter()
                .for_each(|(name, value)| gaps(value, &format!("{path}.{name}"), found)),
            _ => {}
        }
    }

    #[test]
    fn the_sample_leaves_nothing_out() {
        let mut found = Vec::new();
        gaps(&Value::of(&sample()), "facts", &mut found);
        assert_eq!(
            found,
            Vec::<String>::new(),
            "give sample() one of each of these"
        );
    }

    #[test]
    fn every_list_of_records_has_a_key() {
        fn walk(kind: &Type, path: &str) {
            match kind {
                Type::List(element) => {
                    assert!(element.key().is_some(), "{path} has no key");
                    walk(element, path);
                }
                Type::Record(fields) => {
                    for (name, kind) in fields {
                        walk(kind, &format!("{path}.{name}"));
                    }
                }
                _ => {}
            }
        }
        walk(&SCHEMA.machine, "machine");
        walk(&SCHEMA.events, "events");
        walk(&SCHEMA.console, "console");
    }

    #[test]
    fn event_kinds_have_the_names_of_the_wire() {
        let names: Vec<_> = event_kinds().map(|(name, _)| name).collect();
        assert_eq!(names.len(), HappeningKind::ALL.len());
        assert!(names.contains(&"syscall".to_owned()), "{names:?}");
    }
}
