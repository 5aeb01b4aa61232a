//! What the kernel and the hypervisor keep in memory, laid out for an outside reader.
//!
//! These structures are not copies made for a viewer: the kernel's task table *is* an array
//! of [`kernel::Task`], and the inspector reads it out of emulated memory through the page
//! tables. Everything is `repr(C)`, made of fixed-size integers (`u64`, not `usize`) and small
//! ids into tables, so it means the same on both sides of the glass. Id 0 is a real object
//! (the initial one) in every table of namespaces and cgroups; [`NONE`] means "none".
//!
//! A reader finds the symbol `KERNEL_ROOT` (or `HYPERVISOR_ROOT`) in the image's ELF symbol
//! table, checks [`kernel::Root::magic`], and follows the [`Table`]s.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod hypervisor;
pub mod kernel;

/// "No object": the id that belongs to nothing.
pub const NONE: u32 = u32::MAX;

/// An array in guest memory.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Table {
    /// Virtual address of the first element, in the owner's address space.
    pub base: u64,
    /// How many elements there are, used or not.
    pub len: u64,
    /// Bytes from one element to the next: `size_of` its type.
    pub stride: u64,
}

/// A short name in a fixed field: UTF-8, padded with zeros.
pub type Name<const N: usize> = [u8; N];

/// Fills a fixed name field, cutting at its size.
pub const fn name<const N: usize>(text: &[u8]) -> Name<N> {
    let mut out = [0; N];
    let mut i = 0;
    while i < text.len() && i < N - 1 {
        out[i] = text[i];
        i += 1;
    }
    out
}

/// The text of a fixed name field, up to its first zero; `""` if it is not UTF-8.
pub fn text(name: &[u8]) -> &str {
    let end = name.iter().position(|&b| b == 0).unwrap_or(name.len());
    core::str::from_utf8(&name[..end]).unwrap_or("")
}
