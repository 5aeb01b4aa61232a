//! The host's own processor as an oracle: one instruction, real silicon, everything before and
//! after it.
//!
//! No manual is as exact as the chip. Nothing but the tests uses this crate, and it works on
//! Linux on x86-64 only; elsewhere [`Silicon::new`] says why not.
//!
//! `unsafe` is here because running arbitrary bytes is: they are put into a page of their
//! own at a low address, entered with all registers loaded, and left through the INT3 that
//! follows, or through the fault that they cause. The signal handler reads the
//! registers out of the signal frame and sends the thread back to its own stack.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub use linux::Silicon;

/// Where the instruction stands: the rest of this page is INT3.
pub const SLOT: u64 = 0x10_1800;
/// The pages of code, all INT3 but for the instruction.
pub const CODE: core::ops::Range<u64> = 0x10_1000..0x10_3000;
/// What an instruction may read and write. Around it nothing is mapped.
pub const DATA: core::ops::Range<u64> = 0x12_0000..0x12_2000;

/// What Linux has in its descriptor table for programs: 32-bit code, data, 64-bit code.
pub const CODE_32: u16 = 0x23;
/// Data and stack.
pub const DATA_SEGMENT: u16 = 0x2b;
/// 64-bit code.
pub const CODE_64: u16 = 0x33;

/// The registers of a program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Registers {
    /// General registers in encoding order.
    pub gpr: [u64; 16],
    /// RFLAGS.
    pub rflags: u64,
    /// Address of the next instruction.
    pub rip: u64,
    /// SSE control and status.
    pub mxcsr: u64,
    /// Alignment.
    pub unused: u64,
    /// XMM0..15.
    pub xmm: [u128; 16],
}

/// How an instruction ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trap {
    /// The vector: 3 (the INT3 after it) if all went well.
    pub vector: u8,
    /// The error code.
    pub error: u32,
    /// CR2.
    pub address: u64,
}

/// There is no silicon to compare with.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub struct Silicon;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
impl Silicon {
    /// # Errors
    /// Always: the host is not Linux on x86-64.
    pub fn new() -> Result<Self, String> {
        Err("the host is not Linux on x86-64".to_owned())
    }
    /// Never called: there is no such value.
    pub fn run(&mut self, _: &[u8], _: bool, _: &Registers, _: &mut [u8]) -> (Registers, Trap) {
        unreachable!("a Silicon cannot be made here")
    }
}
