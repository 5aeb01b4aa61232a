//! The little of the x87 that is here: its control words, and saving and restoring the state.
//!
//! Arithmetic on 80-bit numbers is not: those instructions are #UD, and no image needs them.
//! FXSAVE's image (APM vol. 2 §11.4.4):
//!
//! ```text
//!    0 | FCW | FSW | tags | FOP | RIP             |
//!   16 | DP                     | MXCSR | mask    |
//!   32 | ST0..7, 16 bytes each                    |
//!  160 | XMM0..15                                 |
//! ```

use super::sse_float::MXCSR_KNOWN;
use crate::Bus;
use crate::decode::{Insn, Operand};
use crate::fault::{Done, Fault};
use crate::run::Run;
use crate::state::{Fpu, gpr::RAX};
use iced_x86::Mnemonic;
use probe::Probe;
use x86::reg::cr0;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// #NM if the x87 is switched off, or its next use is to be told.
    fn check_x87(&self) -> Done {
        if self.state.cr0 & (cr0::EM | cr0::TS) != 0 {
            Err(Fault::NM)
        } else {
            Ok(())
        }
    }
    /// FNINIT: as after FINIT, not as after RESET.
    pub(super) fn fninit(&mut self, _: &Insn) -> Done {
        self.check_x87()?;
        let fpu = &mut self.state.fpu;
        (fpu.control, fpu.status, fpu.tags) = (0x037f, 0, 0);
        (fpu.opcode, fpu.ip, fpu.dp) = (0, 0, 0);
        Ok(())
    }
    pub(super) fn fnclex(&mut self, _: &Insn) -> Done {
        self.check_x87()?;
        self.state.fpu.status &= 0x7f00;
        Ok(())
    }
    pub(super) fn fnstcw(&mut self, i: &Insn) -> Done {
        self.check_x87()?;
        let value = u64::from(self.state.fpu.control);
        self.put(i, i.a, 2, value)
    }
    pub(super) fn fldcw(&mut self, i: &Insn) -> Done {
        self.check_x87()?;
        let value = self.get(i, i.a, 2)?;
        self.state.fpu.control = value as u16 & 0x1f3f | 0x40;
        Ok(())
    }
    /// FNSTSW to memory or to AX.
    pub(super) fn fnstsw(&mut self, i: &Insn) -> Done {
        self.check_x87()?;
        let value = u64::from(self.state.fpu.status);
        match i.a {
            Operand::Mem => self.put(i, i.a, 2, value),
            _ => {
                self.set_reg(RAX as u8, 2, value);
                Ok(())
            }
        }
    }
    /// FWAIT: no exception is ever pending.
    pub(super) fn fwait(&mut self, _: &Insn) -> Done {
        let told = cr0::MP | cr0::TS;
        if self.state.cr0 & told == told {
            Err(Fault::NM)
        } else {
            Ok(())
        }
    }
    /// EMMS: marks all registers as empty.
    pub(super) fn emms(&mut self, _: &Insn) -> Done {
        self.check_x87()?;
        self.state.fpu.tags = 0;
        Ok(())
    }

    fn check_fx(&self, i: &Insn) -> Result<u64, Fault> {
        self.check_x87()?;
        let ea = self.ea(&i.mem);
        self.check_aligned(i.mem.seg, ea, true)?;
        Ok(ea)
    }
    /// How many XMM registers the image holds.
    fn xmm_count(&self) -> usize {
        if self.env.is_long() { 16 } else { 8 }
    }
    pub(super) fn fxsave(&mut self, i: &Insn) -> Done {
        let ea = self.check_fx(i)?;
        let count = self.xmm_count();
        let fpu = self.state.fpu.clone();
        let Fpu {
            control,
            status,
            tags,
            opcode,
            ip,
            dp,
            mxcsr,
            ..
        } = fpu;
        let wide = matches!(i.op, Mnemonic::Fxsave64);
        let pointer = |value: u64| if wide { value } else { value & 0xffff_ffff };
        let words = [
            u64::from(control)
                | u64::from(status) << 16
                | u64::from(tags) << 32
                | u64::from(opcode) << 48,
            pointer(ip),
            pointer(dp),
            u64::from(mxcsr) | u64::from(MXCSR_KNOWN) << 32,
        ];
        let registers = fpu.st.iter().chain(&fpu.xmm[..count]);
        let image = words
            .into_iter()
            .chain(registers.flat_map(|r| [*r as u64, (*r >> 64) as u64]));
        let seg = i.mem.seg;
        // Everything that is written lies in at most two pages: if its ends may be, all may.
        self.check_store(seg, ea, 8)?;
        self.check_store(seg, ea.wrapping_add(160 + 16 * count as u64 - 8), 8)?;
        for (n, word) in image.enumerate() {
            self.store(seg, ea.wrapping_add(8 * n as u64), 8, word)?;
        }
        Ok(())
    }
    pub(super) fn fxrstor(&mut self, i: &Insn) -> Done {
        let ea = self.check_fx(i)?;
        let count = self.xmm_count();
        let mut words = [0; 52];
        for (n, word) in words[..20 + 2 * count].iter_mut().enumerate() {
            *word = self.load(i.mem.seg, ea.wrapping_add(8 * n as u64), 8)?;
        }
        let mxcsr = words[3] as u32;
        if mxcsr & !MXCSR_KNOWN != 0 {
            return Err(Fault::GP0);
        }
        let register = |n: usize| u128::from(words[n]) | u128::from(words[n + 1]) << 64;
        let fpu = &mut self.state.fpu;
        fpu.control = words[0] as u16 & 0x1f3f | 0x40;
        fpu.status = (words[0] >> 16) as u16;
        fpu.tags = (words[0] >> 32) as u8;
        fpu.opcode = (words[0] >> 48) as u16 & 0x7ff;
        (fpu.ip, fpu.dp, fpu.mxcsr) = (words[1], words[2], mxcsr);
        for (n, st) in fpu.st.iter_mut().enumerate() {
            *st = register(4 + 2 * n) & (u128::MAX >> 48);
        }
        for (n, xmm) in fpu.xmm[..count].iter_mut().enumerate() {
            *xmm = register(20 + 2 * n);
        }
        Ok(())
    }
}
