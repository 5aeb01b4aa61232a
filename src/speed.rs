//! How fast to run: from an event a second, for reading along, to as fast as the engine goes.

use serde::{Deserialize, Serialize};

/// What sets the pace while running.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Pace {
    /// Event by event, with this pause between, in milliseconds.
    Events {
        /// Time to read the sentence.
        pause_ms: u32,
    },
    /// Instruction by instruction, watched, with this pause between.
    Steps {
        /// Milliseconds.
        pause_ms: u32,
    },
    /// So many instructions a second.
    Rate {
        /// Instructions of the clock in a second of the reader.
        per_second: u64,
    },
    /// A second of the guest takes a second of the reader (or longer, on a slow computer).
    RealTime,
    /// As fast as it goes; sleeping takes no time at all.
    FlatOut,
}

/// The choices, slowest first: pace and what it is called.
pub const LADDER: [(Pace, &str); 8] = [
    (Pace::Events { pause_ms: 1400 }, "event by event"),
    (Pace::Steps { pause_ms: 250 }, "4 instructions a second"),
    (Pace::Rate { per_second: 1_000 }, "1 thousand a second"),
    (
        Pace::Rate {
            per_second: 100_000,
        },
        "100 thousand a second",
    ),
    (
        Pace::Rate {
            per_second: 1_000_000,
        },
        "1 million a second",
    ),
    (
        Pace::Rate {
            per_second: 10_000_000,
        },
        "10 million a second",
    ),
    (Pace::RealTime, "real time"),
    (Pace::FlatOut, "flat out"),
];

/// Which rung a new reader stands on: what happens takes as long as the guest believes.
pub const DEFAULT: usize = 6;
