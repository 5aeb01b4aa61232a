//! Mount namespaces: what a process can see mounted (mount_namespaces(7)).
//!
//! A new namespace begins as a copy of its maker's: the same file systems in the same places,
//! but as mounts of its own, so that what is mounted later on either side does not show on
//! the other.

use crate::Result;
use crate::fs::mount;
use crate::kernel::Kernel;
use crate::ns;
use abi::Errno;
use objects::NONE;
use objects::kernel::MntNs;
use zerocopy::FromZeros;

/// An empty namespace with one reference.
///
/// # Errors
/// ENOSPC.
pub fn create(k: &mut Kernel) -> Result<u32> {
    let id = k
        .mnt_ns
        .iter()
        .position(|n| n.refs == 0)
        .ok_or(Errno::ENOSPC)?;
    k.mnt_ns[id] = MntNs {
        refs: 1,
        inum: ns::new_inum(k),
        root: NONE,
        reserved: 0,
    };
    Ok(id as u32)
}

/// A copy of `from` for the task in slot `task`, whose root and working directory move to the
/// same places in it.
///
/// # Errors
/// ENOSPC.
pub fn copy(k: &mut Kernel, from: u32, task: usize) -> Result<u32> {
    let new = create(k)?;
    let old_root = mount::root_of(k, k.mnt_ns[from as usize].root);
    let root = match mount::copy_tree(k, old_root, true, new) {
        Ok(root) => root,
        Err(error) => {
            k.mnt_ns[new as usize] = MntNs::new_zeroed();
            return Err(error);
        }
    };
    k.mnt_ns[new as usize].root = root;
    // Root and cwd move with the mounts: each is found by the way down from the top.
    let context = k.private[task].fs as usize;
    for which in 0..2 {
        let place = if which == 0 {
            k.fs_contexts[context].root
        } else {
            k.fs_contexts[context].cwd
        };
        if let Some(mount) = counterpart(k, place.mount, old_root.mount, root) {
            let moved = crate::fs::Path { mount, ..place };
            if which == 0 {
                k.fs_contexts[context].root = moved;
            } else {
                k.fs_contexts[context].cwd = moved;
            }
        }
    }
    Ok(new)
}

/// The mount in the copied tree under `new_top` that stands where `mount` stands under
/// `old_top`.
fn counterpart(k: &Kernel, mount: u32, old_top: u32, new_top: u32) -> Option<u32> {
    if mount == old_top {
        return Some(new_top);
    }
    let parent = k.mounts[mount as usize].parent;
    if parent == NONE {
        return None;
    }
    let parent = counterpart(k, parent, old_top, new_top)?;
    let wanted = &k.mount_private[mount as usize];
    (0..k.mounts.len())
        .find(|&m| {
            let p = &k.mount_private[m];
            k.mounts[m].used != 0
                && k.mounts[m].parent == parent
                && p.mountpoint == wanted.mountpoint
                && p.root == wanted.root
                && p.super_block == wanted.super_block
        })
        .map(|m| m as u32)
}

/// One reference less; the last one unmounts everything.
pub fn release(k: &mut Kernel, id: u32) {
    let row = &mut k.mnt_ns[id as usize];
    row.refs -= 1;
    if row.refs == 0 {
        let root = row.root;
        k.mnt_ns[id as usize] = MntNs::new_zeroed();
        if root != NONE {
            mount::unmount_lazily(k, root);
        }
    }
}
