//! # 24. Control registers
//!
//! The guest's control registers are words of ours. Writing one is a question, "may this be
//! so?", and then its consequences: which shadow entries hold no more (APM vol. 2 §5.5.2), what
//! the paging mode is now, whether a real bit has to follow.

use x86::paging::PagingMode;
use x86::reg::{cr0, cr4, efer};
use x86::vector;

use crate::decode::{Insn, Operand};
use crate::guest::{Guest, Outcome, fault, general_protection};
use crate::vtlb;

/// Bits of CR4 that we can keep our word about. The rest (VME, TSD, PCIDE, SMAP, FSGSBASE,
/// OSXSAVE ...) a guest's CPU does not have.
const CR4_ALLOWED: u64 =
    cr4::DE | cr4::PSE | cr4::PAE | cr4::MCE | cr4::PGE | cr4::OSFXSR | cr4::OSXMMEXCPT | cr4::SMEP;
const CR0_ALLOWED: u64 = cr0::PE
    | cr0::MP
    | cr0::EM
    | cr0::TS
    | cr0::ET
    | cr0::NE
    | cr0::WP
    | cr0::AM
    | cr0::NW
    | cr0::CD
    | cr0::PG;

fn gpr(insn: &Insn) -> u8 {
    match insn.operand {
        Operand::Register(r) => r,
        _ => 0,
    }
}

/// MOV from CRn.
pub fn read_cr(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let value = match insn.reg {
        0 => g.cpu.cr0,
        2 => g.cpu.cr2,
        3 => g.cpu.cr3,
        4 => g.cpu.cr4,
        8 => g.own.task_priority,
        _ => return fault(vector::UD, 0),
    };
    g.set_register(gpr(insn), insn.size, value);
    Ok(())
}

/// MOV to CRn.
pub fn write_cr(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let value = g.operand(insn, insn.size)?;
    match insn.reg {
        0 => write_cr0(g, value),
        2 => {
            g.cpu.cr2 = value;
            Ok(())
        }
        3 => write_cr3(g, value),
        4 => write_cr4(g, value),
        // Kept, but there is no local APIC whose interrupts it could hold back.
        8 if value < 16 => {
            g.own.task_priority = value;
            Ok(())
        }
        8 => general_protection(0),
        _ => fault(vector::UD, 0),
    }
}

/// [H:24.1] CR0. Setting PG with EFER.LME set is the moment when long mode begins.
fn write_cr0(g: &mut Guest<'_>, value: u64) -> Outcome {
    let set = |bit| value & bit != 0;
    let old = g.cpu.cr0;
    if value & !CR0_ALLOWED != 0 || set(cr0::PG) && !set(cr0::PE) || set(cr0::NW) && !set(cr0::CD) {
        return general_protection(0);
    }
    if !set(cr0::PE) {
        let rip = g.cpu.rip;
        return Err(
            g.kill(format_args!("it left protected mode near {rip:#x}: real mode is not served"))
        );
    }
    let changed = old ^ value;
    if changed & cr0::PG != 0 {
        let mut efer = g.cpu.efer;
        if set(cr0::PG) && efer & efer::LME != 0 {
            if g.cpu.cr4 & cr4::PAE == 0 {
                return general_protection(0);
            }
            efer |= efer::LMA;
        } else if !set(cr0::PG) {
            if g.in_long_code() {
                return general_protection(0);
            }
            efer &= !efer::LMA;
        }
        if PagingMode::of(value, g.cpu.cr4, efer) == PagingMode::Long {
            vtlb::check_slot(g, g.cpu.cr3)?;
        }
        g.cpu.efer = efer;
    }
    g.cpu.cr0 = value | cr0::ET;
    if changed & (cr0::PG | cr0::WP) != 0 {
        vtlb::flush_all(g);
    }
    g.own.stale.task_switched |= changed & (cr0::TS | cr0::EM) != 0;
    Ok(())
}

/// [H:24.2] CR3: another address space. For a virtual TLB this is the expensive moment: the
/// guest pays for every page that it touches afterwards with a hidden fault.
fn write_cr3(g: &mut Guest<'_>, value: u64) -> Outcome {
    if value & !x86::paging::pte::FRAME & !0xfff != 0 {
        return general_protection(0);
    }
    if g.paging() == PagingMode::Long {
        vtlb::check_slot(g, value)?;
    }
    g.cpu.cr3 = value;
    vtlb::flush_space(g);
    Ok(())
}

fn write_cr4(g: &mut Guest<'_>, value: u64) -> Outcome {
    let leaves_pae = g.cpu.cr4 & !value & cr4::PAE != 0;
    if value & !CR4_ALLOWED != 0 || leaves_pae && g.in_long_mode() {
        return general_protection(0);
    }
    let changed = g.cpu.cr4 ^ value;
    g.cpu.cr4 = value;
    if changed & (cr4::PGE | cr4::PSE | cr4::PAE | cr4::SMEP) != 0 {
        vtlb::flush_all(g);
    }
    Ok(())
}

/// CLTS.
pub fn clts(g: &mut Guest<'_>, _: &Insn) -> Outcome {
    g.own.stale.task_switched |= g.cpu.cr0 & cr0::TS != 0;
    g.cpu.cr0 &= !cr0::TS;
    Ok(())
}

/// LMSW: the four lowest bits of CR0, and PE can be set only.
pub fn lmsw(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let value = g.operand(insn, 2)?;
    let keep = g.cpu.cr0 & !0xe;
    write_cr0(g, keep | value & 0xf)
}

/// SMSW, if UMIP makes it trap: the guest's CR0 rather than the real one.
pub fn smsw(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    g.put_word(insn, g.cpu.cr0)
}

/// INVLPG.
pub fn invlpg(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let at = g.operand_address(insn)?;
    vtlb::flush_page(g, at);
    Ok(())
}

/// MOV from DRn: what was written.
pub fn read_dr(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let Some(value) = g.own.debug.get(usize::from(insn.reg)).copied() else {
        return fault(vector::UD, 0);
    };
    g.set_register(gpr(insn), insn.size, value);
    Ok(())
}

/// MOV to DRn: kept, but no breakpoint is armed.
pub fn write_dr(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let value = g.operand(insn, insn.size)?;
    match g.own.debug.get_mut(usize::from(insn.reg)) {
        None => fault(vector::UD, 0),
        Some(_) if insn.reg >= 4 && value >> 32 != 0 => general_protection(0),
        Some(register) => {
            *register = value;
            Ok(())
        }
    }
}
