//! The CPU as the panel shows it.

use serde::{Deserialize, Serialize};

/// Registers and the code around RIP.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CpuView {
    /// `real`, `protected`, `compatibility`, `long`.
    pub mode: String,
    /// Current privilege level, 0..=3.
    pub cpl: u8,
    /// The level that the software believes in: a guest kernel in ring 3 believes in 0.
    pub virtual_cpl: Option<u8>,
    /// Whether it sleeps in HLT.
    pub halted: bool,
    /// Name and value of the general registers, RIP first.
    pub registers: Vec<(String, u64)>,
    /// RFLAGS.
    pub rflags: u64,
    /// The flags that are set, as `"IF ZF"`.
    pub flags: String,
    /// CR0, CR2, CR3, CR4, EFER by name.
    pub control: Vec<(String, u64)>,
    /// A few instructions from RIP on; the first is the next to execute.
    pub code: Vec<CodeLine>,
    /// The symbol that RIP is in, if known: `kernel::sched::switch+0x1c`.
    pub symbol: String,
}

/// One disassembled instruction.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CodeLine {
    /// Its address.
    pub ip: u64,
    /// Its bytes in hexadecimal.
    pub bytes: String,
    /// Intel syntax.
    pub text: String,
    /// What it does, in a line; empty if there is nothing to add.
    pub explain: String,
    /// Whether CPL 0 is needed to execute it.
    pub privileged: bool,
}
