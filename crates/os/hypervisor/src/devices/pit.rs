//! # 42. The timer: an 8254 made of arithmetic
//!
//! Three counters count down at 1,193,182 Hz. Nothing counts here: a counter is the moment at
//! which it was loaded and the value it was loaded with, and whoever reads it gets what it
//! would show now (Intel 8254 datasheet). Counter 0 drives interrupt line 0; counter 2 has a
//! gate and a visible output at port 0x61, by which kernels measure their TSC.
//!
//! All times in this file are timer ticks since the VM started; [`Clock`] makes them from the
//! TSC with a multiplication, because a division would be the most expensive thing in an exit.

/// Ticks of the 8254 in a second.
pub const HZ: u64 = 1_193_182;

/// Turns TSC values into timer ticks and back, as fixed-point factors with 48 bits behind the point.
#[derive(Clone, Copy, Default)]
pub struct Clock {
    epoch: u64,
    /// Ticks of the TSC in a second.
    pub tsc_hz: u64,
    ticks_per_tsc: u64,
    tsc_per_tick: u64,
}

impl Clock {
    /// A clock that stands at 0 when the TSC stands at `epoch`.
    pub const fn new(epoch: u64, tsc_hz: u64) -> Self {
        Self {
            epoch,
            tsc_hz,
            ticks_per_tsc: ((HZ as u128) << 48).div_ceil(tsc_hz as u128) as u64,
            tsc_per_tick: (((tsc_hz as u128) << 48) / HZ as u128) as u64,
        }
    }
    /// Ticks at a moment of the TSC.
    pub const fn ticks(&self, tsc: u64) -> u64 {
        ((tsc.saturating_sub(self.epoch) as u128 * self.ticks_per_tsc as u128) >> 48) as u64
    }
    /// The TSC at a tick.
    pub const fn tsc(&self, ticks: u64) -> u64 {
        self.epoch + ((ticks as u128 * self.tsc_per_tick as u128) >> 48) as u64 + 1
    }
}

/// One counter.
#[derive(Clone, Copy)]
struct Counter {
    /// 0..=5; the odd ones of no use here behave as their neighbours.
    mode: u8,
    /// 1 low byte, 2 high byte, 3 low then high.
    access: u8,
    /// Value to count from, 1..=65536.
    reload: u32,
    /// Tick at which counting began; `None` until a value is loaded.
    since: Option<u64>,
    /// First half of a two-byte write.
    low: Option<u8>,
    /// A latched count, and whether its low byte has been read.
    latch: Option<u16>,
    high_next: bool,
    gate: bool,
}

impl Counter {
    const NEW: Self = Self {
        mode: 3,
        access: 3,
        reload: 0x1_0000,
        since: None,
        low: None,
        latch: None,
        high_next: false,
        gate: true,
    };

    fn periodic(&self) -> bool {
        self.mode & 2 != 0
    }

    /// Ticks since it was loaded, if it counts.
    fn elapsed(&self, now: u64) -> Option<u64> {
        self.since.filter(|_| self.gate).map(|since| now.saturating_sub(since))
    }

    fn count(&self, now: u64) -> u16 {
        let reload = u64::from(self.reload);
        let Some(elapsed) = self.elapsed(now) else {
            return self.reload as u16;
        };
        match self.mode {
            2 | 6 => (reload - elapsed % reload) as u16,
            // Mode 3 counts down by two, twice a period.
            3 | 7 => (reload - 2 * elapsed % reload) as u16 & !1,
            _ => reload.wrapping_sub(elapsed) as u16,
        }
    }

    fn output(&self, now: u64) -> bool {
        let reload = u64::from(self.reload);
        match (self.mode, self.elapsed(now)) {
            (0 | 1, None) => false,
            (_, None) => true,
            (2 | 6, Some(t)) => t % reload != reload - 1,
            (3 | 7, Some(t)) => t % reload < reload.div_ceil(2),
            (_, Some(t)) => t >= reload,
        }
    }

    fn write(&mut self, value: u8, now: u64) {
        let loaded = match (self.access, self.low.take()) {
            (1, _) => u16::from(value),
            (2, _) => u16::from(value) << 8,
            (_, Some(low)) => u16::from_le_bytes([low, value]),
            _ => {
                self.low = Some(value);
                return;
            }
        };
        self.reload = if loaded == 0 { 0x1_0000 } else { u32::from(loaded) };
        self.since = Some(now);
    }

    fn read(&mut self, now: u64) -> u8 {
        let [low, high] = self.latch.unwrap_or_else(|| self.count(now)).to_le_bytes();
        let high_now = self.access == 2 || self.access == 3 && self.high_next;
        self.high_next = self.access == 3 && !self.high_next;
        if !self.high_next {
            self.latch = None;
        }
        if high_now { high } else { low }
    }
}

/// The chip and port 0x61.
#[derive(Clone, Copy)]
pub struct Pit {
    counters: [Counter; 3],
    /// Tick at which counter 0 next raises its line.
    due: u64,
    /// Bit 1 of port 0x61, the loudspeaker.
    speaker: bool,
}

impl Pit {
    /// After reset: nothing counts.
    pub const NEW: Self = Self { counters: [Counter::NEW; 3], due: u64::MAX, speaker: false };

    /// The tick of the next interrupt; `u64::MAX` for never.
    pub const fn due(&self) -> u64 {
        self.due
    }

    /// If counter 0 has run out by `now`: arranges the next time and says so. Periods that
    /// passed unseen (the VM was not on the CPU) are one interrupt, as on a PC whose CPU
    /// kept interrupts off for so long.
    pub fn expired(&mut self, now: u64) -> bool {
        if now < self.due {
            return false;
        }
        let counter = &self.counters[0];
        let period = u64::from(counter.reload);
        self.due = if counter.periodic() {
            self.due + ((now - self.due) / period + 1) * period
        } else {
            u64::MAX
        };
        true
    }

    /// Reads port 0x40..=0x43 or 0x61 at tick `now`.
    pub fn read(&mut self, port: u16, now: u64) -> u8 {
        match port {
            0x40..=0x42 => self.counters[usize::from(port & 3)].read(now),
            0x61 => {
                let two = &self.counters[2];
                // Bit 4 toggles with the memory refresh, every 15 µs.
                u8::from(two.gate)
                    | u8::from(self.speaker) << 1
                    | (((now / 18) & 1) as u8) << 4
                    | u8::from(two.output(now)) << 5
            }
            _ => 0xff,
        }
    }

    /// Writes one of those ports.
    pub fn write(&mut self, port: u16, value: u8, now: u64) {
        match port {
            0x40..=0x42 => {
                let number = usize::from(port & 3);
                self.counters[number].write(value, now);
                if number == 0 && self.counters[0].since == Some(now) {
                    self.due = now + u64::from(self.counters[0].reload);
                }
            }
            // The read-back command of later chips, which nobody here uses.
            0x43 if value >> 6 == 3 => {}
            0x43 => {
                let counter = &mut self.counters[usize::from(value >> 6)];
                match value >> 4 & 3 {
                    0 => counter.latch = counter.latch.or(Some(counter.count(now))),
                    access => {
                        let gate = counter.gate;
                        *counter = Counter { mode: value >> 1 & 7, access, gate, ..Counter::NEW };
                        if value >> 6 == 0 {
                            self.due = u64::MAX;
                        }
                    }
                }
            }
            0x61 => {
                let two = &mut self.counters[2];
                // A rising gate starts the counter again.
                if value & 1 != 0 && !two.gate && two.since.is_some() {
                    two.since = Some(now);
                }
                two.gate = value & 1 != 0;
                self.speaker = value & 2 != 0;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_agrees_with_itself() {
        for hz in [100_227_288, 2_999_999_999] {
            let clock = Clock::new(1000, hz);
            assert_eq!(clock.ticks(1000 + hz), HZ);
            for ticks in [1, 11_932, HZ * 3600] {
                let back = clock.ticks(clock.tsc(ticks));
                assert!(back == ticks || back == ticks + 1, "{ticks} became {back}");
            }
        }
    }

    #[test]
    fn a_rate_generator_is_due_again_and_again() {
        let mut pit = Pit::NEW;
        pit.write(0x43, 0x34, 0);
        pit.write(0x40, 0x9c, 5);
        assert_eq!(pit.due(), u64::MAX, "half a value");
        pit.write(0x40, 0x2e, 10);
        assert_eq!(pit.due(), 10 + 0x2e9c);
        assert!(!pit.expired(10 + 0x2e9b));
        assert!(pit.expired(10 + 0x2e9c));
        assert_eq!(pit.due(), 10 + 2 * 0x2e9c);
        assert!(pit.expired(10 + 5 * 0x2e9c + 3), "late");
        assert_eq!(pit.due(), 10 + 6 * 0x2e9c, "but still on the beat");
    }

    #[test]
    fn one_shot_comes_once_and_latches_hold_still() {
        let mut pit = Pit::NEW;
        pit.write(0x43, 0x30, 0);
        pit.write(0x40, 100, 0);
        pit.write(0x40, 0, 0);
        pit.write(0x43, 0x00, 40);
        assert_eq!((pit.read(0x40, 90), pit.read(0x40, 95)), (60, 0), "latched at 40");
        assert_eq!((pit.read(0x40, 90), pit.read(0x40, 90)), (10, 0));
        assert!(pit.expired(100));
        assert_eq!(pit.due(), u64::MAX);
    }

    #[test]
    fn calibration_by_port_61() {
        let mut pit = Pit::NEW;
        pit.write(0x61, 1, 0);
        pit.write(0x43, 0xb0, 0);
        pit.write(0x42, 0x10, 100);
        pit.write(0x42, 0x27, 100);
        assert_eq!(pit.read(0x61, 10_099) & 0x20, 0);
        assert_eq!(pit.read(0x61, 10_100) & 0x20, 0x20);
    }
}
