//! An x86-64 CPU: decode, execute, translate, deliver.
//!
//! The door is [`Cpu::run`]: it executes until the clock reaches a given moment or something
//! happens that the board must look at ([`Stop`]). There is no time in here but
//! [`Cpu::clock`], the count of retired instructions.
//!
//! Read it in this order:
//!
//! | file | what |
//! |---|---|
//! | `state` | everything architectural: what a snapshot keeps |
//! | `cpu` | the public face, and what is derived from the state |
//! | `run` | the loop: interrupts, blocks, faults |
//! | `execute`, `hot` | a run of instructions, the common forms first |
//! | `insn` | the instruction set, one row an instruction, one file a family |
//! | `decode`, `block`, `code` | from bytes to blocks, and noticing that bytes change |
//! | `operand`, `flags`, `float` | what instructions compute with |
//! | `memory`, `translate`, `tlb` | loads and stores, the page walk, the TLB |
//! | `segment`, `mode`, `msr`, `cpuid` | descriptors, control registers, what the CPU says of itself |
//! | `fault`, `deliver`, `gate` | from a fault to its handler |
//!
//! Two tests hold it: single instructions against the host's own silicon (crate `silicon`), and
//! runs in blocks against runs in single steps (`tests/lockstep.rs`).

#![forbid(unsafe_code)]

mod block;
mod bus;
mod code;
mod cpu;
mod cpuid;
mod decode;
mod deliver;
pub mod disasm;
mod execute;
mod fault;
mod flags;
mod float;
mod gate;
mod hot;
mod insn;
mod memory;
mod mode;
mod msr;
mod operand;
mod run;
mod segment;
mod state;
pub mod tlb;
mod translate;

pub use bus::{Bus, Page};
pub use cpu::{Cpu, Saved};
pub use probe::Moment;
pub use state::{Fpu, Msrs, Segment, State, TableRegister, gpr, seg};

/// Why [`Cpu::run`] came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The clock reached the moment asked for.
    Deadline,
    /// The CPU read or wrote a port or a device: deadlines and interrupt lines may have changed.
    Device,
    /// HLT: nothing happens until an interrupt. The board moves the clock.
    Halt,
    /// A fault while delivering a double fault. Only reset helps.
    Shutdown,
}
