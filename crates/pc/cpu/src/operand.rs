//! Reading and writing what an instruction's operands name.

use crate::Bus;
use crate::cpu::Cpu;
use crate::decode::{Insn, Mem, Operand};
use crate::fault::{Done, Fault};
use crate::flags::{Flags, mask};
use crate::run::Run;
use probe::Probe;

impl Cpu {
    /// The low `size` bytes of a general register.
    #[inline(always)]
    pub(crate) fn reg(&self, n: u8, size: u8) -> u64 {
        self.state.gpr[n as usize & 15] & mask(size)
    }
    /// Writes a general register. 32-bit writes clear the upper half; 8- and 16-bit writes
    /// leave the rest alone.
    #[inline(always)]
    pub(crate) fn set_reg(&mut self, n: u8, size: u8, value: u64) {
        let to = &mut self.state.gpr[n as usize & 15];
        *to = match size {
            8 => value,
            4 => value & 0xffff_ffff,
            _ => *to & !mask(size) | value & mask(size),
        };
    }
    /// Bits 15:8 of RAX, RCX, RDX or RBX.
    pub(crate) fn high(&self, n: u8) -> u64 {
        self.state.gpr[n as usize & 3] >> 8 & 0xff
    }
    pub(crate) fn set_high(&mut self, n: u8, value: u64) {
        let to = &mut self.state.gpr[n as usize & 3];
        *to = *to & !0xff00 | (value & 0xff) << 8;
    }
    /// The effective address: an offset into the segment.
    #[inline(always)]
    pub(crate) fn ea(&self, mem: &Mem) -> u64 {
        let mut ea = mem.disp;
        if mem.base < Mem::NONE {
            ea = ea.wrapping_add(self.state.gpr[mem.base as usize & 15]);
        } else if mem.base == Mem::RIP {
            ea = ea.wrapping_add(self.state.rip);
        }
        if mem.index < Mem::NONE {
            ea = ea.wrapping_add(self.state.gpr[mem.index as usize & 15] << mem.scale);
        }
        match mem.size {
            8 => ea,
            4 => ea & 0xffff_ffff,
            _ => ea & 0xffff,
        }
    }
}

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// The value of an operand, zero-extended from `size` bytes.
    #[inline(always)]
    pub fn get(&mut self, i: &Insn, operand: Operand, size: u8) -> Result<u64, Fault> {
        match operand {
            Operand::Reg(n) => Ok(self.reg(n, size)),
            Operand::Imm => Ok(i.imm & mask(size)),
            Operand::Mem => self.load(i.mem.seg, self.ea(&i.mem), size),
            other => Ok(self.get_rare(other)),
        }
    }
    #[inline(never)]
    fn get_rare(&self, operand: Operand) -> u64 {
        match operand {
            Operand::High(n) => self.high(n),
            Operand::Seg(n) => u64::from(self.state.seg[usize::from(n)].selector),
            _ => 0,
        }
    }
    /// Writes an operand.
    #[inline(always)]
    pub fn put(&mut self, i: &Insn, operand: Operand, size: u8, value: u64) -> Done {
        match operand {
            Operand::Reg(n) => self.set_reg(n, size, value),
            Operand::Mem => return self.store(i.mem.seg, self.ea(&i.mem), size, value),
            Operand::High(n) => self.set_high(n, value),
            _ => {}
        }
        Ok(())
    }
    /// The first operand.
    #[inline(always)]
    pub fn first(&mut self, i: &Insn) -> Result<u64, Fault> {
        self.get(i, i.a, i.size)
    }
    /// The second operand, at the size of the first.
    #[inline(always)]
    pub fn second(&mut self, i: &Insn) -> Result<u64, Fault> {
        self.get(i, i.b, i.size)
    }
    /// Reads the first operand, computes, and writes it back. A page fault is that of a write,
    /// and comes before `compute` has touched the flags.
    #[inline(always)]
    pub fn modify(&mut self, i: &Insn, compute: impl FnOnce(&mut Flags, u64) -> u64) -> Done {
        match i.a {
            Operand::Reg(n) => {
                let old = self.reg(n, i.size);
                let new = compute(&mut self.flags, old);
                self.set_reg(n, i.size, new);
                Ok(())
            }
            Operand::Mem => {
                let ea = self.ea(&i.mem);
                self.check_store(i.mem.seg, ea, i.size)?;
                let old = self.load(i.mem.seg, ea, i.size)?;
                let new = compute(&mut self.flags, old);
                self.store(i.mem.seg, ea, i.size, new)
            }
            other => {
                let old = self.get_rare(other);
                let new = compute(&mut self.flags, old);
                self.put(i, other, i.size, new)
            }
        }
    }
}
