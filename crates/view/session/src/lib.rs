//! A scenario, running: machines and their timeline in, commands in, frames out.
//!
//! [`Session`] is the one door for the page's worker, the command line and the labs.

#![forbid(unsafe_code)]

use scene::{Command, Frame};

/// A running scenario.
#[derive(Default)]
pub struct Session {
    frame: Frame,
}

impl Session {
    /// An empty session: [`Command::Open`] fills it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does what is asked and shows the result. Never fails: what could not be done is told in
    /// [`Frame::messages`].
    pub fn command(&mut self, _command: Command) -> Frame {
        self.frame.clone()
    }
}

/// Id, title and a sentence for each scenario that is built in.
pub fn scenarios() -> Vec<(String, String, String)> {
    Vec::new()
}
