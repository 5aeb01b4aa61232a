//! [`Fault`]: the reason why an instruction could not be done.
//!
//! Every function that can fail returns `Result<_, Fault>`, and changes nothing before its
//! last access that can fail. Only `deliver.rs` turns a `Fault` into a trap.

use core::num::NonZeroU32;
use x86::vector;

/// An exception with its error code, in one word so that `Result<u64, Fault>` travels in two
/// registers. The address of a page fault waits in `Cpu::fault_address`.
///
/// ```text
///  31        16 15 14 9  8   7      0
/// | error code | 1 |    |has| vector |
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault(NonZeroU32);

/// Done, or a fault and nothing changed.
pub(crate) type Done = Result<(), Fault>;

impl Fault {
    pub const UD: Self = Self::plain(vector::UD);
    pub const NM: Self = Self::plain(vector::NM);
    pub const DE: Self = Self::plain(vector::DE);
    pub const DB: Self = Self::plain(vector::DB);
    pub const BR: Self = Self::plain(vector::BR);
    pub const GP0: Self = Self::coded(vector::GP, 0);
    pub const SS0: Self = Self::coded(vector::SS, 0);
    pub const AC: Self = Self::coded(vector::AC, 0);
    pub const DF: Self = Self::coded(vector::DF, 0);

    const fn pack(word: u32) -> Self {
        match NonZeroU32::new(word | 1 << 15) {
            Some(word) => Self(word),
            None => unreachable!(),
        }
    }
    /// Without an error code.
    pub const fn plain(vector: u8) -> Self {
        Self::pack(vector as u32)
    }
    /// With an error code.
    pub const fn coded(vector: u8, error: u16) -> Self {
        Self::pack(vector as u32 | 1 << 8 | (error as u32) << 16)
    }
    /// #GP(selector): RPL does not count.
    pub const fn gp(selector: u16) -> Self {
        Self::coded(vector::GP, selector & 0xfffc)
    }
    /// #NP(selector).
    pub const fn np(selector: u16) -> Self {
        Self::coded(vector::NP, selector & 0xfffc)
    }
    /// #SS(selector).
    pub const fn ss(selector: u16) -> Self {
        Self::coded(vector::SS, selector & 0xfffc)
    }
    /// #TS(selector).
    pub const fn ts(selector: u16) -> Self {
        Self::coded(vector::TS, selector & 0xfffc)
    }
    /// The vector.
    pub const fn vector(self) -> u8 {
        self.0.get() as u8
    }
    /// The error code, if this exception pushes one.
    pub const fn error(self) -> Option<u32> {
        if self.0.get() & 1 << 8 != 0 {
            Some(self.0.get() >> 16)
        } else {
            None
        }
    }
}

impl core::fmt::Debug for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}({:x?})", vector::name(self.vector()), self.error())
    }
}
