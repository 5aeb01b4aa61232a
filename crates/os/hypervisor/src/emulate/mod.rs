//! # 22. Doing it for them
//!
//! One function per instruction, in five families. Each changes the virtual CPU and nothing
//! else; the real one follows at the next VM entry. An instruction that faults changes nothing,
//! and RIP still points at it.
//!
//! | module | instructions |
//! |---|---|
//! | [`flow`] | CLI STI HLT, INT n, far jumps and returns, IRET, SYSCALL SYSRET SWAPGS |
//! | [`control`] | CR0 to CR8, DR0 to DR7, CLTS LMSW SMSW, INVLPG |
//! | [`tables`] | LGDT LIDT LLDT LTR and their readers, segment loads |
//! | [`msr`] | RDMSR WRMSR, CPUID, RDTSC |
//! | [`io`] | IN OUT INS OUTS |

pub mod control;
pub mod flow;
pub mod io;
pub mod msr;
pub mod tables;

use objects::hypervisor::exit;

use crate::decode::{Insn, Memory, Op, Operand};
use crate::guest::{Guest, Outcome, Stop, fault, general_protection};
use crate::memory::Access;

/// Which exit reason an instruction counts as.
pub const fn reason(insn: &Insn) -> usize {
    match insn.op {
        Op::Cli | Op::Sti => exit::IF_FLAG,
        Op::Hlt => exit::HLT,
        Op::In | Op::Out | Op::Ins | Op::Outs => exit::IO,
        Op::Int => exit::INT,
        Op::Iret => exit::IRET,
        Op::RetFar | Op::JmpFar | Op::CallFar | Op::MovSegment | Op::PopSegment => exit::SEGMENT,
        Op::Lgdt | Op::Lidt | Op::Lldt | Op::Ltr => exit::TABLE,
        Op::Sgdt | Op::Sidt | Op::Sldt | Op::Str => exit::TABLE,
        Op::WriteCr if insn.reg == 3 => exit::CR3,
        Op::WriteCr | Op::ReadCr | Op::Clts | Op::Lmsw | Op::Smsw => exit::CR,
        Op::Invlpg => exit::INVLPG,
        Op::Swapgs => exit::SWAPGS,
        Op::Sysret => exit::SYSRET,
        Op::Rdmsr | Op::Wrmsr => exit::MSR,
        Op::Invd | Op::Xsetbv | Op::ReadDr | Op::WriteDr => exit::OTHER,
        Op::Rdpmc | Op::Rdtsc | Op::Rdtscp | Op::Cpuid => exit::OTHER,
    }
}

/// Whether a guest's *programs* may execute it. They trap like its kernel does, because
/// both are in ring 3.
pub const fn allowed_to_user(op: Op) -> bool {
    matches!(
        op,
        Op::Int | Op::Iret | Op::RetFar | Op::JmpFar | Op::CallFar | Op::MovSegment | Op::PopSegment
            // Trapped by UMIP and CPUID faulting only, which the guest has not asked for.
            | Op::Sgdt | Op::Sidt | Op::Sldt | Op::Str | Op::Smsw | Op::Cpuid
            | Op::Rdtsc | Op::Rdtscp
    )
}

/// Executes one instruction for the guest.
pub fn emulate(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let rip = g.cpu.rip;
    g.cpu.rip = rip.wrapping_add(insn.length);
    let outcome = execute(g, insn, rip);
    if let Err(Stop::Fault(_)) = outcome {
        g.cpu.rip = rip;
    }
    outcome
}

fn execute(g: &mut Guest<'_>, insn: &Insn, rip: u64) -> Outcome {
    match insn.op {
        Op::Cli => flow::cli(g),
        Op::Sti => flow::sti(g),
        Op::Hlt => flow::hlt(g),
        Op::Int => flow::int(g, insn),
        Op::Iret => flow::iret(g, insn),
        Op::RetFar => flow::ret_far(g, insn),
        Op::JmpFar => flow::jmp_far(g, insn),
        Op::CallFar => flow::call_far(g, insn),
        Op::Sysret => flow::sysret(g, insn),
        Op::Swapgs => flow::swapgs(g),
        Op::ReadCr => control::read_cr(g, insn),
        Op::WriteCr => control::write_cr(g, insn),
        Op::ReadDr => control::read_dr(g, insn),
        Op::WriteDr => control::write_dr(g, insn),
        Op::Clts => control::clts(g),
        Op::Lmsw => control::lmsw(g, insn),
        Op::Smsw => control::smsw(g, insn),
        Op::Invlpg => control::invlpg(g, insn),
        Op::Lgdt | Op::Lidt => tables::load_table(g, insn),
        Op::Sgdt | Op::Sidt => tables::store_table(g, insn),
        Op::Lldt => tables::lldt(g, insn),
        Op::Ltr => tables::ltr(g, insn),
        Op::Sldt | Op::Str => tables::store_selector(g, insn),
        Op::MovSegment => tables::mov_segment(g, insn),
        Op::PopSegment => tables::pop_segment(g, insn),
        Op::Rdmsr => msr::rdmsr(g),
        Op::Wrmsr => msr::wrmsr(g),
        Op::Cpuid => msr::cpuid(g),
        Op::Rdtsc | Op::Rdtscp => msr::rdtsc(g, insn),
        Op::In | Op::Out => io::port(g, insn),
        Op::Ins | Op::Outs => io::string(g, insn, rip),
        // Caches are not modelled.
        Op::Invd => Ok(()),
        // Features that our guests' CPU does not have.
        Op::Xsetbv => fault(x86::vector::UD, 0),
        Op::Rdpmc => general_protection(0),
    }
}

impl Guest<'_> {
    /// With the rights of the code that runs now.
    pub const fn own_access(&self, write: bool) -> Access {
        Access { write, user: self.in_user(), fetch: false }
    }

    /// What an address register holds: 32 bits of it, or 64.
    pub const fn masked(value: u64, bytes: u64) -> u64 {
        if bytes == 8 { value } else { value & 0xffff_ffff }
    }

    /// [H:22.1] The address of a memory operand.
    pub fn address(&self, memory: &Memory, insn: &Insn) -> u64 {
        let register = |r: Option<u8>| r.map_or(0, |r| self.cpu.gpr[usize::from(r)]);
        let mut at = memory.displacement as u64;
        at = at.wrapping_add(register(memory.base));
        at = at.wrapping_add(register(memory.index) << memory.scale);
        if memory.rip {
            at = at.wrapping_add(self.cpu.rip); // it points behind the instruction by now
        }
        let at = Self::masked(at, insn.address).wrapping_add(match memory.segment {
            Some(4) => self.cpu.fs_base,
            Some(5) => self.cpu.gs_base,
            _ => 0,
        });
        if self.in_long_code() { at } else { at & 0xffff_ffff }
    }

    /// The address of the memory operand that the decoder promises there is.
    pub fn operand_address(&self, insn: &Insn) -> Outcome<u64> {
        match &insn.operand {
            Operand::Memory(memory) => Ok(self.address(memory, insn)),
            _ => fault(x86::vector::UD, 0),
        }
    }

    /// Reads a register or memory operand of `size` bytes.
    pub fn operand(&mut self, insn: &Insn, size: u64) -> Outcome<u64> {
        match &insn.operand {
            Operand::Register(r) => {
                Ok(self.cpu.gpr[usize::from(*r)] & (u64::MAX >> (64 - 8 * size)))
            }
            Operand::Memory(memory) => {
                let at = self.address(memory, insn);
                self.load(at, size, self.own_access(false))
            }
            Operand::Immediate(value) => Ok(*value),
            Operand::None | Operand::Far(..) => Ok(0),
        }
    }

    /// Writes a general register as an instruction of that operand size does.
    pub fn set_register(&mut self, register: u8, size: u64, value: u64) {
        let r = &mut self.cpu.gpr[usize::from(register)];
        *r = match size {
            8 => value,
            4 => value & 0xffff_ffff,
            _ => {
                let mask = (1 << (8 * size)) - 1;
                *r & !mask | value & mask
            }
        };
    }

    /// `N` words of `size` bytes on the stack, from `offset` bytes above its top.
    pub fn on_stack<const N: usize>(&mut self, offset: u64, size: u64) -> Outcome<[u64; N]> {
        let at = self.stack_address(self.cpu.gpr[4].wrapping_add(offset));
        self.load_words(at, size, self.own_access(false))
    }

    /// RSP, or ESP in 32-bit code.
    pub const fn stack_address(&self, rsp: u64) -> u64 {
        if self.in_long_code() { rsp } else { rsp & 0xffff_ffff }
    }
}
