//! The translation look-aside buffer: what the CPU remembers of the page tables.
//!
//! It is architecture here, not an optimisation: which translation is remembered is decided
//! by the program alone, so a kernel that forgets INVLPG shows its bug, at the same moment
//! in every replay. Hence the plainest shape: direct-mapped by virtual page, 4-KiB
//! entries (a large page enters piece by piece), one TLB for fetches and one for data.

use serde::{Deserialize, Serialize};

/// Entries of each TLB; a power of two.
pub const ENTRIES: usize = 1024;

/// One remembered translation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Entry {
    /// Virtual page number plus one; 0 = the entry is empty.
    tag: u64,
    /// Physical page number.
    pub frame: u64,
    /// log2 of the size of the page that the tables map here: 12, 21, 22 or 30.
    pub page_bits: u8,
    /// Some of [`Entry::W`], [`U`](Entry::U), [`NX`](Entry::NX), [`G`](Entry::G), [`D`](Entry::D).
    pub bits: u8,
}

impl Entry {
    /// Writable at every level.
    pub const W: u8 = 1;
    /// User at every level.
    pub const U: u8 = 2;
    /// No-execute at some level.
    pub const NX: u8 = 4;
    /// Global: survives a load of CR3.
    pub const G: u8 = 8;
    /// The dirty bit in memory is known to be set.
    pub const D: u8 = 16;

    /// A translation to physical page `frame`, with no permission yet.
    pub(crate) fn new(frame: u64, page_bits: u8) -> Self {
        Self {
            tag: 0,
            frame,
            page_bits,
            bits: 0,
        }
    }
    /// With paging off an address is its own translation, and everything is allowed.
    pub(crate) fn identity(va: u64) -> Self {
        Self {
            tag: 0,
            frame: va >> 12,
            page_bits: 12,
            bits: Self::W | Self::D,
        }
    }
    /// The virtual page number, if the entry holds anything.
    pub fn page(&self) -> Option<u64> {
        self.tag.checked_sub(1)
    }
    /// Whether any of `bits` is set.
    pub fn has(&self, bits: u8) -> bool {
        self.bits & bits != 0
    }
}

/// One direct-mapped TLB.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tlb {
    entries: Vec<Entry>,
}

impl Default for Tlb {
    fn default() -> Self {
        Self {
            entries: vec![Entry::default(); ENTRIES],
        }
    }
}

impl Tlb {
    #[inline(always)]
    fn slot(page: u64) -> usize {
        page as usize % ENTRIES
    }
    /// The entry for virtual page number `page`, if it is remembered.
    pub fn get(&self, page: u64) -> Option<&Entry> {
        let entry = &self.entries[Self::slot(page)];
        (entry.tag == page + 1).then_some(entry)
    }
    /// Remembers; whatever was in the slot is forgotten.
    pub fn put(&mut self, page: u64, entry: Entry) {
        self.entries[Self::slot(page)] = Entry {
            tag: page + 1,
            ..entry
        };
    }
    /// Forgets everything.
    pub fn flush(&mut self) {
        self.entries.fill(Entry::default());
    }
    /// Forgets all but global pages.
    pub fn flush_local(&mut self) {
        for entry in &mut self.entries {
            if !entry.has(Entry::G) {
                *entry = Entry::default();
            }
        }
    }
    /// Forgets one 4-KiB piece.
    pub fn forget_one(&mut self, page: u64) {
        if self.get(page).is_some() {
            self.entries[Self::slot(page)] = Entry::default();
        }
    }
    /// Forgets the page that holds virtual page number `page`: all its pieces, if it is large.
    pub fn flush_page(&mut self, page: u64) {
        for entry in &mut self.entries {
            let Some(held) = entry.page() else { continue };
            let shift = entry.page_bits - 12;
            if held >> shift == page >> shift {
                *entry = Entry::default();
            }
        }
    }
    /// What is remembered, in slot order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.tag != 0)
    }
}

/// What the fast path asks of an access: is the page's tag here?
///
/// Derived from the data TLB, the page's kind and the privilege level; an absent tag only
/// means the slow way round.
#[derive(Clone, Copy)]
pub(crate) struct Tag {
    /// Linear address of the page, if loads may go straight to memory; else [`Tag::ABSENT`].
    pub read: u64,
    /// The same for stores.
    pub write: u64,
    /// Where the page stands in [`Bus::memory`](crate::Bus::memory).
    pub offset: usize,
}

impl Tag {
    /// No page has this address.
    pub const ABSENT: u64 = 1;
    const NONE: Self = Self {
        read: Self::ABSENT,
        write: Self::ABSENT,
        offset: 0,
    };
}

/// Two banks of tags, supervisor and user, so that a system call need not empty them.
pub(crate) struct Tags(Box<[Tag; 2 * ENTRIES]>);

impl Default for Tags {
    fn default() -> Self {
        Self(Box::new([Tag::NONE; 2 * ENTRIES]))
    }
}

impl Tags {
    /// The tag that would hold linear address `va` in `bank` (0 or [`ENTRIES`]).
    #[inline(always)]
    pub fn at(&self, bank: usize, va: u64) -> &Tag {
        &self.0[(bank | Tlb::slot(va >> 12)) % (2 * ENTRIES)]
    }
    /// The same, to change.
    pub fn at_mut(&mut self, bank: usize, va: u64) -> &mut Tag {
        &mut self.0[(bank | Tlb::slot(va >> 12)) % (2 * ENTRIES)]
    }
    /// No tag at all.
    pub fn forget(&mut self) {
        self.0.fill(Tag::NONE);
    }
    /// No tag for the slot of `va`.
    pub fn forget_page(&mut self, va: u64) {
        *self.at_mut(0, va) = Tag::NONE;
        *self.at_mut(ENTRIES, va) = Tag::NONE;
    }
    /// No tag for stores.
    pub fn forget_writable(&mut self) {
        for tag in self.0.iter_mut() {
            tag.write = Tag::ABSENT;
        }
    }
    /// No tag for stores to the page at `offset` in memory: it now holds decoded code.
    pub fn protect(&mut self, offset: usize) {
        for tag in self
            .0
            .iter_mut()
            .filter(|tag| tag.offset == offset & !0xfff)
        {
            tag.write = Tag::ABSENT;
        }
    }
}
