//! The machine and the clock: names, time, memory, power.

use super::Result;
use super::call::{self, c_str};
use abi::system::{Sysinfo, Timespec, Utsname, clock, reboot};

/// The time of `clock` (`abi::system::clock`).
///
/// # Errors
/// clock_gettime(2).
pub fn clock(clock: u64) -> Result<Timespec> {
    let mut time = Timespec::default();
    // SAFETY: the kernel writes one Timespec.
    unsafe { call::clock_gettime(clock, &raw mut time as u64) }?;
    Ok(time)
}

/// Nanoseconds since some moment, never backwards.
pub fn monotonic_ns() -> u64 {
    let time = clock(clock::CLOCK_MONOTONIC).unwrap_or_default();
    time.sec as u64 * 1_000_000_000 + time.nsec as u64
}

/// Sleeps for `ns` nanoseconds, or until a signal comes (EINTR).
///
/// # Errors
/// nanosleep(2).
pub fn sleep_ns(ns: u64) -> Result<()> {
    let span = Timespec {
        sec: (ns / 1_000_000_000) as i64,
        nsec: (ns % 1_000_000_000) as i64,
    };
    // SAFETY: the kernel reads one Timespec and is asked for no remainder.
    unsafe { call::nanosleep(&raw const span as u64, 0) }.map(|_| ())
}

/// The names of the kernel and the machine.
///
/// # Errors
/// uname(2).
pub fn uname() -> Result<Utsname> {
    const EMPTY: [u8; 65] = [0; 65];
    let mut names = Utsname {
        sysname: EMPTY,
        nodename: EMPTY,
        release: EMPTY,
        version: EMPTY,
        machine: EMPTY,
        domainname: EMPTY,
    };
    // SAFETY: the kernel writes one Utsname.
    unsafe { call::uname(&raw mut names as u64) }?;
    Ok(names)
}

/// Names this machine, or this UTS namespace.
///
/// # Errors
/// sethostname(2).
pub fn sethostname(name: &str) -> Result<()> {
    let text = c_str(name)?;
    // SAFETY: the kernel reads `name.len()` bytes.
    unsafe { call::sethostname(text.as_ptr() as u64, name.len() as u64) }.map(|_| ())
}

/// Uptime, memory, tasks.
///
/// # Errors
/// sysinfo(2).
pub fn sysinfo() -> Result<Sysinfo> {
    let mut info = Sysinfo::default();
    // SAFETY: the kernel writes one Sysinfo.
    unsafe { call::sysinfo(&raw mut info as u64) }?;
    Ok(info)
}

/// Switches the machine off.
///
/// # Errors
/// reboot(2).
pub fn power_off() -> Result<()> {
    // SAFETY: no pointers.
    unsafe { call::reboot(reboot::MAGIC1, reboot::MAGIC2, reboot::POWER_OFF, 0) }.map(|_| ())
}
