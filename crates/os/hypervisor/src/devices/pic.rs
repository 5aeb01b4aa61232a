//! # 41. The interrupt controllers: two 8259s
//!
//! A device raises a line; the controller remembers the edge (IRR), offers the line with the
//! highest priority that is neither masked (IMR) nor out-ranked by one in service (ISR), and
//! waits for the end-of-interrupt command. The second chip hangs on line 2 of the first
//! (Intel 8259A datasheet). For a guest "the CPU's INTR pin" is [`Pics::offers`].

/// One 8259.
#[derive(Clone, Copy, Default)]
struct Pic {
    /// Interrupt request register: edges seen and not yet served.
    irr: u8,
    /// In-service register.
    isr: u8,
    /// Interrupt mask register.
    imr: u8,
    /// Level of each line, to tell an edge.
    level: u8,
    /// Vector of line 0.
    base: u8,
    /// Which initialisation word comes next; 0 = none.
    step: u8,
    /// ICW4 is expected.
    wants_icw4: bool,
    /// Automatic end of interrupt.
    auto_eoi: bool,
    /// OCW3: the next read of port 0 is ISR rather than IRR.
    read_isr: bool,
}

impl Pic {
    const NEW: Self = Self {
        irr: 0,
        isr: 0,
        imr: 0xff,
        level: 0,
        base: 0,
        step: 0,
        wants_icw4: false,
        auto_eoi: false,
        read_isr: false,
    };

    fn set(&mut self, line: u8, high: bool) {
        let bit = 1 << line;
        if high && self.level & bit == 0 {
            self.irr |= bit;
        } else if !high {
            self.irr &= !bit;
        }
        self.level = self.level & !bit | u8::from(high) << line;
    }

    /// The line to serve: the lowest number requested, unmasked and below all in service.
    fn best(&self) -> Option<u8> {
        let wanted = self.irr & !self.imr;
        let line = wanted.trailing_zeros() as u8;
        (wanted != 0 && line < self.isr.trailing_zeros() as u8).then_some(line)
    }

    fn acknowledge(&mut self, line: u8) {
        self.irr &= !(1 << line);
        if !self.auto_eoi {
            self.isr |= 1 << line;
        }
    }

    fn read(&self, port: u16) -> u8 {
        match (port & 1, self.read_isr) {
            (1, _) => self.imr,
            (_, true) => self.isr,
            _ => self.irr,
        }
    }

    fn write(&mut self, port: u16, value: u8) {
        match (port & 1, self.step) {
            // ICW1 starts over.
            (0, _) if value & 0x10 != 0 => {
                *self =
                    Self { step: 2, wants_icw4: value & 1 != 0, level: self.level, ..Self::NEW };
                self.imr = 0;
            }
            // OCW3: what to read at port 0.
            (0, _) if value & 0x08 != 0 => {
                if value & 2 != 0 {
                    self.read_isr = value & 1 != 0;
                }
            }
            // OCW2: end of interrupt, specific or the highest in service.
            (0, _) => match value >> 5 {
                1 => self.isr &= self.isr.wrapping_sub(1),
                3 => self.isr &= !(1 << (value & 7)),
                _ => {}
            },
            (_, 2) => {
                self.base = value & 0xf8;
                self.step = 3;
            }
            (_, 3) => self.step = if self.wants_icw4 { 4 } else { 0 },
            (_, 4) => {
                self.auto_eoi = value & 2 != 0;
                self.step = 0;
            }
            _ => self.imr = value,
        }
    }
}

/// The pair, as a PC wires it.
#[derive(Clone, Copy)]
pub struct Pics {
    first: Pic,
    second: Pic,
    /// Whether INTR is up. Kept up to date so that the question costs nothing.
    offers: bool,
}

impl Pics {
    /// After reset: everything masked.
    pub const NEW: Self = Self { first: Pic::NEW, second: Pic::NEW, offers: false };

    /// Whether an interrupt waits for the CPU.
    pub const fn offers(&self) -> bool {
        self.offers
    }

    /// Drives an interrupt line, 0..=15.
    pub fn set(&mut self, line: u8, high: bool) {
        if line < 8 {
            self.first.set(line, high);
        } else {
            self.second.set(line - 8, high);
        }
        self.settle();
    }

    /// The CPU takes the interrupt: its vector, or the spurious one of line 7.
    pub fn acknowledge(&mut self) -> u8 {
        let vector = match self.first.best() {
            Some(2) => {
                self.first.acknowledge(2);
                let line = self.second.best().unwrap_or(7);
                self.second.acknowledge(line);
                self.second.base | line
            }
            Some(line) => {
                self.first.acknowledge(line);
                self.first.base | line
            }
            None => self.first.base | 7,
        };
        self.settle();
        vector
    }

    /// Reads port 0x20, 0x21, 0xA0 or 0xA1.
    pub fn read(&self, port: u16) -> u8 {
        if port < 0x80 { self.first.read(port) } else { self.second.read(port) }
    }

    /// Writes one of those ports.
    pub fn write(&mut self, port: u16, value: u8) {
        if port < 0x80 {
            self.first.write(port, value);
        } else {
            self.second.write(port, value);
        }
        self.settle();
    }

    fn settle(&mut self) {
        self.first.set(2, self.second.best().is_some());
        self.offers = self.first.best().is_some();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready() -> Pics {
        let mut pics = Pics::NEW;
        for (port, values) in [(0x20, [0x11, 0x20, 4, 1]), (0xa0, [0x11, 0x28, 2, 1])] {
            pics.write(port, values[0]);
            for value in &values[1..] {
                pics.write(port + 1, *value);
            }
        }
        pics
    }

    #[test]
    fn an_edge_is_offered_served_and_ended() {
        let mut pics = ready();
        pics.set(4, true);
        assert!(pics.offers());
        assert_eq!(pics.acknowledge(), 0x24);
        assert!(!pics.offers(), "in service until EOI");
        pics.set(0, true);
        assert_eq!(pics.acknowledge(), 0x20, "line 0 outranks line 4");
        pics.write(0x20, 0x20);
        pics.write(0x20, 0x20);
        assert!(!pics.offers(), "the lines are still up, but an edge counts once");
        pics.set(4, false);
        pics.set(4, true);
        assert!(pics.offers());
    }

    #[test]
    fn masked_lines_wait_and_fallen_lines_are_forgotten() {
        let mut pics = ready();
        pics.write(0x21, 0x10);
        pics.set(4, true);
        assert!(!pics.offers());
        pics.write(0x21, 0);
        assert!(pics.offers());
        pics.set(4, false);
        assert!(!pics.offers());
        assert_eq!(pics.acknowledge(), 0x27, "spurious");
    }

    #[test]
    fn the_second_chip_comes_through_line_2() {
        let mut pics = ready();
        pics.set(8, true);
        assert_eq!(pics.acknowledge(), 0x28);
        pics.write(0xa0, 0x20);
        pics.write(0x20, 0x62);
        pics.set(8, false);
        pics.set(8, true);
        assert_eq!(pics.acknowledge(), 0x28);
    }
}
