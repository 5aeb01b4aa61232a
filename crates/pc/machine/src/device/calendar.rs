//! Seconds and dates: the arithmetic behind the clock chip.
//!
//! Days are counted in the proleptic Gregorian calendar, in years that begin in March, so that
//! the leap day is the last of its year.

use serde::{Deserialize, Serialize};

/// A date and time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Date {
    /// The full year.
    pub year: u16,
    /// 1..=12.
    pub month: u8,
    /// 1..=31.
    pub day: u8,
    /// 0..=23.
    pub hour: u8,
    /// 0..=59.
    pub minute: u8,
    /// 0..=59.
    pub second: u8,
}

/// A part of a [`Date`] that has a register of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// 0..=59.
    Second,
    /// 0..=59.
    Minute,
    /// 0..=23.
    Hour,
    /// 1 (Sunday) ..=7. Follows from the date, so setting it has no effect.
    Weekday,
    /// 1..=31.
    Day,
    /// 1..=12.
    Month,
    /// The year's last two digits.
    Year,
    /// The digits before.
    Century,
}

impl Date {
    /// One part of it.
    pub fn get(&self, field: Field) -> u8 {
        match field {
            Field::Second => self.second,
            Field::Minute => self.minute,
            Field::Hour => self.hour,
            // 1970-01-01 was a Thursday, the fifth day of the week.
            Field::Weekday => ((seconds(*self).div_euclid(86_400) + 4).rem_euclid(7) + 1) as u8,
            Field::Day => self.day,
            Field::Month => self.month,
            Field::Year => (self.year % 100) as u8,
            Field::Century => (self.year / 100) as u8,
        }
    }
    /// Changes one part of it, to whatever the guest says.
    pub fn set(&mut self, field: Field, value: u8) {
        match field {
            Field::Second => self.second = value,
            Field::Minute => self.minute = value,
            Field::Hour => self.hour = value,
            Field::Weekday => {}
            Field::Day => self.day = value,
            Field::Month => self.month = value,
            Field::Year => self.year = self.year / 100 * 100 + u16::from(value),
            Field::Century => self.year = u16::from(value) * 100 + self.year % 100,
        }
    }
}

const DAYS_IN_400_YEARS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_BEFORE_1970: i64 = 719_468;

/// Seconds since 1970-01-01 00:00:00. Parts out of range carry over.
pub fn seconds(date: Date) -> i64 {
    let month = i64::from(date.month);
    let year = i64::from(date.year) - i64::from(month <= 2);
    let cycle = year.div_euclid(400);
    let year_of_cycle = year.rem_euclid(400);
    // Months of 31, 30, 31, 30, 31 days repeat from March on: 153 days in five.
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(date.day) - 1;
    let day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    let days = cycle * DAYS_IN_400_YEARS + day_of_cycle - DAYS_BEFORE_1970;
    ((days * 24 + i64::from(date.hour)) * 60 + i64::from(date.minute)) * 60 + i64::from(date.second)
}

/// The date that many seconds after 1970-01-01 00:00:00.
pub fn date(seconds: i64) -> Date {
    let days = seconds.div_euclid(86_400) + DAYS_BEFORE_1970;
    let rest = seconds.rem_euclid(86_400);
    let cycle = days.div_euclid(DAYS_IN_400_YEARS);
    let day = days.rem_euclid(DAYS_IN_400_YEARS);
    // Take the leap days out: 1,460 days are four years without one.
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let month = (march_month + 2) % 12 + 1;
    Date {
        year: (cycle * 400 + year + i64::from(month <= 2)) as u16,
        month: month as u8,
        day: (day_of_year - (153 * march_month + 2) / 5 + 1) as u8,
        hour: (rest / 3600) as u8,
        minute: (rest / 60 % 60) as u8,
        second: (rest % 60) as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        let at = |seconds: i64| {
            let d = date(seconds);
            format!(
                "{}-{:02}-{:02} {:02}:{:02}:{:02}",
                d.year, d.month, d.day, d.hour, d.minute, d.second
            )
        };
        assert_eq!(at(0), "1970-01-01 00:00:00");
        assert_eq!(at(951_827_696), "2000-02-29 12:34:56");
        assert_eq!(at(1_709_251_199), "2024-02-29 23:59:59");
        assert_eq!(at(1_767_225_600), "2026-01-01 00:00:00");
        assert_eq!(at(4_107_542_400), "2100-03-01 00:00:00");
    }

    #[test]
    fn every_day_of_five_centuries_comes_back() {
        for day in 0..366 * 500 {
            let then = day * 86_400 + 86_399;
            assert_eq!(seconds(date(then)), then);
        }
    }
}
