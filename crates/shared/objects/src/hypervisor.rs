//! The hypervisor's objects.

use crate::{Name, Table};

/// `"RINGHYPV"`, little-endian.
pub const MAGIC: u64 = u64::from_le_bytes(*b"RINGHYPV");

/// The hypervisor's door for an outside reader: `static HYPERVISOR_ROOT`.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Root {
    /// [`MAGIC`] once the tables below are valid.
    pub magic: u64,
    /// `[Vm]`.
    pub vms: Table,
    /// `[Vcpu]`; vCPU n belongs to VM n.
    pub vcpus: Table,
    /// The vCPU on the CPU now, or `NONE`.
    pub current: u32,
    /// 1 while every vCPU is idle.
    pub idle: u32,
    /// Physical memory of the PC, bytes.
    pub memory_bytes: u64,
    /// Bytes of it that the hypervisor keeps: image, stacks, tables, shadow pages.
    pub own_bytes: u64,
    /// World switches: times that another vCPU was put on the CPU.
    pub switches: u64,
    /// Timer interrupts taken.
    pub ticks: u64,
    /// TSC ticks spent idle.
    pub idle_ticks: u64,
    /// TSC ticks spent in the hypervisor itself.
    pub own_ticks: u64,
    /// TSC ticks a second.
    pub tsc_hz: u64,
}

impl Root {
    /// Before the tables are valid.
    pub const CLOSED: Self = Self {
        magic: 0,
        vms: Table {
            base: 0,
            len: 0,
            stride: 0,
        },
        vcpus: Table {
            base: 0,
            len: 0,
            stride: 0,
        },
        current: crate::NONE,
        idle: 0,
        memory_bytes: 0,
        own_bytes: 0,
        switches: 0,
        ticks: 0,
        idle_ticks: 0,
        own_ticks: 0,
        tsc_hz: 0,
    };
}

/// [`Vm::state`].
#[allow(missing_docs)]
pub mod state {
    pub const FREE: u32 = 0;
    pub const RUNNING: u32 = 1;
    /// Its vCPU sleeps in HLT.
    pub const IDLE: u32 = 2;
    pub const PAUSED: u32 = 3;
    /// It ended itself: exit port, or HLT with interrupts off.
    pub const STOPPED: u32 = 4;
    /// The hypervisor ended it; [`super::Vm::reason`] says why.
    pub const KILLED: u32 = 5;
}

/// A virtual machine.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Vm {
    /// See [`state`].
    pub state: u32,
    /// Its number of the PC's serial port (its console), or `NONE`.
    pub uart: u32,
    /// Name.
    pub name: Name<32>,
    /// Host-physical address of its memory: guest-physical 0.
    pub memory_at: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Share of the CPU in proportion to the other VMs' weights.
    pub weight: u64,
    /// Most it may use, per mille of the CPU; 1000 = no cap.
    pub cap: u64,
    /// Why it was killed or stopped, in words.
    pub reason: Name<96>,
    /// Frames that its shadow page tables take now.
    pub shadow_frames: u64,
    /// TSC ticks that its vCPU ran.
    pub guest_ticks: u64,
    /// TSC ticks that the hypervisor worked on its behalf.
    pub hypervisor_ticks: u64,
    /// Bytes that its console wrote.
    pub console_bytes: u64,
    /// TSC at which it started.
    pub start_tsc: u64,
    /// VM exits, by [`exit`] reason.
    pub exits: [u64; exit::COUNT],
}

impl Vm {
    /// A slot that nobody uses.
    pub const FREE: Self = Self {
        state: state::FREE,
        uart: crate::NONE,
        name: [0; 32],
        memory_at: 0,
        memory_bytes: 0,
        weight: 0,
        cap: 0,
        reason: [0; 96],
        shadow_frames: 0,
        guest_ticks: 0,
        hypervisor_ticks: 0,
        console_bytes: 0,
        start_tsc: 0,
        exits: [0; exit::COUNT],
    };
}

macro_rules! exits {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// Why the CPU left a guest, one row a reason; the numbers index [`Vm::exits`].
        pub mod exit {
            $($(#[$doc])* pub const $name: usize = $number;)*
            /// How many reasons there are.
            pub const COUNT: usize = [$($number),*].len();
            /// What to call it on a screen.
            pub const fn name(reason: usize) -> &'static str {
                match reason { $($number => $text,)* _ => "?" }
            }
        }
    };
}

exits! {
    /// A physical interrupt arrived while the guest ran.
    INTERRUPT = 0, "interrupt";
    /// A shadow page-table entry was missing: filled, the guest never knew.
    HIDDEN_FAULT = 1, "hidden page fault";
    /// A page fault that is the guest's own: reflected.
    TRUE_FAULT = 2, "true page fault";
    /// MOV to or from CR0, CR4 or CR8; CLTS, LMSW.
    CR = 3, "control register";
    /// MOV to CR3: another address space.
    CR3 = 4, "CR3 load";
    /// INVLPG.
    INVLPG = 5, "INVLPG";
    /// CLI or STI.
    IF_FLAG = 6, "CLI/STI";
    /// HLT.
    HLT = 7, "HLT";
    /// IN or OUT.
    IO = 8, "IN/OUT";
    /// RDMSR or WRMSR.
    MSR = 9, "MSR";
    /// LGDT, LIDT, LLDT, LTR.
    TABLE = 10, "descriptor table";
    /// SYSCALL from guest user mode.
    SYSCALL = 11, "SYSCALL";
    /// SYSRET.
    SYSRET = 12, "SYSRET";
    /// IRET.
    IRET = 13, "IRET";
    /// SWAPGS.
    SWAPGS = 14, "SWAPGS";
    /// A far jump, call or return, or a segment load.
    SEGMENT = 15, "segment load";
    /// INT n.
    INT = 16, "INT n";
    /// Any other exception, reflected to the guest.
    EXCEPTION = 17, "exception";
    /// RDTSC, CPUID and the rest.
    OTHER = 18, "other";
    /// A device register in memory.
    MMIO = 19, "MMIO";
}

/// A virtual CPU: what the guest believes its registers to be. General registers are valid
/// while it is off the CPU.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Vcpu {
    /// RAX RCX RDX RBX RSP RBP RSI RDI R8..R15, in encoding order.
    pub gpr: [u64; 16],
    /// Next instruction.
    pub rip: u64,
    /// Flags as the real CPU holds them.
    pub rflags: u64,
    /// Virtual CR0.
    pub cr0: u64,
    /// Virtual CR2.
    pub cr2: u64,
    /// Virtual CR3: guest-physical.
    pub cr3: u64,
    /// Virtual CR4.
    pub cr4: u64,
    /// Virtual EFER.
    pub efer: u64,
    /// Virtual privilege level: 0 = guest kernel, 3 = guest user.
    pub cpl: u32,
    /// Virtual interrupt flag, 0 or 1.
    pub interrupts: u32,
    /// 1 while it sleeps in HLT.
    pub halted: u32,
    /// 1 for one instruction after STI or MOV SS.
    pub shadow: u32,
    /// Host-physical root that shows the guest kernel's view.
    pub kernel_root: u64,
    /// Host-physical root that shows the guest user's view.
    pub user_root: u64,
    /// Virtual GDT base and limit.
    pub gdt: [u64; 2],
    /// Virtual IDT base and limit.
    pub idt: [u64; 2],
    /// Virtual selectors ES CS SS DS FS GS LDTR TR.
    pub selectors: [u16; 8],
    /// Virtual TSS base.
    pub tss: u64,
    /// FS base.
    pub fs_base: u64,
    /// GS base now.
    pub gs_base: u64,
    /// What SWAPGS brings.
    pub kernel_gs_base: u64,
    /// STAR, LSTAR, CSTAR, SFMASK.
    pub syscall: [u64; 4],
    /// 1 in 64-bit code, 0 in 32-bit code of any mode.
    pub long: u32,
    /// Zero.
    pub reserved: u32,
}

impl Vcpu {
    /// All zeros.
    pub const ZERO: Self = Self {
        gpr: [0; 16],
        rip: 0,
        rflags: 0,
        cr0: 0,
        cr2: 0,
        cr3: 0,
        cr4: 0,
        efer: 0,
        cpl: 0,
        interrupts: 0,
        halted: 0,
        shadow: 0,
        kernel_root: 0,
        user_root: 0,
        gdt: [0; 2],
        idt: [0; 2],
        selectors: [0; 8],
        tss: 0,
        fs_base: 0,
        gs_base: 0,
        kernel_gs_base: 0,
        syscall: [0; 4],
        long: 0,
        reserved: 0,
    };
}
