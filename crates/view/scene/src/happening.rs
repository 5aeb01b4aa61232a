//! Events as a reader sees them.

use serde::{Deserialize, Serialize};

use crate::{Moment, Path};

/// The families of events that the picture tells apart by colour and shape.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HappeningKind {
    /// An exception went to the kernel: page fault, divide error …
    Trap,
    /// The CPU left a guest for the hypervisor.
    Exit,
    /// The hypervisor entered a guest again.
    Entry,
    /// A program asked its kernel.
    Syscall,
    /// A kernel went back to a program.
    Return,
    /// A device interrupted.
    Interrupt,
    /// A kernel put another task on the CPU.
    Switch,
    /// The hypervisor put another VM on the CPU.
    World,
    /// The CPU changed its mode: real, protected, long.
    Mode,
    /// IN, OUT or a device register.
    Device,
    /// HLT, and the end of it.
    Sleep,
    /// A process, container or VM came or went.
    Life,
}

impl HappeningKind {
    /// All of them, in the order of legends.
    pub const ALL: [HappeningKind; 12] = [
        Self::Trap,
        Self::Exit,
        Self::Entry,
        Self::Syscall,
        Self::Return,
        Self::Interrupt,
        Self::Switch,
        Self::World,
        Self::Mode,
        Self::Device,
        Self::Sleep,
        Self::Life,
    ];

    /// What a legend calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Exit => "VM exit",
            Self::Entry => "VM entry",
            Self::Syscall => "system call",
            Self::Return => "return",
            Self::Interrupt => "interrupt",
            Self::Switch => "task switch",
            Self::World => "world switch",
            Self::Mode => "mode change",
            Self::Device => "device access",
            Self::Sleep => "sleep",
            Self::Life => "birth and death",
        }
    }
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Happening {
    /// When: the clock of its machine before the instruction that caused it retired.
    pub moment: Moment,
    /// Which machine, by id.
    pub machine: String,
    /// Its family.
    pub kind: HappeningKind,
    /// A few words: `#GP: cli`, `write(1, …)`, `timer interrupt`.
    pub title: String,
    /// One plain sentence, for the list, the live region and the transcript.
    pub sentence: String,
    /// The box that it came from.
    pub from: Path,
    /// The box that it went to.
    pub to: Path,
}

/// How often a kind of event came lately.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rate {
    /// Which machine, by id.
    pub machine: String,
    /// The family.
    pub kind: HappeningKind,
    /// How many in the window.
    pub count: u64,
    /// The window, in instructions of the clock.
    pub window: u64,
    /// All since the scenario began, as far as watched.
    pub total: u64,
}
