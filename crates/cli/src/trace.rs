//! `ringside trace`: the events of a stretch of time.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use scene::{Command, Happening};
use serde_json::json;

use crate::run::{check, open};

#[derive(Args)]
pub struct Arguments {
    /// Which scenario: see `ringside scenarios`
    scenario: String,
    /// First moment
    #[arg(long)]
    from: u64,
    /// Moment after the last
    #[arg(long)]
    to: u64,
    /// Write a trace that ui.perfetto.dev opens, instead of printing sentences
    #[arg(long, value_name = "FILE")]
    perfetto: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// An unknown scenario, an empty stretch, or a file that cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    if arguments.from >= arguments.to {
        bail!(
            "--from {} must lie before --to {}",
            arguments.from,
            arguments.to
        );
    }
    let mut session = open(&arguments.scenario)?;
    check(session.command(Command::Seek(arguments.from)))?;
    let happenings = session.trace(arguments.to);
    match &arguments.perfetto {
        None => print(&happenings),
        Some(path) => {
            let text = serde_json::to_string(&perfetto(&happenings, arguments.to))?;
            std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
            println!("{} events in {}", happenings.len(), path.display());
        }
    }
    Ok(())
}

fn print(happenings: &[Happening]) {
    for it in happenings {
        println!(
            "{:>12} {:5} {:14} {}",
            it.moment,
            it.machine,
            it.kind.name(),
            it.sentence
        );
    }
}

/// The JSON form of Chrome's trace events: a slice for the time that each box runs, and an
/// instant for each event. One microsecond of the trace is one instruction.
fn perfetto(happenings: &[Happening], end: u64) -> serde_json::Value {
    let mut machines: Vec<&str> = happenings.iter().map(|it| it.machine.as_str()).collect();
    machines.sort_unstable();
    machines.dedup();
    let mut events = Vec::new();
    for (pid, machine) in machines.iter().enumerate() {
        events.push(
            json!({"ph": "M", "pid": pid, "name": "process_name", "args": {"name": machine}}),
        );
        let own: Vec<_> = happenings
            .iter()
            .filter(|it| it.machine == *machine)
            .collect();
        let mut boxes: Vec<&str> = own.iter().map(|it| it.to.as_str()).collect();
        boxes.sort_unstable();
        boxes.dedup();
        let thread = |path: &str| boxes.binary_search(&path).map_or(0, |n| n + 1);
        for path in &boxes {
            let name = json!({"name": path});
            events.push(json!({"ph": "M", "pid": pid, "tid": thread(path), "name": "thread_name", "args": name}));
        }
        for (n, it) in own.iter().enumerate() {
            let until = own.get(n + 1).map_or(end, |next| next.moment);
            events.push(json!({
                "ph": "X", "pid": pid, "tid": thread(&it.to), "ts": it.moment,
                "dur": until.saturating_sub(it.moment), "name": it.title, "cat": it.kind.name(),
                "args": {"sentence": it.sentence, "from": it.from},
            }));
        }
    }
    json!({"traceEvents": events, "otherData": {"unit": "1 us = 1 instruction"}})
}
