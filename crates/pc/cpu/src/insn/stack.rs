//! PUSH, POP, ENTER, LEAVE, and the stack itself.

use crate::Bus;
use crate::decode::{Insn, Operand};
use crate::fault::{Done, Fault};
use crate::flags::mask;
use crate::run::Run;
use crate::state::gpr::{RBP, RSP};
use crate::state::seg::SS;
use probe::Probe;
use x86::reg::rflags;

const BP: u8 = RBP as u8;
const STACK: u8 = SS as u8;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// Writes the part of RSP that the stack uses.
    #[inline(always)]
    pub fn set_sp(&mut self, value: u64) {
        let used = self.env.stack;
        let sp = &mut self.state.gpr[RSP];
        // A 32-bit stack pointer is a 32-bit write: it clears the upper half.
        *sp = if used == 0xffff {
            *sp & !used | value & used
        } else {
            value & used
        };
    }
    /// The stack pointer moved by `bytes`, wrapped as the stack wraps.
    #[inline(always)]
    pub fn sp_plus(&self, bytes: u64) -> u64 {
        self.state.gpr[RSP].wrapping_add(bytes) & self.env.stack
    }
    #[inline(always)]
    pub fn push(&mut self, size: u8, value: u64) -> Done {
        let sp = self.sp_plus(u64::from(size).wrapping_neg());
        self.store(STACK, sp, size, value)?;
        self.set_sp(sp);
        Ok(())
    }
    #[inline(always)]
    pub fn pop_value(&mut self, size: u8) -> Result<u64, Fault> {
        let value = self.load(STACK, self.sp_plus(0), size)?;
        self.set_sp(self.sp_plus(u64::from(size)));
        Ok(value)
    }

    #[inline(always)]
    pub(super) fn push_insn(&mut self, i: &Insn) -> Done {
        match i.a {
            // A selector, zero-extended (some other makers leave the rest of the slot alone).
            Operand::Seg(n) => {
                let selector = u64::from(self.state.seg[usize::from(n)].selector);
                self.push(i.size, selector)
            }
            _ => {
                let value = self.first(i)?;
                self.push(i.size, value)
            }
        }
    }
    #[inline(always)]
    pub(super) fn pop_insn(&mut self, i: &Insn) -> Done {
        match i.a {
            Operand::Reg(n) => {
                let value = self.pop_value(i.size)?;
                self.set_reg(n, i.size, value);
                Ok(())
            }
            Operand::Seg(n) => {
                let selector = self.load(STACK, self.sp_plus(0), i.size.min(4))? as u16;
                let sp = self.sp_plus(u64::from(i.size));
                self.mov_to_segment(n, selector)?;
                self.set_sp(sp);
                Ok(())
            }
            // POP [rsp+x] computes its address with the stack pointer already moved.
            _ => {
                let old = self.state.gpr[RSP];
                let value = self.pop_value(i.size)?;
                let ea = self.ea(&i.mem);
                let done = self.store(i.mem.seg, ea, i.size, value);
                if done.is_err() {
                    self.state.gpr[RSP] = old;
                }
                done
            }
        }
    }

    /// PUSHA: all eight, with the stack pointer as it was before.
    pub(super) fn pusha(&mut self, i: &Insn) -> Done {
        let size = u64::from(i.size);
        let base = self.state.gpr[RSP];
        for n in 0..8 {
            let at = base.wrapping_sub(size * (n + 1)) & self.env.stack;
            self.check_store(STACK, at, i.size)?;
        }
        for n in 0..8u8 {
            let at = base.wrapping_sub(size * (u64::from(n) + 1)) & self.env.stack;
            let value = self.reg(n, i.size);
            self.store(STACK, at, i.size, value)?;
        }
        self.set_sp(base.wrapping_sub(8 * size));
        Ok(())
    }
    /// POPA: the slot of the stack pointer is skipped.
    pub(super) fn popa(&mut self, i: &Insn) -> Done {
        let size = u64::from(i.size);
        let mut values = [0; 8];
        for (n, value) in values.iter_mut().enumerate() {
            let at = self.sp_plus(size * (7 - n as u64));
            *value = self.load(STACK, at, i.size)?;
        }
        let sp = self.sp_plus(8 * size);
        for (n, value) in values.into_iter().enumerate().filter(|&(n, _)| n != RSP) {
            self.set_reg(n as u8, i.size, value);
        }
        self.set_sp(sp);
        Ok(())
    }

    /// PUSHF: RF and VM are pushed as zero.
    pub(super) fn pushf(&mut self, i: &Insn) -> Done {
        let flags = self.rflags() & !(rflags::RF | rflags::VM);
        self.push(i.size, flags)
    }
    /// POPF: what the privilege level does not allow is silently not changed. This is one of
    /// the instructions that keep x86 from being virtualised by trapping alone.
    pub(super) fn popf(&mut self, i: &Insn) -> Done {
        let value = self.pop_value(i.size)?;
        let mut writable = rflags::STATUS | rflags::TF | rflags::DF | rflags::NT;
        if i.size > 2 {
            writable |= rflags::AC | rflags::ID;
        }
        let cpl = self.state.cpl;
        if u64::from(cpl) <= (self.state.rflags & rflags::IOPL) >> 12 {
            writable |= rflags::IF;
        }
        if cpl == 0 {
            writable |= rflags::IOPL;
        }
        let old = self.rflags() & !rflags::RF;
        self.set_rflags(old & !writable | value & writable);
        Ok(())
    }

    /// ENTER: makes a stack frame, with copies of the outer frames' pointers.
    pub(super) fn enter(&mut self, i: &Insn) -> Done {
        let (size, bytes, level) = (u64::from(i.size), i.imm & 0xffff, i.imm >> 16 & 31);
        let sp = self.state.gpr[RSP];
        let frame = sp.wrapping_sub(size) & self.env.stack;
        let rbp = self.reg(BP, i.size);
        self.store(STACK, frame, i.size, rbp)?;
        let mut at = frame;
        for n in 1..level {
            let from = self.state.gpr[RBP].wrapping_sub(size * n) & self.env.stack;
            let outer = self.load(STACK, from, i.size)?;
            at = at.wrapping_sub(size) & self.env.stack;
            self.store(STACK, at, i.size, outer)?;
        }
        if level > 0 {
            at = at.wrapping_sub(size) & self.env.stack;
            self.store(STACK, at, i.size, frame & mask(i.size))?;
        }
        let end = at.wrapping_sub(bytes) & self.env.stack;
        // The new stack pointer must be usable, though nothing is written there.
        self.check_store(STACK, end, 1)?;
        self.set_reg(BP, i.size, frame);
        self.set_sp(end);
        Ok(())
    }
    pub(super) fn leave(&mut self, i: &Insn) -> Done {
        let at = self.state.gpr[RBP] & self.env.stack;
        let value = self.load(STACK, at, i.size)?;
        self.set_sp(at.wrapping_add(u64::from(i.size)));
        self.set_reg(BP, i.size, value);
        Ok(())
    }
}
