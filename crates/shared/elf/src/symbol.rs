//! The symbol table: names for addresses. It is how the inspector finds `KERNEL_ROOT`.
//!
//! A malformed table yields no symbols rather than an error: names are a convenience, and a
//! stripped file is no fault.

use crate::header::{Class, Header};
use crate::read::{slice, u16_at, u32_at, u64_at};

/// What a symbol names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SymbolKind {
    /// STT_OBJECT: a variable.
    Object,
    /// STT_FUNC: a function.
    Function,
    /// Labels, sections, files.
    Other(u8),
}

/// One defined symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Symbol<'a> {
    /// Its name, as the linker saw it (mangled).
    pub name: &'a str,
    /// Its address.
    pub value: u64,
    /// Its size in bytes, 0 if unknown.
    pub size: u64,
    /// What it names.
    pub kind: SymbolKind,
}

/// The symbols of a file, undefined and nameless ones left out.
#[derive(Clone, Debug)]
pub struct Symbols<'a> {
    class: Class,
    table: &'a [u8],
    names: &'a [u8],
    at: u64,
}

impl<'a> Symbols<'a> {
    pub(crate) fn find(bytes: &'a [u8], header: &Header) -> Self {
        Self::try_find(bytes, header).unwrap_or(Self {
            class: header.class,
            table: &[],
            names: &[],
            at: 0,
        })
    }

    /// Finds the section of type SHT_SYMTAB and the string table that its `sh_link` names.
    fn try_find(bytes: &'a [u8], header: &Header) -> Option<Self> {
        const SHT_SYMTAB: u32 = 2;
        let section_at = |index: u32| {
            header
                .sections_at
                .checked_add(u64::from(index) * u64::from(header.section_size))
        };
        let content = |index: u32| -> Option<&'a [u8]> {
            let at = section_at(index)?;
            let (offset, size) = match header.class {
                Class::Elf32 => (
                    u64::from(u32_at(bytes, at.checked_add(16)?, "").ok()?),
                    u64::from(u32_at(bytes, at.checked_add(20)?, "").ok()?),
                ),
                Class::Elf64 => (
                    u64_at(bytes, at.checked_add(24)?, "").ok()?,
                    u64_at(bytes, at.checked_add(32)?, "").ok()?,
                ),
            };
            slice(bytes, offset, size, "").ok()
        };
        for index in 0..u32::from(header.section_count) {
            let at = section_at(index)?;
            if u32_at(bytes, at.checked_add(4)?, "").ok()? != SHT_SYMTAB {
                continue;
            }
            let link_at = match header.class {
                Class::Elf32 => 24,
                Class::Elf64 => 40,
            };
            let link = u32_at(bytes, at.checked_add(link_at)?, "").ok()?;
            return Some(Self {
                class: header.class,
                table: content(index)?,
                names: content(link)?,
                at: 0,
            });
        }
        None
    }

    fn name(&self, offset: u32) -> Option<&'a str> {
        let rest = self.names.get(offset as usize..)?;
        let end = rest.iter().position(|&b| b == 0)?;
        core::str::from_utf8(&rest[..end]).ok()
    }
}

impl<'a> Iterator for Symbols<'a> {
    type Item = Symbol<'a>;

    fn next(&mut self) -> Option<Symbol<'a>> {
        loop {
            let at = self.at;
            let name = u32_at(self.table, at, "").ok()?;
            let (section, info, value, size) = match self.class {
                Class::Elf32 => {
                    self.at += 16;
                    (
                        u16_at(self.table, at + 14, "").ok()?,
                        *self.table.get(at as usize + 12)?,
                        u64::from(u32_at(self.table, at + 4, "").ok()?),
                        u64::from(u32_at(self.table, at + 8, "").ok()?),
                    )
                }
                Class::Elf64 => {
                    self.at += 24;
                    (
                        u16_at(self.table, at + 6, "").ok()?,
                        *self.table.get(at as usize + 4)?,
                        u64_at(self.table, at + 8, "").ok()?,
                        u64_at(self.table, at + 16, "").ok()?,
                    )
                }
            };
            let kind = match info & 0xf {
                1 => SymbolKind::Object,
                2 => SymbolKind::Function,
                other => SymbolKind::Other(other),
            };
            match self.name(name) {
                // Section index 0 means "undefined here".
                Some(name) if section != 0 && !name.is_empty() => {
                    return Some(Symbol {
                        name,
                        value,
                        size,
                        kind,
                    });
                }
                _ => {}
            }
        }
    }
}
