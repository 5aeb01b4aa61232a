//! Descriptor tables: a process's small numbers for open files (Linux: files_struct).
//!
//! fork copies the table, clone(CLONE_FILES) shares it, execve closes what O_CLOEXEC marks.

use crate::Result;
use crate::fs::file;
use crate::kernel::Kernel;
use crate::limits::{FDS, TASKS};
use abi::Errno;
use zerocopy::FromZeros;

/// One table.
#[derive(Clone, Copy, FromZeros)]
#[repr(C)]
pub struct FdTable {
    /// Tasks that use it; 0 = free slot.
    pub refs: u32,
    /// Zero.
    pub reserved: u32,
    /// Bit n: close descriptor n on execve.
    pub close_on_exec: u64,
    /// File description id + 1, or 0 if the number is free.
    pub files: [u16; FDS],
}

fn table(k: &Kernel) -> usize {
    k.private[k.root.current as usize].files as usize
}

/// A new, empty table with one user. There are as many as tasks, so it cannot fail.
pub fn create(k: &mut Kernel) -> u32 {
    let free = k.fd_tables.iter().position(|t| t.refs == 0);
    let id = free.expect("there are as many descriptor tables as tasks");
    k.fd_tables[id] = FdTable {
        refs: 1,
        ..FdTable::new_zeroed()
    };
    id as u32
}

/// A copy for fork: the same open files.
pub fn copy(k: &mut Kernel, from: u32) -> u32 {
    let id = create(k);
    k.fd_tables[id as usize] = FdTable {
        refs: 1,
        ..k.fd_tables[from as usize]
    };
    for n in 0..FDS {
        if let Some(file) = k.fd_tables[id as usize].files[n].checked_sub(1) {
            k.files[file as usize].refs += 1;
        }
    }
    id
}

/// One user less; the last one closes everything.
pub fn release(k: &mut Kernel, id: u32) {
    k.fd_tables[id as usize].refs -= 1;
    if k.fd_tables[id as usize].refs == 0 {
        for n in 0..FDS {
            if let Some(file) =
                core::mem::take(&mut k.fd_tables[id as usize].files[n]).checked_sub(1)
            {
                file::release(k, u32::from(file));
            }
        }
    }
}

/// execve: closes what is marked.
pub fn close_on_exec(k: &mut Kernel) {
    let id = table(k);
    let marked = core::mem::take(&mut k.fd_tables[id].close_on_exec);
    for n in 0..FDS {
        if marked & 1 << n != 0
            && let Some(file) = core::mem::take(&mut k.fd_tables[id].files[n]).checked_sub(1)
        {
            file::release(k, u32::from(file));
        }
    }
}

/// The file description behind a descriptor.
///
/// # Errors
/// EBADF.
pub fn file(k: &Kernel, fd: u64) -> Result<u32> {
    // Programs pass an int; the upper half of the register is not theirs to define.
    let fd = fd as u32 as usize;
    let entry = k.fd_tables[table(k)].files.get(fd).ok_or(Errno::EBADF)?;
    entry.checked_sub(1).map(u32::from).ok_or(Errno::EBADF)
}

/// Gives `file` the lowest free number from `from` up. On failure the file is released.
///
/// # Errors
/// EMFILE.
pub fn install(k: &mut Kernel, file: u32, from: usize, cloexec: bool) -> Result {
    let id = table(k);
    let free = (from..FDS).find(|&n| k.fd_tables[id].files[n] == 0);
    match free {
        Some(fd) => {
            set(k, fd, file, cloexec);
            Ok(fd as u64)
        }
        None => {
            file::release(k, file);
            Err(Errno::EMFILE)
        }
    }
}

/// Makes `fd` mean `file`; what it meant before is closed.
pub fn set(k: &mut Kernel, fd: usize, file: u32, cloexec: bool) {
    let id = table(k);
    let old = core::mem::replace(&mut k.fd_tables[id].files[fd], file as u16 + 1);
    mark(k, fd, cloexec);
    if let Some(old) = old.checked_sub(1) {
        file::release(k, u32::from(old));
    }
}

/// Sets or clears close-on-exec.
pub fn mark(k: &mut Kernel, fd: usize, cloexec: bool) {
    let marks = &mut k.fd_tables[table(k)].close_on_exec;
    *marks = *marks & !(1 << fd) | u64::from(cloexec) << fd;
}

/// Whether close-on-exec is set.
pub fn is_marked(k: &Kernel, fd: usize) -> bool {
    k.fd_tables[table(k)].close_on_exec >> fd & 1 != 0
}

/// Closes a descriptor.
///
/// # Errors
/// EBADF.
pub fn close(k: &mut Kernel, fd: u64) -> Result {
    let file = file(k, fd)?;
    let id = table(k);
    k.fd_tables[id].files[fd as u32 as usize] = 0;
    mark(k, fd as u32 as usize, false);
    file::release(k, file);
    Ok(0)
}

const _: () = assert!(FDS <= 64 && TASKS > 0);
