//! Address spaces: make, copy, drop.
//!
//! fork copies no memory. Both sides keep the same frames, marked copy-on-write; the first
//! write on either side makes the copy ([`super::fault`]).

use crate::fs::Path;
use crate::fs::tmpfs;
use crate::kernel::Kernel;
use crate::mm::frame::{self, Owner};
use crate::mm::paging;
use abi::Errno;
use metal::{boot, phys, reg};
use objects::NONE;
use objects::kernel::Mm;
use x86::paging::pte::{FRAME, W};
use zerocopy::FromZeros;

/// What of an address space only the kernel needs.
#[derive(Clone, Copy, FromZeros)]
#[repr(C)]
pub struct MmPrivate {
    /// Where the program's arguments are: /proc/PID/cmdline.
    pub arg_start: u64,
    /// End of the arguments.
    pub arg_end: u64,
    /// Where its environment is.
    pub env_start: u64,
    /// End of the environment.
    pub env_end: u64,
    /// The program: /proc/PID/exe.
    pub exe: Path,
}

/// A new address space with nothing in it, used once.
///
/// # Errors
/// ENOMEM.
pub fn new(k: &mut Kernel) -> Result<u32, Errno> {
    let id = k
        .mms
        .iter()
        .position(|mm| mm.refs == 0)
        .ok_or(Errno::ENOMEM)?;
    let owner = Owner {
        mm: id as u16,
        ..frame::current_owner(k)
    };
    let cr3 = paging::new_root(k, owner)?;
    k.mms[id] = Mm {
        refs: 1,
        cr3,
        table_frames: 1,
        ..Mm::new_zeroed()
    };
    k.mm_private[id] = MmPrivate::new_zeroed();
    Ok(id as u32)
}

/// A copy of `parent` for fork: the same areas, the same frames, copy-on-write.
///
/// # Errors
/// ENOMEM.
pub fn copy(k: &mut Kernel, parent: u32) -> Result<u32, Errno> {
    let child = new(k)?;
    let (from, to) = (parent as usize, child as usize);
    k.mms[to] = Mm {
        count: k.mms[from].count,
        brk_start: k.mms[from].brk_start,
        brk: k.mms[from].brk,
        areas: k.mms[from].areas,
        ..k.mms[to]
    };
    k.mm_private[to] = k.mm_private[from];
    let owner = paging::table_owner(k, child);
    for n in 0..k.mms[from].count as usize {
        let area = k.mms[from].areas[n];
        let root = k.mms[from].cr3;
        let done = paging::for_each(k, root, area.start, area.end, |k, at, va| {
            // The child's table first: if there is no memory for it, nothing is half done.
            let child_at = paging::make_entry(k, child, va, owner)?;
            let mut entry = phys::read_u64(at);
            if area.shared == 0 && entry & W != 0 {
                entry = entry & !W | paging::COW;
                phys::write_u64(at, entry);
            }
            phys::write_u64(child_at, entry);
            frame::share(k, entry & FRAME);
            k.mms[to].resident += 1;
            Ok(())
        });
        if let Err(error) = done {
            flush(k, parent);
            release(k, child);
            return Err(error);
        }
    }
    flush(k, parent);
    Ok(child)
}

/// Drops every cached translation of `mm`, after many of its entries changed.
fn flush(k: &Kernel, mm: u32) {
    if paging::is_loaded(k, mm) {
        reg::write_cr3(k.mms[mm as usize].cr3);
    }
}

/// Gives all user pages of `mm` back; the areas go too.
pub fn clear(k: &mut Kernel, mm: u32) {
    // Pages are only where areas are.
    let areas = k.mms[mm as usize].areas;
    let count = core::mem::take(&mut k.mms[mm as usize].count);
    for area in &areas[..count as usize] {
        paging::unmap(k, mm, area.start, area.end);
    }
    for area in &areas[..count as usize] {
        if area.inode != NONE {
            tmpfs::let_go(k, area.inode);
        }
    }
}

/// One user less; the last one takes the address space apart.
pub fn release(k: &mut Kernel, mm: u32) {
    let id = mm as usize;
    k.mms[id].refs -= 1;
    if k.mms[id].refs > 0 {
        return;
    }
    // Counted as in use while it is taken apart: the pages still belong to it.
    k.mms[id].refs = 1;
    clear(k, mm);
    let root = k.mms[id].cr3;
    if k.loaded_cr3 == root {
        paging::load(k, boot::boot_tables());
    }
    paging::free_tables(k, root);
    k.mms[id] = Mm::new_zeroed();
    k.mm_private[id] = MmPrivate::new_zeroed();
}
