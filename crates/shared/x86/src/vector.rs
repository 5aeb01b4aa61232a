//! Exception vectors (APM vol. 2 §8.2) and the page-fault error code (§8.4.2).

/// Divide error.
pub const DE: u8 = 0;
/// Debug.
pub const DB: u8 = 1;
/// Non-maskable interrupt.
pub const NMI: u8 = 2;
/// Breakpoint, INT3.
pub const BP: u8 = 3;
/// Overflow, INTO.
pub const OF: u8 = 4;
/// BOUND range.
pub const BR: u8 = 5;
/// Invalid opcode.
pub const UD: u8 = 6;
/// Device (x87) not available.
pub const NM: u8 = 7;
/// Double fault.
pub const DF: u8 = 8;
/// Invalid TSS.
pub const TS: u8 = 10;
/// Segment not present.
pub const NP: u8 = 11;
/// Stack.
pub const SS: u8 = 12;
/// General protection.
pub const GP: u8 = 13;
/// Page fault.
pub const PF: u8 = 14;
/// x87 floating point.
pub const MF: u8 = 16;
/// Alignment check.
pub const AC: u8 = 17;
/// Machine check.
pub const MC: u8 = 18;
/// SIMD floating point.
pub const XF: u8 = 19;
/// SVM security exception.
pub const SX: u8 = 30;

/// The mnemonic of an exception vector: `"#GP"` for 13; `"INT"` for a vector that is none.
pub const fn name(vector: u8) -> &'static str {
    match vector {
        DE => "#DE",
        DB => "#DB",
        NMI => "NMI",
        BP => "#BP",
        OF => "#OF",
        BR => "#BR",
        UD => "#UD",
        NM => "#NM",
        DF => "#DF",
        TS => "#TS",
        NP => "#NP",
        SS => "#SS",
        GP => "#GP",
        PF => "#PF",
        MF => "#MF",
        AC => "#AC",
        MC => "#MC",
        XF => "#XF",
        SX => "#SX",
        _ => "INT",
    }
}

/// Whether the CPU pushes an error code for this exception.
pub const fn has_error_code(vector: u8) -> bool {
    matches!(vector, DF | TS | NP | SS | GP | PF | AC | SX)
}

/// Bits of the error code that #PF pushes.
pub mod pf {
    /// The page was present: a protection violation, not a missing page.
    pub const PRESENT: u32 = 1 << 0;
    /// The access was a write.
    pub const WRITE: u32 = 1 << 1;
    /// The access came from CPL 3.
    pub const USER: u32 = 1 << 2;
    /// A reserved bit was set in an entry.
    pub const RESERVED: u32 = 1 << 3;
    /// The access was an instruction fetch.
    pub const FETCH: u32 = 1 << 4;
}
