//! [`Memory`]: physical memory to read, the machine's own or a VM's partition of it.

use std::fmt;

/// Something could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// The address that was asked for, as the asker saw it.
    pub at: u64,
    /// Why not.
    pub why: &'static str,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unreadable at {:#x}: {}", self.at, self.why)
    }
}

impl std::error::Error for Unreadable {}

/// Physical memory that can be read without a side effect.
pub trait Memory {
    /// Fills `out` from physical address `at`.
    ///
    /// # Errors
    /// [`Unreadable`] if any byte of it is not memory.
    fn read(&self, at: u64, out: &mut [u8]) -> Result<(), Unreadable>;

    /// A little-endian number of 4 or 8 bytes, or `None`: what a page walk wants.
    fn entry(&self, at: u64, size: u8) -> Option<u64> {
        let mut bytes = [0; 8];
        self.read(at, &mut bytes[..usize::from(size.min(8))]).ok()?;
        Some(u64::from_le_bytes(bytes))
    }
}

/// A VM's memory: a stretch of its host's, seen from guest-physical 0 on.
pub struct GuestMemory<'a> {
    host: &'a dyn Memory,
    at: u64,
    size: u64,
}

impl<'a> GuestMemory<'a> {
    /// The `size` bytes of `host` from `at` on.
    pub fn new(host: &'a dyn Memory, at: u64, size: u64) -> Self {
        Self { host, at, size }
    }
}

impl Memory for GuestMemory<'_> {
    fn read(&self, at: u64, out: &mut [u8]) -> Result<(), Unreadable> {
        let end = at.checked_add(out.len() as u64);
        if end.is_none_or(|end| end > self.size) {
            return Err(Unreadable {
                at,
                why: "outside the VM's memory",
            });
        }
        let host_at = self.at.checked_add(at);
        self.host.read(
            host_at.ok_or(Unreadable {
                at,
                why: "address overflow",
            })?,
            out,
        )
    }
}
