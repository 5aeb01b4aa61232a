//! # 34. Reflection: the guest's own exception, delivered by hand
//!
//! What the CPU does when it takes an exception (APM vol. 2 §8.9) we do in software, with the
//! guest's IDT, GDT, TSS and stack: find the gate, choose the stack, push the frame, go to
//! the handler.
//!
//! ```text
//!   new RSP ─▶  error code       for some exceptions
//!               RIP
//!               CS               the guest's selector, with its RPL of 0 or 3
//!               RFLAGS           with the guest's IF, not the real one
//!               RSP
//!               SS               ◀─ aligned down to 16
//! ```
//! The frame is what a CPU would have written, so the guest's IRET will undo it; and because
//! its CS is the guest's own selector, which the real GDT does not know, that IRET traps.

use x86::desc::{Gate, system, tss64};
use x86::reg::rflags;
use x86::vector;

use crate::guest::{Fault, Guest, Outcome, Stop, fault, general_protection};
use crate::memory::Access;
use crate::segment::{SS, TR, Via};

/// Bit 0 of an error code: the event came from outside the program.
const EXTERNAL: u32 = 1;
/// Bit 1: the selector index is an IDT index.
const IN_IDT: u32 = 2;

/// [H:34.1] Gives the guest an exception. If that fails, the failure is an exception, too; after
/// certain pairs it is a double fault, and after that the machine shuts down. A real PC
/// would reset; here the VM ends and says why.
pub fn exception(g: &mut Guest<'_>, first: Fault) -> Outcome {
    let mut now = first;
    loop {
        if now.vector == vector::PF {
            g.cpu.cr2 = now.address;
        }
        let error = vector::has_error_code(now.vector).then_some(now.error);
        let second = match deliver(g, now.vector, error, Source::Exception) {
            Err(Stop::Fault(second)) => second,
            other => return other,
        };
        now = if now.vector == vector::DF {
            return Err(triple_fault(g, first));
        } else if escalates(now.vector, second.vector) {
            Fault { vector: vector::DF, error: 0, address: 0 }
        } else {
            second
        };
    }
}

fn triple_fault(g: &mut Guest<'_>, first: Fault) -> Stop {
    let (name, rip) = (vector::name(first.vector), g.cpu.rip);
    if first.vector == vector::PF {
        let address = first.address;
        return g.kill(format_args!(
            "triple fault: #PF at RIP {rip:#x} for {address:#x}, and no way into its handler"
        ));
    }
    g.kill(format_args!("triple fault: {name} at RIP {rip:#x}, and no way into its handler"))
}

/// Whether two exceptions in a row make a double fault (APM vol. 2 table 8-4).
const fn escalates(first: u8, second: u8) -> bool {
    const fn contributory(v: u8) -> bool {
        matches!(v, vector::DE | vector::TS | vector::NP | vector::SS | vector::GP)
    }
    contributory(first) && contributory(second)
        || first == vector::PF && (contributory(second) || second == vector::PF)
}

/// [H:34.2] A pending interrupt of a virtual device, if the guest takes interrupts now.
pub fn interrupt(g: &mut Guest<'_>) -> Outcome {
    let vector = g.own.devices.pics.acknowledge();
    match deliver(g, vector, None, Source::Interrupt) {
        Err(Stop::Fault(second)) => exception(g, second),
        other => other,
    }
}

/// INT n, INT3 or INTO, with RIP already behind it.
pub fn software_interrupt(g: &mut Guest<'_>, vector: u8) -> Outcome {
    deliver(g, vector, None, Source::Software)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Exception,
    Interrupt,
    Software,
}

/// [H:34.3] Through the gate. Nothing of the vCPU changes before everything has succeeded.
fn deliver(g: &mut Guest<'_>, vector: u8, error: Option<u32>, source: Source) -> Outcome {
    if !g.in_long_mode() {
        let (name, rip) = (vector::name(vector), g.cpu.rip);
        return Err(g.kill(format_args!(
            "{name} at RIP {rip:#x} before long mode, where no handler is served"
        )));
    }
    let soft = source == Source::Software;
    let external = if soft { 0 } else { EXTERNAL };
    let gate_error = u32::from(vector) << 3 | IN_IDT | external;
    let at = u64::from(vector) * 16;
    if at + 15 > g.cpu.idt[1] {
        return general_protection(gate_error);
    }
    let gate_at = g.cpu.idt[0].wrapping_add(at);
    let [low, high] = g.load_words(gate_at, 8, Access::SYSTEM)?;
    let gate = Gate { low, high };
    if !matches!(gate.kind(), system::INTERRUPT_GATE | system::TRAP_GATE)
        || gate.low >> 44 & 1 != 0
        || soft && u32::from(gate.dpl()) < g.cpu.cpl
    {
        return general_protection(gate_error);
    }
    if !gate.present() {
        return fault(vector::NP, gate_error);
    }
    let code = g.code_segment(gate.selector(), Via::Gate)?;
    if !code.long {
        return general_protection(u32::from(gate.selector() & !3));
    }
    let inward = code.cpl < g.cpu.cpl;
    let stack = match gate.ist() {
        0 if inward => stack_from_tss(g, tss64::RSP0 + 8 * u64::from(code.cpl))?,
        0 => g.cpu.gpr[4],
        ist => stack_from_tss(g, tss64::IST1 + 8 * u64::from(ist - 1))?,
    };

    let frame = [
        u64::from(error.unwrap_or(0)),
        g.cpu.rip,
        u64::from(g.cpu.selectors[1]),
        flags(g),
        g.cpu.gpr[4],
        u64::from(g.cpu.selectors[SS]),
    ];
    let frame = &frame[usize::from(error.is_none())..];
    let rsp = (stack & !15).wrapping_sub(8 * frame.len() as u64);
    g.store_words(rsp, frame)?;

    g.enter(code, gate.offset());
    g.cpu.gpr[4] = rsp;
    if inward {
        g.cpu.selectors[SS] = code.cpl as u16; // null, as 64-bit mode has it
    }
    g.cpu.rflags &= !(rflags::TF | rflags::NT | rflags::RF | rflags::VM);
    if gate.kind() == system::INTERRUPT_GATE {
        g.cpu.interrupts = 0;
    }
    g.cpu.shadow = 0;
    g.own.stepping = false;
    Ok(())
}

/// RFLAGS as the guest must see them: the real ones, with the virtual IF.
pub fn flags(g: &Guest<'_>) -> u64 {
    let tf = if g.own.stepping { rflags::TF } else { 0 };
    g.cpu.rflags & !(rflags::IF | tf) | if g.cpu.interrupts != 0 { rflags::IF } else { 0 }
}

/// The TSS is the guest's own memory and may have changed since LTR, so nothing of it is kept.
fn stack_from_tss(g: &mut Guest<'_>, offset: u64) -> Outcome<u64> {
    let selector = g.cpu.selectors[TR];
    if selector & !3 == 0 {
        return fault(vector::TS, 0);
    }
    let at = g.cpu.tss.wrapping_add(offset);
    g.load(at, 8, Access::SYSTEM)
}
