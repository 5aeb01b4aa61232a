//! Reading little-endian fields at checked offsets, and the one error of this crate.

use core::fmt;

/// What is wrong with the file, and at which offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    /// The complaint, a whole clause.
    pub what: &'static str,
    /// Offset in the file, bytes.
    pub at: u64,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ELF: {} (at offset {:#x})", self.what, self.at)
    }
}

impl core::error::Error for Error {}

/// `len` bytes at `at`, or the error `what`. Offsets come from the file and may be anything,
/// so the sum is checked too.
pub fn slice<'a>(
    bytes: &'a [u8],
    at: u64,
    len: u64,
    what: &'static str,
) -> Result<&'a [u8], Error> {
    let error = Error { what, at };
    let start = usize::try_from(at).map_err(|_| error)?;
    let len = usize::try_from(len).map_err(|_| error)?;
    let end = start.checked_add(len).ok_or(error)?;
    bytes.get(start..end).ok_or(error)
}

macro_rules! field {
    ($name:ident, $type:ty) => {
        pub fn $name(bytes: &[u8], at: u64, what: &'static str) -> Result<$type, Error> {
            let raw = slice(bytes, at, size_of::<$type>() as u64, what)?;
            let mut value = [0; size_of::<$type>()];
            value.copy_from_slice(raw);
            Ok(<$type>::from_le_bytes(value))
        }
    };
}
field!(u16_at, u16);
field!(u32_at, u32);
field!(u64_at, u64);
