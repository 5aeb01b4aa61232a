//! What only 16- and 32-bit code has: decimal arithmetic, BOUND, SALC.

use crate::Bus;
use crate::decode::Insn;
use crate::fault::{Done, Fault};
use crate::flags::{signed, szp};
use crate::run::Run;
use crate::state::gpr::RAX;
use probe::Probe;
use x86::reg::rflags::{AF, CF, PF, SF, ZF};

const AX: u8 = RAX as u8;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// AAA and AAS: make AL an unpacked decimal digit, carry or borrow into AH.
    fn adjust_digit(&mut self, step: impl Fn(u64) -> u64) -> Done {
        let ax = self.reg(AX, 2);
        let flags = self.flags.bits();
        let carry = ax & 0xf > 9 || flags & AF != 0;
        let new = if carry { step(ax) } else { ax };
        self.set_reg(AX, 2, new & 0xff0f);
        self.flags.write(AF | CF, if carry { AF | CF } else { 0 });
        Ok(())
    }
    pub(super) fn aaa(&mut self, _: &Insn) -> Done {
        self.adjust_digit(|ax| ax.wrapping_add(0x106))
    }
    pub(super) fn aas(&mut self, _: &Insn) -> Done {
        self.adjust_digit(|ax| ax.wrapping_sub(0x106))
    }
    /// AAM: AH = AL / base, AL = AL % base.
    pub(super) fn aam(&mut self, i: &Insn) -> Done {
        let (al, base) = (self.reg(AX, 1), i.imm & 0xff);
        if base == 0 {
            return Err(Fault::DE);
        }
        self.set_reg(AX, 2, ((al / base) << 8) | (al % base));
        self.flags.write(SF | ZF | PF, szp(1, al % base));
        Ok(())
    }
    /// AAD: AL = AL + AH * base, AH = 0.
    pub(super) fn aad(&mut self, i: &Insn) -> Done {
        let ax = self.reg(AX, 2);
        let al = (ax + (ax >> 8) * (i.imm & 0xff)) & 0xff;
        self.set_reg(AX, 2, al);
        self.flags.write(SF | ZF | PF, szp(1, al));
        Ok(())
    }
    /// DAA and DAS: make AL two packed decimal digits.
    fn adjust_packed(&mut self, step: fn(u64, u64) -> u64) -> Done {
        let old = self.reg(AX, 1);
        let flags = self.flags.bits();
        let (mut al, mut bits) = (old, 0);
        if old & 0xf > 9 || flags & AF != 0 {
            let next = step(al, 6);
            bits |= AF | (next >> 8 & CF);
            al = next & 0xff;
        }
        if old > 0x99 || flags & CF != 0 {
            al = step(al, 0x60) & 0xff;
            bits |= CF;
        }
        self.set_reg(AX, 1, al);
        self.flags.write(SF | ZF | PF | AF | CF, bits | szp(1, al));
        Ok(())
    }
    pub(super) fn daa(&mut self, _: &Insn) -> Done {
        self.adjust_packed(u64::wrapping_add)
    }
    pub(super) fn das(&mut self, _: &Insn) -> Done {
        self.adjust_packed(u64::wrapping_sub)
    }
    /// BOUND: #BR unless the index lies between the two bounds in memory.
    pub(super) fn bound(&mut self, i: &Insn) -> Done {
        let index = signed(i.size, self.first(i)?);
        let ea = self.ea(&i.mem);
        let low = self.load(i.mem.seg, ea, i.size)?;
        let high = self.load(i.mem.seg, ea.wrapping_add(u64::from(i.size)), i.size)?;
        let inside = signed(i.size, low) <= index && index <= signed(i.size, high);
        if inside { Ok(()) } else { Err(Fault::BR) }
    }
    /// SALC: AL = CF ? FF : 0.
    pub(super) fn salc(&mut self, _: &Insn) -> Done {
        let value = if self.flags.cf() { 0xff } else { 0 };
        self.set_reg(AX, 1, value);
        Ok(())
    }
}
