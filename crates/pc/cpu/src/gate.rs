//! Gates: where a trap's handler is, which stack it runs on, and the frame that goes there
//! (APM vol. 2 §8.6 to §8.9). Nothing but that stack is written here.

use crate::Bus;
use crate::deliver::{Entry, Trap};
use crate::fault::{Done, Fault};
use crate::run::Run;
use crate::state::{Segment, gpr::RSP, seg};
use crate::translate::Access;
use probe::{Origin, Probe};
use x86::addr::is_canonical;
use x86::desc::{Gate, system, tss64};
use x86::reg::efer;
use x86::vector;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// Real mode: a table of far pointers.
    pub fn real_vector(&mut self, trap: Trap) -> Result<Entry, Fault> {
        let at = u64::from(trap.vector) * 4;
        if at + 3 > u64::from(self.state.idtr.limit) {
            return Err(Fault::GP0);
        }
        let pointer = self.load_system(self.state.idtr.base.wrapping_add(at) & 0xffff_ffff, 4)?;
        let flags = self.rflags();
        let cs = u64::from(self.state.seg[seg::CS].selector);
        let stack = self.state.seg[seg::SS];
        let mut sp = self.state.gpr[RSP];
        for value in [flags, cs, trap.rip] {
            self.push_on(&stack, &mut sp, 2, value, 0, 0)?;
        }
        let selector = (pointer >> 16) as u16;
        let old = self.state.seg[seg::CS];
        Ok(Entry {
            code: Segment {
                selector,
                base: u64::from(selector) << 4,
                ..old
            },
            rip: pointer & 0xffff,
            cpl: 0,
            stack,
            sp,
            clear_if: true,
        })
    }

    /// The code segment that a gate leads to, and the privilege level there.
    fn gate_target(&mut self, trap: Trap, selector: u16) -> Result<(Segment, u8), Fault> {
        let ext = trap.ext();
        let coded = |fault: fn(u16) -> Fault, selector: u16| {
            Fault::coded(fault(0).vector(), selector & !3 | ext)
        };
        if selector & !3 == 0 {
            return Err(coded(Fault::gp, 0));
        }
        let found = self
            .read_descriptor(selector)?
            .ok_or(coded(Fault::gp, selector))?;
        let mut segment = Segment::from_descriptor(selector, found.raw);
        let long = self.state.efer & efer::LMA != 0;
        let wrong_size = long && (!segment.has(Segment::L) || segment.has(Segment::D));
        if !segment.has(Segment::S | Segment::CODE) || segment.dpl() > self.state.cpl || wrong_size
        {
            return Err(coded(Fault::gp, selector));
        }
        if !segment.has(Segment::P) {
            return Err(coded(Fault::np, selector));
        }
        self.mark_accessed(found)?;
        let cpl = if segment.is_conforming() {
            self.state.cpl
        } else {
            segment.dpl()
        };
        segment.attributes |= Segment::ACCESSED;
        segment.selector = selector & !3 | u16::from(cpl);
        Ok((segment, cpl))
    }

    /// Whether the gate may be used: present, and privileged enough for INT n.
    fn check_gate(&self, trap: Trap, known: bool, dpl: u8, present: bool) -> Done {
        let refused = trap.origin == Origin::Software && dpl < self.state.cpl;
        if !known || refused {
            return Err(Fault::coded(vector::GP, trap.gate_error()));
        }
        if !present {
            return Err(Fault::coded(vector::NP, trap.gate_error()));
        }
        Ok(())
    }

    /// Long mode: 16-byte gates, an optional interrupt stack, always five words.
    pub fn long_gate(&mut self, trap: Trap) -> Result<Entry, Fault> {
        let at = u64::from(trap.vector) * 16;
        if at + 15 > u64::from(self.state.idtr.limit) {
            return Err(Fault::coded(vector::GP, trap.gate_error()));
        }
        let at = self.state.idtr.base.wrapping_add(at);
        let gate = Gate {
            low: self.load_system(at, 8)?,
            high: self.load_system(at.wrapping_add(8), 8)?,
        };
        let known = matches!(gate.kind(), system::INTERRUPT_GATE | system::TRAP_GATE)
            && gate.low >> 44 & 1 == 0;
        self.check_gate(trap, known, gate.dpl(), gate.present())?;
        let (code, cpl) = self.gate_target(trap, gate.selector())?;
        let inward = cpl < self.state.cpl;
        let top = if gate.ist() != 0 {
            self.tss_stack(trap, tss64::IST1 + 8 * (u64::from(gate.ist()) - 1))?
        } else if inward {
            self.tss_stack(trap, tss64::RSP0 + 8 * u64::from(cpl))?
        } else {
            self.state.gpr[RSP]
        };
        if !is_canonical(gate.offset()) {
            return Err(Fault::coded(vector::GP, trap.ext()));
        }
        let mut sp = top & !15;
        if !is_canonical(sp) {
            return Err(Fault::coded(vector::SS, trap.ext()));
        }
        let state = &self.state;
        let frame = [
            u64::from(state.seg[seg::SS].selector),
            state.gpr[RSP],
            self.rflags(),
            u64::from(state.seg[seg::CS].selector),
            trap.rip,
        ];
        let access = Access {
            write: true,
            fetch: false,
            user: cpl == 3,
            implicit: true,
        };
        for value in frame.into_iter().chain(trap.error.map(u64::from)) {
            sp = sp.wrapping_sub(8);
            self.store_with(sp, 8, value, access)?;
        }
        // After a change of privilege SS holds a null selector: there is no such stack segment.
        let stack = if inward {
            Segment::null(u16::from(cpl))
        } else {
            self.state.seg[seg::SS]
        };
        let clear_if = gate.kind() == system::INTERRUPT_GATE;
        Ok(Entry {
            code,
            rip: gate.offset(),
            cpl,
            stack,
            sp,
            clear_if,
        })
    }

    /// A stack pointer out of the 64-bit TSS.
    fn tss_stack(&mut self, trap: Trap, offset: u64) -> Result<u64, Fault> {
        let tr = self.state.tr;
        if offset + 7 > u64::from(tr.limit) {
            return Err(Fault::coded(vector::TS, tr.selector & !3 | trap.ext()));
        }
        let sp = self.load_system(tr.base.wrapping_add(offset), 8)?;
        if is_canonical(sp) {
            Ok(sp)
        } else {
            Err(Fault::coded(vector::SS, trap.ext()))
        }
    }

    /// Protected mode: 8-byte gates of 16 or 32 bits. Task gates are not supported.
    pub fn legacy_gate(&mut self, trap: Trap) -> Result<Entry, Fault> {
        let at = u64::from(trap.vector) * 8;
        if at + 7 > u64::from(self.state.idtr.limit) {
            return Err(Fault::coded(vector::GP, trap.gate_error()));
        }
        let low = self.load_system(self.state.idtr.base.wrapping_add(at) & 0xffff_ffff, 8)?;
        let gate = Gate { low, high: 0 };
        // Bit 3 of the type tells 32-bit gates (0xe, 0xf) from 16-bit ones (6, 7).
        let known = matches!(
            gate.kind(),
            6 | 7 | system::INTERRUPT_GATE | system::TRAP_GATE
        ) && low >> 44 & 1 == 0;
        self.check_gate(trap, known, gate.dpl(), gate.present())?;
        let size = if gate.kind() & 8 != 0 { 4 } else { 2 };
        let rip = if size == 4 {
            gate.offset()
        } else {
            gate.offset() & 0xffff
        };
        let (code, cpl) = self.gate_target(trap, gate.selector())?;
        if rip > u64::from(code.limit) {
            return Err(Fault::coded(vector::GP, trap.ext()));
        }
        let old_stack = self.state.seg[seg::SS];
        let mut sp = self.state.gpr[RSP];
        let mut stack = old_stack;
        let inward = cpl < self.state.cpl;
        if inward {
            (stack, sp) = self.legacy_tss_stack(cpl)?;
            let outer = [u64::from(old_stack.selector), self.state.gpr[RSP]];
            for value in outer {
                self.push_on(&stack, &mut sp, size, value, cpl, trap.ext())?;
            }
        }
        let frame = [
            self.rflags(),
            u64::from(self.state.seg[seg::CS].selector),
            trap.rip,
        ];
        for value in frame.into_iter().chain(trap.error.map(u64::from)) {
            self.push_on(&stack, &mut sp, size, value, cpl, trap.ext())?;
        }
        let clear_if = gate.kind() & 1 == 0;
        Ok(Entry {
            code,
            rip,
            cpl,
            stack,
            sp,
            clear_if,
        })
    }

    /// SS:ESP for privilege level `cpl` out of a 16- or 32-bit TSS.
    pub fn legacy_tss_stack(&mut self, cpl: u8) -> Result<(Segment, u64), Fault> {
        let tr = self.state.tr;
        let wide = tr.attributes & 8 != 0;
        let (at, size) = if wide {
            (4 + 8 * u64::from(cpl), 4)
        } else {
            (2 + 4 * u64::from(cpl), 2)
        };
        if at + 2 * u64::from(size) - 1 > u64::from(tr.limit) {
            return Err(Fault::ts(tr.selector));
        }
        let sp = self.load_system(tr.base.wrapping_add(at) & 0xffff_ffff, size)?;
        let selector =
            self.load_system(tr.base.wrapping_add(at + u64::from(size)) & 0xffff_ffff, 2)? as u16;
        Ok((self.checked_stack(selector, cpl, Fault::ts)?, sp))
    }

    /// Pushes on a stack that is not yet the current one.
    pub fn push_on(
        &mut self,
        stack: &Segment,
        sp: &mut u64,
        size: u8,
        value: u64,
        cpl: u8,
        ext: u16,
    ) -> Done {
        let used = if stack.has(Segment::D) {
            0xffff_ffff
        } else {
            0xffff
        };
        let at = sp.wrapping_sub(u64::from(size)) & used;
        let last = at + u64::from(size) - 1;
        let limit = u64::from(stack.limit);
        let inside = if stack.has(Segment::CE) {
            at > limit && last <= used
        } else {
            last <= limit
        };
        if !inside {
            return Err(Fault::coded(vector::SS, ext));
        }
        let va = stack.base.wrapping_add(at) & 0xffff_ffff;
        let access = Access {
            write: true,
            fetch: false,
            user: cpl == 3,
            implicit: false,
        };
        self.store_with(va, size, value, access)?;
        *sp = *sp & !used | at;
        Ok(())
    }
}
