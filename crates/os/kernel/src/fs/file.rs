//! Open file descriptions: what open(2) makes and descriptors point at.
//!
//! Position and status flags live here, so they are shared by dup and across fork. A
//! descriptor is only a small number in a process's table ([`super::fd`]).

use crate::Result;
use crate::fs::{Node, Path, cgroupfs, device, fd, mount, pipe, procfs, tmpfs, tty};
use crate::kernel::Kernel;
use crate::ns;
use abi::Errno;
use abi::fs::mode::{S_IFDIR, S_IFMT};
use abi::fs::open::{O_ACCMODE, O_APPEND, O_RDONLY, O_WRONLY};
use zerocopy::FromZeros;

/// An open file description.
#[derive(Clone, Copy, FromZeros)]
#[repr(C)]
pub struct File {
    /// Descriptors that point at it; 0 = free slot.
    pub refs: u32,
    /// What it is.
    pub kind: Kind,
    /// The node that was opened, and through which mount.
    pub path: Path,
    /// Flags of open.
    pub flags: u64,
    /// Where the next read or write happens, bytes.
    pub pos: u64,
}

/// What reading and writing an open file does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromZeros)]
#[repr(u32)]
pub enum Kind {
    /// Goes to the node: tmpfs, procfs, cgroup2.
    Node = 0,
    /// The end of a pipe that is read from.
    PipeReader(u32),
    /// The end of a pipe that is written to.
    PipeWriter(u32),
    /// A terminal, by its number.
    Tty(u32),
    /// A device without state.
    Device(device::Simple),
}

/// The description behind descriptor `fd` of the running task.
///
/// # Errors
/// EBADF.
pub fn get(k: &Kernel, fd: u64) -> Result<&File> {
    Ok(&k.files[fd::file(k, fd)? as usize])
}

/// A new description with one holder.
///
/// # Errors
/// ENFILE.
pub fn create(k: &mut Kernel, kind: Kind, path: Path, flags: u64) -> Result<u32> {
    let id = k
        .files
        .iter()
        .position(|f| f.refs == 0)
        .ok_or(Errno::ENFILE)?;
    k.files[id] = File {
        refs: 1,
        kind,
        path,
        flags,
        pos: 0,
    };
    if let Node::Ns(node) = path.node {
        ns::hold(k, node);
    }
    Ok(id as u32)
}

/// One holder less; the last one closes it.
pub fn release(k: &mut Kernel, id: u32) {
    let file = &mut k.files[id as usize];
    file.refs -= 1;
    if file.refs > 0 {
        return;
    }
    let File { kind, path, .. } = *file;
    match kind {
        Kind::PipeReader(pipe) => pipe::close_reader(k, pipe),
        Kind::PipeWriter(pipe) => pipe::close_writer(k, pipe),
        _ => {}
    }
    if let Node::Ns(node) = path.node {
        ns::release(k, node);
    }
    let_go_of(k, path);
}

/// Somebody no longer holds this place: what only waited for that is freed.
pub fn let_go_of(k: &mut Kernel, path: Path) {
    if let Node::Tmpfs(inode) = path.node {
        tmpfs::let_go(k, inode);
    }
    if path.node != Node::None {
        mount::let_go(k, path.mount);
    }
}

/// Reads into the program's memory, at the file's position.
///
/// # Errors
/// EBADF, EISDIR, EFAULT, EINTR, EAGAIN and what the file system says.
pub fn read(k: &mut Kernel, id: u32, address: u64, count: u64) -> Result {
    let file = k.files[id as usize];
    if file.flags & O_ACCMODE == O_WRONLY {
        return Err(Errno::EBADF);
    }
    let done = match file.kind {
        Kind::PipeReader(pipe) => return pipe::read(k, pipe, address, count, file.flags),
        Kind::PipeWriter(_) => return Err(Errno::EBADF),
        Kind::Tty(tty) => return tty::read(k, tty, address, count, file.flags),
        Kind::Device(device) => return device::read(k, device, address, count),
        Kind::Node => match file.path.node {
            Node::Tmpfs(inode) if k.inodes[inode as usize].mode & S_IFMT == S_IFDIR => {
                return Err(Errno::EISDIR);
            }
            Node::Tmpfs(inode) => tmpfs::read_to_user(k, inode, file.pos, address, count)?,
            Node::Proc(node) => procfs::read(k, file.path.mount, node, file.pos, address, count)?,
            Node::Cgroup(node) => cgroupfs::read(k, node, file.pos, address, count)?,
            Node::None | Node::Ns(_) | Node::Pipe(_) => return Err(Errno::EINVAL),
        },
    };
    k.files[id as usize].pos += done;
    Ok(done)
}

/// Writes from the program's memory, at the file's position.
///
/// # Errors
/// As [`read`], and EPIPE, ENOSPC, EFBIG.
pub fn write(k: &mut Kernel, id: u32, address: u64, count: u64) -> Result {
    let file = k.files[id as usize];
    if file.flags & O_ACCMODE == O_RDONLY {
        return Err(Errno::EBADF);
    }
    let done = match file.kind {
        Kind::PipeWriter(pipe) => return pipe::write(k, pipe, address, count, file.flags),
        Kind::PipeReader(_) => return Err(Errno::EBADF),
        Kind::Tty(tty) => return tty::write(k, tty, address, count),
        Kind::Device(device) => return device::write(k, device, address, count),
        Kind::Node => match file.path.node {
            Node::Tmpfs(inode) => {
                if file.flags & O_APPEND != 0 {
                    k.files[id as usize].pos = tmpfs::size(k, inode);
                }
                let pos = k.files[id as usize].pos;
                tmpfs::write_from_user(k, inode, pos, address, count)?
            }
            Node::Cgroup(node) => cgroupfs::write(k, node, address, count)?,
            // It could be opened, since root may; but nothing takes what is written.
            Node::Proc(_) => return Err(Errno::EIO),
            Node::None | Node::Ns(_) | Node::Pipe(_) => return Err(Errno::EINVAL),
        },
    };
    k.files[id as usize].pos += done;
    Ok(done)
}
