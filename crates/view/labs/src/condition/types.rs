//! From names to meanings: every path is followed through the schema before anything runs.

use std::ops::Range;

use super::Fault;
use super::grammar::{
    Arithmetic, FilterTest, Literal, Node, Op, Part, PartWhat, RawFilter, Sentence, What,
};
use super::schema::{SCHEMA, Type, event_kinds};
use crate::near::nearest;
use crate::rules;
use crate::world::Place;

/// What the answer to a question is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// An option's id; several are joined by commas.
    Text,
    /// A number.
    Number,
}

/// What an assertion may speak of besides facts and events.
#[derive(Clone, Default, Debug)]
pub struct Scope {
    /// The lab's questions.
    pub answers: Vec<(String, Answer)>,
    /// The lab's scenario, if it is known.
    pub place: Option<Place>,
}

/// A condition, understood.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Test {
    /// A yes, or something that is there.
    Holds(Expr),
    Compare(Expr, Op, Expr),
    In(Expr, Vec<Literal>),
    Matches(Expr, String),
    Near(Expr, Expr, Expr),
}

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Expr {
    Literal(Literal),
    Path(Path),
    Calculation(Box<Expr>, Arithmetic, Box<Expr>),
}

/// A way through the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// How it goes on.
    pub steps: Vec<Step>,
}

/// Where a path begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Root {
    /// At the list of machines.
    Machines,
    /// At the list of events, or of those of one kind.
    Events(Option<String>),
    /// At the list of consoles.
    Consoles,
    /// At the answer to a question.
    Answer(String),
}

/// How a path goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Step {
    Field(String),
    /// The first element whose field is this text.
    Pick(&'static str, String),
    Filter(Vec<Filter>),
    Count,
    Sum,
    Max,
    First,
    Last,
}

/// What a filter asks.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Filter {
    pub field: String,
    pub test: FilterTest,
}

/// How many there are of a type.
#[derive(Clone, Copy)]
enum Shape<'a> {
    One(&'a Type),
    Many(&'a Type),
}

impl Test {
    /// All paths that it speaks of.
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        let (first, second, third) = match self {
            Self::Holds(one) | Self::In(one, _) | Self::Matches(one, _) => (one, None, None),
            Self::Compare(left, _, right) => (left, Some(right), None),
            Self::Near(left, middle, right) => (left, Some(middle), Some(right)),
        };
        for expr in [Some(first), second, third].into_iter().flatten() {
            expr.paths(&mut paths);
        }
        paths
    }
}

impl Expr {
    fn paths<'a>(&'a self, into: &mut Vec<&'a Path>) {
        match self {
            Self::Literal(_) => {}
            Self::Path(path) => into.push(path),
            Self::Calculation(left, _, right) => {
                left.paths(into);
                right.paths(into);
            }
        }
    }
}

impl Path {
    /// Whether it leads to events that only a watched run notices.
    pub fn is_watched(&self) -> bool {
        matches!(&self.root, Root::Events(kind) if kind.as_deref() != Some("life"))
    }
}

/// Understands a sentence.
///
/// # Errors
/// The first thing in it that does not exist or does not fit.
pub fn test(sentence: &Sentence, scope: &Scope) -> Result<Test, Fault> {
    Ok(match sentence {
        Sentence::Holds(node) => match understood(node, scope)? {
            (expr, Kind::Bool | Kind::Thing) => Test::Holds(expr),
            (_, kind) => {
                let message = format!("this is {}, not a statement", kind.name());
                return Err(Fault::new(rules::TYPE, node.at.clone(), message)
                    .help("compare it with something: `== 1`, `!= 'web'`"));
            }
        },
        Sentence::Compare(left, op, right) => {
            let (left_expr, a) = scalar(left, scope)?;
            let (right_expr, b) = scalar(right, scope)?;
            alike(a, b, right.at.clone())?;
            if a != Kind::Int && !matches!(op, Op::Equal | Op::Differs) {
                let message = format!("{} has no order", a.name());
                return Err(Fault::new(rules::TYPE, left.at.clone(), message)
                    .help("only numbers can be less or more than others"));
            }
            Test::Compare(left_expr, *op, right_expr)
        }
        Sentence::In(node, list) => {
            let (expr, kind) = scalar(node, scope)?;
            for (literal, at) in list {
                alike(kind, Kind::of(literal), at.clone())?;
            }
            Test::In(
                expr,
                list.iter().map(|(literal, _)| literal.clone()).collect(),
            )
        }
        Sentence::Matches(node, pattern) => {
            let (expr, kind) = scalar(node, scope)?;
            if kind != Kind::Text {
                let message = format!("a pattern is for texts, and this is {}", kind.name());
                return Err(Fault::new(rules::TYPE, node.at.clone(), message));
            }
            Test::Matches(expr, pattern.clone())
        }
        Sentence::Near(left, middle, tolerance) => {
            let number = |node: &Node| match scalar(node, scope)? {
                (expr, Kind::Int) => Ok(expr),
                (_, kind) => {
                    let message = format!("`~` compares numbers, and this is {}", kind.name());
                    Err(Fault::new(rules::TYPE, node.at.clone(), message))
                }
            };
            Test::Near(number(left)?, number(middle)?, number(tolerance)?)
        }
    })
}

/// Understands a value that can be shown: a number, a text, yes or no.
///
/// # Errors
/// See [`test`].
pub fn value(node: &Node, scope: &Scope) -> Result<(Expr, bool), Fault> {
    let (expr, kind) = scalar(node, scope)?;
    Ok((expr, kind == Kind::Int))
}

/// What a value is, when it is one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Text,
    /// A record: it can only be there or not.
    Thing,
}

impl Kind {
    fn of(literal: &Literal) -> Self {
        match literal {
            Literal::Int(_) => Self::Int,
            Literal::Bool(_) => Self::Bool,
            Literal::Text(_) => Self::Text,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bool => "yes or no",
            Self::Int => "a number",
            Self::Text => "a text",
            Self::Thing => "a record",
        }
    }
}

fn alike(a: Kind, b: Kind, at: Range<usize>) -> Result<(), Fault> {
    if a == b {
        return Ok(());
    }
    let message = format!("{} is compared with {}", a.name(), b.name());
    Err(Fault::new(rules::TYPE, at, message).label(format!("this is {}", b.name())))
}

fn scalar(node: &Node, scope: &Scope) -> Result<(Expr, Kind), Fault> {
    let (expr, kind) = understood(node, scope)?;
    if kind == Kind::Thing {
        let at = node.at.end..node.at.end;
        let message = "this leads to a record, not to a value";
        return Err(Fault::new(rules::TYPE, at, message).help("say which of its fields"));
    }
    Ok((expr, kind))
}

fn understood(node: &Node, scope: &Scope) -> Result<(Expr, Kind), Fault> {
    Ok(match &node.what {
        What::Literal(literal) => (Expr::Literal(literal.clone()), Kind::of(literal)),
        What::Calculation(left, sign, right) => {
            let mut sides = Vec::new();
            for side in [left, right] {
                let (expr, kind) = scalar(side, scope)?;
                if kind != Kind::Int {
                    let message = format!("{} cannot be calculated with", kind.name());
                    return Err(Fault::new(rules::TYPE, side.at.clone(), message));
                }
                sides.push(Box::new(expr));
            }
            let (Some(right), Some(left)) = (sides.pop(), sides.pop()) else {
                unreachable!("there are two sides")
            };
            (Expr::Calculation(left, *sign, right), Kind::Int)
        }
        What::Path(parts) => {
            let (path, shape) = path(parts, scope)?;
            let kind = match shape {
                Shape::One(Type::Bool) => Kind::Bool,
                Shape::One(Type::Int) => Kind::Int,
                Shape::One(Type::Text) => Kind::Text,
                Shape::One(Type::Record(_) | Type::List(_)) => Kind::Thing,
                Shape::Many(element) => return Err(many(element, node)),
            };
            (Expr::Path(path), kind)
        }
    })
}

fn many(element: &Type, node: &Node) -> Fault {
    let at = node.at.clone();
    let fault = Fault::new(rules::TYPE, at, "this is a list, and one value is needed");
    match element.key() {
        Some(key) => fault.help(format!(
            "choose an element (`['{key}']`, `.first`, `.last`), or say `.count`"
        )),
        None => fault.help("say `.sum`, `.max`, `.first`, `.last` or `.count`"),
    }
}

fn path(parts: &[Part], scope: &Scope) -> Result<(Path, Shape<'static>), Fault> {
    let [first, rest @ ..] = parts else {
        unreachable!("a path begins with a name")
    };
    let PartWhat::Name(name) = &first.what else {
        unreachable!("a path begins with a name")
    };
    let schema = &*SCHEMA;
    let Type::List(machine) = &schema.machine else {
        unreachable!("there is a list of machines")
    };
    let (root, list) = match name.as_str() {
        "machine" => (Root::Machines, &schema.machine),
        "console" => (Root::Consoles, &schema.console),
        "events" => return events(rest, scope),
        "answer" => return answer(first, rest, scope),
        // A machine's own field: of the first machine.
        _ if machine.field(name).is_some() => {
            let path = Path {
                root: Root::Machines,
                steps: vec![Step::First],
            };
            return follow(path, Shape::One(machine), parts, scope);
        }
        _ => {
            let roots = ["machine", "console", "events", "answer"];
            let known = roots.into_iter().chain(machine.fields());
            let message = format!("nothing is called `{name}`");
            return Err(Fault::new(rules::UNKNOWN_FIELD, first.at.clone(), message)
                .label(format!("paths begin with {}", joined(known.clone())))
                .meant(nearest(name, known)));
        }
    };
    let Type::List(element) = list else {
        unreachable!("roots are lists")
    };
    let path = Path {
        root,
        steps: Vec::new(),
    };
    follow(path, Shape::Many(element), rest, scope)
}

fn events(rest: &[Part], scope: &Scope) -> Result<(Path, Shape<'static>), Fault> {
    let Type::List(element) = &SCHEMA.events else {
        unreachable!("events are a list")
    };
    let (mut kind, mut rest) = (None, rest);
    // `.count` and the like belong to all events; any other name is a kind.
    if let [first, others @ ..] = rest
        && let PartWhat::Name(name) = &first.what
        && aggregate(name).is_none()
        && element.field(name).is_none()
    {
        let kinds: Vec<String> = event_kinds().map(|(name, _)| name).collect();
        if !kinds.contains(name) {
            let known = kinds.iter().map(String::as_str);
            let message = format!("there are no events of kind `{name}`");
            return Err(Fault::new(rules::UNKNOWN_FIELD, first.at.clone(), message)
                .label(format!("kinds: {}", joined(known.clone())))
                .meant(nearest(name, known)));
        }
        kind = Some(name.clone());
        rest = others;
    }
    let path = Path {
        root: Root::Events(kind),
        steps: Vec::new(),
    };
    follow(path, Shape::Many(element), rest, scope)
}

fn answer(first: &Part, rest: &[Part], scope: &Scope) -> Result<(Path, Shape<'static>), Fault> {
    let [key] = rest else {
        let at = first.at.clone();
        return Err(Fault::new(
            rules::SYNTAX,
            at,
            "say whose answer: `answer['id']`",
        ));
    };
    let PartWhat::Key(id) = &key.what else {
        let at = key.at.clone();
        return Err(Fault::new(
            rules::SYNTAX,
            at,
            "say whose answer: `answer['id']`",
        ));
    };
    let Some((_, kind)) = scope.answers.iter().find(|(known, _)| known == id) else {
        let known = scope.answers.iter().map(|(id, _)| id.as_str());
        let message = format!("no question has the id `{id}`");
        return Err(
            Fault::new(rules::UNKNOWN_ID, key.at.clone(), message).meant(nearest(id, known))
        );
    };
    let path = Path {
        root: Root::Answer(id.clone()),
        steps: Vec::new(),
    };
    Ok(match kind {
        Answer::Text => (path, Shape::One(&Type::Text)),
        Answer::Number => (path, Shape::One(&Type::Int)),
    })
}

/// Follows the rest of a path.
fn follow(
    mut path: Path,
    mut shape: Shape<'static>,
    parts: &[Part],
    scope: &Scope,
) -> Result<(Path, Shape<'static>), Fault> {
    for part in parts {
        let (step, next) = match &part.what {
            PartWhat::Name(name) => {
                there(&path, name, part, scope)?;
                named(name, shape, part)?
            }
            PartWhat::Key(text) => {
                let (step, next) = picked(text, shape, part)?;
                in_place(&path, text, part, scope)?;
                (step, next)
            }
            PartWhat::Filter(filters) => filtered(filters, shape, part)?,
        };
        path.steps.push(step);
        shape = next;
    }
    Ok((path, shape))
}

fn aggregate(name: &str) -> Option<Step> {
    Some(match name {
        "count" => Step::Count,
        "sum" => Step::Sum,
        "max" => Step::Max,
        "first" => Step::First,
        "last" => Step::Last,
        _ => return None,
    })
}

fn named(name: &str, shape: Shape<'static>, part: &Part) -> Result<(Step, Shape<'static>), Fault> {
    let (kind, is_list) = match shape {
        Shape::One(kind) => (kind, false),
        Shape::Many(kind) => (kind, true),
    };
    // A field wins: `exit['IN/OUT'].count` is the number of exits.
    if let Some(field) = kind.field(name) {
        let step = Step::Field(name.to_owned());
        return Ok(match (field, is_list) {
            (Type::List(element), _) => (step, Shape::Many(element)),
            (field, true) => (step, Shape::Many(field)),
            (field, false) => (step, Shape::One(field)),
        });
    }
    let fault = |message: String| Fault::new(rules::UNKNOWN_FIELD, part.at.clone(), message);
    if is_list && let Some(step) = aggregate(name) {
        let next = match (&step, kind) {
            (Step::Count, _) => Shape::One(&Type::Int),
            (Step::Sum | Step::Max, Type::Int) => Shape::One(&Type::Int),
            (Step::Sum | Step::Max, _) => {
                let message = format!("`{name}` is for numbers");
                return Err(Fault::new(rules::TYPE, part.at.clone(), message)
                    .help("say of which field, as in `task.faults.sum`"));
            }
            _ => Shape::One(kind),
        };
        return Ok((step, next));
    }
    let mut known = kind.fields();
    if is_list {
        known.extend(["count", "first", "last"]);
    }
    if known.is_empty() {
        let what = kind.name();
        return Err(fault(format!("{what} has no field `{name}`")));
    }
    Err(fault(format!("there is no field `{name}`"))
        .label(format!("has: {}", joined(known.iter().copied())))
        .meant(nearest(name, known.iter().copied())))
}

fn picked(text: &str, shape: Shape<'static>, part: &Part) -> Result<(Step, Shape<'static>), Fault> {
    let Shape::Many(element) = shape else {
        return Err(not_a_list(part));
    };
    let Some(key) = element.key() else {
        return Err(Fault::new(
            rules::FILTER,
            part.at.clone(),
            "the elements of this list have no names",
        ));
    };
    Ok((Step::Pick(key, text.to_owned()), Shape::One(element)))
}

fn not_a_list(part: &Part) -> Fault {
    let message = "brackets choose from a list, and this is none";
    Fault::new(rules::TYPE, part.at.clone(), message)
}

fn filtered(
    filters: &[RawFilter],
    shape: Shape<'static>,
    part: &Part,
) -> Result<(Step, Shape<'static>), Fault> {
    let Shape::Many(element) = shape else {
        return Err(not_a_list(part));
    };
    let mut known = element.fields();
    known.retain(|name| {
        !matches!(
            element.field(name),
            Some(Type::List(_) | Type::Record(_)) | None
        )
    });
    let mut all = Vec::new();
    for filter in filters {
        let name = filter.field.as_str();
        let Some(kind) = element.field(name).filter(|_| known.contains(&name)) else {
            let message = format!("elements of this list have no field `{name}` to filter by");
            return Err(Fault::new(rules::FILTER, filter.at.clone(), message)
                .label(format!("has: {}", joined(known.iter().copied())))
                .meant(nearest(name, known.iter().copied())));
        };
        let fits = match (&filter.test, kind) {
            (FilterTest::Matches(_), Type::Text) => true,
            (FilterTest::Matches(_), _) => false,
            (FilterTest::Is(_, Literal::Int(_)), Type::Int) => true,
            (FilterTest::Is(Op::Equal | Op::Differs, literal), _) => matches!(
                (literal, kind),
                (Literal::Bool(_), Type::Bool) | (Literal::Text(_), Type::Text)
            ),
            _ => false,
        };
        if !fits {
            let message = format!("`{name}` is {}", kind.name());
            let at = match filter.value_at.is_empty() {
                true => filter.at.clone(),
                false => filter.value_at.clone(),
            };
            return Err(Fault::new(rules::TYPE, at, message).label("this does not fit"));
        }
        all.push(Filter {
            field: filter.field.clone(),
            test: filter.test.clone(),
        });
    }
    Ok((Step::Filter(all), Shape::Many(element)))
}

/// Whether a machine, VM or console of this name is in the scenario.
fn in_place(path: &Path, text: &str, part: &Part, scope: &Scope) -> Result<(), Fault> {
    let Some(place) = &scope.place else {
        return Ok(());
    };
    let last = path.steps.last();
    let (what, known) = match (&path.root, last) {
        (Root::Machines, None) => ("machine", place.machine_ids()),
        (Root::Machines, Some(Step::Field(field))) if field == "vm" => ("VM", place.vm_names()),
        (Root::Consoles, None) => ("console", place.consoles.clone()),
        _ => return Ok(()),
    };
    if known.iter().any(|it| it == text) {
        return Ok(());
    }
    let known = known.iter().map(String::as_str);
    let message = format!("scenario `{}` has no {what} `{text}`", place.id);
    let rule = if what == "console" {
        rules::CONSOLE
    } else {
        rules::MACHINE
    };
    Err(Fault::new(rule, part.at.clone(), message)
        .label(format!("has: {}", joined(known.clone())))
        .meant(nearest(text, known)))
}

/// Whether the machine has what stands first on it: a kernel or a hypervisor.
fn there(path: &Path, name: &str, part: &Part, scope: &Scope) -> Result<(), Fault> {
    let (Root::Machines, Some(place)) = (&path.root, &scope.place) else {
        return Ok(());
    };
    let machine = match &path.steps[..] {
        [Step::First] => place.machines.first(),
        [Step::Pick(_, id)] => place.machines.iter().find(|it| it.id == *id),
        _ => None,
    };
    let Some(machine) = machine else {
        return Ok(());
    };
    let (what, help) = match (name, machine.hypervisor) {
        ("kernel", true) => (
            "a hypervisor",
            "its kernels are `hypervisor.vm['NAME'].kernel`",
        ),
        ("hypervisor", false) => ("a kernel", "it has no hypervisor below: say `kernel`"),
        _ => return Ok(()),
    };
    let message = format!("on machine `{}` of this scenario runs {what}", machine.id);
    Err(Fault::new(rules::MACHINE, part.at.clone(), message).help(help))
}

fn joined<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    match words.is_empty() {
        true => "none".into(),
        false => words.join(", "),
    }
}
