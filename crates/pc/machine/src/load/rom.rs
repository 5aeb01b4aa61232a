//! The ROM chip's content: 64 KiB that end at 4 GiB and, once more, at 1 MiB.

use super::Error;
use crate::memory::{Memory, ROM, ROM_LOW};
use elf::{Elf, SegmentKind};

/// A ROM of one's own, at most 64 KiB.
pub fn plain(memory: &mut Memory, bytes: &[u8]) -> Result<(), Error> {
    if bytes.is_empty() || bytes.len() > ROM {
        return Err(Error::RomSize { bytes: bytes.len() });
    }
    memory.load(ROM_LOW + (ROM - bytes.len()) as u64, bytes);
    Ok(())
}

/// Our firmware: the ROM itself, or an ELF file whose segments lie in F0000..100000.
pub fn firmware(memory: &mut Memory, file: &[u8]) -> Result<(), Error> {
    if !file.starts_with(b"\x7fELF") {
        return plain(memory, file);
    }
    let elf = Elf::parse(file)?;
    for segment in elf.segments() {
        let segment = segment?;
        if segment.kind != SegmentKind::Load || segment.mem_size == 0 {
            continue;
        }
        let end = segment.paddr + segment.mem_size;
        if segment.paddr < ROM_LOW || end > ROM_LOW + ROM as u64 {
            let (at, bytes) = (segment.paddr, segment.mem_size);
            let ram_mib = memory.ram() >> 20;
            return Err(Error::Outside {
                what: "a segment of the firmware",
                at,
                bytes,
                ram_mib,
            });
        }
        memory.load(segment.paddr, elf.segment_bytes(&segment)?);
    }
    Ok(())
}
