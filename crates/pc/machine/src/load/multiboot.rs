//! Multiboot 1 (Multiboot Specification 0.6.96): a header near the front of the file says how
//! to load it; EBX points at an information structure.
//!
//! ```text
//!   header        magic flags checksum | header_at load_at load_end bss_end entry (flag 16)
//!   information   0 flags   4 lower   8 upper   16 command line   20 modules   24 modules_at
//!                 44 map bytes   48 map_at   64 loader's name
//! ```

use super::handoff::{Low, Record, memory_map};
use super::{Error, Module, image};
use crate::memory::{HIGH_START, Memory};
use crate::pages::PAGE;

const MAGIC: u32 = 0x1bad_b002;
/// The header lies wholly in the first bytes of the file.
const SEARCHED: usize = 8192;

/// What a kernel may ask for.
mod wants {
    /// Modules on page boundaries: they always are.
    pub const PAGES: u32 = 1 << 0;
    /// The memory map: it always comes.
    pub const MEMORY: u32 = 1 << 1;
    /// A video mode. The kernel must live without, says the specification (section 3.1.3).
    pub const VIDEO: u32 = 1 << 2;
    /// The header says where the file belongs.
    pub const ADDRESSES: u32 = 1 << 16;
    /// Bits that a loader must understand or refuse.
    pub const REQUIRED: u32 = 0xffff;
}
/// What the information structure tells.
mod has {
    pub const MEMORY: u32 = 1 << 0;
    pub const COMMAND_LINE: u32 = 1 << 2;
    pub const MODULES: u32 = 1 << 3;
    pub const MAP: u32 = 1 << 6;
    pub const NAME: u32 = 1 << 9;
}

/// Loads image and modules; writes the information structure.
pub fn load(
    memory: &mut Memory,
    low: &mut Low,
    file: &[u8],
    modules: &[Module<'_>],
    command_line: &str,
) -> Result<Record, Error> {
    let header = Header::find(file)?;
    let loaded = match header.flags & wants::ADDRESSES {
        0 => image::load(memory, file)?,
        _ => header.load(memory, file)?,
    };
    image::check(memory, "the entry point", loaded.entry, 1)?;

    // Modules follow the image, as GRUB and QEMU place them: small kernels map no more.
    let mut at = loaded.end;
    let mut rows = Vec::new();
    for module in modules {
        at = at.next_multiple_of(PAGE as u64);
        let end = at + module.bytes.len() as u64;
        if end > memory.ram() {
            let bytes = modules.iter().map(|module| module.bytes.len() as u64).sum();
            return Err(Error::NoRoom {
                bytes,
                ram_mib: memory.ram() >> 20,
            });
        }
        memory.load(at, module.bytes);
        for word in [at as u32, end as u32, low.put_text(module.command_line)?, 0] {
            rows.extend(word.to_le_bytes());
        }
        at = end;
    }
    let info = information(low, memory.ram(), &rows, command_line)?;
    Ok(Record::multiboot(loaded.entry as u32, low.put(&info)?))
}

fn information(low: &mut Low, ram: u64, rows: &[u8], words: &str) -> Result<Vec<u8>, Error> {
    let mut map = Vec::new();
    for range in memory_map(ram) {
        map.extend(20u32.to_le_bytes()); // bytes that follow in this row
        map.extend(range.at.to_le_bytes());
        map.extend(range.size.to_le_bytes());
        map.extend(range.kind.to_le_bytes());
    }
    let mut info = vec![0; 116];
    let mut put = |at: usize, value: u32| info[at..at + 4].copy_from_slice(&value.to_le_bytes());
    put(
        0,
        has::MEMORY | has::COMMAND_LINE | has::MODULES | has::MAP | has::NAME,
    );
    put(4, 639); // KiB from 0 on
    put(8, (ram.saturating_sub(HIGH_START) >> 10) as u32); // KiB from 1 MiB on
    put(16, low.put_text(words)?);
    put(20, rows.len() as u32 / 16);
    put(24, low.put(rows)?);
    put(44, map.len() as u32);
    put(48, low.put(&map)?);
    put(64, low.put_text("Ringside")?);
    Ok(info)
}

/// The header, and where in the file it stands.
struct Header<'a> {
    at: usize,
    flags: u32,
    rest: &'a [u8],
}

impl<'a> Header<'a> {
    fn find(file: &'a [u8]) -> Result<Self, Error> {
        let searched = &file[..file.len().min(SEARCHED)];
        for at in (0..searched.len()).step_by(4) {
            let (Some(magic), Some(flags), Some(checksum)) = (
                word(searched, at),
                word(searched, at + 4),
                word(searched, at + 8),
            ) else {
                break;
            };
            if magic != MAGIC || magic.wrapping_add(flags).wrapping_add(checksum) != 0 {
                continue;
            }
            let known = wants::PAGES | wants::MEMORY | wants::VIDEO;
            let unknown = flags & wants::REQUIRED & !known;
            if unknown != 0 {
                return Err(Error::MultibootFlags { flags: unknown, at });
            }
            return Ok(Self {
                at,
                flags,
                rest: &file[at + 12..],
            });
        }
        Err(Error::NoMultibootHeader)
    }

    /// Loads a file of any format by the addresses in the header (section 3.1.3).
    fn load(&self, memory: &mut Memory, file: &[u8]) -> Result<image::Loaded, Error> {
        let at = self.at;
        let wrong = |why| Error::MultibootAddresses { why, at };
        let field = |number: usize| {
            word(self.rest, number * 4)
                .map(u64::from)
                .ok_or(wrong("the file ends inside it"))
        };
        let [header_at, load_at] = [field(0)?, field(1)?];
        let [load_end, bss_end, entry] = [field(2)?, field(3)?, field(4)?];
        let before = header_at
            .checked_sub(load_at)
            .ok_or(wrong("it stands before load_addr"))?;
        let start = (at as u64).checked_sub(before);
        let start = start.ok_or(wrong("load_addr lies before the file's first byte"))? as usize;
        let bytes = match load_end {
            0 => file.get(start..),
            end => {
                let size = end
                    .checked_sub(load_at)
                    .ok_or(wrong("load_end_addr < load_addr"))?;
                file.get(start..start + size as usize)
            }
        };
        let bytes = bytes.ok_or(wrong("load_end_addr lies behind the file's last byte"))?;
        let end = (load_at + bytes.len() as u64).max(bss_end);
        image::check(memory, "the image", load_at, end - load_at)?;
        memory.load(load_at, bytes);
        Ok(image::Loaded {
            end: end.max(HIGH_START),
            entry,
        })
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
