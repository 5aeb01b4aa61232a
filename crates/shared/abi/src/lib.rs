//! What is said across a privilege line.
//!
//! User programs and the kernel speak Linux's x86-64 system-call ABI ([`syscall`],
//! [`errno`], [`fs`], [`task`]); the firmware, the hypervisor and the kernel hand over by
//! PVH ([`boot`]). Numbers and layouts are Linux's own, so our programs run on a real Linux
//! too, and that is how they are tested.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod boot;
pub mod errno;
pub mod fs;
pub mod syscall;
pub mod system;
pub mod task;

pub use errno::Errno;
