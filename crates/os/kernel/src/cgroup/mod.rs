//! Control groups, version 2: who may use how much (cgroups(7), Linux's cgroup-v2.rst).
//!
//! One tree. Every task is in one group. A *controller* limits or divides one resource, and
//! counts it, for a group and everything below it; it works in a group only if the parent
//! enables it in cgroup.subtree_control.
//!
//! | module | controller | what happens at the limit |
//! |---|---|---|
//! | [`pids`] | how many tasks | fork says EAGAIN |
//! | [`memory`] | how many bytes | the largest task in the group is killed |
//! | [`cpu`] | how much time | the group waits for its next period |
//!
//! The files that show and set all this are [`crate::fs::cgroupfs`]'s.

#[cfg(target_os = "none")]
pub mod cpu;
#[cfg(target_os = "none")]
pub mod memory;
pub mod parse;
#[cfg(target_os = "none")]
pub mod pids;
pub mod quota;
#[cfg(target_os = "none")]
pub mod tree;

#[cfg(target_os = "none")]
pub use tree::*;

/// A limit that is none.
pub const MAX: u64 = u64::MAX;
