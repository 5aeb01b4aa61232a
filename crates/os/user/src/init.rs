//! `init`: the first process.
//!
//! The kernel starts it when there is nothing but the first file system. It mounts what
//! programs expect, gives the machine its name, runs /etc/rc, and keeps a shell on the console
//! for ever. It also waits for every orphan, because nobody else can: a task whose parent has
//! gone becomes init's child.

use crate::files::make_dirs;
use crate::io::Out;
use crate::trouble::at;
use crate::{Args, Outcome, Trouble, say};
use abi::fs::mount::{MS_BIND, MS_MOVE};
use abi::fs::open::{O_NOCTTY, O_RDWR};
use abi::task::signal;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use metal::user::task::Ended;
use metal::user::{Errno, STDERR, STDIN, STDOUT, file, fs, system, task};

const ENVIRONMENT: [&str; 3] = ["PATH=/bin", "HOME=/root", "TERM=vt100"];

/// Never ends: a kernel whose init ends has nothing left to run.
pub fn main(_: &Args) -> Outcome {
    if task::getpid() != 1 {
        return Err(Trouble::new("only the first process can be init"));
    }
    mount_all();
    let words = file::read_text("/proc/cmdline").unwrap_or_default();
    let console = console(&words);
    if file::fstat(STDIN).is_err() {
        connect(&console);
    }
    if let Some(name) = word(&words, "hostname")
        && let Err(why) = system::sethostname(name)
    {
        note(&format!("hostname {name}: {}", why.text()));
    }
    let quiet = words.split_whitespace().any(|word| word == "quiet");
    if !quiet {
        let names = system::uname().ok();
        let text = |field: [u8; 65]| {
            String::from_utf8_lossy(&field)
                .trim_matches('\0')
                .to_string()
        };
        let kernel = names.map_or(String::new(), |names| {
            format!("{} {}", text(names.sysname), text(names.release))
        });
        note(&format!("{kernel} on {}", crate::system::names::host()));
    }
    if fs::access("/etc/rc", 4).is_ok() {
        run_rc(&console, quiet);
    }
    loop {
        match shell(&console) {
            Ok(pid) => {
                if let Some(ended) = tend(pid, quiet) {
                    let how = end_of(ended);
                    note(&format!("the shell, process {pid}, {how}; here is another"));
                }
            }
            Err(trouble) => {
                note(&format!("no shell: {trouble}"));
                let _ = system::sleep_ns(5_000_000_000);
            }
        }
    }
}

/// Mounts /proc, /dev and the cgroups. What a kernel does not have is not an error here: the
/// commands that miss it will say so.
fn mount_all() {
    make_root_movable();
    let mounts = [
        ("proc", "/proc"),
        ("devtmpfs", "/dev"),
        ("sysfs", "/sys"),
        ("cgroup2", "/sys/fs/cgroup"),
    ];
    for (kind, target) in mounts {
        let _ = make_dirs(target);
        match fs::mount(kind, target, kind, 0, "") {
            // ENODEV: no such kind in this kernel; EBUSY: it is there already.
            Ok(()) | Err(Errno::ENODEV | Errno::EBUSY) => {}
            Err(why) => note(&format!("{kind} on {target}: {}", why.text())),
        }
    }
}

/// `pivot_root`, which containers need, refuses to exchange a root that is mounted on nothing,
/// and that is what the kernel's first file system is (pivot_root(2), notes on "rootfs"). So
/// it is mounted a second time, over itself. A root with a parent needs none of this.
fn make_root_movable() {
    let _ = make_dirs("/proc");
    if fs::mount("proc", "/proc", "proc", 0, "").is_err() {
        return;
    }
    let mounts = file::read_text("/proc/self/mountinfo").unwrap_or_default();
    let _ = fs::umount2("/proc", 0);
    // proc(5): id, parent's id, device, root of the mount, where it is mounted …
    let is_absolute = mounts.lines().any(|line| {
        let words: Vec<&str> = line.split(' ').take(5).collect();
        matches!(words[..], [id, parent, _, _, "/"] if id == parent || parent == "0")
    });
    if !is_absolute {
        return;
    }
    let again = || -> Result<(), Errno> {
        fs::mkdir("/mnt", 0o755).or_else(|why| {
            if why == Errno::EEXIST {
                Ok(())
            } else {
                Err(why)
            }
        })?;
        fs::mount("/", "/mnt", "", MS_BIND, "")?;
        fs::chdir("/mnt")?;
        fs::mount(".", "/", "", MS_MOVE, "")?;
        fs::chroot(".")?;
        fs::chdir("/")?;
        fs::rmdir("/mnt")
    };
    if let Err(why) = again() {
        note(&format!(
            "the root stays as it is ({}): containers will not start",
            why.text()
        ));
    }
}

/// `name=value` on the kernel's command line; the last one counts.
fn word<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let mut words = line.split_whitespace().rev();
    words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

/// The terminal for shells. /dev/console cannot be a controlling terminal on Linux, so it is
/// the device that stands behind it, where there is one.
fn console(words: &str) -> String {
    let device = word(words, "console").unwrap_or("console");
    let device = format!("/dev/{}", device.split(',').next().unwrap_or_default());
    match fs::access(&device, 4) {
        Ok(()) => device,
        Err(_) => "/dev/console".into(),
    }
}

/// Makes the console standard input, output and error.
fn connect(console: &str) {
    if let Ok(fd) = file::open(console, O_RDWR | O_NOCTTY, 0) {
        for place in [STDIN, STDOUT, STDERR] {
            let _ = file::dup2(fd, place);
        }
        if fd > STDERR {
            let _ = file::close(fd);
        }
    }
}

fn run_rc(console: &str, quiet: bool) {
    match child(console, &["sh", "/etc/rc"], false) {
        Ok(pid) => match tend(pid, quiet) {
            Some(Ended::Exited(0)) | None => {}
            Some(ended) => note(&format!("/etc/rc {}", end_of(ended))),
        },
        Err(trouble) => note(&format!("/etc/rc: {trouble}")),
    }
}

fn shell(console: &str) -> Result<i32, Trouble> {
    child(console, &["-sh"], true)
}

/// Starts a shell on the console. With `session`, the console is its controlling terminal. The
/// one that runs /etc/rc has none: when the first process of a session ends, the terminal's
/// jobs get SIGHUP, and what /etc/rc leaves running is to go on.
fn child(console: &str, args: &[&str], session: bool) -> Result<i32, Trouble> {
    if let Some(pid) = task::fork().map_err(at("fork"))? {
        return Ok(pid);
    }
    if session {
        let _ = task::setsid();
    }
    connect(console);
    if session && let Err(why) = file::set_controlling_terminal(STDIN) {
        note(&format!("{console}: {}: no job control", why.text()));
    }
    let why = task::execve("/bin/sh", args, &ENVIRONMENT)
        .err()
        .unwrap_or(Errno::ENOEXEC);
    note(&format!("/bin/sh: {}", why.text()));
    task::exit(127)
}

/// Waits for whatever ends, until `pid` does, and returns how.
fn tend(pid: i32, quiet: bool) -> Option<Ended> {
    loop {
        match task::wait(-1, 0) {
            Ok(Some((ended, how))) if ended == pid => return Some(how),
            Ok(Some((_, Ended::Exited(0)))) | Ok(None) | Err(Errno::EINTR) => {}
            Ok(Some((orphan, how))) if !quiet => {
                note(&format!("orphan process {orphan} {}", end_of(how)));
            }
            Ok(Some(_)) => {}
            Err(_) => return None,
        }
    }
}

fn end_of(ended: Ended) -> String {
    match ended {
        Ended::Exited(status) => format!("ended with status {status}"),
        Ended::Killed(number) | Ended::Stopped(number) => {
            format!("was killed by SIG{}", signal::name(number))
        }
    }
}

fn note(text: &str) {
    say!(Out::stderr(), "init: {text}");
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn the_last_word_counts() {
        let line = "console=tty0 hostname=a console=ttyS0 quiet\n";
        assert_eq!(word(line, "console"), Some("ttyS0"));
        assert_eq!(word(line, "hostname"), Some("a"));
        assert_eq!(word(line, "host"), None);
    }
}
