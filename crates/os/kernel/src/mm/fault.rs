//! Demand paging, copy-on-write, growing stacks.
//!
//! A page fault is a question: may this program do this here? The areas know the answer, and
//! if it is yes, the page tables are brought to agree. The same code serves the kernel when
//! *it* needs a user page ([`super::user`]), so there is one set of rules.
//!
//! ```text
//!  in no area          grow the stack, or SIGSEGV
//!  area forbids it     SIGSEGV
//!  page is there       a write to a copy-on-write page: copy, or just take it if nobody
//!                      else holds it
//!  page is not there   anonymous: a frame of zeros
//!                      file, only read: the page cache's own frame, shared
//!                      file, written and private: a copy of it
//! ```

use crate::fs::tmpfs;
use crate::kernel::Kernel;
use crate::limits::STACK_MAX;
use crate::mm::area::{self, EXEC, READ, WRITE};
use crate::mm::frame::{self, Owner};
use crate::mm::{PAGE, USER_END, page_floor, paging};
use abi::Errno;
use metal::{phys, reg};
use objects::NONE;
use objects::kernel::{Vma, frame as kind, vma};
use x86::paging::pte;

/// Why a page cannot be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// No area there (SIGSEGV, SEGV_MAPERR).
    Unmapped,
    /// The area forbids the access (SIGSEGV, SEGV_ACCERR).
    Forbidden,
    /// A page of a file beyond the file's end (SIGBUS).
    BeyondFile,
    /// No memory, even after killing for it.
    NoMemory,
}

impl From<Errno> for Refused {
    fn from(_: Errno) -> Self {
        Self::NoMemory
    }
}

/// Makes the page of `address` usable for `access` ([`READ`], [`WRITE`] or [`EXEC`]) in
/// `mm`, and says which frame it is.
///
/// # Errors
/// See [`Refused`].
pub fn page(k: &mut Kernel, mm: u32, address: u64, access: u32) -> Result<u64, Refused> {
    if address >= USER_END {
        return Err(Refused::Unmapped);
    }
    let va = page_floor(address);
    if let Some(at) = paging::entry(k.mms[mm as usize].cr3, va) {
        let entry = phys::read_u64(at);
        if entry & pte::P != 0 && allows(entry, access) {
            return Ok(entry & pte::FRAME);
        }
    }
    let area = find_or_grow(k, mm, address)?;
    // On x86 a page that can be written or executed can be read.
    let readable = if area.prot != 0 { area.prot | READ } else { 0 };
    if readable & access == 0 {
        return Err(Refused::Forbidden);
    }
    let owner = paging::table_owner(k, mm);
    let at = paging::make_entry(k, mm, va, owner)?;
    let old = phys::read_u64(at);
    let entry = if old & pte::P != 0 {
        copy_on_write(k, old, &area, owner)?
    } else {
        let entry = first_touch(k, &area, va, access, owner)?;
        k.mms[mm as usize].resident += 1;
        entry
    };
    phys::write_u64(at, entry);
    if old & pte::P != 0 && paging::is_loaded(k, mm) {
        reg::invlpg(va);
    }
    Ok(entry & pte::FRAME)
}

/// Whether a present entry permits the access as it stands. One without U belongs to an area
/// that mprotect took every right from.
fn allows(entry: u64, access: u32) -> bool {
    entry & pte::U != 0
        && match access {
            WRITE => entry & pte::W != 0,
            EXEC => entry & pte::NX == 0,
            _ => true,
        }
}

fn find_or_grow(k: &mut Kernel, mm: u32, address: u64) -> Result<Vma, Refused> {
    let space = &mut k.mms[mm as usize];
    if let Some(area) = area::find(space, address) {
        return Ok(*area);
    }
    let n = area::growable_stack(space, address, STACK_MAX).ok_or(Refused::Unmapped)?;
    space.areas[n].start = page_floor(address);
    Ok(space.areas[n])
}

/// The permission bits of a leaf entry in an area with `prot`.
fn permissions(prot: u32) -> u64 {
    let writable = if prot & WRITE != 0 { pte::W } else { 0 };
    let no_execute = if prot & EXEC == 0 { pte::NX } else { 0 };
    pte::P | pte::U | writable | no_execute
}

/// A write (or, after mprotect, another access) to a page that is there.
fn copy_on_write(k: &mut Kernel, old: u64, area: &Vma, owner: Owner) -> Result<u64, Refused> {
    let from = old & pte::FRAME;
    if area.shared != 0 {
        return Ok(from | permissions(area.prot));
    }
    if old & paging::COW == 0 || area.prot & WRITE == 0 {
        return Ok(from | permissions(area.prot) & !pte::W | old & (pte::W | paging::COW));
    }
    let anonymous = k.frames[(from / PAGE) as usize].kind == kind::ANON;
    if anonymous && frame::holders(k, from) == 1 {
        // The other side has made its copy already, or ended: this one is ours alone.
        return Ok(from | permissions(area.prot));
    }
    let to = frame::alloc_dirty(k, kind::ANON, owner)?;
    phys::copy(to, from, PAGE);
    frame::leave(k, from, u32::from(owner.mm));
    Ok(to | permissions(area.prot))
}

/// A page that nobody touched yet.
fn first_touch(
    k: &mut Kernel,
    area: &Vma,
    va: u64,
    access: u32,
    owner: Owner,
) -> Result<u64, Refused> {
    let permissions = permissions(area.prot);
    let offset = va - area.start;
    if area.inode == NONE || offset >= area.file_bytes {
        // Behind a program's data come zeros (.bss); behind a mapped file comes nothing.
        if area.inode != NONE && area.kind == vma::MAPPED {
            return Err(Refused::BeyondFile);
        }
        return Ok(frame::alloc(k, kind::ANON, owner)? | permissions);
    }
    let in_file = (area.file_bytes - offset).min(PAGE);
    let page = (area.offset + offset) / PAGE;
    if area.shared != 0 {
        let cached = tmpfs::page(k, area.inode, page, true)?;
        frame::share(k, cached);
        return Ok(cached | permissions);
    }
    // A hole in the file reads as zeros, and so does what lies beyond its end.
    let cached = tmpfs::find_page(k, area.inode, page);
    match cached {
        Some(cached) if in_file == PAGE && access != WRITE => {
            frame::share(k, cached);
            let cow = if permissions & pte::W != 0 {
                paging::COW
            } else {
                0
            };
            Ok(cached | permissions & !pte::W | cow)
        }
        Some(cached) => {
            let own = frame::alloc(k, kind::ANON, owner)?;
            phys::copy(own, cached, in_file);
            Ok(own | permissions)
        }
        None if tmpfs::size(k, area.inode) <= area.offset + offset => Err(Refused::BeyondFile),
        None => Ok(frame::alloc(k, kind::ANON, owner)? | permissions),
    }
}
