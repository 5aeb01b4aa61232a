//! [`Screen`]: the text screen as a person would see it.

use crate::device::vga::{COLUMNS, ROWS};
use crate::machine::Machine;

/// The 80 x 25 cells and the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Screen {
    /// Character (code page 437) and attribute of each cell, row by row.
    pub cells: Vec<[u8; 2]>,
    /// The cell under the cursor, if it is on.
    pub cursor: Option<usize>,
}

impl Screen {
    /// Reads it from the machine's memory.
    pub fn of(machine: &Machine) -> Self {
        let vga = &machine.devices().vga;
        let mut bytes = [0; COLUMNS * ROWS * 2];
        // A page that begins near the end of video memory reads as blanks beyond it.
        machine.peek(vga.page(), &mut bytes);
        let cells = bytes
            .chunks_exact(2)
            .map(|cell| [cell[0], cell[1]])
            .collect();
        Self {
            cells,
            cursor: vga.cursor(),
        }
    }

    /// The rows as text, without trailing blanks. What is not printable ASCII becomes a blank.
    pub fn text(&self) -> Vec<String> {
        let row = |cells: &[[u8; 2]]| {
            let printable = |byte: u8| {
                if (0x20..0x7f).contains(&byte) {
                    byte as char
                } else {
                    ' '
                }
            };
            let line: String = cells.iter().map(|cell| printable(cell[0])).collect();
            line.trim_end().to_owned()
        };
        self.cells.chunks(COLUMNS).map(row).collect()
    }
}
