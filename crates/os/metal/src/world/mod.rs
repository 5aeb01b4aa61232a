//! The world switch: the only machine code of the hypervisor that Rust cannot say.
//!
//! One real GDT, IDT and TSS for ever, mapped at the same address in every root, so nothing
//! has to be exchanged between hypervisor and guest but registers and CR3. [`run`] puts a
//! vCPU on the CPU and returns when the hardware throws it off again.
//!
//! | module | what |
//! |---|---|
//! | `boot` | from the PVH entry to [`OFFSET`] |
//! | `entry` | the 256 doors back in, and the way out |
//! | `tables` | GDT, IDT, TSS and the MSRs of SYSCALL |
//! | [`ram`] | guest memory as plain bytes (also on a development host) |

#[cfg(target_os = "none")]
mod boot;
#[cfg(target_os = "none")]
mod entry;
#[cfg(target_os = "none")]
mod machine;
#[cfg(target_os = "none")]
mod tables;

pub mod ram;

#[cfg(target_os = "none")]
pub use machine::*;
pub use ram::Ram;

/// The PML4 slot that belongs to the hypervisor in every root.
pub const SLOT: usize = 509;

/// Where physical address 0 stands in the hypervisor's own map: the start of [`SLOT`].
/// Its image is linked at `OFFSET + 0x100000`, so image and direct map are one mapping.
pub const OFFSET: u64 = 0xffff_0000_0000_0000 | (SLOT as u64) << 39;

/// Vectors above the CPU's 256 that [`Exit::vector`] uses for SYSCALL, which is no exception
/// and has no vector.
pub const SYSCALL: u16 = 256;
/// SYSCALL from 32-bit code (CSTAR).
pub const SYSCALL32: u16 = 257;

/// Why [`run`] came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exit {
    /// Exception or interrupt vector, or [`SYSCALL`].
    pub vector: u16,
    /// The error code that the CPU pushed, or 0.
    pub error: u32,
}
