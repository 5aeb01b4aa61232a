//! `unshare` and `nsenter`: leave namespaces for new ones, and enter those of others. With
//! `chroot` and `pivot_root`, they are what a container is made of by hand.

use crate::system::env::execute;
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome};
use abi::fs::mount::{MS_PRIVATE, MS_REC};
use abi::fs::open::O_CLOEXEC;
use abi::task::clone::{
    CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS,
};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use metal::user::{file, fs, task};

/// A namespace: the option, its flag, its file below /proc/PID/ns. Mount comes last, because
/// entering it changes which /proc one sees.
const KINDS: [(&str, u64, &str); 6] = [
    ("-u", CLONE_NEWUTS, "uts"),
    ("-i", CLONE_NEWIPC, "ipc"),
    ("-n", CLONE_NEWNET, "net"),
    ("-C", CLONE_NEWCGROUP, "cgroup"),
    ("-p", CLONE_NEWPID, "pid"),
    ("-m", CLONE_NEWNS, "mnt"),
];

/// Runs a command in new namespaces.
pub fn unshare(args: &Args) -> Outcome {
    let options = args.options("+-m -u -p -i -n -C -f --mount-proc")?;
    let asked = KINDS.iter().filter(|(option, ..)| options.has(option));
    let mut flags = asked.fold(0, |flags, (_, flag, _)| flags | flag);
    let mount_proc = options.has("--mount-proc");
    if mount_proc {
        flags |= CLONE_NEWNS;
    }
    task::unshare(flags).map_err(at("unshare"))?;
    if flags & CLONE_NEWNS != 0 {
        // Otherwise our mounts would appear in the namespace we left, if it shares them.
        fs::mount("none", "/", "", MS_REC | MS_PRIVATE, "").map_err(at("/"))?;
    }
    let run = || {
        if mount_proc {
            fs::mount("proc", "/proc", "proc", 0, "").map_err(at("/proc"))?;
        }
        Err(execute(&command(&options.rest), &args.env))
    };
    // unshare(CLONE_NEWPID) moves no one: the next child is the new namespace's first task.
    if options.has("-f") {
        in_child(run)
    } else {
        run()
    }
}

/// Runs a command in the namespaces of a task.
pub fn nsenter(args: &Args) -> Outcome {
    let options = args.options("+-t: -m -u -p -i -n -C")?;
    let target = options
        .number("-t")?
        .ok_or_else(|| Trouble::usage("-t PID is needed"))?;
    enter(target, |option| options.has(option))?;
    let run = || Err(execute(&command(&options.rest), &args.env));
    // Like unshare, setns of a pid namespace counts for children only.
    if options.has("-p") {
        in_child(run)
    } else {
        run()
    }
}

/// Runs a command with another root directory: names begin there, and nothing else changes.
pub fn chroot(args: &Args) -> Outcome {
    let options = args.options("+")?;
    let [root, rest @ ..] = options.need(1, "a directory")? else {
        return Err(Trouble::usage("a directory, please"));
    };
    fs::chroot(root).map_err(at(root))?;
    fs::chdir("/").map_err(at("/"))?;
    Err(execute(&command(rest), &args.env))
}

/// Exchanges the root mount of this namespace.
pub fn pivot_root(args: &Args) -> Outcome {
    let options = args.options("")?;
    let [new, old] = options.need(2, "the new root and a place for the old one")? else {
        return Err(Trouble::usage("two directories, please"));
    };
    fs::pivot_root(new, old).map_err(at(new))?;
    Ok(0)
}

/// Enters those namespaces of the task `pid` whose option is `wanted`. All files are opened
/// before the first one is entered.
///
/// # Errors
/// The namespace file that does not open or cannot be entered.
pub fn enter(pid: u64, wanted: impl Fn(&str) -> bool) -> Result<(), Trouble> {
    let mut open = Vec::new();
    for (option, flag, name) in KINDS {
        if wanted(option) {
            let path = format!("/proc/{pid}/ns/{name}");
            let fd = file::open(&path, O_CLOEXEC, 0).map_err(at(&path))?;
            open.push((fd, flag, path));
        }
    }
    for (fd, flag, path) in open {
        task::setns(fd, flag).map_err(at(&path))?;
        let _ = file::close(fd);
    }
    Ok(())
}

/// Runs `act` in a child and ends as it does.
pub fn in_child(act: impl FnOnce() -> Outcome) -> Outcome {
    match task::fork().map_err(at("fork"))? {
        None => task::exit(match act() {
            Ok(status) => status,
            Err(trouble) => {
                crate::io::complain("child", &trouble);
                trouble.status
            }
        }),
        Some(child) => Ok(task::wait_for(child).map_err(at("wait"))?.code()),
    }
}

fn command(rest: &[String]) -> Vec<String> {
    match rest.is_empty() {
        true => Vec::from([String::from("sh")]),
        false => rest.to_vec(),
    }
}
