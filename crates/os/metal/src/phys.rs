//! Physical memory through the direct map.
//!
//! The kernel never makes a reference to a page frame: it copies bytes in and out by physical
//! address. Frames that belong to Rust (the kernel image, the tables carved out at boot) are
//! refused for writing, so safe code cannot reach behind a reference. What it *can* break is
//! a page table; that is the paging code's responsibility, as in every kernel.
//!
//! User memory is reached the same way: the kernel walks the page tables of the address space
//! itself and then touches the frame here, so a bad user pointer can never fault the kernel.

use crate::boot::{DIRECT_MAP, DIRECT_MAP_SIZE};
use core::arch::asm;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes in a frame.
pub const FRAME: u64 = 4096;

/// Frames from here up are free for [`write`] and friends; below is Rust's.
static FREE_FROM: AtomicU64 = AtomicU64::new(u64::MAX);
/// End of memory.
static END: AtomicU64 = AtomicU64::new(0);

/// Tells where memory ends and where the image ends. Once, at boot.
///
/// # Panics
/// If called again, or with addresses outside the direct map.
pub fn init(image_end: u64, memory_end: u64) {
    assert!(END.load(Relaxed) == 0, "physical memory was set up twice");
    assert!(image_end < memory_end && memory_end <= DIRECT_MAP_SIZE);
    FREE_FROM.store(image_end.next_multiple_of(FRAME), Relaxed);
    END.store(memory_end, Relaxed);
}

/// A table in memory that [`carve`] set apart; empty when all zero.
#[derive(zerocopy::FromZeros)]
#[repr(C)]
pub struct Table<T> {
    at: u64,
    len: u64,
    of: PhantomData<T>,
}

/// Cuts a zeroed table of `count` elements from the front of free memory, for ever. For
/// tables whose size depends on how much memory there is.
///
/// # Panics
/// If there is not enough memory for it.
pub fn carve<T: zerocopy::FromZeros>(count: usize) -> Table<T> {
    let start = FREE_FROM.load(Relaxed);
    let bytes = (count * size_of::<T>()) as u64;
    let end = (start + bytes).next_multiple_of(FRAME);
    assert!(
        end < END.load(Relaxed),
        "not enough memory for the kernel's tables"
    );
    FREE_FROM.store(end, Relaxed);
    let at = DIRECT_MAP + start;
    // SAFETY: the memory exists (asserted), is mapped, and belongs to nobody yet.
    unsafe { core::ptr::write_bytes(at as *mut u8, 0, (end - start) as usize) };
    Table {
        at,
        len: count as u64,
        of: PhantomData,
    }
}

impl<T> Deref for Table<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: only `carve` makes a table with a length: the memory is there, aligned to a
        // page, was zeroed (a value of T), and every other access to it is refused.
        unsafe { core::slice::from_raw_parts(self.at as *const T, self.len as usize) }
    }
}

impl<T> DerefMut for Table<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        if self.len == 0 {
            return &mut [];
        }
        // SAFETY: as above, and the table cannot be cloned.
        unsafe { core::slice::from_raw_parts_mut(self.at as *mut T, self.len as usize) }
    }
}

/// First address that [`write`] and friends accept.
pub fn free_from() -> u64 {
    FREE_FROM.load(Relaxed)
}

#[inline(always)]
#[track_caller]
fn readable(at: u64, len: u64) -> *const u8 {
    if at.wrapping_add(len) > DIRECT_MAP_SIZE || at > DIRECT_MAP_SIZE {
        panic!("physical read of {len} bytes at {at:#x}: outside the direct map");
    }
    (DIRECT_MAP + at) as *const u8
}

#[inline(always)]
#[track_caller]
fn writable(at: u64, len: u64) -> *mut u8 {
    if at < FREE_FROM.load(Relaxed) || at.wrapping_add(len) > END.load(Relaxed) {
        panic!("physical write of {len} bytes at {at:#x}: not a free frame");
    }
    (DIRECT_MAP + at) as *mut u8
}

/// Reads eight bytes.
#[inline(always)]
#[track_caller]
pub fn read_u64(at: u64) -> u64 {
    let from = readable(at, 8).cast::<u64>();
    // SAFETY: mapped; volatile because the MMU writes to page tables too (A and D bits).
    unsafe { from.read_volatile() }
}

/// Writes eight bytes.
#[inline(always)]
#[track_caller]
pub fn write_u64(at: u64, value: u64) {
    let to = writable(at, 8).cast::<u64>();
    // SAFETY: mapped, and no Rust object lives there.
    unsafe { to.write_volatile(value) }
}

/// Reads four bytes.
#[inline(always)]
#[track_caller]
pub fn read_u32(at: u64) -> u32 {
    let from = readable(at, 4).cast::<u32>();
    // SAFETY: mapped.
    unsafe { from.read_volatile() }
}

/// Writes four bytes.
#[inline(always)]
#[track_caller]
pub fn write_u32(at: u64, value: u32) {
    let to = writable(at, 4).cast::<u32>();
    // SAFETY: mapped, and no Rust object lives there.
    unsafe { to.write_volatile(value) }
}

/// Index of the first of `count` eight-byte words at `at` that is not zero.
#[inline]
#[track_caller]
pub fn find_nonzero(at: u64, count: u64) -> Option<u64> {
    let words = readable(at, count * 8).cast::<u64>();
    let left: u64;
    let found: u64;
    // SAFETY: mapped. REPE SCASQ compares RAX with memory until they differ; what is left in
    // RCX tells where.
    unsafe {
        asm!(
            "xor {found:e}, {found:e}",
            "test rcx, rcx",
            "jz 2f",
            "repe scasq",
            "setne {found:l}",
            "2:",
            found = out(reg) found,
            inout("rcx") count => left,
            inout("rdi") words => _,
            in("rax") 0_u64,
            options(readonly, nostack),
        );
    }
    (found != 0).then(|| count - left - 1)
}

/// Whether these bytes are there.
#[inline]
#[track_caller]
pub fn equals(at: u64, bytes: &[u8]) -> bool {
    let there = readable(at, bytes.len() as u64);
    // SAFETY: mapped, and nobody writes while we look: there is one CPU.
    let there = unsafe { core::slice::from_raw_parts(there, bytes.len()) };
    there == bytes
}

/// Copies from physical memory into `out`.
#[inline]
#[track_caller]
pub fn read(at: u64, out: &mut [u8]) {
    let from = readable(at, out.len() as u64);
    // SAFETY: mapped; `out` is Rust's and lies elsewhere.
    unsafe { core::ptr::copy_nonoverlapping(from, out.as_mut_ptr(), out.len()) }
}

/// Copies `bytes` into physical memory.
#[inline]
#[track_caller]
pub fn write(at: u64, bytes: &[u8]) {
    let to = writable(at, bytes.len() as u64);
    // SAFETY: mapped, and no Rust object lives there.
    unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) }
}

/// Copies `len` bytes from one physical address to another; they may overlap.
#[inline]
#[track_caller]
pub fn copy(to: u64, from: u64, len: u64) {
    let (source, target) = (readable(from, len), writable(to, len));
    // SAFETY: both mapped, and no Rust object lives at the target.
    unsafe { core::ptr::copy(source, target, len as usize) }
}

/// Sets `len` bytes to zero.
#[inline]
#[track_caller]
pub fn zero(at: u64, len: u64) {
    let to = writable(at, len);
    // SAFETY: mapped, and no Rust object lives there.
    unsafe { core::ptr::write_bytes(to, 0, len as usize) }
}
