//! Loaders: what a boot loader would have read from a disk, put into memory beforehand.
//!
//! The CPU still starts at the reset vector, in our own firmware; the firmware finds a record
//! at `handoff::AT` that says where to go.
//!
//! | module | what |
//! |---|---|
//! | `rom` | the firmware's 64 KiB, or a ROM of one's own |
//! | `image` | ELF segments, each where its physical address says |
//! | `pvh` | PVH: the start info, the memory map, modules at the top of memory |
//! | `multiboot` | Multiboot 1: ELF or plain images, the information structure |
//! | `linux` | the Linux boot protocol: bzImage and initrd, the boot_params |
//! | `handoff` | the record for the firmware, and the low memory that all of it shares |

mod error;
mod handoff;
mod image;
mod linux;
mod multiboot;
mod pvh;
mod rom;

pub use error::Error;

use crate::memory::Memory;
use handoff::{Low, Record};

/// What the machine shall start.
#[derive(Clone, Copy, Debug)]
pub enum Boot<'a> {
    /// Nothing of ours: these bytes, at most 64 KiB, are the ROM. They end at 4 GiB, so the
    /// last sixteen hold the reset vector.
    Rom(&'a [u8]),
    /// An ELF image with a PVH note. The first module is the initramfs.
    Pvh {
        /// The ELF file.
        image: &'a [u8],
        /// Files for the kernel.
        modules: &'a [Module<'a>],
        /// Words for the kernel.
        command_line: &'a str,
    },
    /// An image with a Multiboot 1 header: ELF32, ELF64, or any file whose header says where
    /// it belongs.
    Multiboot1 {
        /// The file.
        image: &'a [u8],
        /// Files for the kernel.
        modules: &'a [Module<'a>],
        /// Words for the kernel.
        command_line: &'a str,
    },
    /// A bzImage, as Linux is packed: entered by the 32-bit boot protocol.
    Linux {
        /// The file.
        image: &'a [u8],
        /// The initramfs.
        initrd: Option<&'a [u8]>,
        /// Words for the kernel.
        command_line: &'a str,
    },
    /// 512 bytes, started in real mode at 0000:7C00. The last two are 55 AA.
    BootSector(&'a [u8]),
}

/// A file that is put into memory for the kernel.
#[derive(Clone, Copy, Debug)]
pub struct Module<'a> {
    /// Its content.
    pub bytes: &'a [u8],
    /// Its own words.
    pub command_line: &'a str,
}

impl<'a> Module<'a> {
    /// A module without words of its own.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            command_line: "",
        }
    }
}

/// Where a boot sector starts.
const BOOT_SECTOR: u64 = 0x7c00;

/// Puts firmware and image into memory that is still empty.
///
/// # Errors
/// [`Error`]: what is wrong, and where.
pub fn load(memory: &mut Memory, firmware: Option<&[u8]>, boot: Boot<'_>) -> Result<(), Error> {
    if let Boot::Rom(bytes) = boot {
        return rom::plain(memory, bytes);
    }
    rom::firmware(memory, firmware.ok_or(Error::NoFirmware)?)?;
    let mut low = Low::new();
    let record = match boot {
        Boot::Rom(_) => unreachable!("returned above"),
        Boot::Pvh {
            image,
            modules,
            command_line,
        } => pvh::load(memory, &mut low, image, modules, command_line)?,
        Boot::Multiboot1 {
            image,
            modules,
            command_line,
        } => multiboot::load(memory, &mut low, image, modules, command_line)?,
        Boot::Linux {
            image,
            initrd,
            command_line,
        } => linux::load(memory, &mut low, image, initrd, command_line)?,
        Boot::BootSector(bytes) => boot_sector(memory, bytes)?,
    };
    low.store(memory);
    record.store(memory);
    Ok(())
}

fn boot_sector(memory: &mut Memory, bytes: &[u8]) -> Result<Record, Error> {
    if bytes.len() != 512 {
        return Err(Error::BootSectorSize { bytes: bytes.len() });
    }
    if !bytes.ends_with(&[0x55, 0xaa]) {
        return Err(Error::BootSectorSignature {
            found: [bytes[510], bytes[511]],
        });
    }
    memory.load(BOOT_SECTOR, bytes);
    Ok(Record::boot_sector())
}
