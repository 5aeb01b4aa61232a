//! The pids controller: how many tasks (Linux: kernel/cgroup/pids.c). It counts threads, too,
//! and zombies until they are waited for: both take a number.

use crate::Result;
use crate::cgroup::{enabled, upwards};
use crate::kernel::Kernel;
use abi::Errno;
use objects::NONE;
use objects::kernel::controller;

/// One task more in `group` and all above it, whatever the limits say: for a migration.
pub fn charge(k: &mut Kernel, mut group: u32) {
    while group != NONE {
        let row = &mut k.cgroups[group as usize];
        row.pids.current += 1;
        group = row.parent;
    }
}

/// One task less.
pub fn uncharge(k: &mut Kernel, mut group: u32) {
    while group != NONE {
        let row = &mut k.cgroups[group as usize];
        row.pids.current -= 1;
        group = row.parent;
    }
}

/// One task more, if no limit on the way up forbids it: for a fork.
///
/// # Errors
/// EAGAIN. The event is counted where the fork happened, as Linux 6.1 does; later ones count
/// it where the limit is.
pub fn try_charge(k: &mut Kernel, group: u32) -> Result<()> {
    let full = upwards(k, group).any(|g| {
        let pids = &k.cgroups[g as usize].pids;
        g != 0 && enabled(k, g) & controller::PIDS != 0 && pids.current >= pids.max
    });
    if full {
        k.cgroups[group as usize].pids.events_max += 1;
        return Err(Errno::EAGAIN);
    }
    charge(k, group);
    Ok(())
}
