//! Which events happened in a stretch of time, and around whom.
//!
//! Events are a query, not a log. The stretch is run once with a listening probe, which gives
//! the moments; then it is run again from event to event, with a look before and after each.
//! Both runs are the same run, because a machine's past cannot come out differently.

use machine::Machine;
use probe::{Event, Moment, Recorder};
use scene::{EventFilter, Happening};
use timeline::Timeline;

use crate::look::{Layer, Whereabouts, whereabouts};
use crate::session::Stage;
use crate::tell::{self, Context};

/// An event that a reader may be told of.
#[derive(Clone, Copy, Debug)]
struct Raw {
    machine: usize,
    moment: Moment,
    event: Event,
}

/// The search for an event looks this far ahead in the first chunk, and up to
/// [`LARGEST_CHUNK`] in later ones: most events are near.
const FIRST_CHUNK: u64 = 20_000;
const LARGEST_CHUNK: u64 = 2_000_000;
/// How far a search goes before it gives up, in ticks: five seconds of the machine's time.
const HORIZON: u64 = 500_000_000;
/// A list of what happened lately looks back at least and at most this far, in ticks.
const SHORTEST_LIST: u64 = 20_000;
const LONGEST_LIST: u64 = 2_000_000;

/// Runs to just after the next event that `filter` wants, and tells it.
///
/// Leaves the timeline where it was, and returns nothing, if none comes within the horizon.
pub fn next(
    timeline: &mut Timeline<Machine>,
    stage: &Stage,
    filter: &EventFilter,
) -> Vec<Happening> {
    let start = timeline.now();
    let mut chunk = FIRST_CHUNK;
    while timeline.now() < start + HORIZON && !timeline.ended() {
        let from = timeline.now();
        timeline.mark();
        let events = record(timeline, stage, from + chunk, filter);
        let reached = timeline.now();
        for group in groups(&events) {
            timeline.seek(group[0].moment);
            let told = explain(timeline, stage, group);
            if told.iter().any(|happening| tell::within(filter, happening)) {
                return told;
            }
        }
        timeline.seek(reached);
        chunk = (chunk * 4).min(LARGEST_CHUNK);
    }
    timeline.seek(start);
    Vec::new()
}

/// Goes back to just after the last event that `filter` wants and that lies before now.
///
/// Leaves the timeline where it was, and returns nothing, if there is none.
pub fn previous(
    timeline: &mut Timeline<Machine>,
    stage: &Stage,
    filter: &EventFilter,
) -> Vec<Happening> {
    let start = timeline.now();
    let mut end = start.saturating_sub(1);
    let mut chunk = FIRST_CHUNK;
    while end > 0 && start - end < HORIZON {
        let from = end.saturating_sub(chunk);
        timeline.seek(from);
        timeline.mark();
        let events = record(timeline, stage, end, filter);
        for group in groups(&events).into_iter().rev() {
            // Just after this event is where we are already.
            if group[0].moment + 1 >= start {
                continue;
            }
            timeline.seek(group[0].moment);
            let told = explain(timeline, stage, group);
            if timeline.now() < start && told.iter().any(|it| tell::within(filter, it)) {
                return told;
            }
        }
        end = from;
        chunk = (chunk * 4).min(LARGEST_CHUNK);
    }
    timeline.seek(start);
    Vec::new()
}

/// What happened lately: about `most` happenings before now, oldest first. The timeline
/// comes back to where it was.
pub fn lately(timeline: &mut Timeline<Machine>, stage: &Stage, most: usize) -> Vec<Happening> {
    let now = timeline.now();
    let mut length = SHORTEST_LIST;
    loop {
        let from = now.saturating_sub(length);
        timeline.seek(from);
        timeline.mark();
        let events = record(timeline, stage, now, &everything());
        if events.len() >= most || length >= LONGEST_LIST || from == 0 {
            let mut told = list(
                timeline,
                stage,
                &events[events.len().saturating_sub(most)..],
            );
            timeline.seek(now);
            told.retain(|happening| happening.moment < now);
            return told;
        }
        length *= 10;
    }
}

/// Runs on to `until` and tells every event on the way, oldest first.
pub fn trace(timeline: &mut Timeline<Machine>, stage: &Stage, until: Moment) -> Vec<Happening> {
    let mut told = Vec::new();
    while timeline.now() < until && !timeline.ended() {
        timeline.mark();
        let end = until.min(timeline.now() + LARGEST_CHUNK);
        let events = record(timeline, stage, end, &everything());
        told.extend(list(timeline, stage, &events));
        timeline.seek(end);
    }
    told
}

fn everything() -> EventFilter {
    EventFilter {
        kinds: scene::HappeningKind::ALL.to_vec(),
        path: String::new(),
    }
}

/// Tells events in order, with the switches of task and VM that show between them.
fn list(timeline: &mut Timeline<Machine>, stage: &Stage, events: &[Raw]) -> Vec<Happening> {
    let mut told = Vec::new();
    let mut last: Vec<Option<Whereabouts>> = vec![None; stage.machines.len()];
    for group in groups(events) {
        timeline.seek(group[0].moment);
        for raw in group {
            let here = at(timeline, stage, raw.machine);
            if !matches!(here.layer, Layer::User | Layer::Kernel) {
                continue;
            }
            let id = &stage.machines[raw.machine].id;
            if let Some(was) = &last[raw.machine] {
                told.extend(tell::switch(raw.moment, id, was, &here));
            }
            last[raw.machine] = Some(here);
        }
        told.extend(explain(timeline, stage, group));
    }
    told
}

/// Runs to `until` and returns the events that `filter` could want.
fn record(
    timeline: &mut Timeline<Machine>,
    stage: &Stage,
    until: Moment,
    filter: &EventFilter,
) -> Vec<Raw> {
    let mut recorders: Vec<Recorder> = stage.machines.iter().map(|_| Recorder::default()).collect();
    timeline.run_to(until, &mut recorders);
    let mut events: Vec<Raw> = recorders
        .into_iter()
        .enumerate()
        .flat_map(|(machine, recorder)| {
            let hypervisor = stage.machines[machine].hypervisor();
            recorder
                .events
                .into_iter()
                .filter(move |(_, event)| {
                    tell::kind(event, hypervisor).is_some_and(|kind| tell::wanted(filter, kind))
                })
                .map(move |(moment, event)| Raw {
                    machine,
                    moment,
                    event,
                })
        })
        .collect();
    events.sort_by_key(|raw| raw.moment);
    events
}

/// Events of one moment belong together: they are one step.
fn groups(events: &[Raw]) -> Vec<&[Raw]> {
    events.chunk_by(|a, b| a.moment == b.moment).collect()
}

/// Tells the events of the moment that the timeline is at, and steps over it.
fn explain(timeline: &mut Timeline<Machine>, stage: &Stage, group: &[Raw]) -> Vec<Happening> {
    let moment = group[0].moment;
    let before: Vec<_> = group
        .iter()
        .map(|raw| context(timeline, stage, raw.machine))
        .collect();
    timeline.seek(moment + 1);
    group
        .iter()
        .zip(before)
        .filter_map(|(raw, mut context)| {
            context.after = at(timeline, stage, raw.machine);
            tell::tell(raw.moment, &raw.event, &context)
        })
        .collect()
}

fn at(timeline: &Timeline<Machine>, stage: &Stage, machine: usize) -> Whereabouts {
    whereabouts(&stage.sight(timeline, machine))
}

fn context(timeline: &Timeline<Machine>, stage: &Stage, machine: usize) -> Context {
    let sight = stage.sight(timeline, machine);
    let before = whereabouts(&sight);
    let gpr = &sight.cpu.gpr;
    Context {
        machine: stage.machines[machine].id.clone(),
        hypervisor: stage.machines[machine].hypervisor(),
        after: before.clone(),
        before,
        instruction: sight.instruction(),
        arguments: [7, 6, 2, 10, 8, 9].map(|n: usize| gpr[n]),
    }
}
