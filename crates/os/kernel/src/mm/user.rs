//! Bytes between the kernel and a program.
//!
//! A pointer from a program may be anything. The kernel never follows one: it looks the page
//! up in the program's own tables, by the program's own rights, bringing it in if it is not
//! there yet, and then touches the frame through the direct map. So a bad pointer is EFAULT
//! and nothing worse.

use crate::kernel::Kernel;
use crate::limits::PATH_MAX;
use crate::mm::area::{READ, WRITE};
use crate::mm::{PAGE, fault};
use abi::Errno;
use metal::phys;

/// Calls `each(k, physical, done, len)` for every page-wise piece of `len` bytes at
/// `address` in `mm`.
fn pieces(
    k: &mut Kernel,
    mm: u32,
    address: u64,
    len: u64,
    access: u32,
    mut each: impl FnMut(&mut Kernel, u64, u64, u64),
) -> Result<(), Errno> {
    let mut done = 0;
    while done < len {
        let at = address.checked_add(done).ok_or(Errno::EFAULT)?;
        let piece = (PAGE - at % PAGE).min(len - done);
        let frame = fault::page(k, mm, at, access).map_err(|_| Errno::EFAULT)?;
        each(k, frame + at % PAGE, done, piece);
        done += piece;
    }
    Ok(())
}

/// The address space of the running task.
///
/// # Panics
/// If it has none: only kernel code that runs for a program may get here.
fn current(k: &Kernel) -> u32 {
    k.tasks[k.root.current as usize].mm
}

/// Copies from the program's memory.
///
/// # Errors
/// EFAULT.
pub fn read(k: &mut Kernel, address: u64, out: &mut [u8]) -> Result<(), Errno> {
    let mm = current(k);
    read_from(k, mm, address, out)
}

/// Copies from the memory of another address space.
///
/// # Errors
/// EFAULT.
pub fn read_from(k: &mut Kernel, mm: u32, address: u64, out: &mut [u8]) -> Result<(), Errno> {
    pieces(
        k,
        mm,
        address,
        out.len() as u64,
        READ,
        |_, at, done, len| {
            phys::read(at, &mut out[done as usize..(done + len) as usize]);
        },
    )
}

/// Copies into the program's memory.
///
/// # Errors
/// EFAULT.
pub fn write(k: &mut Kernel, address: u64, bytes: &[u8]) -> Result<(), Errno> {
    let mm = current(k);
    write_to(k, mm, address, bytes)
}

/// Copies into the memory of another address space.
///
/// # Errors
/// EFAULT.
pub fn write_to(k: &mut Kernel, mm: u32, address: u64, bytes: &[u8]) -> Result<(), Errno> {
    pieces(
        k,
        mm,
        address,
        bytes.len() as u64,
        WRITE,
        |_, at, done, len| {
            phys::write(at, &bytes[done as usize..(done + len) as usize]);
        },
    )
}

/// Copies between the program's memory and a frame: `address` is the program's, `frame` a
/// physical address with room for `len` bytes.
///
/// # Errors
/// EFAULT.
pub fn to_frame(k: &mut Kernel, address: u64, frame: u64, len: u64) -> Result<(), Errno> {
    let mm = current(k);
    pieces(k, mm, address, len, READ, |_, at, done, len| {
        phys::copy(frame + done, at, len)
    })
}

/// The other direction of [`to_frame`].
///
/// # Errors
/// EFAULT.
pub fn from_frame(k: &mut Kernel, address: u64, frame: u64, len: u64) -> Result<(), Errno> {
    let mm = current(k);
    pieces(k, mm, address, len, WRITE, |_, at, done, len| {
        phys::copy(at, frame + done, len)
    })
}

/// Zeros `len` bytes of the program's memory.
///
/// # Errors
/// EFAULT.
pub fn zero(k: &mut Kernel, address: u64, len: u64) -> Result<(), Errno> {
    let mm = current(k);
    pieces(k, mm, address, len, WRITE, |_, at, _, len| {
        phys::zero(at, len)
    })
}

macro_rules! words {
    ($read:ident, $write:ident, $type:ty) => {
        /// Reads a number.
        ///
        /// # Errors
        /// EFAULT.
        pub fn $read(k: &mut Kernel, address: u64) -> Result<$type, Errno> {
            let mut bytes = [0; size_of::<$type>()];
            read(k, address, &mut bytes)?;
            Ok(<$type>::from_le_bytes(bytes))
        }
        /// Writes a number.
        ///
        /// # Errors
        /// EFAULT.
        pub fn $write(k: &mut Kernel, address: u64, value: $type) -> Result<(), Errno> {
            write(k, address, &value.to_le_bytes())
        }
    };
}
words!(read_u32, write_u32, u32);
words!(read_u64, write_u64, u64);

/// Length of the zero-terminated string at `address`, at most `limit` bytes.
///
/// # Errors
/// EFAULT; E2BIG if no zero comes in time.
pub fn string_len(k: &mut Kernel, address: u64, limit: u64) -> Result<u64, Errno> {
    let mm = current(k);
    let mut len = 0;
    let mut chunk = [0; 64];
    while len < limit {
        let at = address.checked_add(len).ok_or(Errno::EFAULT)?;
        // Never past the page: the next one need not exist.
        let piece = (PAGE - at % PAGE).min(chunk.len() as u64) as usize;
        read_from(k, mm, at, &mut chunk[..piece])?;
        if let Some(end) = chunk[..piece].iter().position(|&b| b == 0) {
            return Ok(len + end as u64);
        }
        len += piece as u64;
    }
    Err(Errno::E2BIG)
}

/// A path taken from a program.
pub struct PathBuf {
    bytes: [u8; PATH_MAX],
    len: usize,
}

impl PathBuf {
    /// The path, without its zero.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Makes it another path.
    ///
    /// # Errors
    /// ENAMETOOLONG.
    pub fn set(&mut self, path: &[u8]) -> Result<(), Errno> {
        self.bytes
            .get_mut(..path.len())
            .ok_or(Errno::ENAMETOOLONG)?
            .copy_from_slice(path);
        self.len = path.len();
        Ok(())
    }

    /// A path of the kernel's own.
    pub fn from_bytes(path: &[u8]) -> Result<Self, Errno> {
        let mut out = Self {
            bytes: [0; PATH_MAX],
            len: path.len(),
        };
        out.bytes
            .get_mut(..path.len())
            .ok_or(Errno::ENAMETOOLONG)?
            .copy_from_slice(path);
        Ok(out)
    }
}

/// Reads a path.
///
/// # Errors
/// EFAULT, or ENAMETOOLONG if it does not end within [`PATH_MAX`].
pub fn path(k: &mut Kernel, address: u64) -> Result<PathBuf, Errno> {
    let len = match string_len(k, address, PATH_MAX as u64 - 1) {
        Err(Errno::E2BIG) => return Err(Errno::ENAMETOOLONG),
        len => len? as usize,
    };
    if len >= PATH_MAX {
        return Err(Errno::ENAMETOOLONG);
    }
    let mut out = PathBuf {
        bytes: [0; PATH_MAX],
        len,
    };
    read(k, address, &mut out.bytes[..len])?;
    Ok(out)
}
