//! System instructions: control and debug registers, descriptor tables, MSRs, HLT, traps on
//! request.
//!
//! Those that a kernel uses and ring 3 may not are #GP(0) there. Those that ring 3 may use although
//! they show the kernel's state (SGDT, SMSW, LAR…) do show it: real silicon lies to a
//! guest kernel in ring 3 in just this way. UMIP closes some of the holes.

use crate::Bus;
use crate::cpu::attention;
use crate::cpuid;
use crate::decode::{Insn, Operand};
use crate::fault::{Done, Fault};
use crate::run::Run;
use crate::state::gpr::{RAX, RBX, RCX, RDX};
use crate::state::{Segment, TableRegister, seg};
use probe::{Event, Flush, Probe};
use x86::addr::is_canonical;
use x86::reg::rflags::{OF, ZF};
use x86::reg::{cr0, cr4};
use x86::vector;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// The size of a control or debug register operand: 64 bits in 64-bit mode, else 32.
    fn word(&self) -> u8 {
        if self.env.is_long() { 8 } else { 4 }
    }
    pub(super) fn mov_to_cr(&mut self, n: u8, from: u8) -> Done {
        self.privileged()?;
        let value = self.reg(from, self.word());
        match n {
            0 => self.set_cr0(value),
            2 => {
                self.state.cr2 = value;
                Ok(())
            }
            3 => self.set_cr3(value),
            4 => self.set_cr4(value),
            8 if value < 16 => {
                self.state.cr8 = value;
                self.write_tpr();
                Ok(())
            }
            8 => Err(Fault::GP0),
            _ => Err(Fault::UD),
        }
    }
    pub(super) fn mov_from_cr(&mut self, to: u8, n: u8) -> Done {
        self.privileged()?;
        let value = match n {
            0 => self.state.cr0,
            2 => self.state.cr2,
            3 => self.state.cr3,
            4 => self.state.cr4,
            8 => self.state.cr8,
            _ => return Err(Fault::UD),
        };
        let size = self.word();
        self.set_reg(to, size, value);
        Ok(())
    }
    /// CR8 is bits 7:4 of the local APIC's task priority register.
    fn write_tpr(&mut self) {
        let apic = self.state.msr.apic_base;
        if apic & 1 << 11 != 0 {
            let value = self.state.cr8 << 4;
            self.store_physical((apic & !0xfff) + 0x80, 4, value);
        }
    }

    /// DR4 and DR5 are other names of DR6 and DR7, unless CR4.DE forbids them.
    fn debug_number(&self, n: u8) -> Result<u8, Fault> {
        match n {
            4 | 5 if self.state.cr4 & cr4::DE != 0 => Err(Fault::UD),
            4 | 5 => Ok(n + 2),
            8.. => Err(Fault::UD),
            _ => Ok(n),
        }
    }
    pub(super) fn mov_to_dr(&mut self, n: u8, from: u8) -> Done {
        self.privileged()?;
        let n = self.debug_number(n)?;
        let value = self.reg(from, self.word());
        if n >= 6 && value >> 32 != 0 {
            return Err(Fault::GP0);
        }
        match n {
            6 => self.state.dr6 = value & 0xe00f | 0xffff_0ff0,
            7 => self.state.dr7 = value & 0xffff_2bff | 0x400,
            _ => self.state.dr[usize::from(n)] = value,
        }
        Ok(())
    }
    pub(super) fn mov_from_dr(&mut self, to: u8, n: u8) -> Done {
        self.privileged()?;
        let value = match self.debug_number(n)? {
            6 => self.state.dr6,
            7 => self.state.dr7,
            n => self.state.dr[usize::from(n)],
        };
        let size = self.word();
        self.set_reg(to, size, value);
        Ok(())
    }

    pub(super) fn clts(&mut self, _: &Insn) -> Done {
        self.privileged()?;
        self.set_cr0(self.state.cr0 & !cr0::TS)
    }
    /// LMSW writes CR0's low four bits; it can set PE but not clear it.
    pub(super) fn lmsw(&mut self, i: &Insn) -> Done {
        self.privileged()?;
        let value = self.get(i, i.a, 2)?;
        let old = self.state.cr0;
        self.set_cr0(old & !0xe | value & 0xf | old & cr0::PE)
    }
    /// #GP if UMIP hides the system's registers from programs.
    fn check_umip(&self) -> Done {
        let hidden = self.state.cr4 & cr4::UMIP != 0 && self.state.cpl != 0;
        if hidden { Err(Fault::GP0) } else { Ok(()) }
    }
    pub(super) fn smsw(&mut self, i: &Insn) -> Done {
        self.check_umip()?;
        let size = if i.a == Operand::Mem { 2 } else { i.size };
        self.put(i, i.a, size, self.cpu.state.cr0)
    }
    /// SLDT and STR: to memory 16 bits, to a register zero-extended.
    fn store_selector(&mut self, i: &Insn, selector: u16) -> Done {
        if !self.env.has_descriptors() {
            return Err(Fault::UD);
        }
        self.check_umip()?;
        let size = if i.a == Operand::Mem { 2 } else { i.size };
        self.put(i, i.a, size, u64::from(selector))
    }
    pub(super) fn sldt(&mut self, i: &Insn) -> Done {
        self.store_selector(i, self.cpu.state.ldtr.selector)
    }
    pub(super) fn str_(&mut self, i: &Insn) -> Done {
        self.store_selector(i, self.cpu.state.tr.selector)
    }
    pub(super) fn lldt_insn(&mut self, i: &Insn) -> Done {
        self.load_selector(i, Self::lldt)
    }
    pub(super) fn ltr_insn(&mut self, i: &Insn) -> Done {
        self.load_selector(i, Self::ltr)
    }
    fn load_selector(&mut self, i: &Insn, load: fn(&mut Self, u16) -> Done) -> Done {
        if !self.env.has_descriptors() {
            return Err(Fault::UD);
        }
        self.privileged()?;
        let selector = self.get(i, i.a, 2)? as u16;
        load(self, selector)
    }

    /// SGDT and SIDT: limit and base; the base is 8 bytes in 64-bit mode, else 4.
    fn store_table(&mut self, i: &Insn, table: TableRegister) -> Done {
        self.check_umip()?;
        let ea = self.ea(&i.mem);
        let word = self.word();
        self.check_store(i.mem.seg, ea, 2)?;
        self.store(i.mem.seg, ea.wrapping_add(2), word, table.base)?;
        self.store(i.mem.seg, ea, 2, u64::from(table.limit))
    }
    pub(super) fn sgdt(&mut self, i: &Insn) -> Done {
        self.store_table(i, self.cpu.state.gdtr)
    }
    pub(super) fn sidt(&mut self, i: &Insn) -> Done {
        self.store_table(i, self.cpu.state.idtr)
    }
    fn load_table(&mut self, i: &Insn) -> Result<TableRegister, Fault> {
        use iced_x86::Code::{Lgdt_m1632_16, Lidt_m1632_16};
        self.privileged()?;
        let ea = self.ea(&i.mem);
        let limit = self.load(i.mem.seg, ea, 2)? as u16;
        let mut base = self.load(i.mem.seg, ea.wrapping_add(2), self.word())?;
        // With a 16-bit operand size only 24 bits of the base are used.
        if matches!(i.code, Lgdt_m1632_16 | Lidt_m1632_16) {
            base &= 0xff_ffff;
        }
        if self.env.is_long() && !is_canonical(base) {
            return Err(Fault::GP0);
        }
        Ok(TableRegister { base, limit })
    }
    pub(super) fn lgdt(&mut self, i: &Insn) -> Done {
        self.state.gdtr = self.load_table(i)?;
        Ok(())
    }
    pub(super) fn lidt(&mut self, i: &Insn) -> Done {
        self.state.idtr = self.load_table(i)?;
        Ok(())
    }

    /// A descriptor that LAR, LSL, VERR and VERW may look at. They never fault on its account:
    /// ZF tells.
    fn visible(
        &mut self,
        selector: u16,
        system: impl Fn(u8, bool) -> bool,
    ) -> Result<Option<u64>, Fault> {
        if selector & !3 == 0 {
            return Ok(None);
        }
        let Some(found) = self.read_descriptor(selector)? else {
            return Ok(None);
        };
        let segment = Segment::from_descriptor(selector, found.raw);
        if !segment.has(Segment::S) && !system(found.raw.kind(), self.system_linear() == u64::MAX) {
            return Ok(None);
        }
        let least = self.state.cpl.max(selector as u8 & 3);
        let seen = segment.has(Segment::S) && segment.is_conforming() || segment.dpl() >= least;
        Ok(seen.then_some(found.raw.0))
    }
    fn told(&mut self, yes: bool) {
        self.flags.write(ZF, if yes { ZF } else { 0 });
    }
    pub(super) fn lar(&mut self, i: &Insn) -> Done {
        self.check_descriptors()?;
        let selector = self.get(i, i.b, 2)? as u16;
        let seen = self.visible(selector, |kind, long| match kind {
            2 | 9 | 0xb | 0xc => true,
            1 | 3 | 4 | 5 => !long,
            _ => false,
        })?;
        if let Some(raw) = seen {
            self.put(i, i.a, i.size, raw >> 32 & 0x00ff_ff00)?;
        }
        self.told(seen.is_some());
        Ok(())
    }
    pub(super) fn lsl(&mut self, i: &Insn) -> Done {
        self.check_descriptors()?;
        let selector = self.get(i, i.b, 2)? as u16;
        let seen = self.visible(selector, |kind, long| match kind {
            2 | 9 | 0xb => true,
            1 | 3 => !long,
            _ => false,
        })?;
        if let Some(raw) = seen {
            let limit = x86::desc::Descriptor(raw).limit();
            self.put(i, i.a, i.size, u64::from(limit))?;
        }
        self.told(seen.is_some());
        Ok(())
    }
    /// VERR (`write` false) and VERW.
    pub(super) fn verify(&mut self, i: &Insn, write: bool) -> Done {
        self.check_descriptors()?;
        let selector = self.get(i, i.a, 2)? as u16;
        let seen = self.visible(selector, |_, _| false)?;
        let usable = seen.is_some_and(|raw| {
            let segment = Segment::from_descriptor(selector, x86::desc::Descriptor(raw));
            match (write, segment.has(Segment::CODE)) {
                (true, code) => !code && segment.has(Segment::RW),
                (false, code) => !code || segment.has(Segment::RW),
            }
        });
        self.told(usable);
        Ok(())
    }
    fn check_descriptors(&self) -> Done {
        if self.env.has_descriptors() {
            Ok(())
        } else {
            Err(Fault::UD)
        }
    }
    /// ARPL: raises a selector's RPL to that of another. Not in 64-bit mode.
    pub(super) fn arpl(&mut self, i: &Insn) -> Done {
        self.check_descriptors()?;
        let wanted = self.get(i, i.b, 2)? & 3;
        let mut raised = false;
        let size = 2;
        let old = self.get(i, i.a, size)?;
        if old & 3 < wanted {
            self.put(i, i.a, size, old & !3 | wanted)?;
            raised = true;
        }
        self.told(raised);
        Ok(())
    }

    pub(super) fn hlt(&mut self, _: &Insn) -> Done {
        self.privileged()?;
        self.state.halted = true;
        self.attention |= attention::STOPPED | attention::INTERRUPT;
        self.probe.event(self.cpu.clock, || Event::Halt);
        Ok(())
    }
    /// INVLPG: forgets one page, global or not.
    pub(super) fn invlpg(&mut self, i: &Insn) -> Done {
        self.privileged()?;
        let ea = self.ea(&i.mem);
        let va = self.env.base[usize::from(i.mem.seg) & 7].wrapping_add(ea) & self.env.linear;
        self.flush(Flush::Page(va));
        Ok(())
    }
    /// WBINVD and INVD: there is no cache to write back.
    pub(super) fn privileged_nop(&mut self, _: &Insn) -> Done {
        self.privileged()
    }

    pub(super) fn rdmsr(&mut self, _: &Insn) -> Done {
        self.privileged()?;
        let value = self.read_msr(self.state.gpr[RCX] as u32)?;
        self.set_reg(RAX as u8, 4, value);
        self.set_reg(RDX as u8, 4, value >> 32);
        Ok(())
    }
    pub(super) fn wrmsr(&mut self, _: &Insn) -> Done {
        self.privileged()?;
        let value = self.state.gpr[RDX] << 32 | self.state.gpr[RAX] & 0xffff_ffff;
        self.write_msr(self.state.gpr[RCX] as u32, value)
    }
    pub(super) fn swapgs(&mut self, _: &Insn) -> Done {
        if !self.env.is_long() {
            return Err(Fault::UD);
        }
        self.privileged()?;
        let state = &mut self.cpu.state;
        core::mem::swap(&mut state.seg[seg::GS].base, &mut state.msr.kernel_gs_base);
        self.refresh();
        Ok(())
    }
    /// RDFSBASE, RDGSBASE.
    pub(super) fn read_base(&mut self, i: &Insn, n: usize) -> Done {
        self.check_fsgsbase()?;
        let base = self.state.seg[n].base;
        self.put(i, i.a, i.size, base)
    }
    /// WRFSBASE, WRGSBASE.
    pub(super) fn write_base(&mut self, i: &Insn, n: usize) -> Done {
        self.check_fsgsbase()?;
        let base = self.first(i)?;
        if !is_canonical(base) {
            return Err(Fault::GP0);
        }
        self.state.seg[n].base = base;
        self.refresh();
        Ok(())
    }
    fn check_fsgsbase(&self) -> Done {
        let there = self.env.is_long() && self.state.cr4 & cr4::FSGSBASE != 0;
        if there { Ok(()) } else { Err(Fault::UD) }
    }

    /// CPUID. `CpuidUserDis` makes it fault above CPL 0, so that a hypervisor can answer.
    pub(super) fn cpuid(&mut self, _: &Insn) -> Done {
        if self.state.msr.hwcr & cpuid::USER_DISABLE != 0 && self.state.cpl != 0 {
            return Err(Fault::GP0);
        }
        let answer = cpuid::cpuid(
            &self.state,
            self.state.gpr[RAX] as u32,
            self.state.gpr[RCX] as u32,
        );
        for (register, value) in [RAX, RBX, RCX, RDX].into_iter().zip(answer) {
            self.state.gpr[register] = u64::from(value);
        }
        Ok(())
    }
    /// The time-stamp counter ticks with the clock: one an instruction.
    pub fn tsc(&self) -> u64 {
        self.clock.wrapping_add(self.state.msr.tsc_offset)
    }
    pub(super) fn rdtsc(&mut self, _: &Insn) -> Done {
        if self.state.cr4 & cr4::TSD != 0 && self.state.cpl != 0 {
            return Err(Fault::GP0);
        }
        let value = self.tsc();
        self.set_reg(RAX as u8, 4, value);
        self.set_reg(RDX as u8, 4, value >> 32);
        Ok(())
    }
    pub(super) fn rdtscp(&mut self, i: &Insn) -> Done {
        self.rdtsc(i)?;
        let aux = self.state.msr.tsc_aux;
        self.set_reg(RCX as u8, 4, aux);
        Ok(())
    }
    /// RDPMC: there are no performance counters.
    pub(super) fn general_protection(&mut self, _: &Insn) -> Done {
        Err(Fault::GP0)
    }

    pub(super) fn int(&mut self, i: &Insn) -> Done {
        self.software_interrupt(i.imm as u8)
    }
    pub(super) fn int3(&mut self, _: &Insn) -> Done {
        self.software_interrupt(vector::BP)
    }
    pub(super) fn int1(&mut self, _: &Insn) -> Done {
        self.software_interrupt(vector::DB)
    }
    pub(super) fn into(&mut self, _: &Insn) -> Done {
        if self.flags.bits() & OF != 0 {
            self.software_interrupt(vector::OF)
        } else {
            Ok(())
        }
    }
    /// UD0, UD1, UD2.
    pub(super) fn undefined(&mut self, _: &Insn) -> Done {
        Err(Fault::UD)
    }
}
