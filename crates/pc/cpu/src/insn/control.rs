//! Jumps, calls and returns inside a code segment, and loops. Far ones are in `far.rs`.

use crate::Bus;
use crate::decode::{Insn, Operand};
use crate::fault::{Done, Fault};
use crate::flags::mask;
use crate::run::Run;
use crate::state::gpr::RCX;
use crate::state::seg;
use probe::Probe;
use x86::addr::is_canonical;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// The target of a near branch, if RIP may go there.
    #[inline(always)]
    fn target(&mut self, i: &Insn) -> Result<u64, Fault> {
        let to = self.unchecked_target(i)?;
        self.check_target(to)?;
        Ok(to)
    }
    #[inline(always)]
    fn unchecked_target(&mut self, i: &Insn) -> Result<u64, Fault> {
        match i.a {
            // A distance from the first byte of this instruction.
            Operand::Imm => Ok(self.state.rip.wrapping_add(i.imm) & mask(i.size)),
            _ => self.first(i),
        }
    }
    /// #GP if `to` is outside the code segment or not canonical.
    #[inline(always)]
    pub fn check_target(&self, to: u64) -> Done {
        let inside = if self.env.is_long() {
            is_canonical(to)
        } else {
            to <= u64::from(self.state.seg[seg::CS].limit)
        };
        if inside { Ok(()) } else { Err(Fault::GP0) }
    }

    #[inline(always)]
    pub(super) fn jump_if(&mut self, i: &Insn, condition: u8) -> Done {
        if self.flags.condition(condition) {
            self.next = self.target(i)?;
        }
        Ok(())
    }
    #[inline(always)]
    pub(super) fn jmp(&mut self, i: &Insn) -> Done {
        if is_far(i) {
            return self.jmp_far(i);
        }
        self.next = self.target(i)?;
        Ok(())
    }
    #[inline(always)]
    pub(super) fn call(&mut self, i: &Insn) -> Done {
        if is_far(i) {
            return self.call_far(i);
        }
        // Of two faults that of the stack comes first.
        let to = self.unchecked_target(i)?;
        let sp = self.sp_plus(u64::from(i.size).wrapping_neg());
        self.check_store(seg::SS as u8, sp, i.size)?;
        self.check_target(to)?;
        self.push(i.size, self.next)?;
        self.next = to;
        Ok(())
    }
    /// RET, and RET n, which drops n bytes of arguments.
    #[inline(always)]
    pub(super) fn ret(&mut self, i: &Insn) -> Done {
        let to = self.load(seg::SS as u8, self.sp_plus(0), i.size)?;
        self.check_target(to)?;
        let drop = if i.a == Operand::Imm {
            i.imm & 0xffff
        } else {
            0
        };
        self.set_sp(self.sp_plus(u64::from(i.size) + drop));
        self.next = to;
        Ok(())
    }

    /// The counter of LOOP and JrCXZ: its size is the address size.
    fn counter(&self, i: &Insn) -> u8 {
        use iced_x86::Code::*;
        match i.code {
            Loop_rel8_16_CX | Loop_rel8_32_CX | Loope_rel8_16_CX | Loope_rel8_32_CX
            | Loopne_rel8_16_CX | Loopne_rel8_32_CX | Jcxz_rel8_16 | Jcxz_rel8_32 => 2,
            Loop_rel8_16_RCX | Loop_rel8_64_RCX | Loope_rel8_16_RCX | Loope_rel8_64_RCX
            | Loopne_rel8_16_RCX | Loopne_rel8_64_RCX | Jrcxz_rel8_16 | Jrcxz_rel8_64 => 8,
            _ => 4,
        }
    }
    /// LOOP, LOOPE, LOOPNE: count down, jump if something is left and ZF is `zero` (if asked).
    pub(super) fn loop_while(&mut self, i: &Insn, zero: Option<bool>) -> Done {
        let size = self.counter(i);
        let left = self.reg(RCX as u8, size).wrapping_sub(1) & mask(size);
        const E: u8 = 4;
        if left != 0 && zero.is_none_or(|zero| self.flags.condition(E) == zero) {
            self.next = self.target(i)?;
        }
        self.set_reg(RCX as u8, size, left);
        Ok(())
    }
    pub(super) fn jump_if_no_count(&mut self, i: &Insn) -> Done {
        if self.reg(RCX as u8, self.counter(i)) == 0 {
            self.next = self.target(i)?;
        }
        Ok(())
    }
}

fn is_far(i: &Insn) -> bool {
    use iced_x86::Code::*;
    matches!(
        i.code,
        Jmp_ptr1616
            | Jmp_ptr1632
            | Jmp_m1616
            | Jmp_m1632
            | Jmp_m1664
            | Call_ptr1616
            | Call_ptr1632
            | Call_m1616
            | Call_m1632
            | Call_m1664
    )
}
