//! Open files: read, write, seek, duplicate, pipes, terminals.

use super::call::{self, c_str};
use super::{Errno, Fd, Result};
use abi::fs::Stat;
use abi::fs::open::AT_FDCWD;
use abi::system::{fcntl, ioctl};
use alloc::string::String;
use alloc::vec::Vec;

/// Opens `path`. `flags` are `abi::fs::open`; `mode` counts with O_CREAT.
///
/// # Errors
/// open(2).
pub fn open(path: &str, flags: u64, mode: u32) -> Result<Fd> {
    let path = c_str(path)?;
    let at = path.as_ptr() as u64;
    // SAFETY: the path ends in a zero byte and lives until the call is over.
    unsafe { call::openat(AT_FDCWD as u64, at, flags, mode.into()) }.map(|fd| fd as Fd)
}

/// Closes a descriptor.
///
/// # Errors
/// close(2).
pub fn close(fd: Fd) -> Result<()> {
    // SAFETY: no pointers.
    unsafe { call::close(fd as u64) }.map(|_| ())
}

/// Reads at most `buf.len()` bytes; 0 is the end of the file.
///
/// # Errors
/// read(2).
pub fn read(fd: Fd, buf: &mut [u8]) -> Result<usize> {
    // SAFETY: the kernel writes inside `buf`.
    unsafe { call::read(fd as u64, buf.as_mut_ptr() as u64, buf.len() as u64) }
        .map(|count| count as usize)
}

/// Writes at most `bytes.len()` bytes and says how many.
///
/// # Errors
/// write(2).
pub fn write(fd: Fd, bytes: &[u8]) -> Result<usize> {
    // SAFETY: the kernel reads inside `bytes`.
    unsafe { call::write(fd as u64, bytes.as_ptr() as u64, bytes.len() as u64) }
        .map(|count| count as usize)
}

/// Writes everything, over as many calls as it takes.
///
/// # Errors
/// write(2), but not EINTR.
pub fn write_all(fd: Fd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match write(fd, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(why) => return Err(why),
        }
    }
    Ok(())
}

/// Reads to the end of the file.
///
/// # Errors
/// read(2), but not EINTR.
pub fn read_to_end(fd: Fd) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut buf = [0; 1024];
    loop {
        match read(fd, &mut buf) {
            Ok(0) => return Ok(out),
            Ok(count) => out.extend_from_slice(&buf[..count]),
            Err(Errno::EINTR) => {}
            Err(why) => return Err(why),
        }
    }
}

/// The whole file at `path`.
///
/// # Errors
/// open(2), read(2).
pub fn read_file(path: &str) -> Result<Vec<u8>> {
    let fd = open(path, 0, 0)?;
    let bytes = read_to_end(fd);
    let _ = close(fd);
    bytes
}

/// The whole file as text; what is not UTF-8 is replaced.
///
/// # Errors
/// open(2), read(2).
pub fn read_text(path: &str) -> Result<String> {
    let bytes = read_file(path)?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(bad) => String::from_utf8_lossy(bad.as_bytes()).into_owned(),
    })
}

/// Opens with `flags`, writes `bytes` in one call (control files take a value that way), closes.
///
/// # Errors
/// open(2), write(2).
pub fn write_file(path: &str, flags: u64, bytes: &[u8]) -> Result<()> {
    let fd = open(path, flags, 0o644)?;
    let done = write_all(fd, bytes);
    let _ = close(fd);
    done
}

/// Moves the position: `whence` 0 from the start, 1 from here, 2 from the end.
///
/// # Errors
/// lseek(2).
pub fn lseek(fd: Fd, offset: i64, whence: u64) -> Result<u64> {
    // SAFETY: no pointers.
    unsafe { call::lseek(fd as u64, offset as u64, whence) }
}

/// A copy of `old` under the lowest free number from `lowest` on, closed by execve.
///
/// # Errors
/// fcntl(2), F_DUPFD_CLOEXEC.
pub fn dup_above(old: Fd, lowest: Fd) -> Result<Fd> {
    // SAFETY: no pointers.
    unsafe { call::fcntl(old as u64, fcntl::F_DUPFD_CLOEXEC, lowest as u64) }.map(|fd| fd as Fd)
}

/// Makes `new` name the same open file as `old`.
///
/// # Errors
/// dup2(2).
pub fn dup2(old: Fd, new: Fd) -> Result<()> {
    // SAFETY: no pointers.
    unsafe { call::dup2(old as u64, new as u64) }.map(|_| ())
}

/// A pipe, as (read end, write end). `flags` may be O_CLOEXEC.
///
/// # Errors
/// pipe2(2).
pub fn pipe(flags: u64) -> Result<(Fd, Fd)> {
    let mut ends: [Fd; 2] = [0; 2];
    // SAFETY: the kernel writes two ints.
    unsafe { call::pipe2(ends.as_mut_ptr() as u64, flags) }?;
    Ok((ends[0], ends[1]))
}

/// What is known about an open file.
///
/// # Errors
/// fstat(2).
pub fn fstat(fd: Fd) -> Result<Stat> {
    let mut stat = Stat::default();
    // SAFETY: the kernel writes one Stat.
    unsafe { call::fstat(fd as u64, &raw mut stat as u64) }?;
    Ok(stat)
}

/// Whether the file is a terminal.
pub fn is_terminal(fd: Fd) -> bool {
    let mut termios = [0u32; 16];
    // SAFETY: the kernel's termios has 36 bytes.
    unsafe { call::ioctl(fd as u64, ioctl::TCGETS, termios.as_mut_ptr() as u64) }.is_ok()
}

/// Makes the terminal the controlling terminal of this session.
///
/// # Errors
/// ioctl_tty(2), TIOCSCTTY.
pub fn set_controlling_terminal(fd: Fd) -> Result<()> {
    // SAFETY: the argument is a number.
    unsafe { call::ioctl(fd as u64, ioctl::TIOCSCTTY, 0) }.map(|_| ())
}

/// Makes `group` the one that the terminal's Ctrl-C reaches.
///
/// # Errors
/// ioctl_tty(2), TIOCSPGRP.
pub fn set_foreground(fd: Fd, group: i32) -> Result<()> {
    // SAFETY: the kernel reads one int.
    unsafe { call::ioctl(fd as u64, ioctl::TIOCSPGRP, &raw const group as u64) }.map(|_| ())
}
