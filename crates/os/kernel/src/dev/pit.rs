//! The 8254: three counters at 1,193,182 Hz. Channel 0 is the timer interrupt; channel 2 can
//! be watched through port 61h, which makes it a stopwatch.

use crate::limits::HZ;
use metal::port::{in8, out8};
use metal::reg;

/// Its clock: a third of the colour burst of American television, times four.
const CLOCK: u64 = 1_193_182;

/// Makes channel 0 interrupt [`HZ`] times a second (mode 2, rate generator).
pub fn init() {
    let divisor = (CLOCK / HZ) as u16;
    // Channel 0, low byte then high byte, mode 2.
    out8(0x43, 0b0011_0100);
    out8(0x40, divisor as u8);
    out8(0x40, (divisor >> 8) as u8);
}

/// Counts the TSC over a hundredth of a second. Ticks a second.
pub fn measure_tsc_hz() -> u64 {
    let count = (CLOCK / 100) as u16;
    // Gate of channel 2 on, speaker off; mode 0: the output rises when the count reaches zero.
    out8(0x61, in8(0x61) & !0b10 | 0b01);
    out8(0x43, 0b1011_0000);
    out8(0x42, count as u8);
    out8(0x42, (count >> 8) as u8);
    let start = reg::tsc();
    while in8(0x61) & 1 << 5 == 0 {}
    (reg::tsc() - start) * CLOCK / u64::from(count)
}
