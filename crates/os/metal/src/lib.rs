//! The guests' only unsafe code: boot, ports, registers, traps, context switch.
//!
//! Kernel, hypervisor and user programs are safe Rust; what cannot be said safely is said
//! here, in small pieces with a reason each (`SAFETY:`). One cargo feature a guest:
//!
//! | module | what | `kernel` | `hypervisor` | `user` |
//! |---|---|---|---|---|
//! | [`global`] | the one kind of mutable static | x | x | x |
//! | [`port`] | IN and OUT | x | x | |
//! | [`reg`] | control registers, MSRs, TSC, CPUID, HLT | x | x | |
//! | [`boot`] | from 32-bit protected mode to Rust | x | | |
//! | [`kmap`] | the kernel's own part of every address space | x | | |
//! | [`phys`] | physical memory through the direct map | x | | |
//! | [`trap`] | descriptor tables, entry and return | x | | |
//! | [`fpu`] | the x87 and SSE registers | x | | |
//! | [`context`] | kernel stacks and the switch between them | x | | |
//! | `user` | `_start`, the SYSCALL instruction | | | x |
//! | `world` | into a VM and back | | x | |
//!
//! The machine has one CPU and the kernel runs with interrupts off, so there is no
//! concurrency to guard against, only re-entry: see [`global::Global`].

#![cfg_attr(not(test), no_std)]

pub mod global;
pub use global::Global;

#[cfg(all(
    any(feature = "kernel", feature = "hypervisor"),
    target_arch = "x86_64"
))]
pub mod port;
#[cfg(all(
    any(feature = "kernel", feature = "hypervisor"),
    target_arch = "x86_64"
))]
pub mod reg;

#[cfg(all(feature = "kernel", target_os = "none"))]
pub mod boot;
#[cfg(all(feature = "kernel", target_os = "none"))]
pub mod context;
#[cfg(all(feature = "kernel", target_os = "none"))]
pub mod fpu;
#[cfg(all(feature = "kernel", target_os = "none"))]
pub mod kmap;
#[cfg(all(feature = "kernel", target_os = "none"))]
pub mod phys;
#[cfg(all(feature = "kernel", target_os = "none"))]
pub mod trap;

#[cfg(feature = "user")]
extern crate alloc;
#[cfg(feature = "user")]
pub mod user;

#[cfg(feature = "hypervisor")]
pub mod world;
