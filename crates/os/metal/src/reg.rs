//! The registers that only system software touches, and the instructions around them.
//!
//! These run in ring 0, and each of the privileged ones is a VM exit when the guest kernel
//! really sits in ring 3; so the kernel uses them sparingly. There is no PUSHF here: a
//! kernel that wants to know whether interrupts are on has lost track of itself, and in
//! ring 3 PUSHF lies.

use core::arch::asm;

/// Reads the time-stamp counter.
#[inline(always)]
pub fn tsc() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: RDTSC changes EAX and EDX only.
    unsafe {
        asm!("rdtsc", out("eax") low, out("edx") high, options(nomem, nostack, preserves_flags))
    };
    u64::from(high) << 32 | u64::from(low)
}

/// What CPUID answers for a leaf and subleaf: EAX, EBX, ECX, EDX.
#[inline]
pub fn cpuid(leaf: u32, subleaf: u32) -> [u32; 4] {
    // (The intrinsic saves RBX, which LLVM keeps for itself.)
    let r = core::arch::x86_64::__cpuid_count(leaf, subleaf);
    [r.eax, r.ebx, r.ecx, r.edx]
}

/// Reads a model-specific register.
#[inline(always)]
pub fn read_msr(msr: u32) -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: reading has no effect; an unknown MSR raises #GP, which is reported.
    unsafe {
        asm!("rdmsr", in("ecx") msr, out("eax") low, out("edx") high,
             options(nomem, nostack, preserves_flags));
    }
    u64::from(high) << 32 | u64::from(low)
}

/// Writes a model-specific register. The caller answers for what it means: a wrong LSTAR or
/// EFER breaks the machine, though not silently.
#[inline(always)]
pub fn write_msr(msr: u32, value: u64) {
    // SAFETY: no MSR that exists here changes what Rust's references mean.
    unsafe {
        asm!("wrmsr", in("ecx") msr, in("eax") value as u32, in("edx") (value >> 32) as u32,
             options(nostack, preserves_flags));
    }
}

macro_rules! control {
    ($read:ident, $write:ident, $name:literal, $doc:literal) => {
        #[doc = concat!("Reads ", $doc)]
        #[inline(always)]
        pub fn $read() -> u64 {
            let value: u64;
            // SAFETY: reading has no effect.
            unsafe { asm!(concat!("mov {}, ", $name), out(reg) value, options(nomem, nostack, preserves_flags)) };
            value
        }
        #[doc = concat!("Writes ", $doc)]
        #[inline(always)]
        pub fn $write(value: u64) {
            // SAFETY: the callers keep the kernel mapped and protected mode on.
            unsafe { asm!(concat!("mov ", $name, ", {}"), in(reg) value, options(nostack, preserves_flags)) };
        }
    };
}
control!(
    read_cr0,
    write_cr0,
    "cr0",
    "CR0: protection, paging, write protect."
);
control!(
    read_cr3,
    write_cr3,
    "cr3",
    "CR3: the physical address of the page tables."
);
control!(read_cr4, write_cr4, "cr4", "CR4: extensions.");

/// Reads CR2: the address that the last page fault was about.
#[inline(always)]
pub fn read_cr2() -> u64 {
    let value: u64;
    // SAFETY: reading has no effect.
    unsafe { asm!("mov {}, cr2", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// Forgets one page's translation.
#[inline(always)]
pub fn invlpg(address: u64) {
    // SAFETY: dropping a translation is always allowed.
    unsafe { asm!("invlpg [{}]", in(reg) address, options(nostack, preserves_flags)) };
}

/// Lets interrupts in.
#[inline(always)]
pub fn sti() {
    // SAFETY: the caller is ready for them.
    unsafe { asm!("sti", options(nostack)) };
}

/// Keeps interrupts out.
#[inline(always)]
pub fn cli() {
    // SAFETY: always allowed.
    unsafe { asm!("cli", options(nostack)) };
}

/// Sleeps until an interrupt, takes it, and comes back with interrupts off. STI takes effect
/// one instruction late (the interrupt shadow), so none can slip in between it and HLT and
/// leave us asleep with the event already handled.
#[inline(always)]
pub fn wait_for_interrupt() {
    // SAFETY: the trap entry saves every register.
    unsafe { asm!("sti", "hlt", "cli", options(nostack)) };
}

/// Stops for ever: HLT with interrupts off.
pub fn stop() -> ! {
    loop {
        // SAFETY: nothing more is meant to happen.
        unsafe { asm!("cli", "hlt", options(nomem, nostack)) };
    }
}
