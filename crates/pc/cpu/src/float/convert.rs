//! Comparing numbers, and carrying them over to other formats and to integers.

use super::{Class, Env, Format, flag, keep};
use core::cmp::Ordering;

impl Format {
    /// a < b, a = b, a > b, or `None` if one of them is a NaN. A quiet NaN is invalid only to a
    /// `signalling` comparison.
    pub fn compare(self, env: &mut Env, a: u64, b: u64, signalling: bool) -> Option<Ordering> {
        if self.is_nan(a) || self.is_nan(b) {
            if signalling || self.is_signalling(a) || self.is_signalling(b) {
                env.flags |= flag::IE;
            }
            return None;
        }
        let order = |bits: u64, env: &mut Env| {
            let magnitude = match self.unpack(env, bits) {
                Class::Zero => 0,
                _ => (bits & !self.sign()) as i64,
            };
            if self.is_negative(bits) {
                -magnitude
            } else {
                magnitude
            }
        };
        let (a, b) = (order(a, env), order(b, env));
        Some(a.cmp(&b))
    }
    /// MINSS: the second operand if either is a NaN or both are zero.
    pub fn min(self, env: &mut Env, a: u64, b: u64) -> u64 {
        let first = self.compare(env, a, b, true) == Some(Ordering::Less);
        self.flushed(env, if first { a } else { b })
    }
    pub fn max(self, env: &mut Env, a: u64, b: u64) -> u64 {
        let first = self.compare(env, a, b, true) == Some(Ordering::Greater);
        self.flushed(env, if first { a } else { b })
    }
    /// Under DAZ a denormal is passed on as zero.
    fn flushed(self, env: &Env, bits: u64) -> u64 {
        if env.daz && self.is_denormal(bits) {
            bits & self.sign()
        } else {
            bits
        }
    }

    /// To another format.
    pub fn convert(self, env: &mut Env, to: Self, bits: u64) -> u64 {
        let negative = self.is_negative(bits);
        match self.unpack(env, bits) {
            Class::Zero => to.signed(negative, 0),
            Class::Infinite => to.signed(negative, to.infinity()),
            Class::Finite { exp, sig } => to.round(env, negative, exp, u128::from(sig) << 64),
            Class::Nan => {
                if self.is_signalling(bits) {
                    env.flags |= flag::IE;
                }
                let payload = bits & self.fraction_mask();
                let payload = if to.fraction >= self.fraction {
                    payload << (to.fraction - self.fraction)
                } else {
                    payload >> (self.fraction - to.fraction)
                };
                to.signed(negative, to.infinity() | to.quiet() | payload)
            }
        }
    }
    /// To a signed integer of `width` bits. What does not fit is invalid: the smallest integer.
    pub fn to_integer(self, env: &mut Env, width: u32, bits: u64) -> u64 {
        let indefinite = 1u64 << (width - 1);
        let negative = self.is_negative(bits);
        let before = env.flags;
        let class = self.unpack(env, bits);
        // A denormal is not told here: rounding it away is enough.
        env.flags = before;
        let (exp, sig) = match class {
            Class::Zero => return 0,
            Class::Finite { exp, sig } if exp < 64 => (exp, sig),
            _ => {
                env.flags |= flag::IE;
                return indefinite;
            }
        };
        let (magnitude, inexact) = keep(env.rounding, negative, u128::from(sig) << 64, exp + 1);
        let limit = u128::from(indefinite) - u128::from(!negative);
        if magnitude > limit {
            env.flags |= flag::IE;
            return indefinite;
        }
        if inexact {
            env.flags |= flag::PE;
        }
        let value = magnitude as u64;
        if negative {
            value.wrapping_neg()
        } else {
            value
        }
    }
    /// From a signed integer.
    pub fn of_integer(self, env: &mut Env, value: i64) -> u64 {
        let magnitude = value.unsigned_abs();
        if magnitude == 0 {
            return 0;
        }
        let zeros = magnitude.leading_zeros();
        let sig = u128::from(magnitude << zeros) << 64;
        self.round(env, value < 0, 63 - zeros as i32, sig)
    }
}
