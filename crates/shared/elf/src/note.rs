//! Notes: small tagged records that an image carries for its loader.
//!
//! ```text
//!  | name size | descriptor size | type | name, padded | descriptor, padded |
//! ```

use crate::read::{Error, slice, u32_at};
use crate::segment::Segment;

/// One note.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note<'a> {
    /// Who defined it, final zero included: `b"Xen\0"`, `b"GNU\0"`.
    pub name: &'a [u8],
    /// What it is, in the name's own numbering.
    pub kind: u32,
    /// Its content.
    pub descriptor: &'a [u8],
}

/// The notes of one segment.
#[derive(Clone, Debug)]
pub struct Notes<'a> {
    bytes: &'a [u8],
    at: u64,
    file_at: u64,
    align: u64,
}

impl<'a> Notes<'a> {
    /// The notes in `bytes`, which are those of `segment`.
    pub fn new(bytes: &'a [u8], segment: &Segment) -> Self {
        // By the ABI 64-bit notes are padded to 8, in practice everybody pads to 4 and only
        // segments with alignment 8 (GNU properties) keep the letter.
        let align = if segment.align == 8 { 8 } else { 4 };
        Self {
            bytes,
            at: 0,
            file_at: segment.offset,
            align,
        }
    }

    fn parse(&mut self) -> Result<Note<'a>, Error> {
        const SHORT: &str = "the file ends inside a note";
        let name_size = u64::from(u32_at(self.bytes, self.at, SHORT)?);
        let descriptor_size = u64::from(u32_at(self.bytes, self.at + 4, SHORT)?);
        let kind = u32_at(self.bytes, self.at + 8, SHORT)?;
        let name_at = self.at + 12;
        let name = slice(self.bytes, name_at, name_size, SHORT)?;
        let descriptor_at = (name_at + name_size).next_multiple_of(self.align);
        let descriptor = slice(self.bytes, descriptor_at, descriptor_size, SHORT)?;
        self.at = (descriptor_at + descriptor_size).next_multiple_of(self.align);
        Ok(Note {
            name,
            kind,
            descriptor,
        })
    }
}

impl<'a> Iterator for Notes<'a> {
    type Item = Result<Note<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() as u64 {
            return None;
        }
        let note = self.parse();
        if let Err(error) = &note {
            // One complaint, in file offsets; then the iteration is over.
            let at = error.at.saturating_add(self.file_at);
            self.at = u64::MAX;
            return Some(Err(Error { at, ..*error }));
        }
        Some(note)
    }
}
