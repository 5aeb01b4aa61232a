//! Program headers: which bytes of the file belong at which addresses.

use crate::header::Class;
use crate::read::{Error, u32_at, u64_at};

/// Segment flag: executable.
pub const PF_X: u32 = 1;
/// Segment flag: writable.
pub const PF_W: u32 = 2;
/// Segment flag: readable.
pub const PF_R: u32 = 4;

/// What a segment is for (p_type).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SegmentKind {
    /// PT_LOAD: belongs into memory.
    Load,
    /// PT_DYNAMIC: the dynamic section.
    Dynamic,
    /// PT_INTERP: path of the program interpreter (a dynamic linker).
    Interpreter,
    /// PT_NOTE: notes.
    Note,
    /// PT_PHDR: the program headers themselves.
    ProgramHeaders,
    /// PT_TLS: the template of thread-local storage.
    Tls,
    /// PT_GNU_STACK: its flags say whether the stack may be executable.
    Stack,
    /// Any other type.
    Other(u32),
}

/// One program header (Phdr), both classes widened to 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// What it is for.
    pub kind: SegmentKind,
    /// [`PF_R`], [`PF_W`], [`PF_X`].
    pub flags: u32,
    /// Where its bytes are in the file.
    pub offset: u64,
    /// Where they belong in virtual memory.
    pub vaddr: u64,
    /// Where they belong in physical memory; only kernels care.
    pub paddr: u64,
    /// Bytes in the file.
    pub file_size: u64,
    /// Bytes in memory; what exceeds `file_size` is zero (.bss).
    pub mem_size: u64,
    /// Alignment, a power of two, or 0 or 1 for none.
    pub align: u64,
}

impl Segment {
    /// Bytes of a program header of this class.
    pub const fn size(class: Class) -> u16 {
        match class {
            Class::Elf32 => 32,
            Class::Elf64 => 56,
        }
    }

    pub(crate) fn parse(class: Class, bytes: &[u8], at: u64) -> Result<Self, Error> {
        const SHORT: &str = "the file ends inside its program headers";
        let word = |offset| u32_at(bytes, at.saturating_add(offset), SHORT);
        let long = |offset| u64_at(bytes, at.saturating_add(offset), SHORT);
        let narrow = |offset| word(offset).map(u64::from);
        let kind = match word(0)? {
            1 => SegmentKind::Load,
            2 => SegmentKind::Dynamic,
            3 => SegmentKind::Interpreter,
            4 => SegmentKind::Note,
            6 => SegmentKind::ProgramHeaders,
            7 => SegmentKind::Tls,
            0x6474_e551 => SegmentKind::Stack,
            other => SegmentKind::Other(other),
        };
        // The two classes also order the fields differently: in 64 bits the flags moved
        // forward so that the long fields are aligned.
        let segment = match class {
            Class::Elf32 => Self {
                kind,
                flags: word(24)?,
                offset: narrow(4)?,
                vaddr: narrow(8)?,
                paddr: narrow(12)?,
                file_size: narrow(16)?,
                mem_size: narrow(20)?,
                align: narrow(28)?,
            },
            Class::Elf64 => Self {
                kind,
                flags: word(4)?,
                offset: long(8)?,
                vaddr: long(16)?,
                paddr: long(24)?,
                file_size: long(32)?,
                mem_size: long(40)?,
                align: long(48)?,
            },
        };
        let wraps = segment.vaddr.checked_add(segment.mem_size).is_none()
            || segment.paddr.checked_add(segment.mem_size).is_none();
        if segment.kind == SegmentKind::Load {
            if segment.file_size > segment.mem_size {
                return Err(Error {
                    what: "a segment has more bytes in the file than in memory",
                    at,
                });
            }
            if wraps {
                return Err(Error {
                    what: "a segment wraps around the end of memory",
                    at,
                });
            }
        }
        Ok(segment)
    }
}
