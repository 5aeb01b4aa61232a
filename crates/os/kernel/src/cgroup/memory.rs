//! The memory controller: how many bytes (Linux: mm/memcontrol.c).
//!
//! A page is charged when it is first touched, to the toucher's group and every group above
//! it, and stays charged there until it is freed, wherever the task goes. There is nothing to
//! reclaim here (no swap, and the page cache is the file system), so at the limit somebody in
//! the limited group is killed at once.

use crate::Result;
use crate::cgroup::{enabled, upwards};
use crate::kernel::Kernel;
use crate::mm::{PAGE, oom};
use abi::Errno;
use objects::NONE;
use objects::kernel::controller;

/// One page more in `group` and all above it.
///
/// # Errors
/// ENOMEM if a limit forbids it and killing did not help, or killed the one who asks.
pub fn charge(k: &mut Kernel, group: u32) -> Result<()> {
    while let Some(limited) = over_limit(k, group) {
        count_upwards(k, limited, |memory| {
            memory.events_max += 1;
            memory.events_oom += 1;
        });
        if !oom::kill_in(k, limited) {
            return Err(Errno::ENOMEM);
        }
    }
    let mut g = group;
    while g != NONE {
        let row = &mut k.cgroups[g as usize];
        row.memory.current += PAGE;
        row.memory.peak = row.memory.peak.max(row.memory.current);
        g = row.parent;
    }
    Ok(())
}

/// One page less.
pub fn uncharge(k: &mut Kernel, mut group: u32) {
    while group != NONE {
        let row = &mut k.cgroups[group as usize];
        row.memory.current -= PAGE;
        group = row.parent;
    }
}

/// The lowest group on the way up that one page more would bring over its limit.
fn over_limit(k: &Kernel, group: u32) -> Option<u32> {
    upwards(k, group).find(|&g| {
        let memory = &k.cgroups[g as usize].memory;
        memory.max != super::MAX
            && memory.current + PAGE > memory.max
            && enabled(k, g) & controller::MEMORY != 0
    })
}

fn count_upwards(k: &mut Kernel, mut group: u32, count: impl Fn(&mut objects::kernel::Memory)) {
    while group != NONE {
        count(&mut k.cgroups[group as usize].memory);
        group = k.cgroups[group as usize].parent;
    }
}

/// A task of `group` was killed for memory: counted there and above.
pub fn count_oom_kill(k: &mut Kernel, group: u32) {
    count_upwards(k, group, |memory| memory.events_oom_kill += 1);
}

/// A lower limit was set: kills until the group fits into it, or nobody is left to kill.
pub fn enforce(k: &mut Kernel, group: u32) {
    loop {
        let memory = k.cgroups[group as usize].memory;
        if memory.current <= memory.max {
            return;
        }
        count_upwards(k, group, |memory| memory.events_oom += 1);
        if !oom::kill_in(k, group) {
            return;
        }
    }
}
