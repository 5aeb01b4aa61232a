//! IN and OUT, and who may use them (APM vol. 2 §12.2.5).

use crate::Bus;
use crate::cpu::attention;
use crate::decode::{Insn, Operand};
use crate::fault::{Done, Fault};
use crate::run::Run;
use crate::state::gpr::{RAX, RDX};
use probe::{Event, Probe};
use x86::desc::{system, tss64};
use x86::reg::rflags;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// Whether CPL is privileged enough for I/O, CLI and STI.
    pub fn has_iopl(&self) -> bool {
        u64::from(self.state.cpl) <= (self.state.rflags & rflags::IOPL) >> 12
    }

    /// Above IOPL each port of the access needs a zero bit in the TSS's I/O map.
    pub(super) fn check_port(&mut self, port: u16, size: u8) -> Done {
        if self.has_iopl() || !self.env.has_descriptors() {
            return Ok(());
        }
        let tr = self.state.tr;
        let kind = tr.attributes as u8 & 0xf;
        let limit = u64::from(tr.limit);
        if kind != system::TSS_BUSY || limit < tss64::IO_MAP_BASE + 1 {
            return Err(Fault::GP0);
        }
        let map = self.load_system(tr.base.wrapping_add(tss64::IO_MAP_BASE), 2)?;
        let at = map + u64::from(port / 8);
        // Two bytes are always read: an access may lie across both.
        if at + 1 > limit {
            return Err(Fault::GP0);
        }
        let bits = self.load_system(tr.base.wrapping_add(at), 2)? >> (port % 8);
        if bits & ((1 << size) - 1) != 0 {
            Err(Fault::GP0)
        } else {
            Ok(())
        }
    }

    fn port_operand(&self, i: &Insn, operand: Operand) -> u16 {
        match operand {
            Operand::Imm => i.imm as u8 as u16,
            _ => self.state.gpr[RDX] as u16,
        }
    }
    pub(super) fn port_in(&mut self, port: u16, size: u8) -> u64 {
        let value = self.bus.port_read(self.cpu.clock, port, size, self.probe);
        let value = value & crate::flags::mask(size) as u32;
        // Reading moves things on too: a line falls, the next byte sets out. The board must see
        // to its deadlines before time goes on.
        self.attention |= attention::DEVICE;
        self.probe.event(self.cpu.clock, || Event::Port {
            write: false,
            port,
            size,
            value,
        });
        u64::from(value)
    }
    pub(super) fn port_out(&mut self, port: u16, size: u8, value: u64) {
        let value = value as u32;
        self.probe.event(self.cpu.clock, || Event::Port {
            write: true,
            port,
            size,
            value,
        });
        self.bus
            .port_write(self.cpu.clock, port, size, value, self.probe);
        self.attention |= attention::DEVICE;
    }

    pub(super) fn port_in_insn(&mut self, i: &Insn) -> Done {
        let port = self.port_operand(i, i.b);
        self.check_port(port, i.size)?;
        let value = self.port_in(port, i.size);
        self.set_reg(RAX as u8, i.size, value);
        Ok(())
    }
    pub(super) fn port_out_insn(&mut self, i: &Insn) -> Done {
        let port = self.port_operand(i, i.a);
        self.check_port(port, i.size_b)?;
        let value = self.reg(RAX as u8, i.size_b);
        self.port_out(port, i.size_b, value);
        Ok(())
    }
}
