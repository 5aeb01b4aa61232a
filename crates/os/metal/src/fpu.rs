//! The x87 and SSE registers: 512 bytes that a program may use and the kernel does not.
//!
//! Saving them at every switch would be waste, because most programs never touch them. So
//! CR0.TS stays set, the first x87 or SSE instruction raises #NM, and only then the kernel
//! exchanges the state (APM vol. 2 §11.4 and §3.1.1, "lazy" switching).

use crate::reg;
use core::arch::asm;
use x86::reg::{cr0, cr4};

/// What FXSAVE writes and FXRSTOR reads.
#[derive(Clone, Copy, zerocopy::FromZeros)]
#[repr(C, align(16))]
pub struct State(pub [u8; 512]);

/// Turns the unit on, if the CPU has one with FXSAVE and SSE2, with CR0.TS set. Says whether it
/// has.
pub fn init() -> bool {
    const FXSR: u32 = 1 << 24;
    const SSE: u32 = 1 << 25;
    const SSE2: u32 = 1 << 26;
    let wanted = FXSR | SSE | SSE2;
    if reg::cpuid(1, 0)[3] & wanted != wanted {
        return false;
    }
    reg::write_cr4(reg::read_cr4() | cr4::OSFXSR | cr4::OSXMMEXCPT);
    reg::write_cr0(reg::read_cr0() & !cr0::EM | cr0::MP | cr0::NE | cr0::TS);
    true
}

/// Lets the next x87 or SSE instruction through.
pub fn allow() {
    // SAFETY: CLTS only clears CR0.TS.
    unsafe { asm!("clts", options(nomem, nostack, preserves_flags)) };
}

/// Makes the next x87 or SSE instruction raise #NM.
pub fn forbid() {
    reg::write_cr0(reg::read_cr0() | cr0::TS);
}

/// Copies the registers into `to`. Only while they are allowed.
pub fn save(to: &mut State) {
    // SAFETY: 512 bytes, aligned to 16.
    unsafe { asm!("fxsave64 [{}]", in(reg) to, options(nostack, preserves_flags)) };
}

/// Loads the registers. Bits of MXCSR that do not exist would raise #GP, and `from` may be a
/// program's invention, so they are masked.
pub fn restore(from: &State) {
    let mut state = *from;
    let mask = u32::from_le_bytes([state.0[28], state.0[29], state.0[30], state.0[31]]);
    // A mask of 0 means the first processors' set (APM vol. 2 §11.4.4).
    let mask = if mask == 0 { 0xffbf } else { mask } & 0xffff;
    let mxcsr = u32::from_le_bytes([state.0[24], state.0[25], state.0[26], state.0[27]]) & mask;
    state.0[24..28].copy_from_slice(&mxcsr.to_le_bytes());
    // SAFETY: 512 bytes, aligned to 16; MXCSR is sane.
    unsafe { asm!("fxrstor64 [{}]", in(reg) &state, options(nostack, preserves_flags)) };
}

/// The registers of a program that never used them: what FNINIT and reset leave.
pub fn fresh() -> State {
    let mut state = State([0; 512]);
    state.0[..2].copy_from_slice(&0x037f_u16.to_le_bytes());
    state.0[24..28].copy_from_slice(&0x1f80_u32.to_le_bytes());
    state
}
