//! CPUID: what this CPU says of itself. It advertises exactly what exists.

/// Family, model and stepping: what EDX holds after RESET and CPUID 1 returns in EAX.
/// Family 0x19 (15 + 10), model 1, stepping 1.
pub const SIGNATURE: u32 = 0x00a0_0f11;
