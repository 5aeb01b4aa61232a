//! A scenario, running: machines and their timeline in, commands in, frames out.
//!
//! [`Session`] is the one door for the page's worker, the command line and the labs. It owns
//! the [`Timeline`](timeline::Timeline), answers every [`Command`](scene::Command) with a
//! [`Frame`](scene::Frame), and never fails: what could not be done is told in
//! [`Frame::messages`](scene::Frame::messages).
//!
//! | module | what |
//! |---|---|
//! | [`scenario`] | the data files: which machines, what runs on them |
//! | `assemble` | from a scenario's words to the files that the boot loader finds |
//! | `look` | from memory and registers to the boxes of the picture |
//! | `tell` | from hardware events to sentences |
//! | `life` | births and deaths, as differences between scenes |
//! | `watch` | which events happened in a stretch of time, and around whom |
//! | `console` | serial ports as text |

#![forbid(unsafe_code)]

mod assemble;
mod console;
mod guests;
mod life;
mod look;
pub mod scenario;
mod session;
mod tally;
mod tell;
mod watch;

pub use life::between as births_and_deaths;
pub use session::Session;

/// Id, title and a sentence for each scenario that is built in, in the chooser's order.
pub fn scenarios() -> Vec<(String, String, String)> {
    scenario::Scenario::all()
        .into_iter()
        .map(|s| (s.id, s.title, s.about))
        .collect()
}
