//! Page tables and the one page walk (APM vol. 2 §5.2, §5.3).
//!
//! The CPU, the hypervisor's shadow pager and the inspector all walk with [`walk`]; they
//! differ only in how they read an entry and in what they do with the steps.
//!
//! ```text
//! long mode, 4 levels:
//!  63      48 47    39 38    30 29    21 20    12 11      0
//! | sign ext | PML4   | PDP    | PD     | PT     | offset  |
//!              level 4  level 3  level 2  level 1
//! ```

/// Bits of a page-table entry.
pub mod pte {
    /// Present.
    pub const P: u64 = 1 << 0;
    /// Writable.
    pub const W: u64 = 1 << 1;
    /// User: CPL 3 may use it.
    pub const U: u64 = 1 << 2;
    /// Page write-through.
    pub const PWT: u64 = 1 << 3;
    /// Page cache disable.
    pub const PCD: u64 = 1 << 4;
    /// Accessed, set by the CPU on any use.
    pub const A: u64 = 1 << 5;
    /// Dirty, set by the CPU on a write, in the last level only.
    pub const D: u64 = 1 << 6;
    /// Page size: this entry maps a large page (levels 2 and 3).
    pub const PS: u64 = 1 << 7;
    /// Global: survives a CR3 load.
    pub const G: u64 = 1 << 8;
    /// No execute (only with EFER.NXE; reserved otherwise).
    pub const NX: u64 = 1 << 63;
    /// The frame's address in an 8-byte entry.
    pub const FRAME: u64 = 0x000f_ffff_ffff_f000;
}

/// How the CPU walks, decided by CR0.PG, CR4.PAE and EFER.LMA.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PagingMode {
    /// CR0.PG = 0: a virtual address is physical.
    #[default]
    Off,
    /// Two levels of 4-byte entries; with `pse`, level 2 may map 4 MiB.
    Legacy {
        /// CR4.PSE.
        pse: bool,
    },
    /// Three levels of 8-byte entries, 32-bit virtual addresses.
    Pae,
    /// Four levels of 8-byte entries, 48-bit virtual addresses.
    Long,
}

impl PagingMode {
    /// The mode that these control registers select.
    pub const fn of(cr0: u64, cr4: u64, efer: u64) -> Self {
        use crate::reg;
        if cr0 & reg::cr0::PG == 0 {
            Self::Off
        } else if cr4 & reg::cr4::PAE == 0 {
            Self::Legacy {
                pse: cr4 & reg::cr4::PSE != 0,
            }
        } else if efer & reg::efer::LMA == 0 {
            Self::Pae
        } else {
            Self::Long
        }
    }
    /// Levels of tables: 4, 3, 2, or 0 with paging off.
    pub const fn levels(self) -> u8 {
        match self {
            Self::Off => 0,
            Self::Legacy { .. } => 2,
            Self::Pae => 3,
            Self::Long => 4,
        }
    }
}

/// One entry read on the way down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Step {
    /// 4 (PML4) down to 1 (page table).
    pub level: u8,
    /// Physical address of the entry.
    pub entry_at: u64,
    /// The entry as read.
    pub entry: u64,
}

/// A completed walk: where the address leads and what each level said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Walk {
    /// The entries read, from the root; `depth` of them count.
    pub steps: [Step; 4],
    /// How many entries were read, 1..=4 (0 with paging off).
    pub depth: u8,
    /// The physical address that the virtual one leads to.
    pub phys: u64,
    /// log2 of the page's size: 12, 21, 22 or 30.
    pub page_bits: u8,
    /// W at every level.
    pub writable: bool,
    /// U at every level.
    pub user: bool,
    /// NX at any level.
    pub no_execute: bool,
    /// G in the last level.
    pub global: bool,
}

impl Walk {
    /// The entries read, root first.
    pub fn steps(&self) -> &[Step] {
        &self.steps[..self.depth as usize]
    }
}

/// Why a walk ended early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WalkFault {
    /// An entry on the way is not present.
    NotPresent(Step),
    /// An entry on the way has a reserved bit set.
    Reserved(Step),
    /// The table itself could not be read (it lies outside memory).
    Unreadable(Step),
}

/// Walks the tables under `cr3` for `va`. `read(address, size)` returns the entry of 4 or 8
/// bytes at a physical address, or `None` if there is no memory. `nxe` is EFER.NXE: without
/// it bit 63 is reserved. Permissions are collected, not judged: see [`Walk`].
///
/// Accessed and dirty bits are the caller's business: it has the steps.
///
/// # Errors
/// [`WalkFault`] with the step at which the walk ended.
pub fn walk(
    mode: PagingMode,
    cr3: u64,
    va: u64,
    nxe: bool,
    mut read: impl FnMut(u64, u8) -> Option<u64>,
) -> Result<Walk, WalkFault> {
    let mut out = Walk {
        writable: true,
        user: true,
        page_bits: 12,
        phys: va,
        ..Walk::default()
    };
    if mode == PagingMode::Off {
        return Ok(out);
    }
    let (size, index_bits, mut table) = match mode {
        PagingMode::Legacy { .. } => (4, 10, cr3 & 0xffff_f000),
        PagingMode::Pae => (8, 9, cr3 & 0xffff_ffe0),
        _ => (8, 9, cr3 & pte::FRAME),
    };
    let mut level = mode.levels();
    loop {
        let shift = 12 + index_bits * (level - 1);
        // The top level of PAE has four entries only.
        let bits = if mode == PagingMode::Pae && level == 3 {
            2
        } else {
            index_bits
        };
        let entry_at = table + (va >> shift & ((1 << bits) - 1)) * u64::from(size);
        let mut step = Step {
            level,
            entry_at,
            entry: 0,
        };
        step.entry = read(entry_at, size).ok_or(WalkFault::Unreadable(step))?;
        out.steps[out.depth as usize] = step;
        out.depth += 1;
        let entry = step.entry;
        if entry & pte::P == 0 {
            return Err(WalkFault::NotPresent(step));
        }
        // PAE's top level has neither W nor U, and no large pages.
        let pdpte = mode == PagingMode::Pae && level == 3;
        if !pdpte {
            out.writable &= entry & pte::W != 0;
            out.user &= entry & pte::U != 0;
            if size == 8 && entry & pte::NX != 0 {
                if !nxe {
                    return Err(WalkFault::Reserved(step));
                }
                out.no_execute = true;
            }
        }
        let large = level > 1 && !pdpte && entry & pte::PS != 0;
        match mode {
            PagingMode::Legacy { pse } if large && pse => {
                out.page_bits = 22;
                let base = entry & 0xffc0_0000 | (entry >> 13 & 0xff) << 32;
                out.phys = base | va & 0x3f_ffff;
                out.global = entry & pte::G != 0;
                return Ok(out);
            }
            PagingMode::Long if level == 4 && large => return Err(WalkFault::Reserved(step)),
            PagingMode::Pae | PagingMode::Long if large => {
                out.page_bits = shift;
                let offset = (1u64 << shift) - 1;
                // Between the PAT bit (12) and the frame the bits must be zero.
                if entry & pte::FRAME & offset & !(1 << 12) != 0 {
                    return Err(WalkFault::Reserved(step));
                }
                out.phys = entry & pte::FRAME & !offset | va & offset;
                out.global = entry & pte::G != 0;
                return Ok(out);
            }
            _ => {}
        }
        let frame = if size == 4 {
            entry & 0xffff_f000
        } else {
            entry & pte::FRAME
        };
        if level == 1 {
            out.phys = frame | va & 0xfff;
            out.global = entry & pte::G != 0;
            return Ok(out);
        }
        table = frame;
        level -= 1;
    }
}
