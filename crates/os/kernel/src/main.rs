//! A small kernel with Linux's ABI, namespaces and cgroups.
//!
//! `kernel_main` is the table of contents: what happens at boot, in order. After it the
//! kernel only reacts, and [`trap`] is where that begins.
//!
//! | module | what |
//! |---|---|
//! | [`kernel`] | the whole state, one struct of fixed tables |
//! | [`trap`], [`syscall`] | the ways in |
//! | [`mm`] | memory |
//! | [`task`], [`sched`], [`signal`] | tasks, who runs, interruptions |
//! | [`fs`] | files, mounts |
//! | [`ns`], [`uts`] | namespaces |
//! | [`cgroup`] | control groups |
//! | [`dev`], [`time`], [`log`], [`panic`] | the machine |
//!
//! Parts that are pure arithmetic are compiled and tested on the host, too.

#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg_attr(not(target_os = "none"), allow(dead_code))]
#![deny(unsafe_code)]

mod cgroup;
mod fs;
mod limits;
mod mm;
mod sched;
mod signal;

#[cfg(target_os = "none")]
mod boot;
mod dev;
#[cfg(target_os = "none")]
mod kernel;
#[cfg(target_os = "none")]
mod log;
#[cfg(target_os = "none")]
mod ns;
#[cfg(target_os = "none")]
mod panic;
#[cfg(target_os = "none")]
mod syscall;
#[cfg(target_os = "none")]
mod task;
#[cfg(target_os = "none")]
mod time;
#[cfg(target_os = "none")]
mod trap;
#[cfg(target_os = "none")]
mod uts;

/// What most functions of the kernel answer: a value for RAX, or why not.
pub type Result<T = u64> = core::result::Result<T, abi::Errno>;

#[cfg(not(target_os = "none"))]
fn main() {
    println!(
        "{} runs inside the machine: see crates/os/images",
        env!("CARGO_PKG_NAME")
    );
}
