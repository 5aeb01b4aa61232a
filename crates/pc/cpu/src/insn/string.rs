//! String instructions: MOVS, CMPS, STOS, LODS, SCAS, INS, OUTS, and REP.
//!
//! Each iteration of a REP is one retired instruction, as precise and as interruptible as any
//! other: registers are written back after it, RIP stays on the instruction until the last.
//! Copies and fills inside plain memory go in one piece, but count the same.

use crate::Bus;
use crate::decode::Insn;
use crate::fault::Done;
use crate::flags::mask;
use crate::run::Run;
use crate::state::gpr::{RAX, RCX, RDI, RDX, RSI};
use crate::state::seg::ES;
use iced_x86::Code;
use probe::{Event, Probe};
use x86::reg::rflags;

const AX: u8 = RAX as u8;
const CX: u8 = RCX as u8;
const SI: u8 = RSI as u8;
const DI: u8 = RDI as u8;
const EXTRA: u8 = ES as u8;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// Moves an index register on by one element.
    fn advance(&mut self, i: &Insn, register: u8) {
        let step = u64::from(i.size);
        let down = self.state.rflags & rflags::DF != 0;
        let old = self.reg(register, i.mem.size);
        let new = if down {
            old.wrapping_sub(step)
        } else {
            old.wrapping_add(step)
        };
        self.set_reg(register, i.mem.size, new);
    }
    fn source(&self, i: &Insn) -> u64 {
        self.reg(SI, i.mem.size)
    }
    fn destination(&self, i: &Insn) -> u64 {
        self.reg(DI, i.mem.size)
    }

    /// Repeats `one` as the prefix says; `compares` if REPE and REPNE also look at ZF.
    #[inline(always)]
    fn repeat(
        &mut self,
        i: &Insn,
        compares: bool,
        one: impl Fn(&mut Self) -> Done,
        many: impl Fn(&mut Self, u64) -> u64,
    ) -> Done {
        if !i.repeated() {
            return one(self);
        }
        const E: u8 = 4;
        loop {
            let count = self.reg(CX, i.mem.size);
            if count == 0 {
                return Ok(());
            }
            let budget = self.until - self.clock;
            let quick = !P::EVERY_INSTRUCTION && !self.single && self.attention == 0;
            let mut done = if quick {
                many(self, count.min(budget))
            } else {
                0
            };
            if done == 0 {
                one(self)?;
                done = 1;
            }
            self.set_reg(CX, i.mem.size, count - done);
            let wants_zero = i.prefixes & Insn::REP != 0;
            if count == done || compares && self.flags.condition(E) != wants_zero {
                // The last iteration retires with the instruction.
                self.tick(done - 1);
                return Ok(());
            }
            if self.single || self.attention != 0 || done >= budget {
                self.tick(done - 1);
                self.next = self.state.rip;
                return Ok(());
            }
            if P::EVERY_INSTRUCTION {
                let (rip, len) = (self.state.rip, i.len);
                self.probe
                    .event(self.cpu.clock, || Event::Retire { rip, len });
            }
            self.tick(done);
        }
    }
    /// Iterations that retire before the instruction does.
    fn tick(&mut self, iterations: u64) {
        self.clock += iterations;
        self.retired += iterations;
    }

    /// Where in memory the data at a segment offset lies, and how many elements up to the page's
    /// end, if all of it may be reached directly.
    fn direct(&self, i: &Insn, segment: u8, ea: u64, write: bool) -> Option<(usize, u64)> {
        let open = if write {
            self.env.open_write
        } else {
            self.env.open_read
        };
        if open >> segment & 1 == 0 {
            return None;
        }
        let va = self.env.base[segment as usize & 7].wrapping_add(ea) & self.env.linear;
        let tag = self.tags.at(self.env.bank, va);
        let here = if write { tag.write } else { tag.read };
        if here != va & !0xfff {
            return None;
        }
        let room = (0x1000 - (va & 0xfff)) / u64::from(i.size);
        Some((tag.offset + (va & 0xfff) as usize, room))
    }
    /// Whether the index registers may run `count` elements up without wrapping.
    fn straight(&self, i: &Insn, index: u64, count: u64) -> bool {
        self.state.rflags & rflags::DF == 0
            && index
                .checked_add(count * u64::from(i.size))
                .is_some_and(|end| end <= mask(i.mem.size))
    }

    pub(super) fn movs(&mut self, i: &Insn) -> Done {
        self.repeat(
            i,
            false,
            |run| {
                let value = run.load(i.mem.seg, run.source(i), i.size)?;
                run.store(EXTRA, run.destination(i), i.size, value)?;
                run.advance(i, SI);
                run.advance(i, DI);
                Ok(())
            },
            |run, most| run.copy(i, most),
        )
    }
    /// SSE2 has a MOVSD and a CMPSD too.
    pub(super) fn movsd(&mut self, i: &Insn) -> Done {
        if i.code == Code::Movsd_m32_m32 {
            self.movs(i)
        } else {
            self.mov_scalar(i, 8)
        }
    }
    pub(super) fn cmpsd(&mut self, i: &Insn) -> Done {
        if i.code == Code::Cmpsd_m32_m32 {
            self.cmps(i)
        } else {
            self.float_compare(i, super::F64, false)
        }
    }
    /// Copies up to `most` elements at once; returns how many.
    fn copy(&mut self, i: &Insn, most: u64) -> u64 {
        let (source, destination) = (self.source(i), self.destination(i));
        let Some((from, room_from)) = self.direct(i, i.mem.seg, source, false) else {
            return 0;
        };
        let Some((to, room_to)) = self.direct(i, EXTRA, destination, true) else {
            return 0;
        };
        let size = usize::from(i.size);
        let mut count = most.min(room_from).min(room_to);
        if to > from {
            // An overlapping copy upwards repeats a pattern: go only as far as it is plain.
            count = count.min(((to - from) / size) as u64);
        }
        let bytes = count as usize * size;
        if count < 2 || !self.straight(i, source, count) || !self.straight(i, destination, count) {
            return 0;
        }
        let memory = self.bus.memory_mut();
        if from + bytes > memory.len() || to + bytes > memory.len() {
            return 0;
        }
        memory.copy_within(from..from + bytes, to);
        self.set_reg(SI, i.mem.size, source + bytes as u64);
        self.set_reg(DI, i.mem.size, destination + bytes as u64);
        count
    }

    pub(super) fn stos(&mut self, i: &Insn) -> Done {
        self.repeat(
            i,
            false,
            |run| {
                let value = run.reg(AX, i.size);
                run.store(EXTRA, run.destination(i), i.size, value)?;
                run.advance(i, DI);
                Ok(())
            },
            |run, most| run.fill(i, most),
        )
    }
    fn fill(&mut self, i: &Insn, most: u64) -> u64 {
        let destination = self.destination(i);
        let Some((to, room)) = self.direct(i, EXTRA, destination, true) else {
            return 0;
        };
        let count = most.min(room);
        if count < 2 || !self.straight(i, destination, count) {
            return 0;
        }
        let size = usize::from(i.size);
        let bytes = count as usize * size;
        let value = self.state.gpr[RAX].to_le_bytes();
        let Some(memory) = self.bus.memory_mut().get_mut(to..to + bytes) else {
            return 0;
        };
        for element in memory.chunks_exact_mut(size) {
            element.copy_from_slice(&value[..size]);
        }
        self.set_reg(DI, i.mem.size, destination + bytes as u64);
        count
    }

    pub(super) fn lods(&mut self, i: &Insn) -> Done {
        self.repeat(
            i,
            false,
            |run| {
                let value = run.load(i.mem.seg, run.source(i), i.size)?;
                run.set_reg(AX, i.size, value);
                run.advance(i, SI);
                Ok(())
            },
            |_, _| 0,
        )
    }
    pub(super) fn cmps(&mut self, i: &Insn) -> Done {
        self.repeat(
            i,
            true,
            |run| {
                let a = run.load(i.mem.seg, run.source(i), i.size)?;
                let b = run.load(EXTRA, run.destination(i), i.size)?;
                run.flags.sub(i.size, a, b);
                run.advance(i, SI);
                run.advance(i, DI);
                Ok(())
            },
            |_, _| 0,
        )
    }
    pub(super) fn scas(&mut self, i: &Insn) -> Done {
        self.repeat(
            i,
            true,
            |run| {
                let b = run.load(EXTRA, run.destination(i), i.size)?;
                let a = run.reg(AX, i.size);
                run.flags.sub(i.size, a, b);
                run.advance(i, DI);
                Ok(())
            },
            |_, _| 0,
        )
    }
    /// INS: the port is read only when the store cannot fail any more.
    pub(super) fn ins(&mut self, i: &Insn) -> Done {
        let port = self.state.gpr[RDX] as u16;
        self.check_port(port, i.size)?;
        self.repeat(
            i,
            false,
            |run| {
                run.check_store(EXTRA, run.destination(i), i.size)?;
                let value = run.port_in(port, i.size);
                run.store(EXTRA, run.destination(i), i.size, value)?;
                run.advance(i, DI);
                Ok(())
            },
            |_, _| 0,
        )
    }
    pub(super) fn outs(&mut self, i: &Insn) -> Done {
        let port = self.state.gpr[RDX] as u16;
        self.check_port(port, i.size)?;
        self.repeat(
            i,
            false,
            |run| {
                let value = run.load(i.mem.seg, run.source(i), i.size)?;
                run.port_out(port, i.size, value);
                run.advance(i, SI);
                Ok(())
            },
            |_, _| 0,
        )
    }
}
