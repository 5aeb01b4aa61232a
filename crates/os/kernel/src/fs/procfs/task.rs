//! Files about one task.

use crate::cgroup::PathName;
use crate::fs::node::{self, PathText};
use crate::fs::super_block::type_name;
use crate::fs::text::Window;
use crate::fs::{Path, mount};
use crate::kernel::Kernel;
use crate::limits::FDS;
use crate::mm::area::{self, EXEC, READ, WRITE};
use crate::mm::{PAGE, user};
use crate::signal::{ACTIONS, DEFAULT, IGNORE, bit};
use crate::task::{ids, is_alive, threads};
use abi::fs::mount::{MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY};
use core::fmt::Write;
use objects::kernel::{Task, state, vma};
use objects::{NONE, text};

/// The letter that ps shows, and the word for it.
fn state_of(k: &Kernel, task: &Task) -> (char, &'static str) {
    match task.state {
        // Frozen looks like asleep, as in Linux.
        state::THROTTLED if crate::cgroup::is_frozen(k, task.cgroup) => ('S', "sleeping"),
        state::SLEEPING => ('S', "sleeping"),
        state::STOPPED => ('T', "stopped"),
        state::ZOMBIE => ('Z', "zombie"),
        // Throttled tasks are runnable; Linux makes no difference either.
        _ => ('R', "running"),
    }
}

fn parent_in(k: &Kernel, slot: usize, ns: u32) -> u32 {
    match k.tasks[slot].parent {
        NONE => 0,
        parent => ids::number_in(k, parent as usize, ns),
    }
}

/// Bytes of the areas of an address space.
fn mapped(k: &Kernel, slot: usize) -> u64 {
    match k.tasks[slot].mm {
        NONE => 0,
        mm => area::areas(&k.mms[mm as usize])
            .iter()
            .map(|a| a.end - a.start)
            .sum(),
    }
}

fn resident(k: &Kernel, slot: usize) -> u64 {
    k.mms
        .get(k.tasks[slot].mm as usize)
        .map_or(0, |mm| mm.resident)
}

/// Signals that are ignored, and that have handlers, as sets.
fn dispositions(k: &Kernel, slot: usize) -> (u64, u64) {
    let (mut ignored, mut caught) = (0, 0);
    if is_alive(&k.tasks[slot]) {
        let handlers = &k.handlers[k.private[slot].handlers as usize];
        for signal in 1..ACTIONS as u32 {
            match handlers.action(signal).handler {
                DEFAULT => {}
                IGNORE => ignored |= bit(signal),
                _ => caught |= bit(signal),
            }
        }
    }
    (ignored, caught)
}

/// /proc/PID/stat: 52 fields on one line (proc(5)); what does not exist here is 0.
pub fn stat(k: &mut Kernel, slot: usize, ns: u32, out: &mut Window) {
    let task = k.tasks[slot];
    let hundredths = |ticks: u64| k.time.us_of(ticks) / 10_000;
    let group = ids::group_in(k, task.pgid, ns);
    let session = ids::group_in(k, task.sid, ns);
    // Terminal: major 4, minor 64 + n, as for a serial port.
    let (tty, foreground) = match task.tty {
        NONE => (0, -1),
        n => (
            4 << 8 | (64 + n),
            ids::group_in(k, k.ttys[n as usize].group, ns) as i32,
        ),
    };
    let [child_user, child_kernel] = k.private[slot].children;
    let (ignored, caught) = dispositions(k, slot);
    let private = k.mm_private.get(task.mm as usize);
    let _ = write!(
        out,
        "{} ({}) {} {} {group} {session} {tty} {foreground} 0 {} 0 0 0 {} {} {} {} {} {} {} 0 {} {} {} {} ",
        ids::number_in(k, slot, ns),
        text(&task.name),
        state_of(k, &task).0,
        parent_in(k, slot, ns),
        task.faults,
        hundredths(task.user_ticks),
        hundredths(task.kernel_ticks),
        hundredths(child_user),
        hundredths(child_kernel),
        20 + k.private[slot].nice,
        k.private[slot].nice,
        threads::count(k, task.leader as usize),
        hundredths(task.start_tsc.saturating_sub(k.root.boot_tsc)),
        mapped(k, slot),
        resident(k, slot),
        u64::MAX,
    );
    let _ = write!(
        out,
        "0 0 0 0 0 {} {} {ignored} {caught} 0 0 0 {} 0 0 0 0 0 0 ",
        task.pending, task.blocked, k.private[slot].exit_signal
    );
    let (arg_start, arg_end, env_start, env_end) = private.map_or((0, 0, 0, 0), |p| {
        (p.arg_start, p.arg_end, p.env_start, p.env_end)
    });
    let brk = k.mms.get(task.mm as usize).map_or(0, |mm| mm.brk_start);
    let _ = writeln!(
        out,
        "0 0 {brk} {arg_start} {arg_end} {env_start} {env_end} {}",
        task.exit_status
    );
}

/// /proc/PID/statm: sizes in pages.
pub fn statm(k: &mut Kernel, slot: usize, _ns: u32, out: &mut Window) {
    let sum = |k: &Kernel, kinds: &[u32]| -> u64 {
        k.mms.get(k.tasks[slot].mm as usize).map_or(0, |mm| {
            let chosen = area::areas(mm).iter().filter(|a| kinds.contains(&a.kind));
            chosen.map(|a| (a.end - a.start) / PAGE).sum()
        })
    };
    let code = sum(k, &[vma::TEXT]);
    let data = sum(k, &[vma::DATA, vma::HEAP, vma::STACK]);
    let _ = writeln!(
        out,
        "{} {} 0 {code} 0 {data} 0",
        mapped(k, slot) / PAGE,
        resident(k, slot)
    );
}

/// /proc/PID/status: the same for people.
pub fn status(k: &mut Kernel, slot: usize, ns: u32, out: &mut Window) {
    let task = k.tasks[slot];
    let (letter, word) = state_of(k, &task);
    let number = ids::number_in(k, slot, ns);
    let leader = task.leader as usize;
    let group = ids::number_in(k, leader, ns);
    let _ = write!(
        out,
        "Name:\t{}\nState:\t{letter} ({word})\nTgid:\t{group}\nPid:\t{number}\nPPid:\t{}\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t{FDS}\nGroups:\t\n",
        text(&task.name),
        parent_in(k, slot, ns),
    );
    // One column for each namespace from the reader's down to the task's own.
    let from = k.pid_ns[ns as usize].level as usize;
    let to = k.pid_ns[task.pid_ns as usize].level as usize;
    for key in ["NStgid:", "NSpid:"] {
        let _ = write!(out, "{key}");
        for level in from..=to {
            let whose = if key == "NStgid:" { leader } else { slot };
            let _ = write!(out, "\t{}", k.tasks[whose].numbers[level]);
        }
        let _ = writeln!(out);
    }
    if task.mm != NONE {
        let _ = write!(
            out,
            "VmSize:\t{:8} kB\nVmRSS:\t{:8} kB\nVmPTE:\t{:8} kB\n",
            mapped(k, slot) / 1024,
            resident(k, slot) * PAGE / 1024,
            k.mms[task.mm as usize].table_frames * PAGE / 1024
        );
    }
    let (ignored, caught) = dispositions(k, slot);
    let _ = write!(
        out,
        "Threads:\t{}\nSigPnd:\t{:016x}\nShdPnd:\t{:016x}\nSigBlk:\t{:016x}\nSigIgn:\t{ignored:016x}\nSigCgt:\t{caught:016x}\n",
        threads::count(k, leader),
        0,
        task.pending,
        task.blocked
    );
    let _ = writeln!(out, "voluntary_ctxt_switches:\t{}", task.switches);
}

/// A range of the task's memory: where its arguments or its environment are.
fn memory(k: &mut Kernel, slot: usize, range: (u64, u64), out: &mut Window) {
    let mm = k.tasks[slot].mm;
    let (mut at, end) = range;
    while at < end {
        let mut chunk = [0; 128];
        let len = (end - at).min(chunk.len() as u64);
        let chunk = &mut chunk[..len as usize];
        if user::read_from(k, mm, at, chunk).is_err() {
            return;
        }
        out.push(chunk);
        at += len;
    }
}

/// /proc/PID/cmdline: the arguments, each with its zero.
pub fn cmdline(k: &mut Kernel, slot: usize, _ns: u32, out: &mut Window) {
    if let Some(p) = k.mm_private.get(k.tasks[slot].mm as usize) {
        memory(k, slot, (p.arg_start, p.arg_end), out);
    }
}

/// /proc/PID/environ.
pub fn environ(k: &mut Kernel, slot: usize, _ns: u32, out: &mut Window) {
    if let Some(p) = k.mm_private.get(k.tasks[slot].mm as usize) {
        memory(k, slot, (p.env_start, p.env_end), out);
    }
}

/// /proc/PID/comm.
pub fn comm(k: &mut Kernel, slot: usize, _ns: u32, out: &mut Window) {
    let _ = writeln!(out, "{}", text(&k.tasks[slot].name));
}

/// /proc/PID/cgroup.
pub fn cgroup(k: &mut Kernel, slot: usize, _ns: u32, out: &mut Window) {
    let group = k.tasks[slot].cgroup;
    let deleted = if crate::cgroup::exists(k, group) {
        ""
    } else {
        " (deleted)"
    };
    let _ = writeln!(out, "0::{}{deleted}", PathName(k, group));
}

/// /proc/PID/maps: the areas.
pub fn maps(k: &mut Kernel, slot: usize, _ns: u32, out: &mut Window) {
    let Some(mm) = k
        .mms
        .get(k.tasks[slot].mm as usize)
        .filter(|mm| mm.refs > 0)
    else {
        return;
    };
    let exe = k.mm_private[k.tasks[slot].mm as usize].exe;
    for a in area::areas(mm) {
        let flag = |bit, letter| if a.prot & bit != 0 { letter } else { '-' };
        let (r, w, x) = (flag(READ, 'r'), flag(WRITE, 'w'), flag(EXEC, 'x'));
        let p = if a.shared != 0 { 's' } else { 'p' };
        let inode = if a.inode == NONE { 0 } else { a.inode };
        let _ = write!(
            out,
            "{:08x}-{:08x} {r}{w}{x}{p} {:08x} 00:00 {inode} ",
            a.start, a.end, a.offset
        );
        match a.kind {
            vma::HEAP => out.push(b"    [heap]"),
            vma::STACK => out.push(b"    [stack]"),
            _ if a.inode != NONE && exe.node.number() == a.inode => {
                let mut path = PathText::new();
                node::path_text(k, exe, &mut path);
                out.push(b"    ");
                out.push(path.bytes());
            }
            _ => {}
        }
        out.push(b"\n");
    }
}

/// The path of a mount as the task sees it, if it sees it.
fn mount_path(k: &Kernel, slot: usize, id: usize, out: &mut PathText) -> bool {
    let root = k.fs_contexts[k.private[slot].fs as usize].root;
    k.mounts[id].used != 0
        && k.mounts[id].ns == k.mounts[root.mount as usize].ns
        && node::path_text_from(k, mount::root_of(k, id as u32), root, out)
}

/// Writes a path with spaces and the like as octal, as in fstab.
fn escaped(path: &[u8], out: &mut Window) {
    for &byte in path {
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\\') {
            let _ = write!(out, "\\{byte:03o}");
        } else {
            out.push(&[byte]);
        }
    }
}

fn options(flags: u64, out: &mut Window) {
    out.push(if flags & MS_RDONLY != 0 { b"ro" } else { b"rw" });
    for (bit, word) in [
        (MS_NOSUID, ",nosuid"),
        (MS_NODEV, ",nodev"),
        (MS_NOEXEC, ",noexec"),
    ] {
        if flags & bit != 0 {
            out.push(word.as_bytes());
        }
    }
}

/// /proc/PID/mounts.
pub fn mounts(k: &mut Kernel, slot: usize, _ns: u32, out: &mut Window) {
    if !is_alive(&k.tasks[slot]) {
        return;
    }
    for id in 0..k.mounts.len() {
        let mut path = PathText::new();
        if mount_path(k, slot, id, &mut path) {
            let m = &k.mounts[id];
            escaped(text(&m.source).as_bytes(), out);
            out.push(b" ");
            escaped(path.bytes(), out);
            let _ = write!(out, " {} ", type_name(m.kind));
            options(m.flags, out);
            out.push(b" 0 0\n");
        }
    }
}

/// /proc/PID/mountinfo: the same with ids, parents, and which part of the file system.
pub fn mountinfo(k: &mut Kernel, slot: usize, _ns: u32, out: &mut Window) {
    if !is_alive(&k.tasks[slot]) {
        return;
    }
    for id in 0..k.mounts.len() {
        let mut path = PathText::new();
        if !mount_path(k, slot, id, &mut path) {
            continue;
        }
        let m = k.mounts[id];
        let private = k.mount_private[id];
        // A mount's own parent even if the task cannot see it; the topmost is its own.
        let parent = if m.parent == NONE {
            id as u32
        } else {
            m.parent
        };
        let _ = write!(
            out,
            "{} {} 0:{} ",
            id + 1,
            parent + 1,
            private.super_block + 16
        );
        let mut inside = PathText::new();
        let top = Path {
            mount: id as u32,
            node: k.super_blocks[private.super_block as usize].root,
        };
        node::path_in_file_system(k, mount::root_of(k, id as u32), top, &mut inside);
        escaped(inside.bytes(), out);
        out.push(b" ");
        escaped(path.bytes(), out);
        out.push(b" ");
        options(m.flags, out);
        let _ = write!(out, " - {} ", type_name(m.kind));
        escaped(text(&m.source).as_bytes(), out);
        out.push(b" rw\n");
    }
}
