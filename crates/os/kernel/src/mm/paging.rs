//! Page tables: map, look up, take apart.
//!
//! Four levels of 512 entries, each table a frame. The lower half of the PML4 is the
//! program's; entries 273 and 511 are the kernel's, the same in every address space.
//!
//! A leaf entry carries one bit of our own among those that the CPU ignores:
//! [`COW`]: "would be writable, but somebody else holds the frame too".

use crate::kernel::Kernel;
use crate::mm::frame::{self, Owner};
use abi::Errno;
use metal::{boot, phys, reg};
use objects::kernel::frame as kind;
use x86::paging::pte::{FRAME, P, U, W};

/// Copy-on-write: bit 9, one of the three left to software.
pub const COW: u64 = 1 << 9;

/// A new PML4 that has the kernel's half.
///
/// # Errors
/// ENOMEM.
pub fn new_root(k: &mut Kernel, owner: Owner) -> Result<u64, Errno> {
    let root = frame::alloc(k, kind::TABLE, owner)?;
    for entry in [273, 511] {
        let shared = phys::read_u64(boot::boot_tables() + entry * 8);
        phys::write_u64(root + entry * 8, shared);
    }
    Ok(root)
}

fn index(va: u64, level: u32) -> u64 {
    va >> (12 + 9 * (level - 1)) & 511
}

/// Where the leaf entry for `va` is, if all tables above it exist.
pub fn entry(root: u64, va: u64) -> Option<u64> {
    let mut table = root;
    for level in [4, 3, 2] {
        let entry = phys::read_u64(table + index(va, level) * 8);
        if entry & P == 0 {
            return None;
        }
        table = entry & FRAME;
    }
    Some(table + index(va, 1) * 8)
}

/// Where the leaf entry for `va` is; missing tables are made and counted to `mm`.
///
/// # Errors
/// ENOMEM.
pub fn make_entry(k: &mut Kernel, mm: u32, va: u64, owner: Owner) -> Result<u64, Errno> {
    let mut table = k.mms[mm as usize].cr3;
    for level in [4, 3, 2] {
        let at = table + index(va, level) * 8;
        let mut entry = phys::read_u64(at);
        if entry & P == 0 {
            let new = frame::alloc(k, kind::TABLE, owner)?;
            k.mms[mm as usize].table_frames += 1;
            // Permissions are decided in the leaf; the levels above allow everything.
            entry = new | P | W | U;
            phys::write_u64(at, entry);
        }
        table = entry & FRAME;
    }
    Ok(table + index(va, 1) * 8)
}

/// Calls `each(k, entry_at, va)` for every present leaf entry in `start..end`. Skips what
/// has no table, so a sparse range costs little.
pub fn for_each(
    k: &mut Kernel,
    root: u64,
    start: u64,
    end: u64,
    mut each: impl FnMut(&mut Kernel, u64, u64) -> Result<(), Errno>,
) -> Result<(), Errno> {
    let mut va = start;
    'pages: while va < end {
        let mut table = root;
        for level in [4, 3, 2] {
            let entry = phys::read_u64(table + index(va, level) * 8);
            if entry & P == 0 {
                // Nothing below this entry: on to the next one at its level.
                let span = 1u64 << (12 + 9 * (level - 1));
                va = (va & !(span - 1)).saturating_add(span);
                continue 'pages;
            }
            table = entry & FRAME;
        }
        // Within one page table, walk its entries without coming down again.
        let stop = ((va & !0x1f_ffff) + 0x20_0000).min(end);
        while va < stop {
            let at = table + index(va, 1) * 8;
            if phys::read_u64(at) & P != 0 {
                each(k, at, va)?;
            }
            va += 4096;
        }
    }
    Ok(())
}

/// Removes the mappings of `start..end` and lets go of their frames. Tables stay.
pub fn unmap(k: &mut Kernel, mm: u32, start: u64, end: u64) {
    let root = k.mms[mm as usize].cr3;
    let flush = is_loaded(k, mm);
    let done = for_each(k, root, start, end, |k, at, va| {
        let entry = phys::read_u64(at);
        phys::write_u64(at, 0);
        if flush {
            reg::invlpg(va);
        }
        k.mms[mm as usize].resident -= 1;
        frame::leave(k, entry & FRAME, mm);
        Ok(())
    });
    debug_assert!(done.is_ok());
}

/// Frees the tables of the program's half and the PML4 itself. The leaves must be gone.
pub fn free_tables(k: &mut Kernel, root: u64) {
    fn free(k: &mut Kernel, table: u64, level: u32, entries: u64) {
        if level > 1 {
            let mut n = 0;
            // Tables are mostly empty: one string instruction skips what is.
            while let Some(empty) = phys::find_nonzero(table + n * 8, entries - n) {
                n += empty;
                let entry = phys::read_u64(table + n * 8);
                free(k, entry & FRAME, level - 1, 512);
                n += 1;
            }
        }
        frame::release(k, table);
    }
    free(k, root, 4, 256);
}

/// Whether the CPU translates by this address space now, and may have cached it.
pub fn is_loaded(k: &Kernel, mm: u32) -> bool {
    k.loaded_cr3 == k.mms[mm as usize].cr3
}

/// Makes the CPU translate by `root`; drops what it cached of the last one.
pub fn load(k: &mut Kernel, root: u64) {
    if k.loaded_cr3 != root {
        k.loaded_cr3 = root;
        reg::write_cr3(root);
    }
}

/// An owner for tables of `mm` that the current task pays for.
pub fn table_owner(k: &Kernel, mm: u32) -> Owner {
    Owner {
        mm: mm as u16,
        ..frame::current_owner(k)
    }
}
