//! # 27. Ports
//!
//! The real TSS has no I/O map, so every IN and OUT of ring 3 faults. The string forms
//! are restartable, as the CPU's are: each iteration leaves RCX, RSI and RDI as if it had been
//! the last, so a page fault in the middle repeats nothing.

use x86::reg::rflags;

use crate::decode::{Insn, Operand};
use crate::emulate::Op;
use crate::guest::{Guest, Outcome};

/// IN and OUT.
pub fn port(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let port = match insn.operand {
        Operand::Immediate(port) => port as u16,
        _ => g.cpu.gpr[2] as u16,
    };
    if insn.op == Op::In {
        let value = g.own.devices.read(port, insn.size, g.own.now);
        g.set_register(0, insn.size, u64::from(value));
        return Ok(());
    }
    let value = g.cpu.gpr[0] & (u64::MAX >> (64 - 8 * insn.size));
    out(g, port, value as u32)
}

fn out(g: &mut Guest<'_>, port: u16, value: u32) -> Outcome {
    match g.own.devices.write(port, value, g.own.now) {
        Some(status) => Err(g.stop(format_args!("it ended itself with status {status:#x}"))),
        None => Ok(()),
    }
}

/// [H:27.1] INS and OUTS, alone or with REP. A guest chooses the count, and we are not
/// interruptible: after so many it has to trap again.
pub fn string(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    const ITERATIONS_MAX: u64 = 64;
    const RCX: u8 = 1;
    let input = insn.op == Op::Ins;
    let register = if input { 7 } else { 6 }; // RDI, RSI
    let step = if g.cpu.rflags & rflags::DF != 0 { insn.size.wrapping_neg() } else { insn.size };
    let port = g.cpu.gpr[2] as u16;
    let mut left = 1;
    if insn.rep {
        left = Guest::masked(g.cpu.gpr[usize::from(RCX)], insn.address);
    }
    let more = left > ITERATIONS_MAX;
    for _ in 0..left.min(ITERATIONS_MAX) {
        let at = Guest::masked(g.cpu.gpr[usize::from(register)], insn.address);
        if input {
            // Reading a device has effects: be sure first that the result has a place.
            g.translate(at, g.own_access(true))?;
            g.translate(at.wrapping_add(insn.size - 1), g.own_access(true))?;
            let value = g.own.devices.read(port, insn.size, g.own.now);
            g.store(at, insn.size, u64::from(value), g.own_access(true))?;
        } else {
            let value = g.load(at, insn.size, g.own_access(false))?;
            out(g, port, value as u32)?;
        }
        g.set_register(register, insn.address, at.wrapping_add(step));
        if insn.rep {
            left -= 1;
            g.set_register(RCX, insn.address, left);
        }
    }
    if more {
        g.cpu.rip = g.cpu.rip.wrapping_sub(insn.length);
    }
    Ok(())
}
