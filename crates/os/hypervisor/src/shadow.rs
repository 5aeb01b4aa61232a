//! # 31. Shadow tables: what the real MMU walks
//!
//! The real CPU cannot use a guest's page tables: they hold guest-physical addresses, and
//! the guest could write anything into them. So it walks tables of ours, filled one page at
//! a time when it misses: a TLB made of memory (a *virtual TLB*).
//!
//! There are **two roots**. The guest kernel runs in ring 3 like the guest's programs, and a
//! page-table entry has one user bit, so privilege has to be a choice of tables:
//!
//! ```text
//!   kernel root: every page that the guest has touched, all U=1
//!   user root:   only pages that are U at every level of the guest's tables
//!   both:        slot 509, the hypervisor, U=0
//! ```
//!
//! [H:31.1] Frames come from a small pool per VM, in two classes. What the guest marked global
//! survives CR3 loads (*kept*, from the bottom of the pool); all else goes at each CR3 load
//! (*passing*, from its top). A log notes each entry that was filled, so emptying a class
//! is undoing its log: it costs what was used, and a free frame is always all zeros.
//!
//! ```text
//!  pool: | kernel root | user root | kept ──▶ ...free... ◀── passing |
//!  log:  | kept ──▶ ...                                  ◀── passing |
//! ```

use metal::world::{Ram, SLOT};
use x86::paging::pte;

/// What the guest may see: which root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// As the guest kernel.
    Kernel = 0,
    /// As a guest program.
    User = 1,
}

/// A leaf to put in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// The whole entry but PS.
    pub entry: u64,
    /// 2 MiB rather than 4 KiB.
    pub large: bool,
    /// Survives CR3 loads.
    pub global: bool,
}

/// The shadow tables of one VM.
#[derive(Clone, Copy, Debug)]
pub struct Shadow {
    ram: Ram,
    /// Host-physical address of frame 0.
    at: u64,
    frames: u32,
    /// Frames 0..kept and passing..frames are in use.
    kept: u32,
    passing: u32,
    /// The log's entries: frame << 9 | index. Words 0..kept_log and passing_log..log_size.
    log_at: u64,
    log_size: u32,
    kept_log: u32,
    passing_log: u32,
    /// Some guest page is larger than its shadow entries, so dropping one entry is not enough.
    fragmented: bool,
    /// A frame full of ones: what a read finds where there is no memory.
    ones: u64,
}

/// The pool or its log is full.
struct Full;

impl Shadow {
    /// Frames of the log: one entry is four bytes.
    const LOG_FRAMES: u32 = 4;
    const ROOTS: u32 = 2;

    /// No pool.
    pub const NOTHING: Self = Self {
        ram: Ram::NOTHING,
        at: 0,
        frames: 0,
        kept: 0,
        passing: 0,
        log_at: 0,
        log_size: 0,
        kept_log: 0,
        passing_log: 0,
        fragmented: false,
        ones: 0,
    };

    /// A pool of `bytes` at `at`; `own_entry` is the hypervisor's slot.
    pub fn new(ram: Ram, at: u64, bytes: u64, own_entry: u64) -> Self {
        // The log and the frame of ones are behind the tables.
        let frames = (bytes >> 12) as u32 - Self::LOG_FRAMES - 1;
        let log_size = Self::LOG_FRAMES << 10;
        ram.zero(at, bytes);
        let ones = at + bytes - 0x1000;
        for word in 0..512 {
            ram.write_u64(ones + word * 8, u64::MAX);
        }
        for root in 0..u64::from(Self::ROOTS) {
            ram.write_u64(at + (root << 12) + SLOT as u64 * 8, own_entry);
        }
        Self {
            ram,
            at,
            frames,
            kept: Self::ROOTS,
            passing: frames,
            log_at: at + (u64::from(frames) << 12),
            log_size,
            kept_log: 0,
            passing_log: log_size,
            fragmented: false,
            ones,
        }
    }

    /// Host-physical address of the frame of ones.
    pub const fn ones(&self) -> u64 {
        self.ones
    }

    /// Host-physical address of a root.
    pub const fn root(&self, view: View) -> u64 {
        self.at + ((view as u64) << 12)
    }

    /// Frames in use.
    pub const fn used(&self) -> u64 {
        (self.kept + self.frames - self.passing) as u64
    }

    const fn entry_at(&self, entry: u32) -> u64 {
        self.at + entry as u64 * 8
    }

    /// [H:31.2] Puts a leaf in. A full pool is emptied first: a TLB may always forget. Returns
    /// whether that happened (then the real TLB must forget, too).
    pub fn fill(&mut self, view: View, va: u64, leaf: Leaf) -> bool {
        if self.try_fill(view, va, leaf).is_ok() {
            return false;
        }
        self.flush_all();
        // An empty pool has room for one path.
        let _ = self.try_fill(view, va, leaf);
        true
    }

    fn try_fill(&mut self, view: View, va: u64, leaf: Leaf) -> Result<(), Full> {
        assert!(!is_ours(va), "nothing of a guest goes into the hypervisor's slot");
        let mut frame = view as u32;
        let mut passing = false; // the class of the frame that we are in
        let last = if leaf.large { 2 } else { 1 };
        for level in (last + 1..=4).rev() {
            let at = frame << 9 | index(va, level);
            let entry = self.ram.read_u64(self.entry_at(at));
            if entry & pte::P != 0 && entry & pte::PS == 0 {
                frame = (((entry & pte::FRAME) - self.at) >> 12) as u32;
                passing |= frame >= self.passing;
                continue;
            }
            // Nothing there (or a large page that has to give way): a new table.
            passing |= !leaf.global;
            frame = self.take(passing)?;
            let table = self.at + (u64::from(frame) << 12);
            self.put(at, table | pte::P | pte::W | pte::U | pte::A, passing)?;
        }
        let size = if leaf.large { pte::PS } else { 0 };
        self.put(frame << 9 | index(va, last), leaf.entry | size, passing || !leaf.global)
    }

    fn take(&mut self, passing: bool) -> Result<u32, Full> {
        if self.kept == self.passing {
            return Err(Full);
        }
        if passing {
            self.passing -= 1;
            Ok(self.passing)
        } else {
            self.kept += 1;
            Ok(self.kept - 1)
        }
    }

    /// Writes an entry and notes it in the log of its class.
    fn put(&mut self, entry: u32, value: u64, passing: bool) -> Result<(), Full> {
        if self.kept_log == self.passing_log {
            return Err(Full);
        }
        let slot = if passing {
            self.passing_log -= 1;
            self.passing_log
        } else {
            self.kept_log += 1;
            self.kept_log - 1
        };
        self.ram.write_u32(self.log_at + u64::from(slot) * 4, entry);
        self.ram.write_u64(self.entry_at(entry), value);
        Ok(())
    }

    /// Some guest page was entered in pieces.
    pub fn note_fragment(&mut self) {
        self.fragmented = true;
    }

    /// [H:31.3] INVLPG: drops the entry for one address from both roots; `false` if that would
    /// not be enough.
    pub fn drop_page(&mut self, va: u64) -> bool {
        if self.fragmented || is_ours(va) {
            return is_ours(va);
        }
        for root in 0..Self::ROOTS {
            let mut frame = root;
            for level in (1..=4).rev() {
                let at = self.entry_at(frame << 9 | index(va, level));
                let entry = self.ram.read_u64(at);
                if entry & pte::P == 0 {
                    break;
                }
                if level == 1 || entry & pte::PS != 0 {
                    self.ram.write_u64(at, 0);
                    break;
                }
                frame = (((entry & pte::FRAME) - self.at) >> 12) as u32;
            }
        }
        true
    }

    /// [H:31.4] A CR3 load: everything goes that the guest has not marked global.
    pub fn flush_passing(&mut self) {
        for slot in self.passing_log..self.log_size {
            self.undo(slot);
        }
        self.passing_log = self.log_size;
        self.passing = self.frames;
    }

    /// Everything goes.
    pub fn flush_all(&mut self) {
        self.flush_passing();
        for slot in 0..self.kept_log {
            self.undo(slot);
        }
        self.kept_log = 0;
        self.kept = Self::ROOTS;
        self.fragmented = false;
    }

    fn undo(&self, slot: u32) {
        let entry = self.ram.read_u32(self.log_at + u64::from(slot) * 4);
        self.ram.write_u64(self.entry_at(entry), 0);
    }
}

/// Whether an address lies in the hypervisor's slot, canonical or not.
pub const fn is_ours(va: u64) -> bool {
    index(va, 4) == SLOT as u32
}

/// Index into the table of `level` (4 to 1).
const fn index(va: u64, level: u32) -> u32 {
    (va >> (3 + 9 * level)) as u32 & 0x1ff
}

#[cfg(test)]
mod tests {
    use super::*;
    use x86::paging::{PagingMode, walk};

    const AT: u64 = 0x40_0000;

    fn shadow(frames: u64) -> Shadow {
        let bytes = Box::leak(vec![0xaa; 1 << 20].into_boxed_slice());
        let ram = Ram::host(AT, bytes);
        Shadow::new(ram, AT, (frames + 1 + u64::from(Shadow::LOG_FRAMES)) << 12, 0x1003)
    }

    fn leads(s: &Shadow, view: View, va: u64) -> Option<u64> {
        let read = |at, _| Some(s.ram.read_u64(at));
        walk(PagingMode::Long, s.root(view), va, true, read).ok().map(|w| w.phys)
    }

    fn small(entry: u64, global: bool) -> Leaf {
        Leaf { entry: entry | pte::P, large: false, global }
    }

    #[test]
    fn fills_are_found_in_their_root_only() {
        let mut s = shadow(32);
        s.fill(View::User, 0x1234_5000, small(0x9000, false));
        let large = Leaf { entry: 0x60_0000 | pte::P, large: true, global: false };
        s.fill(View::Kernel, 0xffff_8880_0020_0000, large);
        assert_eq!(leads(&s, View::User, 0x1234_5678), Some(0x9678));
        assert_eq!(leads(&s, View::Kernel, 0x1234_5678), None);
        assert_eq!(leads(&s, View::Kernel, 0xffff_8880_0021_2345), Some(0x61_2345));
        assert_eq!(s.used(), 2 + 3 + 2);
        assert!(s.drop_page(0xffff_8880_0020_0fff));
        assert_eq!(leads(&s, View::Kernel, 0xffff_8880_0021_2345), None);
        s.note_fragment();
        assert!(!s.drop_page(0x1234_5000), "a large page in pieces goes as a whole");
    }

    #[test]
    fn a_cr3_load_keeps_what_is_global() {
        let mut s = shadow(32);
        let kernel = 0xffff_ffff_8010_0000;
        s.fill(View::Kernel, kernel, small(0x1000, true));
        s.fill(View::Kernel, kernel + 0x1000, small(0x2000, false));
        s.fill(View::Kernel, 0x40_0000, small(0x3000, false));
        // A global page under passing tables cannot outlive them.
        s.fill(View::Kernel, 0x40_1000, small(0x4000, true));
        s.flush_passing();
        assert_eq!(leads(&s, View::Kernel, kernel), Some(0x1000));
        for va in [kernel + 0x1000, 0x40_0000, 0x40_1000] {
            assert_eq!(leads(&s, View::Kernel, va), None, "{va:#x}");
        }
        assert_eq!(s.used(), 2 + 3);
        s.flush_all();
        assert_eq!(s.used(), 2);
    }

    #[test]
    fn a_free_frame_is_all_zeros() {
        let mut s = shadow(24);
        let mut va: u64 = 0;
        for round in 0..2000u64 {
            va = va.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let view = if round & 1 == 0 { View::Kernel } else { View::User };
            let page = va >> 20 & 0x0000_003f_ffff_f000 & !(0x3f << 28);
            let leaf = Leaf { large: round % 7 == 0, ..small(0x20_0000 * round, round % 3 == 0) };
            s.fill(view, page, leaf);
            assert!(leads(&s, view, page).is_some(), "{round}");
            if round % 50 == 0 {
                s.flush_passing();
            }
            for frame in s.kept..s.passing {
                for i in 0..512 {
                    assert_eq!(s.ram.read_u64(s.entry_at(frame << 9 | i)), 0, "round {round}");
                }
            }
            for view in [View::Kernel, View::User] {
                let own = s.ram.read_u64(s.root(view) + SLOT as u64 * 8);
                assert_eq!(own, 0x1003, "the hypervisor stays");
            }
        }
    }
}
