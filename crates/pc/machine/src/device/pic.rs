//! The two 8259 interrupt controllers (Intel 8259A data sheet), the slave at input 2.
//!
//! ```text
//!   line ──edge──▶ IRR ──┬── IMR (masked?) ──▶ priority ──▶ INTR to the CPU
//!                        └── INTA: IRR bit becomes ISR bit, vector goes to the CPU
//!   ISR bit blocks its own and all lower priorities until the handler's EOI.
//! ```
//!
//! As in QEMU, a request that was seen stays in IRR even if its line falls again.

use serde::{Deserialize, Serialize};

/// Which of its four initialisation words a controller waits for next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
enum Expects {
    #[default]
    Nothing,
    Icw2,
    Icw3,
    Icw4,
}

/// One 8259.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Chip {
    /// Interrupt requests that wait.
    pub irr: u8,
    /// Interrupts being served.
    pub isr: u8,
    /// Masked inputs.
    pub imr: u8,
    /// Vector of input 0.
    pub base: u8,
    /// Which inputs are level triggered (ports 4D0h and 4D1h).
    pub elcr: u8,
    /// The lines' levels, to see edges.
    levels: u8,
    /// The input of highest priority; rotation moves it.
    first: u8,
    expects: Expects,
    wants_icw4: bool,
    single: bool,
    auto_eoi: bool,
    rotate_on_auto_eoi: bool,
    special_mask: bool,
    fully_nested: bool,
    /// Reads of the command port give ISR instead of IRR.
    reads_isr: bool,
    /// The next read is a poll.
    poll: bool,
}

impl Chip {
    fn set_line(&mut self, input: u8, high: bool) {
        let bit = 1 << input;
        if high && (self.elcr & bit != 0 || self.levels & bit == 0) {
            self.irr |= bit;
        }
        if !high && self.elcr & bit != 0 {
            self.irr &= !bit;
        }
        self.levels = if high {
            self.levels | bit
        } else {
            self.levels & !bit
        };
    }

    /// How far behind the first in priority the best of `inputs` is; 8 for none.
    fn rank(&self, inputs: u8) -> u8 {
        inputs.rotate_right(u32::from(self.first)).trailing_zeros() as u8
    }

    /// The input that asks for the CPU now. `master`: this chip has a slave at input 2.
    fn pending(&self, master: bool) -> Option<u8> {
        let rank = self.rank(self.irr & !self.imr);
        let mut serving = self.isr;
        if self.special_mask {
            serving &= !self.imr;
        }
        if self.fully_nested && master {
            serving &= !(1 << 2);
        }
        (rank < self.rank(serving)).then_some((rank + self.first) & 7)
    }

    fn acknowledge(&mut self, input: u8) {
        let bit = 1 << input;
        if self.elcr & bit == 0 {
            self.irr &= !bit;
        }
        if !self.auto_eoi {
            self.isr |= bit;
        } else if self.rotate_on_auto_eoi {
            self.first = (input + 1) & 7;
        }
    }

    fn command(&mut self, value: u8) {
        if value & 0x10 != 0 {
            // ICW1: start over. Lines that are high need a new edge to be seen.
            *self = Self {
                elcr: self.elcr,
                levels: self.levels,
                irr: self.irr & self.elcr,
                expects: Expects::Icw2,
                wants_icw4: value & 1 != 0,
                single: value & 2 != 0,
                ..Self::default()
            };
        } else if value & 0x08 != 0 {
            // OCW3
            if value & 0x02 != 0 {
                self.reads_isr = value & 1 != 0;
            }
            if value & 0x40 != 0 {
                self.special_mask = value & 0x20 != 0;
            }
            self.poll = value & 0x04 != 0;
        } else {
            self.end_of_interrupt(value);
        }
    }

    /// OCW2: rotate (bit 7), specific (6), EOI (5), input (2..0).
    fn end_of_interrupt(&mut self, value: u8) {
        let named = value & 7;
        match value >> 5 {
            0 | 4 => self.rotate_on_auto_eoi = value & 0x80 != 0,
            1 | 5 => {
                let ends = if self.special_mask {
                    self.isr & !self.imr
                } else {
                    self.isr
                };
                let rank = self.rank(ends);
                if rank < 8 {
                    let input = (rank + self.first) & 7;
                    self.isr &= !(1 << input);
                    if value & 0x80 != 0 {
                        self.first = (input + 1) & 7;
                    }
                }
            }
            3 => self.isr &= !(1 << named),
            6 => self.first = (named + 1) & 7,
            7 => {
                self.isr &= !(1 << named);
                self.first = (named + 1) & 7;
            }
            _ => {}
        }
    }

    fn data(&mut self, value: u8) {
        let last = if self.wants_icw4 {
            Expects::Icw4
        } else {
            Expects::Nothing
        };
        match self.expects {
            Expects::Nothing => self.imr = value,
            Expects::Icw2 => {
                self.base = value & 0xf8;
                self.expects = if self.single { last } else { Expects::Icw3 };
            }
            // Who is connected where is wired on this board.
            Expects::Icw3 => self.expects = last,
            Expects::Icw4 => {
                self.fully_nested = value & 0x10 != 0;
                self.auto_eoi = value & 0x02 != 0;
                self.expects = Expects::Nothing;
            }
        }
    }

    fn read(&mut self, data: bool, master: bool) -> u8 {
        if self.poll {
            self.poll = false;
            return match self.pending(master) {
                Some(input) => {
                    self.acknowledge(input);
                    0x80 | input
                }
                None => 0,
            };
        }
        match (data, self.reads_isr) {
            (true, _) => self.imr,
            (false, true) => self.isr,
            (false, false) => self.irr,
        }
    }
}

/// Both controllers: sixteen lines in, one INTR out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Pic {
    /// Lines 0..=7; input 2 is the slave.
    pub master: Chip,
    /// Lines 8..=15.
    pub slave: Chip,
}

impl Pic {
    /// ISA interrupt line `line` (0..=15) is high or low.
    pub fn set_line(&mut self, line: u8, high: bool) {
        match line {
            0..=7 => self.master.set_line(line, high),
            _ => self.slave.set_line(line & 7, high),
        }
        self.cascade();
    }

    /// The slave's INT output is the master's input 2. It counts as a level, so that a request
    /// that arrives while another is acknowledged cannot get lost.
    fn cascade(&mut self) {
        if self.slave.pending(false).is_some() {
            self.master.irr |= 1 << 2;
        } else {
            self.master.irr &= !(1 << 2);
        }
    }

    /// Whether INTR is high.
    pub fn requested(&self) -> bool {
        self.master.pending(true).is_some()
    }

    /// INTA: the vector. With nothing to deliver it is input 7's, the spurious interrupt.
    pub fn acknowledge(&mut self) -> u8 {
        const SPURIOUS: u8 = 7;
        let vector = match self.master.pending(true) {
            Some(2) => {
                let input = self.slave.pending(false);
                if let Some(input) = input {
                    self.slave.acknowledge(input);
                }
                self.master.acknowledge(2);
                self.slave.base + input.unwrap_or(SPURIOUS)
            }
            Some(input) => {
                self.master.acknowledge(input);
                self.master.base + input
            }
            None => self.master.base + SPURIOUS,
        };
        self.cascade();
        vector
    }

    /// IN from 20h, 21h, A0h, A1h, 4D0h or 4D1h.
    pub fn read(&mut self, port: u16) -> u8 {
        let value = match port {
            0x4d0 => self.master.elcr,
            0x4d1 => self.slave.elcr,
            0xa0 | 0xa1 => self.slave.read(port & 1 != 0, false),
            _ => self.master.read(port & 1 != 0, true),
        };
        self.cascade();
        value
    }

    /// OUT to one of the same ports.
    pub fn write(&mut self, port: u16, value: u8) {
        match port {
            // Lines 0, 1, 2, 8 and 13 are edge triggered for good.
            0x4d0 => self.master.elcr = value & 0xf8,
            0x4d1 => self.slave.elcr = value & 0xde,
            0xa0 => self.slave.command(value),
            0xa1 => self.slave.data(value),
            0x20 => self.master.command(value),
            _ => self.master.data(value),
        }
        self.cascade();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both chips as every PC system sets them up: vectors 20h and 28h, nothing masked.
    fn set_up(icw4: u8) -> Pic {
        let mut pic = Pic::default();
        for (command, base, wiring) in [(0x20, 0x20, 4), (0xa0, 0x28, 2)] {
            pic.write(command, 0x11);
            for word in [base, wiring, icw4, 0] {
                pic.write(command + 1, word);
            }
        }
        pic
    }
    fn pulse(pic: &mut Pic, line: u8) {
        pic.set_line(line, true);
        pic.set_line(line, false);
    }

    #[test]
    fn an_edge_is_delivered_once_and_blocks_until_eoi() {
        let mut pic = set_up(1);
        pic.set_line(4, true);
        assert!(pic.requested());
        assert_eq!(pic.acknowledge(), 0x24);
        assert!(
            !pic.requested(),
            "the line is still high, but there was only one edge"
        );
        pulse(&mut pic, 5);
        assert!(
            !pic.requested(),
            "5 is of lower priority than 4, which is being served"
        );
        pulse(&mut pic, 0);
        assert_eq!(pic.acknowledge(), 0x20, "0 is of higher priority");
        pic.write(0x20, 0x20); // EOI of 0
        assert!(!pic.requested());
        pic.write(0x20, 0x20); // EOI of 4
        assert_eq!(pic.acknowledge(), 0x25);
    }

    #[test]
    fn a_masked_request_waits() {
        let mut pic = set_up(1);
        pic.write(0x21, 1 << 3);
        pulse(&mut pic, 3);
        assert!(!pic.requested());
        assert_eq!(pic.read(0x20), 1 << 3, "IRR shows it");
        assert_eq!(pic.read(0x21), 1 << 3, "IMR reads back");
        pic.write(0x21, 0);
        assert_eq!(pic.acknowledge(), 0x23);
        pic.write(0x20, 0x0b);
        assert_eq!(pic.read(0x20), 1 << 3, "ISR, after OCW3");
    }

    #[test]
    fn the_slave_speaks_through_input_2() {
        let mut pic = set_up(1);
        pulse(&mut pic, 8);
        assert_eq!(pic.read(0x20), 1 << 2);
        assert_eq!(pic.acknowledge(), 0x28);
        assert_eq!((pic.master.isr, pic.slave.isr), (1 << 2, 1));
        pulse(&mut pic, 12);
        assert!(!pic.requested());
        pic.write(0xa0, 0x20);
        assert!(!pic.requested(), "the master still serves input 2");
        pic.write(0x20, 0x20);
        assert_eq!(pic.acknowledge(), 0x2c);
    }

    #[test]
    fn special_fully_nested_lets_a_better_slave_input_through() {
        let mut pic = set_up(0x11);
        pulse(&mut pic, 12);
        assert_eq!(pic.acknowledge(), 0x2c);
        pulse(&mut pic, 8);
        assert_eq!(pic.acknowledge(), 0x28);
    }

    #[test]
    fn with_nothing_to_deliver_the_vector_is_spurious() {
        let mut pic = set_up(1);
        assert_eq!(pic.acknowledge(), 0x27);
        assert_eq!(pic.master.isr, 0, "and nothing is being served");
    }

    #[test]
    fn automatic_eoi_and_rotation() {
        let mut pic = set_up(3);
        pic.write(0x20, 0x80); // rotate on automatic EOI
        pulse(&mut pic, 1);
        assert_eq!(pic.acknowledge(), 0x21);
        assert_eq!(pic.master.isr, 0);
        pulse(&mut pic, 1);
        pulse(&mut pic, 3);
        assert_eq!(pic.acknowledge(), 0x23, "1 has become the last");
    }

    #[test]
    fn special_mask_mode_lets_lower_priorities_through() {
        let mut pic = set_up(1);
        pulse(&mut pic, 1);
        assert_eq!(pic.acknowledge(), 0x21);
        pulse(&mut pic, 6);
        assert!(!pic.requested());
        pic.write(0x21, 1 << 1);
        pic.write(0x20, 0x68);
        assert_eq!(pic.acknowledge(), 0x26);
        pic.write(0x20, 0x20);
        assert_eq!(pic.master.isr, 1 << 1, "an EOI passes over the masked one");
        pic.write(0x20, 0x61);
        assert_eq!(pic.master.isr, 0);
    }

    #[test]
    fn polling_takes_the_place_of_inta() {
        let mut pic = set_up(1);
        pulse(&mut pic, 4);
        pic.write(0x20, 0x0c);
        assert_eq!(pic.read(0x20), 0x84);
        assert_eq!(pic.master.isr, 1 << 4);
        pic.write(0x20, 0x0c);
        assert_eq!(pic.read(0x20), 0);
    }

    #[test]
    fn a_level_triggered_line_asks_until_it_falls() {
        let mut pic = set_up(1);
        pic.write(0x4d1, 0xff);
        assert_eq!(pic.read(0x4d1), 0xde);
        pic.set_line(11, true);
        assert_eq!(pic.acknowledge(), 0x2b);
        pic.write(0xa0, 0x20);
        pic.write(0x20, 0x20);
        assert!(pic.requested());
        pic.set_line(11, false);
        assert!(!pic.requested());
    }
}
