//! The file header: class, machine, entry point, and where the tables are.

use crate::read::{Error, slice, u16_at, u32_at, u64_at};
use crate::segment::Segment;

/// Width of addresses and offsets in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// 32-bit fields.
    Elf32,
    /// 64-bit fields.
    Elf64,
}

/// What the file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// ET_EXEC: linked for fixed addresses.
    Executable,
    /// ET_DYN: may be loaded anywhere; what a static-PIE program is.
    Dynamic,
    /// Object files, core files and the rest.
    Other(u16),
}

/// EM_386.
pub const MACHINE_386: u16 = 3;
/// EM_X86_64.
pub const MACHINE_X86_64: u16 = 62;

/// The file header (Ehdr), both classes widened to 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Width of the fields.
    pub class: Class,
    /// Executable or dynamic.
    pub kind: Kind,
    /// [`MACHINE_X86_64`] or another.
    pub machine: u16,
    /// Virtual address of the first instruction.
    pub entry: u64,
    /// File offset of the program headers.
    pub segments_at: u64,
    /// How many program headers.
    pub segment_count: u16,
    /// Bytes of one program header.
    pub segment_size: u16,
    /// File offset of the section headers.
    pub sections_at: u64,
    /// How many section headers.
    pub section_count: u16,
    /// Bytes of one section header.
    pub section_size: u16,
}

impl Header {
    /// Bytes that [`Header::parse`] needs at most.
    pub const SIZE: usize = 64;

    /// Reads the header at the front of `bytes`. It may be the front of the file only.
    ///
    /// # Errors
    /// If it is no ELF file, or of a class, byte order or version that we do not read.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        const SHORT: &str = "the file ends inside its header";
        if slice(bytes, 0, 4, "the file is too short for the ELF magic")? != b"\x7fELF" {
            return Err(Error {
                what: "the ELF magic is missing",
                at: 0,
            });
        }
        let ident = slice(bytes, 0, 16, SHORT)?;
        let class = match ident[4] {
            1 => Class::Elf32,
            2 => Class::Elf64,
            _ => {
                return Err(Error {
                    what: "the class is neither 32 nor 64 bits",
                    at: 4,
                });
            }
        };
        if ident[5] != 1 {
            return Err(Error {
                what: "the byte order is not little-endian",
                at: 5,
            });
        }
        if ident[6] != 1 {
            return Err(Error {
                what: "the ELF version is not 1",
                at: 6,
            });
        }
        let kind = match u16_at(bytes, 16, SHORT)? {
            2 => Kind::Executable,
            3 => Kind::Dynamic,
            other => Kind::Other(other),
        };
        let machine = u16_at(bytes, 18, SHORT)?;
        let narrow = |at| u32_at(bytes, at, SHORT).map(u64::from);
        let (entry, segments_at, sections_at, rest) = match class {
            Class::Elf32 => (narrow(24)?, narrow(28)?, narrow(32)?, 42),
            Class::Elf64 => (
                u64_at(bytes, 24, SHORT)?,
                u64_at(bytes, 32, SHORT)?,
                u64_at(bytes, 40, SHORT)?,
                54,
            ),
        };
        let header = Self {
            class,
            kind,
            machine,
            entry,
            segments_at,
            segment_size: u16_at(bytes, rest, SHORT)?,
            segment_count: u16_at(bytes, rest + 2, SHORT)?,
            sections_at,
            section_size: u16_at(bytes, rest + 4, SHORT)?,
            section_count: u16_at(bytes, rest + 6, SHORT)?,
        };
        if header.segment_count > 0 && header.segment_size < Segment::size(class) {
            return Err(Error {
                what: "program headers are shorter than they must be",
                at: rest,
            });
        }
        Ok(header)
    }

    /// Program header number `index`. `bytes` is the file, or so much of its front that the
    /// program headers are in it.
    ///
    /// # Errors
    /// If there is no such header or `bytes` ends before it.
    pub fn segment(&self, bytes: &[u8], index: u16) -> Result<Segment, Error> {
        let at = self
            .segments_at
            .saturating_add(u64::from(index) * u64::from(self.segment_size));
        if index >= self.segment_count {
            return Err(Error {
                what: "there is no program header with this number",
                at,
            });
        }
        Segment::parse(self.class, bytes, at)
    }
}
