//! Memory: frames, page tables, areas, faults.
//!
//! | module | what |
//! |---|---|
//! | [`frame`] | who has which 4-KiB frame of physical memory |
//! | [`paging`] | page tables: map, look up, take apart |
//! | [`area`] | what an address space is made of (pure) |
//! | [`space`] | address spaces: make, copy, drop |
//! | [`fault`] | demand paging, copy-on-write, growing stacks |
//! | [`user`] | bytes between the kernel and a program |
//! | [`oom`] | whom to kill when memory runs out |
//! | [`calls`] | brk, mmap, munmap, mprotect |

pub mod area;
#[cfg(target_os = "none")]
pub mod calls;
#[cfg(target_os = "none")]
pub mod fault;
#[cfg(target_os = "none")]
pub mod frame;
#[cfg(target_os = "none")]
pub mod oom;
#[cfg(target_os = "none")]
pub mod paging;
#[cfg(target_os = "none")]
pub mod space;
#[cfg(target_os = "none")]
pub mod user;

/// Bytes in a page.
pub const PAGE: u64 = 4096;
/// First address that is not a program's: the last page below the canonical hole is left
/// out, as Linux does, because a SYSCALL at its very end would return to a bad address.
pub const USER_END: u64 = 0x7fff_ffff_f000;
/// Lowest address that can be mapped (vm.mmap_min_addr): a null pointer must fault.
pub const USER_START: u64 = 0x1_0000;

/// `address` rounded down to its page.
pub const fn page_floor(address: u64) -> u64 {
    address & !(PAGE - 1)
}

/// `address` rounded up to a page; wraps at the top.
pub const fn page_ceil(address: u64) -> u64 {
    address.wrapping_add(PAGE - 1) & !(PAGE - 1)
}
