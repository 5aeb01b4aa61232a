//! Moving values: MOV, extensions, LEA, exchanges, conditional moves and sets.

use crate::Bus;
use crate::decode::{Insn, Operand};
use crate::fault::{Done, Fault};
use crate::flags::signed;
use crate::run::Run;
use probe::Probe;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    #[inline(always)]
    pub(super) fn mov(&mut self, i: &Insn) -> Done {
        match (i.a, i.b) {
            (
                Operand::Reg(_) | Operand::High(_),
                Operand::Reg(_) | Operand::Imm | Operand::Mem | Operand::High(_),
            )
            | (Operand::Mem, Operand::Reg(_) | Operand::Imm | Operand::High(_)) => {
                let value = self.second(i)?;
                self.put(i, i.a, i.size, value)
            }
            _ => self.mov_special(i),
        }
    }
    /// MOV to or from segment, control and debug registers.
    #[inline(never)]
    fn mov_special(&mut self, i: &Insn) -> Done {
        match (i.a, i.b) {
            (Operand::Seg(n), _) => {
                let selector = self.get(i, i.b, 2)? as u16;
                self.mov_to_segment(n, selector)
            }
            // Into a 32- or 64-bit register the selector is zero-extended; memory gets 16 bits.
            (Operand::Mem, Operand::Seg(_)) => {
                let selector = self.get(i, i.b, 2)?;
                self.put(i, i.a, 2, selector)
            }
            (_, Operand::Seg(_)) => {
                let selector = self.get(i, i.b, 2)?;
                self.put(i, i.a, i.size, selector)
            }
            (Operand::Cr(n), Operand::Reg(from)) => self.mov_to_cr(n, from),
            (Operand::Reg(to), Operand::Cr(n)) => self.mov_from_cr(to, n),
            (Operand::Dr(n), Operand::Reg(from)) => self.mov_to_dr(n, from),
            (Operand::Reg(to), Operand::Dr(n)) => self.mov_from_dr(to, n),
            _ => Err(Fault::UD),
        }
    }

    #[inline(always)]
    pub(super) fn movzx(&mut self, i: &Insn) -> Done {
        let value = self.get(i, i.b, i.size_b)?;
        self.put(i, i.a, i.size, value)
    }
    /// MOVSX and MOVSXD.
    #[inline(always)]
    pub(super) fn movsx(&mut self, i: &Insn) -> Done {
        let value = self.get(i, i.b, i.size_b)?;
        self.put(i, i.a, i.size, signed(i.size_b, value) as u64)
    }
    #[inline(always)]
    pub(super) fn lea(&mut self, i: &Insn) -> Done {
        let ea = self.ea(&i.mem);
        self.put(i, i.a, i.size, ea)
    }
    pub(super) fn xchg(&mut self, i: &Insn) -> Done {
        let b = self.second(i)?;
        let mut old = 0;
        self.modify(i, |_, a| {
            old = a;
            b
        })?;
        self.put(i, i.b, i.size, old)
    }

    /// CMOVcc: the source is read, and may fault, even if the condition does not hold; and a
    /// 32-bit destination is zero-extended either way.
    #[inline(always)]
    pub(super) fn cmov(&mut self, i: &Insn, condition: u8) -> Done {
        let source = self.second(i)?;
        let old = self.first(i)?;
        let value = if self.flags.condition(condition) {
            source
        } else {
            old
        };
        self.put(i, i.a, i.size, value)
    }
    #[inline(always)]
    pub(super) fn setcc(&mut self, i: &Insn, condition: u8) -> Done {
        let value = u64::from(self.flags.condition(condition));
        self.put(i, i.a, 1, value)
    }
    /// XLATB: AL = [RBX + AL].
    pub(super) fn xlatb(&mut self, i: &Insn) -> Done {
        use crate::state::gpr::{RAX, RBX};
        let ea = self.state.gpr[RBX].wrapping_add(self.reg(RAX as u8, 1));
        let ea = ea & crate::flags::mask(i.mem.size);
        let value = self.load(i.mem.seg, ea, 1)?;
        self.set_reg(RAX as u8, 1, value);
        Ok(())
    }
    /// CLFLUSH: there is no cache, but the address is checked as for a load.
    pub(super) fn clflush(&mut self, i: &Insn) -> Done {
        let ea = self.ea(&i.mem);
        self.load(i.mem.seg, ea, 1).map(|_| ())
    }
    pub(super) fn nop(&mut self, _: &Insn) -> Done {
        Ok(())
    }
}
