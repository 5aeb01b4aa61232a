//! System calls that take a descriptor: read, write, dup, poll and the like.

use crate::Result;
use crate::fs::file::{self, Kind};
use crate::fs::{Node, fd, pipe, tmpfs, tty};
use crate::kernel::Kernel;
use crate::limits::{FDS, HZ};
use crate::mm::user;
use crate::sched::sleep;
use crate::signal;
use crate::task::calls::read_timespec;
use crate::task::{Restart, current};
use abi::Errno;
use abi::fs::open::{O_ACCMODE, O_APPEND, O_CLOEXEC, O_NONBLOCK, O_RDONLY};
use objects::kernel::wait;

/// Most bytes that one call moves, as in Linux.
const MAX_RW: u64 = 0x7fff_f000;

/// read(2).
pub fn read(k: &mut Kernel, fd: u64, buf: u64, count: u64) -> Result {
    let id = fd::file(k, fd)?;
    held(k, id, |k| file::read(k, id, buf, count.min(MAX_RW)))
}

/// write(2).
pub fn write(k: &mut Kernel, fd: u64, buf: u64, count: u64) -> Result {
    let id = fd::file(k, fd)?;
    held(k, id, |k| file::write(k, id, buf, count.min(MAX_RW)))
}

/// While a call sleeps, somebody who shares the descriptors might close the file.
fn held(k: &mut Kernel, id: u32, call: impl FnOnce(&mut Kernel) -> Result) -> Result {
    k.files[id as usize].refs += 1;
    let result = call(k);
    file::release(k, id);
    result
}

/// readv(2).
pub fn readv(k: &mut Kernel, fd: u64, iov: u64, count: u64) -> Result {
    vector(k, iov, count, |k, base, len| read(k, fd, base, len))
}

/// writev(2).
pub fn writev(k: &mut Kernel, fd: u64, iov: u64, count: u64) -> Result {
    vector(k, iov, count, |k, base, len| write(k, fd, base, len))
}

/// Does `each` for the pieces of an array of `struct iovec`, until one is cut short.
fn vector(
    k: &mut Kernel,
    iov: u64,
    count: u64,
    mut each: impl FnMut(&mut Kernel, u64, u64) -> Result,
) -> Result {
    if count > 1024 {
        return Err(Errno::EINVAL);
    }
    let mut done = 0;
    for n in 0..count {
        let base = user::read_u64(k, iov + 16 * n)?;
        let len = user::read_u64(k, iov + 16 * n + 8)?;
        if len == 0 {
            continue;
        }
        match each(k, base, len) {
            Ok(moved) => {
                done += moved;
                if moved < len {
                    break;
                }
            }
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(done)
}

/// pread64(2).
pub fn pread64(k: &mut Kernel, fd: u64, buf: u64, count: u64, offset: u64) -> Result {
    at_offset(k, fd, offset, |k| read(k, fd, buf, count))
}

/// pwrite64(2).
pub fn pwrite64(k: &mut Kernel, fd: u64, buf: u64, count: u64, offset: u64) -> Result {
    at_offset(k, fd, offset, |k| write(k, fd, buf, count))
}

fn at_offset(
    k: &mut Kernel,
    fd: u64,
    offset: u64,
    call: impl FnOnce(&mut Kernel) -> Result,
) -> Result {
    let id = fd::file(k, fd)? as usize;
    if k.files[id].kind != Kind::Node {
        return Err(Errno::ESPIPE);
    }
    let before = core::mem::replace(&mut k.files[id].pos, offset);
    let result = call(k);
    k.files[id].pos = before;
    result
}

/// close(2).
pub fn close(k: &mut Kernel, fd: u64) -> Result {
    fd::close(k, fd)
}

/// close_range(2).
pub fn close_range(k: &mut Kernel, first: u64, last: u64, flags: u64) -> Result {
    const CLOSE_RANGE_CLOEXEC: u64 = 4;
    if first > last || flags & !CLOSE_RANGE_CLOEXEC != 0 {
        return Err(Errno::EINVAL);
    }
    for fd in first..=last.min(FDS as u64 - 1) {
        if fd::file(k, fd).is_err() {
            continue;
        }
        if flags & CLOSE_RANGE_CLOEXEC != 0 {
            fd::mark(k, fd as usize, true);
        } else {
            fd::close(k, fd)?;
        }
    }
    Ok(0)
}

/// lseek(2).
pub fn lseek(k: &mut Kernel, fd: u64, offset: u64, whence: u64) -> Result {
    let id = fd::file(k, fd)? as usize;
    let file = k.files[id];
    if !matches!(file.kind, Kind::Node | Kind::Device(_)) {
        return Err(Errno::ESPIPE);
    }
    let size = match file.path.node {
        Node::Tmpfs(inode) => tmpfs::size(k, inode),
        _ => 0,
    };
    let base = match whence {
        0 => 0,
        1 => file.pos,
        2 => size,
        _ => return Err(Errno::EINVAL),
    };
    let pos = base
        .checked_add_signed(offset as i64)
        .filter(|p| p >> 63 == 0)
        .ok_or(Errno::EINVAL)?;
    k.files[id].pos = pos;
    Ok(pos)
}

/// ftruncate(2).
pub fn ftruncate(k: &mut Kernel, fd: u64, size: u64) -> Result {
    let file = *file::get(k, fd)?;
    if file.flags & O_ACCMODE == O_RDONLY {
        return Err(Errno::EINVAL);
    }
    match file.path.node {
        Node::Tmpfs(inode) if tmpfs::is_regular(k, inode) => {
            tmpfs::truncate(k, inode, size).map(|()| 0)
        }
        _ => Err(Errno::EINVAL),
    }
}

/// pipe(2).
pub fn pipe(k: &mut Kernel, fds: u64) -> Result {
    pipe2(k, fds, 0)
}

/// pipe2(2).
pub fn pipe2(k: &mut Kernel, fds: u64, flags: u64) -> Result {
    if flags & !(O_CLOEXEC | O_NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let (reader, writer) = pipe::create(k, flags & O_NONBLOCK)?;
    let cloexec = flags & O_CLOEXEC != 0;
    let read_fd = match fd::install(k, reader, 0, cloexec) {
        Ok(fd) => fd,
        Err(error) => {
            file::release(k, writer);
            return Err(error);
        }
    };
    let write_fd = match fd::install(k, writer, 0, cloexec) {
        Ok(fd) => fd,
        Err(error) => {
            fd::close(k, read_fd)?;
            return Err(error);
        }
    };
    if let Err(error) = user::write_u64(k, fds, read_fd | write_fd << 32) {
        fd::close(k, read_fd)?;
        fd::close(k, write_fd)?;
        return Err(error);
    }
    Ok(0)
}

/// dup(2).
pub fn dup(k: &mut Kernel, fd: u64) -> Result {
    duplicate(k, fd, 0, false)
}

fn duplicate(k: &mut Kernel, fd: u64, from: usize, cloexec: bool) -> Result {
    let file = fd::file(k, fd)?;
    k.files[file as usize].refs += 1;
    fd::install(k, file, from, cloexec)
}

/// dup2(2).
pub fn dup2(k: &mut Kernel, old: u64, new: u64) -> Result {
    if old as u32 == new as u32 {
        fd::file(k, old)?;
        return Ok(new as u32 as u64);
    }
    dup3(k, old, new, 0)
}

/// dup3(2).
pub fn dup3(k: &mut Kernel, old: u64, new: u64, flags: u64) -> Result {
    let (old, new) = (old as u32, new as u32);
    if old == new || flags & !O_CLOEXEC != 0 {
        return Err(Errno::EINVAL);
    }
    let file = fd::file(k, u64::from(old))?;
    if new as usize >= FDS {
        return Err(Errno::EBADF);
    }
    k.files[file as usize].refs += 1;
    fd::set(k, new as usize, file, flags & O_CLOEXEC != 0);
    Ok(u64::from(new))
}

/// fcntl(2).
pub fn fcntl(k: &mut Kernel, fd: u64, command: u64, arg: u64) -> Result {
    const F_DUPFD: u64 = 0;
    const F_GETFD: u64 = 1;
    const F_SETFD: u64 = 2;
    const F_GETFL: u64 = 3;
    const F_SETFL: u64 = 4;
    const F_DUPFD_CLOEXEC: u64 = 1030;
    /// What F_SETFL can change.
    const CHANGEABLE: u64 = O_APPEND | O_NONBLOCK;
    let id = fd::file(k, fd)? as usize;
    let number = fd as u32 as usize;
    match command {
        F_DUPFD | F_DUPFD_CLOEXEC if arg >= FDS as u64 => Err(Errno::EINVAL),
        F_DUPFD => duplicate(k, fd, arg as usize, false),
        F_DUPFD_CLOEXEC => duplicate(k, fd, arg as usize, true),
        F_GETFD => Ok(u64::from(fd::is_marked(k, number))),
        F_SETFD => {
            fd::mark(k, number, arg & 1 != 0);
            Ok(0)
        }
        F_GETFL => Ok(k.files[id].flags),
        F_SETFL => {
            let flags = &mut k.files[id].flags;
            *flags = *flags & !CHANGEABLE | arg & CHANGEABLE;
            Ok(0)
        }
        _ => Err(Errno::EINVAL),
    }
}

/// ioctl(2): terminals have some, nothing else has any.
pub fn ioctl(k: &mut Kernel, fd: u64, request: u64, arg: u64) -> Result {
    match file::get(k, fd)?.kind {
        Kind::Tty(n) => tty::ioctl(k, n, request & 0xffff_ffff, arg),
        _ => Err(Errno::ENOTTY),
    }
}

const POLLIN: u16 = 1;
const POLLOUT: u16 = 4;
const POLLERR: u16 = 8;
const POLLHUP: u16 = 0x10;
const POLLNVAL: u16 = 0x20;

/// What is true of a descriptor now.
fn ready(k: &Kernel, fd: i32) -> u16 {
    let Ok(file) = file::get(k, fd as u32 as u64) else {
        return POLLNVAL;
    };
    match file.kind {
        Kind::PipeReader(n) => {
            let p = &k.pipes[n as usize];
            (if p.len > 0 { POLLIN } else { 0 }) | if p.writers == 0 { POLLHUP } else { 0 }
        }
        Kind::PipeWriter(n) if k.pipes[n as usize].readers == 0 => POLLOUT | POLLERR,
        Kind::PipeWriter(n) => {
            if pipe::is_writable(k, n) {
                POLLOUT
            } else {
                0
            }
        }
        Kind::Tty(n) => POLLOUT | if tty::is_readable(k, n) { POLLIN } else { 0 },
        Kind::Node | Kind::Device(_) => POLLIN | POLLOUT,
    }
}

/// poll(2).
pub fn poll(k: &mut Kernel, fds: u64, count: u64, timeout_ms: u64) -> Result {
    let timeout = timeout_ms as i32;
    let timeout_ns = (timeout >= 0).then(|| timeout as u64 * 1_000_000);
    poll_for(k, fds, count, timeout_ns)
}

/// ppoll(2): with another signal mask while it waits.
pub fn ppoll(k: &mut Kernel, fds: u64, count: u64, timeout: u64, mask: u64, size: u64) -> Result {
    let timeout_ns = match timeout {
        0 => None,
        at => Some(read_timespec(k, at)?),
    };
    if mask == 0 {
        return poll_for(k, fds, count, timeout_ns);
    }
    signal::suspend(k, mask, size)?;
    let result = poll_for(k, fds, count, timeout_ns);
    // If a signal interrupted it, the old mask comes back when that was delivered.
    if result.is_ok() {
        signal::end_suspend(k);
    }
    result
}

/// Who waits for several things looks at each timer tick whether one has come true.
fn poll_for(k: &mut Kernel, fds: u64, count: u64, timeout_ns: Option<u64>) -> Result {
    if count > FDS as u64 {
        return Err(Errno::EINVAL);
    }
    let deadline = timeout_ns.map(|ns| k.time.now() + k.time.ticks_of_ns(ns));
    loop {
        let mut found = 0;
        for n in 0..count {
            let entry = user::read_u64(k, fds + 8 * n)?;
            let (fd, events) = (entry as i32, (entry >> 32) as u16);
            let wanted = events | POLLERR | POLLHUP | POLLNVAL;
            let revents = if fd < 0 { 0 } else { ready(k, fd) & wanted };
            if revents != 0 {
                found += 1;
            }
            let entry = entry & 0xffff_ffff_ffff | u64::from(revents) << 48;
            user::write_u64(k, fds + 8 * n, entry)?;
        }
        let now = k.time.now();
        if found > 0 || deadline.is_some_and(|deadline| now >= deadline) {
            return Ok(found);
        }
        let tick = now + k.time.hz / HZ;
        let until = deadline.map_or(tick, |deadline| tick.min(deadline));
        if let Err(error) = sleep::sleep_until(k, wait::TIMER, 0, until) {
            // A poll that was interrupted is never called again by itself.
            k.private[current(k)].restart = Restart::IfUnhandled;
            return Err(error);
        }
    }
}

/// sync(2): memory is always in memory.
pub fn sync(_: &mut Kernel) -> Result {
    Ok(0)
}
