//! cgroup2: the tree of groups as directories, what each controller knows and does as files.
//!
//! mkdir makes a group, rmdir removes it, and every file is a row of [`FILES`]: its name, the
//! controller it needs, whether the root has it, and the functions that read and write it.

use crate::Result;
use crate::cgroup::{self, CONTROLLERS, MAX, cpu, memory, parse};
use crate::fs::node::PathText;
use crate::fs::text::{NameText, Window};
use crate::fs::{CgroupNode, Node};
use crate::kernel::Kernel;
use crate::mm::user;
use crate::signal;
use crate::task::{self, ids, living, threads};
use abi::Errno;
use abi::fs::mode::{S_IFDIR, S_IFREG};
use abi::task::signal::SIGKILL;
use core::fmt::Write as _;
use objects::kernel::controller;
use objects::{NONE, text};

/// Writes what a group's file says.
type Read = fn(&Kernel, u32, &mut Window);
/// Does what is written to a group's file.
type Write = fn(&mut Kernel, u32, &str) -> Result<()>;

/// A control file.
struct File {
    name: &'static str,
    /// Controllers that must be enabled in the group; 0: none.
    needs: u32,
    /// Whether the root has it.
    in_root: bool,
    read: Option<Read>,
    write: Option<Write>,
}

macro_rules! files {
    ($($name:literal $needs:expr, $in_root:literal, $read:expr, $write:expr;)*) => {
        static FILES: &[File] = &[$(File {
            name: $name, needs: $needs, in_root: $in_root, read: $read, write: $write,
        },)*];
    };
}

// Row 0 is the directory itself.
files! {
    "" 0, true, None, None;
    "cgroup.controllers" 0, true, Some(read_controllers), None;
    "cgroup.events" 0, false, Some(read_events), None;
    "cgroup.freeze" 0, false, Some(read_freeze), Some(write_freeze);
    "cgroup.kill" 0, false, None, Some(write_kill);
    "cgroup.procs" 0, true, Some(read_procs), Some(write_procs);
    "cgroup.stat" 0, true, Some(read_stat), None;
    "cgroup.subtree_control" 0, true, Some(read_subtree), Some(write_subtree);
    "cgroup.threads" 0, true, Some(read_threads), None;
    "cgroup.type" 0, false, Some(read_type), None;
    "cpu.max" controller::CPU, false, Some(read_cpu_max), Some(write_cpu_max);
    "cpu.stat" 0, true, Some(read_cpu_stat), None;
    "cpu.weight" controller::CPU, false, Some(read_cpu_weight), Some(write_cpu_weight);
    "memory.current" controller::MEMORY, false, Some(read_memory_current), None;
    "memory.events" controller::MEMORY, false, Some(read_memory_events), None;
    "memory.max" controller::MEMORY, false, Some(read_memory_max), Some(write_memory_max);
    "memory.pressure" 0, true, Some(read_memory_pressure), None;
    "memory.peak" controller::MEMORY, false, Some(read_memory_peak), None;
    "pids.current" controller::PIDS, false, Some(read_pids_current), None;
    "pids.events" controller::PIDS, false, Some(read_pids_events), None;
    "pids.max" controller::PIDS, false, Some(read_pids_max), Some(write_pids_max);
}

const DIRECTORY: u8 = 0;

/// The directory of the root group.
pub fn root() -> Node {
    Node::Cgroup(CgroupNode {
        cgroup: 0,
        file: DIRECTORY,
        reserved: 0,
        generation: 0,
    })
}

fn directory_of(k: &Kernel, group: u32) -> CgroupNode {
    let generation = k.cgroup_private[group as usize].generation;
    CgroupNode {
        cgroup: group as u16,
        file: DIRECTORY,
        reserved: 0,
        generation,
    }
}

/// The group that a node is about, if it still exists.
fn subject(k: &Kernel, node: CgroupNode) -> Result<u32> {
    let group = u32::from(node.cgroup);
    let same =
        cgroup::exists(k, group) && k.cgroup_private[group as usize].generation == node.generation;
    if same { Ok(group) } else { Err(Errno::ENODEV) }
}

fn row(node: CgroupNode) -> &'static File {
    &FILES[node.file as usize]
}

fn is_shown(k: &Kernel, group: u32, file: &File) -> bool {
    (group != 0 || file.in_root)
        && cgroup::enabled(k, group) & file.needs == file.needs
        && !file.name.is_empty()
}

/// Type and permissions.
pub fn mode(node: CgroupNode) -> u32 {
    if node.file == DIRECTORY {
        return S_IFDIR | 0o755;
    }
    let file = row(node);
    let read = if file.read.is_some() { 0o444 } else { 0 };
    let write = if file.write.is_some() { 0o200 } else { 0 };
    S_IFREG | read | write
}

/// What a group's directory has under `name`.
///
/// # Errors
/// ENOENT, ENOTDIR.
pub fn lookup(k: &Kernel, dir: CgroupNode, name: &[u8]) -> Result<CgroupNode> {
    if dir.file != DIRECTORY {
        return Err(Errno::ENOTDIR);
    }
    let group = subject(k, dir).map_err(|_| Errno::ENOENT)?;
    if let Some(n) = FILES
        .iter()
        .position(|f| f.name.as_bytes() == name && is_shown(k, group, f))
    {
        return Ok(CgroupNode {
            file: n as u8,
            ..dir
        });
    }
    cgroup::child_named(k, group, name)
        .map(|child| directory_of(k, child))
        .ok_or(Errno::ENOENT)
}

/// The directory above.
pub fn parent(k: &Kernel, node: CgroupNode) -> CgroupNode {
    if node.file != DIRECTORY {
        return CgroupNode {
            file: DIRECTORY,
            ..node
        };
    }
    match k.cgroups[node.cgroup as usize].parent {
        NONE => node,
        parent => directory_of(k, parent),
    }
}

/// Puts a node's name in front of a path.
pub fn prepend_name(k: &Kernel, node: CgroupNode, out: &mut PathText) {
    match node.file {
        DIRECTORY => out.prepend(text(&k.cgroups[node.cgroup as usize].name).as_bytes()),
        _ => out.prepend(row(node).name.as_bytes()),
    }
}

/// The entry of a directory at or after `cursor`: files first, then groups.
pub fn next_entry(
    k: &Kernel,
    dir: CgroupNode,
    cursor: u64,
    name: &mut NameText,
) -> Option<(CgroupNode, u64)> {
    let group = subject(k, dir).ok()?;
    let rows = FILES.len() as u64;
    for n in cursor..rows {
        let file = &FILES[n as usize];
        if is_shown(k, group, file) {
            name.push(file.name.as_bytes());
            return Some((
                CgroupNode {
                    file: n as u8,
                    ..dir
                },
                n + 1,
            ));
        }
    }
    let from = cursor.max(rows) - rows;
    let child = cgroup::children(k, group).find(|&n| u64::from(n) >= from)?;
    name.push(text(&k.cgroups[child as usize].name).as_bytes());
    Some((directory_of(k, child), rows + u64::from(child) + 1))
}

/// mkdir(2).
///
/// # Errors
/// As [`cgroup::create`].
pub fn make(k: &mut Kernel, dir: CgroupNode, name: &[u8]) -> Result<()> {
    let group = subject(k, dir)?;
    if FILES.iter().any(|f| f.name.as_bytes() == name) {
        return Err(Errno::EEXIST);
    }
    cgroup::create(k, group, name).map(|_| ())
}

/// rmdir(2).
///
/// # Errors
/// EBUSY.
pub fn remove(k: &mut Kernel, dir: CgroupNode) -> Result<()> {
    if dir.file != DIRECTORY {
        return Err(Errno::ENOTDIR);
    }
    let group = subject(k, dir)?;
    cgroup::remove(k, group)
}

/// read(2) of a control file.
///
/// # Errors
/// ENODEV if the group is gone; EISDIR, EINVAL, EFAULT.
pub fn read(k: &mut Kernel, node: CgroupNode, pos: u64, address: u64, count: u64) -> Result {
    if node.file == DIRECTORY {
        return Err(Errno::EISDIR);
    }
    let group = subject(k, node)?;
    let read = row(node).read.ok_or(Errno::EINVAL)?;
    let mut out = Window::window(pos, count);
    read(k, group, &mut out);
    out.give(k, address)
}

/// write(2) of a control file: one value a write.
///
/// # Errors
/// What the value deserves.
pub fn write(k: &mut Kernel, node: CgroupNode, address: u64, count: u64) -> Result {
    if node.file == DIRECTORY {
        return Err(Errno::EISDIR);
    }
    let group = subject(k, node)?;
    let write = row(node).write.ok_or(Errno::EINVAL)?;
    let mut bytes = [0; 128];
    let len = count as usize;
    let bytes = bytes.get_mut(..len).ok_or(Errno::E2BIG)?;
    user::read(k, address, bytes)?;
    let value = core::str::from_utf8(bytes).map_err(|_| Errno::EINVAL)?;
    write(k, group, value)?;
    Ok(count)
}

fn names(bits: u32, out: &mut Window) {
    let mut first = true;
    for (bit, name) in CONTROLLERS {
        if bits & bit != 0 {
            if !core::mem::take(&mut first) {
                out.push(b" ");
            }
            out.push(name.as_bytes());
        }
    }
    if !first {
        out.push(b"\n");
    }
}

fn read_controllers(k: &Kernel, group: u32, out: &mut Window) {
    names(cgroup::enabled(k, group), out);
}

fn read_subtree(k: &Kernel, group: u32, out: &mut Window) {
    names(k.cgroups[group as usize].subtree_control, out);
}

/// All or nothing, and in Linux's order.
fn write_subtree(k: &mut Kernel, group: u32, value: &str) -> Result<()> {
    let (set, clear) = parse::subtree_control(value, &CONTROLLERS)?;
    if set & !cgroup::enabled(k, group) != 0 {
        return Err(Errno::ENOENT);
    }
    let used_below =
        cgroup::children(k, group).any(|c| k.cgroups[c as usize].subtree_control & clear != 0);
    if used_below {
        return Err(Errno::EBUSY);
    }
    // No internal processes: a group either has tasks or hands controllers on.
    if set != 0 && group != 0 && living(k).any(|n| k.tasks[n].cgroup == group) {
        return Err(Errno::EBUSY);
    }
    let before = k.cgroups[group as usize].subtree_control;
    k.cgroups[group as usize].subtree_control = (before | set) & !clear;
    cgroup::forget_limits(k, group, before & clear);
    Ok(())
}

fn read_events(k: &Kernel, group: u32, out: &mut Window) {
    let _ = write!(
        out,
        "populated {}\nfrozen {}\n",
        u32::from(cgroup::is_populated(k, group)),
        u32::from(cgroup::is_frozen(k, group))
    );
}

fn read_type(_: &Kernel, _: u32, out: &mut Window) {
    out.push(b"domain\n");
}

fn read_stat(k: &Kernel, group: u32, out: &mut Window) {
    let below = |n: u32| n != group && cgroup::is_within(k, n, group);
    let all = 0..k.cgroups.len() as u32;
    let alive = all
        .clone()
        .filter(|&n| cgroup::exists(k, n) && below(n))
        .count();
    let dying = all
        .filter(|&n| {
            k.cgroup_private[n as usize].removed != 0 && k.cgroups[n as usize].used != 0 && below(n)
        })
        .count();
    let _ = write!(
        out,
        "nr_descendants {alive}\nnr_dying_descendants {dying}\n"
    );
}

fn read_procs(k: &Kernel, group: u32, out: &mut Window) {
    list(k, group, out, threads::is_leader);
}

fn read_threads(k: &Kernel, group: u32, out: &mut Window) {
    list(k, group, out, |_, _| true);
}

/// The tasks in a group that are `wanted`, by the reader's numbers; 0 for one it cannot see.
fn list(k: &Kernel, group: u32, out: &mut Window, wanted: impl Fn(&Kernel, usize) -> bool) {
    let ns = ids::own_ns(k);
    for n in living(k).filter(|&n| k.tasks[n].cgroup == group && wanted(k, n)) {
        let _ = writeln!(out, "{}", ids::number_in(k, n, ns));
    }
}

/// Moves a process, with all its threads.
fn write_procs(k: &mut Kernel, group: u32, value: &str) -> Result<()> {
    let number = parse::number(value)?;
    let slot = match u32::try_from(number).map_err(|_| Errno::EINVAL)? {
        0 => task::current(k),
        number => ids::find(k, number).ok_or(Errno::ESRCH)?,
    };
    if !task::is_alive(&k.tasks[slot]) {
        return Err(Errno::ESRCH);
    }
    let leader = k.tasks[slot].leader as usize;
    for n in 0..k.tasks.len() {
        if threads::is_in_group(k, n, leader) && task::is_alive(&k.tasks[n]) {
            cgroup::move_task(k, n, group)?;
        }
    }
    Ok(())
}

fn write_kill(k: &mut Kernel, group: u32, value: &str) -> Result<()> {
    if parse::number(value)? != 1 {
        return Err(Errno::ERANGE);
    }
    for n in 0..k.tasks.len() {
        if task::is_alive(&k.tasks[n]) && cgroup::is_within(k, k.tasks[n].cgroup, group) {
            signal::kill_now(k, n, SIGKILL);
        }
    }
    Ok(())
}

/// The group's own wish; whether it *is* frozen, cgroup.events tells.
fn read_freeze(k: &Kernel, group: u32, out: &mut Window) {
    let _ = writeln!(out, "{}", k.cgroup_private[group as usize].freeze);
}

fn write_freeze(k: &mut Kernel, group: u32, value: &str) -> Result<()> {
    match parse::number(value)? {
        on @ (0 | 1) => cgroup::freeze(k, group, on as u32),
        _ => return Err(Errno::ERANGE),
    }
    Ok(())
}

fn or_max(value: u64, out: &mut Window) {
    if value == MAX {
        out.push(b"max");
    } else {
        let _ = write!(out, "{value}");
    }
}

fn read_pids_current(k: &Kernel, group: u32, out: &mut Window) {
    let _ = writeln!(out, "{}", k.cgroups[group as usize].pids.current);
}

fn read_pids_max(k: &Kernel, group: u32, out: &mut Window) {
    or_max(k.cgroups[group as usize].pids.max, out);
    out.push(b"\n");
}

fn write_pids_max(k: &mut Kernel, group: u32, value: &str) -> Result<()> {
    k.cgroups[group as usize].pids.max = parse::number_or_max(value)?;
    Ok(())
}

fn read_pids_events(k: &Kernel, group: u32, out: &mut Window) {
    let _ = writeln!(out, "max {}", k.cgroups[group as usize].pids.events_max);
}

fn read_memory_current(k: &Kernel, group: u32, out: &mut Window) {
    let _ = writeln!(out, "{}", k.cgroups[group as usize].memory.current);
}

fn read_memory_peak(k: &Kernel, group: u32, out: &mut Window) {
    let _ = writeln!(out, "{}", k.cgroups[group as usize].memory.peak);
}

/// How long tasks waited for memory: never, because there is nothing to wait for. Who cannot
/// have a page at once is refused or killed.
fn read_memory_pressure(_: &Kernel, _: u32, out: &mut Window) {
    for who in ["some", "full"] {
        let _ = writeln!(out, "{who} avg10=0.00 avg60=0.00 avg300=0.00 total=0");
    }
}

fn read_memory_max(k: &Kernel, group: u32, out: &mut Window) {
    or_max(k.cgroups[group as usize].memory.max, out);
    out.push(b"\n");
}

fn write_memory_max(k: &mut Kernel, group: u32, value: &str) -> Result<()> {
    k.cgroups[group as usize].memory.max = parse::memory(value)?;
    memory::enforce(k, group);
    Ok(())
}

fn read_memory_events(k: &Kernel, group: u32, out: &mut Window) {
    let m = &k.cgroups[group as usize].memory;
    let _ = write!(
        out,
        "low 0\nhigh 0\nmax {}\noom {}\noom_kill {}\noom_group_kill 0\n",
        m.events_max, m.events_oom, m.events_oom_kill
    );
}

fn read_cpu_weight(k: &Kernel, group: u32, out: &mut Window) {
    let _ = writeln!(out, "{}", k.cgroups[group as usize].cpu.weight);
}

fn write_cpu_weight(k: &mut Kernel, group: u32, value: &str) -> Result<()> {
    k.cgroups[group as usize].cpu.weight = parse::cpu_weight(value)?;
    Ok(())
}

fn read_cpu_max(k: &Kernel, group: u32, out: &mut Window) {
    let (quota, period) = cpu::max_us(k, group);
    or_max(quota, out);
    let _ = writeln!(out, " {period}");
}

fn write_cpu_max(k: &mut Kernel, group: u32, value: &str) -> Result<()> {
    let (quota, period) = parse::cpu_max(value, cpu::max_us(k, group).1)?;
    cpu::set_max(k, group, quota, period);
    Ok(())
}

/// Three lines always, and five more if the controller works in the group; bursts do not
/// exist here.
fn read_cpu_stat(k: &Kernel, group: u32, out: &mut Window) {
    let c = &k.cgroups[group as usize].cpu;
    let us = |ticks| k.time.us_of(ticks);
    let (user, system) = (us(c.user), us(c.system));
    let _ = write!(
        out,
        "usage_usec {}\nuser_usec {user}\nsystem_usec {system}\n",
        user + system
    );
    if group != 0 && cgroup::enabled(k, group) & controller::CPU != 0 {
        let now = if c.throttled_now != 0 {
            k.time.now() - c.throttled_since
        } else {
            0
        };
        let _ = write!(
            out,
            "nr_periods {}\nnr_throttled {}\nthrottled_usec {}\nnr_bursts 0\nburst_usec 0\n",
            c.nr_periods,
            c.nr_throttled,
            us(c.throttled + now)
        );
    }
}
