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
use x86::vector;

use crate::decode::{Insn, Memory, Operand};
use crate::guest::{Guest, Outcome, Stop, fault};
use crate::memory::Access;

macro_rules! rows {
    ($($op:ident $reason:ident $who:ident $run:path;)*) => {
        /// An instruction that traps in ring 3, by its name in the manual.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs)]
        pub enum Op { $($op),* }

        impl Op {
            /// All of them.
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$op),*];

            /// Which exit reason it counts as.
            pub const fn reason(self) -> usize {
                match self { $(Self::$op => exit::$reason),* }
            }
            /// Whether a guest's *programs* may execute it. They trap like its kernel does,
            /// because both are in ring 3.
            pub const fn allowed_to_user(self) -> bool {
                const KERNEL: bool = false;
                const ANYBODY: bool = true;
                match self { $(Self::$op => $who),* }
            }
        }

        fn execute(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
            match insn.op { $(Op::$op => $run(g, insn)),* }
        }
    };
}

// [H:22.1] The table of everything that traps: how its exits are counted, who may execute it, and
// what does it. SGDT and its like trap only on a CPU with UMIP, CPUID and RDTSC only if we or
// the guest asked for it.
rows! {
    Cli         IF_FLAG  KERNEL   flow::cli;
    Sti         IF_FLAG  KERNEL   flow::sti;
    Hlt         HLT      KERNEL   flow::hlt;
    Int         INT      ANYBODY  flow::int;
    Iret        IRET     ANYBODY  flow::iret;
    RetFar      SEGMENT  ANYBODY  flow::ret_far;
    JmpFar      SEGMENT  ANYBODY  flow::jmp_far;
    CallFar     SEGMENT  ANYBODY  flow::call_far;
    Sysret      SYSRET   KERNEL   flow::sysret;
    Swapgs      SWAPGS   KERNEL   flow::swapgs;
    ReadCr      CR       KERNEL   control::read_cr;
    WriteCr     CR       KERNEL   control::write_cr;
    WriteCr3    CR3      KERNEL   control::write_cr;
    ReadDr      OTHER    KERNEL   control::read_dr;
    WriteDr     OTHER    KERNEL   control::write_dr;
    Clts        CR       KERNEL   control::clts;
    Lmsw        CR       KERNEL   control::lmsw;
    Smsw        CR       ANYBODY  control::smsw;
    Invlpg      INVLPG   KERNEL   control::invlpg;
    Lgdt        TABLE    KERNEL   tables::load_table;
    Lidt        TABLE    KERNEL   tables::load_table;
    Sgdt        TABLE    ANYBODY  tables::store_table;
    Sidt        TABLE    ANYBODY  tables::store_table;
    Lldt        TABLE    KERNEL   tables::lldt;
    Ltr         TABLE    KERNEL   tables::ltr;
    Sldt        TABLE    ANYBODY  tables::store_selector;
    Str         TABLE    ANYBODY  tables::store_selector;
    MovSegment  SEGMENT  ANYBODY  tables::mov_segment;
    PopSegment  SEGMENT  ANYBODY  tables::pop_segment;
    Rdmsr       MSR      KERNEL   msr::rdmsr;
    Wrmsr       MSR      KERNEL   msr::wrmsr;
    Rdpmc       OTHER    KERNEL   msr::none;
    Xsetbv      OTHER    KERNEL   msr::none;
    Cpuid       OTHER    ANYBODY  msr::cpuid;
    Rdtsc       OTHER    ANYBODY  msr::rdtsc;
    Rdtscp      OTHER    ANYBODY  msr::rdtsc;
    In          IO       KERNEL   io::port;
    Out         IO       KERNEL   io::port;
    Ins         IO       KERNEL   io::string;
    Outs        IO       KERNEL   io::string;
    Invd        OTHER    KERNEL   nothing;
}

/// INVD and WBINVD: caches are not modelled.
fn nothing(_: &mut Guest<'_>, _: &Insn) -> Outcome {
    Ok(())
}

/// Executes one instruction for the guest.
pub fn emulate(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let rip = g.cpu.rip;
    g.cpu.rip = rip.wrapping_add(insn.length);
    let outcome = execute(g, insn);
    if let Err(Stop::Fault(_)) = outcome {
        g.cpu.rip = rip;
    }
    outcome
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

    /// [H:22.2] The address of a memory operand.
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
            _ => fault(vector::UD, 0),
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

    /// Stores a 16-bit register of the system: all of it in memory, by operand size in a register.
    pub fn put_word(&mut self, insn: &Insn, value: u64) -> Outcome {
        if let Operand::Register(r) = insn.operand {
            self.set_register(r, insn.size, value);
            return Ok(());
        }
        let at = self.operand_address(insn)?;
        self.store(at, 2, value, self.own_access(true))
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
