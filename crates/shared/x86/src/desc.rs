//! Segment and system descriptors, gates and the 64-bit TSS (APM vol. 2 §4.7, §4.8, §12.2.5).

/// An 8-byte code or data descriptor, as it stands in the GDT.
///
/// ```text
///  63    56 55  52 51  48 47    40 39          16 15       0
/// | base   |G D L A|limit|P DPL S T| base         | limit    |
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(transparent)]
pub struct Descriptor(pub u64);

impl Descriptor {
    /// Accessed.
    pub const ACCESSED: u64 = 1 << 40;
    /// Readable code or writable data.
    pub const RW: u64 = 1 << 41;
    /// Conforming code or expand-down data.
    pub const CE: u64 = 1 << 42;
    /// Code rather than data.
    pub const CODE: u64 = 1 << 43;
    /// Code or data rather than a system descriptor.
    pub const S: u64 = 1 << 44;
    /// Present.
    pub const P: u64 = 1 << 47;
    /// Available to software.
    pub const AVL: u64 = 1 << 52;
    /// 64-bit code.
    pub const L: u64 = 1 << 53;
    /// Default operand size 32 (code), big (stack).
    pub const D: u64 = 1 << 54;
    /// Limit counts 4-KiB pages.
    pub const G: u64 = 1 << 55;

    /// A flat segment, base 0 and limit 4 GiB, with the given extra bits and privilege.
    pub const fn flat(bits: u64, dpl: u64) -> Self {
        Self(0x000f_0000_0000_ffff | Self::G | Self::P | Self::S | (dpl << 45) | bits)
    }
    /// Base address, 32 bits.
    pub const fn base(self) -> u32 {
        ((self.0 >> 16 & 0x00ff_ffff) | (self.0 >> 32 & 0xff00_0000)) as u32
    }
    /// Limit in bytes, the granularity bit applied: the last valid offset.
    pub const fn limit(self) -> u32 {
        let raw = (self.0 & 0xffff | self.0 >> 32 & 0xf_0000) as u32;
        if self.0 & Self::G != 0 {
            raw << 12 | 0xfff
        } else {
            raw
        }
    }
    /// Descriptor privilege level, 0..=3.
    pub const fn dpl(self) -> u8 {
        (self.0 >> 45 & 3) as u8
    }
    /// The type field, four bits.
    pub const fn kind(self) -> u8 {
        (self.0 >> 40 & 0xf) as u8
    }
    /// Whether any of `bits` is set.
    pub const fn has(self, bits: u64) -> bool {
        self.0 & bits != 0
    }
}

/// System descriptor and gate types in long mode (APM vol. 2 table 4-6).
pub mod system {
    /// Local descriptor table.
    pub const LDT: u8 = 0x2;
    /// Available TSS.
    pub const TSS_AVAILABLE: u8 = 0x9;
    /// Busy TSS.
    pub const TSS_BUSY: u8 = 0xb;
    /// Call gate.
    pub const CALL_GATE: u8 = 0xc;
    /// Interrupt gate: clears IF.
    pub const INTERRUPT_GATE: u8 = 0xe;
    /// Trap gate: leaves IF.
    pub const TRAP_GATE: u8 = 0xf;
}

/// A 16-byte long-mode interrupt or trap gate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Gate {
    /// Offset 31:16, P, DPL, type, IST, selector and offset 15:0.
    pub low: u64,
    /// Offset 63:32.
    pub high: u64,
}

impl Gate {
    /// A present gate to `offset` through `selector`, of a [`system`] gate type.
    pub const fn new(offset: u64, selector: u16, kind: u8, dpl: u8, ist: u8) -> Self {
        Self {
            low: offset & 0xffff
                | (selector as u64) << 16
                | (ist as u64 & 7) << 32
                | (kind as u64) << 40
                | (dpl as u64) << 45
                | 1 << 47
                | (offset >> 16 & 0xffff) << 48,
            high: offset >> 32,
        }
    }
    /// The handler's address.
    pub const fn offset(self) -> u64 {
        self.low & 0xffff | self.low >> 32 & 0xffff_0000 | self.high << 32
    }
    /// The code selector that the handler runs with.
    pub const fn selector(self) -> u16 {
        (self.low >> 16) as u16
    }
    /// Interrupt stack table index, 0 for none.
    pub const fn ist(self) -> u8 {
        (self.low >> 32 & 7) as u8
    }
    /// Gate type, see [`system`].
    pub const fn kind(self) -> u8 {
        (self.low >> 40 & 0xf) as u8
    }
    /// The least privilege that INT n may come from.
    pub const fn dpl(self) -> u8 {
        (self.low >> 45 & 3) as u8
    }
    /// Whether the gate is present.
    pub const fn present(self) -> bool {
        self.low >> 47 & 1 == 1
    }
}

/// Byte offsets inside the 64-bit TSS.
pub mod tss64 {
    /// RSP for CPL 0.
    pub const RSP0: u64 = 4;
    /// First interrupt stack, IST1; the others follow at 8 bytes each.
    pub const IST1: u64 = 36;
    /// Offset of the I/O permission map, a word.
    pub const IO_MAP_BASE: u64 = 102;
    /// Size without an I/O map.
    pub const SIZE: u64 = 104;
}
