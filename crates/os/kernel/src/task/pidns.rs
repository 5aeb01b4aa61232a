//! Pid namespaces: who sees whom, and under which number (pid_namespaces(7)).
//!
//! A namespace sees its own tasks and those of the namespaces below it. Its first task is
//! number 1, its init: orphans come to it, signals from inside reach it only if it has a
//! handler for them, and when it ends, everybody in the namespace is killed
//! ([`super::exit`]).

use crate::Result;
use crate::kernel::Kernel;
use crate::ns;
use abi::Errno;
use objects::NONE;
use objects::kernel::{PID_LEVELS, PidNs};
use zerocopy::FromZeros;

/// A new namespace below `parent`, with one reference.
///
/// # Errors
/// ENOSPC if the table is full or it would be nested too deep.
pub fn create(k: &mut Kernel, parent: u32) -> Result<u32> {
    let level = k.pid_ns[parent as usize].level + 1;
    if level as usize >= PID_LEVELS {
        return Err(Errno::ENOSPC);
    }
    let id = k
        .pid_ns
        .iter()
        .position(|n| n.refs == 0)
        .ok_or(Errno::ENOSPC)?;
    let inum = ns::new_inum(k);
    k.pid_ns[id] = PidNs {
        refs: 1,
        inum,
        parent,
        level,
        init: NONE,
        last: 0,
    };
    hold(k, parent);
    Ok(id as u32)
}

/// One more reference.
pub fn hold(k: &mut Kernel, id: u32) {
    k.pid_ns[id as usize].refs += 1;
}

/// One reference less; the last one frees it, and it no longer holds its parent.
pub fn release(k: &mut Kernel, mut id: u32) {
    while id != NONE {
        let row = &mut k.pid_ns[id as usize];
        row.refs -= 1;
        if row.refs > 0 {
            return;
        }
        let parent = row.parent;
        *row = PidNs::new_zeroed();
        id = parent;
    }
}

/// Whether `ns` is `ancestor` or below it.
pub fn is_within(k: &Kernel, mut ns: u32, ancestor: u32) -> bool {
    let level = k.pid_ns[ancestor as usize].level;
    while k.pid_ns[ns as usize].level > level {
        ns = k.pid_ns[ns as usize].parent;
    }
    ns == ancestor
}

/// Whether its init has come and gone, or is going: nobody can be born in it any more.
pub fn is_dead(k: &Kernel, id: u32) -> bool {
    let row = &k.pid_ns[id as usize];
    match row.init {
        NONE => row.last > 0,
        init => k.private[init as usize].ending != 0,
    }
}

/// Whether the task in `slot` is the init of its namespace.
pub fn is_init(k: &Kernel, slot: usize) -> bool {
    k.pid_ns[k.tasks[slot].pid_ns as usize].init == slot as u32
}
