//! RS3xx: does it teach?
//!
//! The rules come from studies of what makes people learn from a running system: who predicts
//! before looking sees more and remembers it rightly; who is stopped at the right places learns
//! more than one who stops for himself; a wrong idea goes when it is met, not when it is passed
//! over. They are warnings, because a good author may know better.

use crate::diagnostic::Complaints;
use crate::lab::{Action, Item, Lab, Question, QuestionKind, Step};
use crate::prose::{Inline, plain, plain_block};
use crate::rules;
use crate::source::Span;

/// Two screens of text, in words.
const SCREENS: usize = 350;
/// How fast a student reads, in words a minute.
const PACE: usize = 130;
/// How long a step may take, in minutes.
const LONGEST: usize = 7;

/// Checks all of them.
pub fn check(lab: &Lab, text: &str, complaints: &mut Complaints<'_>) {
    let front = Span::new(0, 3);
    if lab.objectives.is_empty() {
        complaints
            .add(rules::OBJECTIVE, front, "the lab has no objective")
            .help("`objectives = [\"Predict which process the kernel picks.\"]`: a verb that can be seen");
    }
    for (_, question, predict) in lab.questions() {
        options(question, predict, complaints);
    }
    predictions(lab, complaints);
    reading(lab, front, complaints);
    spoilers(lab, complaints);
    colours(text, complaints);
    for step in &lab.steps {
        length(step, complaints);
    }
    let has = |is: fn(&Item) -> bool| lab.items().any(|(_, item)| is(item));
    if !has(|item| matches!(item, Item::Check(_))) {
        complaints.add(rules::CHECK, front, "the lab checks nothing");
    }
    if !has(|item| matches!(item, Item::Explain(_))) {
        complaints
            .add(rules::EXPLAIN, front, "the lab never asks why")
            .help("one `explain` block: saying it is how one finds out what one has understood");
    }
    if lab.misconceptions().is_empty() {
        complaints
            .add(
                rules::REFUTE,
                front,
                "no option of any question is a known misconception",
            )
            .help("`misconception = \"…\"` on a wrong option, with an id out of labs/course.toml");
    }
}

fn options(question: &Question, predict: bool, complaints: &mut Complaints<'_>) {
    let right = question
        .kind
        .options()
        .iter()
        .filter(|it| it.correct)
        .count();
    let problem = match &question.kind {
        QuestionKind::Choice(_) if right != 1 => {
            Some(format!("{right} options are right, and one should be"))
        }
        QuestionKind::Multi(_) if right == 0 => Some("no option is right".into()),
        QuestionKind::Number {
            answer: None,
            equals: None,
            ..
        } if !predict => Some("nothing says which number is right: `answer` or `equals`".into()),
        _ => None,
    };
    if let Some(problem) = problem {
        complaints.add(rules::CORRECT, question.at, problem);
    }
    let mute: Vec<&str> = match &question.kind {
        QuestionKind::Choice(options) | QuestionKind::Multi(options) => options
            .iter()
            .filter(|it| it.why.is_empty())
            .map(|it| it.id.as_str())
            .collect(),
        _ if question.why.is_empty() => vec!["the answer"],
        _ => Vec::new(),
    };
    if !mute.is_empty() {
        let message = format!("nothing says why about: {}", mute.join(", "));
        complaints
            .add(rules::WHY, question.at, message)
            .help("a wrong option without a reason is a red cross; with one it is a lesson");
    }
}

/// A prediction comes before every step's first run, and meets a measurement after it.
fn predictions(lab: &Lab, complaints: &mut Complaints<'_>) {
    let mut predicted = false;
    for step in &lab.steps {
        let mut ran = false;
        for item in &step.items {
            match item {
                Item::Predict(_) => predicted = true,
                Item::Run(run) => {
                    if !predicted && !ran {
                        let message = "the machine runs before anything was predicted";
                        complaints
                            .add(rules::PREDICT_FIRST, run.at, message)
                            .help("put a `predict` before it");
                    }
                    ran = true;
                }
                _ => {}
            }
        }
        predicted &= !ran;
    }
    for (_, question, predict) in lab.questions() {
        let observed = lab
            .items()
            .any(|(_, item)| matches!(item, Item::Observe(it) if it.id == question.id));
        if predict && !observed {
            let message = format!("the prediction `{}` never meets a measurement", question.id);
            complaints
                .add(rules::OBSERVE, question.at, message)
                .help(format!(
                    "an `observe` block with `id = \"{}\"`",
                    question.id
                ));
        }
    }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn reading(lab: &Lab, front: Span, complaints: &mut Complaints<'_>) {
    let mut count: usize = lab.intro.iter().map(|it| words(&plain_block(it))).sum();
    for (n, item) in lab.items() {
        match item {
            Item::Prose { block } => count += words(&plain_block(block)),
            Item::Do(_) | Item::Predict(_) | Item::Run(_) | Item::Ask(_) => break,
            _ => {}
        }
        if count > SCREENS {
            let at = lab.steps.get(n).map_or(front, |step| step.at);
            let message = format!("{count} words stand before there is anything to do");
            complaints
                .add(rules::PROSE, at, message)
                .help(format!("{SCREENS} are two screens"));
            break;
        }
    }
}

fn length(step: &Step, complaints: &mut Complaints<'_>) {
    // In tenths of a minute.
    let tenths: usize = step
        .items
        .iter()
        .map(|item| match item {
            Item::Prose { block } => words(&plain_block(block)) * 10 / PACE,
            Item::Do(_) | Item::Show(_) | Item::Observe(_) | Item::Hint(_) => 3,
            Item::Predict(_) | Item::Ask(_) | Item::Run(_) | Item::Check(_) => 8,
            Item::Explain(_) => 15,
        })
        .sum();
    if tenths > LONGEST * 10 {
        let message = format!("this step takes about {} minutes", tenths / 10);
        complaints
            .add(rules::STEP_LENGTH, step.at, message)
            .help(format!("{LONGEST} are the limit: make two of it"));
    }
}

fn spoilers(lab: &Lab, complaints: &mut Complaints<'_>) {
    let commands: Vec<&str> = lab
        .items()
        .filter_map(|(_, item)| match item {
            Item::Do(it) => match &it.action {
                Action::Shell { run, .. } if run.len() > 5 => Some(run.as_str()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let given = |text: &[Inline]| {
        let text = plain(text);
        commands.iter().copied().find(|it| text.contains(it))
    };
    for (_, item) in lab.items() {
        let hints = match item {
            Item::Check(check) => check.hints.as_slice(),
            Item::Hint(hint) => std::slice::from_ref(hint),
            _ => &[],
        };
        for hint in hints {
            if let Some(command) = given(&hint.text) {
                let message = format!("this hint gives `{command}` away");
                complaints
                    .add(rules::SPOILER, hint.at, message)
                    .help("say where to look, not what to type");
            }
        }
    }
}

const COLOURS: [&str; 9] = [
    "red", "green", "blue", "yellow", "orange", "purple", "grey", "gray", "pink",
];
const THINGS: [&str; 12] = [
    "box", "boxes", "arrow", "arrows", "line", "lines", "bar", "bars", "layer", "area", "dot",
    "part",
];

/// "The red box": who does not see red is lost, and so is who has it read aloud.
fn colours(text: &str, complaints: &mut Complaints<'_>) {
    let mut last: Option<(usize, &str)> = None;
    let mut at = 0;
    for piece in text.split_inclusive(|c: char| !c.is_alphabetic()) {
        let word = piece.trim_end_matches(|c: char| !c.is_alphabetic());
        let start = at;
        at += piece.len();
        if word.is_empty() {
            last = None;
            continue;
        }
        if let Some((from, colour)) = last
            && THINGS.contains(&word)
            && COLOURS.contains(&colour)
        {
            let span = Span::new(from, start + word.len());
            let message = format!("`{colour} {word}` is known by its colour alone");
            complaints
                .add(rules::COLOUR, span, message)
                .help("name it by what it is or where it stands");
        }
        last = Some((start, word));
    }
}
