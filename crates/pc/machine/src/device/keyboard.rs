//! The i8042 keyboard controller, ports 60h and 64h, and the keyboard behind it
//! (IBM PC/AT technical reference, "Keyboard controller").
//!
//! No mouse. Scan codes arrive already translated to set 1, as software expects them.

use probe::Moment;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

mod status {
    pub const FULL: u8 = 0x01;
    pub const SYSTEM: u8 = 0x04;
    pub const COMMAND: u8 = 0x08;
    /// The keyboard is not locked by a key in the case.
    pub const UNLOCKED: u8 = 0x10;
}
mod config {
    pub const INTERRUPT: u8 = 0x01;
    pub const SYSTEM: u8 = 0x04;
    pub const DISABLED: u8 = 0x10;
    pub const MOUSE_DISABLED: u8 = 0x20;
    pub const TRANSLATE: u8 = 0x40;
}
/// What the keyboard says to a command that it has understood.
const ACKNOWLEDGE: u8 = 0xfa;
/// Moments between two bytes: about a tenth of a millisecond.
const PAUSE: Moment = 10_000;

/// What the next byte at port 60h means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
enum Awaits {
    #[default]
    KeyboardCommand,
    KeyboardParameter,
    Config,
    OutputPort,
    /// A byte to be sent back as if it came from keyboard or mouse, or that nobody wants.
    Echo,
    Nothing,
}

/// The controller and the keyboard.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Keyboard {
    config: u8,
    /// The byte at port 60h, and whether it is unread.
    output: u8,
    full: bool,
    awaits: Awaits,
    last_was_command: bool,
    /// What comes after the byte in `output`.
    queue: VecDeque<u8>,
    next: Option<Moment>,
    /// Bit 1 of the output port and of port 92h. The line itself is always open here, as on
    /// CPUs since Intel's Haswell, which have no A20 pin any more.
    pub a20: bool,
    /// Somebody asked for the machine to be reset.
    pub reset: bool,
}

impl Default for Keyboard {
    fn default() -> Self {
        Self {
            config: config::INTERRUPT | config::SYSTEM | config::TRANSLATE,
            output: 0,
            full: false,
            awaits: Awaits::default(),
            last_was_command: false,
            queue: VecDeque::new(),
            next: None,
            a20: true,
            reset: false,
        }
    }
}

impl Keyboard {
    /// Keys go down and up: scan codes of set 1.
    pub fn press(&mut self, at: Moment, scan_codes: &[u8]) {
        self.queue.extend(scan_codes);
        self.schedule(at);
    }

    /// Whether interrupt line 1 is high.
    pub fn line(&self) -> bool {
        self.full && self.config & config::INTERRUPT != 0
    }

    /// When [`act`](Self::act) next has something to do.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.next
    }

    /// Brings the next byte to port 60h.
    pub fn act(&mut self, at: Moment) {
        if self.next.is_some_and(|next| next <= at) {
            self.next = None;
            if let Some(byte) = self.queue.pop_front() {
                (self.output, self.full) = (byte, true);
            }
        }
    }

    /// IN from 60h or 64h.
    pub fn read(&mut self, at: Moment, port: u16) -> u8 {
        if port == 0x64 {
            return status::UNLOCKED
                | self.config & status::SYSTEM
                | if self.full { status::FULL } else { 0 }
                | if self.last_was_command {
                    status::COMMAND
                } else {
                    0
                };
        }
        self.full = false;
        self.schedule(at + PAUSE);
        self.output
    }

    /// OUT to 60h or 64h.
    pub fn write(&mut self, at: Moment, port: u16, value: u8) {
        self.last_was_command = port == 0x64;
        if port == 0x64 {
            self.command(at, value);
        } else {
            self.parameter(at, value);
        }
    }

    fn command(&mut self, at: Moment, command: u8) {
        self.awaits = Awaits::KeyboardCommand;
        match command {
            0x20 => self.answer(self.config),
            0x60 => self.awaits = Awaits::Config,
            0xa7 => self.config |= config::MOUSE_DISABLED,
            0xa8 => self.config &= !config::MOUSE_DISABLED,
            0xa9 => self.answer(0x01), // mouse line: stuck, for there is no mouse
            0xaa => self.answer(0x55), // self-test passed
            0xab => self.answer(0x00), // keyboard line: no fault
            0xc0 => self.answer(0x80), // input port: the case is not locked
            0xad => self.config |= config::DISABLED,
            0xae => {
                self.config &= !config::DISABLED;
                self.schedule(at);
            }
            0xd0 => self.answer(0x01 | u8::from(self.a20) << 1),
            0xd1 => self.awaits = Awaits::OutputPort,
            0xd2 => self.awaits = Awaits::Echo,
            0xd3 | 0xd4 => self.awaits = Awaits::Nothing,
            // Pulse some of the output port's low bits; bit 0 is the CPU's reset line.
            0xf0..=0xff => self.reset |= command & 1 == 0,
            _ => {}
        }
    }

    fn parameter(&mut self, at: Moment, value: u8) {
        match std::mem::take(&mut self.awaits) {
            Awaits::KeyboardCommand => self.keyboard(at, value),
            Awaits::KeyboardParameter => self.reply(at, &[ACKNOWLEDGE]),
            Awaits::Config => {
                self.config = value;
                self.schedule(at);
            }
            Awaits::OutputPort => {
                self.a20 = value & 2 != 0;
                self.reset |= value & 1 == 0;
            }
            Awaits::Echo => self.answer(value),
            Awaits::Nothing => {}
        }
    }

    /// A command to the keyboard itself.
    fn keyboard(&mut self, at: Moment, command: u8) {
        match command {
            0xff => self.reply(at, &[ACKNOWLEDGE, 0xaa]), // reset: self-test passed
            0xee => self.reply(at, &[0xee]),              // echo
            0xf2 => self.reply(at, &[ACKNOWLEDGE, 0xab, 0x41]), // identify, translated
            0xed | 0xf0 | 0xf3 => {
                // lamps, scan code set, repeat rate: one parameter follows
                self.awaits = Awaits::KeyboardParameter;
                self.reply(at, &[ACKNOWLEDGE]);
            }
            _ => self.reply(at, &[ACKNOWLEDGE]),
        }
    }

    /// The controller's own answer: at once.
    fn answer(&mut self, byte: u8) {
        (self.output, self.full) = (byte, true);
    }

    fn reply(&mut self, at: Moment, bytes: &[u8]) {
        self.queue.extend(bytes);
        self.schedule(at + PAUSE);
    }

    fn schedule(&mut self, at: Moment) {
        let waiting = !self.full && !self.queue.is_empty() && self.config & config::DISABLED == 0;
        self.next = waiting.then(|| self.next.unwrap_or(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(keyboard: &mut Keyboard) -> Moment {
        let next = keyboard.next_deadline().expect("something is under way");
        keyboard.act(next);
        next
    }

    #[test]
    fn keys_come_one_by_one_each_with_an_interrupt() {
        let mut keyboard = Keyboard::default();
        keyboard.press(5, &[0x1e, 0x9e]);
        assert!(!keyboard.line());
        assert_eq!(run(&mut keyboard), 5);
        assert!(keyboard.line());
        assert_eq!(keyboard.read(6, 0x64), 0x15);
        assert_eq!(keyboard.read(6, 0x60), 0x1e);
        assert!(!keyboard.line());
        assert_eq!(run(&mut keyboard), 6 + PAUSE);
        assert_eq!(keyboard.read(6 + PAUSE, 0x60), 0x9e);
        assert_eq!(keyboard.next_deadline(), None);
    }

    #[test]
    fn the_controller_answers() {
        let mut keyboard = Keyboard::default();
        for (command, answer) in [(0xaa, 0x55), (0xab, 0), (0xa9, 1), (0x20, 0x45), (0xd0, 3)] {
            keyboard.write(0, 0x64, command);
            assert_eq!(keyboard.read(0, 0x60), answer);
        }
        keyboard.write(0, 0x64, 0x60);
        keyboard.write(0, 0x60, 0x10);
        keyboard.press(0, &[1]);
        assert_eq!(keyboard.next_deadline(), None, "disabled");
        keyboard.write(0, 0x64, 0xae);
        run(&mut keyboard);
        assert!(!keyboard.line(), "its interrupt is off");
        assert_eq!(keyboard.read(0, 0x60), 1);
    }

    #[test]
    fn the_keyboard_answers() {
        let mut keyboard = Keyboard::default();
        let mut say = |bytes: &[u8]| {
            for &byte in bytes {
                keyboard.write(0, 0x60, byte);
            }
            let mut heard = Vec::new();
            while keyboard.next_deadline().is_some() {
                let at = run(&mut keyboard);
                heard.push(keyboard.read(at, 0x60));
            }
            heard
        };
        assert_eq!(say(&[0xff]), [0xfa, 0xaa]);
        assert_eq!(say(&[0xf2]), [0xfa, 0xab, 0x41]);
        assert_eq!(say(&[0xed, 0x07]), [0xfa, 0xfa]);
        assert_eq!(say(&[0xee]), [0xee]);
    }

    #[test]
    fn two_roads_to_reset() {
        let mut keyboard = Keyboard::default();
        keyboard.write(0, 0x64, 0xd1);
        keyboard.write(0, 0x60, 0x01);
        assert!(!keyboard.reset && !keyboard.a20);
        keyboard.write(0, 0x64, 0xfe);
        assert!(keyboard.reset);
        let mut keyboard = Keyboard::default();
        keyboard.write(0, 0x64, 0xd1);
        keyboard.write(0, 0x60, 0x02);
        assert!(keyboard.reset);
    }
}
