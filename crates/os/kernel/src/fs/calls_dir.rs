//! System calls about directories and mounts: getdents64, chdir, mount, umount2.

use crate::Result;
use crate::fs::calls_path::find_user;
use crate::fs::mount::{self, Source};
use crate::fs::node::{self, PathText};
use crate::fs::options;
use crate::fs::super_block;
use crate::fs::text::NameText;
use crate::fs::{Node, Path, cgroupfs, directory, file, procfs, walk};
use crate::kernel::Kernel;
use crate::mm::user;
use crate::task::{current, ids};
use abi::Errno;
use abi::fs::mode::S_IFMT;
use abi::fs::mount::*;
use abi::fs::open::AT_FDCWD;

const CWD: u64 = AT_FDCWD as u64;

/// One entry of a directory, whatever file system it is of.
struct Entry {
    number: u64,
    kind: u8,
    next: u64,
}

/// The entry at or after `cursor`; its name goes into `name`. Cursors 0 and 1 are "." and
/// "..", the file system's own begin at 2.
fn next_entry(k: &Kernel, dir: Path, cursor: u64, name: &mut NameText) -> Option<Entry> {
    let (node, next) = match cursor {
        0 => {
            name.push(b".");
            (dir.node, 1)
        }
        1 => {
            name.push(b"..");
            (walk::up(k, dir).node, 2)
        }
        _ => {
            let from = cursor - 2;
            let (node, next) = match dir.node {
                Node::Tmpfs(inode) => {
                    let found = directory::next(k, inode, from)?;
                    name.push(found.name());
                    (Node::Tmpfs(found.inode), found.next)
                }
                Node::Proc(p) => {
                    let (node, next) = procfs::next_entry(k, dir.mount, p, from, name)?;
                    (Node::Proc(node), next)
                }
                Node::Cgroup(c) => {
                    let (node, next) = cgroupfs::next_entry(k, c, from, name)?;
                    (Node::Cgroup(node), next)
                }
                _ => return None,
            };
            (node, next + 2)
        }
    };
    let kind = ((node::mode(k, node) & S_IFMT) >> 12) as u8;
    Some(Entry {
        number: u64::from(node.number()),
        kind,
        next,
    })
}

/// getdents64(2): records of inode, cursor, length, type, name.
pub fn getdents64(k: &mut Kernel, fd: u64, buf: u64, size: u64) -> Result {
    let id = crate::fs::fd::file(k, fd)? as usize;
    let dir = k.files[id].path;
    if k.files[id].kind != file::Kind::Node || !node::is_directory(k, dir.node) {
        return Err(Errno::ENOTDIR);
    }
    check_not_removed(k, dir)?;
    let mut done = 0;
    loop {
        let mut name = NameText::new();
        let Some(entry) = next_entry(k, dir, k.files[id].pos, &mut name) else {
            break;
        };
        let name = name.bytes();
        let len = (19 + name.len() as u64 + 1).next_multiple_of(8);
        if done + len > size {
            if done == 0 {
                return Err(Errno::EINVAL);
            }
            break;
        }
        let mut record = [0; 280];
        record[..8].copy_from_slice(&entry.number.to_le_bytes());
        record[8..16].copy_from_slice(&entry.next.to_le_bytes());
        record[16..18].copy_from_slice(&(len as u16).to_le_bytes());
        record[18] = entry.kind;
        record[19..19 + name.len()].copy_from_slice(name);
        user::write(k, buf + done, &record[..len as usize])?;
        k.files[id].pos = entry.next;
        done += len;
    }
    Ok(done)
}

/// A directory that was removed while somebody stood in it has no names, nor one itself.
fn check_not_removed(k: &Kernel, at: Path) -> Result<()> {
    match at.node {
        Node::Tmpfs(inode) if k.inodes[inode as usize].nlink == 0 => Err(Errno::ENOENT),
        _ => Ok(()),
    }
}

/// getcwd(2): the length of the path with its zero.
pub fn getcwd(k: &mut Kernel, buf: u64, size: u64) -> Result {
    check_not_removed(k, walk::cwd(k))?;
    let mut text = PathText::new();
    if !node::path_text(k, walk::cwd(k), &mut text) {
        // Linux says "(unreachable)" in front of a path outside the root.
        text = PathText::new();
        text.append(b"(unreachable)");
    }
    let path = text.bytes();
    let len = path.len() as u64;
    if len + 1 > size {
        return Err(Errno::ERANGE);
    }
    user::write(k, buf, path)?;
    user::write(k, buf + len, &[0])?;
    Ok(len + 1)
}

/// chdir(2).
pub fn chdir(k: &mut Kernel, path: u64) -> Result {
    let at = find_user(k, CWD, path, true)?;
    change_directory(k, at)
}

/// fchdir(2).
pub fn fchdir(k: &mut Kernel, fd: u64) -> Result {
    let at = file::get(k, fd)?.path;
    change_directory(k, at)
}

fn change_directory(k: &mut Kernel, at: Path) -> Result {
    if !node::is_directory(k, at.node) {
        return Err(Errno::ENOTDIR);
    }
    let context = k.private[current(k)].fs as usize;
    let old = core::mem::replace(&mut k.fs_contexts[context].cwd, at);
    file::let_go_of(k, old);
    Ok(0)
}

/// umask(2).
pub fn umask(k: &mut Kernel, mask: u64) -> Result {
    let context = k.private[current(k)].fs as usize;
    let old = core::mem::replace(&mut k.fs_contexts[context].umask, mask as u32 & 0o777);
    Ok(u64::from(old))
}

/// Flags that are kept with a mount.
const KEPT: u64 = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

/// mount(2): a new file system, a bind, a remount, or (doing nothing, because every mount
/// is private) a change of propagation.
pub fn mount(
    k: &mut Kernel,
    source: u64,
    target: u64,
    fstype: u64,
    flags: u64,
    data: u64,
) -> Result {
    let target = find_user(k, CWD, target, true)?;
    let own = k.nsproxies[k.tasks[current(k)].nsproxy as usize].mnt;
    if k.mounts[target.mount as usize].ns != own {
        return Err(Errno::EINVAL);
    }
    let is_root = mount::root_of(k, target.mount) == target;
    if flags & MS_REMOUNT != 0 {
        if !is_root {
            return Err(Errno::EINVAL);
        }
        k.mounts[target.mount as usize].flags = flags & KEPT;
        return Ok(0);
    }
    if flags & MS_BIND != 0 {
        return bind(k, source, target, flags & MS_REC != 0);
    }
    if flags & (MS_PRIVATE | MS_SLAVE | MS_SHARED) != 0 {
        // There is nobody to share with, so nothing can be shared.
        return if is_root && flags & MS_SHARED == 0 {
            Ok(0)
        } else {
            Err(Errno::EINVAL)
        };
    }
    if flags & MS_MOVE != 0 {
        return move_mount(k, source, target);
    }
    if fstype == 0 {
        return Err(Errno::EINVAL);
    }
    let kind = user::path(k, fstype)?;
    let kind = super_block::type_by_name(kind.bytes()).ok_or(Errno::ENODEV)?;
    let name = if source == 0 {
        None
    } else {
        Some(user::path(k, source)?)
    };
    let pid_ns = ids::own_ns(k);
    // There is one tree of groups and one set of devices: every mount shows the same.
    let shared = [
        objects::kernel::fstype::CGROUP2,
        objects::kernel::fstype::DEVTMPFS,
    ];
    let existing = k
        .super_blocks
        .iter()
        .position(|s| s.kind == kind && shared.contains(&kind));
    let super_block = match existing {
        Some(id) => id as u32,
        None => super_block::create(k, kind, pid_ns)?,
    };
    if existing.is_none() && kind == objects::kernel::fstype::TMPFS && data != 0 {
        let options = user::path(k, data)?;
        let size = options::tmpfs_size(options.bytes(), k.root.memory_bytes);
        k.super_blocks[super_block as usize].max_pages =
            size.map_or(0, |bytes| bytes.div_ceil(4096) as u32);
    }
    let root = k.super_blocks[super_block as usize].root;
    let name = name.as_ref().map_or(&b"none"[..], |name| name.bytes());
    let new = Source {
        super_block,
        root,
        flags: flags & KEPT,
        name,
    };
    if let Err(error) = mount::mount(k, new, target) {
        super_block::let_go(k, super_block);
        return Err(error);
    }
    Ok(0)
}

/// MS_BIND: the same directory (or file) in a second place.
fn bind(k: &mut Kernel, source: u64, target: Path, all: bool) -> Result {
    let source = find_user(k, CWD, source, true)?;
    let own = k.mounts[target.mount as usize].ns;
    // A namespace's file may be bound to keep the namespace; else both in one's own tree.
    if k.mounts[source.mount as usize].ns != own {
        return Err(Errno::EINVAL);
    }
    if node::is_directory(k, source.node) != node::is_directory(k, target.node) {
        return Err(Errno::ENOTDIR);
    }
    let copy = mount::copy_tree(k, source, all, own)?;
    mount::attach(k, copy, target);
    Ok(0)
}

/// MS_MOVE.
fn move_mount(k: &mut Kernel, source: u64, target: Path) -> Result {
    let source = find_user(k, CWD, source, true)?;
    let is_root = mount::root_of(k, source.mount) == source;
    if !is_root || k.mounts[source.mount as usize].parent == objects::NONE {
        return Err(Errno::EINVAL);
    }
    if node::is_directory(k, source.node) != node::is_directory(k, target.node) {
        return Err(Errno::EINVAL);
    }
    if mount::is_under(k, target.mount, source.mount) {
        return Err(Errno::ELOOP);
    }
    mount::detach(k, source.mount);
    mount::attach(k, source.mount, target);
    Ok(0)
}

/// umount2(2).
pub fn umount2(k: &mut Kernel, target: u64, flags: u64) -> Result {
    const UMOUNT_NOFOLLOW: u64 = 8;
    if flags & !(MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL);
    }
    let at = find_user(k, CWD, target, flags & UMOUNT_NOFOLLOW == 0)?;
    let own = k.nsproxies[k.tasks[current(k)].nsproxy as usize].mnt;
    if mount::root_of(k, at.mount) != at
        || k.mounts[at.mount as usize].ns != own
        || k.mounts[at.mount as usize].parent == objects::NONE
    {
        return Err(Errno::EINVAL);
    }
    if flags & MNT_DETACH != 0 {
        mount::unmount_lazily(k, at.mount);
    } else {
        mount::unmount(k, at.mount)?;
    }
    Ok(0)
}

/// statfs(2).
pub fn statfs(k: &mut Kernel, path: u64, buf: u64) -> Result {
    let at = find_user(k, CWD, path, true)?;
    write_statfs(k, at, buf)
}

/// fstatfs(2).
pub fn fstatfs(k: &mut Kernel, fd: u64, buf: u64) -> Result {
    let at = file::get(k, fd)?.path;
    write_statfs(k, at, buf)
}

/// `struct statfs`, 120 bytes: magic number, block size, blocks, free ones, longest name.
fn write_statfs(k: &mut Kernel, at: Path, buf: u64) -> Result {
    use objects::kernel::fstype;
    let magic: u64 = match k.mounts[at.mount as usize].kind {
        fstype::PROC => 0x9fa0,
        fstype::CGROUP2 => 0x6367_7270,
        fstype::ROOTFS => 0x8584_58f6,
        _ => 0x0102_1994,
    };
    let frames = k.root.memory_bytes / 4096;
    let words = [magic, 4096, frames, k.root.free_frames, k.root.free_frames];
    let mut bytes = [0; 120];
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    bytes[64..72].copy_from_slice(&255u64.to_le_bytes());
    user::write(k, buf, &bytes)?;
    Ok(0)
}
