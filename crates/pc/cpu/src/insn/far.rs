//! Control transfers to another code segment: far JMP, CALL and RET, IRET, SYSCALL, SYSRET.
//!
//! Call gates, task gates and task switches are refused with #GP: no kernel here uses them.

use crate::Bus;
use crate::decode::{Insn, Operand};
use crate::fault::{Done, Fault};
use crate::flags::mask;
use crate::run::Run;
use crate::state::gpr::{R11, RCX, RSP};
use crate::state::{Segment, seg};
use probe::{Event, Mode, Probe};
use x86::addr::is_canonical;
use x86::reg::{cr0, efer, rflags};

const STACK: u8 = seg::SS as u8;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// The far pointer that an instruction names: offset and selector.
    fn far_pointer(&mut self, i: &Insn) -> Result<(u64, u16), Fault> {
        use iced_x86::Code::*;
        if i.a == Operand::Imm {
            return Ok((i.imm & 0xffff_ffff, (i.imm >> 32) as u16));
        }
        let size = match i.code {
            Jmp_m1616 | Call_m1616 => 2,
            Jmp_m1664 | Call_m1664 => 8,
            _ => 4,
        };
        let ea = self.ea(&i.mem);
        let offset = self.load(i.mem.seg, ea, size)?;
        let selector = self.load(i.mem.seg, ea.wrapping_add(u64::from(size)), 2)?;
        Ok((offset, selector as u16))
    }

    /// The code segment behind a far jump's or call's selector, and whether `offset` is in it.
    fn far_target(&mut self, offset: u64, selector: u16) -> Result<Segment, Fault> {
        let code = if self.env.has_descriptors() {
            self.checked_code(selector, self.state.cpl, true)?
        } else {
            let old = self.state.seg[seg::CS];
            Segment {
                selector,
                base: u64::from(selector) << 4,
                ..old
            }
        };
        self.check_offset(&code, offset)?;
        Ok(code)
    }
    fn check_offset(&self, code: &Segment, offset: u64) -> Done {
        let long = self.state.efer & efer::LMA != 0 && code.has(Segment::L);
        let inside = if long {
            is_canonical(offset)
        } else {
            offset <= u64::from(code.limit)
        };
        if inside { Ok(()) } else { Err(Fault::GP0) }
    }

    pub(super) fn jmp_far(&mut self, i: &Insn) -> Done {
        let (offset, selector) = self.far_pointer(i)?;
        self.state.seg[seg::CS] = self.far_target(offset, selector)?;
        self.next = offset;
        self.refresh();
        Ok(())
    }

    pub(super) fn call_far(&mut self, i: &Insn) -> Done {
        let (offset, selector) = self.far_pointer(i)?;
        let code = self.far_target(offset, selector)?;
        let size = i.size.max(2).min(if i.a == Operand::Imm { 4 } else { 8 });
        let ret = self.sp_plus(u64::from(size).wrapping_neg());
        let new = self.sp_plus((2 * u64::from(size)).wrapping_neg());
        self.check_store(STACK, new, size)?;
        let cs = u64::from(self.state.seg[seg::CS].selector);
        self.store(STACK, ret, size, cs)?;
        self.store(STACK, new, size, self.next)?;
        self.set_sp(new);
        self.state.seg[seg::CS] = code;
        self.next = offset;
        self.refresh();
        Ok(())
    }

    /// RETF, to the same or to a less privileged level.
    pub(super) fn ret_far(&mut self, i: &Insn) -> Done {
        let size = u64::from(i.size);
        let drop = if i.a == Operand::Imm {
            i.imm & 0xffff
        } else {
            0
        };
        let offset = self.load(STACK, self.sp_plus(0), i.size)?;
        let selector = self.load(STACK, self.sp_plus(size), i.size)? as u16;
        let rpl = selector as u8 & 3;
        if !self.env.has_descriptors() {
            self.state.seg[seg::CS] = self.far_target(offset, selector)?;
            self.set_sp(self.sp_plus(2 * size + drop));
            self.next = offset;
            self.refresh();
            return Ok(());
        }
        if rpl < self.state.cpl {
            return Err(Fault::gp(selector));
        }
        let code = self.checked_code(selector, rpl, false)?;
        self.check_offset(&code, offset)?;
        if rpl == self.state.cpl {
            self.set_sp(self.sp_plus(2 * size + drop));
        } else {
            let sp = self.load(STACK, self.sp_plus(2 * size + drop), i.size)?;
            let outer = self.load(STACK, self.sp_plus(3 * size + drop), i.size)? as u16;
            let stack = self.return_stack(outer, rpl, &code)?;
            self.leave_to(stack, sp.wrapping_add(drop), i.size);
        }
        self.state.seg[seg::CS] = code;
        self.next = offset;
        self.set_cpl(rpl);
        self.refresh();
        Ok(())
    }

    /// The stack segment that a return to level `cpl` names. 64-bit code above ring 3 may
    /// return without one.
    fn return_stack(&mut self, selector: u16, cpl: u8, code: &Segment) -> Result<Segment, Fault> {
        let to_long = self.state.efer & efer::LMA != 0 && code.has(Segment::L);
        if selector & !3 == 0 && to_long && cpl != 3 && selector as u8 & 3 == cpl {
            return Ok(Segment::null(selector));
        }
        if selector & !3 == 0 {
            return Err(Fault::GP0);
        }
        self.checked_stack(selector, cpl, Fault::gp)
    }

    /// The stack of an outer level. Data segments that it may not use become null.
    fn leave_to(&mut self, stack: Segment, sp: u64, size: u8) {
        let cpl = stack.selector as u8 & 3;
        self.state.seg[seg::SS] = stack;
        let used = match size {
            8 => u64::MAX,
            _ if stack.has(Segment::D) => 0xffff_ffff,
            _ => 0xffff,
        };
        let old = self.state.gpr[RSP];
        self.state.gpr[RSP] = if used == 0xffff {
            old & !used | sp & used
        } else {
            sp & used
        };
        for n in [seg::ES, seg::DS, seg::FS, seg::GS] {
            let s = &self.state.seg[n];
            if s.has(Segment::P) && !s.is_conforming() && s.dpl() < cpl {
                self.state.seg[n] = Segment {
                    base: s.base,
                    ..Segment::null(0)
                };
            }
        }
    }

    /// IRET. What the privilege level may not change of RFLAGS it does not change, silently:
    /// the other half of why PUSHF/POPF/IRET keep x86 from being virtualised by traps.
    pub(super) fn iret(&mut self, i: &Insn) -> Done {
        let size = u64::from(i.size);
        let rip = self.load(STACK, self.sp_plus(0), i.size)?;
        let selector = self.load(STACK, self.sp_plus(size), i.size)? as u16;
        let image = self.load(STACK, self.sp_plus(2 * size), i.size)?;
        let cpl = self.state.cpl;
        if self.env.mode == Mode::Real {
            let old = self.state.seg[seg::CS];
            let code = Segment {
                selector,
                base: u64::from(selector) << 4,
                ..old
            };
            self.check_offset(&code, rip)?;
            self.state.seg[seg::CS] = code;
            self.set_sp(self.sp_plus(3 * size));
            self.next = rip;
            self.return_flags(image, i.size, 0);
            self.refresh();
            self.returned(rip, 0);
            return Ok(());
        }
        // Nested tasks and virtual-8086 frames are not supported.
        if self.state.rflags & rflags::NT != 0
            || cpl == 0 && i.size == 4 && image & rflags::VM != 0 && !self.env.is_long()
        {
            return Err(Fault::GP0);
        }
        let rpl = selector as u8 & 3;
        if selector & !3 == 0 {
            return Err(Fault::GP0);
        }
        if rpl < cpl {
            return Err(Fault::gp(selector));
        }
        let code = self.checked_code(selector, rpl, false)?;
        self.check_offset(&code, rip)?;
        // 64-bit mode always pops the stack pointer, other modes for an outer level only.
        if self.env.is_long() || rpl > cpl {
            let sp = self.load(STACK, self.sp_plus(3 * size), i.size)?;
            let outer = self.load(STACK, self.sp_plus(4 * size), i.size)? as u16;
            let stack = self.return_stack(outer, rpl, &code)?;
            self.leave_to(stack, sp, i.size);
        } else {
            self.set_sp(self.sp_plus(3 * size));
        }
        self.state.seg[seg::CS] = code;
        self.next = rip;
        self.return_flags(image, i.size, cpl);
        self.set_cpl(rpl);
        self.refresh();
        self.returned(rip, rpl);
        Ok(())
    }
    fn returned(&mut self, rip: u64, to_cpl: u8) {
        self.probe
            .event(self.cpu.clock, || Event::Return { rip, to_cpl });
    }
    /// RFLAGS from an interrupt frame, as far as `cpl` may change them.
    fn return_flags(&mut self, image: u64, size: u8, cpl: u8) {
        let mut writable = rflags::STATUS
            | rflags::TF
            | rflags::DF
            | rflags::NT
            | rflags::RF
            | rflags::AC
            | rflags::ID;
        if u64::from(cpl) <= (self.state.rflags & rflags::IOPL) >> 12 {
            writable |= rflags::IF;
        }
        if cpl == 0 {
            writable |= rflags::IOPL | rflags::VIF | rflags::VIP;
        }
        writable &= mask(size);
        // RF would hold off instruction breakpoints, of which there are none.
        let new = (self.rflags() & !writable | image & writable) & !rflags::RF;
        self.set_rflags(new);
    }

    /// SYSCALL: to CPL 0 at a fixed address, on whatever stack there is.
    pub(super) fn syscall(&mut self, _: &Insn) -> Done {
        if self.state.efer & efer::SCE == 0 || !self.env.has_descriptors() {
            return Err(Fault::UD);
        }
        let ret = self.next & self.env.linear;
        let rax = self.state.gpr[0];
        let star = self.state.msr.star;
        let selector = (star >> 32) as u16 & 0xfffc;
        let code = Segment::CODE;
        if self.state.efer & efer::LMA != 0 {
            self.state.gpr[RCX] = ret;
            self.state.gpr[R11] = self.rflags() & !rflags::RF;
            self.next = if self.env.is_long() {
                self.state.msr.lstar
            } else {
                self.state.msr.cstar
            };
            self.state.seg[seg::CS] = Segment::flat(selector, code | Segment::L, 0);
            let keep = !(self.state.msr.sfmask | rflags::RF);
            let new = self.rflags() & keep;
            self.set_rflags(new);
        } else {
            self.state.gpr[RCX] = ret;
            self.next = star & 0xffff_ffff;
            self.state.seg[seg::CS] = Segment::flat(selector, code | Segment::D, 0);
            let new = self.rflags() & !(rflags::IF | rflags::RF | rflags::VM);
            self.set_rflags(new);
        }
        self.state.seg[seg::SS] = Segment::flat(selector.wrapping_add(8), Segment::D, 0);
        self.probe
            .event(self.cpu.clock, || Event::Syscall { rip: ret, rax });
        self.set_cpl(0);
        self.refresh();
        Ok(())
    }

    /// SYSRET: to CPL 3. A RIP that is not canonical faults at its fetch, in ring 3, as on AMD
    /// silicon (elsewhere it faults in ring 0 on the user's stack).
    pub(super) fn sysret(&mut self, i: &Insn) -> Done {
        if self.state.efer & efer::SCE == 0 || self.state.cr0 & cr0::PE == 0 {
            return Err(Fault::UD);
        }
        self.privileged()?;
        let base = (self.state.msr.star >> 48) as u16 & 0xfffc;
        let wide = matches!(i.op, iced_x86::Mnemonic::Sysretq);
        let (selector, kind, rip) = if wide {
            (base.wrapping_add(16), Segment::L, self.state.gpr[RCX])
        } else {
            (base, Segment::D, self.state.gpr[RCX] & 0xffff_ffff)
        };
        self.state.seg[seg::CS] = Segment::flat(selector | 3, Segment::CODE | kind, 3);
        self.state.seg[seg::SS] = Segment::flat(base.wrapping_add(8) | 3, Segment::D, 3);
        self.next = rip;
        if self.state.efer & efer::LMA != 0 {
            let new = self.state.gpr[R11] & !(rflags::RF | rflags::VM) & 0x3f_7fd7;
            self.set_rflags(new);
        } else {
            let new = self.rflags() | rflags::IF;
            self.set_rflags(new);
        }
        let rax = self.state.gpr[0];
        self.probe
            .event(self.cpu.clock, || Event::Sysret { rip, rax });
        self.set_cpl(3);
        self.refresh();
        Ok(())
    }

    /// LDS, LES, LFS, LGS, LSS: a segment register and an offset from memory.
    pub(super) fn load_far(&mut self, i: &Insn, n: usize) -> Done {
        let ea = self.ea(&i.mem);
        let offset = self.load(i.mem.seg, ea, i.size)?;
        let selector = self.load(i.mem.seg, ea.wrapping_add(u64::from(i.size)), 2)? as u16;
        self.state.seg[n] = self.checked_segment(n as u8, selector)?;
        self.refresh();
        self.put(i, i.a, i.size, offset)
    }
}
