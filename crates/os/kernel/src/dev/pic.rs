//! The 8259 pair: sixteen interrupt lines, gathered into one pin of the CPU.
//!
//! The second controller hangs on line 2 of the first. Both are told to deliver from vector
//! 32 up, above the CPU's own exceptions (the firmware's choice, 8, collides with #DF).

use metal::port::{in8, out8};
use metal::trap::IRQ_BASE;

const FIRST: u16 = 0x20;
const SECOND: u16 = 0xa0;
/// The line where the second controller hangs.
const CASCADE: u8 = 2;

/// Resets both controllers with every line masked.
pub fn init() {
    // Four initialisation words each: begin; base vector; where the other one is; 8086 mode.
    for (port, words) in [
        (FIRST, [0x11, IRQ_BASE, 1 << CASCADE, 0x01]),
        (SECOND, [0x11, IRQ_BASE + 8, CASCADE, 0x01]),
    ] {
        out8(port, words[0]);
        for word in &words[1..] {
            out8(port + 1, *word);
        }
    }
    out8(FIRST + 1, !(1 << CASCADE));
    out8(SECOND + 1, 0xff);
}

/// Lets one line of the first controller through.
pub fn unmask(line: u8) {
    out8(FIRST + 1, in8(FIRST + 1) & !(1 << line));
}

/// Tells the controllers that the interrupt of `line` was taken.
pub fn end_of_interrupt(line: u8) {
    if line >= 8 {
        out8(SECOND, 0x20);
    }
    out8(FIRST, 0x20);
}
