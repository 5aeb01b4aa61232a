//! [`Cpu`]: the state, what is derived from it, and the door.

use crate::block::Blocks;
use crate::code::CodeMap;
use crate::flags::Flags;
use crate::run::Run;
use crate::state::{Segment, State, seg};
use crate::tlb::Tags;
use crate::{Bus, Page, Stop};
use probe::{Mode, Moment, Probe};
use serde::{Deserialize, Serialize};
use x86::paging::{self, PagingMode};
use x86::reg::{cr0, cr4, efer, rflags};

/// One x86-64 CPU.
pub struct Cpu {
    /// The only clock: instructions retired, plus one for each fault delivered (it takes the
    /// place of the instruction that did not complete), plus the time slept in HLT.
    pub clock: Moment,
    /// Instructions retired since reset; each iteration of a REP counts.
    pub retired: u64,
    pub(crate) state: State,

    // All below is derived, or holds only while `run` is on the stack.
    /// The status flags while running; `state.rflags` holds the others.
    pub(crate) flags: Flags,
    /// RIP after the instruction being executed; branches write it.
    pub(crate) next: u64,
    /// When this call of `run` ends: bounds a REP.
    pub(crate) until: Moment,
    /// Execute no more than one instruction (or one iteration) at a time.
    pub(crate) single: bool,
    /// CR2 of the page fault that is on its way.
    pub(crate) fault_address: u64,
    /// What the run loop must look at before the next instruction, see [`attention`].
    pub(crate) attention: u32,
    pub(crate) env: Env,
    pub(crate) tags: Tags,
    pub(crate) fetch: Fetch,
    pub(crate) code: CodeMap,
    blocks: Blocks,
    /// `state` was changed from outside.
    stale: bool,
}

/// Bits of `Cpu::attention`.
pub(crate) mod attention {
    /// INTR or IF may have changed: sample.
    pub const INTERRUPT: u32 = 1;
    /// A store hit decoded code.
    pub const CODE: u32 = 2;
    /// A port or a device was written.
    pub const DEVICE: u32 = 4;
    /// Halted or shut down.
    pub const STOPPED: u32 = 8;
    /// TF is set, or there is an interrupt shadow: single steps.
    pub const STEP: u32 = 16;
}

/// What follows from control registers and segments, kept ready for each access.
#[derive(Clone, Copy)]
pub(crate) struct Env {
    pub mode: Mode,
    pub paging: PagingMode,
    /// Code size: 16, 32 or 64.
    pub bits: u8,
    /// Which half of the tags to use: 0 supervisor, 1024 user.
    pub bank: usize,
    /// Segment bases as addresses use them: zero in 64-bit mode, FS and GS excepted.
    pub base: [u64; 8],
    /// Segments, one bit each, whose loads need no check of limit and type.
    pub open_read: u8,
    /// The same for stores.
    pub open_write: u8,
    /// Address arithmetic wraps at this mask: 32 bits outside 64-bit mode.
    pub linear: u64,
    /// The part of RSP that the stack uses.
    pub stack: u64,
    /// CR0.AM, RFLAGS.AC and CPL 3: misaligned accesses fault.
    pub align: bool,
}

/// The page that instructions come from: a remembered hit of the instruction TLB.
#[derive(Clone, Copy)]
pub(crate) struct Fetch {
    /// Linear address of the page; 1 = nothing remembered.
    pub page: u64,
    /// What is behind it.
    pub behind: Page,
}

impl Fetch {
    pub const NONE: Self = Self {
        page: 1,
        behind: Page::Nothing,
    };
}

/// A CPU put aside: everything that running it further depends on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Saved {
    clock: Moment,
    retired: u64,
    state: State,
}

impl Saved {
    /// The architectural state at that moment.
    pub fn state(&self) -> &State {
        &self.state
    }
    /// The moment.
    pub fn clock(&self) -> Moment {
        self.clock
    }
}

impl Default for Cpu {
    fn default() -> Self {
        Self::new()
    }
}

impl Cpu {
    /// A CPU that has just come out of RESET.
    pub fn new() -> Self {
        let state = State::default();
        Self {
            clock: 0,
            retired: 0,
            flags: Flags::known(0),
            next: 0,
            until: 0,
            single: false,
            fault_address: 0,
            attention: 0,
            env: Env::of(&state),
            state,
            tags: Tags::default(),
            fetch: Fetch::NONE,
            code: CodeMap::default(),
            blocks: Blocks::default(),
            stale: false,
        }
    }
    /// Executes until the clock reaches `until` or the board must look: see [`Stop`].
    ///
    /// An interrupt that is pending at moment t is delivered before the instruction that
    /// executes at t, however the time until t was sliced.
    pub fn run(&mut self, bus: &mut impl Bus, probe: &mut impl Probe, until: Moment) -> Stop {
        if self.stale {
            self.stale = false;
            self.env = Env::of(&self.state);
            self.tags.forget();
            self.fetch = Fetch::NONE;
        }
        // The board may have changed anything on its side.
        self.attention = !(attention::CODE | attention::DEVICE);
        if self.code.has_written() {
            self.attention |= attention::CODE;
        }
        self.until = until;
        self.flags = Flags::known(self.state.rflags);
        // The blocks are read while `self` is written: they stand apart during the run.
        let mut blocks = core::mem::take(&mut self.blocks);
        let stop = Run {
            cpu: self,
            bus,
            probe,
        }
        .go(&mut blocks);
        self.blocks = blocks;
        self.state.rflags = self.rflags();
        stop
    }
    /// Moves the clock of a halted CPU; a clock that is already past `moment` stays.
    pub fn sleep_until(&mut self, moment: Moment) {
        self.clock = self.clock.max(moment);
    }
    /// The architectural state. Valid whenever [`run`](Cpu::run) is not on the stack.
    pub fn state(&self) -> &State {
        &self.state
    }
    /// The same, to change: loaders set registers with it.
    pub fn state_mut(&mut self) -> &mut State {
        self.stale = true;
        &mut self.state
    }
    /// A copy of everything that running further depends on.
    pub fn save(&self) -> Saved {
        Saved {
            clock: self.clock,
            retired: self.retired,
            state: self.state.clone(),
        }
    }
    /// Back to a saved state. If memory changed as well, call [`forget_code`](Cpu::forget_code).
    pub fn restore(&mut self, saved: &Saved) {
        self.clock = saved.clock;
        self.retired = saved.retired;
        self.state_mut().clone_from(&saved.state);
    }
    /// The next store to each page calls [`Bus::touch`] again. Translations are kept.
    pub fn forget_writable(&mut self) {
        self.tags.forget_writable();
    }
    /// Drops all decoded blocks, and what is known of where memory lies: it changed behind
    /// the CPU's back.
    pub fn forget_code(&mut self) {
        self.blocks = Blocks::default();
        self.code = CodeMap::default();
        self.tags.forget();
        self.fetch = Fetch::NONE;
    }
    /// Somebody else (DMA, a loader) wrote the page at this offset of [`Bus::memory`].
    pub fn memory_changed(&mut self, offset: usize) {
        self.code.page_written(offset);
    }
    /// The operating mode.
    pub fn mode(&self) -> Mode {
        Env::of(&self.state).mode
    }
    /// The current privilege level, 0..=3.
    pub fn cpl(&self) -> u8 {
        self.state.cpl
    }
    /// The linear address of the next instruction.
    pub fn linear_rip(&self) -> u64 {
        let env = Env::of(&self.state);
        self.state.rip.wrapping_add(env.base[seg::CS]) & env.linear
    }
    /// Code size of the next instruction: 16, 32 or 64.
    pub fn bitness(&self) -> u32 {
        u32::from(Env::of(&self.state).bits)
    }
    /// Where the page tables lead `va` now, without touching TLB, accessed bits or faults.
    pub fn translate_for_debug(&self, bus: &impl Bus, va: u64) -> Option<u64> {
        let State {
            cr0,
            cr3,
            cr4,
            efer,
            ..
        } = self.state;
        let mode = PagingMode::of(cr0, cr4, efer);
        let walk = paging::walk(mode, cr3, va, efer & efer::NXE != 0, |at, size| {
            let (Page::Ram(page) | Page::Rom(page)) = bus.page(at >> 12) else {
                return None;
            };
            let from = page + (at & 0xfff) as usize;
            let mut entry = [0; 8];
            entry[..size as usize].copy_from_slice(bus.memory().get(from..from + size as usize)?);
            Some(u64::from_le_bytes(entry))
        });
        walk.ok().map(|walk| walk.phys)
    }
    /// RFLAGS, the lazy part included.
    pub(crate) fn rflags(&self) -> u64 {
        self.state.rflags & !rflags::STATUS | self.flags.bits()
    }
}

impl Env {
    /// Derives.
    pub fn of(state: &State) -> Self {
        let code = &state.seg[seg::CS];
        let long = state.efer & efer::LMA != 0;
        let mode = if state.cr0 & cr0::PE == 0 {
            Mode::Real
        } else if state.rflags & rflags::VM != 0 {
            Mode::Virtual8086
        } else if !long {
            Mode::Protected
        } else if code.has(Segment::L) {
            Mode::Long
        } else {
            Mode::Compatibility
        };
        let mut base = [0; 8];
        let (mut open_read, mut open_write) = (0, 0);
        for (n, segment) in state.seg.iter().enumerate() {
            if mode != Mode::Long || n >= seg::FS {
                base[n] = segment.base;
            }
            let (read, write) = segment_open(segment);
            open_read |= u8::from(read) << n;
            open_write |= u8::from(write) << n;
        }
        let align = state.cr0 & cr0::AM != 0 && state.rflags & rflags::AC != 0 && state.cpl == 3;
        let stack = match mode {
            Mode::Long => u64::MAX,
            _ if state.seg[seg::SS].has(Segment::D) => 0xffff_ffff,
            _ => 0xffff,
        };
        Self {
            mode,
            paging: PagingMode::of(state.cr0, state.cr4, state.efer),
            bits: match mode {
                Mode::Long => 64,
                _ if code.has(Segment::D) => 32,
                _ => 16,
            },
            bank: if state.cpl == 3 {
                crate::tlb::ENTRIES
            } else {
                0
            },
            base,
            open_read: if mode == Mode::Long { 0xff } else { open_read },
            open_write: if mode == Mode::Long { 0xff } else { open_write },
            linear: if mode == Mode::Long {
                u64::MAX
            } else {
                0xffff_ffff
            },
            stack,
            align,
        }
    }
    /// Whether the CPU is in 64-bit mode.
    pub fn is_long(&self) -> bool {
        self.mode == Mode::Long
    }
    /// Whether selectors mean descriptors: protected mode, long mode included.
    pub fn has_descriptors(&self) -> bool {
        !matches!(self.mode, Mode::Real | Mode::Virtual8086)
    }
}

/// Whether every load, and every store, through a segment is in order.
fn segment_open(segment: &Segment) -> (bool, bool) {
    let whole = segment.limit == u32::MAX && segment.has(Segment::P | Segment::S);
    let code = segment.has(Segment::CODE);
    let up = code || !segment.has(Segment::CE);
    let rw = segment.has(Segment::RW);
    (whole && up && (!code || rw), whole && up && !code && rw)
}

/// Whether a change of CR4 forgets all translations.
pub(crate) const CR4_PAGING: u64 =
    cr4::PSE | cr4::PAE | cr4::PGE | cr4::SMEP | cr4::SMAP | cr4::PCIDE;
