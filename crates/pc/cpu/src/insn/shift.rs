//! Shifts and rotates.
//!
//! The count is taken modulo 32, or 64 for 64-bit operands; a count of zero leaves all flags
//! alone. OF is defined for a count of one only; for others it gets what the same
//! formula gives.

use crate::Bus;
use crate::decode::{Insn, Operand};
use crate::fault::{Done, Fault};
use crate::flags::{mask, signed, szp};
use crate::run::Run;
use probe::Probe;
use x86::reg::rflags::{AF, CF, OF, PF, SF, ZF};

/// Result and flags of a shift.
pub(crate) type Shifted = (u64, u64);

fn flag(on: bool, bit: u64) -> u64 {
    if on { bit } else { 0 }
}

/// The bit of `value` at `n`; those out of range are zero.
fn bit(value: u64, n: u32) -> bool {
    n < 64 && value >> n & 1 != 0
}

#[inline]
pub(crate) fn shl(size: u8, a: u64, count: u32) -> Shifted {
    let bits = 8 * u32::from(size);
    let wide = u128::from(a) << count;
    let r = wide as u64 & mask(size);
    let carry = wide >> bits & 1 != 0;
    let overflow = carry != bit(r, bits - 1);
    (r, szp(size, r) | flag(carry, CF) | flag(overflow, OF))
}

#[inline]
pub(crate) fn shr(size: u8, a: u64, count: u32) -> Shifted {
    let r = (u128::from(a) >> count) as u64;
    let carry = bit(a, count - 1);
    let overflow = bit(a, 8 * u32::from(size) - 1);
    (r, szp(size, r) | flag(carry, CF) | flag(overflow, OF))
}

#[inline]
pub(crate) fn sar(size: u8, a: u64, count: u32) -> Shifted {
    let a = signed(size, a);
    let r = (a >> count.min(63)) as u64 & mask(size);
    let carry = a >> (count - 1).min(63) & 1 != 0;
    (r, szp(size, r) | flag(carry, CF))
}

fn rol(size: u8, a: u64, count: u32) -> Shifted {
    let bits = 8 * u32::from(size);
    let count = count % bits;
    let r = if count == 0 {
        a
    } else {
        (a << count | a >> (bits - count)) & mask(size)
    };
    let carry = bit(r, 0);
    (r, flag(carry, CF) | flag(carry != bit(r, bits - 1), OF))
}

fn ror(size: u8, a: u64, count: u32) -> Shifted {
    let bits = 8 * u32::from(size);
    let count = count % bits;
    let r = if count == 0 {
        a
    } else {
        (a >> count | a << (bits - count)) & mask(size)
    };
    let top = bit(r, bits - 1);
    (r, flag(top, CF) | flag(top != bit(r, bits - 2), OF))
}

/// RCL: CF is one more bit above the operand.
fn rcl(size: u8, a: u64, carry: bool, count: u32) -> Shifted {
    let bits = 8 * u32::from(size);
    let count = count % (bits + 1);
    let all = u128::from(carry) << bits | u128::from(a);
    let turned = if count == 0 {
        all
    } else {
        all << count | all >> (bits + 1 - count)
    };
    let r = turned as u64 & mask(size);
    let carry = turned >> bits & 1 != 0;
    (r, flag(carry, CF) | flag(carry != bit(r, bits - 1), OF))
}

fn rcr(size: u8, a: u64, carry: bool, count: u32) -> Shifted {
    let bits = 8 * u32::from(size);
    let count = count % (bits + 1);
    let all = u128::from(carry) << bits | u128::from(a);
    let turned = if count == 0 {
        all
    } else {
        all >> count | all << (bits + 1 - count)
    };
    let r = turned as u64 & mask(size);
    let carry = turned >> bits & 1 != 0;
    (
        r,
        flag(carry, CF) | flag(bit(r, bits - 1) != bit(r, bits - 2), OF),
    )
}

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// The count in `operand`, as hardware masks it.
    fn count(&mut self, i: &Insn, operand: Operand) -> Result<u32, Fault> {
        let limit = if i.size == 8 { 63 } else { 31 };
        Ok(self.get(i, operand, 1)? as u32 & limit)
    }

    #[inline(always)]
    fn shift(&mut self, i: &Insn, which: u64, compute: impl FnOnce(u64, u32) -> Shifted) -> Done {
        let count = self.count(i, i.b)?;
        self.modify(i, |flags, a| {
            if count == 0 {
                return a;
            }
            let (r, bits) = compute(a, count);
            flags.write(which, bits);
            r
        })
    }

    pub(super) fn shl(&mut self, i: &Insn) -> Done {
        self.shift(i, CF | PF | AF | ZF | SF | OF, |a, count| {
            shl(i.size, a, count)
        })
    }
    pub(super) fn shr(&mut self, i: &Insn) -> Done {
        self.shift(i, CF | PF | AF | ZF | SF | OF, |a, count| {
            shr(i.size, a, count)
        })
    }
    pub(super) fn sar(&mut self, i: &Insn) -> Done {
        self.shift(i, CF | PF | AF | ZF | SF | OF, |a, count| {
            sar(i.size, a, count)
        })
    }
    pub(super) fn rol(&mut self, i: &Insn) -> Done {
        self.shift(i, CF | OF, |a, count| rol(i.size, a, count))
    }
    pub(super) fn ror(&mut self, i: &Insn) -> Done {
        self.shift(i, CF | OF, |a, count| ror(i.size, a, count))
    }
    pub(super) fn rcl(&mut self, i: &Insn) -> Done {
        let carry = self.flags.cf();
        self.shift(i, CF | OF, |a, count| rcl(i.size, a, carry, count))
    }
    pub(super) fn rcr(&mut self, i: &Insn) -> Done {
        let carry = self.flags.cf();
        self.shift(i, CF | OF, |a, count| rcr(i.size, a, carry, count))
    }

    /// SHLD: shifts left, the source's top bits come in from the right. The result of shifting 16
    /// bits by more than 16 is undefined; here zeros follow.
    pub(super) fn shld(&mut self, i: &Insn) -> Done {
        let (b, count) = (self.second(i)?, self.count(i, i.c)?);
        self.double_shift(i, count, |a, bits| {
            let all = u128::from(a) << bits | u128::from(b);
            let carry = bit(a, bits.wrapping_sub(count));
            ((all << count >> bits) as u64, carry)
        })
    }
    /// SHRD: shifts right, the source's low bits come in from the left.
    pub(super) fn shrd(&mut self, i: &Insn) -> Done {
        let (b, count) = (self.second(i)?, self.count(i, i.c)?);
        self.double_shift(i, count, |a, bits| {
            let all = u128::from(b) << bits | u128::from(a);
            ((all >> count) as u64, bit(a, count - 1))
        })
    }
    fn double_shift(
        &mut self,
        i: &Insn,
        count: u32,
        compute: impl FnOnce(u64, u32) -> (u64, bool),
    ) -> Done {
        self.modify(i, |flags, a| {
            if count == 0 {
                return a;
            }
            let bits = 8 * u32::from(i.size);
            let (r, carry) = compute(a, bits);
            let r = r & mask(i.size);
            let overflow = bit(a ^ r, bits - 1);
            let new = szp(i.size, r) | flag(carry, CF) | flag(overflow, OF);
            flags.write(CF | PF | AF | ZF | SF | OF, new);
            r
        })
    }
}
