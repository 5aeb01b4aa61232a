//! Device files without state: null, zero, full, random and urandom.
//!
//! The random bytes are *not* random: they come from a counter through a mixing function
//! (splitmix64), so that the same machine does the same thing twice. Nothing here keeps a
//! secret.

use crate::Result;
use crate::kernel::Kernel;
use crate::mm::user;
use abi::Errno;
use zerocopy::FromZeros;

/// Which one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromZeros)]
#[repr(u32)]
pub enum Simple {
    /// Swallows everything, has nothing.
    Null = 0,
    /// Has zeros without end.
    Zero,
    /// Zeros to read, no room to write.
    Full,
    /// Has mixed bytes without end.
    Random,
}

/// The device with this number (major << 8 | minor), see Linux's devices.txt.
pub fn by_number(number: u64) -> Option<Simple> {
    match number {
        0x103 => Some(Simple::Null),
        0x105 => Some(Simple::Zero),
        0x107 => Some(Simple::Full),
        0x108 | 0x109 => Some(Simple::Random),
        _ => None,
    }
}

/// read(2) of a device.
///
/// # Errors
/// EFAULT.
pub fn read(k: &mut Kernel, device: Simple, address: u64, count: u64) -> Result {
    match device {
        Simple::Null => Ok(0),
        Simple::Zero | Simple::Full => user::zero(k, address, count).map(|()| count),
        Simple::Random => random(k, address, count),
    }
}

/// write(2) to a device.
///
/// # Errors
/// ENOSPC for the full one.
pub fn write(_k: &mut Kernel, device: Simple, _address: u64, count: u64) -> Result {
    match device {
        Simple::Full => Err(Errno::ENOSPC),
        _ => Ok(count),
    }
}

/// The next eight bytes that nobody foresaw who did not try.
pub fn next_random(k: &mut Kernel) -> u64 {
    k.random = k.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = k.random;
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// Fills the program's memory with them.
///
/// # Errors
/// EFAULT.
pub fn random(k: &mut Kernel, address: u64, count: u64) -> Result {
    let mut done = 0;
    while done < count {
        let piece = (count - done).min(8);
        let word = next_random(k).to_le_bytes();
        user::write(k, address + done, &word[..piece as usize])?;
        done += piece;
    }
    Ok(done)
}
