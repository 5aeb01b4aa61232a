//! What a reader can ask of the engine.

use serde::{Deserialize, Serialize};

use crate::{HappeningKind, Moment};

/// Which events to stop at.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EventFilter {
    /// These families; empty = all but device accesses and returns.
    pub kinds: Vec<HappeningKind>,
    /// Only events from or to a box at or below this path; empty = anywhere.
    pub path: String,
}

/// A request. The engine answers each with a [`Frame`](crate::Frame).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Load a scenario by id, optionally go straight to a moment.
    Open {
        /// As in `scenarios/ID.toml`.
        scenario: String,
        /// Where to go; `None` = the moment the scenario suggests.
        moment: Option<Moment>,
    },
    /// Just a frame.
    Look,
    /// Run on for this many instructions of the clock.
    Run {
        /// Instructions.
        budget: u64,
    },
    /// Step instructions: negative = back.
    Step {
        /// How many.
        count: i64,
        /// Which machine's instructions, by id; empty = the first.
        machine: String,
    },
    /// On to the next event that matches.
    NextEvent(EventFilter),
    /// Back to the last event that matches.
    PreviousEvent(EventFilter),
    /// Go to a moment.
    Seek(Moment),
    /// Type into a console.
    Type {
        /// [`Console::id`](crate::Console::id).
        console: String,
        /// What to type; `\n` is the Enter key.
        text: String,
    },
}
