//! The text screen's controller: the CRTC registers that a text console uses.
//!
//! The page itself is memory at B8000, two bytes a cell, and needs no device. What is left is
//! where the page begins, where the cursor is, and whether the beam is returning.

use crate::time;
use probe::Moment;
use serde::{Deserialize, Serialize};

/// Columns of the screen.
pub const COLUMNS: usize = 80;
/// Rows of the screen.
pub const ROWS: usize = 25;
/// Where text memory begins.
pub const TEXT: u64 = 0xb_8000;

/// Frames a second.
const FRAMES: u64 = 70;
/// Lines a frame, of which the last ones are the vertical retrace.
const LINES: u64 = 449;
const VISIBLE_LINES: u64 = 400;

/// Register numbers. Those of two bytes are high, then low.
mod crtc {
    pub const CURSOR_START: usize = 0x0a;
    pub const START_HIGH: usize = 0x0c;
    pub const CURSOR_HIGH: usize = 0x0e;
}

/// The registers of the colour text mode.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Vga {
    index: u8,
    registers: [u8; 25],
    misc: u8,
}

impl Default for Vga {
    fn default() -> Self {
        let mut registers = [0; 25];
        registers[crtc::CURSOR_START] = 0x0d;
        registers[crtc::CURSOR_START + 1] = 0x0e;
        Self {
            index: 0,
            registers,
            misc: 0x67,
        }
    }
}

impl Vga {
    /// The cell (row * 80 + column) under the cursor, or `None` if it is switched off.
    pub fn cursor(&self) -> Option<usize> {
        let cell = self
            .word(crtc::CURSOR_HIGH)
            .wrapping_sub(self.word(crtc::START_HIGH));
        let on = self.registers[crtc::CURSOR_START] & 0x20 == 0;
        (on && usize::from(cell) < COLUMNS * ROWS).then_some(usize::from(cell))
    }

    /// Physical address of the first cell shown.
    pub fn page(&self) -> u64 {
        TEXT + u64::from(self.word(crtc::START_HIGH)) * 2 % 0x8000
    }

    fn word(&self, high: usize) -> u16 {
        u16::from(self.registers[high]) << 8 | u16::from(self.registers[high + 1])
    }

    /// IN from 3C0h..=3DFh.
    pub fn read(&self, at: Moment, port: u16) -> u8 {
        match port {
            0x3cc => self.misc,
            0x3d4 => self.index,
            0x3d5 => self
                .registers
                .get(usize::from(self.index))
                .copied()
                .unwrap_or(0xff),
            0x3da => status(at),
            _ => 0xff,
        }
    }

    /// OUT to the same ports.
    pub fn write(&mut self, port: u16, value: u8) {
        match port {
            0x3c2 => self.misc = value,
            0x3d4 => self.index = value,
            0x3d5 => {
                if let Some(register) = self.registers.get_mut(usize::from(self.index)) {
                    *register = value;
                }
            }
            _ => {}
        }
    }
}

/// Input status 1: bit 0 = nothing is being drawn, bit 3 = vertical retrace.
fn status(at: Moment) -> u8 {
    let line = time::ticks(at, FRAMES * LINES) % LINES;
    let column = time::ticks(at, FRAMES * LINES * 8) % 8;
    let vertical = line >= VISIBLE_LINES;
    u8::from(vertical || column == 7) | u8::from(vertical) << 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(vga: &mut Vga, register: u8, value: u8) {
        vga.write(0x3d4, register);
        vga.write(0x3d5, value);
    }

    #[test]
    fn the_cursor_moves_with_the_page() {
        let mut vga = Vga::default();
        assert_eq!((vga.cursor(), vga.page()), (Some(0), TEXT));
        set(&mut vga, 0x0e, 0x07);
        set(&mut vga, 0x0f, 0xcf);
        assert_eq!(vga.cursor(), Some(1999));
        assert_eq!(vga.read(0, 0x3d5), 0xcf);
        set(&mut vga, 0x0d, 80);
        assert_eq!((vga.cursor(), vga.page()), (Some(1919), TEXT + 160));
        set(&mut vga, 0x0a, 0x20);
        assert_eq!(vga.cursor(), None);
    }

    #[test]
    fn the_retrace_comes_seventy_times_a_second() {
        let vga = Vga::default();
        let mut rises = 0;
        let mut before = false;
        for step in 0..100_000 {
            let now = vga.read(step * time::HZ / 100_000, 0x3da) & 8 != 0;
            rises += u32::from(now && !before);
            before = now;
        }
        assert_eq!(rises, FRAMES as u32);
    }
}
