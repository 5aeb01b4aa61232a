//! `date`, `uptime`, `sleep`, and `free`, which asks the same system call as `uptime`.

use crate::args::fraction;
use crate::io::Out;
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome, put, say};
use abi::system::clock::CLOCK_REALTIME;
use metal::user::{Errno, system};

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Prints the time in UTC, or with `+%s` the seconds since 1970.
pub fn date(args: &Args) -> Outcome {
    let options = args.options("-u")?;
    let now = system::clock(CLOCK_REALTIME)
        .map_err(at("clock_gettime"))?
        .sec;
    let mut out = Out::stdout();
    match options.rest.first().map(|format| format.as_str()) {
        None => {
            let (year, month, day) = civil(now.div_euclid(86_400));
            let time = now.rem_euclid(86_400);
            let weekday = DAYS[now.div_euclid(86_400).rem_euclid(7) as usize];
            let month = MONTHS[month as usize - 1];
            let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
            say!(
                out,
                "{weekday} {month} {day:>2} {hour:02}:{minute:02}:{second:02} UTC {year}"
            );
        }
        Some("+%s") => say!(out, "{now}"),
        Some(_) => return Err(Trouble::usage("the only format is +%s")),
    }
    out.done()
}

/// Year, month and day of a day since 1970-01-01. Years here begin in March, so that the leap
/// day is their last, and 400 of them have 146,097 days.
pub fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468; // from 0000-03-01
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153; // March is 0
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, date)
}

/// How long the machine has been up, how many tasks there are, and how long the run queue was.
pub fn uptime(_: &Args) -> Outcome {
    let info = system::sysinfo().map_err(at("sysinfo"))?;
    let mut out = Out::stdout();
    let (days, rest) = (info.uptime / 86_400, info.uptime % 86_400);
    put!(out, "up ");
    if days > 0 {
        put!(out, "{days} days, ");
    }
    put!(
        out,
        "{:02}:{:02}:{:02}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    );
    put!(out, ", {} tasks, load average:", info.procs);
    for (index, load) in info.loads.into_iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        put!(
            out,
            "{comma} {}.{:02}",
            load >> 16,
            ((load & 0xffff) * 100) >> 16
        );
    }
    say!(out, "");
    out.done()
}

/// Memory in KiB.
pub fn free(_: &Args) -> Outcome {
    let info = system::sysinfo().map_err(at("sysinfo"))?;
    let unit = u64::from(info.mem_unit.max(1));
    let kib = |count: u64| count * unit / 1024;
    let mut out = Out::stdout();
    say!(out, "{:>12} {:>11} {:>11}", "total", "used", "free");
    let (total, free) = (kib(info.totalram), kib(info.freeram));
    say!(out, "Mem: {total:>7} {:>11} {free:>11}", total - free);
    out.done()
}

/// Waits; a fraction of a second is allowed.
pub fn sleep(args: &Args) -> Outcome {
    let options = args.options("")?;
    let mut ns = 0;
    for span in options.need(1, "a number of seconds")? {
        ns += fraction(span, 9)?;
    }
    let end = system::monotonic_ns() + ns;
    loop {
        let now = system::monotonic_ns();
        if now >= end {
            return Ok(0);
        }
        match system::sleep_ns(end - now) {
            Ok(()) | Err(Errno::EINTR) => {}
            Err(why) => return Err(at("nanosleep")(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(59), (1970, 3, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(20_454), (2026, 1, 1));
        assert_eq!(civil(-1), (1969, 12, 31));
    }
}
