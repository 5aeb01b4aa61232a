//! From a file to a [`Lab`], and everything that is wrong on the way.
//!
//! ```text
//!   +++ TOML +++                         front matter: [`front`]
//!   prose                                the intro
//!   ## Heading {#id}                     a step
//!   prose and ```toml KIND … ``` blocks  its items: [`blocks`], [`questions`]
//! ```
//!
//! A parser that stops at the first mistake sends its user round and round; this one goes on
//! wherever it can, and all complaints come at once.

mod blocks;
mod front;
mod questions;
mod table;

use std::collections::BTreeMap;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Tag};
use xxhash_rust::xxh3::xxh3_128;

use crate::condition::{Answer, Condition, Fault, Measure, Scope};
use crate::diagnostic::Complaints;
use crate::lab::{FORMAT, Item, Lab, Step};
use crate::prose::{self, Next, Placed, Reader as Prose};
use crate::rules;
use crate::source::{Span, Text, is_hidden};
use crate::world::World;
use table::{Reader, Toml};

/// The largest file that is looked at.
const LARGEST: usize = 1 << 20;

/// A block of TOML in the file.
struct Fenced<'a> {
    kind: &'a str,
    toml: Toml<'a>,
    /// The line that opens it.
    at: Span,
}

/// What the blocks are read with.
struct Context<'w> {
    world: &'w World,
    scope: Scope,
    /// Ids of runs, and of steps.
    runs: Vec<String>,
    steps: Vec<String>,
    predictions: Vec<String>,
    budget: u64,
    /// Where each id stands first.
    ids: BTreeMap<(bool, String), Span>,
}

/// Reads a lab. There is none if the file has no front matter, or is too large.
pub fn parse(text: &str, world: &World, complaints: &mut Complaints<'_>) -> Option<Lab> {
    if text.len() >= LARGEST {
        let message = format!("the file has {} bytes; one MiB is the limit", text.len());
        complaints.add(rules::SIZE, Span::new(0, 0), message);
        return None;
    }
    hidden(text, complaints);
    let (toml, body_at) = front_matter(text, complaints)?;
    let table = toml.table(complaints)?;
    let body = &text[body_at..];
    let whole = Span::new(0, 3);
    let mut reader = Reader::new(toml, &table, whole, "the front matter", complaints);
    let mut lab = front::read(&mut reader, world);
    lab.hash = format!("{:032x}", xxh3_128(text.as_bytes()));
    let events = prose::events(body);
    let mut context = Context {
        world,
        scope: Scope {
            answers: Vec::new(),
            place: world.place(&lab.scenario).cloned(),
        },
        runs: Vec::new(),
        steps: Vec::new(),
        predictions: Vec::new(),
        budget: lab.budget,
        ids: BTreeMap::new(),
    };
    context.survey(&events, body, body_at);
    steps(&mut lab, &events, body, body_at, &mut context, complaints);
    if lab.steps.is_empty() {
        complaints
            .add(rules::NO_STEPS, whole, "the lab has no steps")
            .help("a step begins with a heading: `## Set a limit {#limit}`");
    }
    Some(lab)
}

/// Complains of characters that cannot be seen.
fn hidden(text: &str, complaints: &mut Complaints<'_>) {
    for (at, letter) in text.char_indices().filter(|(_, c)| is_hidden(*c)).take(8) {
        let span = Span::new(at, at + letter.len_utf8());
        let message = format!("U+{:04X} cannot be seen", letter as u32);
        complaints
            .add(rules::HIDDEN, span, message)
            .help("delete it: what is read has to be what is there");
    }
}

/// The TOML between the two `+++`, and where the body begins.
fn front_matter<'a>(text: &'a str, complaints: &mut Complaints<'_>) -> Option<(Toml<'a>, usize)> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    if first.trim_end() == "+++" {
        let mut at = first.len();
        for line in lines {
            if line.trim_end() == "+++" {
                let toml = Toml {
                    text: &text[first.len()..at],
                    at: first.len(),
                };
                return Some((toml, at + line.len()));
            }
            at += line.len();
        }
        let message = "the front matter has no end";
        complaints
            .add(rules::FRONT_MATTER, Span::new(0, 3), message)
            .help("end it with a line `+++`");
        return None;
    }
    let end = first.trim_end().len();
    complaints
        .add(
            rules::FRONT_MATTER,
            Span::new(0, end),
            "the file does not begin with front matter",
        )
        .label("expected `+++`")
        .help(format!(
            "begin with a line `+++`, then `format = {FORMAT}`, `id = \"…\"` …, then `+++`"
        ));
    None
}

/// The block that begins with this event, if one does, and the index of its end.
fn fenced<'a>(
    events: &'a [Placed<'a>],
    at: usize,
    body: &'a str,
    body_at: usize,
) -> Option<(Fenced<'a>, usize)> {
    let (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))), range) = events.get(at)? else {
        return None;
    };
    let kind = info.strip_prefix("toml ")?.trim();
    let mut end = at + 1;
    let mut inside: Option<(usize, usize)> = None;
    while let Some((Event::Text(_), range)) = events.get(end) {
        inside = Some((inside.map_or(range.start, |it| it.0), range.end));
        end += 1;
    }
    let (from, to) = inside.unwrap_or((range.start, range.start));
    let line_end = body[range.start..]
        .find('\n')
        .map_or(body.len(), |newline| range.start + newline);
    let fenced = Fenced {
        kind,
        toml: Toml {
            text: &body[from..to],
            at: body_at + from,
        },
        at: Span::new(range.start, line_end).shifted(body_at),
    };
    Some((fenced, end))
}

impl Context<'_> {
    /// Notes what ids there are, so that what is referred to may come later in the file.
    fn survey(&mut self, events: &[Placed<'_>], body: &str, body_at: usize) {
        let mut quiet = Complaints::about("", "");
        for at in 0..events.len() {
            if let (Event::Start(Tag::Heading { id: Some(id), .. }), _) = &events[at] {
                self.steps.push(id.to_string());
            }
            let Some((block, _)) = fenced(events, at, body, body_at) else {
                continue;
            };
            let Some(table) = block.toml.table(&mut quiet) else {
                continue;
            };
            let word = |key: &str| {
                let value = table.iter().find(|(name, _)| name.get_ref() == key);
                value.and_then(|(_, value)| value.get_ref().as_str().map(str::to_owned))
            };
            let Some(id) = word("id") else { continue };
            match block.kind {
                "predict" | "ask" => {
                    let kind = match word("type").as_deref() {
                        Some("number") => Answer::Number,
                        _ => Answer::Text,
                    };
                    if block.kind == "predict" {
                        self.predictions.push(id.clone());
                    }
                    self.scope.answers.push((id, kind));
                }
                "run" => self.runs.push(id),
                _ => {}
            }
        }
    }

    /// Notes an id; an observation shares the id of its prediction.
    fn take_id(&mut self, id: &Text, shares: bool, complaints: &mut Complaints<'_>) {
        let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.value.is_empty() {
            return;
        }
        if !id.value.chars().all(is_good) || id.value.len() > 40 {
            let message = format!("`{}` is not an id", id.value);
            complaints
                .add(rules::BAD_ID, id.span, message)
                .help("lower-case letters, digits and hyphens, at most 40 of them");
        }
        let key = (shares, id.value.clone());
        if let Some(first) = self.ids.insert(key, id.span) {
            let message = format!("the id `{}` is used twice", id.value);
            let help = format!("it was used in line {} first", complaints.line(first));
            complaints
                .add(rules::DUPLICATE_ID, id.span, message)
                .help(help);
        }
    }

    fn condition(&self, text: &Text, complaints: &mut Complaints<'_>) -> Option<Condition> {
        Condition::parse(&text.value, &self.scope)
            .map_err(|fault| report(fault, text, complaints))
            .ok()
    }

    fn conditions(&self, key: &'static str, reader: &mut Reader<'_, '_, '_>) -> Vec<Condition> {
        let texts = reader.texts(key);
        texts
            .iter()
            .filter_map(|text| self.condition(text, reader.complaints))
            .collect()
    }

    fn measure(&self, text: &Text, complaints: &mut Complaints<'_>) -> Option<Measure> {
        Measure::parse(&text.value, &self.scope)
            .map_err(|fault| report(fault, text, complaints))
            .ok()
    }
}

fn report(fault: Fault, text: &Text, complaints: &mut Complaints<'_>) {
    let span = text.place(fault.at);
    let diagnostic = complaints.add(fault.rule, span, fault.message);
    diagnostic.label(fault.label);
    diagnostic.help = fault.help;
}

/// Reads the intro and the steps.
fn steps(
    lab: &mut Lab,
    events: &[Placed<'_>],
    body: &str,
    body_at: usize,
    context: &mut Context<'_>,
    complaints: &mut Complaints<'_>,
) {
    let place = |range: std::ops::Range<usize>| Span::from(range).shifted(body_at);
    let mut at = 0;
    while at < events.len() {
        if let Some((block, end)) = fenced(events, at, body, body_at) {
            at = end + 1;
            match blocks::read(&block, context, complaints) {
                Some(item) if !lab.steps.is_empty() => {
                    if let Some(step) = lab.steps.last_mut() {
                        step.items.push(item);
                    }
                }
                Some(_) => {
                    let message = "this block stands before the first step";
                    complaints
                        .add(rules::OUTSIDE_STEP, block.at, message)
                        .help("begin a step above it: `## Look {#look}`");
                }
                None => {}
            }
            continue;
        }
        if let (Event::Start(Tag::Heading { level, id, .. }), range) = &events[at]
            && *level <= HeadingLevel::H2
        {
            let span = place(range.start..range.start + first_line(body, range.start));
            if *level == HeadingLevel::H1 {
                complaints
                    .add(
                        rules::HEADING_LEVEL,
                        span,
                        "a step is a heading of level two",
                    )
                    .help("write `## …`; the lab's title stands in the front matter");
            }
            let id = id.as_ref().map(|id| Text {
                value: id.to_string(),
                span,
                inside: None,
            });
            if id.is_none() {
                complaints
                    .add(rules::HEADING_ID, span, "this step has no id")
                    .help("write one behind the heading: `## Set a limit {#limit}`");
            }
            let id = id.unwrap_or_default();
            context.take_id(&id, false, complaints);
            let mut reader = Prose::new(events, &place, complaints);
            reader.at = at + 1;
            let title = prose::plain(&reader.inlines());
            at = reader.at + 1;
            lab.steps.push(Step {
                id: id.value,
                title,
                at: span,
                items: Vec::new(),
            });
            continue;
        }
        if let (Event::Start(Tag::Heading { level, .. }), range) = &events[at]
            && *level > HeadingLevel::H3
        {
            let message = "headings inside a step are of level three";
            complaints.add(rules::HEADING_LEVEL, place(range.clone()), message);
        }
        let mut reader = Prose::new(events, &place, complaints);
        reader.at = at;
        let next = reader.advance();
        at = reader.at.max(at + 1);
        if let Next::Block(block) = next {
            match lab.steps.last_mut() {
                Some(step) => step.items.push(Item::Prose { block }),
                None => lab.intro.push(block),
            }
        }
    }
}

fn first_line(body: &str, at: usize) -> usize {
    body[at..].find('\n').unwrap_or(body.len() - at)
}
