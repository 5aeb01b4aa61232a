//! The heap: power-of-two blocks cut from the program break, and a free list for each size.
//!
//! A program here lives briefly or holds little, so blocks go back to their list and never to
//! the kernel. Blocks of 64 KiB and more come straight from `mmap` and do go back.

use super::call;
use abi::system::mmap::{MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE};
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

/// Smallest block; also the alignment that every block has.
const SMALLEST: usize = 16;
/// Classes 16, 32 … 32 KiB.
const CLASSES: usize = 12;
/// How far the break moves at a time.
const STEP: usize = 16 * 1024;

struct Lists {
    /// The first free block of each class; a free block holds the address of the next.
    free: [*mut u8; CLASSES],
    /// The part of the break that no block has been cut from yet.
    next: usize,
    end: usize,
}

struct Heap(UnsafeCell<Lists>);

// SAFETY: programs here have one thread, and signal handlers do not allocate.
unsafe impl Sync for Heap {}

#[cfg_attr(target_os = "none", global_allocator)]
#[cfg_attr(not(target_os = "none"), allow(dead_code))]
static HEAP: Heap = Heap(UnsafeCell::new(Lists {
    free: [null_mut(); CLASSES],
    next: 0,
    end: 0,
}));

/// The class of blocks of at least `size` bytes, or `None` for a size that `mmap` serves.
fn class(layout: Layout) -> Option<usize> {
    let size = layout.size().max(layout.align()).max(SMALLEST);
    let class = (size.next_power_of_two() / SMALLEST).trailing_zeros() as usize;
    (class < CLASSES).then_some(class)
}

// SAFETY: a block is at least as long as asked and aligned to its own size (cut from a break
// that is aligned up first), or to a page; it is on no list while it is in use.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class(layout) else {
            return large(layout);
        };
        // SAFETY: one thread, and `lists` does not outlive this call.
        let lists = unsafe { &mut *self.0.get() };
        let block = lists.free[class];
        if block.is_null() {
            return lists.cut(SMALLEST << class);
        }
        // SAFETY: a block on the list holds the address of the next one.
        lists.free[class] = unsafe { block.cast::<*mut u8>().read() };
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = class(layout) else {
            // SAFETY: `large` mapped exactly these pages.
            let _ = unsafe { call::munmap(block as u64, layout.size() as u64) };
            return;
        };
        // SAFETY: one thread; the block is ours again and has room for an address.
        unsafe {
            let lists = &mut *self.0.get();
            block.cast::<*mut u8>().write(lists.free[class]);
            lists.free[class] = block;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller gives a size that makes a layout.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if let (Some(old), Some(new)) = (class(layout), class(wanted))
            && old == new
        {
            return block; // it has room already
        }
        // SAFETY: the old block is valid for its length and is given back once.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                block.copy_to_nonoverlapping(moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

impl Lists {
    /// A new block of `size` bytes from the break, or null when the kernel refuses.
    fn cut(&mut self, size: usize) -> *mut u8 {
        if self.end == 0 {
            // SAFETY: break 0 asks where the break is and changes nothing.
            let Ok(now) = (unsafe { call::brk(0) }) else {
                return null_mut();
            };
            (self.next, self.end) = (now as usize, now as usize);
        }
        let start = self.next.next_multiple_of(size);
        if start + size > self.end {
            let end = (start + size).next_multiple_of(STEP);
            // SAFETY: the break only grows, and nobody else in this program moves it. A kernel
            // that refuses returns the old break.
            match unsafe { call::brk(end as u64) } {
                Ok(got) if got as usize >= end => self.end = end,
                _ => return null_mut(),
            }
        }
        self.next = start + size;
        start as *mut u8
    }
}

fn large(layout: Layout) -> *mut u8 {
    let (size, prot, flags) = (
        layout.size() as u64,
        PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS,
    );
    // SAFETY: a new private mapping overlaps nothing.
    match unsafe { call::mmap(0, size, prot, flags, u64::MAX, 0) } {
        Ok(at) => at as *mut u8,
        Err(_) => null_mut(),
    }
}
