//! Executable files made by hand: one loadable segment, and a PVH note or a Multiboot header.

use std::iter::repeat_n;

/// An ELF file with `code` at physical and virtual address `at`, entered there.
pub struct Elf<'a> {
    /// 64-bit fields.
    pub wide: bool,
    /// Where the code belongs.
    pub at: u64,
    /// The code.
    pub code: &'a [u8],
    /// Bytes of zeroes behind it.
    pub zeroes: u64,
    /// The 32-bit entry in a PVH note.
    pub pvh: Option<u32>,
    /// EM_386 or EM_X86_64 or something else.
    pub machine: u16,
}

impl<'a> Elf<'a> {
    /// A 64-bit file.
    pub fn new(at: u64, code: &'a [u8]) -> Self {
        Self {
            wide: true,
            at,
            code,
            zeroes: 0,
            pvh: None,
            machine: 62,
        }
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let note_at = 0x200u64;
        let code_at = 0x240u64;
        let mut note = Vec::new();
        if let Some(entry) = self.pvh {
            for word in [4, 4, 18] {
                note.extend(u32::to_le_bytes(word));
            }
            note.extend(b"Xen\0");
            note.extend(entry.to_le_bytes());
        }
        let mut file = b"\x7fELF".to_vec();
        file.extend([1 + u8::from(self.wide), 1, 1]);
        file.extend([0; 9]);
        file.extend(2u16.to_le_bytes());
        file.extend(self.machine.to_le_bytes());
        file.extend(1u32.to_le_bytes());
        let headers = if self.wide { 64 } else { 52 };
        self.words(&mut file, &[self.at, headers, 0]);
        file.extend(0u32.to_le_bytes());
        let (header, segment) = if self.wide { (64u16, 56u16) } else { (52, 32) };
        for half in [header, segment, 2, 0, 0, 0] {
            file.extend(half.to_le_bytes());
        }
        let size = self.code.len() as u64;
        self.segment(&mut file, 1, code_at, self.at, size, size + self.zeroes);
        self.segment(&mut file, 4, note_at, 0, note.len() as u64, 0);
        file.resize(note_at as usize, 0);
        file.extend(&note);
        file.resize(code_at as usize, 0);
        file.extend(self.code);
        file
    }

    fn words(&self, file: &mut Vec<u8>, words: &[u64]) {
        for word in words {
            match self.wide {
                true => file.extend(word.to_le_bytes()),
                false => file.extend((*word as u32).to_le_bytes()),
            }
        }
    }

    fn segment(&self, file: &mut Vec<u8>, kind: u32, offset: u64, at: u64, size: u64, mem: u64) {
        const RWX: u32 = 7;
        file.extend(kind.to_le_bytes());
        if self.wide {
            file.extend(RWX.to_le_bytes());
            self.words(file, &[offset, at, at, size, mem, 4]);
        } else {
            self.words(file, &[offset, at, at, size, mem, u64::from(RWX), 4]);
        }
    }
}

/// A Multiboot 1 header, with the address fields if there are any.
pub fn multiboot(flags: u32, addresses: Option<[u32; 5]>) -> Vec<u8> {
    const MAGIC: u32 = 0x1bad_b002;
    let checksum = 0u32.wrapping_sub(MAGIC).wrapping_sub(flags);
    let words = [MAGIC, flags, checksum];
    words
        .into_iter()
        .chain(addresses.into_iter().flatten())
        .flat_map(u32::to_le_bytes)
        .collect()
}

/// `bytes` behind `count` zeroes.
pub fn after(count: usize, bytes: Vec<u8>) -> Vec<u8> {
    repeat_n(0, count).chain(bytes).collect()
}
