//! # 23. Interrupt flag, far transfers, system calls
//!
//! The virtual interrupt flag is a word of ours: the real IF is 1 whenever a guest runs, or
//! a CLI would stop our timer. PUSHF and POPF do not trap, so a guest that uses them reads
//! and writes the wrong flag and nobody notices. That is x86's famous hole (Robin & Irvine
//! 2000), and why not every kernel can run here.

use x86::addr::is_canonical;
use x86::reg::{efer, rflags};
use x86::vector;

use crate::decode::{Insn, Operand};
use crate::guest::{Guest, Outcome, fault, general_protection};
use crate::reflect;
use crate::segment::{CS, Code, SS, Via};

/// What a flags image may set in the real RFLAGS.
const LOADABLE: u64 =
    rflags::STATUS | rflags::TF | rflags::DF | rflags::RF | rflags::AC | rflags::ID;

/// CLI.
pub fn cli(g: &mut Guest<'_>, _: &Insn) -> Outcome {
    g.cpu.interrupts = 0;
    Ok(())
}

/// STI: interrupts are taken from the instruction *after the next* on, so that `sti; hlt` and
/// `sti; ret` are safe.
pub fn sti(g: &mut Guest<'_>, _: &Insn) -> Outcome {
    if g.cpu.interrupts == 0 {
        g.cpu.interrupts = 1;
        interrupt_shadow(g);
    }
    Ok(())
}

/// Holds interrupts back for the instruction at RIP.
pub fn interrupt_shadow(g: &mut Guest<'_>) {
    g.cpu.shadow = 1;
    g.own.shadow_rip = g.cpu.rip;
}

/// HLT: sleeps until an interrupt. With interrupts off there will be none.
pub fn hlt(g: &mut Guest<'_>, _: &Insn) -> Outcome {
    if g.cpu.interrupts == 0 {
        let rip = g.cpu.rip.wrapping_sub(1);
        return Err(g.stop(format_args!("HLT at {rip:#x} with interrupts off: it will never wake")));
    }
    g.cpu.halted = 1;
    Ok(())
}

/// INT n. Our own gate has DPL 0, so it faults; whether the guest may do it is up to the DPL
/// of the guest's gate.
pub fn int(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let vector = g.operand(insn, 1)? as u8;
    reflect::software_interrupt(g, vector)
}

/// [H:23.1] IRET. It traps only because the real GDT does not know the guest's CS.
pub fn iret(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let size = insn.size;
    let [rip, cs, flags] = g.on_stack(0, size)?;
    let code = g.code_segment(cs as u16, Via::Return)?;
    // 64-bit mode pops SS:RSP always, the older modes when privilege is lost.
    let stack = if g.in_long_code() || code.cpl > g.cpu.cpl {
        Some(g.on_stack(3 * size, size)?)
    } else {
        None
    };
    let was = g.cpu.cpl;
    go(g, code, rip, stack, 3 * size)?;
    g.cpu.rflags = flags & LOADABLE | rflags::IF | rflags::FIXED;
    // Only a kernel may change IF (IOPL is 0 always).
    if was == 0 {
        g.cpu.interrupts = u32::from(flags & rflags::IF != 0);
    }
    Ok(())
}

/// RETF: every kernel does one after LGDT, to reload CS.
pub fn ret_far(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let size = insn.size;
    let extra = g.operand(insn, 2)?;
    let [rip, cs] = g.on_stack(0, size)?;
    let code = g.code_segment(cs as u16, Via::Return)?;
    let stack = if code.cpl > g.cpu.cpl {
        let [rsp, ss] = g.on_stack(2 * size + extra, size)?;
        Some([rsp.wrapping_add(extra), ss])
    } else {
        None
    };
    go(g, code, rip, stack, 2 * size + extra)
}

/// The common end of a return: all checks, then all changes.
fn go(g: &mut Guest<'_>, code: Code, rip: u64, stack: Option<[u64; 2]>, popped: u64) -> Outcome {
    if code.long && !is_canonical(rip) {
        return general_protection(0);
    }
    match stack {
        Some([rsp, ss]) => {
            let ss = ss as u16;
            g.check_stack_segment(ss, code.cpl, code.long)?;
            g.cpu.gpr[4] = if code.long { rsp } else { rsp & 0xffff_ffff };
            g.cpu.selectors[SS] = ss;
        }
        None => g.cpu.gpr[4] = g.stack_address(g.cpu.gpr[4].wrapping_add(popped)),
    }
    g.enter(code, rip);
    Ok(())
}

/// The far pointer of a far jump or call: from the instruction, or from memory.
fn far_pointer(g: &mut Guest<'_>, insn: &Insn) -> Outcome<(u64, u16)> {
    if let Operand::Far(offset, selector) = insn.operand {
        return Ok((offset, selector));
    }
    let at = g.operand_address(insn)?;
    let access = g.own_access(false);
    let offset = g.load(at, insn.size, access)?;
    Ok((offset, g.load(at.wrapping_add(insn.size), 2, access)? as u16))
}

/// Far JMP: how a kernel enters 64-bit code for the first time.
pub fn jmp_far(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let (offset, selector) = far_pointer(g, insn)?;
    let code = g.code_segment(selector, Via::Jump)?;
    g.enter(code, offset);
    Ok(())
}

/// Far CALL, to the same privilege (call gates are refused with #GP, as a selector that is
/// no code segment).
pub fn call_far(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let (offset, selector) = far_pointer(g, insn)?;
    let code = g.code_segment(selector, Via::Jump)?;
    let (size, access) = (insn.size, g.own_access(true));
    let rsp = g.cpu.gpr[4].wrapping_sub(2 * size);
    let at = g.stack_address(rsp);
    let cs = u64::from(g.cpu.selectors[CS]);
    g.store(at.wrapping_add(size), size, cs, access)?;
    g.store(at, size, g.cpu.rip, access)?;
    g.cpu.gpr[4] = at;
    g.enter(code, offset);
    Ok(())
}

/// [H:23.2] SYSCALL never faults: it entered *our* handler, with RIP in RCX and RFLAGS in R11.
/// We pass it on to the guest's (APM vol. 2 §6.1.1). `long` says which entry it came in by.
pub fn syscall(g: &mut Guest<'_>, long: bool) -> Outcome {
    if g.cpu.efer & efer::SCE == 0 || !g.in_long_mode() {
        g.cpu.rip = g.cpu.rip.wrapping_sub(2);
        return fault(vector::UD, 0);
    }
    let [star, lstar, cstar, mask] = g.cpu.syscall;
    g.cpu.gpr[1] = g.cpu.rip;
    let flags = reflect::flags(g) & !rflags::RF;
    g.cpu.gpr[11] = flags;
    g.cpu.rflags = (flags & !mask) & LOADABLE | rflags::IF | rflags::FIXED;
    if mask & rflags::IF != 0 {
        g.cpu.interrupts = 0;
    }
    let selector = (star >> 32) as u16 & !3;
    g.cpu.selectors[SS] = selector.wrapping_add(8);
    g.enter(Code { selector, cpl: 0, long: true }, if long { lstar } else { cstar });
    Ok(())
}

/// SYSRET: back to the program.
pub fn sysret(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    if g.cpu.efer & efer::SCE == 0 {
        return fault(vector::UD, 0);
    }
    let long = insn.size == 8;
    let rip = g.cpu.gpr[1];
    if long && !is_canonical(rip) {
        return general_protection(0);
    }
    let base = (g.cpu.syscall[0] >> 48) as u16;
    let selector = if long { base.wrapping_add(16) } else { base } | 3;
    let flags = g.cpu.gpr[11];
    g.cpu.rflags = flags & LOADABLE & !rflags::RF | rflags::IF | rflags::FIXED;
    g.cpu.interrupts = u32::from(flags & rflags::IF != 0);
    g.cpu.selectors[SS] = base.wrapping_add(8) | 3;
    g.enter(Code { selector, cpl: 3, long }, rip);
    Ok(())
}

/// SWAPGS.
pub fn swapgs(g: &mut Guest<'_>, _: &Insn) -> Outcome {
    core::mem::swap(&mut g.cpu.gs_base, &mut g.cpu.kernel_gs_base);
    g.own.stale.bases = true;
    Ok(())
}
