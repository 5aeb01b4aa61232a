//! CPUID: what this CPU says of itself. It advertises exactly what exists.

use crate::state::State;

/// Family, model and stepping: what EDX holds after RESET and CPUID 1 returns in EAX.
/// Family 0x19 (15 + 10), model 1, stepping 1.
pub const SIGNATURE: u32 = 0x00a0_0f11;

/// HWCR bit 35, `CpuidUserDis`: CPUID faults above CPL 0.
pub(crate) const USER_DISABLE: u64 = 1 << 35;

const VENDOR: &[u8; 12] = b"RingsideCPU ";
const BRAND: &[u8; 48] = b"Ringside x86-64, interpreted where you see it\0\0\0";

/// Leaf 1, EDX.
mod standard {
    pub const FPU: u32 = 1 << 0;
    pub const DE: u32 = 1 << 2;
    pub const PSE: u32 = 1 << 3;
    pub const TSC: u32 = 1 << 4;
    pub const MSR: u32 = 1 << 5;
    pub const PAE: u32 = 1 << 6;
    pub const CX8: u32 = 1 << 8;
    pub const APIC: u32 = 1 << 9;
    pub const PGE: u32 = 1 << 13;
    pub const CMOV: u32 = 1 << 15;
    pub const PAT: u32 = 1 << 16;
    pub const PSE36: u32 = 1 << 17;
    pub const CLFLUSH: u32 = 1 << 19;
    pub const FXSR: u32 = 1 << 24;
    pub const SSE: u32 = 1 << 25;
    pub const SSE2: u32 = 1 << 26;
}

/// Answers leaf EAX, sub-leaf ECX: EAX, EBX, ECX, EDX.
pub(crate) fn cpuid(state: &State, leaf: u32, sub: u32) -> [u32; 4] {
    use standard::*;
    let both = FPU | DE | PSE | TSC | MSR | PAE | CX8 | APIC | PGE | CMOV | PAT | PSE36 | FXSR;
    let apic = if state.msr.apic_base & 1 << 11 != 0 {
        APIC
    } else {
        0
    };
    match leaf {
        0 => [7, word(VENDOR, 0), word(VENDOR, 8), word(VENDOR, 4)],
        1 => {
            let cx16 = 1 << 13;
            let popcnt = 1 << 23;
            // CLFLUSH line of 8 * 8 bytes, one logical CPU.
            [
                SIGNATURE,
                0x0001_0800,
                cx16 | popcnt,
                both & !APIC | apic | CLFLUSH | SSE | SSE2,
            ]
        }
        7 if sub == 0 => {
            let (fsgsbase, smep, smap) = (1 << 0, 1 << 7, 1 << 20);
            let umip = 1 << 2;
            [0, fsgsbase | smep | smap, umip, 0]
        }
        0x8000_0000 => [
            0x8000_0021,
            word(VENDOR, 0),
            word(VENDOR, 8),
            word(VENDOR, 4),
        ],
        0x8000_0001 => {
            let (lahf, prefetchw) = (1 << 0, 1 << 8);
            let (syscall, nx, pages_1g, rdtscp, lm) = (1 << 11, 1 << 20, 1 << 26, 1 << 27, 1 << 29);
            let shared = both & !APIC & !FXSR | apic | FXSR;
            [
                SIGNATURE,
                0,
                lahf | prefetchw,
                shared | syscall | nx | pages_1g | rdtscp | lm,
            ]
        }
        0x8000_0002..=0x8000_0004 => {
            let from = (leaf - 0x8000_0002) as usize * 16;
            [0, 4, 8, 12].map(|n| word(BRAND, from + n))
        }
        // The TSC counts the clock: it never stops and never changes its rate.
        0x8000_0007 => [0, 0, 0, 1 << 8],
        // 52 physical bits (all that a page-table entry holds), 48 virtual ones.
        0x8000_0008 => [0x3034, 0, 0, 0],
        // NullSelectorClearsBase, CpuidUserDis.
        0x8000_0021 => [1 << 6 | 1 << 17, 0, 0, 0],
        _ => [0; 4],
    }
}

fn word(text: &[u8], from: usize) -> u32 {
    u32::from_le_bytes([text[from], text[from + 1], text[from + 2], text[from + 3]])
}
