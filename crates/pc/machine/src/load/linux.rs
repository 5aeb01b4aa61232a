//! The Linux boot protocol, entered in 32-bit mode (Documentation/x86/boot.rst of Linux 6.1,
//! "32-bit boot protocol").
//!
//! ```text
//!   file     boot sector and setup code (setup_sects + 1 sectors) | protected-mode code
//!   memory   boot_params (4 KiB, its header copied from the file)   0x100000: that code
//!            the kernel unpacks itself to pref_address; the initrd stands at the top
//! ```
//!
//! ESI points at the boot_params. The setup code, whose work is to ask a BIOS, is left out.

use super::Error;
use super::handoff::{Low, Record, memory_map};
use super::image::check;
use crate::memory::{HIGH_START, Memory};
use crate::pages::PAGE;

/// Offsets in the file and in boot_params alike.
mod at {
    pub const SCREEN: usize = 0x000;
    pub const E820_COUNT: usize = 0x1e8;
    pub const SETUP_SECTORS: usize = 0x1f1;
    pub const VIDEO_MODE: usize = 0x1fa;
    pub const HEADER_END: usize = 0x201;
    pub const MAGIC: usize = 0x202;
    pub const VERSION: usize = 0x206;
    pub const LOADER: usize = 0x210;
    pub const CODE32_START: usize = 0x214;
    pub const INITRD: usize = 0x218;
    pub const INITRD_SIZE: usize = 0x21c;
    pub const COMMAND_LINE: usize = 0x228;
    pub const INITRD_MAX: usize = 0x22c;
    pub const COMMAND_LINE_MAX: usize = 0x238;
    pub const PREFERRED: usize = 0x258;
    pub const INIT_SIZE: usize = 0x260;
    pub const E820: usize = 0x2d0;
}

/// The oldest protocol that tells all of it: Linux 2.6.31.
const OLDEST: u16 = 0x020a;
/// "A boot loader without a number of its own."
const UNKNOWN_LOADER: u8 = 0xff;

/// Loads kernel and initrd; writes the boot_params.
pub fn load(
    memory: &mut Memory,
    low: &mut Low,
    file: &[u8],
    initrd: Option<&[u8]>,
    command_line: &str,
) -> Result<Record, Error> {
    let header = Header::read(file)?;
    check(memory, "the kernel", HIGH_START, header.code.len() as u64)?;
    check(
        memory,
        "the unpacked kernel",
        header.preferred,
        header.init_size,
    )?;
    memory.load(HIGH_START, header.code);

    let mut params = vec![0; PAGE];
    params[at::SETUP_SECTORS..header.end].copy_from_slice(&file[at::SETUP_SECTORS..header.end]);
    let mut put = |at: usize, bytes: &[u8]| params[at..at + bytes.len()].copy_from_slice(bytes);
    // A text screen of 80 x 25, the cursor in the second row: mode 3 of a VGA.
    put(
        at::SCREEN,
        &[0, 1, 0, 0, 0, 0, 3, 80, 0, 0, 0, 0, 0, 0, 25, 1, 16, 0],
    );
    put(at::VIDEO_MODE, &[0xff, 0xff]);
    put(at::LOADER, &[UNKNOWN_LOADER]);
    put(at::CODE32_START, &(HIGH_START as u32).to_le_bytes());
    if let Some(bytes) = initrd {
        let place = header.place_for(memory, bytes.len() as u64)?;
        memory.load(place, bytes);
        put(at::INITRD, &(place as u32).to_le_bytes());
        put(at::INITRD_SIZE, &(bytes.len() as u32).to_le_bytes());
    }
    if command_line.len() as u64 > header.command_line_max {
        return Err(Error::TooManyWords);
    }
    put(at::COMMAND_LINE, &low.put_text(command_line)?.to_le_bytes());
    let map = memory_map(memory.ram());
    put(at::E820_COUNT, &[map.len() as u8]);
    for (index, range) in map.iter().enumerate() {
        let row = at::E820 + index * 20;
        put(row, &range.at.to_le_bytes());
        put(row + 8, &range.size.to_le_bytes());
        put(row + 16, &range.kind.to_le_bytes());
    }
    Ok(Record::linux(HIGH_START as u32, low.put(&params)?))
}

/// What the file says of itself.
struct Header<'a> {
    /// Where the part that is copied to boot_params ends.
    end: usize,
    code: &'a [u8],
    preferred: u64,
    init_size: u64,
    initrd_max: u64,
    command_line_max: u64,
}

impl<'a> Header<'a> {
    fn read(file: &'a [u8]) -> Result<Self, Error> {
        let number = |at: usize, size: usize| -> Result<u64, Error> {
            let bytes = file.get(at..at + size).ok_or(Error::NotLinux)?;
            Ok(bytes
                .iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
        };
        if file.get(at::MAGIC..at::MAGIC + 4) != Some(b"HdrS") {
            return Err(Error::NotLinux);
        }
        let version = number(at::VERSION, 2)? as u16;
        if version < OLDEST {
            return Err(Error::LinuxVersion { version });
        }
        let end = at::MAGIC + number(at::HEADER_END, 1)? as usize;
        let sectors = match number(at::SETUP_SECTORS, 1)? {
            0 => 4,
            sectors => sectors as usize,
        };
        let code = file
            .get((sectors + 1) * 512..)
            .filter(|code| !code.is_empty());
        Ok(Self {
            // The header must not reach over the memory map behind it.
            end: end.min(at::E820),
            code: code.ok_or(Error::NotLinux)?,
            preferred: number(at::PREFERRED, 8)?,
            init_size: number(at::INIT_SIZE, 4)?,
            initrd_max: number(at::INITRD_MAX, 4)?,
            command_line_max: number(at::COMMAND_LINE_MAX, 4)?,
        })
    }

    /// Where the initrd goes: as high as memory and kernel allow.
    fn place_for(&self, memory: &Memory, bytes: u64) -> Result<u64, Error> {
        let top = memory.ram().min(self.initrd_max + 1);
        let place = top
            .checked_sub(bytes)
            .map(|place| place & !(PAGE as u64 - 1));
        let taken = (self.preferred + self.init_size).max(HIGH_START + self.code.len() as u64);
        let no_room = Error::NoRoom {
            bytes,
            ram_mib: memory.ram() >> 20,
        };
        place.filter(|place| *place >= taken).ok_or(no_room)
    }
}
