//! Single flags: CLC, STI and the like, LAHF, SAHF.

use crate::Bus;
use crate::cpu::attention;
use crate::decode::Insn;
use crate::fault::{Done, Fault};
use crate::run::Run;
use probe::Probe;
use x86::reg::rflags::{self, AF, CF, PF, SF, ZF};

impl<B: Bus, P: Probe> Run<'_, B, P> {
    pub(super) fn clc(&mut self, _: &Insn) -> Done {
        self.flags.write(CF, 0);
        Ok(())
    }
    pub(super) fn stc(&mut self, _: &Insn) -> Done {
        self.flags.write(CF, CF);
        Ok(())
    }
    pub(super) fn cmc(&mut self, _: &Insn) -> Done {
        let carry = self.flags.cf();
        self.flags.write(CF, if carry { 0 } else { CF });
        Ok(())
    }
    pub(super) fn cld(&mut self, _: &Insn) -> Done {
        self.state.rflags &= !rflags::DF;
        Ok(())
    }
    pub(super) fn std(&mut self, _: &Insn) -> Done {
        self.state.rflags |= rflags::DF;
        Ok(())
    }
    pub(super) fn cli(&mut self, _: &Insn) -> Done {
        if !self.has_iopl() {
            return Err(Fault::GP0);
        }
        self.state.rflags &= !rflags::IF;
        Ok(())
    }
    /// STI: interrupts come through after the *next* instruction, so that `sti; hlt` and
    /// `sti; ret` have no gap.
    pub(super) fn sti(&mut self, _: &Insn) -> Done {
        if !self.has_iopl() {
            return Err(Fault::GP0);
        }
        if self.state.rflags & rflags::IF == 0 {
            self.state.rflags |= rflags::IF;
            self.state.shadow = true;
            self.attention |= attention::STEP;
        }
        Ok(())
    }
    pub(super) fn lahf(&mut self, _: &Insn) -> Done {
        let flags = self.rflags();
        self.set_high(0, flags & (SF | ZF | AF | PF | CF) | rflags::FIXED);
        Ok(())
    }
    pub(super) fn sahf(&mut self, _: &Insn) -> Done {
        let value = self.high(0);
        self.flags.write(SF | ZF | AF | PF | CF, value);
        Ok(())
    }
    /// STAC and CLAC: lift and restore SMAP's ban.
    pub(super) fn set_ac(&mut self, _: &Insn, on: bool) -> Done {
        if self.state.cpl != 0 {
            return Err(Fault::UD);
        }
        self.state.rflags &= !rflags::AC;
        if on {
            self.state.rflags |= rflags::AC;
        }
        Ok(())
    }
}
