//! PVH: the kernel's ELF note names a 32-bit entry, and EBX points at a start info
//! (xen/include/public/arch-x86/hvm/start_info.h).
//!
//! ```text
//!   start info   magic version flags modules | modules_at | command_line_at | rsdp_at |
//!                memory_map_at | ranges reserved
//!   module       at | size | command_line_at | reserved         (all 8 bytes)
//!   range        at | size | kind reserved
//! ```

use super::handoff::{Low, Record, memory_map};
use super::{Error, Module, image};
use crate::memory::Memory;
use crate::pages::PAGE;
use elf::Elf;

const MAGIC: u32 = 0x336e_c578;

/// Loads image and modules; writes the start info.
pub fn load(
    memory: &mut Memory,
    low: &mut Low,
    file: &[u8],
    modules: &[Module<'_>],
    command_line: &str,
) -> Result<Record, Error> {
    let entry = Elf::parse(file)?.pvh_entry()?.ok_or(Error::NoPvhNote)?;
    let loaded = image::load(memory, file)?;
    image::check(memory, "the entry point", u64::from(entry), 1)?;

    let mut rows = Vec::new();
    for (at, module) in top_of_memory(memory, loaded.end, modules)?
        .into_iter()
        .zip(modules)
    {
        memory.load(at, module.bytes);
        let words = match module.command_line {
            "" => 0,
            words => low.put_text(words)?,
        };
        for word in [at, module.bytes.len() as u64, u64::from(words), 0] {
            rows.extend(word.to_le_bytes());
        }
    }
    let mut ranges = Vec::new();
    let map = memory_map(memory.ram());
    for range in &map {
        ranges.extend(range.at.to_le_bytes());
        ranges.extend(range.size.to_le_bytes());
        ranges.extend(u64::from(range.kind).to_le_bytes());
    }
    let mut info = Vec::new();
    for word in [MAGIC, 1, 0, modules.len() as u32] {
        info.extend(word.to_le_bytes());
    }
    let (modules_at, command_line_at) = (low.put(&rows)?, low.put_text(command_line)?);
    for word in [
        modules_at,
        command_line_at,
        0,
        low.put(&ranges)?,
        map.len() as u32,
    ] {
        info.extend(u64::from(word).to_le_bytes());
    }
    Ok(Record::pvh(entry, low.put(&info)?))
}

/// Where each module goes: as high as possible, so that the kernel has what follows it for
/// itself. The first is the highest.
fn top_of_memory(memory: &Memory, end: u64, modules: &[Module<'_>]) -> Result<Vec<u64>, Error> {
    let bytes = modules.iter().map(|module| module.bytes.len() as u64).sum();
    let no_room = Error::NoRoom {
        bytes,
        ram_mib: memory.ram() >> 20,
    };
    let mut top = memory.ram();
    let mut places = Vec::new();
    for module in modules {
        top = top
            .checked_sub(module.bytes.len() as u64)
            .ok_or(no_room.clone())?;
        top &= !(PAGE as u64 - 1);
        if top < end {
            return Err(no_room);
        }
        places.push(top);
    }
    Ok(places)
}
