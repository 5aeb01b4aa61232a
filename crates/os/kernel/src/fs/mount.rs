//! Mounts: which file system is seen where.
//!
//! A mount covers a directory (its *mountpoint*) of its parent mount with its own root. The
//! mounts of a namespace form a tree. A walk goes down into a mount when it steps on a
//! mountpoint ([`enter`]) and up out of it at its root ([`leave`]).
//!
//! Every mount is private: nothing propagates between namespaces, which is the kernel's own
//! default in Linux, too.

use crate::Result;
use crate::fs::{Node, Path, node, super_block};
use crate::kernel::Kernel;
use abi::Errno;
use objects::kernel::Mount;
use objects::{NONE, name};
use zerocopy::FromZeros;

/// What of a mount only the kernel needs.
#[derive(Clone, Copy, FromZeros)]
#[repr(C)]
pub struct MountPrivate {
    /// What it shows.
    pub super_block: u32,
    /// Zero.
    pub reserved: u32,
    /// Which directory (or file) of it is its root here.
    pub root: Node,
    /// What it covers in the parent mount.
    pub mountpoint: Node,
}

/// What a new mount shows.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Which file system.
    pub super_block: u32,
    /// Which part of it.
    pub root: Node,
    /// MS_RDONLY and friends.
    pub flags: u64,
    /// What mount(2) was told it is.
    pub name: &'a [u8],
}

/// A new mount in `ns` that is attached nowhere yet.
///
/// # Errors
/// ENOSPC.
pub fn create(k: &mut Kernel, ns: u32, source: Source) -> Result<u32> {
    let id = k
        .mounts
        .iter()
        .position(|m| m.used == 0)
        .ok_or(Errno::ENOSPC)?;
    let kind = k.super_blocks[source.super_block as usize].kind;
    k.mounts[id] = Mount {
        used: 1,
        ns,
        parent: NONE,
        kind,
        mountpoint: 0,
        root: source.root.number(),
        flags: source.flags,
        path: name(b"/"),
        source: name(source.name),
    };
    k.mount_private[id] = MountPrivate {
        super_block: source.super_block,
        reserved: 0,
        root: source.root,
        mountpoint: Node::None,
    };
    Ok(id as u32)
}

/// Puts a mount over `at`.
pub fn attach(k: &mut Kernel, id: u32, at: Path) {
    count_mountpoint(k, at.node, 1);
    k.mount_private[id as usize].mountpoint = at.node;
    let mut path = node::PathText::new();
    let known = node::path_text(k, at, &mut path);
    let mount = &mut k.mounts[id as usize];
    mount.parent = at.mount;
    mount.mountpoint = at.node.number();
    mount.path = name(if known {
        path.bytes()
    } else {
        b"(unreachable)"
    });
}

/// Takes a mount off what it covers; it stays as it is otherwise.
pub fn detach(k: &mut Kernel, id: u32) {
    let mountpoint = k.mount_private[id as usize].mountpoint;
    if k.mounts[id as usize].parent != NONE {
        count_mountpoint(k, mountpoint, -1);
    }
    k.mounts[id as usize].parent = NONE;
    k.mounts[id as usize].mountpoint = 0;
    k.mount_private[id as usize].mountpoint = Node::None;
}

/// Keeps count of how many mounts cover a node, so that the walk need not search the table at
/// each step.
fn count_mountpoint(k: &mut Kernel, node: Node, change: i32) {
    let count = match node {
        Node::Tmpfs(inode) => &mut k.inodes[inode as usize].mounted,
        _ => &mut k.mounted_elsewhere,
    };
    *count = count.wrapping_add_signed(change);
}

/// Frees a detached mount.
fn free(k: &mut Kernel, id: u32) {
    let super_block = k.mount_private[id as usize].super_block;
    k.mounts[id as usize] = Mount::new_zeroed();
    k.mount_private[id as usize] = MountPrivate::new_zeroed();
    super_block::let_go(k, super_block);
}

/// The mount that covers this very place, if one does.
pub fn covering(k: &Kernel, at: Path) -> Option<u32> {
    let covered = match at.node {
        Node::Tmpfs(inode) => k.inodes[inode as usize].mounted > 0,
        _ => k.mounted_elsewhere > 0,
    };
    if !covered {
        return None;
    }
    (0..k.mounts.len())
        .find(|&m| {
            k.mounts[m].used != 0
                && k.mounts[m].parent == at.mount
                && k.mount_private[m].mountpoint == at.node
        })
        .map(|m| m as u32)
}

/// Goes down into whatever is mounted here, to the topmost.
pub fn enter(k: &Kernel, mut at: Path) -> Path {
    while let Some(mount) = covering(k, at) {
        at = root_of(k, mount);
    }
    at
}

/// The root directory of a mount.
pub fn root_of(k: &Kernel, mount: u32) -> Path {
    Path {
        mount,
        node: k.mount_private[mount as usize].root,
    }
}

/// If this is the root of its mount, the place that the mount covers.
pub fn leave(k: &Kernel, at: Path) -> Option<Path> {
    let mount = &k.mounts[at.mount as usize];
    let private = &k.mount_private[at.mount as usize];
    (private.root == at.node && mount.parent != NONE).then_some(Path {
        mount: mount.parent,
        node: private.mountpoint,
    })
}

/// The mounts directly on `id`.
pub fn child(k: &Kernel, id: u32) -> Option<u32> {
    k.mounts
        .iter()
        .position(|m| m.used != 0 && m.parent == id)
        .map(|m| m as u32)
}

/// Whether `mount` is `ancestor` or on it, directly or not.
pub fn is_under(k: &Kernel, mut mount: u32, ancestor: u32) -> bool {
    while mount != NONE {
        if mount == ancestor {
            return true;
        }
        mount = k.mounts[mount as usize].parent;
    }
    false
}

/// Whether a descriptor, a working or root directory, or a running program holds the mount.
fn is_held(k: &Kernel, id: u32) -> bool {
    k.files
        .iter()
        .any(|f| f.refs > 0 && f.path.mount == id && f.path.node != Node::None)
        || k.fs_contexts
            .iter()
            .any(|c| c.refs > 0 && (c.cwd.mount == id || c.root.mount == id))
        || k.mms
            .iter()
            .zip(&k.mm_private)
            .any(|(mm, p)| mm.refs > 0 && p.exe.mount == id && p.exe.node != Node::None)
}

/// Somebody no longer holds the mount: if it is detached and nobody else does, it is freed.
pub fn let_go(k: &mut Kernel, id: u32) {
    let mount = &k.mounts[id as usize];
    if mount.used != 0 && mount.ns == NONE && !is_held(k, id) {
        free(k, id);
    }
}

/// umount(2) of a mount that must not be in use.
///
/// # Errors
/// EBUSY.
pub fn unmount(k: &mut Kernel, id: u32) -> Result<()> {
    if child(k, id).is_some() || is_held(k, id) {
        return Err(Errno::EBUSY);
    }
    detach(k, id);
    free(k, id);
    Ok(())
}

/// MNT_DETACH: takes the mount and all that is mounted on it out of the tree at once; what is
/// still held is freed when it is let go of.
pub fn unmount_lazily(k: &mut Kernel, id: u32) {
    while let Some(child) = child(k, id) {
        unmount_lazily(k, child);
    }
    detach(k, id);
    k.mounts[id as usize].ns = NONE;
    let_go(k, id);
}

/// Mounts `source` over `at` in the namespace of `at`.
///
/// # Errors
/// ENOSPC; ENOTDIR if one is a directory and the other is not.
pub fn mount(k: &mut Kernel, source: Source, at: Path) -> Result<u32> {
    let (root, over) = (
        node::is_directory(k, source.root),
        node::is_directory(k, at.node),
    );
    if root != over {
        return Err(Errno::ENOTDIR);
    }
    let ns = k.mounts[at.mount as usize].ns;
    let id = create(k, ns, source)?;
    attach(k, id, at);
    Ok(id)
}

/// Copies `from` with, if `all`, everything mounted on it, into namespace `ns`; `limit` is
/// the directory of `from` that becomes the root of the copy. Answers the copy of `from`,
/// attached nowhere. On failure nothing remains.
///
/// # Errors
/// ENOSPC.
pub fn copy_tree(k: &mut Kernel, from: Path, all: bool, ns: u32) -> Result<u32> {
    let original = k.mounts[from.mount as usize];
    let source = Source {
        super_block: k.mount_private[from.mount as usize].super_block,
        root: from.node,
        flags: original.flags,
        name: &original.source,
    };
    let copy = create(k, ns, source)?;
    k.mounts[copy as usize].source = original.source;
    if !all {
        return Ok(copy);
    }
    for n in 0..k.mounts.len() {
        let at = Path {
            mount: from.mount,
            node: k.mount_private[n].mountpoint,
        };
        if k.mounts[n].used == 0
            || k.mounts[n].parent != from.mount
            || n as u32 == copy
            || !node::is_within(k, at, from)
        {
            continue;
        }
        match copy_tree(k, root_of(k, n as u32), true, ns) {
            Ok(child) => {
                let path = k.mounts[n].path;
                attach(
                    k,
                    child,
                    Path {
                        mount: copy,
                        node: at.node,
                    },
                );
                k.mounts[child as usize].path = path;
            }
            Err(error) => {
                unmount_lazily(k, copy);
                return Err(error);
            }
        }
    }
    Ok(copy)
}
