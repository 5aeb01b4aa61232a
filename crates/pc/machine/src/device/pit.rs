//! The 8254 interval timer and port 61h (Intel 8254 data sheet).
//!
//! Three counters count 1,193,182 Hz down. Counter 0 is interrupt line 0, counter 1 once
//! refreshed memory, counter 2 is the loudspeaker's, with gate and output on port 61h, which
//! makes it everybody's stopwatch. A counter is a function of the clock: what it shows follows
//! from when it was loaded.
//!
//! A count that is written while another runs starts at once; the chip would first finish the
//! period in modes 2 and 3. QEMU does as we do, and no known program can tell.

use crate::time::PIT_TICK;
use probe::Moment;
use serde::{Deserialize, Serialize};

/// A count of the 8254's own ticks.
type Tick = u64;

/// One of the three counters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Counter {
    /// 0..=5.
    pub mode: u8,
    bcd: bool,
    /// Which bytes a count is written and read by: 1 low, 2 high, 3 low then high.
    access: u8,
    /// The count, 1..=65536 (10000 in BCD). Meaningless until `loaded` is set.
    pub reload: u32,
    /// The tick at which the count was taken over.
    loaded: Option<Tick>,
    /// Ticks counted when the gate closed, while it is closed.
    held: Option<Tick>,
    gate: bool,
    /// The low byte, while the high byte is awaited.
    low: Option<u8>,
    /// The next read gives the high byte.
    high_next: bool,
    latched_count: Option<u16>,
    latched_status: Option<u8>,
}

impl Counter {
    fn new(gate: bool) -> Self {
        Self {
            mode: 3,
            bcd: false,
            access: 3,
            reload: 0x1_0000,
            loaded: None,
            held: None,
            gate,
            low: None,
            high_next: false,
            latched_count: None,
            latched_status: None,
        }
    }

    /// Ticks counted since the count was loaded; `None` if nothing counts.
    fn elapsed(&self, now: Tick) -> Option<Tick> {
        let loaded = self.loaded?;
        Some(self.held.unwrap_or_else(|| now.saturating_sub(loaded)))
    }

    /// The level of the OUT pin.
    fn out(&self, now: Tick) -> bool {
        let Some(elapsed) = self.elapsed(now) else {
            return self.mode != 0;
        };
        let reload = u64::from(self.reload);
        match self.mode {
            0 | 1 => elapsed >= reload,
            2 => !self.gate || elapsed % reload != reload - 1,
            3 => !self.gate || elapsed % reload < reload.div_ceil(2),
            _ => elapsed != reload,
        }
    }

    /// What the counting element holds.
    fn count(&self, now: Tick) -> u16 {
        let elapsed = self.elapsed(now).unwrap_or(0);
        let reload = u64::from(self.reload);
        let modulus = if self.bcd { 10_000 } else { 0x1_0000 };
        let left = match self.mode {
            2 => reload - elapsed % reload,
            // The square wave: counts down by two, twice a period.
            3 => reload - 2 * elapsed % reload,
            _ => reload + modulus - elapsed % modulus,
        };
        let left = (left % modulus) as u16;
        if self.bcd { to_bcd(left) } else { left }
    }

    /// The first tick after `now` at which OUT rises.
    fn next_rise(&self, now: Tick) -> Option<Tick> {
        let loaded = self.loaded.filter(|_| self.held.is_none())?;
        let reload = u64::from(self.reload);
        let first = match self.mode {
            2 | 3 => {
                let periods = now.saturating_sub(loaded) / reload + 1;
                return Some(loaded + periods * reload);
            }
            0 | 1 => loaded + reload,
            _ => loaded + reload + 1,
        };
        (first > now).then_some(first)
    }

    fn control(&mut self, value: u8, now: Tick) {
        let access = value >> 4 & 3;
        if access == 0 {
            let count = self.count(now);
            self.latched_count.get_or_insert(count);
            return;
        }
        let mode = value >> 1 & 7;
        *self = Self {
            // Modes 2 and 3 have a second spelling each: 6 and 7.
            mode: if mode > 5 { mode - 4 } else { mode },
            bcd: value & 1 != 0,
            access,
            ..Self::new(self.gate)
        };
    }

    fn write(&mut self, value: u8, now: Tick) {
        let count = match (self.access, self.low.take()) {
            (1, _) => u16::from(value),
            (2, _) => u16::from(value) << 8,
            (_, Some(low)) => u16::from(value) << 8 | u16::from(low),
            (_, None) => {
                self.low = Some(value);
                if self.mode == 0 {
                    self.loaded = None; // the first byte stops the counting
                }
                return;
            }
        };
        self.reload = match (count, self.bcd) {
            (0, false) => 0x1_0000,
            (0, true) => 10_000,
            (count, false) => u32::from(count),
            (count, true) => from_bcd(count).max(1),
        };
        // Modes 1 and 5 wait for the gate to open.
        if !matches!(self.mode, 1 | 5) {
            // The chip takes the count over at its next tick.
            self.loaded = Some(now + 1);
            self.held = (!self.gate).then_some(0);
        }
    }

    fn set_gate(&mut self, open: bool, now: Tick) {
        let was = std::mem::replace(&mut self.gate, open);
        match (was, open, self.mode) {
            (false, true, 1 | 5) => (self.loaded, self.held) = (Some(now + 1), None),
            (false, true, 2 | 3) if self.loaded.is_some() => {
                (self.loaded, self.held) = (Some(now + 1), None);
            }
            (false, true, _) => {
                if let Some(held) = self.held.take() {
                    self.loaded = Some(now.saturating_sub(held));
                }
            }
            (true, false, 0 | 2 | 3 | 4) => self.held = self.elapsed(now),
            _ => {}
        }
    }

    fn status(&self, now: Tick) -> u8 {
        let null = self.loaded.is_none_or(|loaded| now < loaded);
        u8::from(self.out(now)) << 7
            | u8::from(null) << 6
            | self.access << 4
            | self.mode << 1
            | u8::from(self.bcd)
    }

    fn read(&mut self, now: Tick) -> u8 {
        if let Some(status) = self.latched_status.take() {
            return status;
        }
        let count = self.latched_count.unwrap_or_else(|| self.count(now));
        let high = match self.access {
            1 => false,
            2 => true,
            _ => {
                self.high_next = !self.high_next;
                !self.high_next
            }
        };
        if self.access != 3 || high {
            self.latched_count = None;
        }
        (if high { count >> 8 } else { count }) as u8
    }
}

/// The timer and the part of port 61h that belongs to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pit {
    /// The three counters.
    pub counters: [Counter; 3],
    /// Bit 1 of port 61h: the loudspeaker hears counter 2.
    pub speaker: bool,
    /// When counter 0 next pulls line 0.
    next: Option<Tick>,
}

impl Default for Pit {
    fn default() -> Self {
        Self {
            counters: [Counter::new(true), Counter::new(true), Counter::new(false)],
            speaker: false,
            next: None,
        }
    }
}

impl Pit {
    /// When [`act`](Self::act) next has something to do.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.next.map(|tick| tick * PIT_TICK)
    }

    /// Whether counter 0's output rose: the interrupt controller sees an edge on line 0.
    pub fn act(&mut self, at: Moment) -> bool {
        let now = at / PIT_TICK;
        let due = self.next.is_some_and(|tick| tick <= now);
        if due {
            self.next = self.counters[0].next_rise(now);
        }
        due
    }

    /// IN from 40h..=42h. (43h cannot be read.)
    pub fn read(&mut self, at: Moment, port: u16) -> u8 {
        match self.counters.get_mut(usize::from(port & 3)) {
            Some(counter) => counter.read(at / PIT_TICK),
            None => 0xff,
        }
    }

    /// OUT to 40h..=43h.
    pub fn write(&mut self, at: Moment, port: u16, value: u8) {
        let now = at / PIT_TICK;
        match self.counters.get_mut(usize::from(port & 3)) {
            Some(counter) => counter.write(value, now),
            None if value >> 6 == 3 => self.read_back(value, now),
            None => self.counters[usize::from(value >> 6)].control(value, now),
        }
        self.next = self.counters[0].next_rise(now);
    }

    /// The read-back command: latches count (bit 5 low) and status (bit 4 low) of several.
    fn read_back(&mut self, value: u8, now: Tick) {
        for (index, counter) in self.counters.iter_mut().enumerate() {
            if value >> (index + 1) & 1 == 0 {
                continue;
            }
            if value & 0x20 == 0 {
                let count = counter.count(now);
                counter.latched_count.get_or_insert(count);
            }
            if value & 0x10 == 0 {
                let status = counter.status(now);
                counter.latched_status.get_or_insert(status);
            }
        }
    }

    /// IN from 61h: gate (bit 0), loudspeaker (1), the refresh clock (4), OUT of counter 2 (5).
    pub fn port_61(&self, at: Moment) -> u8 {
        const REFRESH_TICKS: u64 = 18; // 15 microseconds
        let now = at / PIT_TICK;
        let two = &self.counters[2];
        u8::from(two.gate)
            | u8::from(self.speaker) << 1
            | ((now / REFRESH_TICKS) as u8 & 1) << 4
            | u8::from(two.out(now)) << 5
    }

    /// OUT to 61h.
    pub fn set_port_61(&mut self, at: Moment, value: u8) {
        self.speaker = value & 2 != 0;
        self.counters[2].set_gate(value & 1 != 0, at / PIT_TICK);
    }
}

fn to_bcd(value: u16) -> u16 {
    (0..4).fold(0, |bcd, digit| {
        bcd | (value / 10u16.pow(digit) % 10) << (4 * digit)
    })
}

fn from_bcd(bcd: u16) -> u32 {
    (0..4).rev().fold(0, |value, digit| {
        value * 10 + u32::from(bcd >> (4 * digit) & 15)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(pit: &mut Pit, at: Moment, control: u8, count: u16) {
        let port = 0x40 + u16::from(control >> 6);
        pit.write(at, 0x43, control);
        pit.write(at, port, count as u8);
        pit.write(at, port, (count >> 8) as u8);
    }
    fn count(pit: &mut Pit, at: Moment, port: u16) -> u16 {
        pit.write(at, 0x43, (port as u8 & 3) << 6);
        u16::from(pit.read(at, port)) | u16::from(pit.read(at, port)) << 8
    }
    /// The moments of the first `n` interrupts.
    fn interrupts(pit: &mut Pit, n: usize) -> Vec<Moment> {
        let mut at = Vec::new();
        while at.len() < n {
            let Some(next) = pit.next_deadline() else {
                break;
            };
            assert!(!pit.act(next - 1), "not before its time");
            if pit.act(next) {
                at.push(next);
            }
        }
        at
    }

    #[test]
    fn mode_2_interrupts_once_a_period() {
        let mut pit = Pit::default();
        program(&mut pit, 0, 0x34, 11932);
        let first = (1 + 11932) * PIT_TICK;
        let period = 11932 * PIT_TICK;
        assert_eq!(
            interrupts(&mut pit, 3),
            [first, first + period, first + 2 * period]
        );
    }

    #[test]
    fn mode_3_too_and_zero_means_65536() {
        let mut pit = Pit::default();
        program(&mut pit, 83, 0x36, 0);
        let at = interrupts(&mut pit, 2);
        assert_eq!(at, [65537 * PIT_TICK, (65537 + 65536) * PIT_TICK]);
        // At half the period the output falls.
        let status = |pit: &mut Pit, tick: u64| {
            pit.write(tick * PIT_TICK, 0x43, 0xe2);
            pit.read(tick * PIT_TICK, 0x40)
        };
        assert_eq!(status(&mut pit, 1 + 32767), 0xb6);
        assert_eq!(status(&mut pit, 1 + 32768), 0x36);
    }

    #[test]
    fn mode_0_interrupts_once_and_counts_on() {
        let mut pit = Pit::default();
        program(&mut pit, 0, 0x30, 100);
        assert_eq!(count(&mut pit, PIT_TICK, 0x40), 100);
        assert_eq!(count(&mut pit, 51 * PIT_TICK, 0x40), 50);
        assert_eq!(interrupts(&mut pit, 2), [101 * PIT_TICK]);
        assert_eq!(count(&mut pit, 102 * PIT_TICK, 0x40), 0xffff, "it wraps");
        program(&mut pit, 200 * PIT_TICK, 0x30, 7);
        assert_eq!(
            interrupts(&mut pit, 2),
            [208 * PIT_TICK],
            "armed again by a new count"
        );
    }

    #[test]
    fn counter_2_is_a_stopwatch_with_a_gate() {
        let mut pit = Pit::default();
        assert_eq!(pit.port_61(0) & 0x23, 0x20);
        program(&mut pit, 0, 0xb0, 1000);
        assert_eq!(
            count(&mut pit, 500 * PIT_TICK, 0x42),
            1000,
            "the gate is closed"
        );
        pit.set_port_61(500 * PIT_TICK, 1);
        assert_eq!(count(&mut pit, 600 * PIT_TICK, 0x42), 900);
        assert_eq!(pit.port_61(1499 * PIT_TICK) & 0x21, 0x01);
        assert_eq!(pit.port_61(1500 * PIT_TICK) & 0x21, 0x21);
        pit.set_port_61(1600 * PIT_TICK, 0);
        let stopped = count(&mut pit, 1600 * PIT_TICK, 0x42);
        assert_eq!(count(&mut pit, 9999 * PIT_TICK, 0x42), stopped);
        assert_eq!(pit.next_deadline(), None, "counter 2 interrupts nobody");
    }

    #[test]
    fn a_latched_count_stands_still_until_it_is_read() {
        let mut pit = Pit::default();
        program(&mut pit, 0, 0x34, 1000);
        pit.write(11 * PIT_TICK, 0x43, 0x00);
        pit.write(99 * PIT_TICK, 0x43, 0x00); // latched already: no effect
        let low = pit.read(200 * PIT_TICK, 0x40);
        let high = pit.read(300 * PIT_TICK, 0x40);
        assert_eq!(u16::from(high) << 8 | u16::from(low), 990);
        let low = pit.read(101 * PIT_TICK, 0x40);
        assert_eq!(low, 900u16 as u8, "and then the living count");
    }

    #[test]
    fn read_back_gives_status_first_and_then_the_count() {
        let mut pit = Pit::default();
        program(&mut pit, 0, 0x34, 1000);
        pit.write(501 * PIT_TICK, 0x43, 0xc2);
        assert_eq!(
            pit.read(600 * PIT_TICK, 0x40),
            0xb4,
            "OUT high, loaded, access 3, mode 2"
        );
        assert_eq!(pit.read(600 * PIT_TICK, 0x40), 500u16 as u8);
        assert_eq!(pit.read(600 * PIT_TICK, 0x40), (500u16 >> 8) as u8);
        pit.write(0, 0x43, 0x34);
        pit.write(0, 0x43, 0xe2);
        assert_eq!(
            pit.read(0, 0x40) & 0x40,
            0x40,
            "null count: none written yet"
        );
    }

    #[test]
    fn bcd_counts_in_tens() {
        let mut pit = Pit::default();
        program(&mut pit, 0, 0x35, 0x1000);
        assert_eq!(count(&mut pit, 2 * PIT_TICK, 0x40), 0x0999);
        assert_eq!(from_bcd(to_bcd(9876)), 9876);
    }

    #[test]
    fn one_byte_access() {
        let mut pit = Pit::default();
        pit.write(0, 0x43, 0x14);
        pit.write(0, 0x40, 200);
        assert_eq!(pit.read(101 * PIT_TICK, 0x40), 100);
        assert_eq!(pit.read(102 * PIT_TICK, 0x40), 99);
    }
}
