//! What /proc says about tasks (proc(5), "/proc/pid/stat").

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use metal::user::{Result, dir, file};

/// Clock ticks in a second, in the times of /proc/PID/stat: USER_HZ.
pub const TICKS: u64 = 100;

/// One task.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Task {
    /// Its id.
    pub pid: i32,
    /// Its name, at most 15 bytes.
    pub name: String,
    /// R running, S sleeping, D waiting, T stopped, Z dead but not waited for.
    pub state: char,
    /// Its parent's id.
    pub ppid: i32,
    /// Its process group.
    pub pgid: i32,
    /// CPU time in ticks, in the program and in the kernel.
    pub time: u64,
    /// Resident memory in pages.
    pub rss: u64,
}

/// All tasks that this mount of /proc shows, by id.
///
/// # Errors
/// /proc cannot be read.
pub fn tasks() -> Result<Vec<Task>> {
    let mut out: Vec<Task> = Vec::new();
    for entry in dir::read_dir("/proc")? {
        if !entry.name.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        // A task may end between its listing and its reading.
        let stat = file::read_text(&format!("/proc/{}/stat", entry.name));
        if let Some(task) = stat.ok().and_then(|stat| parse(&stat)) {
            let at = out.partition_point(|other| other.pid < task.pid);
            out.insert(at, task);
        }
    }
    Ok(out)
}

/// One line of /proc/PID/stat. The name stands in parentheses and may hold anything, so the
/// fields are counted from the last closing one.
pub fn parse(stat: &str) -> Option<Task> {
    let (pid, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // proc(5) counts from 1 and `state` is its field 3.
    let number = |field: usize| fields.get(field - 3)?.parse::<i64>().ok();
    Some(Task {
        pid: pid.parse().ok()?,
        name: name.to_string(),
        state: fields.first()?.chars().next()?,
        ppid: number(4)? as i32,
        pgid: number(5)? as i32,
        time: (number(14)? + number(15)?) as u64,
        rss: number(24)? as u64,
    })
}

/// The command line of a task, its words separated by spaces; in brackets its name, when it
/// has none any more.
pub fn command(task: &Task) -> String {
    let words = file::read_text(&format!("/proc/{}/cmdline", task.pid)).unwrap_or_default();
    match words.trim_end_matches('\0') {
        "" => format!("[{}]", task.name),
        words => words.replace('\0', " "),
    }
}

/// The line of a text file `name: value` or `name value` with this name, as its first number.
pub fn value(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?;
        let rest = rest.strip_prefix([':', ' '])?;
        rest.split_whitespace().next()?.parse().ok()
    })
}

/// Where the cgroup2 hierarchy is mounted.
pub fn cgroup_mount() -> Option<String> {
    let mounts = file::read_text("/proc/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (at, kind) = (words.next()?, words.next()?);
        (kind == "cgroup2").then(|| at.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let line = "42 (a) b (c) S 1 42 40 1025 42 4194304 91 0 0 0 7 5 0 0 20 0 1 0 9 1000 33 9";
        let task = parse(line).unwrap();
        assert_eq!(
            (task.pid, task.name.as_str(), task.state),
            (42, "a) b (c", 'S')
        );
        assert_eq!((task.ppid, task.pgid, task.time, task.rss), (1, 42, 12, 33));
        assert_eq!(parse("nonsense"), None);
        assert_eq!(parse("1 (x) S"), None);
    }

    #[test]
    fn values_have_whole_names() {
        let text = "oom 1\noom_kill 2\nMemTotal:  64 kB\n";
        assert_eq!(value(text, "oom"), Some(1));
        assert_eq!(value(text, "oom_kill"), Some(2));
        assert_eq!(value(text, "MemTotal"), Some(64));
        assert_eq!(value(text, "Mem"), None);
    }
}
