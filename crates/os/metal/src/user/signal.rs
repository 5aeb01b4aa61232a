//! Signals: ignore, default, and catch-and-remember.
//!
//! A caught signal sets its bit and nothing else; the program looks when a system call comes
//! back with EINTR. Handlers that do work of their own are where races live.

use super::{Result, call};
use abi::system::Sigaction;
use core::sync::atomic::{AtomicU64, Ordering};

static CAUGHT: AtomicU64 = AtomicU64::new(0);

/// Gives `signal` its default effect again.
///
/// # Errors
/// sigaction(2).
pub fn default(signal: u32) -> Result<()> {
    action(signal, Sigaction::DEFAULT)
}

/// Ignores `signal`; children inherit that.
///
/// # Errors
/// sigaction(2).
pub fn ignore(signal: u32) -> Result<()> {
    action(signal, Sigaction::IGNORE)
}

/// Remembers `signal` for [`take`], and interrupts the system call that it comes upon.
///
/// # Errors
/// sigaction(2).
pub fn catch(signal: u32) -> Result<()> {
    action(signal, handler())
}

/// Whether `signal` was caught since the last time anybody asked.
pub fn take(signal: u32) -> bool {
    let bit = 1 << signal;
    CAUGHT.fetch_and(!bit, Ordering::Relaxed) & bit != 0
}

fn action(signal: u32, handler: u64) -> Result<()> {
    let action = Sigaction {
        handler,
        flags: Sigaction::SA_RESTORER,
        restorer: restorer(),
        mask: 0,
    };
    // SAFETY: the kernel reads one Sigaction. The handler is `remember`, which touches one atomic
    // and no stack but its own, and the restorer is the code below.
    unsafe { call::rt_sigaction(signal.into(), &raw const action as u64, 0, 8) }.map(|_| ())
}

#[cfg(target_os = "none")]
extern "C" fn remember(signal: i32) {
    CAUGHT.fetch_or(1 << signal, Ordering::Relaxed);
}

#[cfg(target_os = "none")]
fn handler() -> u64 {
    remember as extern "C" fn(i32) as usize as u64
}

// A handler returns into this: 15 is rt_sigreturn, which puts every register back.
#[cfg(target_os = "none")]
core::arch::global_asm!("signal_restorer:", "mov eax, 15", "syscall");

#[cfg(target_os = "none")]
fn restorer() -> u64 {
    unsafe extern "C" {
        fn signal_restorer();
    }
    signal_restorer as unsafe extern "C" fn() as usize as u64
}

/// On the host this crate is only compiled.
#[cfg(not(target_os = "none"))]
fn handler() -> u64 {
    Sigaction::DEFAULT
}

#[cfg(not(target_os = "none"))]
fn restorer() -> u64 {
    0
}
