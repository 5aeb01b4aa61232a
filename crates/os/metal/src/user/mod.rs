//! A user program's only unsafe code: the door, the system calls, the heap, signals.
//!
//! Everything here speaks Linux's x86-64 ABI, so that a program built on it runs on our
//! kernel and on a real Linux alike. Above this module nothing is unsafe. Names are the system
//! calls' own; what changes is that a buffer is a slice, a path a `&str`, and a failure an
//! [`Errno`].

mod call;
pub mod dir;
pub mod file;
pub mod fs;
mod heap;
pub mod memory;
pub mod signal;
mod start;
pub mod system;
pub mod task;

pub use abi::Errno;
pub use start::Start;

/// What a system call returns.
pub type Result<T> = core::result::Result<T, Errno>;

/// A file descriptor.
pub type Fd = i32;

/// Standard input, output and error.
pub const STDIN: Fd = 0;
/// Standard output.
pub const STDOUT: Fd = 1;
/// Standard error.
pub const STDERR: Fd = 2;
