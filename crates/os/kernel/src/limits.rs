//! How much of everything there is.
//!
//! Every table is fixed: the machine can be drawn on a page, and running out is an errno
//! (named beside each), never a surprise.

/// Tasks. fork: EAGAIN.
pub const TASKS: usize = 128;
/// Address spaces. fork: ENOMEM.
pub const MMS: usize = TASKS;
/// Sets of namespaces. unshare: ENOMEM.
pub const NSPROXIES: usize = 64;
/// Namespaces of each kind. clone, unshare: ENOSPC.
pub const NAMESPACES: usize = 32;
/// Mounts in all namespaces. mount: ENOSPC.
pub const MOUNTS: usize = 192;
/// File systems. mount: ENOSPC.
pub const SUPERS: usize = 64;
/// Inodes of all tmpfs instances. open, mkdir: ENOSPC.
pub const INODES: usize = 1536;
/// Open file descriptions. open: ENFILE.
pub const FILES: usize = 512;
/// Descriptors of a process. open: EMFILE.
pub const FDS: usize = 64;
/// Pipes. pipe: ENFILE.
pub const PIPES: usize = 64;
/// Control groups. mkdir: EAGAIN, as for cgroup.max.descendants.
pub const CGROUPS: usize = 64;
/// Terminals, one a serial port.
pub const TTYS: usize = 4;
/// Longest path, its final zero included. Linux: 4096. ENAMETOOLONG.
pub const PATH_MAX: usize = 1024;
/// Longest file name. ENAMETOOLONG.
pub const NAME_MAX: usize = 255;
/// Bytes of arguments and environment together. execve: E2BIG.
pub const ARG_MAX: u64 = 128 * 1024;
/// How far a stack may grow.
pub const STACK_MAX: u64 = 8 << 20;
/// Numbers in a pid namespace run from 1 to here.
pub const PID_MAX: u32 = 32768;
/// Timer interrupts a second.
pub const HZ: u64 = 100;
