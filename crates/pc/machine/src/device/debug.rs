//! Ports that exist for whoever watches: POST codes (80h), the debug console (E9h) and the
//! exit port (F4h, as QEMU's `isa-debug-exit`).

use crate::console::Transcript;
use serde::{Deserialize, Serialize};

/// How many POST codes are kept.
const POST_CODES: usize = 64;

/// The three of them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Debug {
    /// The last POST codes, oldest first, repetitions left out: port 80h also serves as a
    /// delay, and a delay loop must not drown the story.
    post: Vec<u8>,
    /// What was written to port E9h.
    pub console: Transcript,
    /// The exit status, once something was written to port F4h.
    pub exit: Option<u32>,
}

impl Debug {
    /// The POST codes so far, oldest first.
    pub fn post(&self) -> &[u8] {
        &self.post
    }

    /// IN. The debug console answers with its own number, which tells that it is there.
    pub fn read(&self, port: u16) -> u8 {
        match port {
            0x80 => self.post.last().copied().unwrap_or(0),
            0xe9 => 0xe9,
            _ => 0,
        }
    }

    /// OUT to 80h or E9h.
    pub fn write(&mut self, port: u16, value: u8) {
        if port == 0xe9 {
            self.console.push(value);
        } else if self.post.last() != Some(&value) {
            if self.post.len() == POST_CODES {
                self.post.remove(0);
            }
            self.post.push(value);
        }
    }

    /// OUT to F4h: the machine ends with status `value * 2 + 1`, never 0.
    pub fn end(&mut self, value: u32) {
        self.exit = Some(value << 1 | 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn post_codes_are_a_short_story() {
        let mut debug = Debug::default();
        for code in [1, 1, 2, 2, 2, 1] {
            debug.write(0x80, code);
        }
        assert_eq!(debug.post(), [1, 2, 1]);
        for code in 0..200 {
            debug.write(0x80, code);
        }
        assert_eq!(debug.post().len(), POST_CODES);
        assert_eq!(debug.read(0x80), 199);
    }

    #[test]
    fn the_exit_status_is_odd() {
        let mut debug = Debug::default();
        debug.end(0x10);
        assert_eq!(debug.exit, Some(0x21));
    }
}
