//! `top`: who used the CPU since the last look.

use crate::io::Out;
use crate::proc::{self, TICKS, Task};
use crate::trouble::at;
use crate::{Args, Outcome, args, put, say};
use alloc::vec::Vec;
use metal::user::{STDOUT, file, system};

/// Prints the table `-n` times (for ever without it), `-d` seconds apart.
pub fn main(args: &Args) -> Outcome {
    let options = args.options("-n: -d: -b")?;
    let times = options.number("-n")?.unwrap_or(u64::MAX);
    let pause_ns = args::fraction(options.value("-d").unwrap_or("2"), 9)?;
    let on_screen = times > 1 && !options.has("-b") && file::is_terminal(STDOUT);
    let mut before = (system::monotonic_ns(), proc::tasks().map_err(at("/proc"))?);
    for round in 0..times {
        // The first table is worth a look too, so it comes after a short time, not a whole pause.
        let wait = if round == 0 {
            pause_ns.min(500_000_000)
        } else {
            pause_ns
        };
        system::sleep_ns(wait).map_err(at("nanosleep"))?;
        let now = (system::monotonic_ns(), proc::tasks().map_err(at("/proc"))?);
        let mut out = Out::stdout();
        if on_screen {
            put!(out, "\x1b[H\x1b[J");
        } else if round > 0 {
            say!(out, "");
        }
        table(&mut out, now.0 - before.0, &before.1, &now.1);
        out.done()?;
        before = now;
    }
    Ok(0)
}

fn table(out: &mut Out, span_ns: u64, before: &[Task], now: &[Task]) {
    let ticks = (span_ns / (1_000_000_000 / TICKS)).max(1);
    let used = |task: &Task| {
        let old = before.iter().find(|old| old.pid == task.pid);
        task.time - old.map_or(0, |old| old.time.min(task.time))
    };
    let mut rows: Vec<(u64, &Task)> = Vec::new();
    for task in now {
        let used = used(task);
        let at = rows.partition_point(|(other, _)| *other >= used);
        rows.insert(at, (used, task));
    }
    let running = now.iter().filter(|task| task.state == 'R').count();
    put!(out, "{} tasks, {running} running", now.len());
    if let Ok(info) = system::sysinfo() {
        let unit = u64::from(info.mem_unit.max(1));
        let (total, free) = ((info.totalram * unit) >> 10, (info.freeram * unit) >> 10);
        put!(
            out,
            "; memory {} of {total} KiB in use; up {} s",
            total - free,
            info.uptime
        );
    }
    say!(
        out,
        "\n{:>5} {:>5} {:<4} {:>5} {:>7} {:>6} NAME",
        "PID",
        "PPID",
        "STAT",
        "%CPU",
        "TIME",
        "RSS"
    );
    for (used, task) in rows.iter().take(20) {
        let Task {
            pid,
            ppid,
            state,
            name,
            rss,
            time,
            ..
        } = task;
        let permille = used * 1000 / ticks;
        put!(
            out,
            "{pid:>5} {ppid:>5} {state:<4} {:>3}.{} ",
            permille / 10,
            permille % 10
        );
        say!(
            out,
            "{:>4}.{:02} {:>6} {name}",
            time / TICKS,
            time % TICKS,
            rss * 4
        );
    }
}
