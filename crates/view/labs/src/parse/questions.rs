//! `predict` and `ask`: questions before and after the fact.

use super::Context;
use super::blocks::{id, rich};
use crate::lab::{Choice, Question, QuestionKind};
use crate::near::nearest;
use crate::parse::table::Reader;
use crate::rules;
use crate::source::Text;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Choice,
    Multi,
    Order,
    Number,
}

const TYPES: [(&str, Type); 4] = [
    ("choice", Type::Choice),
    ("multi", Type::Multi),
    ("order", Type::Order),
    ("number", Type::Number),
];

/// Reads a question.
pub fn read(reader: &mut Reader<'_, '_, '_>, context: &mut Context<'_>, predict: bool) -> Question {
    let at = reader.whole();
    let id = id(reader, context, false);
    let kind = reader.word("type", &TYPES);
    let kind = match kind {
        Type::Number => number(reader, context),
        _ => {
            let mut ids: Vec<String> = Vec::new();
            let context = &*context;
            let options = reader.each(
                "options",
                "an option",
                &mut |it| option(it, context, &mut ids, kind),
                None,
            );
            if options.len() < 2 || options.len() > 9 {
                let message = format!("{} options are not two to nine", options.len());
                reader.complaints.add(rules::BAD_VALUE, at, message);
            }
            match kind {
                Type::Choice => QuestionKind::Choice(options),
                Type::Multi => QuestionKind::Multi(options),
                _ => QuestionKind::Order(options),
            }
        }
    };
    Question {
        id,
        ask: rich(reader, "ask", true),
        kind,
        why: rich(reader, "why", false),
        confidence: predict && reader.flag("confidence", false),
        lock: predict && reader.flag("lock", true),
        points: match predict {
            true => 1,
            false => reader.number("points", (0, 100), 1) as u32,
        },
        at,
    }
}

fn number(reader: &mut Reader<'_, '_, '_>, context: &Context<'_>) -> QuestionKind {
    let answer = match reader.has("answer") {
        true => Some(reader.number("answer", (i64::MIN, i64::MAX), 0)),
        false => None,
    };
    let equals = reader.text("equals");
    QuestionKind::Number {
        answer,
        equals: equals.and_then(|text| context.measure(&text, reader.complaints)),
        within: reader.number("within", (0, i64::MAX), 0) as u64,
    }
}

fn option(
    reader: &mut Reader<'_, '_, '_>,
    context: &Context<'_>,
    ids: &mut Vec<String>,
    kind: Type,
) -> Choice {
    let id = reader.need_text("id");
    if ids.contains(&id.value) {
        let message = format!("two options have the id `{}`", id.value);
        reader.complaints.add(rules::DUPLICATE_ID, id.span, message);
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !id.value.chars().all(is_plain) {
        let message = format!("`{}` is not an id", id.value);
        reader.complaints.add(rules::BAD_ID, id.span, message);
    }
    ids.push(id.value.clone());
    let misconception = reader.text("misconception");
    if let Some(text) = &misconception {
        known(text, context, reader);
    }
    Choice {
        id: id.value,
        text: rich(reader, "text", true),
        // The right order is that of the file, so all options of an `order` are right.
        correct: kind == Type::Order || reader.flag("correct", false),
        why: rich(reader, "why", false),
        misconception: misconception.map(|text| text.value),
    }
}

fn known(text: &Text, context: &Context<'_>, reader: &mut Reader<'_, '_, '_>) {
    let known = &context.world.misconceptions;
    if known.contains(&text.value) {
        return;
    }
    let message = format!("the course knows no misconception `{}`", text.value);
    reader
        .complaints
        .add(rules::MISCONCEPTION, text.span, message)
        .help("they stand in labs/course.toml, each with what is true instead")
        .meant(nearest(&text.value, known.iter().map(String::as_str)));
}
