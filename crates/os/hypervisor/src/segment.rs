//! # 33. Segments: the guest's descriptors, checked by us
//!
//! The real GDT has nothing at the selectors that guests use, so each of their loads faults
//! and ends here. We read the guest's own descriptor and judge it as the CPU would
//! (APM vol. 2 §4.10, §4.11). What is left of segmentation in 64-bit mode is little: CS says
//! privilege and width, FS and GS have bases, all else is flat. 32-bit code has to be flat.

use x86::desc::Descriptor;
use x86::vector;

use crate::guest::{Guest, Outcome, fault, general_protection};
use crate::memory::Access;

/// Index into `Vcpu::selectors`; ES is 0, DS 3.
pub const CS: usize = 1;
#[allow(missing_docs)]
pub const SS: usize = 2;
#[allow(missing_docs)]
pub const FS: usize = 4;
#[allow(missing_docs)]
pub const GS: usize = 5;
#[allow(missing_docs)]
pub const LDTR: usize = 6;
#[allow(missing_docs)]
pub const TR: usize = 7;

/// How control gets into a code segment, which decides what its privilege must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    /// Far jump or call: to the same privilege.
    Jump,
    /// Far return or IRET: to the same or less.
    Return,
    /// Through an interrupt gate: to the same or more.
    Gate,
}

/// A code segment that may be entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Code {
    /// With its RPL set to the new privilege.
    pub selector: u16,
    /// New CPL.
    pub cpl: u32,
    /// 64-bit.
    pub long: bool,
}

impl Guest<'_> {
    /// The guest's descriptor for a selector that is not null.
    pub fn descriptor(&mut self, selector: u16) -> Outcome<Descriptor> {
        let error = u32::from(selector & !3);
        let offset = u64::from(selector & !7);
        // There is no LDT: LLDT takes a null selector only.
        if selector & 4 != 0 || offset + 7 > self.cpu.gdt[1] {
            return general_protection(error);
        }
        let at = self.cpu.gdt[0].wrapping_add(offset);
        self.load(at, 8, Access::SYSTEM).map(Descriptor)
    }

    /// [H:33.1] Checks a code segment before control goes there.
    pub fn code_segment(&mut self, selector: u16, via: Via) -> Outcome<Code> {
        let error = u32::from(selector & !3);
        if error == 0 {
            return general_protection(0);
        }
        let d = self.descriptor(selector)?;
        let (cpl, rpl, dpl) = (self.cpu.cpl, u32::from(selector & 3), u32::from(d.dpl()));
        let conforming = d.has(Descriptor::CE);
        let allowed = match via {
            Via::Jump if conforming => dpl <= cpl,
            Via::Jump => dpl == cpl && rpl <= cpl,
            Via::Return if conforming => rpl >= cpl && dpl <= rpl,
            Via::Return => rpl >= cpl && dpl == rpl,
            Via::Gate => dpl <= cpl,
        };
        let code = d.has(Descriptor::S) && d.has(Descriptor::CODE);
        let long = self.in_long_mode() && d.has(Descriptor::L);
        if !code || !allowed || long && d.has(Descriptor::D) {
            return general_protection(error);
        }
        if !d.has(Descriptor::P) {
            return fault(vector::NP, error);
        }
        if !long && !d.has(Descriptor::D) {
            return Err(self.kill(format_args!(
                "it enters 16-bit code (selector {selector:#x}); only 32 and 64 bits are served"
            )));
        }
        if !long {
            self.must_be_flat(selector, d)?;
        }
        let cpl = match via {
            Via::Return => rpl,
            Via::Gate if !conforming => dpl,
            _ => cpl,
        };
        Ok(Code { selector: selector & !3 | cpl as u16, cpl, long })
    }

    /// Makes a checked code segment the current one.
    pub fn enter(&mut self, code: Code, rip: u64) {
        self.cpu.selectors[CS] = code.selector;
        self.cpu.cpl = code.cpl;
        if !code.long && self.cpu.long != 0 {
            self.own.stale.segments = true;
            self.own.stale.bases = true;
        }
        self.cpu.long = u32::from(code.long);
        self.cpu.rip = if code.long { rip } else { rip & 0xffff_ffff };
    }

    /// [H:33.2] MOV or POP to ES, SS, DS, FS or GS.
    pub fn load_data_segment(&mut self, which: usize, selector: u16) -> Outcome {
        let error = u32::from(selector & !3);
        let (cpl, rpl) = (self.cpu.cpl, u32::from(selector & 3));
        let mut base = 0;
        if which == SS {
            self.check_stack_segment(selector, cpl, self.in_long_code())?;
        } else if error != 0 {
            let d = self.descriptor(selector)?;
            let dpl = u32::from(d.dpl());
            let readable = !d.has(Descriptor::CODE) || d.has(Descriptor::RW);
            let conforming = d.has(Descriptor::CODE) && d.has(Descriptor::CE);
            if !d.has(Descriptor::S) || !readable || !conforming && dpl < cpl.max(rpl) {
                return general_protection(error);
            }
            if !d.has(Descriptor::P) {
                return fault(vector::NP, error);
            }
            if which < FS && !self.in_long_code() {
                self.must_be_flat(selector, d)?;
            }
            base = u64::from(d.base());
        }
        self.cpu.selectors[which] = selector;
        match which {
            FS => self.cpu.fs_base = base,
            GS => self.cpu.gs_base = base,
            _ => return Ok(()),
        }
        self.own.stale.bases = true;
        Ok(())
    }

    /// [H:33.3] Checks a selector for SS at privilege `cpl`. 64-bit kernels may have a null one.
    pub fn check_stack_segment(&mut self, selector: u16, cpl: u32, long: bool) -> Outcome {
        let error = u32::from(selector & !3);
        let rpl = u32::from(selector & 3);
        if error == 0 {
            let fine = long && cpl < 3 && rpl == cpl;
            return if fine { Ok(()) } else { general_protection(0) };
        }
        let d = self.descriptor(selector)?;
        let writable = !d.has(Descriptor::CODE) && d.has(Descriptor::RW);
        let level = rpl == cpl && u32::from(d.dpl()) == cpl;
        if !d.has(Descriptor::S) || !writable || !level {
            return general_protection(error);
        }
        if !d.has(Descriptor::P) {
            return fault(vector::SS, error);
        }
        if long { Ok(()) } else { self.must_be_flat(selector, d) }
    }

    fn must_be_flat(&mut self, selector: u16, d: Descriptor) -> Outcome {
        if d.base() == 0 && d.limit() == u32::MAX {
            return Ok(());
        }
        Err(self.kill(format_args!(
            "its 32-bit segment {selector:#x} is {:#x}+{:#x}; only flat ones are served",
            d.base(),
            d.limit()
        )))
    }
}
