//! Tasks: fork, exec, wait, exit, groups and sessions, namespaces.

use super::call::{self, c_str};
use super::{Errno, Fd, Result};
use abi::task::clone::CLONE_VM;
use abi::task::signal::SIGCHLD;
use alloc::ffi::CString;
use alloc::vec::Vec;

/// Ends the program.
pub fn exit(status: i32) -> ! {
    loop {
        // SAFETY: no pointers, and it does not return.
        let _ = unsafe { call::exit_group(status as u64) };
    }
}

/// Makes a child that goes on from here: `None` in the child, its pid in the parent.
///
/// # Errors
/// fork(2).
pub fn fork() -> Result<Option<i32>> {
    clone(0)
}

/// The same, with the child in new namespaces: `flags` are `abi::task::clone::CLONE_NEW*`.
///
/// # Errors
/// clone(2); EINVAL for CLONE_VM, which would have two programs on one stack.
pub fn clone(flags: u64) -> Result<Option<i32>> {
    if flags & CLONE_VM != 0 {
        return Err(Errno::EINVAL);
    }
    // SAFETY: the child has a copy of everything, the stack included (stack pointer 0 keeps it).
    let pid = unsafe { call::clone(flags | u64::from(SIGCHLD), 0, 0, 0, 0) }?;
    Ok((pid != 0).then_some(pid as i32))
}

/// Becomes the program at `path`; on success there is nobody to return to.
///
/// # Errors
/// execve(2).
pub fn execve<S: AsRef<str>>(path: &str, args: &[S], env: &[S]) -> Result<()> {
    let path = c_str(path)?;
    let args = c_strs(args)?;
    let env = c_strs(env)?;
    let (argv, envp) = (pointers(&args), pointers(&env));
    // SAFETY: every text is zero-ended, both lists end in a null, all live until the call is over.
    unsafe {
        call::execve(
            path.as_ptr() as u64,
            argv.as_ptr() as u64,
            envp.as_ptr() as u64,
        )
    }
    .map(|_| ())
}

fn c_strs<S: AsRef<str>>(texts: &[S]) -> Result<Vec<CString>> {
    texts.iter().map(|text| c_str(text.as_ref())).collect()
}

fn pointers(texts: &[CString]) -> Vec<u64> {
    let mut out: Vec<u64> = texts.iter().map(|text| text.as_ptr() as u64).collect();
    out.push(0);
    out
}

/// How a child ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// It called exit with this status.
    Exited(i32),
    /// This signal killed it.
    Killed(u32),
    /// This signal stopped it; it may go on.
    Stopped(u32),
}

impl Ended {
    /// From the status word of wait4 (wait(2), "WIFEXITED").
    pub fn from_status(status: i32) -> Self {
        let signal = (status & 0x7f) as u32;
        match signal {
            0 => Self::Exited(status >> 8 & 0xff),
            0x7f => Self::Stopped((status >> 8 & 0xff) as u32),
            _ => Self::Killed(signal),
        }
    }

    /// As a shell's `$?` says it: the status, or 128 and the signal.
    pub fn code(self) -> i32 {
        match self {
            Self::Exited(status) => status,
            Self::Killed(signal) | Self::Stopped(signal) => 128 + signal as i32,
        }
    }
}

/// Waits for the child `pid` (-1: any; below -1: any of that group). With WNOHANG, `None` if
/// none has ended yet.
///
/// # Errors
/// wait4(2): ECHILD when there is no such child, EINTR when a signal came first.
pub fn wait(pid: i32, options: u64) -> Result<Option<(i32, Ended)>> {
    let mut status = 0i32;
    // SAFETY: the kernel writes one int; no rusage is asked for.
    let pid = unsafe { call::wait4(pid as u64, &raw mut status as u64, options, 0) }?;
    Ok((pid != 0).then(|| (pid as i32, Ended::from_status(status))))
}

/// Waits for one child until it has ended.
///
/// # Errors
/// wait4(2), but not EINTR.
pub fn wait_for(pid: i32) -> Result<Ended> {
    loop {
        match wait(pid, 0) {
            Ok(Some((_, ended))) => return Ok(ended),
            Ok(None) | Err(Errno::EINTR) => {}
            Err(why) => return Err(why),
        }
    }
}

/// Sends a signal; 0 only asks whether it could be sent.
///
/// # Errors
/// kill(2).
pub fn kill(pid: i32, signal: u32) -> Result<()> {
    // SAFETY: no pointers.
    unsafe { call::kill(pid as u64, signal.into()) }.map(|_| ())
}

/// A call without pointers that cannot fail.
macro_rules! number {
    ($($(#[doc = $doc:literal])* $name:ident();)*) => {$(
        $(#[doc = $doc])*
        pub fn $name() -> i32 {
            // SAFETY: no pointers.
            unsafe { call::$name() }.unwrap_or(0) as i32
        }
    )*};
}

number! {
    /// This task's id.
    getpid();
    /// Its parent's; 0 for the first task of a pid namespace.
    getppid();
    /// Its process group.
    getpgrp();
    /// Its real user.
    getuid();
    /// Its real group.
    getgid();
}

/// Puts `pid` (0: this task) into the process group `group` (0: its own).
///
/// # Errors
/// setpgid(2).
pub fn setpgid(pid: i32, group: i32) -> Result<()> {
    // SAFETY: no pointers.
    unsafe { call::setpgid(pid as u64, group as u64) }.map(|_| ())
}

/// Starts a session without a terminal.
///
/// # Errors
/// setsid(2).
pub fn setsid() -> Result<()> {
    // SAFETY: no pointers.
    unsafe { call::setsid() }.map(|_| ())
}

/// Leaves shared namespaces for new ones (the pid namespace: for the children).
///
/// # Errors
/// unshare(2).
pub fn unshare(flags: u64) -> Result<()> {
    // SAFETY: no pointers.
    unsafe { call::unshare(flags) }.map(|_| ())
}

/// Enters the namespace behind an open `/proc/PID/ns/*`; `kind` is its CLONE_NEW flag, or 0.
///
/// # Errors
/// setns(2).
pub fn setns(fd: Fd, kind: u64) -> Result<()> {
    // SAFETY: no pointers.
    unsafe { call::setns(fd as u64, kind) }.map(|_| ())
}
