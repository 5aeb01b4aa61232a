//! The kernel's own part of every address space.
//!
//! The boot code mapped the kernel coarsely, everything writable and executable. This module
//! replaces that: 4-KiB pages with the permissions that the linker script laid out, no
//! identity mapping, no execution in the direct map; and a region for kernel stacks, each
//! with an unmapped guard page below it, so that an overflow faults instead of eating its
//! neighbour.
//!
//! ```text
//!  0xffff888000000000  direct map of RAM                     rw-   2-MiB pages
//!  0xffffffff80100000  code                                  r-x
//!                      constants                             r--
//!                      data, .bss                            rw-
//!  0xffffffffa0000000  kernel stacks, 32 KiB a task slot     rw-
//!                      | unmapped guard | … | stack frames |
//! ```
//!
//! Every address space shares these tables through its PML4 entries 273 and 511, so a
//! change here needs no loop over address spaces.

use crate::boot::{self, KERNEL_BASE};
use crate::context::Stack;
use crate::{Global, reg};
use x86::paging::pte::{FRAME, G, NX, P, W};

/// Frames in a kernel stack.
pub const STACK_FRAMES: usize = 4;
/// How many stacks there is room for.
pub const STACKS: usize = 128;
/// Pages that a stack and its guard take in virtual memory.
const STACK_PAGES: usize = 8;
/// Where the first stack's region begins.
const STACK_BASE: u64 = 0xffff_ffff_a000_0000;
/// Page tables for the image: 2 MiB each.
const IMAGE_TABLES: usize = 2;
const STACK_TABLES: usize = STACKS * STACK_PAGES / 512;

#[derive(zerocopy::FromZeros)]
#[repr(C, align(4096))]
struct Tables {
    directory: [u64; 512],
    image: [[u64; 512]; IMAGE_TABLES],
    stacks: [[u64; 512]; STACK_TABLES],
}

static TABLES: Global<Tables> = Global::zeroed();

unsafe extern "C" {
    static mut boot_pml4: [u64; 512];
    static mut boot_pdpt_high: [u64; 512];
}

/// Physical address of something in the kernel image.
fn physical<T>(thing: *const T) -> u64 {
    thing.addr() as u64 - KERNEL_BASE
}

/// Maps the kernel as it should be, and turns on what protects it.
///
/// # Panics
/// If the image is larger than the tables reserved for it.
pub fn init() {
    let image = boot::image();
    assert!(
        image.end <= (IMAGE_TABLES as u64) << 21,
        "the kernel image ends above {IMAGE_TABLES} page tables"
    );
    let mut tables = TABLES.lock();
    let tables = &mut *tables;
    for at in (image.start..image.end).step_by(4096) {
        let permissions = if at < image.text_end {
            P | G
        } else if at < image.rodata_end {
            P | G | NX
        } else {
            P | G | W | NX
        };
        if at == boot::stack_guard() {
            continue;
        }
        tables.image[(at >> 21) as usize][(at >> 12 & 511) as usize] = at | permissions;
    }
    for (n, table) in tables.image.iter().enumerate() {
        tables.directory[n] = physical(table) | P | W;
    }
    let first = (STACK_BASE >> 21 & 511) as usize;
    for (n, table) in tables.stacks.iter().enumerate() {
        tables.directory[first + n] = physical(table) | P | W;
    }
    // SAFETY: the new tables map the running code, its data and the boot stack where they
    // are; nothing runs or points below.
    unsafe {
        (&raw mut boot_pdpt_high)
            .cast::<u64>()
            .add(510)
            .write(physical(&tables.directory) | P | W);
        let pml4 = (&raw mut boot_pml4).cast::<u64>();
        pml4.write(0);
        *pml4.add(273) |= NX;
    }
    use x86::reg::cr4::{PAE, PGE, SMEP};
    let smep = reg::cpuid(0, 0)[0] >= 7 && reg::cpuid(7, 0)[1] & 1 << 7 != 0;
    // PGE comes on before the CR3 load: that drops what was cached without it.
    reg::write_cr4(PAE | PGE | if smep { SMEP } else { 0 });
    reg::write_cr3(boot::boot_tables());
}

/// Maps `frames` as the kernel stack of task slot `slot`.
///
/// # Panics
/// If the slot has a stack already, or there is no such slot.
pub fn map_stack(slot: usize, frames: [u64; STACK_FRAMES]) -> Stack {
    assert!(slot < STACKS);
    let end_page = (slot + 1) * STACK_PAGES;
    let mut tables = TABLES.lock();
    for (n, frame) in frames.into_iter().enumerate() {
        let page = end_page - STACK_FRAMES + n;
        let entry = &mut tables.stacks[page / 512][page % 512];
        assert!(*entry == 0, "task slot {slot} has a kernel stack already");
        assert!(frame & !FRAME == 0 && frame >= crate::phys::free_from());
        *entry = frame | P | W | G | NX;
    }
    Stack(STACK_BASE + (end_page * 4096) as u64)
}

/// Which task slot's guard page `address` lies in, if it lies in one: for telling a stack
/// overflow from any other fault.
pub fn stack_guard(address: u64) -> Option<usize> {
    let page = address.checked_sub(STACK_BASE)? as usize / 4096;
    let guard = page % STACK_PAGES < STACK_PAGES - STACK_FRAMES;
    (page / STACK_PAGES < STACKS && guard).then_some(page / STACK_PAGES)
}
