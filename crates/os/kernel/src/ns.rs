//! Namespaces, what they have in common (namespaces(7)).
//!
//! Each kind stands beside what it isolates: [`crate::task::pidns`], [`crate::uts`],
//! [`crate::fs::mntns`]. Here are the nsproxy, which says in which ones a task is, and the
//! three ways to change that: clone, unshare, setns.
//!
//! An nsproxy is never changed once it is made: tasks share it, and who changes a namespace
//! gets another one.

use crate::Result;
use crate::fs::{Node, NsNode, Path, file, mntns, mount};
use crate::kernel::Kernel;
use crate::task::{current, pidns};
use crate::uts;
use abi::Errno;
use abi::task::clone::*;
use objects::kernel::NsProxy;
use zerocopy::FromZeros;

/// The kinds of namespaces that there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
#[allow(missing_docs)]
pub enum Kind {
    Mnt = 0,
    Uts = 1,
    Pid = 2,
    PidForChildren = 3,
}

impl Kind {
    /// All, in the order of /proc/PID/ns.
    pub const ALL: [Self; 4] = [Self::Mnt, Self::Pid, Self::PidForChildren, Self::Uts];

    /// The kind with this number.
    pub fn of(number: u16) -> Self {
        match number {
            0 => Self::Mnt,
            1 => Self::Uts,
            2 => Self::Pid,
            _ => Self::PidForChildren,
        }
    }

    /// Name of the file in /proc/PID/ns.
    pub fn file(self) -> &'static str {
        match self {
            Self::PidForChildren => "pid_for_children",
            other => other.name(),
        }
    }

    /// What its link text begins with.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnt => "mnt",
            Self::Uts => "uts",
            Self::Pid | Self::PidForChildren => "pid",
        }
    }

    /// The flag that makes one.
    pub fn flag(self) -> u64 {
        match self {
            Self::Mnt => CLONE_NEWNS,
            Self::Uts => CLONE_NEWUTS,
            Self::Pid | Self::PidForChildren => CLONE_NEWPID,
        }
    }
}

/// Namespaces that this kernel has.
pub const SUPPORTED: u64 = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID;
/// All there are in Linux; those that we lack are refused with EINVAL, like by a Linux that
/// was built without them.
const ALL_FLAGS: u64 =
    SUPPORTED | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_NEWTIME;

/// First number of a namespace that is made later; Linux's, too.
const FIRST_INUM: u32 = 0xf000_0010;
/// Numbers of the initial namespaces (include/linux/proc_ns.h); the mount namespace's is
/// promised nowhere.
pub const PID_INUM: u32 = 0xefff_fffc;
/// See [`PID_INUM`].
pub const UTS_INUM: u32 = 0xefff_fffe;
/// See [`PID_INUM`].
pub const MNT_INUM: u32 = 0xf000_0000;

/// A number for a new namespace.
pub fn new_inum(k: &mut Kernel) -> u32 {
    k.next_inum = k.next_inum.max(FIRST_INUM) + 1;
    k.next_inum - 1
}

/// The number of a namespace.
pub fn inum(k: &Kernel, node: NsNode) -> u32 {
    let id = node.id as usize;
    match Kind::of(node.kind) {
        Kind::Mnt => k.mnt_ns[id].inum,
        Kind::Uts => k.uts_ns[id].inum,
        Kind::Pid | Kind::PidForChildren => k.pid_ns[id].inum,
    }
}

/// An open file or a bind mount holds a namespace.
pub fn hold(k: &mut Kernel, node: NsNode) {
    let id = node.id as usize;
    match Kind::of(node.kind) {
        Kind::Mnt => k.mnt_ns[id].refs += 1,
        Kind::Uts => k.uts_ns[id].refs += 1,
        Kind::Pid | Kind::PidForChildren => pidns::hold(k, u32::from(node.id)),
    }
}

/// The other direction of [`hold`].
pub fn release(k: &mut Kernel, node: NsNode) {
    let id = u32::from(node.id);
    match Kind::of(node.kind) {
        Kind::Mnt => mntns::release(k, id),
        Kind::Uts => uts::release(k, id),
        Kind::Pid | Kind::PidForChildren => pidns::release(k, id),
    }
}

/// The namespace of one kind that the task in `slot` is in; `None` for a zombie.
pub fn of_task(k: &Kernel, slot: usize, kind: Kind) -> Option<NsNode> {
    let proxy = k.nsproxies.get(k.tasks[slot].nsproxy as usize)?;
    let id = match kind {
        Kind::Mnt => proxy.mnt,
        Kind::Uts => proxy.uts,
        Kind::Pid => k.tasks[slot].pid_ns,
        Kind::PidForChildren => proxy.pid_for_children,
    };
    Some(NsNode {
        kind: kind as u16,
        id: id as u16,
        reserved: 0,
    })
}

/// One task less uses an nsproxy; the last one lets go of its namespaces.
pub fn release_proxy(k: &mut Kernel, id: u32) {
    let proxy = &mut k.nsproxies[id as usize];
    proxy.refs -= 1;
    if proxy.refs > 0 {
        return;
    }
    let gone = core::mem::replace(proxy, NsProxy::new_zeroed());
    mntns::release(k, gone.mnt);
    uts::release(k, gone.uts);
    pidns::release(k, gone.pid_for_children);
}

/// An nsproxy like `from`'s but with new namespaces where `flags` asks; one user. `task` is
/// whose root and working directory move into a new mount namespace.
///
/// # Errors
/// EINVAL for a kind that there is not, or a pid namespace when children already go into
/// another one; ENOSPC; ENOMEM.
pub fn new_proxy(k: &mut Kernel, from: u32, flags: u64, task: usize) -> Result<u32> {
    if flags & ALL_FLAGS & !SUPPORTED != 0 {
        return Err(Errno::EINVAL);
    }
    let old = k.nsproxies[from as usize];
    let id = k
        .nsproxies
        .iter()
        .position(|p| p.refs == 0)
        .ok_or(Errno::ENOMEM)?;
    let mut new = NsProxy { refs: 1, ..old };
    k.mnt_ns[old.mnt as usize].refs += 1;
    k.uts_ns[old.uts as usize].refs += 1;
    pidns::hold(k, old.pid_for_children);
    // The slot is taken from here on, so that what was made can be let go of with it.
    k.nsproxies[id] = new;
    let made = (|k: &mut Kernel| {
        if flags & CLONE_NEWPID != 0 {
            if old.pid_for_children != k.tasks[current(k)].pid_ns {
                return Err(Errno::EINVAL);
            }
            new.pid_for_children = pidns::create(k, old.pid_for_children)?;
            pidns::release(k, old.pid_for_children);
            k.nsproxies[id] = new;
        }
        if flags & CLONE_NEWUTS != 0 {
            new.uts = uts::copy(k, old.uts)?;
            uts::release(k, old.uts);
            k.nsproxies[id] = new;
        }
        if flags & CLONE_NEWNS != 0 {
            new.mnt = mntns::copy(k, old.mnt, task)?;
            mntns::release(k, old.mnt);
            k.nsproxies[id] = new;
        }
        Ok(())
    })(k);
    match made {
        Ok(()) => Ok(id as u32),
        Err(error) => {
            release_proxy(k, id as u32);
            Err(error)
        }
    }
}

/// Gives the running task another nsproxy.
fn switch_proxy(k: &mut Kernel, new: u32) {
    let me = current(k);
    let old = core::mem::replace(&mut k.tasks[me].nsproxy, new);
    release_proxy(k, old);
}

/// unshare(2).
pub fn unshare(k: &mut Kernel, flags: u64) -> Result {
    const OTHERS: u64 =
        CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_VM | CLONE_THREAD | CLONE_SYSVSEM;
    if flags & !(ALL_FLAGS | OTHERS) != 0 {
        return Err(Errno::EINVAL);
    }
    let me = current(k);
    if flags & (CLONE_SIGHAND | CLONE_VM | CLONE_THREAD) != 0
        && k.mms[k.tasks[me].mm as usize].refs > 1
    {
        return Err(Errno::EINVAL);
    }
    // A new mount namespace implies a root and working directory of one's own.
    if flags & (CLONE_FS | CLONE_NEWNS) != 0 {
        crate::task::fork::unshare_fs(k, me);
    }
    if flags & CLONE_FILES != 0 {
        crate::task::fork::unshare_files(k, me);
    }
    if flags & ALL_FLAGS != 0 {
        let new = new_proxy(k, k.tasks[me].nsproxy, flags, me)?;
        switch_proxy(k, new);
    }
    Ok(0)
}

/// setns(2): join the namespace that `fd` is open on; `kind` is its flag, or 0 for any.
pub fn setns(k: &mut Kernel, fd: u64, kind: u64) -> Result {
    let Node::Ns(node) = file::get(k, fd)?.path.node else {
        return Err(Errno::EINVAL);
    };
    let wanted = Kind::of(node.kind);
    if kind != 0 && kind != wanted.flag() {
        return Err(Errno::EINVAL);
    }
    let me = current(k);
    let id = u32::from(node.id);
    match wanted {
        // Only children will be in it, and only one's own or a descendant will do: nobody
        // escapes upwards.
        Kind::Pid | Kind::PidForChildren if !pidns::is_within(k, id, k.tasks[me].pid_ns) => {
            return Err(Errno::EINVAL);
        }
        // Whoever shares its working directory with others cannot move alone.
        Kind::Mnt if k.fs_contexts[k.private[me].fs as usize].refs > 1 => {
            return Err(Errno::EINVAL);
        }
        _ => {}
    }
    hold(k, node);
    let proxy = match new_proxy(k, k.tasks[me].nsproxy, 0, me) {
        Ok(proxy) => proxy,
        Err(error) => {
            release(k, node);
            return Err(error);
        }
    };
    let row = &mut k.nsproxies[proxy as usize];
    let place = match wanted {
        Kind::Mnt => &mut row.mnt,
        Kind::Uts => &mut row.uts,
        Kind::Pid | Kind::PidForChildren => &mut row.pid_for_children,
    };
    let old = core::mem::replace(place, id);
    release(
        k,
        NsNode {
            id: old as u16,
            ..node
        },
    );
    switch_proxy(k, proxy);
    if wanted == Kind::Mnt {
        // Root and working directory become the top of what is mounted there.
        let top = mount::root_of(k, k.mnt_ns[node.id as usize].root);
        let top = mount::enter(k, top);
        let context = k.private[me].fs as usize;
        let left: [Path; 2] = [k.fs_contexts[context].root, k.fs_contexts[context].cwd];
        k.fs_contexts[context].root = top;
        k.fs_contexts[context].cwd = top;
        for place in left {
            file::let_go_of(k, place);
        }
    }
    Ok(0)
}
