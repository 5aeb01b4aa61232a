//! From virtual to physical: TLB, page walk, permissions, accessed and dirty bits
//! (APM vol. 2 §5.4 to §5.6).
//!
//! The fast path never comes here. Whether an access is a *miss* depends only on the TLB,
//! which depends only on the program; so walks, and the events that tell of them, are the same in every replay.

use crate::fault::Fault;
use crate::run::Run;
use crate::tlb::{Entry, Tag};
use crate::{Bus, Page};
use probe::{Event, Flush, Probe};
use x86::paging::{self, PagingMode, WalkFault, pte};
use x86::reg::{cr0, cr4, efer, rflags};
use x86::vector::{self, pf};

/// What an access wants of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Access {
    pub write: bool,
    pub fetch: bool,
    /// With the rights of CPL 3.
    pub user: bool,
    /// By the CPU on its own account (descriptor tables, TSS): SMAP makes no exception.
    pub implicit: bool,
}

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// Translates a fetch.
    pub fn translate_fetch(&mut self, va: u64) -> Result<u64, Fault> {
        let access = Access {
            write: false,
            fetch: true,
            user: self.state.cpl == 3,
            implicit: false,
        };
        if self.env.is_long() && !x86::addr::is_canonical(va) {
            return Err(Fault::GP0);
        }
        if self.env.paging == PagingMode::Off {
            return Ok(va);
        }
        if let Some(entry) = self.state.itlb.get(va >> 12)
            && self.permits(entry, access)
        {
            return Ok(entry.frame << 12 | va & 0xfff);
        }
        let entry = self.walk(va, access)?;
        // An entry that makes room takes no tags with it: fetches have none.
        self.state.itlb.put(va >> 12, entry);
        Ok(entry.frame << 12 | va & 0xfff)
    }

    /// Translates a load or store, and leaves a tag for the fast path if the page is plain memory.
    pub fn translate_data(&mut self, va: u64, access: Access) -> Result<u64, Fault> {
        let entry = if self.env.paging == PagingMode::Off {
            Entry::identity(va)
        } else {
            match self.state.dtlb.get(va >> 12) {
                Some(entry)
                    if self.permits(entry, access) && (!access.write || entry.has(Entry::D)) =>
                {
                    *entry
                }
                _ => {
                    let entry = self.walk(va, access)?;
                    self.tags.forget_page(va);
                    self.state.dtlb.put(va >> 12, entry);
                    entry
                }
            }
        };
        self.tag(va, &entry, access);
        Ok(entry.frame << 12 | va & 0xfff)
    }

    /// Leaves a tag for what `access` has shown to be allowed.
    fn tag(&mut self, va: u64, entry: &Entry, access: Access) {
        let (offset, ram) = match self.bus.page(entry.frame) {
            Page::Ram(offset) => (offset, true),
            Page::Rom(offset) => (offset, false),
            Page::Device | Page::Nothing => return,
        };
        // Under SMAP, supervisor access to a user page hangs on RFLAGS.AC: ask each time.
        let smap = self.state.cr4 & cr4::SMAP != 0 && !access.user && entry.has(Entry::U);
        if smap || self.env.align {
            return;
        }
        let bank = if access.user { crate::tlb::ENTRIES } else { 0 };
        let page = va & !0xfff;
        let writable = access.write && ram && !self.code.in_page(offset);
        if writable {
            self.bus.touch(offset);
        }
        let tag = self.tags.at_mut(bank, va);
        if tag.read != page || tag.offset != offset {
            *tag = Tag {
                read: page,
                write: Tag::ABSENT,
                offset,
            };
        }
        if writable {
            tag.write = page;
        }
    }

    /// Whether a remembered translation allows an access.
    fn permits(&self, entry: &Entry, access: Access) -> bool {
        let user_page = entry.has(Entry::U);
        if access.user {
            if !user_page {
                return false;
            }
        } else if user_page {
            if access.fetch && self.state.cr4 & cr4::SMEP != 0 {
                return false;
            }
            let lifted = self.state.rflags & rflags::AC != 0 && !access.implicit;
            if !access.fetch && self.state.cr4 & cr4::SMAP != 0 && !lifted {
                return false;
            }
        }
        if access.fetch && entry.has(Entry::NX) {
            return false;
        }
        // Without WP the supervisor may write where nobody may.
        let protect = access.user || self.state.cr0 & cr0::WP != 0;
        !(access.write && protect && !entry.has(Entry::W))
    }

    /// Walks the page tables, sets accessed and dirty bits, and returns what the TLB shall
    /// remember. On a fault the translation that was remembered is forgotten, so that a page
    /// that has been made accessible needs no INVLPG.
    #[inline(never)]
    fn walk(&mut self, va: u64, access: Access) -> Result<Entry, Fault> {
        let mode = self.env.paging;
        let nxe = self.state.efer & efer::NXE != 0;
        let (at, cr3) = (self.clock, self.state.cr3);
        let (bus, probe) = (&*self.bus, &mut *self.probe);
        let mut level = mode.levels();
        let walk = paging::walk(mode, cr3, va, nxe, |entry_at, size| {
            let entry = read_entry(bus, entry_at, size)?;
            probe.event(at, || Event::Walk {
                va,
                level,
                entry_at,
                entry,
            });
            level -= 1;
            Some(entry)
        });
        let walk = match walk {
            Ok(walk) => walk,
            Err(WalkFault::NotPresent(_)) => return Err(self.page_fault(va, access, 0)),
            // Where no memory is, all bits read as ones: reserved ones among them.
            Err(WalkFault::Reserved(_) | WalkFault::Unreadable(_)) => {
                return Err(self.page_fault(va, access, pf::PRESENT | pf::RESERVED));
            }
        };
        let mut entry = Entry::new(walk.phys >> 12, walk.page_bits);
        let mut set = |on: bool, bit: u8| entry.bits |= if on { bit } else { 0 };
        set(walk.writable, Entry::W);
        set(walk.user, Entry::U);
        set(walk.no_execute, Entry::NX);
        set(walk.global && self.state.cr4 & cr4::PGE != 0, Entry::G);
        if !self.permits(&entry, access) {
            return Err(self.page_fault(va, access, pf::PRESENT));
        }
        let size = if matches!(mode, PagingMode::Legacy { .. }) {
            4
        } else {
            8
        };
        for (n, step) in walk.steps().iter().enumerate() {
            let leaf = n + 1 == walk.steps().len();
            // PAE's top level has no accessed bit.
            if mode == PagingMode::Pae && step.level == 3 {
                continue;
            }
            let bits = if leaf && access.write {
                pte::A | pte::D
            } else {
                pte::A
            };
            if step.entry & bits != bits {
                self.store_physical(step.entry_at, size, step.entry | bits);
            }
            if leaf && (step.entry | bits) & pte::D != 0 {
                entry.bits |= Entry::D;
            }
        }
        let (pa, fetch) = (walk.phys & !0xfff, access.fetch);
        self.probe.event(at, || Event::TlbFill {
            va: va & !0xfff,
            pa,
            fetch,
        });
        Ok(entry)
    }

    /// Makes a #PF; `cause` is its P and RSVD bits.
    fn page_fault(&mut self, va: u64, access: Access, cause: u32) -> Fault {
        let mut error = cause;
        if access.write {
            error |= pf::WRITE;
        }
        if access.user {
            error |= pf::USER;
        }
        let fetch_told = self.state.cr4 & cr4::SMEP != 0
            || self.state.efer & efer::NXE != 0 && self.state.cr4 & cr4::PAE != 0;
        if access.fetch && fetch_told {
            error |= pf::FETCH;
        }
        self.fault_address = va;
        if access.fetch {
            self.state.itlb.forget_one(va >> 12);
        } else {
            self.state.dtlb.forget_one(va >> 12);
            self.tags.forget_page(va);
        }
        Fault::coded(vector::PF, error as u16)
    }

    /// Forgets translations.
    pub fn flush(&mut self, what: Flush) {
        let cpu = &mut *self.cpu;
        match what {
            Flush::All => {
                cpu.state.itlb.flush();
                cpu.state.dtlb.flush();
            }
            Flush::Cr3 => {
                cpu.state.itlb.flush_local();
                cpu.state.dtlb.flush_local();
            }
            Flush::Page(va) => {
                cpu.state.itlb.flush_page(va >> 12);
                cpu.state.dtlb.flush_page(va >> 12);
            }
        }
        cpu.tags.forget();
        cpu.fetch = crate::cpu::Fetch::NONE;
        self.probe.event(self.cpu.clock, || Event::TlbFlush(what));
    }
}

/// One page-table entry; `None` where no memory is.
fn read_entry(bus: &impl Bus, pa: u64, size: u8) -> Option<u64> {
    let (Page::Ram(page) | Page::Rom(page)) = bus.page(pa >> 12) else {
        return None;
    };
    let from = page + (pa & 0xfff) as usize;
    let bytes = bus.memory().get(from..from + usize::from(size))?;
    let mut entry = [0; 8];
    entry[..bytes.len()].copy_from_slice(bytes);
    Some(u64::from_le_bytes(entry))
}
