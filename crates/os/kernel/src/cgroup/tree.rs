//! The tree of groups: make, remove, move tasks between them.

use crate::Result;
use crate::cgroup::{MAX, cpu, parse, pids};
use crate::kernel::Kernel;
use crate::mm::frame;
use crate::task::living;
use abi::Errno;
use core::fmt;
use objects::kernel::{Cgroup, Cpu, Memory, Pids, controller, state};
use objects::{NONE, name, text};
use zerocopy::FromZeros;

/// What of a group only the kernel needs.
#[derive(Clone, Copy, FromZeros)]
#[repr(C)]
pub struct CgroupPrivate {
    /// How often the id was used.
    pub generation: u32,
    /// Ended tasks in it that were not waited for yet: they keep a removed group's id taken.
    pub zombies: u32,
    /// 1: removed, but for its zombies.
    pub removed: u32,
    /// cgroup.freeze: 1 if it and everything below is to stand still.
    pub freeze: u32,
    /// Virtual time, for the scheduler.
    pub vruntime: u64,
    /// The least virtual time among what competes in it.
    pub least_vruntime: u64,
}

/// All controllers.
pub const CONTROLLERS: [(u32, &str); 3] = [
    (controller::CPU, "cpu"),
    (controller::MEMORY, "memory"),
    (controller::PIDS, "pids"),
];

/// Sets up the root.
pub fn init(k: &mut Kernel) {
    k.cgroups[0] = empty(NONE, b"");
}

fn empty(parent: u32, directory: &[u8]) -> Cgroup {
    Cgroup {
        used: 1,
        parent,
        name: name(directory),
        tasks: 0,
        subtree_control: 0,
        pids: Pids {
            max: MAX,
            ..Pids::default()
        },
        memory: Memory {
            max: MAX,
            ..Memory::default()
        },
        cpu: Cpu {
            weight: 100,
            quota: MAX,
            ..Cpu::default()
        },
    }
}

/// Whether the id is in use by a group that is not removed.
pub fn exists(k: &Kernel, id: u32) -> bool {
    k.cgroups[id as usize].used != 0 && k.cgroup_private[id as usize].removed == 0
}

/// Whether `group` is `ancestor` or below it.
pub fn is_within(k: &Kernel, mut group: u32, ancestor: u32) -> bool {
    while group != NONE {
        if group == ancestor {
            return true;
        }
        group = k.cgroups[group as usize].parent;
    }
    false
}

/// The group and all above it, root last.
pub fn upwards(k: &Kernel, group: u32) -> impl Iterator<Item = u32> + use<'_> {
    core::iter::successors(Some(group), |&g| {
        let parent = k.cgroups[g as usize].parent;
        (parent != NONE).then_some(parent)
    })
}

/// Controllers that work in `group`: those that its parent enables.
pub fn enabled(k: &Kernel, group: u32) -> u32 {
    match k.cgroups[group as usize].parent {
        NONE => controller::CPU | controller::MEMORY | controller::PIDS,
        parent => k.cgroups[parent as usize].subtree_control,
    }
}

/// The groups directly below.
pub fn children(k: &Kernel, group: u32) -> impl Iterator<Item = u32> + '_ {
    (1..k.cgroups.len() as u32)
        .filter(move |&n| exists(k, n) && k.cgroups[n as usize].parent == group)
}

/// Whether a living task is in it or below (cgroup.events).
pub fn is_populated(k: &Kernel, group: u32) -> bool {
    living(k).any(|n| is_within(k, k.tasks[n].cgroup, group))
}

/// mkdir: a new group below `parent`.
///
/// # Errors
/// EEXIST, EINVAL, ENAMETOOLONG; EAGAIN if there are too many.
pub fn create(k: &mut Kernel, parent: u32, directory: &[u8]) -> Result<u32> {
    parse::check_name(directory)?;
    if child_named(k, parent, directory).is_some() {
        return Err(Errno::EEXIST);
    }
    let id = (1..k.cgroups.len())
        .find(|&n| k.cgroups[n].used == 0)
        .ok_or(Errno::EAGAIN)?;
    k.cgroups[id] = empty(parent, directory);
    let generation = k.cgroup_private[id].generation + 1;
    k.cgroup_private[id] = CgroupPrivate {
        generation,
        ..CgroupPrivate::new_zeroed()
    };
    Ok(id as u32)
}

/// The group below `parent` with this name.
pub fn child_named(k: &Kernel, parent: u32, directory: &[u8]) -> Option<u32> {
    children(k, parent).find(|&n| text(&k.cgroups[n as usize].name).as_bytes() == directory)
}

/// rmdir.
///
/// # Errors
/// EBUSY while a living task or a group is in it.
pub fn remove(k: &mut Kernel, group: u32) -> Result<()> {
    if group == 0 || children(k, group).next().is_some() || is_populated(k, group) {
        return Err(Errno::EBUSY);
    }
    // Pages that outlive it are the parent's from now on: its counts include them already.
    let parent = k.cgroups[group as usize].parent;
    frame::move_charges(k, group, parent);
    k.cgroup_private[group as usize].removed = 1;
    free_if_empty(k, group);
    Ok(())
}

fn free_if_empty(k: &mut Kernel, group: u32) {
    let private = &k.cgroup_private[group as usize];
    if private.removed != 0 && private.zombies == 0 {
        k.cgroups[group as usize] = Cgroup::new_zeroed();
    }
}

/// A task begins in `group`. The limit was checked before ([`pids::try_charge`]).
pub fn task_entered(k: &mut Kernel, group: u32) {
    k.cgroups[group as usize].tasks += 1;
}

/// A task in `group` became a zombie: it no longer counts as being there, except as a pid.
pub fn task_ended(k: &mut Kernel, group: u32) {
    k.cgroups[group as usize].tasks -= 1;
    k.cgroup_private[group as usize].zombies += 1;
}

/// The zombie is gone, too.
pub fn task_reaped(k: &mut Kernel, group: u32) {
    pids::uncharge(k, group);
    k.cgroup_private[group as usize].zombies -= 1;
    free_if_empty(k, group);
}

/// Moves the task in `slot`.
///
/// # Errors
/// EBUSY if `to` hands controllers on: only leaves have tasks.
pub fn move_task(k: &mut Kernel, slot: usize, to: u32) -> Result<()> {
    if to != 0 && k.cgroups[to as usize].subtree_control != 0 {
        return Err(Errno::EBUSY);
    }
    let from = k.tasks[slot].cgroup;
    if from == to {
        return Ok(());
    }
    // Time up to now was the old group's. Migration may exceed the new one's limit of tasks.
    if slot == k.root.current as usize {
        crate::sched::account::settle(k);
    }
    pids::uncharge(k, from);
    pids::charge(k, to);
    k.cgroups[from as usize].tasks -= 1;
    k.cgroups[to as usize].tasks += 1;
    k.tasks[slot].cgroup = to;
    // In the queue by its new group's time, or out of it.
    if k.tasks[slot].state == state::RUNNING {
        k.scheduler.remove(slot);
        crate::sched::sleep::make_runnable(k, slot);
    }
    settle_tasks(k, to);
    Ok(())
}

/// Whether `group` or one above it is frozen.
pub fn is_frozen(k: &Kernel, group: u32) -> bool {
    upwards(k, group).any(|g| k.cgroup_private[g as usize].freeze != 0)
}

/// Whether a runnable task must not run for its group's sake: the group has used up its time,
/// or is frozen. What kills gets through the ice.
pub fn holds_back(k: &Kernel, slot: usize) -> bool {
    let group = k.tasks[slot].cgroup;
    cpu::is_throttled(k, group) || is_frozen(k, group) && !crate::signal::is_fatal_pending(k, slot)
}

/// Sets cgroup.freeze, and makes it true.
pub fn freeze(k: &mut Kernel, group: u32, on: u32) {
    k.cgroup_private[group as usize].freeze = on;
    settle_tasks(k, group);
}

/// Takes the tasks of `group` and below off the run queue, or puts them back, as they are held
/// back or not.
pub fn settle_tasks(k: &mut Kernel, group: u32) {
    for n in 0..k.tasks.len() {
        if !is_within(k, k.tasks[n].cgroup, group) {
            continue;
        }
        match (k.tasks[n].state, holds_back(k, n)) {
            (state::RUNNING, true) => {
                k.tasks[n].state = state::THROTTLED;
                k.scheduler.remove(n);
                k.scheduler.reschedule = 1;
            }
            (state::THROTTLED, false) => crate::sched::sleep::make_runnable(k, n),
            _ => {}
        }
    }
}

/// The path of a group from the root, as /proc/PID/cgroup and the log show it.
pub struct PathName<'a>(pub &'a Kernel, pub u32);

impl fmt::Display for PathName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(k, group) = self;
        if *group == 0 {
            return f.write_str("/");
        }
        let mut path = [0u32; 16];
        let mut depth = 0;
        for g in upwards(k, *group).filter(|&g| g != 0).take(path.len()) {
            path[depth] = g;
            depth += 1;
        }
        for g in path[..depth].iter().rev() {
            write!(f, "/{}", text(&k.cgroups[*g as usize].name))?;
        }
        Ok(())
    }
}

/// Controllers are taken away from the groups below `parent`: their limits there are
/// forgotten, as their state is in Linux.
pub fn forget_limits(k: &mut Kernel, parent: u32, bits: u32) {
    for n in 1..k.cgroups.len() {
        let row = &mut k.cgroups[n];
        if row.used == 0 || row.parent != parent {
            continue;
        }
        if bits & controller::PIDS != 0 {
            row.pids.max = MAX;
        }
        if bits & controller::MEMORY != 0 {
            row.memory.max = MAX;
        }
        if bits & controller::CPU != 0 {
            row.cpu.weight = 100;
            cpu::set_max(k, n as u32, MAX, cpu::DEFAULT_PERIOD_US);
        }
    }
}
