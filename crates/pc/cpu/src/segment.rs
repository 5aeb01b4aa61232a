//! Loading segment registers: descriptors and their checks (APM vol. 2 §4.7 to §4.11).

use crate::Bus;
use crate::cpu::attention;
use crate::fault::{Done, Fault};
use crate::run::Run;
use crate::state::{Segment, seg};
use probe::Probe;
use x86::desc::{Descriptor, system};

/// A descriptor and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    pub raw: Descriptor,
    /// Linear address.
    pub at: u64,
}

impl Segment {
    /// What loading `selector` with this descriptor gives.
    pub(crate) fn from_descriptor(selector: u16, raw: Descriptor) -> Self {
        Self {
            selector,
            attributes: (raw.0 >> 40 & 0xff | raw.0 >> 44 & 0xf00) as u16,
            limit: raw.limit(),
            base: u64::from(raw.base()),
        }
    }
    /// A null selector: nothing can be reached through it.
    pub(crate) fn null(selector: u16) -> Self {
        Self {
            selector,
            ..Self::default()
        }
    }
    /// The flat segments that SYSCALL and SYSRET conjure up without reading a descriptor.
    pub(crate) fn flat(selector: u16, attributes: u16, dpl: u16) -> Self {
        Self {
            selector,
            attributes: attributes
                | Self::P
                | Self::S
                | Self::RW
                | Self::ACCESSED
                | Self::G
                | dpl << 5,
            limit: u32::MAX,
            base: 0,
        }
    }
    /// Whether this is code that runs with the caller's privilege.
    pub(crate) fn is_conforming(&self) -> bool {
        self.has(Self::CODE | Self::CE)
    }
}

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// Reads the descriptor that a selector names. `None`: outside its table.
    pub fn read_descriptor(&mut self, selector: u16) -> Result<Option<Found>, Fault> {
        let (base, limit) = if selector & 4 == 0 {
            (self.state.gdtr.base, u32::from(self.state.gdtr.limit))
        } else if self.state.ldtr.has(Segment::P) {
            (self.state.ldtr.base, self.state.ldtr.limit)
        } else {
            return Ok(None);
        };
        let offset = u32::from(selector & !7);
        if offset + 7 > limit {
            return Ok(None);
        }
        let at = base.wrapping_add(u64::from(offset)) & self.system_linear();
        let raw = Descriptor(self.load_system(at, 8)?);
        Ok(Some(Found { raw, at }))
    }
    /// The width of linear addresses of the CPU's own tables: 64 bits in long mode, whatever
    /// the code that runs.
    pub fn system_linear(&self) -> u64 {
        if self.state.efer & x86::reg::efer::LMA != 0 {
            u64::MAX
        } else {
            0xffff_ffff
        }
    }
    /// The same for a selector that must be in order: #GP(selector) if it is not in its table.
    pub fn descriptor(&mut self, selector: u16) -> Result<Found, Fault> {
        self.read_descriptor(selector)?.ok_or(Fault::gp(selector))
    }
    /// Sets the accessed bit in memory, as a load does.
    pub fn mark_accessed(&mut self, found: Found) -> Done {
        if found.raw.has(Descriptor::ACCESSED) {
            return Ok(());
        }
        let kind = (found.raw.0 | Descriptor::ACCESSED) >> 40 & 0xff;
        self.store_system(found.at.wrapping_add(5), 1, kind)
    }

    /// MOV or POP to ES, SS, DS, FS or GS. A load of SS holds interrupts off for one
    /// instruction, so that the stack pointer can follow.
    pub fn mov_to_segment(&mut self, n: u8, selector: u16) -> Done {
        if usize::from(n) == seg::CS {
            return Err(Fault::UD);
        }
        let segment = self.checked_segment(n, selector)?;
        self.state.seg[usize::from(n)] = segment;
        self.refresh();
        if usize::from(n) == seg::SS {
            self.state.shadow = true;
            self.attention |= attention::STEP;
        }
        Ok(())
    }

    /// The segment that loading `selector` into data register `n` gives, after all checks.
    pub fn checked_segment(&mut self, n: u8, selector: u16) -> Result<Segment, Fault> {
        if !self.env.has_descriptors() {
            // Only the base changes: limits survive a visit to protected mode.
            let base = u64::from(selector) << 4;
            return Ok(Segment {
                selector,
                base,
                ..self.state.seg[usize::from(n)]
            });
        }
        if usize::from(n) == seg::SS {
            return self.checked_stack(selector, self.state.cpl, Fault::gp);
        }
        if selector & !3 == 0 {
            return Ok(Segment::null(selector));
        }
        let found = self.descriptor(selector)?;
        let segment = Segment::from_descriptor(selector, found.raw);
        let code = segment.has(Segment::CODE);
        if !segment.has(Segment::S) || code && !segment.has(Segment::RW) {
            return Err(Fault::gp(selector));
        }
        let least = self.state.cpl.max(selector as u8 & 3);
        if !segment.is_conforming() && segment.dpl() < least {
            return Err(Fault::gp(selector));
        }
        if !segment.has(Segment::P) {
            return Err(Fault::np(selector));
        }
        self.mark_accessed(found)?;
        Ok(Segment {
            attributes: segment.attributes | Segment::ACCESSED,
            ..segment
        })
    }

    /// The stack segment for privilege level `cpl`; `refuse` makes the fault for a selector that
    /// will not do: #GP for most roads, #TS if it came out of a TSS.
    pub fn checked_stack(
        &mut self,
        selector: u16,
        cpl: u8,
        refuse: fn(u16) -> Fault,
    ) -> Result<Segment, Fault> {
        let rpl = selector as u8 & 3;
        if selector & !3 == 0 {
            // 64-bit code above ring 3 may run without a stack segment.
            return if self.env.is_long() && cpl != 3 && rpl == cpl {
                Ok(Segment::null(selector))
            } else {
                Err(refuse(0))
            };
        }
        let found = self.read_descriptor(selector)?.ok_or(refuse(selector))?;
        let segment = Segment::from_descriptor(selector, found.raw);
        let writable_data = segment.has(Segment::S | Segment::RW) && !segment.has(Segment::CODE);
        if rpl != cpl || segment.dpl() != cpl || !writable_data {
            return Err(refuse(selector));
        }
        if !segment.has(Segment::P) {
            return Err(Fault::ss(selector));
        }
        self.mark_accessed(found)?;
        Ok(Segment {
            attributes: segment.attributes | Segment::ACCESSED,
            ..segment
        })
    }

    /// A code segment that may be entered without a change of privilege to `cpl`, or that a
    /// return to `cpl` names. `rpl_counts` for jumps and calls.
    pub fn checked_code(
        &mut self,
        selector: u16,
        cpl: u8,
        rpl_counts: bool,
    ) -> Result<Segment, Fault> {
        if selector & !3 == 0 {
            return Err(Fault::GP0);
        }
        let found = self.descriptor(selector)?;
        let mut segment = Segment::from_descriptor(selector, found.raw);
        let refused = Err(Fault::gp(selector));
        if !segment.has(Segment::S | Segment::CODE) {
            return refused;
        }
        let allowed = if segment.is_conforming() {
            segment.dpl() <= cpl
        } else {
            segment.dpl() == cpl && (!rpl_counts || selector as u8 & 3 <= cpl)
        };
        let long = self.state.efer & x86::reg::efer::LMA != 0;
        if !allowed || long && segment.has(Segment::L | Segment::D) {
            return refused;
        }
        if !segment.has(Segment::P) {
            return Err(Fault::np(selector));
        }
        self.mark_accessed(found)?;
        segment.attributes |= Segment::ACCESSED;
        if !long {
            // The L bit means nothing outside long mode.
            segment.attributes &= !Segment::L;
        }
        segment.selector = selector & !3 | u16::from(cpl);
        Ok(segment)
    }

    /// LLDT and LTR read a system descriptor: 16 bytes in long mode.
    pub fn system_segment(&mut self, selector: u16) -> Result<(Segment, Found), Fault> {
        if selector & 4 != 0 {
            return Err(Fault::gp(selector));
        }
        let found = self.descriptor(selector)?;
        let mut segment = Segment::from_descriptor(selector, found.raw);
        if self.state.efer & x86::reg::efer::LMA != 0 {
            if u32::from(selector & !7) + 15 > u32::from(self.state.gdtr.limit) {
                return Err(Fault::gp(selector));
            }
            segment.base |= self.load_system(found.at.wrapping_add(8), 4)? << 32;
            if !x86::addr::is_canonical(segment.base) {
                return Err(Fault::gp(selector));
            }
        }
        Ok((segment, found))
    }
    pub(crate) fn lldt(&mut self, selector: u16) -> Done {
        if selector & !3 == 0 {
            self.state.ldtr = Segment::null(selector);
            return Ok(());
        }
        let (segment, found) = self.system_segment(selector)?;
        if found.raw.has(Descriptor::S) || found.raw.kind() != system::LDT {
            return Err(Fault::gp(selector));
        }
        if !found.raw.has(Descriptor::P) {
            return Err(Fault::np(selector));
        }
        self.state.ldtr = segment;
        Ok(())
    }
    /// LTR: the TSS must be available, and becomes busy.
    pub(crate) fn ltr(&mut self, selector: u16) -> Done {
        if selector & !3 == 0 {
            return Err(Fault::GP0);
        }
        let (segment, found) = self.system_segment(selector)?;
        let kind = found.raw.kind();
        let long = self.state.efer & x86::reg::efer::LMA != 0;
        let available = kind == system::TSS_AVAILABLE || kind == 1 && !long;
        if found.raw.has(Descriptor::S) || !available {
            return Err(Fault::gp(selector));
        }
        if !found.raw.has(Descriptor::P) {
            return Err(Fault::np(selector));
        }
        let busy = found.raw.0 >> 40 & 0xff | 2;
        self.store_system(found.at.wrapping_add(5), 1, busy)?;
        self.state.tr = Segment {
            attributes: segment.attributes | 2,
            ..segment
        };
        Ok(())
    }
}
