//! # 20. The exit: why did the CPU leave the guest?
//!
//! The heart of trap-and-emulate, top to bottom. The guest ran in ring 3 until something
//! happened that ring 3 may not do, or that was none of its business. Each exit is counted once,
//! by its reason, where the reason is found out.
//!
//! | the real CPU says | and it means |
//! |---|---|
//! | #PF | shadow not filled (hidden), or the guest's own fault: [`vtlb`] |
//! | #GP | a privileged instruction to emulate: [`emulate`], or the guest's own fault |
//! | SYSCALL | a guest program calls the guest kernel |
//! | #DB | our single step is over, or the guest's own |
//! | any other exception | the guest's own |
//!
//! Interrupts of the PC's devices are not here: they are nobody's exit, see [`crate::vcpu`].

use metal::world::{self, Exit};
use objects::hypervisor::exit;
use x86::reg::rflags;
use x86::vector;

use crate::decode::decode;
use crate::emulate::{self, flow};
use crate::guest::{Fault, Guest, Outcome, Stop, general_protection};
use crate::{reflect, vtlb};

/// Does what the exit asks for. `address` is the real CR2, for a page fault.
pub fn handle(g: &mut Guest<'_>, exit: Exit, address: u64) {
    // An interrupt shadow ends with the instruction that it covers.
    if g.cpu.rip != g.own.shadow_rip {
        g.cpu.shadow = 0;
    }
    if let Err(Stop::Fault(fault)) = dispatch(g, exit, address) {
        // If the guest cannot take it either, it has ended by now.
        let _ = reflect::exception(g, fault);
    }
}

fn dispatch(g: &mut Guest<'_>, exit: Exit, address: u64) -> Outcome {
    match exit.vector {
        world::SYSCALL => {
            g.count(exit::SYSCALL);
            flow::syscall(g, true)
        }
        world::SYSCALL32 => {
            g.count(exit::SYSCALL);
            flow::syscall(g, false)
        }
        number => match number as u8 {
            vector::PF => vtlb::page_fault(g, address, exit.error),
            vector::GP => privileged(g, exit.error),
            vector::DB if g.own.stepping => {
                g.count(exit::OTHER);
                step_over(g);
                Ok(())
            }
            trap @ (vector::BP | vector::OF) => {
                g.count(exit::EXCEPTION);
                reflect::software_interrupt(g, trap)
            }
            vector => {
                g.count(exit::EXCEPTION);
                Err(Stop::Fault(Fault { vector, error: exit.error, address: 0 }))
            }
        },
    }
}

/// [H:20.1] #GP triage. Fetch, decode, emulate; whatever is not ours to emulate was an error of
/// the guest, and it gets the very #GP that the CPU raised.
fn privileged(g: &mut Guest<'_>, error: u32) -> Outcome {
    let (bytes, length) = g.fetch()?;
    let insn = decode(&bytes[..length], g.in_long_code());
    let insn = match &insn {
        Some(insn) if !g.in_user() || insn.op.allowed_to_user() => insn,
        _ => {
            g.count(exit::EXCEPTION);
            return general_protection(error);
        }
    };
    g.count(insn.op.reason());
    let traced = g.cpu.rflags & rflags::TF != 0;
    g.cpu.shadow = 0; // unless this is an STI
    emulate::emulate(g, insn)?;
    // One instruction is over: what TF was set for has happened.
    if traced && g.own.stepping {
        step_over(g);
    } else if traced {
        return Err(Stop::Fault(Fault { vector: vector::DB, error: 0, address: 0 }));
    }
    Ok(())
}

/// [H:20.2] An interrupt waits, but STI's shadow covers one more instruction. TF makes the real
/// CPU come back after exactly one.
pub fn step_one(g: &mut Guest<'_>) {
    if g.cpu.rflags & rflags::TF == 0 {
        g.cpu.rflags |= rflags::TF;
        g.own.stepping = true;
    }
}

fn step_over(g: &mut Guest<'_>) {
    g.cpu.rflags &= !rflags::TF;
    g.own.stepping = false;
    g.cpu.shadow = 0;
}
