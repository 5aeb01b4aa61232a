//! A short queue of bytes.

/// First in, first out, at most [`Ring::SIZE`] bytes.
#[derive(Clone, Copy)]
pub struct Ring {
    bytes: [u8; Self::SIZE],
    first: u16,
    used: u16,
}

impl Ring {
    /// Room for one pasted line; a power of two.
    pub const SIZE: usize = 256;
    /// Empty.
    pub const NEW: Self = Self { bytes: [0; Self::SIZE], first: 0, used: 0 };

    /// Whether there is nothing to take.
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }
    /// Whether there is no room.
    pub const fn is_full(&self) -> bool {
        self.used as usize == Self::SIZE
    }
    /// Appends a byte; `false` and no change if there is no room.
    pub fn push(&mut self, byte: u8) -> bool {
        if self.is_full() {
            return false;
        }
        self.bytes[usize::from(self.first + self.used) % Self::SIZE] = byte;
        self.used += 1;
        true
    }
    /// Takes the oldest byte.
    pub fn pop(&mut self) -> Option<u8> {
        if self.is_empty() {
            return None;
        }
        let byte = self.bytes[usize::from(self.first)];
        self.first = (self.first + 1) % Self::SIZE as u16;
        self.used -= 1;
        Some(byte)
    }
}
