//! Model-specific registers (APM vol. 2 appendix A).

/// Time-stamp counter.
pub const TSC: u32 = 0x10;
/// Local APIC base.
pub const APIC_BASE: u32 = 0x1b;
/// SYSENTER code selector.
pub const SYSENTER_CS: u32 = 0x174;
/// SYSENTER stack pointer.
pub const SYSENTER_ESP: u32 = 0x175;
/// SYSENTER instruction pointer.
pub const SYSENTER_EIP: u32 = 0x176;
/// Page-attribute table.
pub const PAT: u32 = 0x277;
/// Extended features: SCE, LME, LMA, NXE.
pub const EFER: u32 = 0xc000_0080;
/// Selectors of SYSCALL (47:32) and SYSRET (63:48).
pub const STAR: u32 = 0xc000_0081;
/// RIP after SYSCALL from 64-bit code.
pub const LSTAR: u32 = 0xc000_0082;
/// RIP after SYSCALL from compatibility code.
pub const CSTAR: u32 = 0xc000_0083;
/// RFLAGS bits that SYSCALL clears.
pub const SFMASK: u32 = 0xc000_0084;
/// FS base.
pub const FS_BASE: u32 = 0xc000_0100;
/// GS base.
pub const GS_BASE: u32 = 0xc000_0101;
/// What SWAPGS exchanges GS base with.
pub const KERNEL_GS_BASE: u32 = 0xc000_0102;
/// Auxiliary word of RDTSCP.
pub const TSC_AUX: u32 = 0xc000_0103;
/// Hardware configuration; bit 35 makes CPUID fault above CPL 0 (CpuidUserDis).
pub const HWCR: u32 = 0xc001_0015;
/// SVM control.
pub const VM_CR: u32 = 0xc001_0114;
/// Where VMRUN saves the host's state.
pub const VM_HSAVE_PA: u32 = 0xc001_0117;
