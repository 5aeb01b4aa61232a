//! ELF segments, each where its physical address says.

use super::Error;
use super::handoff::{FREE, FREE_END};
use crate::memory::{HIGH_START, Memory};
use elf::{Elf, Segment, SegmentKind};

/// What was put where.
pub struct Loaded {
    /// The first address behind the image in high memory.
    pub end: u64,
    /// Physical address of the file's entry point.
    pub entry: u64,
}

/// Copies all loadable segments of an x86 executable.
pub fn load(memory: &mut Memory, file: &[u8]) -> Result<Loaded, Error> {
    let elf = Elf::parse(file)?;
    let header = elf.header();
    if !matches!(header.machine, elf::MACHINE_386 | elf::MACHINE_X86_64) {
        return Err(Error::Machine {
            number: header.machine,
        });
    }
    let mut loaded = Loaded {
        end: HIGH_START,
        entry: header.entry,
    };
    let mut any = false;
    for segment in elf.segments() {
        let segment = segment?;
        if segment.kind != SegmentKind::Load || segment.mem_size == 0 {
            continue;
        }
        any = true;
        check(memory, "a segment", segment.paddr, segment.mem_size)?;
        memory.load(segment.paddr, elf.segment_bytes(&segment)?);
        loaded.end = loaded.end.max(segment.paddr + segment.mem_size);
        if let Some(entry) = physical(&segment, header.entry) {
            loaded.entry = entry;
        }
    }
    if any { Ok(loaded) } else { Err(Error::Empty) }
}

/// Where the virtual address `va` of a segment stands in physical memory.
fn physical(segment: &Segment, va: u64) -> Option<u64> {
    let offset = va.checked_sub(segment.vaddr)?;
    (offset < segment.mem_size).then_some(segment.paddr + offset)
}

/// Whether memory that an image may use holds all of it.
pub fn check(memory: &Memory, what: &'static str, at: u64, bytes: u64) -> Result<(), Error> {
    let inside =
        |start: u64, end: u64| at >= start && at.checked_add(bytes).is_some_and(|last| last <= end);
    if inside(FREE, FREE_END) || inside(HIGH_START, memory.ram()) {
        return Ok(());
    }
    Err(Error::Outside {
        what,
        at,
        bytes,
        ram_mib: memory.ram() >> 20,
    })
}
