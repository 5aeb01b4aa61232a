//! Front matter: what a lab is, before it begins.

use crate::lab::{FORMAT, Lab, Level, PredictScore};
use crate::near::nearest;
use crate::parse::table::Reader;
use crate::rules;
use crate::world::World;

/// Two thousand million ticks: twenty seconds of the machine's time.
const MOST_TICKS: i64 = 2_000_000_000;
const DEFAULT_TICKS: i64 = 300_000_000;

/// Reads the front matter.
pub fn read(reader: &mut Reader<'_, '_, '_>, world: &World) -> Lab {
    format(reader);
    let id = reader.need_text("id");
    let scenario = reader.need_text("scenario");
    let place = world.place(&scenario.value);
    if place.is_none() && !scenario.value.is_empty() {
        let known = world.places.iter().map(|place| place.id.as_str());
        let list: Vec<_> = known.clone().collect();
        let message = format!("there is no scenario `{}`", scenario.value);
        reader
            .complaints
            .add(rules::SCENARIO, scenario.span, message)
            .label(format!("there are: {}", list.join(", ")))
            .meant(nearest(&scenario.value, known));
    }
    let requires = reader.texts("requires");
    for lab in requires.iter().filter(|it| !world.labs.contains(&it.value)) {
        let known = world.labs.iter().map(String::as_str);
        let message = format!("there is no lab `{}`", lab.value);
        reader
            .complaints
            .add(rules::REQUIRES, lab.span, message)
            .meant(nearest(&lab.value, known));
    }
    let start = place.map_or(0, |place| place.start as i64);
    let words = |texts: Vec<crate::source::Text>| texts.into_iter().map(|it| it.value).collect();
    let predict = [
        ("attempt", PredictScore::Attempt),
        ("correct", PredictScore::Correct),
        ("none", PredictScore::None),
    ];
    let levels = [
        ("intro", Level::Intro),
        ("core", Level::Core),
        ("deep", Level::Deep),
    ];
    let lab = Lab {
        id: id.value,
        title: reader.need_text("title").value,
        summary: reader.need_text("summary").value,
        level: reader.word("level", &levels),
        minutes: reader.need_number("minutes", (1, 120)) as u32,
        concepts: words(reader.texts("concepts")),
        requires: words(requires),
        objectives: words(reader.texts("objectives")),
        scenario: scenario.value,
        start: reader.number("start", (0, MOST_TICKS), start) as u64,
        seed: reader.number("seed", (0, i64::from(u32::MAX)), 0) as u64,
        budget: reader.number("budget", (1, MOST_TICKS), DEFAULT_TICKS) as u64,
        pass: reader.per_mille("pass", 800),
        predict: reader.table("grading", "[grading]").map_or(
            PredictScore::Attempt,
            |mut grading| {
                let score = grading.word("predict", &predict);
                grading.end();
                score
            },
        ),
        intro: Vec::new(),
        steps: Vec::new(),
        hash: String::new(),
    };
    reader.end();
    lab
}

fn format(reader: &mut Reader<'_, '_, '_>) {
    let there = reader.has("format");
    let format = reader.need_number("format", (0, i64::MAX));
    if !there || format == FORMAT {
        return;
    }
    let (message, help) = match format > FORMAT {
        true => (
            format!("format {format} is newer than this program, which reads {FORMAT}"),
            "use a newer version of the program",
        ),
        false => (
            format!("format {format} is older than this program, which reads {FORMAT}"),
            "see labs/RULES.md for what has changed",
        ),
    };
    let whole = reader.whole();
    reader
        .complaints
        .add(rules::FORMAT, whole, message)
        .help(help);
}
