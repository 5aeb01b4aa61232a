//! Records and numbers of the calls about time, memory, terminals and the machine itself
//! (linux/time.h, asm-generic/mman-common.h, asm-generic/ioctls.h, linux/utsname.h,
//! linux/sysinfo.h, linux/reboot.h, asm/signal.h).

/// A moment or a span: `struct timespec`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
#[allow(missing_docs)]
pub struct Timespec {
    pub sec: i64,
    pub nsec: i64,
}

/// Clocks of clock_gettime.
#[allow(missing_docs)]
pub mod clock {
    pub const CLOCK_REALTIME: u64 = 0;
    pub const CLOCK_MONOTONIC: u64 = 1;
}

/// Protection and flags of mmap.
#[allow(missing_docs)]
pub mod mmap {
    pub const PROT_NONE: u64 = 0;
    pub const PROT_READ: u64 = 1;
    pub const PROT_WRITE: u64 = 2;
    pub const PROT_EXEC: u64 = 4;
    pub const MAP_SHARED: u64 = 1;
    pub const MAP_PRIVATE: u64 = 2;
    pub const MAP_FIXED: u64 = 0x10;
    pub const MAP_ANONYMOUS: u64 = 0x20;
}

/// Requests of ioctl that a terminal answers.
#[allow(missing_docs)]
pub mod ioctl {
    pub const TCGETS: u64 = 0x5401;
    pub const TCSETS: u64 = 0x5402;
    pub const TCSETSW: u64 = 0x5403;
    pub const TCSETSF: u64 = 0x5404;
    pub const TIOCSCTTY: u64 = 0x540e;
    pub const TIOCGPGRP: u64 = 0x540f;
    pub const TIOCSPGRP: u64 = 0x5410;
    pub const TIOCGWINSZ: u64 = 0x5413;
}

/// Commands of fcntl.
#[allow(missing_docs)]
pub mod fcntl {
    pub const F_DUPFD: u64 = 0;
    pub const F_GETFD: u64 = 1;
    pub const F_SETFD: u64 = 2;
    pub const F_GETFL: u64 = 3;
    pub const F_SETFL: u64 = 4;
    pub const F_DUPFD_CLOEXEC: u64 = 1030;
    pub const FD_CLOEXEC: u64 = 1;
}

/// What reboot wants to hear.
#[allow(missing_docs)]
pub mod reboot {
    pub const MAGIC1: u64 = 0xfee1_dead;
    pub const MAGIC2: u64 = 672_274_793;
    pub const RESTART: u64 = 0x0123_4567;
    pub const HALT: u64 = 0xcdef_0123;
    pub const POWER_OFF: u64 = 0x4321_fedc;
}

/// What uname fills in, each text ending in a zero byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
#[allow(missing_docs)]
pub struct Utsname {
    pub sysname: [u8; 65],
    pub nodename: [u8; 65],
    pub release: [u8; 65],
    pub version: [u8; 65],
    pub machine: [u8; 65],
    pub domainname: [u8; 65],
}

/// What sysinfo fills in. `loads` are fixed-point with 16 fraction bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
#[allow(missing_docs)]
pub struct Sysinfo {
    pub uptime: i64,
    pub loads: [u64; 3],
    pub totalram: u64,
    pub freeram: u64,
    pub sharedram: u64,
    pub bufferram: u64,
    pub totalswap: u64,
    pub freeswap: u64,
    pub procs: u16,
    pub pad: u16,
    pub totalhigh: u64,
    pub freehigh: u64,
    pub mem_unit: u32,
    pub pad2: u32,
}

/// What a signal does: the kernel's own `struct sigaction` of x86-64.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Sigaction {
    /// Address of the function, or [`Sigaction::DEFAULT`] or [`Sigaction::IGNORE`].
    pub handler: u64,
    /// `SA_*`.
    pub flags: u64,
    /// Where the handler returns to: code that calls rt_sigreturn.
    pub restorer: u64,
    /// Signals blocked while it runs; bit `n - 1` is signal `n`.
    pub mask: u64,
}

#[allow(missing_docs)]
impl Sigaction {
    pub const DEFAULT: u64 = 0;
    pub const IGNORE: u64 = 1;
    pub const SA_RESTORER: u64 = 0x0400_0000;
    pub const SA_RESTART: u64 = 0x1000_0000;
    pub const SA_NODEFER: u64 = 0x4000_0000;
    pub const SA_RESETHAND: u64 = 0x8000_0000;
}

const _: () = assert!(size_of::<Timespec>() == 16);
const _: () = assert!(size_of::<Utsname>() == 390);
const _: () = assert!(size_of::<Sysinfo>() == 112);
const _: () = assert!(size_of::<Sigaction>() == 32);
