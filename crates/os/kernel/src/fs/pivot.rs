//! pivot_root and chroot: changing what "/" is.
//!
//! chroot only changes where a process's walks begin; the old root stays mounted and can be
//! reached again. pivot_root changes the mount tree itself: the new root takes the old one's
//! place, and the old one moves to a directory below it, from where it can be unmounted. That
//! is why containers use it.

use crate::Result;
use crate::fs::{Path, mount, node, walk};
use crate::kernel::Kernel;
use crate::mm::user;
use abi::Errno;
use abi::fs::open::AT_FDCWD;
use objects::NONE;

fn directory(k: &mut Kernel, address: u64) -> Result<Path> {
    let path = user::path(k, address)?;
    let start = walk::start(k, AT_FDCWD as u64, path.bytes())?;
    let place = walk::find(k, start, path.bytes(), true)?;
    if !node::is_directory(k, place.node) {
        return Err(Errno::ENOTDIR);
    }
    Ok(place)
}

/// chroot(2).
pub fn chroot(k: &mut Kernel, path: u64) -> Result {
    let place = directory(k, path)?;
    let context = k.private[k.root.current as usize].fs as usize;
    let old = core::mem::replace(&mut k.fs_contexts[context].root, place);
    crate::fs::file::let_go_of(k, old);
    Ok(0)
}

/// pivot_root(2). The refusals come in Linux's order (fs/namespace.c).
pub fn pivot_root(k: &mut Kernel, new_root: u64, put_old: u64) -> Result {
    let new = directory(k, new_root)?;
    let old = directory(k, put_old)?;
    let root = walk::root(k);
    let ns = k.nsproxies[k.tasks[k.root.current as usize].nsproxy as usize].mnt;
    let parent = |k: &Kernel, mount: u32| k.mounts[mount as usize].parent;
    // Both must be in the caller's own namespace.
    if k.mounts[new.mount as usize].ns != ns || k.mounts[root.mount as usize].ns != ns {
        return Err(Errno::EINVAL);
    }
    // Neither may be on the current root's mount: there would be nothing to change.
    if new.mount == root.mount || old.mount == root.mount {
        return Err(Errno::EBUSY);
    }
    // The current root must be the root of a mount (a chroot is not), and not the first one of
    // all, which covers nothing.
    if mount::root_of(k, root.mount) != root || parent(k, root.mount) == NONE {
        return Err(Errno::EINVAL);
    }
    if mount::root_of(k, new.mount) != new || parent(k, new.mount) == NONE {
        return Err(Errno::EINVAL);
    }
    // The old root must have a place below the new one, and the new one be below the old.
    if !node::is_within_mounts(k, old, new) || !node::is_within_mounts(k, new, root) {
        return Err(Errno::EINVAL);
    }
    let covered = Path {
        mount: parent(k, root.mount),
        node: k.mount_private[root.mount as usize].mountpoint,
    };
    mount::detach(k, new.mount);
    mount::detach(k, root.mount);
    mount::attach(k, new.mount, covered);
    mount::attach(k, root.mount, old);
    // Everybody who stood at the old root stands at the new one now (chroot_fs_refs).
    for context in k.fs_contexts.iter_mut().filter(|c| c.refs > 0) {
        for place in [&mut context.root, &mut context.cwd] {
            if *place == root {
                *place = new;
            }
        }
    }
    Ok(0)
}
