//! The clock that runs on a battery: date and time, read once at boot.

use metal::port::{in8, out8};

fn register(index: u8) -> u8 {
    out8(0x70, index);
    in8(0x71)
}

/// What the clock says, as seconds since 1970 (UTC, as QEMU and our PC keep it).
pub fn seconds_since_1970() -> u64 {
    // Register A bit 7: an update is under way, and what one reads may be half old.
    while register(0x0a) & 0x80 != 0 {}
    let binary = register(0x0b) & 0x04 != 0;
    let read = |index| {
        let raw = register(index);
        u64::from(if binary {
            raw
        } else {
            (raw >> 4) * 10 + (raw & 0xf)
        })
    };
    let (second, minute, hour) = (read(0), read(2), read(4));
    let (day, month, year) = (read(7), read(8), 2000 + read(9));
    days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. The year is taken to begin in
/// March, so that the leap day comes last.
fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    (365 * year + leap_days + (153 * month + 2) / 5 + day).saturating_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::days_since_1970;

    #[test]
    fn calendar() {
        assert_eq!(days_since_1970(1970, 1, 1), 0);
        assert_eq!(days_since_1970(2000, 2, 29), 11016);
        assert_eq!(days_since_1970(2000, 3, 1), 11017);
        assert_eq!(days_since_1970(2026, 12, 31), 20818);
    }
}
