//! IN and OUT: the other address space of a PC, 65,536 ports (APM vol. 1 §3.8).
//!
//! Safe to call because a port reaches a device, not Rust's memory: the PC has no device that
//! writes memory by itself.

use core::arch::asm;

macro_rules! ports {
    ($read:ident, $write:ident, $type:ty, $reg:tt, $what:literal) => {
        #[doc = concat!("Reads ", $what, " from a port.")]
        #[inline(always)]
        pub fn $read(port: u16) -> $type {
            let value: $type;
            // SAFETY: see the head of this file.
            unsafe {
                asm!(concat!("in ", $reg, ", dx"), in("dx") port, out($reg) value,
                     options(nomem, nostack, preserves_flags));
            }
            value
        }
        #[doc = concat!("Writes ", $what, " to a port.")]
        #[inline(always)]
        pub fn $write(port: u16, value: $type) {
            // SAFETY: see the head of this file.
            unsafe {
                asm!(concat!("out dx, ", $reg), in("dx") port, in($reg) value,
                     options(nomem, nostack, preserves_flags));
            }
        }
    };
}
ports!(in8, out8, u8, "al", "a byte");
ports!(in16, out16, u16, "ax", "a word");
ports!(in32, out32, u32, "eax", "a double word");

/// A progress code on port 0x80, where a PC's POST card shows it.
#[inline(always)]
pub fn post(code: u8) {
    out8(0x80, code);
}
