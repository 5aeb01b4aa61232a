//! The clock chip and its CMOS memory (Motorola MC146818A data sheet), ports 70h and 71h.
//!
//! It starts at a fixed date, so that every run is the same run, and advances with the
//! machine's own clock. Interrupt line 8: periodic, alarm, and end of update.
//!
//! ```text
//!   A: UIP | divider (3) | rate (4)       B: SET PIE AIE UIE SQWE DM 24/12 DSE
//!   C: IRQF PF AF UF | 0000               D: VRT | 0000000
//! ```

use super::calendar::{self, Date};
use crate::time::{self, CRYSTAL_HZ, HZ};
use probe::Moment;
use serde::{Deserialize, Serialize};

/// When every machine is switched on: 2026-01-01 00:00:00, in seconds since 1970.
pub const START: i64 = 1_767_225_600;

mod a {
    pub const UPDATING: u8 = 0x80;
    pub const DIVIDER: u8 = 0x70;
    pub const RUNNING: u8 = 0x20;
    pub const RATE: u8 = 0x0f;
}
mod b {
    pub const SET: u8 = 0x80;
    pub const HOURS_24: u8 = 0x02;
    pub const BINARY: u8 = 0x04;
}
/// Causes of the interrupt: the same bits enable it in B and tell of it in C.
mod cause {
    pub const PERIODIC: u8 = 0x40;
    pub const ALARM: u8 = 0x20;
    pub const UPDATE: u8 = 0x10;
    pub const ALL: u8 = PERIODIC | ALARM | UPDATE;
}
/// Register numbers that are not time.
mod register {
    pub const A: u8 = 0x0a;
    pub const B: u8 = 0x0b;
    pub const C: u8 = 0x0c;
    pub const D: u8 = 0x0d;
    pub const CENTURY: u8 = 0x32;
}

/// The chip.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rtc {
    index: u8,
    /// Registers as bytes: alarms and the battery-backed memory. Time is computed.
    memory: Vec<u8>,
    a: u8,
    b: u8,
    /// Causes that have happened since C was last read.
    happened: u8,
    /// Up to when `happened` is complete.
    accounted: Moment,
    /// Seconds since 1970 at moment 0, as the guest has set the clock.
    epoch: i64,
    /// The date being edited, while B.SET stops the clock.
    edited: Option<Date>,
    deadline: Option<Moment>,
}

impl Rtc {
    /// A chip whose CMOS memory tells of `ram_mib` MiB of memory.
    pub fn new(ram_mib: u32) -> Self {
        let mut memory = vec![0; 128];
        let mut word = |at: usize, value: u32| {
            let value = u16::try_from(value).unwrap_or(u16::MAX);
            memory[at..at + 2].copy_from_slice(&value.to_le_bytes());
        };
        word(0x15, 640); // KiB below the video memory
        let above_1_mib = (ram_mib - 1) * 1024;
        word(0x17, above_1_mib); // KiB from 1 MiB on, twice
        word(0x30, above_1_mib);
        word(0x34, ram_mib.saturating_sub(16) * 16); // 64 KiB units from 16 MiB on
        memory[0x14] = 0x26; // equipment: VGA, FPU, mouse port
        Self {
            index: 0,
            memory,
            a: a::RUNNING | 6,
            b: b::HOURS_24,
            happened: 0,
            accounted: 0,
            epoch: START,
            edited: None,
            deadline: None,
        }
    }

    /// The date shown at `at`.
    pub fn date(&self, at: Moment) -> Date {
        self.edited
            .unwrap_or_else(|| calendar::date(self.epoch + (at / HZ) as i64))
    }

    /// Whether line 8 is high.
    pub fn line(&self) -> bool {
        self.happened & self.b & cause::ALL != 0
    }

    /// When [`act`](Self::act) next raises the line.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.deadline
    }

    /// Brings the line up to date.
    pub fn act(&mut self, at: Moment) {
        if self.deadline.is_some_and(|deadline| deadline <= at) {
            self.account(at);
            self.schedule(at);
        }
    }

    /// IN from 71h. (70h cannot be read.)
    pub fn read(&mut self, at: Moment, port: u16) -> u8 {
        if port & 1 == 0 {
            return 0xff;
        }
        match self.index {
            register::A => self.a | self.updating(at),
            register::B => self.b,
            register::C => self.take_causes(at),
            register::D => 0x80, // the battery is good
            index => match self.field(index) {
                Some(field) => self.encode(index, self.date(at).get(field)),
                None => self.memory[usize::from(index)],
            },
        }
    }

    /// OUT to 70h (which register; bit 7 is the NMI mask, and there is no NMI) or 71h.
    pub fn write(&mut self, at: Moment, port: u16, value: u8) {
        if port & 1 == 0 {
            self.index = value & 0x7f;
            return;
        }
        self.account(at);
        match self.index {
            register::A => self.a = value & !a::UPDATING,
            register::B => self.set_b(at, value),
            register::C | register::D => {}
            index => match self.field(index) {
                Some(field) => self.set_field(at, field, self.decode(index, value)),
                None => self.memory[usize::from(index)] = value,
            },
        }
        self.schedule(at);
    }

    fn set_b(&mut self, at: Moment, value: u8) {
        match (self.b & b::SET, value & b::SET) {
            (0, b::SET) => self.edited = Some(self.date(at)),
            (b::SET, 0) => {
                if let Some(date) = self.edited.take() {
                    self.epoch = calendar::seconds(date) - (at / HZ) as i64;
                }
            }
            _ => {}
        }
        self.b = value;
    }

    fn set_field(&mut self, at: Moment, field: calendar::Field, value: u8) {
        let mut date = self.date(at);
        date.set(field, value);
        match &mut self.edited {
            Some(edited) => *edited = date,
            None => self.epoch = calendar::seconds(date) - (at / HZ) as i64,
        }
    }

    fn field(&self, index: u8) -> Option<calendar::Field> {
        use calendar::Field;
        Some(match index {
            0 => Field::Second,
            2 => Field::Minute,
            4 => Field::Hour,
            6 => Field::Weekday,
            7 => Field::Day,
            8 => Field::Month,
            9 => Field::Year,
            register::CENTURY => Field::Century,
            _ => return None,
        })
    }

    /// A number as register `index` shows it: BCD or binary, hours by 24 or by 12.
    fn encode(&self, index: u8, value: u8) -> u8 {
        let digits = |value: u8| match self.b & b::BINARY != 0 {
            true => value,
            false => ((value / 10) << 4) | (value % 10),
        };
        if index != 4 || self.b & b::HOURS_24 != 0 {
            return digits(value);
        }
        let hour = if value.is_multiple_of(12) {
            12
        } else {
            value % 12
        };
        digits(hour) | if value >= 12 { 0x80 } else { 0 }
    }

    /// The other way.
    fn decode(&self, index: u8, value: u8) -> u8 {
        let digits = |value: u8| match self.b & b::BINARY != 0 {
            true => value,
            false => (value >> 4) * 10 + (value & 15),
        };
        if index != 4 || self.b & b::HOURS_24 != 0 {
            return digits(value);
        }
        digits(value & 0x7f) % 12 + if value & 0x80 != 0 { 12 } else { 0 }
    }

    fn running(&self) -> bool {
        self.a & a::DIVIDER == a::RUNNING && self.b & b::SET == 0
    }

    /// UIP: the time registers change within 244 microseconds, eight ticks of the crystal.
    fn updating(&self, at: Moment) -> u8 {
        let near_the_end = time::ticks(at, CRYSTAL_HZ) % CRYSTAL_HZ >= CRYSTAL_HZ - 8;
        if self.running() && near_the_end {
            a::UPDATING
        } else {
            0
        }
    }

    /// Register C: why the line is high. Reading it lowers the line.
    fn take_causes(&mut self, at: Moment) -> u8 {
        self.account(at);
        let asserted = if self.line() { 0x80 } else { 0 };
        let causes = std::mem::take(&mut self.happened) | asserted;
        self.schedule(at);
        causes
    }

    /// Crystal ticks between two periodic interrupts.
    fn period(&self) -> Option<u64> {
        match self.a & a::RATE {
            _ if self.a & a::DIVIDER != a::RUNNING => None,
            0 => None,
            rate @ (1 | 2) => Some(1 << (rate + 6)),
            rate => Some(1 << (rate - 1)),
        }
    }

    /// The first moment after `after` at which `cause` happens.
    fn next(&self, cause: u8, after: Moment) -> Option<Moment> {
        match cause {
            cause::PERIODIC => {
                let period = self.period()?;
                let tick = (time::ticks(after, CRYSTAL_HZ) / period + 1) * period;
                Some(time::moment_of(tick, CRYSTAL_HZ))
            }
            _ if !self.running() => None,
            cause::UPDATE => Some((after / HZ + 1) * HZ),
            _ => {
                let second = after / HZ + 1;
                let wait = (0..86_400).find(|wait| self.alarm_at(second + wait))?;
                Some((second + wait) * HZ)
            }
        }
    }

    /// Whether the alarm registers match that second. 11xxxxxx in one of them matches all.
    fn alarm_at(&self, second: u64) -> bool {
        let date = calendar::date(self.epoch + second as i64);
        [(1, date.second), (3, date.minute), (5, date.hour)]
            .into_iter()
            .all(|(at, value)| {
                let wanted = self.memory[at];
                wanted >= 0xc0 || wanted == self.encode(at as u8 - 1, value)
            })
    }

    /// Notes what has happened until `at`.
    fn account(&mut self, at: Moment) {
        for cause in [cause::PERIODIC, cause::ALARM, cause::UPDATE] {
            if self.happened & cause == 0
                && self
                    .next(cause, self.accounted)
                    .is_some_and(|next| next <= at)
            {
                self.happened |= cause;
            }
        }
        self.accounted = at;
    }

    /// While the line is high nothing more can happen to it.
    fn schedule(&mut self, at: Moment) {
        let enabled = |cause| {
            (self.b & cause != 0)
                .then(|| self.next(cause, at))
                .flatten()
        };
        self.deadline = match self.line() {
            true => None,
            false => [cause::PERIODIC, cause::ALARM, cause::UPDATE]
                .into_iter()
                .map(enabled)
                .fold(None, time::earlier),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(rtc: &mut Rtc, at: Moment, index: u8) -> u8 {
        rtc.write(at, 0x70, index);
        rtc.read(at, 0x71)
    }
    fn set(rtc: &mut Rtc, at: Moment, index: u8, value: u8) {
        rtc.write(at, 0x70, index);
        rtc.write(at, 0x71, value);
    }
    fn time(rtc: &mut Rtc, at: Moment) -> [u8; 6] {
        [9, 8, 7, 4, 2, 0].map(|index| get(rtc, at, index))
    }

    #[test]
    fn it_starts_at_a_fixed_date_and_advances_with_the_clock() {
        let mut rtc = Rtc::new(64);
        assert_eq!(time(&mut rtc, 0), [0x26, 1, 1, 0, 0, 0]);
        assert_eq!(get(&mut rtc, 0, 0x32), 0x20);
        assert_eq!(get(&mut rtc, 0, 6), 5, "a Thursday; Sunday is 1");
        assert_eq!(time(&mut rtc, HZ - 1), [0x26, 1, 1, 0, 0, 0]);
        assert_eq!(time(&mut rtc, 59 * HZ), [0x26, 1, 1, 0, 0, 0x59]);
        assert_eq!(time(&mut rtc, 13 * 3600 * HZ), [0x26, 1, 1, 0x13, 0, 0]);
    }

    #[test]
    fn binary_and_twelve_hours() {
        let mut rtc = Rtc::new(64);
        set(&mut rtc, 0, 0x0b, 0x04);
        assert_eq!(time(&mut rtc, 0), [26, 1, 1, 12, 0, 0], "midnight is 12 am");
        assert_eq!(get(&mut rtc, 15 * 3600 * HZ, 4), 0x83, "3 pm");
        set(&mut rtc, 15 * 3600 * HZ, 4, 0x8c);
        assert_eq!(get(&mut rtc, 15 * 3600 * HZ, 4), 0x8c, "noon");
        assert_eq!(rtc.date(15 * 3600 * HZ).hour, 12);
    }

    #[test]
    fn setting_the_date_stops_the_clock_meanwhile() {
        let mut rtc = Rtc::new(64);
        set(&mut rtc, 0, 0x0b, 0x82);
        for (index, value) in [(9, 0x99), (0x32, 0x19), (8, 0x12), (7, 0x31), (4, 0x23)] {
            set(&mut rtc, 5, index, value);
        }
        set(&mut rtc, 5, 2, 0x59);
        set(&mut rtc, 5, 0, 0x59);
        assert_eq!(get(&mut rtc, 9 * HZ, 0), 0x59);
        set(&mut rtc, 9 * HZ, 0x0b, 0x02);
        assert_eq!(time(&mut rtc, 9 * HZ), [0x99, 0x12, 0x31, 0x23, 0x59, 0x59]);
        assert_eq!(time(&mut rtc, 10 * HZ), [0, 1, 1, 0, 0, 0]);
        assert_eq!(get(&mut rtc, 10 * HZ, 0x32), 0x20);
    }

    #[test]
    fn the_periodic_interrupt_comes_until_c_is_read() {
        let mut rtc = Rtc::new(64);
        set(&mut rtc, 0, 0x0b, 0x42); // at 1024 Hz
        let first = rtc.next_deadline().expect("armed");
        assert_eq!(first, time::moment_of(32, CRYSTAL_HZ));
        rtc.act(first - 1);
        assert!(!rtc.line());
        rtc.act(first);
        assert!(rtc.line());
        assert_eq!(rtc.next_deadline(), None, "the line is high already");
        assert_eq!(get(&mut rtc, first + 9, 0x0c), 0xc0);
        assert!(!rtc.line());
        assert_eq!(rtc.next_deadline(), Some(time::moment_of(64, CRYSTAL_HZ)));
        assert_eq!(get(&mut rtc, first + 9, 0x0c), 0);
    }

    #[test]
    fn flags_tell_even_when_they_interrupt_nobody() {
        let mut rtc = Rtc::new(64);
        assert_eq!(get(&mut rtc, HZ + 1, 0x0c), 0x50, "periodic and update");
        assert_eq!(get(&mut rtc, HZ + 2, 0x0c), 0);
        assert_eq!(rtc.next_deadline(), None);
    }

    #[test]
    fn the_alarm_rings_at_its_time_and_with_wildcards_every_hour() {
        let mut rtc = Rtc::new(64);
        for (index, value) in [(1, 0x30), (3, 0x05), (5, 0xff), (0x0b, 0x22)] {
            set(&mut rtc, 0, index, value);
        }
        let first = rtc.next_deadline().expect("armed");
        assert_eq!(first, (5 * 60 + 30) * HZ);
        rtc.act(first);
        assert!(rtc.line());
        assert_eq!(get(&mut rtc, first, 0x0c) & 0xa0, 0xa0);
        assert_eq!(rtc.next_deadline(), Some(first + 3600 * HZ));
    }

    #[test]
    fn update_in_progress_just_before_the_second() {
        let mut rtc = Rtc::new(64);
        assert_eq!(get(&mut rtc, HZ / 2, 0x0a), 0x26);
        assert_eq!(get(&mut rtc, HZ - 1, 0x0a), 0xa6);
        assert_eq!(get(&mut rtc, HZ, 0x0a), 0x26);
    }

    #[test]
    fn cmos_memory_tells_how_much_ram_there_is() {
        let mut rtc = Rtc::new(64);
        let units = u16::from_le_bytes([get(&mut rtc, 0, 0x34), get(&mut rtc, 0, 0x35)]);
        assert_eq!(units, 48 * 16);
        let mut small = Rtc::new(4);
        let kib = u16::from_le_bytes([get(&mut small, 0, 0x30), get(&mut small, 0, 0x31)]);
        assert_eq!(kib, 3 * 1024);
        set(&mut rtc, 0, 0x40, 0x5a);
        assert_eq!(get(&mut rtc, 0, 0x40), 0x5a);
    }
}
