//! Control registers and flags, bit by bit (APM vol. 2 §3.1).

/// RFLAGS.
pub mod rflags {
    /// Carry.
    pub const CF: u64 = 1 << 0;
    /// Always one.
    pub const FIXED: u64 = 1 << 1;
    /// Parity of the low byte.
    pub const PF: u64 = 1 << 2;
    /// Auxiliary carry, out of bit 3.
    pub const AF: u64 = 1 << 4;
    /// Zero.
    pub const ZF: u64 = 1 << 6;
    /// Sign.
    pub const SF: u64 = 1 << 7;
    /// Trap: #DB after each instruction.
    pub const TF: u64 = 1 << 8;
    /// Interrupts enabled.
    pub const IF: u64 = 1 << 9;
    /// Direction of string instructions.
    pub const DF: u64 = 1 << 10;
    /// Overflow.
    pub const OF: u64 = 1 << 11;
    /// I/O privilege level, two bits.
    pub const IOPL: u64 = 3 << 12;
    /// Nested task.
    pub const NT: u64 = 1 << 14;
    /// Resume: instruction breakpoints are ignored for one instruction.
    pub const RF: u64 = 1 << 16;
    /// Virtual-8086 mode.
    pub const VM: u64 = 1 << 17;
    /// Alignment check, and SMAP override.
    pub const AC: u64 = 1 << 18;
    /// Virtual interrupt flag.
    pub const VIF: u64 = 1 << 19;
    /// Virtual interrupt pending.
    pub const VIP: u64 = 1 << 20;
    /// CPUID can be executed when this bit can be changed.
    pub const ID: u64 = 1 << 21;
    /// The six that arithmetic writes.
    pub const STATUS: u64 = CF | PF | AF | ZF | SF | OF;
}

/// CR0.
pub mod cr0 {
    /// Protected mode.
    pub const PE: u64 = 1 << 0;
    /// Monitor coprocessor.
    pub const MP: u64 = 1 << 1;
    /// Emulate the x87: #NM on its instructions.
    pub const EM: u64 = 1 << 2;
    /// Task switched: #NM on the next x87 or SSE instruction.
    pub const TS: u64 = 1 << 3;
    /// Always one.
    pub const ET: u64 = 1 << 4;
    /// Numeric error: #MF instead of IRQ 13.
    pub const NE: u64 = 1 << 5;
    /// Write protect: supervisor writes obey read-only pages.
    pub const WP: u64 = 1 << 16;
    /// Alignment mask.
    pub const AM: u64 = 1 << 18;
    /// Not write-through.
    pub const NW: u64 = 1 << 29;
    /// Cache disable.
    pub const CD: u64 = 1 << 30;
    /// Paging.
    pub const PG: u64 = 1 << 31;
}

/// CR4.
pub mod cr4 {
    /// Virtual-8086 extensions.
    pub const VME: u64 = 1 << 0;
    /// Protected-mode virtual interrupts.
    pub const PVI: u64 = 1 << 1;
    /// RDTSC is privileged.
    pub const TSD: u64 = 1 << 2;
    /// Debug extensions: DR4 and DR5 are #UD.
    pub const DE: u64 = 1 << 3;
    /// 4-MiB pages in 32-bit paging.
    pub const PSE: u64 = 1 << 4;
    /// Eight-byte page-table entries.
    pub const PAE: u64 = 1 << 5;
    /// Machine check.
    pub const MCE: u64 = 1 << 6;
    /// Global pages.
    pub const PGE: u64 = 1 << 7;
    /// RDPMC at CPL 3.
    pub const PCE: u64 = 1 << 8;
    /// FXSAVE and SSE.
    pub const OSFXSR: u64 = 1 << 9;
    /// SSE exceptions raise #XF.
    pub const OSXMMEXCPT: u64 = 1 << 10;
    /// SGDT, SIDT, SLDT, SMSW and STR are #GP above CPL 0.
    pub const UMIP: u64 = 1 << 11;
    /// RDFSBASE and family.
    pub const FSGSBASE: u64 = 1 << 16;
    /// Process-context ids.
    pub const PCIDE: u64 = 1 << 17;
    /// XSAVE.
    pub const OSXSAVE: u64 = 1 << 18;
    /// Supervisor must not execute user pages.
    pub const SMEP: u64 = 1 << 20;
    /// Supervisor must not touch user pages.
    pub const SMAP: u64 = 1 << 21;
}

/// EFER, MSR C000_0080.
pub mod efer {
    /// SYSCALL and SYSRET.
    pub const SCE: u64 = 1 << 0;
    /// Long mode enable.
    pub const LME: u64 = 1 << 8;
    /// Long mode active.
    pub const LMA: u64 = 1 << 10;
    /// No-execute enable.
    pub const NXE: u64 = 1 << 11;
    /// Secure virtual machine enable.
    pub const SVME: u64 = 1 << 12;
    /// Long-mode segment limits.
    pub const LMSLE: u64 = 1 << 13;
    /// Fast FXSAVE.
    pub const FFXSR: u64 = 1 << 14;
}
