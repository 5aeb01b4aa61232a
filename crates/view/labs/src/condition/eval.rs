//! From meanings to true or false.

use scene::{Happening, Moment};

use super::glob::matches;
use super::grammar::{Arithmetic, FilterTest, Literal, Op};
use super::types::{Expr, Filter, Path, Root, Step, Test};
use super::value::Value;
use crate::answer::Answers;

/// What a condition looks at.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// [`Facts`](scene::Facts) as a tree.
    pub facts: &'a Value,
    /// What has happened, oldest first.
    pub events: &'a [Happening],
    /// Events at or after this moment have not happened yet.
    pub until: Moment,
    /// A list of consoles.
    pub consoles: &'a Value,
    /// What has been answered.
    pub answers: &'a Answers,
}

/// What a path leads to.
enum Found<'a> {
    Nothing,
    One(&'a Value),
    Made(Value),
    Many(Vec<&'a Value>),
    /// Events are few of many: only those that are asked for become values.
    Events(Vec<&'a Happening>),
}

/// Whether the test holds.
pub fn holds(test: &Test, sight: &Sight<'_>) -> bool {
    match test {
        Test::Holds(expr) => match value(expr, sight) {
            Some(Value::Bool(yes)) => yes,
            found => found.is_some(),
        },
        Test::Compare(left, op, right) => match (value(left, sight), value(right, sight)) {
            (Some(left), Some(right)) => compare(&left, *op, &right),
            _ => false,
        },
        Test::In(expr, list) => value(expr, sight).is_some_and(|value| {
            list.iter()
                .any(|it| compare(&value, Op::Equal, &it.value()))
        }),
        Test::Matches(expr, pattern) => {
            value(expr, sight).is_some_and(|it| it.text().is_some_and(|it| matches(pattern, it)))
        }
        Test::Near(left, middle, tolerance) => {
            let number = |expr| value(expr, sight).and_then(|value| integer(&value));
            match (number(left), number(middle), number(tolerance)) {
                (Some(left), Some(middle), Some(tolerance)) => {
                    left.saturating_sub(middle).saturating_abs() <= tolerance
                }
                _ => false,
            }
        }
    }
}

/// The value of an expression, if everything that it speaks of is there.
pub fn value(expr: &Expr, sight: &Sight<'_>) -> Option<Value> {
    match expr {
        Expr::Literal(literal) => Some(literal.value()),
        Expr::Path(path) => match found(path, sight) {
            Found::One(Value::Nothing) | Found::Nothing => None,
            Found::One(value) => Some(value.clone()),
            Found::Made(value) => Some(value),
            Found::Many(_) | Found::Events(_) => None,
        },
        Expr::Calculation(left, sign, right) => {
            let left = integer(&value(left, sight)?)?;
            let right = integer(&value(right, sight)?)?;
            let result = match sign {
                Arithmetic::Plus => left.saturating_add(right),
                Arithmetic::Minus => left.saturating_sub(right),
                Arithmetic::Times => left.saturating_mul(right),
                Arithmetic::Over => left.checked_div(right)?,
            };
            Some(Value::Int(result))
        }
    }
}

/// The moment of the first event that a path leads to.
pub fn first_event(path: &Path, sight: &Sight<'_>) -> Option<Moment> {
    if !matches!(path.root, Root::Events(_)) {
        return None;
    }
    let filters = path
        .steps
        .iter()
        .take_while(|step| matches!(step, Step::Filter(_) | Step::Pick(..)))
        .count();
    let cut = Path {
        root: path.root.clone(),
        steps: path.steps[..filters].to_vec(),
    };
    match found(&cut, sight) {
        Found::Events(events) => events.first().map(|event| event.moment),
        Found::Made(event) => event.field("moment").and_then(integer)?.try_into().ok(),
        _ => None,
    }
}

impl Literal {
    /// As a value.
    pub fn value(&self) -> Value {
        match self {
            Self::Int(number) => Value::Int(*number),
            Self::Bool(yes) => Value::Bool(*yes),
            Self::Text(text) => Value::Text(text.clone()),
        }
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

fn compare(left: &Value, op: Op, right: &Value) -> bool {
    match (op, left, right) {
        (Op::Equal, ..) => left == right,
        (Op::Differs, ..) => left != right,
        (_, Value::Int(left), Value::Int(right)) => match op {
            Op::Less => left < right,
            Op::AtMost => left <= right,
            Op::More => left > right,
            _ => left >= right,
        },
        _ => false,
    }
}

fn found<'a>(path: &Path, sight: &Sight<'a>) -> Found<'a> {
    let list = |value: &'a Value| match value {
        Value::List(parts) => Found::Many(parts.iter().collect()),
        _ => Found::Nothing,
    };
    let mut found = match &path.root {
        Root::Machines => sight.facts.field("machine").map_or(Found::Nothing, list),
        Root::Consoles => list(sight.consoles),
        Root::Answer(id) => match sight.answers.value(id) {
            Some(value) => Found::Made(value),
            None => Found::Nothing,
        },
        Root::Events(kind) => {
            let known = kind.as_deref().and_then(|name| {
                super::event_kinds()
                    .find(|(known, _)| known == name)
                    .map(|(_, kind)| kind)
            });
            let all = sight
                .events
                .iter()
                .filter(|event| event.moment < sight.until)
                .filter(|event| kind.is_none() || Some(event.kind) == known);
            Found::Events(all.collect())
        }
    };
    for step in &path.steps {
        found = match found {
            Found::Nothing => return Found::Nothing,
            Found::One(value) => one(value, step),
            Found::Made(value) => of_made(value, step),
            Found::Many(values) => many(values, step),
            Found::Events(events) => of_events(events, step),
        };
    }
    found
}

fn made<'a>(value: Option<Value>) -> Found<'a> {
    value.map_or(Found::Nothing, Found::Made)
}

/// A value of its own: a chosen event, or a field of all events.
fn of_made<'a>(value: Value, step: &Step) -> Found<'a> {
    match (value, step) {
        (Value::List(parts), _) => match many(parts.iter().collect(), step) {
            Found::One(value) => Found::Made(value.clone()),
            Found::Made(value) => Found::Made(value),
            _ => Found::Nothing,
        },
        (value, Step::Field(name)) => made(value.field(name).cloned()),
        _ => Found::Nothing,
    }
}

fn one<'a>(value: &'a Value, step: &Step) -> Found<'a> {
    match (value, step) {
        (Value::Record(_), Step::Field(name)) => match value.field(name) {
            Some(Value::List(parts)) => Found::Many(parts.iter().collect()),
            Some(Value::Nothing) | None => Found::Nothing,
            Some(value) => Found::One(value),
        },
        _ => Found::Nothing,
    }
}

fn many<'a>(values: Vec<&'a Value>, step: &Step) -> Found<'a> {
    let integers = || values.iter().filter_map(|value| integer(value));
    match step {
        Step::Field(name) => {
            let fields = values.iter().filter_map(|value| value.field(name));
            Found::Many(
                fields
                    .flat_map(|field| match field {
                        Value::List(parts) => parts.iter().collect(),
                        Value::Nothing => Vec::new(),
                        value => vec![value],
                    })
                    .collect(),
            )
        }
        Step::Pick(key, text) => values
            .into_iter()
            .find(|value| value.field(key).and_then(Value::text) == Some(text))
            .map_or(Found::Nothing, Found::One),
        Step::Filter(filters) => Found::Many(
            values
                .into_iter()
                .filter(|value| filters.iter().all(|filter| passes(value, filter)))
                .collect(),
        ),
        Step::Count => Found::Made(Value::Int(values.len() as i128)),
        Step::Sum => Found::Made(Value::Int(integers().fold(0, i128::saturating_add))),
        Step::Max => made(integers().max().map(Value::Int)),
        Step::First => values.first().map_or(Found::Nothing, |it| Found::One(it)),
        Step::Last => values.last().map_or(Found::Nothing, |it| Found::One(it)),
    }
}

/// Events are compared as they are, and become values only when one is chosen.
fn of_events<'a>(events: Vec<&'a Happening>, step: &Step) -> Found<'a> {
    let chosen = |event: Option<&&Happening>| made(event.map(|event| Value::of(*event)));
    match step {
        Step::Count => Found::Made(Value::Int(events.len() as i128)),
        Step::First => chosen(events.first()),
        Step::Last => chosen(events.last()),
        Step::Filter(filters) => Found::Events(
            events
                .into_iter()
                .filter(|event| {
                    let event = Value::of(*event);
                    filters.iter().all(|filter| passes(&event, filter))
                })
                .collect(),
        ),
        Step::Pick(_, text) => chosen(events.iter().find(|event| event.title == *text)),
        // A field of all of them: only what is made of it can be asked for.
        Step::Field(name) => Found::Made(Value::List(
            events
                .iter()
                .filter_map(|event| Value::of(*event).field(name).cloned())
                .collect(),
        )),
        Step::Sum | Step::Max => Found::Nothing,
    }
}

fn passes(value: &Value, filter: &Filter) -> bool {
    let Some(field) = value.field(&filter.field) else {
        return false;
    };
    match &filter.test {
        FilterTest::Is(op, literal) => compare(field, *op, &literal.value()),
        FilterTest::Matches(pattern) => field.text().is_some_and(|text| matches(pattern, text)),
    }
}
