//! An x86-64 CPU: decode, execute, translate, deliver.
//!
//! The door is [`Cpu::run`]: it executes until the clock reaches a given moment or something
//! happens that the board must look at ([`Stop`]). There is no time in here but
//! [`Cpu::clock`], the count of retired instructions.

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
