//! The guests as bytes: firmware, hypervisor, kernel and initramfs, cross-built by build.rs.
//!
//! Whoever starts a machine takes its software from here: the page (in Wasm), the command
//! line and the tests run the very same bytes. [`cpio`] makes archives that go behind
//! [`INITRAMFS`] and lay more files over it.

#![forbid(unsafe_code)]

pub mod cpio;

/// The boot ROM: 64 KiB as they appear below 4 GiB and below 1 MiB; the reset vector is at
/// offset 0xFFF0.
pub static FIRMWARE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/firmware"));

/// The hypervisor, an ELF64 file with a PVH entry.
pub static HYPERVISOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hypervisor"));

/// The kernel, an ELF64 file with a PVH entry.
pub static KERNEL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/kernel"));

/// The first file system, a `newc` cpio archive: `/init`, `/bin`, and the container images
/// below `/images`.
pub static INITRAMFS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/initramfs"));

/// The programs, one static ELF64 file that is `init`, `sh`, `ls` … by the name it is called: a
/// part of [`INITRAMFS`].
pub static USER: &[u8] = {
    const AT: (usize, usize) = include!(concat!(env!("OUT_DIR"), "/user-range.rs"));
    INITRAMFS.split_at(AT.0).1.split_at(AT.1).0
};
