//! File systems: what a mount shows. One instance can be mounted in many places; it goes
//! when its last mount goes.

use crate::Result;
use crate::fs::{Node, tmpfs};
use crate::kernel::Kernel;
use abi::Errno;
use abi::fs::mode::S_IFDIR;
use objects::kernel::fstype::{CGROUP2, DEVTMPFS, PROC, ROOTFS, TMPFS};
use zerocopy::FromZeros;

/// A file system instance.
#[derive(Clone, Copy, FromZeros)]
#[repr(C)]
pub struct SuperBlock {
    /// [`objects::kernel::fstype`]; 0 = free slot.
    pub kind: u32,
    /// For procfs: whose numbers it shows.
    pub pid_ns: u32,
    /// Its root directory.
    pub root: Node,
    /// For a tmpfs: pages that it has.
    pub pages: u32,
    /// For a tmpfs: pages that it may have (the `size` option); 0 for half of memory.
    pub max_pages: u32,
}

/// Slot of the files that belong to no mount.
pub const NAMELESS: u32 = 0;

/// Reserves the slot of the nameless.
pub fn init(k: &mut Kernel) {
    k.super_blocks[NAMELESS as usize].kind = TMPFS;
}

/// A new instance of `kind`, with its root directory.
///
/// # Errors
/// ENOSPC if a table is full.
pub fn create(k: &mut Kernel, kind: u32, pid_ns: u32) -> Result<u32> {
    let id = k
        .super_blocks
        .iter()
        .position(|s| s.kind == 0)
        .ok_or(Errno::ENOSPC)?;
    let root = match kind {
        PROC => crate::fs::procfs::ROOT,
        CGROUP2 => crate::fs::cgroupfs::root(),
        _ => {
            let mode = S_IFDIR | if kind == TMPFS { 0o1777 } else { 0o755 };
            let inode = tmpfs::create(k, id as u32, mode, 0)?;
            let row = &mut k.inodes[inode as usize];
            row.nlink = 2;
            row.parent = inode;
            Node::Tmpfs(inode)
        }
    };
    k.super_blocks[id] = SuperBlock {
        kind,
        pid_ns,
        root,
        ..SuperBlock::new_zeroed()
    };
    Ok(id as u32)
}

/// A mount of it went: if no other shows it, it goes.
pub fn let_go(k: &mut Kernel, id: u32) {
    let shown = k
        .mounts
        .iter()
        .zip(&k.mount_private)
        .any(|(m, p)| m.used != 0 && p.super_block == id);
    // Devices and control groups are there whether anybody shows them or not.
    let kind = k.super_blocks[id as usize].kind;
    if shown || id == NAMELESS || matches!(kind, DEVTMPFS | CGROUP2) {
        return;
    }
    let gone = core::mem::replace(&mut k.super_blocks[id as usize], SuperBlock::new_zeroed());
    if matches!(gone.kind, TMPFS | ROOTFS) {
        tmpfs::free_all(k, id);
    }
}

/// A tmpfs wants a page more.
///
/// # Errors
/// ENOSPC if it has all that it may have: half of memory by default, as in Linux, so that a
/// file cannot eat the machine.
pub fn take_page(k: &mut Kernel, id: u32) -> Result<()> {
    let half = (k.root.memory_bytes / crate::mm::PAGE / 2) as u32;
    let row = &mut k.super_blocks[id as usize];
    let max = if row.max_pages == 0 {
        half
    } else {
        row.max_pages
    };
    if id != NAMELESS && row.pages >= max {
        return Err(Errno::ENOSPC);
    }
    row.pages += 1;
    Ok(())
}

/// A page of a tmpfs was freed.
pub fn give_page(k: &mut Kernel, id: u32) {
    // The file system may have gone before its last mapped file did.
    let row = &mut k.super_blocks[id as usize];
    row.pages = row.pages.saturating_sub(1);
}

/// The name of a file system type, as mount(2) and /proc/mounts have it.
pub fn type_name(kind: u32) -> &'static str {
    match kind {
        TMPFS => "tmpfs",
        PROC => "proc",
        CGROUP2 => "cgroup2",
        DEVTMPFS => "devtmpfs",
        ROOTFS => "rootfs",
        _ => "none",
    }
}

/// The type with this name, if it can be mounted.
pub fn type_by_name(name: &[u8]) -> Option<u32> {
    [TMPFS, PROC, CGROUP2, DEVTMPFS]
        .into_iter()
        .find(|&kind| type_name(kind).as_bytes() == name)
}
