//! # 25. Descriptor tables and segment registers
//!
//! The guest's GDT, IDT and TSS are never loaded: we note where they are and read them when
//! something refers to them. There is one real GDT, IDT and TSS for ever, so switching between
//! guests, or between a guest and us, never has a moment in which they do not fit together.

use x86::addr::is_canonical;
use x86::desc::{Descriptor, system};
use x86::vector;

use crate::decode::Insn;
use crate::emulate::Op;
use crate::emulate::flow::interrupt_shadow;
use crate::guest::{Guest, Outcome, fault, general_protection};
use crate::memory::Access;
use crate::segment::{LDTR, SS, TR};

/// LGDT and LIDT: a 2-byte limit and a base of 8 bytes (64-bit code) or 4.
pub fn load_table(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let at = g.operand_address(insn)?;
    let access = g.own_access(false);
    let limit = g.load(at, 2, access)?;
    let size = if g.in_long_code() { 8 } else { 4 };
    let base = g.load(at.wrapping_add(2), size, access)?;
    if !is_canonical(base) {
        return general_protection(0);
    }
    let table = if insn.op == Op::Lgdt { &mut g.cpu.gdt } else { &mut g.cpu.idt };
    *table = [base, limit];
    Ok(())
}

/// SGDT and SIDT, if UMIP makes them trap. Without UMIP they do not, and tell the guest where
/// *our* tables are.
pub fn store_table(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let at = g.operand_address(insn)?;
    let access = g.own_access(true);
    let [base, limit] = if insn.op == Op::Sgdt { g.cpu.gdt } else { g.cpu.idt };
    g.store(at, 2, limit, access)?;
    let size = if g.in_long_code() { 8 } else { 4 };
    g.store(at.wrapping_add(2), size, base, access)
}

/// LLDT: a null selector, or a kernel that wants more than we serve.
pub fn lldt(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let selector = g.operand(insn, 2)? as u16;
    if selector & !3 != 0 {
        return Err(g.kill(format_args!("it loads an LDT ({selector:#x}), which is not served")));
    }
    g.cpu.selectors[LDTR] = selector;
    Ok(())
}

/// [H:25.1] LTR: notes where the guest's TSS is, and marks its descriptor busy.
pub fn ltr(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let selector = g.operand(insn, 2)? as u16;
    let error = u32::from(selector & !3);
    if error == 0 {
        return general_protection(0);
    }
    let d = g.descriptor(selector)?;
    if d.has(Descriptor::S) || d.kind() != system::TSS_AVAILABLE {
        return general_protection(error);
    }
    if !d.has(Descriptor::P) {
        return fault(vector::NP, error);
    }
    let at = g.cpu.gdt[0].wrapping_add(u64::from(selector & !7));
    let high = if g.in_long_mode() { g.load(at.wrapping_add(8), 4, Access::SYSTEM)? } else { 0 };
    g.store(at, 8, d.0 | 2 << 40, Access::SYSTEM_WRITE)?;
    g.cpu.tss = u64::from(d.base()) | high << 32;
    g.cpu.selectors[TR] = selector;
    Ok(())
}

/// SLDT and STR, if UMIP makes them trap.
pub fn store_selector(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let which = if insn.op == Op::Str { TR } else { LDTR };
    g.put_word(insn, u64::from(g.cpu.selectors[which]))
}

/// MOV to a segment register.
pub fn mov_segment(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let selector = g.operand(insn, 2)? as u16;
    load(g, usize::from(insn.reg), selector)
}

/// POP to a segment register.
pub fn pop_segment(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let [selector] = g.on_stack(0, insn.size)?;
    load(g, usize::from(insn.reg), selector as u16)?;
    g.cpu.gpr[4] = g.stack_address(g.cpu.gpr[4].wrapping_add(insn.size));
    Ok(())
}

fn load(g: &mut Guest<'_>, which: usize, selector: u16) -> Outcome {
    g.load_data_segment(which, selector)?;
    if which == SS {
        interrupt_shadow(g); // the next instruction will set RSP
    }
    Ok(())
}
