//! The blocks of a step, one function a kind.

use std::ops::Range;

use scene::HappeningKind;

use super::{Context, Fenced, questions};
use crate::condition::event_kinds;
use crate::diagnostic::Complaints;
use crate::lab::{
    Action, Check, Delta, DeltaOp, Do, Explain, Filter, Goal, Hint, Item, Mark, Observe, Pause,
    Run, Show,
};
use crate::near::nearest;
use crate::parse::table::Reader;
use crate::prose::{self, Inline};
use crate::rules;
use crate::source::Text;

/// The kinds of blocks, and what complaints call them.
const KINDS: [(&str, &str); 9] = [
    ("do", "a `do` block"),
    ("show", "a `show` block"),
    ("predict", "a `predict` block"),
    ("run", "a `run` block"),
    ("observe", "an `observe` block"),
    ("ask", "an `ask` block"),
    ("check", "a `check` block"),
    ("explain", "an `explain` block"),
    ("hint", "a `hint` block"),
];

/// Parts of the page that a lab can point at.
const VIEWS: [&str; 5] = ["stack", "memory", "consoles", "events", "cpu"];

/// How long a command is given before the next thing happens, in ticks: 0.3 s.
const AFTER_TYPING: i64 = 30_000_000;
/// Longer than any lab should make anybody wait.
const LONGEST: i64 = 2_000_000_000;

/// Reads a block.
pub fn read(
    block: &Fenced<'_>,
    context: &mut Context<'_>,
    complaints: &mut Complaints<'_>,
) -> Option<Item> {
    let Some((kind, what)) = KINDS.into_iter().find(|(kind, _)| *kind == block.kind) else {
        let kinds = KINDS.map(|(kind, _)| kind);
        let message = format!("there are no blocks of kind `{}`", block.kind);
        complaints
            .add(rules::UNKNOWN_BLOCK, block.at, message)
            .label(format!("kinds: {}", kinds.join(", ")))
            .meant(nearest(block.kind, kinds));
        return None;
    };
    let table = block.toml.table(complaints)?;
    let mut reader = Reader::new(block.toml, &table, block.at, what, complaints);
    let reader = &mut reader;
    let item = match kind {
        "do" => Item::Do(action(reader, context)),
        "show" => Item::Show(show(reader)),
        "predict" => Item::Predict(questions::read(reader, context, true)),
        "ask" => Item::Ask(questions::read(reader, context, false)),
        "run" => Item::Run(run(reader, context)),
        "observe" => Item::Observe(observe(reader, context)),
        "check" => Item::Check(check(reader, context)),
        "explain" => Item::Explain(Explain {
            id: id(reader, context, false),
            ask: rich(reader, "ask", true),
            at: block.at,
        }),
        _ => Item::Hint(hint(reader, context)),
    };
    reader.end();
    Some(item)
}

/// The id that a block needs.
pub fn id(reader: &mut Reader<'_, '_, '_>, context: &mut Context<'_>, shares: bool) -> String {
    let id = reader.need_text("id");
    context.take_id(&id, shares, reader.complaints);
    id.value
}

/// A line of Markdown in a value.
pub fn rich(reader: &mut Reader<'_, '_, '_>, key: &'static str, needed: bool) -> Vec<Inline> {
    let text = match needed {
        true => Some(reader.need_text(key)),
        false => reader.text(key),
    };
    text.map_or(Vec::new(), |text| line(&text, reader.complaints))
}

fn line(text: &Text, complaints: &mut Complaints<'_>) -> Vec<Inline> {
    prose::line(
        &text.value,
        &|range: Range<usize>| text.place(range),
        complaints,
    )
}

/// Complains unless exactly one of some keys is there.
fn one_of(reader: &mut Reader<'_, '_, '_>, keys: &[&'static str]) {
    let there = keys.iter().filter(|key| reader.has(key)).count();
    if there != 1 {
        let list: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
        let message = format!("this block needs exactly one of {}", list.join(", "));
        let whole = reader.whole();
        reader.complaints.add(rules::EMPTY_BLOCK, whole, message);
    }
}

fn action(reader: &mut Reader<'_, '_, '_>, context: &mut Context<'_>) -> Do {
    let id = id(reader, context, false);
    let button = reader.need_text("button").value;
    one_of(reader, &["shell", "call"]);
    let mut action = Action::Seek(0);
    if let Some(mut shell) = reader.table("shell", "`shell`") {
        let at = shell.need_text("at");
        console(&at, context, shell.complaints);
        let run = shell.need_text("run").value;
        action = Action::Shell { at: at.value, run };
        shell.end();
    }
    if let Some(mut call) = reader.table("call", "`call`") {
        action = called(&mut call);
    }
    let types = matches!(action, Action::Shell { .. });
    let wait = if types { AFTER_TYPING } else { 0 };
    Do {
        id,
        button,
        action,
        wait: reader.number("wait", (0, LONGEST), wait) as u64,
        auto: reader.flag("auto", false),
        at: reader.whole(),
    }
}

fn console(at: &Text, context: &Context<'_>, complaints: &mut Complaints<'_>) {
    let Some(place) = &context.scope.place else {
        return;
    };
    if at.value.is_empty() || place.consoles.contains(&at.value) {
        return;
    }
    let known = place.consoles.iter().map(String::as_str);
    let message = format!("scenario `{}` has no console `{}`", place.id, at.value);
    complaints
        .add(rules::CONSOLE, at.span, message)
        .label(format!("has: {}", place.consoles.join(", ")))
        .meant(nearest(&at.value, known));
}

/// What the engine can be asked to do, besides typing.
fn called(call: &mut Reader<'_, '_, '_>) -> Action {
    let verbs = ["seek", "step", "next", "back"];
    let there: Vec<_> = verbs.into_iter().filter(|verb| call.has(verb)).collect();
    let action = match there[..] {
        ["seek"] => Action::Seek(call.number("seek", (0, LONGEST), 0) as u64),
        ["step"] => Action::Step(call.number("step", (-1_000_000, 1_000_000), 1)),
        ["next"] => Action::Next(filter(call, "next").unwrap_or_default()),
        ["back"] => Action::Back(filter(call, "back").unwrap_or_default()),
        _ => {
            let message = "this is not one action that the engine knows";
            let whole = call.whole();
            call.complaints
                .add(rules::ACTION, whole, message)
                .label("one of: seek, step, next, back");
            return Action::Seek(0);
        }
    };
    call.end();
    action
}

fn filter(reader: &mut Reader<'_, '_, '_>, key: &'static str) -> Option<Filter> {
    let mut table = reader.table(key, "a filter of events")?;
    let mut kinds: Vec<HappeningKind> = Vec::new();
    for text in table.texts("kinds") {
        match event_kinds().find(|(name, _)| *name == text.value) {
            Some((_, kind)) => kinds.push(kind),
            None => {
                let names: Vec<String> = event_kinds().map(|(name, _)| name).collect();
                let message = format!("there are no events of kind `{}`", text.value);
                table
                    .complaints
                    .add(rules::UNKNOWN_FIELD, text.span, message)
                    .label(format!("kinds: {}", names.join(", ")))
                    .meant(nearest(&text.value, names.iter().map(String::as_str)));
            }
        }
    }
    let filter = Filter {
        kinds,
        path: table.text("path").unwrap_or_default().value,
        title: table.text("title").unwrap_or_default().value,
    };
    table.end();
    Some(filter)
}

fn show(reader: &mut Reader<'_, '_, '_>) -> Show {
    let mut views = Vec::new();
    for view in reader.texts("views") {
        if !VIEWS.contains(&view.value.as_str()) {
            let message = format!("the page has no part `{}`", view.value);
            reader
                .complaints
                .add(rules::BAD_VALUE, view.span, message)
                .label(format!("parts: {}", VIEWS.join(", ")))
                .meant(nearest(&view.value, VIEWS));
        }
        views.push(view.value);
    }
    Show {
        focus: reader.text("focus").unwrap_or_default().value,
        views,
        say: rich(reader, "say", false),
    }
}

fn run(reader: &mut Reader<'_, '_, '_>, context: &mut Context<'_>) -> Run {
    let id = id(reader, context, false);
    let button = reader.text("button").map_or("Run".into(), |it| it.value);
    one_of(reader, &["until", "next", "ticks"]);
    let mut goal = Goal::Ticks(1);
    if let Some(text) = reader.text("until")
        && let Some(condition) = context.condition(&text, reader.complaints)
    {
        goal = Goal::Until(condition);
    }
    if let Some(filter) = filter(reader, "next") {
        goal = Goal::Next(filter);
    }
    if reader.has("ticks") {
        goal = Goal::Ticks(reader.number("ticks", (1, LONGEST), 1) as u64);
    }
    let place = &*context;
    let pause_at = reader.each(
        "pause_at",
        "a pause",
        &mut |pause| {
            let text = pause.need_text("when");
            let when = place.condition(&text, pause.complaints);
            let say = rich(pause, "say", false);
            when.map(|when| Pause { when, say })
        },
        Some(&mut |text, complaints| {
            let when = place.condition(&text, complaints)?;
            let say = Vec::new();
            Some(Pause { when, say })
        }),
    );
    Run {
        id,
        button,
        goal,
        pause_at: pause_at.into_iter().flatten().collect(),
        budget: reader.number("budget", (1, LONGEST), context.budget as i64) as u64,
        show: reader.table("show", "`show`").map(|mut table| {
            let show = show(&mut table);
            table.end();
            show
        }),
        at: reader.whole(),
    }
}

fn observe(reader: &mut Reader<'_, '_, '_>, context: &mut Context<'_>) -> Observe {
    let at = reader.whole();
    let id = reader.need_text("id");
    let shares = context.predictions.contains(&id.value);
    context.take_id(&id, shares, reader.complaints);
    let text = reader.text("value");
    let value = text.and_then(|text| context.measure(&text, reader.complaints));
    let say = reader.need_text("say");
    let mut fills = Vec::new();
    let mut rest = 0;
    while let Some(open) = say.value[rest..].find('{').map(|at| rest + at) {
        let Some(close) = say.value[open..].find('}').map(|at| open + at) else {
            let span = say.place(open..open + 1);
            let message = "this brace is never closed";
            reader.complaints.add(rules::SYNTAX, span, message);
            break;
        };
        let inside = &say.value[open + 1..close];
        if inside == "value" {
            if value.is_none() && !reader.has("value") {
                let span = say.place(open..close + 1);
                let message = "`{value}` needs a `value`";
                reader.complaints.add(rules::UNKNOWN_ID, span, message);
            }
        } else {
            let part = Text {
                value: inside.to_owned(),
                span: say.place(open + 1..close),
                inside: say.inside.map(|at| at + open + 1),
            };
            if let Some(measure) = context.measure(&part, reader.complaints) {
                fills.push((inside.to_owned(), measure));
            }
        }
        rest = close + 1;
    }
    Observe {
        id: id.value,
        value,
        // The braces are not Markdown: a path's `*` or `_` in code is not emphasis.
        say: line(&say, reader.complaints),
        fills,
        at,
    }
}

fn check(reader: &mut Reader<'_, '_, '_>, context: &mut Context<'_>) -> Check {
    let at = reader.whole();
    let id = id(reader, context, false);
    let keys = ["all", "any", "none", "never", "always", "order", "delta"];
    let any = keys.iter().filter(|key| reader.has(key)).count() > 0;
    if !any {
        let message = "this check asks for nothing";
        reader
            .complaints
            .add(rules::EMPTY_BLOCK, at, message)
            .label(format!("needs one of: {}", keys.join(", ")));
    }
    let context = &*context;
    Check {
        id,
        title: rich(reader, "title", true),
        points: reader.number("points", (0, 100), 1) as u32,
        all: context.conditions("all", reader),
        any: context.conditions("any", reader),
        none: context.conditions("none", reader),
        never: context.conditions("never", reader),
        always: context.conditions("always", reader),
        order: context.conditions("order", reader),
        delta: reader
            .each("delta", "a difference", &mut |it| delta(it, context), None)
            .into_iter()
            .flatten()
            .collect(),
        fail: rich(reader, "fail", true),
        hints: reader.each("hint", "a hint", &mut |it| hint(it, context), None),
        at,
    }
}

fn delta(reader: &mut Reader<'_, '_, '_>, context: &Context<'_>) -> Option<Delta> {
    let text = reader.need_text("path");
    let path = context.measure(&text, reader.complaints);
    let ops = [
        ("==", DeltaOp::Equal),
        (">=", DeltaOp::AtLeast),
        ("<=", DeltaOp::AtMost),
    ];
    let op = reader.word("op", &ops);
    let value = reader.need_number("value", (i64::MIN, i64::MAX));
    let since = reader.need_text("since");
    let mark = match since.value.split_once(':') {
        Some(("run", id)) if context.runs.iter().any(|it| it == id) => Mark::Run(id.into()),
        Some(("step", id)) if context.steps.iter().any(|it| it == id) => Mark::Step(id.into()),
        _ => {
            let names = context.runs.iter().map(|id| format!("run:{id}"));
            let names: Vec<_> = names
                .chain(context.steps.iter().map(|id| format!("step:{id}")))
                .collect();
            let message = format!("`{}` is not a moment of this lab", since.value);
            reader
                .complaints
                .add(rules::UNKNOWN_ID, since.span, message)
                .label(format!("moments: {}", names.join(", ")))
                .meant(nearest(&since.value, names.iter().map(String::as_str)));
            return None;
        }
    };
    Some(Delta {
        op,
        value,
        path: path?,
        since: mark,
    })
}

fn hint(reader: &mut Reader<'_, '_, '_>, context: &Context<'_>) -> Hint {
    let when = reader.text("when");
    Hint {
        when: when.and_then(|text| context.condition(&text, reader.complaints)),
        after: reader.table("after", "`after`").map_or(0, |mut after| {
            let fails = after.need_number("fails", (1, 20));
            after.end();
            fails as u32
        }),
        at: reader.whole(),
        text: rich(reader, "text", true),
    }
}
