//! AND, OR, XOR, NOT, TEST.

use crate::Bus;
use crate::decode::Insn;
use crate::fault::Done;
use crate::run::Run;
use probe::Probe;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    #[inline(always)]
    pub(super) fn and(&mut self, i: &Insn) -> Done {
        let b = self.second(i)?;
        self.modify(i, |flags, a| flags.logic(i.size, a & b))
    }
    #[inline(always)]
    pub(super) fn or(&mut self, i: &Insn) -> Done {
        let b = self.second(i)?;
        self.modify(i, |flags, a| flags.logic(i.size, a | b))
    }
    #[inline(always)]
    pub(super) fn xor(&mut self, i: &Insn) -> Done {
        let b = self.second(i)?;
        self.modify(i, |flags, a| flags.logic(i.size, a ^ b))
    }
    #[inline(always)]
    pub(super) fn test(&mut self, i: &Insn) -> Done {
        let a = self.first(i)?;
        let b = self.second(i)?;
        self.flags.logic(i.size, a & b);
        Ok(())
    }
    /// NOT touches no flag.
    pub(super) fn not(&mut self, i: &Insn) -> Done {
        self.modify(i, |_, a| !a)
    }
}
