//! [`Memory`]: RAM and ROM as one flat array, and what changed since somebody last looked.
//!
//! ```text
//!   physical                      memory()
//!   00000..A0000   RAM            the same offset
//!   A0000..C0000   video memory   the same offset
//!   C0000..F0000   nothing        (unused)
//!   F0000..100000  ROM            behind the RAM
//!   100000..       RAM            the same offset
//!   FFFF0000..4 G  ROM again      behind the RAM
//! ```

use crate::pages::{PAGE, Pages};
use cpu::Page;

/// Bytes of the firmware ROM.
pub const ROM: usize = 0x1_0000;
/// Where the ROM stands below 1 MiB.
pub const ROM_LOW: u64 = 0xf_0000;
/// Where it stands below 4 GiB.
pub const ROM_HIGH: u64 = 0xffff_0000;
/// End of the memory that the first MiB has for programs.
pub const LOW_END: u64 = 0xa_0000;
/// Where memory goes on.
pub const HIGH_START: u64 = 0x10_0000;

const FRAME: u64 = PAGE as u64;

/// All memory of a machine.
pub struct Memory {
    bytes: Vec<u8>,
    ram: usize,
    /// One flag a page, and the numbers of those that are set.
    is_dirty: Vec<bool>,
    dirty: Vec<u32>,
    /// The pages as of the last [`fold`](Self::fold).
    kept: Pages,
}

impl Memory {
    /// `ram_mib` MiB of zeroes and an empty ROM.
    pub fn new(ram_mib: u32) -> Self {
        let ram = (ram_mib as usize) << 20;
        let pages = (ram + ROM) / PAGE;
        Self {
            bytes: vec![0; ram + ROM],
            ram,
            is_dirty: vec![false; pages],
            dirty: Vec::new(),
            kept: Pages::zeroed(pages),
        }
    }

    /// Bytes of RAM, the holes below 1 MiB counted in.
    pub fn ram(&self) -> u64 {
        self.ram as u64
    }

    /// Everything, RAM first.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, to write: [`touch`](Self::touch) the page first.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// What stands behind a physical page. Devices in memory (the local APIC at FEE00000, the
    /// I/O APIC at FEC00000, virtio) will be rows of this `match`.
    pub fn page(&self, frame: u64) -> Page {
        Self::page_of(self.ram(), frame)
    }

    /// The same for any machine with `ram` bytes.
    pub(crate) fn page_of(ram: u64, frame: u64) -> Page {
        const LOW: u64 = ROM_LOW / FRAME;
        const LOW_LAST: u64 = LOW + (ROM / PAGE) as u64 - 1;
        const HIGH: u64 = ROM_HIGH / FRAME;
        const HIGH_LAST: u64 = HIGH + (ROM / PAGE) as u64 - 1;
        const HOLE: u64 = 0xc_0000 / FRAME;
        const HOLE_LAST: u64 = LOW - 1;
        let rom = |number: u64| Page::Rom(ram as usize + number as usize * PAGE);
        match frame {
            LOW..=LOW_LAST => rom(frame - LOW),
            HIGH..=HIGH_LAST => rom(frame - HIGH),
            HOLE..=HOLE_LAST => Page::Nothing,
            _ if frame < ram / FRAME => Page::Ram(frame as usize * PAGE),
            _ => Page::Nothing,
        }
    }

    /// The page at this offset is about to be written.
    #[inline]
    pub fn touch(&mut self, offset: usize) {
        let number = offset / PAGE;
        if !self.is_dirty[number] {
            self.is_dirty[number] = true;
            self.dirty.push(number as u32);
        }
    }

    /// Fills `out` from physical address `at`. False, and `out` in an unknown state, if any
    /// byte of it is not memory.
    pub fn peek(&self, at: u64, out: &mut [u8]) -> bool {
        peek(
            |frame| self.page(frame),
            |at, len| &self.bytes[at..at + len],
            at,
            out,
        )
    }

    /// Writes `bytes` at physical address `at`, into ROM as well: what a loader does.
    pub fn load(&mut self, at: u64, bytes: &[u8]) {
        let mut at = at;
        let mut rest = bytes;
        while !rest.is_empty() {
            let (Page::Ram(page) | Page::Rom(page)) = self.page(at / FRAME) else {
                unreachable!("the loader checks its ranges; {at:#x} is not memory")
            };
            let inside = (at % FRAME) as usize;
            let (now, later) = rest.split_at(rest.len().min(PAGE - inside));
            self.touch(page);
            self.bytes[page + inside..][..now.len()].copy_from_slice(now);
            at += now.len() as u64;
            rest = later;
        }
    }

    /// Takes over all dirty pages into [`kept`](Self::kept). Afterwards nothing is dirty, and
    /// the CPU has to be told.
    pub fn fold(&mut self) {
        self.dirty.sort_unstable();
        self.kept.take(&self.dirty, &self.bytes);
        self.clean();
    }

    /// Whether nothing has been touched since the last fold.
    pub fn is_folded(&self) -> bool {
        self.dirty.is_empty()
    }

    /// The pages as of the last fold.
    pub fn kept(&self) -> &Pages {
        &self.kept
    }

    /// Goes back to `pages`. Calls `changed` with the offset of each page that was copied.
    pub fn restore(&mut self, pages: &Pages, mut changed: impl FnMut(usize)) {
        let mut numbers = std::mem::take(&mut self.dirty);
        numbers.extend(
            self.kept
                .differing(pages)
                .filter(|&n| !self.is_dirty[n as usize]),
        );
        for &number in &numbers {
            let at = number as usize * PAGE;
            let new = pages.bytes(number as usize);
            if self.bytes[at..at + PAGE] != *new {
                self.bytes[at..at + PAGE].copy_from_slice(new);
                changed(at);
            }
        }
        self.dirty = numbers;
        self.clean();
        self.kept = pages.clone();
    }

    fn clean(&mut self) {
        for number in self.dirty.drain(..) {
            self.is_dirty[number as usize] = false;
        }
    }
}

/// Reads physical memory through `page`, for machines and snapshots alike.
pub(crate) fn peek<'a>(
    page: impl Fn(u64) -> Page,
    bytes: impl Fn(usize, usize) -> &'a [u8],
    at: u64,
    out: &mut [u8],
) -> bool {
    let mut done = 0;
    while done < out.len() {
        let Some(here) = at.checked_add(done as u64) else {
            return false;
        };
        let (Page::Ram(start) | Page::Rom(start)) = page(here / FRAME) else {
            return false;
        };
        let inside = (here % FRAME) as usize;
        let len = (out.len() - done).min(PAGE - inside);
        out[done..done + len].copy_from_slice(bytes(start + inside, len));
        done += len;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_of_a_pc() {
        let memory = Memory::new(4);
        let at = |pa: u64| memory.page(pa / FRAME);
        assert_eq!(at(0), Page::Ram(0));
        assert_eq!(at(0xb_8000), Page::Ram(0xb_8000));
        assert_eq!(at(0xc_0000), Page::Nothing);
        assert_eq!(at(0xe_f000), Page::Nothing);
        assert_eq!(at(0xf_0000), Page::Rom(4 << 20));
        assert_eq!(at(0xf_f000), Page::Rom((4 << 20) + 0xf000));
        assert_eq!(at(0x10_0000), Page::Ram(0x10_0000));
        assert_eq!(at(0x3f_f000), Page::Ram(0x3f_f000));
        assert_eq!(at(0x40_0000), Page::Nothing);
        assert_eq!(at(0xffff_f000), Page::Rom((4 << 20) + 0xf000));
        assert_eq!(at(0x1_0000_0000), Page::Nothing);
    }

    #[test]
    fn peek_crosses_pages_and_refuses_holes() {
        let mut memory = Memory::new(2);
        memory.load(0x10_0ffe, b"four");
        let mut out = [0; 4];
        assert!(memory.peek(0x10_0ffe, &mut out));
        assert_eq!(&out, b"four");
        assert!(!memory.peek(0xb_fffe, &mut out));
        assert!(!memory.peek(0x1f_fffd, &mut out));
        assert!(memory.peek(0x1f_fffc, &mut out));
        assert!(!memory.peek(u64::MAX - 1, &mut out));
    }

    #[test]
    fn restoring_copies_what_differs_whether_folded_or_dirty() {
        let mut memory = Memory::new(2);
        memory.load(0x1000, b"a");
        memory.fold();
        let first = memory.kept().clone();
        memory.load(0x2000, b"b"); // folded
        memory.fold();
        memory.load(0x3000, b"c"); // only dirty
        memory.load(0x1000, b"a"); // touched, and the same
        let mut copied = Vec::new();
        memory.restore(&first, |at| copied.push(at));
        copied.sort_unstable();
        assert_eq!(copied, [0x2000, 0x3000]);
        assert!(memory.is_folded());
        assert_eq!(memory.bytes()[0x1000], b'a');
        assert_eq!(memory.bytes()[0x2000], 0);
        assert_eq!(memory.kept(), &first);
        memory.load(0x2000, b"b");
        memory.fold();
        assert_eq!(memory.kept().differing(&first).collect::<Vec<_>>(), [2]);
    }
}
