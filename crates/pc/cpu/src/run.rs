//! The run loop: find a block, execute it, look up in between.
//!
//! ```text
//!   attention? ── deliver interrupt · drop blocks · stop ──┐
//!       │ no                                               │
//!   find block (cache, else decode) ── fault ── deliver ───┤
//!       │                                                  │
//!   execute its instructions ── fault ── deliver ──────────┘
//! ```
//!
//! A block is entered only whole or up to the deadline, so any count is reached exactly, and
//! a run in blocks is the same run as one in single steps.

use crate::block::{self, Blocks, Id};
use crate::cpu::{Cpu, Fetch, attention};
use crate::decode::{Decoded, Insn, MAX_LEN, decode};
use crate::fault::Fault;
use crate::state::seg;
use crate::{Bus, Page, Stop};
use probe::{Event, Origin, Probe};
use std::ops::{Deref, DerefMut};
use x86::reg::rflags;

/// One call of [`Cpu::run`]: the CPU, the board that it is wired to, and who listens.
/// Every instruction is a method of this.
pub(crate) struct Run<'a, B, P> {
    pub cpu: &'a mut Cpu,
    pub bus: &'a mut B,
    pub probe: &'a mut P,
}

impl<B, P> Deref for Run<'_, B, P> {
    type Target = Cpu;
    #[inline(always)]
    fn deref(&self) -> &Cpu {
        self.cpu
    }
}

impl<B, P> DerefMut for Run<'_, B, P> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Cpu {
        self.cpu
    }
}

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// Runs until there is a reason to stop.
    pub fn go(&mut self, blocks: &mut Blocks) -> Stop {
        // The block before, and which way it was left: the guess for the next one hangs there.
        let mut last = (block::NONE, 0);
        loop {
            if self.attention != 0 {
                if let Some(stop) = self.attend(blocks) {
                    return stop;
                }
            } else if self.clock >= self.until {
                return Stop::Deadline;
            }
            match self.find(blocks, last) {
                Ok(id) => {
                    let block = blocks.get(id);
                    let count = self.affordable(
                        block.count,
                        block.bytes,
                        blocks.insns(id, block.count as usize),
                    );
                    let end = self.state.rip.wrapping_add(u64::from(block.bytes));
                    let outcome = match count {
                        0 => Err(Fault::GP0),
                        _ => self.execute(blocks.insns(id, count)),
                    };
                    match outcome {
                        Ok(()) => last = (id, usize::from(self.state.rip != end)),
                        Err(fault) => {
                            last = (block::NONE, 0);
                            self.fault(fault);
                        }
                    }
                }
                Err(fault) => {
                    last = (block::NONE, 0);
                    self.fault(fault);
                }
            }
        }
    }

    /// Whatever `attention` asks for.
    #[inline(never)]
    fn attend(&mut self, blocks: &mut Blocks) -> Option<Stop> {
        while let Some(page) = self.code.take_written() {
            blocks.drop_page(page);
        }
        if self.attention & attention::DEVICE != 0 {
            return Some(Stop::Device);
        }
        if self.clock >= self.until {
            return Some(Stop::Deadline);
        }
        while self.interruptible() && self.bus.interrupt_requested() {
            if self.state.halted {
                self.cpu.state.halted = false;
                self.probe.event(self.cpu.clock, || Event::Wake);
            }
            let vector = self.bus.acknowledge(self.cpu.clock, self.probe);
            self.deliver(vector, Origin::External, None);
        }
        if self.state.shutdown {
            return Some(Stop::Shutdown);
        }
        if self.state.halted {
            return Some(Stop::Halt);
        }
        self.single = self.state.shadow || self.state.rflags & rflags::TF != 0;
        self.attention = if self.single { attention::STEP } else { 0 };
        None
    }

    fn interruptible(&self) -> bool {
        self.state.rflags & rflags::IF != 0 && !self.state.shadow && !self.state.shutdown
    }

    /// How many instructions of a block may run now: the deadline, a single step or the end of
    /// the code segment may come first. None at all is a limit violation.
    fn affordable(&self, count: u8, bytes: u16, insns: &[Insn]) -> usize {
        let mut count = u64::from(count).min(self.until - self.clock) as usize;
        if self.single {
            count = 1;
        }
        let limit = u64::from(self.state.seg[seg::CS].limit);
        if self.env.is_long() || self.state.rip + u64::from(bytes) - 1 <= limit {
            return count;
        }
        let mut end = self.state.rip;
        let fits = insns.iter().take_while(|insn| {
            end += u64::from(insn.len);
            end - 1 <= limit
        });
        fits.count().min(count)
    }

    /// Sets RFLAGS and whatever hangs on it. `VM` cannot be set this way.
    pub fn set_rflags(&mut self, value: u64) {
        let before = self.state.rflags;
        self.flags = crate::flags::Flags::known(value);
        self.state.rflags = value & !(rflags::STATUS | rflags::VM) | rflags::FIXED;
        if (before ^ value) & rflags::AC != 0 {
            self.refresh();
        }
        if value & (rflags::IF | rflags::TF) != 0 {
            self.attention |= attention::INTERRUPT;
        }
    }

    /// The block at RIP: guessed, found, or decoded.
    #[inline]
    fn find(&mut self, blocks: &mut Blocks, last: (Id, usize)) -> Result<Id, Fault> {
        let linear = self.state.rip.wrapping_add(self.env.base[seg::CS]) & self.env.linear;
        if linear & !0xfff != self.fetch.page {
            self.cpu.fetch = self.fetch_page(linear)?;
        }
        let (Page::Ram(page) | Page::Rom(page)) = self.fetch.behind else {
            // Where no memory is the bus floats: all ones, which is no instruction.
            return Err(Fault::UD);
        };
        let offset = page | (linear & 0xfff) as usize;
        let bits = self.env.bits;
        if last.0 != block::NONE {
            let guess = blocks.get(last.0).follow[last.1];
            if blocks.is_at(guess, offset, bits) && blocks.get(guess).second == block::ONE_PAGE {
                return Ok(guess);
            }
        }
        self.look_up(blocks, last, linear, offset)
    }

    #[inline(never)]
    fn look_up(
        &mut self,
        blocks: &mut Blocks,
        last: (Id, usize),
        linear: u64,
        offset: usize,
    ) -> Result<Id, Fault> {
        let bits = self.env.bits;
        let mut id = blocks.find(offset, bits);
        if id != block::NONE && blocks.get(id).second != block::ONE_PAGE {
            // It straddles two pages: is the second one still the one that was decoded?
            let next = self.second_page(linear)?;
            if blocks.get(id).second != next {
                blocks.drop_page(offset & !0xfff);
                id = block::NONE;
            }
        }
        if id == block::NONE {
            if blocks.is_full() {
                *blocks = Blocks::default();
            }
            id = self.build(blocks, linear, offset)?;
        } else {
            blocks.link(last.0, last.1, id);
        }
        Ok(id)
    }

    /// Decodes the block at `offset` of memory.
    fn build(&mut self, blocks: &mut Blocks, linear: u64, offset: usize) -> Result<Id, Fault> {
        let bits = self.env.bits;
        let mut insns = Vec::with_capacity(16);
        let mut at = offset;
        let end = (offset & !0xfff) + 0x1000;
        let most = blocks.most_insns(offset);
        while at < end && insns.len() < most {
            let memory = self.bus.memory();
            match decode(u32::from(bits), &memory[at..end.min(memory.len())]) {
                Decoded::Insn(insn) => {
                    insns.push(insn);
                    at += usize::from(insn.len);
                    if insn.ends_block() {
                        break;
                    }
                }
                Decoded::Truncated => break,
            }
        }
        let mut second = block::ONE_PAGE;
        if insns.is_empty() {
            // The first instruction goes on in the next page.
            second = self.second_page(linear)?;
            let mut bytes = [0; 2 * MAX_LEN];
            let here = end - at;
            bytes[..here].copy_from_slice(&self.bus.memory()[at..end]);
            bytes[here..here + MAX_LEN]
                .copy_from_slice(&self.bus.memory()[second..second + MAX_LEN]);
            match decode(u32::from(bits), &bytes[..MAX_LEN]) {
                Decoded::Insn(insn) => insns.push(insn),
                // 15 bytes are never too few.
                Decoded::Truncated => return Err(Fault::GP0),
            }
            if self.code.add(second, MAX_LEN) {
                self.tags.protect(second);
            }
        }
        if self.code.add(offset, at.max(offset + 1) - offset) {
            self.tags.protect(offset);
        }
        Ok(blocks.add(offset, bits, &insns, second))
    }

    /// Where in memory the page after `linear` stands. Only RAM and ROM can be decoded from.
    fn second_page(&mut self, linear: u64) -> Result<usize, Fault> {
        let next = (linear & !0xfff).wrapping_add(0x1000) & self.env.linear;
        match self.fetch_page(next)?.behind {
            Page::Ram(page) | Page::Rom(page) => Ok(page),
            Page::Device | Page::Nothing => Err(Fault::UD),
        }
    }

    /// The translation for a fetch from `linear`.
    fn fetch_page(&mut self, linear: u64) -> Result<Fetch, Fault> {
        let pa = self.translate_fetch(linear)? & !0xfff;
        Ok(Fetch {
            page: linear & !0xfff,
            behind: self.bus.page(pa >> 12),
        })
    }

    /// An instruction could not be done: one tick passes, and its exception is delivered.
    #[inline(never)]
    pub fn fault(&mut self, fault: Fault) {
        self.deliver(fault.vector(), Origin::Exception, Some(fault));
        self.clock += 1;
    }
}
