//! The record at 0F00 that tells the firmware where to go, and the loader's share of low
//! memory.
//!
//! ```text
//!   0000..0500  interrupt vectors and BIOS variables: the firmware's
//!   0F00        this record (crates/os/firmware/src/rom/5-handoff.s is its reader)
//!   1000..7000  start info or Multiboot information, memory map, command lines
//!   7C00        a boot sector; below it the firmware's stack
//!   8000..9FC00 free for an image
//! ```

use super::Error;
use crate::memory::Memory;

/// Where the record stands.
pub const AT: u64 = 0x0f00;
/// Where the loader's tables stand.
const TABLES: u64 = 0x1000;
const TABLES_END: u64 = 0x7000;
/// The first address that an image may use.
pub const FREE: u64 = 0x8000;
/// Where the low memory that an image may use ends: above is the extended BIOS data area.
pub const FREE_END: u64 = 0x9_fc00;

/// What the firmware shall do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    kind: u32,
    entry: u32,
    eax: u32,
    ebx: u32,
    esi: u32,
}

impl Record {
    /// Enter a PVH kernel: EBX = address of its start info.
    pub fn pvh(entry: u32, start_info: u32) -> Self {
        Self {
            kind: 1,
            entry,
            eax: 0,
            ebx: start_info,
            esi: 0,
        }
    }
    /// Enter a Multiboot kernel: EAX tells it so, EBX = address of the information structure.
    pub fn multiboot(entry: u32, info: u32) -> Self {
        const LOADED_BY_MULTIBOOT: u32 = 0x2bad_b002;
        Self {
            kind: 2,
            entry,
            eax: LOADED_BY_MULTIBOOT,
            ebx: info,
            esi: 0,
        }
    }
    /// Enter Linux: ESI = address of the boot_params.
    pub fn linux(entry: u32, boot_params: u32) -> Self {
        Self {
            kind: 4,
            entry,
            eax: 0,
            ebx: 0,
            esi: boot_params,
        }
    }
    /// Start the boot sector.
    pub fn boot_sector() -> Self {
        Self {
            kind: 3,
            entry: 0,
            eax: 0,
            ebx: 0,
            esi: 0,
        }
    }

    /// Writes it where the firmware looks.
    pub fn store(self, memory: &mut Memory) {
        let mut bytes = b"RING".to_vec();
        for word in [self.kind, self.entry, self.eax, self.ebx, self.esi] {
            bytes.extend(word.to_le_bytes());
        }
        memory.load(AT, &bytes);
    }
}

/// The loader's tables while they are being written.
pub struct Low(Vec<u8>);

impl Low {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Puts `bytes` at the next multiple of 8. Returns their address.
    pub fn put(&mut self, bytes: &[u8]) -> Result<u32, Error> {
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        let at = TABLES + self.0.len() as u64;
        self.0.extend(bytes);
        if TABLES + self.0.len() as u64 > TABLES_END {
            return Err(Error::TooManyWords);
        }
        Ok(at as u32)
    }

    /// Puts a text and its final zero.
    pub fn put_text(&mut self, text: &str) -> Result<u32, Error> {
        self.put(&[text.as_bytes(), &[0]].concat())
    }

    /// Writes all of it to memory.
    pub fn store(self, memory: &mut Memory) {
        memory.load(TABLES, &self.0);
    }
}

/// A row of the memory map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// First byte.
    pub at: u64,
    /// Bytes.
    pub size: u64,
    /// 1 = usable, 2 = reserved: the numbers of the BIOS call E820, PVH and Multiboot alike.
    pub kind: u32,
}

/// What memory there is, as the firmware of a PC would say.
pub fn memory_map(ram: u64) -> Vec<Range> {
    let row = |at, end, kind| Range {
        at,
        size: end - at,
        kind,
    };
    let mut rows = vec![
        row(0, FREE_END, 1),
        row(FREE_END, 0xa_0000, 2),
        row(0xf_0000, 0x10_0000, 2),
    ];
    if ram > 0x10_0000 {
        rows.push(row(0x10_0000, ram, 1));
    }
    rows.push(row(0xffff_0000, 0x1_0000_0000, 2));
    rows
}
