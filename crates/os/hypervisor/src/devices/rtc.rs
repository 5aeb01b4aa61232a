//! # 44. The wall clock: CMOS
//!
//! Reading the time harms nobody, so a guest sees the PC's own clock: an index goes to port
//! 0x70, and the register that it names is read from the PC at port 0x71. What a guest writes
//! is kept for itself, except the time, which is not a guest's to set (Motorola MC146818).

/// A guest's view of the clock chip.
#[derive(Clone, Copy)]
pub struct Rtc {
    index: u8,
    /// Registers 0x0E..=0x7F: battery-backed memory, the guest's own.
    memory: [u8; 0x80],
}

impl Rtc {
    /// Nothing chosen, nothing stored.
    pub const NEW: Self = Self { index: 0, memory: [0; 0x80] };

    /// Reads port 0x70 or 0x71; `clock` reads one register of the PC's chip.
    pub fn read(&self, port: u16, clock: impl Fn(u8) -> u8) -> u8 {
        match self.index {
            _ if port & 1 == 0 => 0xff,
            // Seconds to year, status A (update in progress), status B (format), the century.
            0x00 | 0x02 | 0x04 | 0x06..=0x0b | 0x32 => clock(self.index),
            0x0d => 0x80, // the battery is good
            index => self.memory[usize::from(index)],
        }
    }

    /// Writes port 0x70 or 0x71.
    pub fn write(&mut self, port: u16, value: u8) {
        if port & 1 == 0 {
            self.index = value & 0x7f; // bit 7 masks NMI, which no guest has
        } else {
            self.memory[usize::from(self.index)] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_the_pcs_and_memory_the_guests() {
        let mut rtc = Rtc::NEW;
        rtc.write(0x70, 0x84);
        assert_eq!(rtc.read(0x71, |index| index + 0x10), 0x14);
        rtc.write(0x71, 0x55);
        assert_eq!(rtc.read(0x71, |_| 0x23), 0x23);
        rtc.write(0x70, 0x40);
        rtc.write(0x71, 0x55);
        assert_eq!(rtc.read(0x71, |_| 0), 0x55);
    }
}
