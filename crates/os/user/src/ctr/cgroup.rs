//! The container's cgroup: what it may use (Linux: Documentation/admin-guide/cgroup-v2.rst).
//!
//! A cgroup is a directory; its limits are files in it. A controller's files appear in a
//! directory when the parent's `cgroup.subtree_control` names the controller, so the way down
//! from the root is opened step by step.

use crate::proc;
use crate::trouble::{Trouble, at};
use abi::fs::open::O_WRONLY;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use metal::user::{Errno, Result as Done, file, fs, system};

/// What a container may use; `None` is no limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// CPU time in thousandths of a CPU.
    pub cpu_permille: Option<u64>,
    /// Tasks.
    pub pids: Option<u64>,
}

/// The length of a period in which CPU time is rationed, in microseconds: Linux's default.
const PERIOD_US: u64 = 100_000;

/// The files that limits are written to, and what is written.
fn settings(limits: &Limits) -> Vec<(&'static str, String)> {
    let quota_us = |permille: u64| format!("{} {PERIOD_US}", permille * PERIOD_US / 1000);
    let all = [
        ("memory.max", limits.memory.map(|bytes| bytes.to_string())),
        ("cpu.max", limits.cpu_permille.map(quota_us)),
        ("pids.max", limits.pids.map(|count| count.to_string())),
    ];
    all.into_iter()
        .filter_map(|(file, value)| Some((file, value?)))
        .collect()
}

/// A container's cgroup.
pub struct Cgroup {
    /// Its directory.
    pub path: String,
}

impl Cgroup {
    /// The cgroup of this name, whether it is there or not.
    ///
    /// # Errors
    /// No cgroup2 hierarchy is mounted.
    pub fn of(name: &str) -> Result<Self, Trouble> {
        let mount = proc::cgroup_mount().ok_or_else(|| Trouble::new("no cgroup2 is mounted"))?;
        let path = format!("{mount}/ctr/{name}");
        Ok(Self { path })
    }

    /// Makes it, and the way down to it, and sets its limits.
    ///
    /// # Errors
    /// The file or directory, and why. A limit whose controller is missing is an error, not a
    /// limit that is forgotten.
    pub fn create(&self, limits: &Limits) -> Result<(), Trouble> {
        let (parent, _) = self.path.rsplit_once('/').unwrap_or_default();
        let (root, _) = parent.rsplit_once('/').unwrap_or_default();
        enable(root)?;
        make(parent)?;
        enable(parent)?;
        make(&self.path)?;
        for (file, value) in settings(limits) {
            let path = format!("{}/{file}", self.path);
            let done = file::write_file(&path, O_WRONLY, value.as_bytes());
            if done == Err(Errno::ENOENT) || done == Err(Errno::EACCES) {
                let (controller, _) = file.split_once('.').unwrap_or_default();
                let what = format!("{path}: the {controller} controller is not available here");
                return Err(Trouble::new(what));
            }
            done.map_err(at(format!("{value} > {path}")))?;
        }
        Ok(())
    }

    /// Moves a process in; 0 is the caller.
    ///
    /// # Errors
    /// Its cgroup.procs, and why.
    pub fn add(&self, pid: i32) -> Result<(), Trouble> {
        let path = format!("{}/cgroup.procs", self.path);
        file::write_file(&path, O_WRONLY, pid.to_string().as_bytes()).map_err(at(path))
    }

    /// Removes it. A process that has just been killed may still be on its way out.
    ///
    /// # Errors
    /// rmdir(2).
    pub fn remove(&self) -> Done<()> {
        for _ in 0..50 {
            match fs::rmdir(&self.path) {
                Err(Errno::EBUSY) => system::sleep_ns(10_000_000)?,
                Err(Errno::ENOENT) => return Ok(()),
                done => return done,
            }
        }
        Err(Errno::EBUSY)
    }

    /// What one of its files says; empty if it has none of that name.
    pub fn get(&self, file: &str) -> String {
        let text = file::read_text(&format!("{}/{file}", self.path)).unwrap_or_default();
        text.trim_end().to_string()
    }
}

fn make(dir: &str) -> Result<(), Trouble> {
    match fs::mkdir(dir, 0o755) {
        Ok(()) | Err(Errno::EEXIST) => Ok(()),
        Err(why) => Err(at(dir)(why)),
    }
}

/// Lets the children of `dir` have our controllers, as far as `dir` has them itself.
fn enable(dir: &str) -> Result<(), Trouble> {
    let read = |file: &str| file::read_text(&format!("{dir}/{file}")).unwrap_or_default();
    let (has, gives) = (read("cgroup.controllers"), read("cgroup.subtree_control"));
    for controller in ["cpu", "memory", "pids"] {
        let named = |list: &str| list.split_whitespace().any(|word| word == controller);
        if named(&has) && !named(&gives) {
            let path = format!("{dir}/cgroup.subtree_control");
            let word = format!("+{controller}");
            file::write_file(&path, O_WRONLY, word.as_bytes())
                .map_err(at(format!("{word} > {path}")))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_become_the_words_of_the_control_files() {
        let limits = Limits {
            memory: Some(8 << 20),
            cpu_permille: Some(500),
            pids: Some(16),
        };
        let expected = [
            ("memory.max", "8388608"),
            ("cpu.max", "50000 100000"),
            ("pids.max", "16"),
        ];
        let expected = expected.map(|(file, value)| (file, String::from(value)));
        assert_eq!(settings(&limits), expected);
        assert_eq!(settings(&Limits::default()), []);
    }
}
