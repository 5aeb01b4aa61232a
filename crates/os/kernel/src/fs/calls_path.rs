//! System calls that take a path: open, stat, link, rename and the like.

use crate::Result;
use crate::fs::file::{self, Kind};
use crate::fs::node::{self, Link, PathText};
use crate::fs::walk::{self, Walked};
use crate::fs::{Node, Path, cgroupfs, device, directory, fd, procfs, tmpfs, tty};
use crate::kernel::Kernel;
use crate::limits::PATH_MAX;
use crate::mm::user::{self, PathBuf};
use crate::task::current;
use abi::Errno;
use abi::fs::Stat;
use abi::fs::mode::*;
use abi::fs::mount::MS_RDONLY;
use abi::fs::open::*;
use objects::NONE;

const CWD: u64 = AT_FDCWD as u64;

/// Reads a path and walks it.
fn walk_user(k: &mut Kernel, dir: u64, path: u64, follow: bool) -> Result<(PathBuf, Walked)> {
    let path = user::path(k, path)?;
    let start = walk::start(k, dir, path.bytes())?;
    let walked = walk::walk(k, start, path.bytes(), follow)?;
    Ok((path, walked))
}

/// Reads a path and finds what it names.
pub fn find_user(k: &mut Kernel, dir: u64, path: u64, follow: bool) -> Result<Path> {
    walk_user(k, dir, path, follow)?
        .1
        .found
        .ok_or(Errno::ENOENT)
}

fn check_writable(k: &Kernel, mount: u32) -> Result<()> {
    if k.mounts[mount as usize].flags & MS_RDONLY != 0 {
        Err(Errno::EROFS)
    } else {
        Ok(())
    }
}

/// The directory of a tmpfs in which something is to be made or taken away, and the name.
///
/// # Errors
/// EROFS, ENOTDIR; `elsewhere` for another file system.
fn place(k: &Kernel, parent: Path, elsewhere: Errno) -> Result<u32> {
    check_writable(k, parent.mount)?;
    match parent.node {
        Node::Tmpfs(dir) if !tmpfs::is_directory(k, dir) => Err(Errno::ENOTDIR),
        // A directory that was removed while somebody stood in it takes nothing any more.
        Node::Tmpfs(dir) if k.inodes[dir as usize].nlink == 0 => Err(Errno::ENOENT),
        Node::Tmpfs(dir) => Ok(dir),
        _ => Err(elsewhere),
    }
}

/// The same for something new. procfs knows all its names: another one is not there, and its
/// lookup says so before anybody asks whether it could be made.
fn place_for_new(k: &Kernel, parent: Path, elsewhere: Errno) -> Result<u32> {
    match parent.node {
        Node::Proc(_) => Err(Errno::ENOENT),
        _ => place(k, parent, elsewhere),
    }
}

/// Makes a file, directory, link or device in a tmpfs and gives it its name.
pub fn make(k: &mut Kernel, dir: u32, name: &[u8], mode: u32, rdev: u64) -> Result<u32> {
    let super_block = k.inodes[dir as usize].super_block;
    let inode = tmpfs::create(k, super_block, mode, dir)?;
    k.inodes[inode as usize].rdev = rdev;
    if let Err(error) = directory::add(k, dir, name, inode) {
        tmpfs::let_go(k, inode);
        return Err(error);
    }
    k.inodes[inode as usize].nlink = 1;
    if mode & S_IFMT == S_IFDIR {
        // "." of the new directory, and its ".." in the old one.
        k.inodes[inode as usize].nlink = 2;
        k.inodes[dir as usize].nlink += 1;
    }
    Ok(inode)
}

fn masked(k: &Kernel, mode: u64) -> u32 {
    mode as u32 & 0o7777 & !k.fs_contexts[k.private[current(k)].fs as usize].umask
}

/// open(2).
pub fn open(k: &mut Kernel, path: u64, flags: u64, mode: u64) -> Result {
    openat(k, CWD, path, flags, mode)
}

/// creat(2).
pub fn creat(k: &mut Kernel, path: u64, mode: u64) -> Result {
    openat(k, CWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode)
}

/// openat(2).
pub fn openat(k: &mut Kernel, dir: u64, path: u64, flags: u64, mode: u64) -> Result {
    let exclusive = flags & (O_CREAT | O_EXCL) == O_CREAT | O_EXCL;
    let follow = flags & O_NOFOLLOW == 0 && !exclusive;
    let (_, walked) = walk_user(k, dir, path, follow)?;
    let found = match walked.found {
        Some(_) if exclusive => return Err(Errno::EEXIST),
        Some(found) => found,
        None if flags & O_CREAT == 0 => return Err(Errno::ENOENT),
        None => {
            let dir = place_for_new(k, walked.parent, Errno::EACCES)?;
            if walked.directory {
                return Err(Errno::EISDIR);
            }
            let mode = S_IFREG | masked(k, mode);
            let inode = make(k, dir, walked.name_or(Errno::EISDIR)?, mode, 0)?;
            Path {
                mount: walked.parent.mount,
                node: Node::Tmpfs(inode),
            }
        }
    };
    let created = walked.found.is_none();
    let file = open_node(k, found, flags, created)?;
    fd::install(k, file, 0, flags & O_CLOEXEC != 0)
}

/// Opens what a path led to.
fn open_node(k: &mut Kernel, at: Path, flags: u64, created: bool) -> Result<u32> {
    let access = flags & O_ACCMODE;
    let kind = node::mode(k, at.node) & S_IFMT;
    let writes = access != O_RDONLY;
    match kind {
        S_IFLNK => return Err(Errno::ELOOP),
        S_IFDIR if writes || flags & O_CREAT != 0 => return Err(Errno::EISDIR),
        _ if flags & O_DIRECTORY != 0 && kind != S_IFDIR => return Err(Errno::ENOTDIR),
        S_IFREG if writes && !created => check_writable(k, at.mount)?,
        _ => {}
    }
    let status = flags & !(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
    let opened = match at.node {
        Node::Tmpfs(inode) if kind == S_IFREG => {
            if flags & O_TRUNC != 0 && writes {
                tmpfs::truncate(k, inode, 0)?;
            }
            Kind::Node
        }
        Node::Tmpfs(_) if kind == S_IFDIR => Kind::Node,
        Node::Tmpfs(_) => return open_device(k, at, flags, status),
        // Through /proc/PID/fd a pipe can be opened again.
        Node::Pipe(pipe) => {
            let row = &mut k.pipes[pipe as usize];
            if writes {
                row.writers += 1;
                Kind::PipeWriter(pipe)
            } else {
                row.readers += 1;
                Kind::PipeReader(pipe)
            }
        }
        _ => Kind::Node,
    };
    file::create(k, opened, at, status)
}

/// Opens a device file.
fn open_device(k: &mut Kernel, at: Path, flags: u64, status: u64) -> Result<u32> {
    const TTY: u64 = 0x500;
    const CONSOLE: u64 = 0x501;
    const SERIAL: u64 = 0x440;
    let number = node::character_device(k, at.node).ok_or(Errno::ENXIO)?;
    if let Some(simple) = device::by_number(number) {
        return file::create(k, Kind::Device(simple), at, status);
    }
    let (tty, takes) = match number {
        TTY => match k.tasks[current(k)].tty {
            NONE => return Err(Errno::ENXIO),
            tty => (tty, false),
        },
        // The console never becomes a controlling terminal just by being opened.
        CONSOLE => (0, false),
        SERIAL.. if number < SERIAL + k.ttys.len() as u64 => ((number - SERIAL) as u32, true),
        _ => return Err(Errno::ENXIO),
    };
    if k.ttys[tty as usize].present == 0 {
        return Err(Errno::EIO);
    }
    let file = file::create(k, Kind::Tty(tty), at, status)?;
    if takes && flags & O_NOCTTY == 0 {
        tty::opened(k, tty);
    }
    Ok(file)
}

/// `struct stat` as bytes.
fn write_stat(k: &mut Kernel, buf: u64, s: &Stat) -> Result {
    let words = [
        s.dev,
        s.ino,
        s.nlink,
        u64::from(s.mode) | u64::from(s.uid) << 32,
        u64::from(s.gid),
        s.rdev,
        s.size as u64,
        s.blksize as u64,
        s.blocks as u64,
        s.atime as u64,
        s.atime_nsec as u64,
        s.mtime as u64,
        s.mtime_nsec as u64,
        s.ctime as u64,
        s.ctime_nsec as u64,
        0,
        0,
        0,
    ];
    let mut bytes = [0; 144];
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    user::write(k, buf, &bytes)?;
    Ok(0)
}

/// stat(2).
pub fn stat(k: &mut Kernel, path: u64, buf: u64) -> Result {
    newfstatat(k, CWD, path, buf, 0)
}

/// lstat(2).
pub fn lstat(k: &mut Kernel, path: u64, buf: u64) -> Result {
    newfstatat(k, CWD, path, buf, AT_SYMLINK_NOFOLLOW)
}

/// fstat(2).
pub fn fstat(k: &mut Kernel, fd: u64, buf: u64) -> Result {
    let stat = node::stat(k, file::get(k, fd)?.path);
    write_stat(k, buf, &stat)
}

/// newfstatat(2).
pub fn newfstatat(k: &mut Kernel, dir: u64, path: u64, buf: u64, flags: u64) -> Result {
    if flags & AT_EMPTY_PATH != 0 && user::string_len(k, path, 1) == Ok(0) {
        return fstat(k, dir, buf);
    }
    let at = find_user(k, dir, path, flags & AT_SYMLINK_NOFOLLOW == 0)?;
    let stat = node::stat(k, at);
    write_stat(k, buf, &stat)
}

/// access(2).
pub fn access(k: &mut Kernel, path: u64, mode: u64) -> Result {
    faccessat(k, CWD, path, mode)
}

/// faccessat(2). Root may do everything, except write to a read-only mount and execute what
/// nobody may execute.
pub fn faccessat(k: &mut Kernel, dir: u64, path: u64, mode: u64) -> Result {
    const X_OK: u64 = 1;
    const W_OK: u64 = 2;
    if mode & !7 != 0 {
        return Err(Errno::EINVAL);
    }
    let at = find_user(k, dir, path, true)?;
    let bits = node::mode(k, at.node);
    if mode & X_OK != 0 && bits & 0o111 == 0 {
        return Err(Errno::EACCES);
    }
    if mode & W_OK != 0 && bits & S_IFMT != S_IFCHR {
        check_writable(k, at.mount)?;
    }
    Ok(0)
}

/// readlink(2).
pub fn readlink(k: &mut Kernel, path: u64, buf: u64, size: u64) -> Result {
    readlinkat(k, CWD, path, buf, size)
}

/// readlinkat(2).
pub fn readlinkat(k: &mut Kernel, dir: u64, path: u64, buf: u64, size: u64) -> Result {
    if size as i32 <= 0 {
        return Err(Errno::EINVAL);
    }
    let at = find_user(k, dir, path, false)?;
    let mut target = [0; PATH_MAX];
    let mut text = PathText::new();
    let bytes = match node::read_link(k, at, &mut target)? {
        Link::Text(len) => &target[..len],
        Link::Jump(place) => {
            procfs::link_text(k, place, &mut text);
            text.bytes()
        }
    };
    let len = bytes.len().min(size as usize);
    user::write(k, buf, &bytes[..len])?;
    Ok(len as u64)
}

/// mkdir(2).
pub fn mkdir(k: &mut Kernel, path: u64, mode: u64) -> Result {
    mkdirat(k, CWD, path, mode)
}

/// mkdirat(2).
pub fn mkdirat(k: &mut Kernel, dir: u64, path: u64, mode: u64) -> Result {
    let (_, walked) = walk_user(k, dir, path, false)?;
    if walked.found.is_some() {
        return Err(Errno::EEXIST);
    }
    let name = walked.name_or(Errno::EEXIST)?;
    if let Node::Cgroup(parent) = walked.parent.node {
        cgroupfs::make(k, parent, name)?;
        return Ok(0);
    }
    let dir = place_for_new(k, walked.parent, Errno::EPERM)?;
    let mode = S_IFDIR | masked(k, mode);
    make(k, dir, name, mode, 0)?;
    Ok(0)
}

/// mknod(2).
pub fn mknod(k: &mut Kernel, path: u64, mode: u64, dev: u64) -> Result {
    mknodat(k, CWD, path, mode, dev)
}

/// mknodat(2).
pub fn mknodat(k: &mut Kernel, dir: u64, path: u64, mode: u64, dev: u64) -> Result {
    let (_, walked) = walk_user(k, dir, path, false)?;
    if walked.found.is_some() {
        return Err(Errno::EEXIST);
    }
    let dir = place_for_new(k, walked.parent, Errno::EPERM)?;
    let kind = match mode as u32 & S_IFMT {
        0 | S_IFREG => S_IFREG,
        S_IFCHR => S_IFCHR,
        // Named pipes and sockets do not exist, block devices have nothing behind them.
        _ => return Err(Errno::EPERM),
    };
    let rdev = if kind == S_IFCHR { dev } else { 0 };
    let mode = kind | masked(k, mode);
    make(k, dir, walked.name_or(Errno::EEXIST)?, mode, rdev)?;
    Ok(0)
}

/// symlink(2).
pub fn symlink(k: &mut Kernel, target: u64, path: u64) -> Result {
    symlinkat(k, target, CWD, path)
}

/// symlinkat(2).
pub fn symlinkat(k: &mut Kernel, target: u64, dir: u64, path: u64) -> Result {
    let target = user::path(k, target)?;
    if target.bytes().is_empty() {
        return Err(Errno::ENOENT);
    }
    let (_, walked) = walk_user(k, dir, path, false)?;
    if walked.found.is_some() {
        return Err(Errno::EEXIST);
    }
    let dir = place_for_new(k, walked.parent, Errno::EPERM)?;
    let inode = make(k, dir, walked.name_or(Errno::EEXIST)?, S_IFLNK | 0o777, 0)?;
    tmpfs::write(k, inode, 0, target.bytes())?;
    Ok(0)
}

/// link(2).
pub fn link(k: &mut Kernel, old: u64, new: u64) -> Result {
    linkat(k, CWD, old, CWD, new, 0)
}

/// linkat(2).
pub fn linkat(
    k: &mut Kernel,
    old_dir: u64,
    old: u64,
    new_dir: u64,
    new: u64,
    flags: u64,
) -> Result {
    const AT_SYMLINK_FOLLOW: u64 = 0x400;
    let old = find_user(k, old_dir, old, flags & AT_SYMLINK_FOLLOW != 0)?;
    let (_, walked) = walk_user(k, new_dir, new, false)?;
    if walked.found.is_some() {
        return Err(Errno::EEXIST);
    }
    if old.mount != walked.parent.mount {
        return Err(Errno::EXDEV);
    }
    let dir = place(k, walked.parent, Errno::EPERM)?;
    let Node::Tmpfs(inode) = old.node else {
        return Err(Errno::EPERM);
    };
    if tmpfs::is_directory(k, inode) {
        return Err(Errno::EPERM);
    }
    directory::add(k, dir, walked.name_or(Errno::EEXIST)?, inode)?;
    k.inodes[inode as usize].nlink += 1;
    Ok(0)
}

/// unlink(2).
pub fn unlink(k: &mut Kernel, path: u64) -> Result {
    unlinkat(k, CWD, path, 0)
}

/// rmdir(2).
pub fn rmdir(k: &mut Kernel, path: u64) -> Result {
    unlinkat(k, CWD, path, AT_REMOVEDIR)
}

/// unlinkat(2).
pub fn unlinkat(k: &mut Kernel, dir: u64, path: u64, flags: u64) -> Result {
    let (_, walked) = walk_user(k, dir, path, false)?;
    let found = walked.found.ok_or(Errno::ENOENT)?;
    if flags & AT_REMOVEDIR != 0 {
        return remove_directory(k, &walked, found);
    }
    if node::is_directory(k, found.node) {
        return Err(Errno::EISDIR);
    }
    let dir = place(k, walked.parent, Errno::EPERM)?;
    let Node::Tmpfs(inode) = found.node else {
        return Err(Errno::EBUSY);
    };
    if k.inodes[inode as usize].mounted > 0 || found.mount != walked.parent.mount {
        return Err(Errno::EBUSY);
    }
    directory::remove(k, dir, walked.name_or(Errno::EISDIR)?)?;
    unlinked(k, inode);
    Ok(0)
}

/// An inode lost a name.
fn unlinked(k: &mut Kernel, inode: u32) {
    k.inodes[inode as usize].nlink -= 1;
    tmpfs::let_go(k, inode);
}

fn remove_directory(k: &mut Kernel, walked: &Walked, found: Path) -> Result {
    if !node::is_directory(k, found.node) {
        return Err(Errno::ENOTDIR);
    }
    let name = match walked.name.as_ref().map(|n| n.bytes()) {
        None => return Err(Errno::EBUSY),
        Some(b".") => return Err(Errno::EINVAL),
        Some(b"..") => return Err(Errno::ENOTEMPTY),
        Some(name) => name,
    };
    // Something is mounted on it, or it is the root of a mount.
    if found.mount != walked.parent.mount {
        return Err(Errno::EBUSY);
    }
    if let Node::Cgroup(group) = found.node {
        cgroupfs::remove(k, group)?;
        return Ok(0);
    }
    let dir = place(k, walked.parent, Errno::EPERM)?;
    let Node::Tmpfs(inode) = found.node else {
        return Err(Errno::EPERM);
    };
    if k.inodes[inode as usize].mounted > 0 {
        return Err(Errno::EBUSY);
    }
    if !directory::is_empty(k, inode) {
        return Err(Errno::ENOTEMPTY);
    }
    directory::remove(k, dir, name)?;
    k.inodes[dir as usize].nlink -= 1;
    k.inodes[inode as usize].nlink = 0;
    tmpfs::let_go(k, inode);
    Ok(0)
}

/// rename(2).
pub fn rename(k: &mut Kernel, old: u64, new: u64) -> Result {
    renameat2(k, CWD, old, CWD, new, 0)
}

/// renameat(2).
pub fn renameat(k: &mut Kernel, old_dir: u64, old: u64, new_dir: u64, new: u64) -> Result {
    renameat2(k, old_dir, old, new_dir, new, 0)
}

/// renameat2(2).
pub fn renameat2(
    k: &mut Kernel,
    old_dir: u64,
    old: u64,
    new_dir: u64,
    new: u64,
    flags: u64,
) -> Result {
    const RENAME_NOREPLACE: u64 = 1;
    if flags & !RENAME_NOREPLACE != 0 {
        return Err(Errno::EINVAL);
    }
    let (_, from) = walk_user(k, old_dir, old, false)?;
    let (_, to) = walk_user(k, new_dir, new, false)?;
    if flags & RENAME_NOREPLACE != 0 && to.found.is_some() {
        return Err(Errno::EEXIST);
    }
    let moved = from.found.ok_or(Errno::ENOENT)?;
    if from.parent.mount != to.parent.mount {
        return Err(Errno::EXDEV);
    }
    let (old_name, new_name) = (from.name_or(Errno::EBUSY)?, to.name_or(Errno::EBUSY)?);
    let old_dir = place(k, from.parent, Errno::EPERM)?;
    let new_dir = place(k, to.parent, Errno::EPERM)?;
    let Node::Tmpfs(inode) = moved.node else {
        return Err(Errno::EBUSY);
    };
    if moved.mount != from.parent.mount || k.inodes[inode as usize].mounted > 0 {
        return Err(Errno::EBUSY);
    }
    let is_dir = tmpfs::is_directory(k, inode);
    // A directory cannot be moved into itself.
    if is_dir && node::is_within(k, to.parent, moved) {
        return Err(Errno::EINVAL);
    }
    match to.found {
        Some(target) if target.node == moved.node => return Ok(0),
        Some(target) => {
            let Node::Tmpfs(over) = target.node else {
                return Err(Errno::EBUSY);
            };
            if target.mount != to.parent.mount || k.inodes[over as usize].mounted > 0 {
                return Err(Errno::EBUSY);
            }
            match (is_dir, tmpfs::is_directory(k, over)) {
                (true, false) => return Err(Errno::ENOTDIR),
                (false, true) => return Err(Errno::EISDIR),
                (true, true) if !directory::is_empty(k, over) => return Err(Errno::ENOTEMPTY),
                _ => {}
            }
            directory::replace(k, new_dir, new_name, inode)?;
            if is_dir {
                k.inodes[over as usize].nlink = 1;
                k.inodes[new_dir as usize].nlink -= 1;
            }
            unlinked(k, over);
        }
        None => directory::add(k, new_dir, new_name, inode)?,
    }
    directory::remove(k, old_dir, old_name)?;
    if is_dir && old_dir != new_dir {
        k.inodes[old_dir as usize].nlink -= 1;
        k.inodes[new_dir as usize].nlink += 1;
    }
    k.inodes[inode as usize].parent = new_dir;
    Ok(0)
}

/// chmod(2).
pub fn chmod(k: &mut Kernel, path: u64, mode: u64) -> Result {
    let at = find_user(k, CWD, path, true)?;
    change_mode(k, at, mode)
}

/// fchmodat(2).
pub fn fchmodat(k: &mut Kernel, dir: u64, path: u64, mode: u64) -> Result {
    let at = find_user(k, dir, path, true)?;
    change_mode(k, at, mode)
}

/// fchmod(2).
pub fn fchmod(k: &mut Kernel, fd: u64, mode: u64) -> Result {
    let at = file::get(k, fd)?.path;
    change_mode(k, at, mode)
}

fn change_mode(k: &mut Kernel, at: Path, mode: u64) -> Result {
    check_writable(k, at.mount)?;
    let Node::Tmpfs(inode) = at.node else {
        return Err(Errno::EPERM);
    };
    let row = &mut k.inodes[inode as usize];
    row.mode = row.mode & S_IFMT | mode as u32 & 0o7777;
    Ok(0)
}

/// chown(2).
pub fn chown(k: &mut Kernel, path: u64, uid: u64, gid: u64) -> Result {
    fchownat(k, CWD, path, uid, gid, 0)
}

/// lchown(2).
pub fn lchown(k: &mut Kernel, path: u64, uid: u64, gid: u64) -> Result {
    fchownat(k, CWD, path, uid, gid, AT_SYMLINK_NOFOLLOW)
}

/// fchown(2).
pub fn fchown(k: &mut Kernel, fd: u64, uid: u64, gid: u64) -> Result {
    let at = file::get(k, fd)?.path;
    change_owner(k, at, uid, gid)
}

/// fchownat(2).
pub fn fchownat(k: &mut Kernel, dir: u64, path: u64, uid: u64, gid: u64, flags: u64) -> Result {
    let at = find_user(k, dir, path, flags & AT_SYMLINK_NOFOLLOW == 0)?;
    change_owner(k, at, uid, gid)
}

fn change_owner(k: &mut Kernel, at: Path, uid: u64, gid: u64) -> Result {
    check_writable(k, at.mount)?;
    let Node::Tmpfs(inode) = at.node else {
        return Err(Errno::EPERM);
    };
    let row = &mut k.inodes[inode as usize];
    for (place, id) in [(&mut row.uid, uid as u32), (&mut row.gid, gid as u32)] {
        // -1: as it is.
        if id != u32::MAX {
            *place = id;
        }
    }
    Ok(0)
}

/// truncate(2).
pub fn truncate(k: &mut Kernel, path: u64, size: u64) -> Result {
    let at = find_user(k, CWD, path, true)?;
    check_writable(k, at.mount)?;
    match at.node {
        Node::Tmpfs(inode) if tmpfs::is_regular(k, inode) => {
            tmpfs::truncate(k, inode, size).map(|()| 0)
        }
        _ => Err(Errno::EINVAL),
    }
}

/// utimensat(2): sets the modification time; what a null `times` means is "now".
pub fn utimensat(k: &mut Kernel, dir: u64, path: u64, times: u64, flags: u64) -> Result {
    const UTIME_NOW: u64 = 0x3fff_ffff;
    const UTIME_OMIT: u64 = 0x3fff_fffe;
    let at = if path == 0 {
        file::get(k, dir)?.path
    } else {
        find_user(k, dir, path, flags & AT_SYMLINK_NOFOLLOW == 0)?
    };
    check_writable(k, at.mount)?;
    let Node::Tmpfs(inode) = at.node else {
        return Err(Errno::EPERM);
    };
    let (seconds, nanos) = match times {
        0 => (0, UTIME_NOW),
        times => (
            user::read_u64(k, times + 16)?,
            user::read_u64(k, times + 24)?,
        ),
    };
    match nanos {
        UTIME_OMIT => {}
        UTIME_NOW => tmpfs::touch(k, inode),
        0..1_000_000_000 => {
            k.inodes[inode as usize].mtime =
                seconds.wrapping_mul(1_000_000_000).wrapping_add(nanos);
        }
        _ => return Err(Errno::EINVAL),
    }
    Ok(0)
}
