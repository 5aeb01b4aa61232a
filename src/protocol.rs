//! What page and engine say to each other. Both ends are the same wasm file, so the two can never
//! be of different versions, and the bytes on the line (postcard) need no schema.

use scene::{Command, EventFilter, Frame, Moment};
use serde::{Deserialize, Serialize};

use crate::speed::Pace;

/// From the page. Numbers go up by one, so that answers can be told from older news.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Which request this is.
    pub number: u32,
    /// What is wanted.
    pub ask: Ask,
}

/// What the page wants.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Ask {
    /// Do this now. Running goes on if the command is to type or to look, and stops otherwise.
    Do(Command),
    /// Run on, at this pace, until told otherwise; the filter is for paces that go by events.
    Run(Pace, EventFilter),
    /// Run flat out to this moment and stop there: the way is shown, as in a seek it is not.
    RunTo(Moment),
    /// Stop running, and show where.
    Pause,
    /// The last picture is on the screen: the next may come.
    Shown,
}

/// From the engine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The last request that was taken into account.
    pub answers: u32,
    /// The news.
    pub news: News,
}

/// What an engine has to tell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum News {
    /// It is there, and these scenarios are built in.
    Ready(Vec<Listing>),
    /// A picture.
    Picture(Box<Picture>),
    /// It broke, and will not answer again.
    Failed(String),
}

/// A frame, and how the engine is doing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Picture {
    /// The moment.
    pub frame: Frame,
    /// Whether it goes on by itself.
    pub running: bool,
    /// Thousands of instructions really retired per second of the wall clock, measured over about
    /// half a second; `None` until measured.
    pub kips: Option<u64>,
}

/// A scenario that can be opened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Listing {
    /// For [`Command::Open`] and the address bar.
    pub id: String,
    /// For the tab.
    pub title: String,
    /// A sentence or two.
    pub about: String,
}
