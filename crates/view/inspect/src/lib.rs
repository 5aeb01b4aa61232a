//! Reads what the kernel and the hypervisor keep, out of emulated memory, from outside.
//!
//! Nothing inside the machine knows of this crate. It finds `KERNEL_ROOT` or
//! `HYPERVISOR_ROOT` in the image's ELF symbols ([`Image`]), reads through the page tables
//! that the CPU itself uses ([`Space`]), checks the magic number, and takes the tables from
//! there. It never writes, it survives garbage, and it says *unreadable* rather than guess.
//!
//! Descending one layer is the same step each time: a VM's memory ([`GuestMemory`]) is again
//! a [`Memory`], so the reader of a bare kernel reads a guest's kernel unchanged.

#![forbid(unsafe_code)]

mod containers;
mod hypervisor;
mod image;
mod kernel;
mod memory;
mod space;

pub use containers::{Container, containers};
pub use hypervisor::HypervisorView;
pub use image::{Image, Symbol};
pub use kernel::{KernelView, TaskRef};
pub use memory::{GuestMemory, Memory, Unreadable};
pub use space::Space;
