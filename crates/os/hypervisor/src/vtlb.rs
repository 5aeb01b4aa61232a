//! # 32. The page fault: whose is it?
//!
//! Most page faults of a guest are none of its business. The real MMU found nothing in the
//! shadow tables, so we walk the guest's:
//!
//! - the guest's tables refuse, too: a **true** fault, reflected to the guest;
//! - they allow it: a **hidden** fault. We fill the shadow in and the guest never knows.
//!
//! A TLB remembers the dirty bit as well: a page that was only read is entered read-only,
//! whatever the guest's tables say, so that the first write comes back here and D can be set.

use metal::world::SLOT;
use objects::hypervisor::exit;
use x86::paging::{PagingMode, pte};
use x86::vector::pf;

use crate::guest::{Guest, Outcome, Stop};
use crate::memory::{Access, Place};
use crate::shadow::{Leaf, View, is_ours};

const LARGE: u64 = 1 << 21;

/// A page fault of the real CPU, at `address` with the real `error`.
pub fn page_fault(g: &mut Guest<'_>, address: u64, error: u32) -> Outcome {
    let access =
        Access { write: error & pf::WRITE != 0, fetch: error & pf::FETCH != 0, user: g.in_user() };
    let place = match g.walk(address, access) {
        Ok(place) => place,
        Err(stop) => {
            g.count(exit::TRUE_FAULT);
            return Err(stop);
        }
    };
    g.count(exit::HIDDEN_FAULT);
    if !g.in_long_mode() && address >> 32 != 0 {
        // It found our own 64-bit selector: see metal's rule of the high selectors.
        return Err(g.kill(format_args!("it used {address:#x} although it is in a 32-bit mode")));
    }
    if is_ours(address) {
        return Err(compression(g));
    }
    let leaf = leaf(g, address, access, place)?;
    let view = if access.user { View::User } else { View::Kernel };
    if g.own.shadow.fill(view, address, leaf) {
        forget(g);
    }
    g.vm.shadow_frames = g.own.shadow.used();
    // The CPU may remember that the page was read-only.
    g.own.stale.drop_page(address);
    Ok(())
}

/// [H:32.1] From the guest's entry to ours.
fn leaf(g: &mut Guest<'_>, va: u64, access: Access, place: Place) -> Outcome<Leaf> {
    // A read-only page may still be written by a kernel that cleared CR0.WP. That is easy to
    // grant, because the programs' view is another root.
    let writable = (place.writable || !access.user && !g.write_protect()) && place.dirty;
    let no_execute = place.no_execute || !access.user && g.smep() && place.user;
    let mut entry = pte::P | pte::U | pte::A | pte::D;
    if no_execute {
        entry |= pte::NX;
    }
    let global = place.global;
    // One large entry serves if the guest's page is large and all of it is memory. (VMs' memory
    // begins at a multiple of 2 MiB.)
    if place.page_bits >= 21 {
        if let Some(at) = g.host(place.gpa & !(LARGE - 1), LARGE) {
            if place.page_bits > 21 && g.paging() != PagingMode::Off {
                g.own.shadow.note_fragment();
            }
            entry |= at | if writable { pte::W } else { 0 };
            return Ok(Leaf { entry, large: true, global });
        }
        g.own.shadow.note_fragment();
    }
    match g.host(place.gpa & !0xfff, 0x1000) {
        Some(at) => entry |= at | if writable { pte::W } else { 0 },
        // Nothing answers there. Reading such an address gives ones on a PC; writing it is
        // a wild pointer, and the end.
        None if access.write => return Err(g.beyond(va, place.gpa)),
        None => entry |= g.own.shadow.ones(),
    }
    Ok(Leaf { entry, large: false, global })
}

/// [H:32.2] CR0.PG or WP, CR4, EFER.NXE changed, or the pool ran over: nothing holds any more.
pub fn flush_all(g: &mut Guest<'_>) {
    g.own.shadow.flush_all();
    g.own.walks.clear();
    forget(g);
}

/// A CR3 load: global pages stay if the guest has CR4.PGE.
pub fn flush_space(g: &mut Guest<'_>) {
    if g.cpu.cr4 & x86::reg::cr4::PGE == 0 {
        return flush_all(g);
    }
    g.own.shadow.flush_passing();
    g.own.walks.clear_passing();
    forget(g);
}

/// INVLPG.
pub fn flush_page(g: &mut Guest<'_>, va: u64) {
    if g.own.shadow.drop_page(va) {
        g.own.walks.clear_page(va);
        g.own.stale.drop_page(va);
    } else {
        flush_all(g);
    }
}

/// The real TLB follows.
fn forget(g: &mut Guest<'_>) {
    g.own.stale.tlb = true;
    g.vm.shadow_frames = g.own.shadow.used();
}

/// [H:32.3] Address-space compression. In 64-bit mode there are no segment limits to hide
/// behind, so we live in the guest's address space, in one of its 512 top-level slots, and
/// a guest that wants that very slot cannot be served.
pub fn check_slot(g: &mut Guest<'_>, cr3: u64) -> Outcome {
    let entry_at = (cr3 & pte::FRAME) + SLOT as u64 * 8;
    let Some(at) = g.host(entry_at, 8) else {
        let mib = g.vm.memory_bytes >> 20;
        return Err(g.kill(format_args!(
            "it loaded CR3 with {cr3:#x}, which is outside its {mib} MiB of memory"
        )));
    };
    if g.own.ram.read_u64(at) & pte::P != 0 {
        return Err(compression(g));
    }
    Ok(())
}

fn compression(g: &mut Guest<'_>) -> Stop {
    g.kill(format_args!(
        "its page tables map slot {SLOT} (0xfffffe8000000000), where the hypervisor lives"
    ))
}
