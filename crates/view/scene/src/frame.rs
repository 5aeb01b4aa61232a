//! [`Frame`]: all that the page shows at one moment.

use serde::{Deserialize, Serialize};

use crate::{Happening, Moment, Rate, Scene};

/// A whole picture.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Frame {
    /// Id of the scenario, as in its file name.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// What it shows, in a sentence or two.
    pub about: String,
    /// The stack.
    pub scene: Scene,
    /// Consoles, in the order of tabs.
    pub consoles: Vec<Console>,
    /// The latest events, newest last; after a step, the ones of that step at the end.
    pub happenings: Vec<Happening>,
    /// How many of `happenings`, from the end, belong to the last command.
    pub fresh: usize,
    /// Rates by kind while running.
    pub rates: Vec<Rate>,
    /// Where in time this is.
    pub time: Time,
    /// Something to tell the reader.
    pub messages: Vec<Message>,
}

/// Where in time a frame is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Time {
    /// The common clock of the machines.
    pub now: Moment,
    /// The furthest moment reached so far: the right end of the slider.
    pub head: Moment,
    /// Moments of marks on the slider, with a word each: `init`, `web started`.
    pub marks: Vec<(Moment, String)>,
    /// Nominal clock rate, ticks a second.
    pub hz: u64,
    /// The machines' common hash, as 16 or 32 hexadecimal digits; empty while running.
    pub hash: String,
    /// Every machine has stopped for ever.
    pub ended: bool,
}

/// A console: one serial port.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Console {
    /// Short id, unique in the scenario: `host`, `monitor`, `web`.
    pub id: String,
    /// Title of its tab.
    pub title: String,
    /// Path of the box that it belongs to.
    pub path: String,
    /// The last lines, control characters resolved, `\n` between lines.
    pub text: String,
    /// All bytes written so far.
    pub bytes: u64,
}

/// How bad a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For information.
    #[default]
    Note,
    /// Something was ignored or replaced.
    Warning,
    /// Something could not be done.
    Error,
}

/// Something to tell the reader.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Message {
    /// How bad.
    pub severity: Severity,
    /// One or two sentences that name what and where.
    pub text: String,
}
