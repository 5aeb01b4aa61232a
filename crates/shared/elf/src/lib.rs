//! What an ELF executable is, read without trust.
//!
//! The machine's loaders, the hypervisor, the kernel's `execve` and the inspector all read
//! executables with this crate. It borrows the bytes, allocates nothing, checks every offset,
//! and says *what* is wrong *where* ([`Error`]). Both classes are read: [`Class::Elf64`] is
//! what our guests are, [`Class::Elf32`] what Multiboot kernels often are.
//!
//! ```text
//!  file:  | header | program headers | … segments … | symbols | strings | section headers |
//!             └──────────┘ how to load it               └─ how to name its addresses
//! ```
//!
//! A loader needs only the front of the file: [`Header::parse`] and [`Header::segment`] ask for
//! no more than they read, so the kernel can hand them the first page.
//!
//! Manual: System V ABI, chapters 4 and 5 ("Object Files", "Program Loading").

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod header;
mod note;
mod read;
mod segment;
mod symbol;

pub use header::{Class, Header, Kind, MACHINE_386, MACHINE_X86_64};
pub use note::{Note, Notes};
pub use read::Error;
pub use segment::{PF_R, PF_W, PF_X, Segment, SegmentKind};
pub use symbol::{Symbol, SymbolKind, Symbols};

/// A whole executable file in memory.
#[derive(Clone, Copy, Debug)]
pub struct Elf<'a> {
    bytes: &'a [u8],
    header: Header,
}

impl<'a> Elf<'a> {
    /// Reads the header of `bytes`, which is the whole file.
    ///
    /// # Errors
    /// If it is no ELF file, or one of a class, byte order or version that we do not read.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let header = Header::parse(bytes)?;
        Ok(Self { bytes, header })
    }

    /// The file header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The whole file.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The program headers, in file order.
    pub fn segments(&self) -> impl Iterator<Item = Result<Segment, Error>> + 'a {
        let (header, bytes) = (self.header, self.bytes);
        (0..header.segment_count).map(move |index| header.segment(bytes, index))
    }

    /// The segments that a loader must put into memory.
    pub fn loads(&self) -> impl Iterator<Item = Result<Segment, Error>> + 'a {
        self.segments()
            .filter(|s| !matches!(s, Ok(s) if s.kind != SegmentKind::Load))
    }

    /// The bytes that the file has for `segment`; memory beyond them is zero.
    ///
    /// # Errors
    /// If the segment reaches beyond the end of the file.
    pub fn segment_bytes(&self, segment: &Segment) -> Result<&'a [u8], Error> {
        read::slice(
            self.bytes,
            segment.offset,
            segment.file_size,
            "segment reaches beyond the end of the file",
        )
    }

    /// The symbols of `.symtab`; none if the file is stripped.
    pub fn symbols(&self) -> Symbols<'a> {
        Symbols::find(self.bytes, &self.header)
    }

    /// The symbol with exactly this name.
    pub fn symbol(&self, name: &str) -> Option<Symbol<'a>> {
        self.symbols().find(|s| s.name == name)
    }

    /// The function or object that covers `address`, for naming a place in a program.
    pub fn symbol_at(&self, address: u64) -> Option<Symbol<'a>> {
        self.symbols().find(|s| {
            matches!(s.kind, SymbolKind::Function | SymbolKind::Object)
                && address.wrapping_sub(s.value) < s.size.max(1)
        })
    }

    /// The descriptor of the first note with this owner (final zero included) and type.
    ///
    /// # Errors
    /// If a note segment is malformed.
    pub fn note(&self, name: &[u8], kind: u32) -> Result<Option<&'a [u8]>, Error> {
        for segment in self.segments() {
            let segment = segment?;
            if segment.kind != SegmentKind::Note {
                continue;
            }
            for note in Notes::new(self.segment_bytes(&segment)?, &segment) {
                let note = note?;
                if note.name == name && note.kind == kind {
                    return Ok(Some(note.descriptor));
                }
            }
        }
        Ok(None)
    }

    /// The 32-bit entry point that a PVH loader jumps to (note `Xen`, type 18), if there is
    /// one. Physical.
    ///
    /// # Errors
    /// If a note segment is malformed or the note is too short.
    pub fn pvh_entry(&self) -> Result<Option<u32>, Error> {
        match self.note(b"Xen\0", 18)? {
            None => Ok(None),
            // The descriptor is 4 bytes by the specification, 8 in Linux's own images.
            Some(d) => Ok(Some(read::u32_at(d, 0, "PVH note is too short")?)),
        }
    }
}

#[cfg(test)]
mod tests;
