//! Pipes: one frame as a ring between writers and readers (pipe(7)).
//!
//! A write of at most [`PIPE_BUF`] bytes is never split by another writer's: it waits until
//! all of it fits. The capacity is one frame; Linux has sixteen.

use crate::Result;
use crate::fs::file::{self, Kind};
use crate::fs::{Node, Path};
use crate::kernel::Kernel;
use crate::mm::frame::{self, NOBODY, Owner};
use crate::mm::{PAGE, user};
use crate::sched::sleep;
use crate::signal;
use abi::Errno;
use abi::fs::open::{O_NONBLOCK, O_RDONLY, O_WRONLY};
use abi::task::signal::SIGPIPE;
use objects::kernel::{frame as kind, wait};
use zerocopy::FromZeros;

/// Bytes that a pipe holds, and that a write is atomic up to.
pub const PIPE_BUF: u64 = PAGE;

/// A pipe.
#[derive(Clone, Copy, FromZeros)]
#[repr(C)]
pub struct Pipe {
    /// Physical address of the ring; 0 = free slot.
    pub ring: u64,
    /// Where the oldest byte is.
    pub start: u64,
    /// How many bytes are in it.
    pub len: u64,
    /// Open read ends.
    pub readers: u32,
    /// Open write ends.
    pub writers: u32,
}

/// A new pipe; its read end and its write end.
///
/// # Errors
/// ENFILE, ENOMEM.
pub fn create(k: &mut Kernel, flags: u64) -> Result<(u32, u32)> {
    let id = k
        .pipes
        .iter()
        .position(|p| p.ring == 0)
        .ok_or(Errno::ENFILE)?;
    let owner = Owner {
        mm: NOBODY,
        ..frame::current_owner(k)
    };
    let ring = frame::alloc_dirty(k, kind::BUFFER, owner)?;
    k.pipes[id] = Pipe {
        ring,
        readers: 1,
        writers: 1,
        start: 0,
        len: 0,
    };
    let path = Path {
        mount: 0,
        node: Node::Pipe(id as u32),
    };
    let reader = match file::create(k, Kind::PipeReader(id as u32), path, O_RDONLY | flags) {
        Ok(reader) => reader,
        Err(error) => {
            close_reader(k, id as u32);
            close_writer(k, id as u32);
            return Err(error);
        }
    };
    match file::create(k, Kind::PipeWriter(id as u32), path, O_WRONLY | flags) {
        Ok(writer) => Ok((reader, writer)),
        Err(error) => {
            close_writer(k, id as u32);
            file::release(k, reader);
            Err(error)
        }
    }
}

/// A read end was closed.
pub fn close_reader(k: &mut Kernel, id: u32) {
    k.pipes[id as usize].readers -= 1;
    sleep::wake(k, wait::PIPE_WRITE, u64::from(id));
    free_if_closed(k, id);
}

/// A write end was closed.
pub fn close_writer(k: &mut Kernel, id: u32) {
    k.pipes[id as usize].writers -= 1;
    sleep::wake(k, wait::PIPE_READ, u64::from(id));
    free_if_closed(k, id);
}

fn free_if_closed(k: &mut Kernel, id: u32) {
    let pipe = k.pipes[id as usize];
    if pipe.readers == 0 && pipe.writers == 0 {
        k.pipes[id as usize] = Pipe::new_zeroed();
        frame::release(k, pipe.ring);
    }
}

/// Whether a reader would not have to wait: there are bytes, or there will never be.
pub fn is_readable(k: &Kernel, id: u32) -> bool {
    let pipe = &k.pipes[id as usize];
    pipe.len > 0 || pipe.writers == 0
}

/// Whether a writer would not have to wait.
pub fn is_writable(k: &Kernel, id: u32) -> bool {
    let pipe = &k.pipes[id as usize];
    pipe.len < PAGE || pipe.readers == 0
}

/// Reads what there is, at least a byte; 0 when the last writer has gone.
///
/// # Errors
/// EAGAIN, EINTR, EFAULT.
pub fn read(k: &mut Kernel, id: u32, address: u64, count: u64, flags: u64) -> Result {
    if count == 0 {
        return Ok(0);
    }
    while !is_readable(k, id) {
        if flags & O_NONBLOCK != 0 {
            return Err(Errno::EAGAIN);
        }
        sleep::sleep(k, wait::PIPE_READ, u64::from(id))?;
    }
    let mut done = 0;
    while done < count && k.pipes[id as usize].len > 0 {
        let Pipe {
            ring, start, len, ..
        } = k.pipes[id as usize];
        let piece = (PAGE - start).min(len).min(count - done);
        user::from_frame(k, address + done, ring + start, piece)?;
        let pipe = &mut k.pipes[id as usize];
        pipe.start = (start + piece) % PAGE;
        pipe.len -= piece;
        done += piece;
    }
    if done > 0 {
        sleep::wake(k, wait::PIPE_WRITE, u64::from(id));
    }
    Ok(done)
}

/// Writes everything, waiting for readers to make room.
///
/// # Errors
/// EPIPE, with SIGPIPE, if nobody can ever read it; EAGAIN, EINTR, EFAULT.
pub fn write(k: &mut Kernel, id: u32, address: u64, count: u64, flags: u64) -> Result {
    let mut done = 0;
    while done < count {
        let Pipe {
            ring,
            start,
            len,
            readers,
            ..
        } = k.pipes[id as usize];
        if readers == 0 {
            signal::send_to_current(k, SIGPIPE);
            return Err(Errno::EPIPE);
        }
        let room = PAGE - len;
        let needed = if count <= PIPE_BUF { count } else { 1 };
        if room < needed {
            let stop = if flags & O_NONBLOCK != 0 {
                Err(Errno::EAGAIN)
            } else {
                sleep::sleep(k, wait::PIPE_WRITE, u64::from(id))
            };
            match stop {
                Err(_) if done > 0 => return Ok(done),
                Err(error) => return Err(error),
                Ok(()) => continue,
            }
        }
        let end = (start + len) % PAGE;
        let piece = (PAGE - end).min(room).min(count - done);
        user::to_frame(k, address + done, ring + end, piece)?;
        k.pipes[id as usize].len += piece;
        done += piece;
        sleep::wake(k, wait::PIPE_READ, u64::from(id));
    }
    Ok(done)
}
