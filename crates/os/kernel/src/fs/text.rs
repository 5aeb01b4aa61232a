//! A file that is made up when it is read: the part of a text that a read asks for.
//!
//! The whole text is written every time; only the bytes from the reader's position on, as
//! many as fit, are kept. So a file may be longer than any buffer.

use crate::Result;
use crate::kernel::Kernel;
use crate::mm::user;
use core::fmt;

/// What a read of a made-up file gets at most.
pub type Window = Text<2048>;
/// A file name.
pub type NameText = Text<256>;

/// What a read will get: at most `N` bytes.
pub struct Text<const N: usize> {
    skip: u64,
    bytes: [u8; N],
    len: usize,
    room: usize,
}

impl<const N: usize> Text<N> {
    /// A text of which the bytes from `pos` on are wanted, at most `count`.
    pub fn window(pos: u64, count: u64) -> Self {
        Self {
            skip: pos,
            bytes: [0; N],
            len: 0,
            room: count.min(N as u64) as usize,
        }
    }

    /// An empty one, of which everything is wanted.
    pub fn new() -> Self {
        Self::window(0, N as u64)
    }

    /// Adds bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let skipped = self.skip.min(bytes.len() as u64);
        self.skip -= skipped;
        let rest = &bytes[skipped as usize..];
        let taken = rest.len().min(self.room - self.len);
        self.bytes[self.len..self.len + taken].copy_from_slice(&rest[..taken]);
        self.len += taken;
    }

    /// What was kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Gives it to the reader.
    ///
    /// # Errors
    /// EFAULT.
    pub fn give(&self, k: &mut Kernel, address: u64) -> Result {
        user::write(k, address, self.bytes())?;
        Ok(self.len as u64)
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}
