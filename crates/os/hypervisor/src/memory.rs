//! # 30. Guest memory, as the guest sees it
//!
//! A VM's memory is one piece of the PC's: guest-physical n is at `memory_at + n`. To read
//! what a guest's *virtual* address holds we do what its CPU would: walk the guest's own tables,
//! with its own privilege, and set the accessed and dirty bits on the way. That walk costs a
//! hundred instructions, so we remember the last few, and forget them whenever the guest
//! would have to expect a TLB to forget.

use x86::addr::is_canonical;
use x86::paging::{self, PagingMode, WalkFault, pte};
use x86::reg::efer;
use x86::vector::{self, pf};

use crate::guest::{Fault, Guest, Outcome, Stop, general_protection};

/// What an access wants, and with which right.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Access {
    /// Write rather than read.
    pub write: bool,
    /// With user rights.
    pub user: bool,
    /// Instruction fetch.
    pub fetch: bool,
}

impl Access {
    /// What the CPU does for itself: reading the IDT, the GDT, the TSS.
    pub const SYSTEM: Self = Self { write: false, user: false, fetch: false };
    /// What the CPU writes for itself: exception frames, busy bits.
    pub const SYSTEM_WRITE: Self = Self { write: true, user: false, fetch: false };

    const fn bits(self) -> u64 {
        self.write as u64 | (self.user as u64) << 1 | (self.fetch as u64) << 2
    }
}

/// Where a guest walk has led.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Guest-physical address.
    pub gpa: u64,
    /// log2 of the guest's page size; 32 without paging.
    pub page_bits: u8,
    /// W at every level.
    pub writable: bool,
    /// U at every level.
    pub user: bool,
    /// NX somewhere.
    pub no_execute: bool,
    /// The guest's dirty bit is set by now.
    pub dirty: bool,
    /// The guest's mapping survives CR3 loads.
    pub global: bool,
}

/// The remembered walks: a tiny direct-mapped TLB for our own use.
#[derive(Clone, Copy)]
pub struct Walks {
    /// Page address with access bits and [`Walks::VALID`]; host address of the page, with
    /// [`Walks::GLOBAL`].
    entries: [(u64, u64); Self::SIZE],
}

impl Walks {
    const SIZE: usize = 16;
    const VALID: u64 = 1 << 3;
    const GLOBAL: u64 = 1 << 4;
    /// Nothing remembered.
    pub const NEW: Self = Self { entries: [(0, 0); Self::SIZE] };

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries = Self::NEW.entries;
    }

    /// Forgets what is not global.
    pub fn clear_passing(&mut self) {
        for entry in &mut self.entries {
            if entry.1 & Self::GLOBAL == 0 {
                entry.0 = 0;
            }
        }
    }

    /// Forgets the page at `va`, however large it is.
    pub fn clear_page(&mut self, va: u64) {
        for entry in &mut self.entries {
            if (entry.0 ^ va) >> 30 == 0 {
                entry.0 = 0;
            }
        }
    }

    const fn tag(va: u64, access: Access) -> u64 {
        va & !0xfff | access.bits() | Self::VALID
    }
    /// The page number, with the kind of access mixed in: code and stack may be neighbours.
    const fn slot(tag: u64) -> usize {
        ((tag >> 12) ^ tag << 1) as usize % Self::SIZE
    }
}

const fn in_one_page(va: u64, bytes: u64) -> bool {
    va & 0xfff <= 0x1000 - bytes
}

impl Guest<'_> {
    /// Host-physical address of `len` bytes of guest-physical memory, if there is so much.
    #[inline]
    pub fn host(&self, gpa: u64, len: u64) -> Option<u64> {
        let size = self.vm.memory_bytes;
        (gpa < size && len <= size - gpa).then(|| self.vm.memory_at + gpa)
    }

    /// [H:30.1] The guest walk. Ok: the guest's tables allow this access, and its A and D bits are
    /// set. Err: a page fault with the error code that the *guest's* tables give. The real
    /// one says something else: in ring 3 its U bit is always set, and its P bit is about the
    /// shadow.
    pub fn walk(&mut self, va: u64, access: Access) -> Outcome<Place> {
        let mode = self.paging();
        if mode == PagingMode::Off {
            return Ok(Place {
                gpa: va,
                page_bits: 32,
                writable: true,
                user: true,
                no_execute: false,
                dirty: true,
                global: false,
            });
        }
        let nxe = self.cpu.efer & efer::NXE != 0;
        let (ram, at, size) = (self.own.ram, self.vm.memory_at, self.vm.memory_bytes);
        let read = |gpa: u64, bytes: u8| {
            let bytes = u64::from(bytes);
            (gpa < size && bytes <= size - gpa).then(|| ram.read(at + gpa, bytes))
        };
        let walk = paging::walk(mode, self.cpu.cr3, va, nxe, read);
        // (Looked at where it is: it is too large to be moved about.)
        let walk = match &walk {
            Ok(walk) => walk,
            Err(WalkFault::NotPresent(_)) => return self.page_fault(va, access, 0),
            Err(WalkFault::Reserved(_)) => {
                return self.page_fault(va, access, pf::PRESENT | pf::RESERVED);
            }
            Err(WalkFault::Unreadable(step)) => {
                return Err(self.kill(format_args!(
                    "its level-{} page table for {va:#x} would be at {:#x}, outside its memory",
                    step.level, step.entry_at
                )));
            }
        };
        let refused = access.user && !walk.user
            || access.write && !walk.writable && (access.user || self.write_protect())
            || access.fetch && (walk.no_execute || self.smep() && walk.user && !access.user);
        if refused {
            return self.page_fault(va, access, pf::PRESENT);
        }
        let last = walk.steps().len() - 1;
        let mut dirty = false;
        for (number, step) in walk.steps().iter().enumerate() {
            let mut wanted = pte::A;
            if number == last {
                dirty = access.write || step.entry & pte::D != 0;
                wanted |= if access.write { pte::D } else { 0 };
            } else if mode == PagingMode::Pae && number == 0 {
                continue; // PAE's top level has no accessed bit
            }
            if step.entry & wanted != wanted {
                // Both bits are in the lowest byte, whatever the entry's size.
                ram.write_u8(at + step.entry_at, (step.entry | wanted) as u8);
            }
        }
        Ok(Place {
            gpa: walk.phys,
            page_bits: walk.page_bits,
            writable: walk.writable,
            user: walk.user,
            no_execute: walk.no_execute,
            dirty,
            global: walk.global,
        })
    }

    fn page_fault<T>(&self, address: u64, access: Access, bits: u32) -> Outcome<T> {
        let nxe = self.cpu.efer & efer::NXE != 0;
        let error = bits
            | if access.write { pf::WRITE } else { 0 }
            | if access.user { pf::USER } else { 0 }
            | if access.fetch && (nxe || self.smep()) { pf::FETCH } else { 0 };
        Err(Stop::Fault(Fault { vector: vector::PF, error, address }))
    }

    /// Host-physical address of one byte that the guest's CPU would access.
    #[inline]
    pub fn translate(&mut self, va: u64, access: Access) -> Outcome<u64> {
        let tag = Walks::tag(va, access);
        let entry = self.own.walks.entries[Walks::slot(tag)];
        if entry.0 == tag {
            return Ok(entry.1 & !0xfff | va & 0xfff);
        }
        self.translate_slowly(va, access, tag)
    }

    #[inline(never)]
    fn translate_slowly(&mut self, va: u64, access: Access, tag: u64) -> Outcome<u64> {
        if self.in_long_mode() && !is_canonical(va) {
            return general_protection(0);
        }
        let place = self.walk(va, access)?;
        let Some(page) = self.host(place.gpa & !0xfff, 0x1000) else {
            return Err(self.beyond(va, place.gpa));
        };
        let global = if place.global { Walks::GLOBAL } else { 0 };
        self.own.walks.entries[Walks::slot(tag)] = (tag, page | global);
        Ok(page | va & 0xfff)
    }

    /// A guest that uses memory which it does not have.
    pub fn beyond(&mut self, va: u64, gpa: u64) -> Stop {
        let (rip, mib) = (self.cpu.rip, self.vm.memory_bytes >> 20);
        self.kill(format_args!(
            "RIP {rip:#x} used {va:#x}, which is physical {gpa:#x}: outside its {mib} MiB"
        ))
    }

    /// Reads 1, 2, 4 or 8 bytes at a guest-virtual address.
    pub fn load(&mut self, va: u64, size: u64, access: Access) -> Outcome<u64> {
        if in_one_page(va, size) {
            let at = self.translate(va, access)?;
            return Ok(self.own.ram.read(at, size));
        }
        (0..size).try_fold(0, |value, i| {
            let at = self.translate(va.wrapping_add(i), access)?;
            Ok(value | u64::from(self.own.ram.read_u8(at)) << (8 * i))
        })
    }

    /// Reads `N` numbers of `size` bytes at rising addresses.
    pub fn load_words<const N: usize>(
        &mut self,
        va: u64,
        size: u64,
        access: Access,
    ) -> Outcome<[u64; N]> {
        let mut words = [0; N];
        if in_one_page(va, size * N as u64) {
            let at = self.translate(va, access)?;
            for (i, word) in words.iter_mut().enumerate() {
                *word = self.own.ram.read(at + size * i as u64, size);
            }
            return Ok(words);
        }
        for (i, word) in words.iter_mut().enumerate() {
            *word = self.load(va.wrapping_add(size * i as u64), size, access)?;
        }
        Ok(words)
    }

    /// Writes 1, 2, 4 or 8 bytes; all of them or, if one of two pages refuses, none.
    pub fn store(&mut self, va: u64, size: u64, value: u64, access: Access) -> Outcome {
        if in_one_page(va, size) {
            let at = self.translate(va, access)?;
            self.own.ram.write(at, size, value);
            return Ok(());
        }
        self.translate(va.wrapping_add(size - 1), access)?;
        for i in 0..size {
            let at = self.translate(va.wrapping_add(i), access)?;
            self.own.ram.write_u8(at, (value >> (8 * i)) as u8);
        }
        Ok(())
    }

    /// Writes words of 8 bytes at rising addresses: an exception frame.
    pub fn store_words(&mut self, va: u64, words: &[u64]) -> Outcome {
        let access = Access::SYSTEM_WRITE;
        if in_one_page(va, 8 * words.len() as u64) {
            let at = self.translate(va, access)?;
            for (i, word) in words.iter().enumerate() {
                self.own.ram.write_u64(at + 8 * i as u64, *word);
            }
            return Ok(());
        }
        for (i, word) in words.iter().enumerate() {
            self.store(va.wrapping_add(8 * i as u64), 8, *word, access)?;
        }
        Ok(())
    }

    /// [H:30.2] The bytes of the instruction at RIP, at most 15, and how many there are. It has
    /// just been executed, so its page is there; a second page need not be.
    pub fn fetch(&mut self) -> Outcome<([u8; 16], usize)> {
        let access = Access { fetch: true, user: self.in_user(), write: false };
        let rip = self.cpu.rip;
        let at = self.translate(rip, access)?;
        let ram = self.own.ram;
        let here = (0x1000 - (rip & 0xfff)) as usize;
        let mut bytes = [0; 16];
        if here >= 16 {
            bytes[..8].copy_from_slice(&ram.read_u64(at).to_le_bytes());
            bytes[8..].copy_from_slice(&ram.read_u64(at + 8).to_le_bytes());
            return Ok((bytes, 15));
        }
        ram.read_bytes(at, &mut bytes[..here]);
        let Ok(next) = self.translate(rip.wrapping_add(here as u64), access) else {
            return Ok((bytes, here));
        };
        ram.read_bytes(next, &mut bytes[here..]);
        Ok((bytes, 15))
    }
}
