//! [`Event`]: what the hardware can say.

use serde::{Deserialize, Serialize};

/// Where an interrupt or exception came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Origin {
    /// The CPU refused or could not complete an instruction.
    Exception,
    /// A device asked, through the interrupt controller.
    External,
    /// INT n, INT3, INTO or INT1.
    Software,
}

/// The CPU's operating mode (APM vol. 2 §1.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
pub enum Mode {
    /// 16-bit real mode.
    #[default]
    Real,
    /// Virtual-8086.
    Virtual8086,
    /// Protected mode, without long mode.
    Protected,
    /// Long mode, 16- or 32-bit code.
    Compatibility,
    /// Long mode, 64-bit code.
    Long,
}

/// What emptied the TLB, or part of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Flush {
    /// CR3 was loaded: all but global entries.
    Cr3,
    /// CR0, CR4 or EFER changed paging: everything.
    All,
    /// INVLPG: one page, at this virtual address.
    Page(u64),
}

/// One thing that the hardware did. Addresses are virtual unless they are called physical.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Event {
    /// An exception or interrupt is being delivered through the IDT (or IVT).
    Trap {
        /// Vector number.
        vector: u8,
        /// Where it came from.
        origin: Origin,
        /// The error code pushed, if any.
        error: Option<u32>,
        /// CR2, for a page fault; 0 otherwise.
        address: u64,
        /// The RIP that is pushed.
        rip: u64,
        /// Privilege level that was interrupted.
        from_cpl: u8,
        /// The handler's RIP.
        handler: u64,
    },
    /// IRET: back to where the frame says.
    Return {
        /// RIP after it.
        rip: u64,
        /// Privilege level after it.
        to_cpl: u8,
    },
    /// SYSCALL.
    Syscall {
        /// RIP of the instruction after it (what RCX receives).
        rip: u64,
        /// RAX: by convention the number of the call.
        rax: u64,
    },
    /// SYSRET.
    Sysret {
        /// RIP after it.
        rip: u64,
        /// RAX: by convention the result.
        rax: u64,
    },
    /// The privilege level changed, by whatever road.
    Cpl {
        /// Level before, 0..=3.
        from: u8,
        /// Level after, 0..=3.
        to: u8,
    },
    /// The operating mode changed.
    Mode {
        /// Before.
        from: Mode,
        /// After.
        to: Mode,
    },
    /// CR3 was loaded.
    Cr3 {
        /// Value before.
        old: u64,
        /// Value after.
        new: u64,
    },
    /// CR0, CR4 or EFER changed.
    Control {
        /// 0 for CR0, 4 for CR4, 0xe for EFER.
        register: u8,
        /// Value before.
        old: u64,
        /// Value after.
        new: u64,
    },
    /// The page walker read one entry.
    Walk {
        /// The virtual address being translated.
        va: u64,
        /// 4 (PML4) down to 1 (page table).
        level: u8,
        /// Physical address of the entry.
        entry_at: u64,
        /// The entry as read.
        entry: u64,
    },
    /// The TLB took up a translation.
    TlbFill {
        /// Virtual page.
        va: u64,
        /// Physical page.
        pa: u64,
        /// Filled for an instruction fetch.
        fetch: bool,
    },
    /// The TLB forgot.
    TlbFlush(Flush),
    /// IN or OUT.
    Port {
        /// OUT rather than IN.
        write: bool,
        /// Port number.
        port: u16,
        /// 1, 2 or 4 bytes.
        size: u8,
        /// What was written or read.
        value: u32,
    },
    /// A load or store that a device answered.
    Mmio {
        /// Store rather than load.
        write: bool,
        /// Physical address.
        pa: u64,
        /// Bytes.
        size: u8,
        /// What was written or read.
        value: u64,
    },
    /// A device's interrupt line changed.
    Irq {
        /// ISA interrupt number, 0..=15.
        line: u8,
        /// Raised rather than lowered.
        raised: bool,
    },
    /// HLT: the CPU sleeps.
    Halt,
    /// An interrupt ended the sleep.
    Wake,
    /// Triple fault: the CPU shut down.
    Shutdown,
    /// An instruction retired. Only for probes that want every instruction.
    Retire {
        /// Its address.
        rip: u64,
        /// Its length in bytes.
        len: u8,
    },
    /// A data access to memory. Only for probes that want every instruction.
    Access {
        /// Virtual address.
        va: u64,
        /// Physical address.
        pa: u64,
        /// Bytes.
        size: u8,
        /// Store rather than load.
        write: bool,
    },
}
