//! Addition, multiplication, division and square root: each exact to a sticky bit, then rounded.

use super::{Class, Env, Format, Rounding, flag};

impl Format {
    pub fn add(self, env: &mut Env, a: u64, b: u64) -> u64 {
        if self.is_nan(a) || self.is_nan(b) {
            return self.propagate(env, a, b);
        }
        let (x, y) = (self.unpack(env, a), self.unpack(env, b));
        let (na, nb) = (self.is_negative(a), self.is_negative(b));
        match (x, y) {
            (Class::Infinite, Class::Infinite) if na != nb => self.invalid(env),
            (Class::Infinite, _) => a,
            (_, Class::Infinite) => b,
            (Class::Zero, Class::Zero) => {
                let negative = if na == nb {
                    na
                } else {
                    env.rounding == Rounding::Down
                };
                self.signed(negative, 0)
            }
            (Class::Finite { exp, sig }, Class::Zero) => {
                self.round(env, na, exp, u128::from(sig) << 64)
            }
            (Class::Zero, Class::Finite { exp, sig }) => {
                self.round(env, nb, exp, u128::from(sig) << 64)
            }
            (Class::Finite { exp: ea, sig: sa }, Class::Finite { exp: eb, sig: sb }) => {
                // The larger first; both with one bit of room for the carry.
                let swap = (eb, sb) > (ea, sa);
                let (ea, sa, na, eb, sb, nb) = if swap {
                    (eb, sb, nb, ea, sa, na)
                } else {
                    (ea, sa, na, eb, sb, nb)
                };
                let large = u128::from(sa) << 63;
                let small = shift_sticky(u128::from(sb) << 63, (ea - eb) as u32);
                let sum = if na == nb {
                    large + small
                } else {
                    large - small
                };
                if sum == 0 {
                    return self.signed(env.rounding == Rounding::Down, 0);
                }
                let zeros = sum.leading_zeros();
                self.round(env, na, ea + 1 - zeros as i32, sum << zeros)
            }
            _ => unreachable!("NaNs are gone"),
        }
    }
    pub fn sub(self, env: &mut Env, a: u64, b: u64) -> u64 {
        let negated = if self.is_nan(b) { b } else { b ^ self.sign() };
        self.add(env, a, negated)
    }
    pub fn mul(self, env: &mut Env, a: u64, b: u64) -> u64 {
        if self.is_nan(a) || self.is_nan(b) {
            return self.propagate(env, a, b);
        }
        let (x, y) = (self.unpack(env, a), self.unpack(env, b));
        let negative = self.is_negative(a) != self.is_negative(b);
        match (x, y) {
            (Class::Infinite, Class::Zero) | (Class::Zero, Class::Infinite) => self.invalid(env),
            (Class::Infinite, _) | (_, Class::Infinite) => self.signed(negative, self.infinity()),
            (Class::Finite { exp: ea, sig: sa }, Class::Finite { exp: eb, sig: sb }) => {
                let product = u128::from(sa) * u128::from(sb);
                let zeros = product.leading_zeros();
                self.round(env, negative, ea + eb + 1 - zeros as i32, product << zeros)
            }
            _ => self.signed(negative, 0),
        }
    }
    pub fn div(self, env: &mut Env, a: u64, b: u64) -> u64 {
        if self.is_nan(a) || self.is_nan(b) {
            return self.propagate(env, a, b);
        }
        let (x, y) = (self.unpack(env, a), self.unpack(env, b));
        let negative = self.is_negative(a) != self.is_negative(b);
        match (x, y) {
            (Class::Infinite, Class::Infinite) | (Class::Zero, Class::Zero) => self.invalid(env),
            (Class::Infinite, _) => self.signed(negative, self.infinity()),
            (_, Class::Infinite) | (Class::Zero, _) => self.signed(negative, 0),
            (_, Class::Zero) => {
                env.flags = flag::ZE;
                self.signed(negative, self.infinity())
            }
            (Class::Finite { exp: ea, sig: sa }, Class::Finite { exp: eb, sig: sb }) => {
                let dividend = u128::from(sa) << 64;
                let (quotient, rest) = (dividend / u128::from(sb), dividend % u128::from(sb));
                let zeros = quotient.leading_zeros();
                let exp = ea - eb + 63 - zeros as i32;
                self.round(
                    env,
                    negative,
                    exp,
                    quotient << zeros | u128::from(rest != 0),
                )
            }
            _ => unreachable!("NaNs are gone"),
        }
    }
    /// The square root of `b`; `a` is not looked at.
    pub fn sqrt(self, env: &mut Env, _: u64, b: u64) -> u64 {
        if self.is_nan(b) {
            return self.propagate(env, b, b);
        }
        let negative = self.is_negative(b);
        match self.unpack(env, b) {
            Class::Zero => self.signed(negative, 0),
            _ if negative => self.invalid(env),
            Class::Finite { exp, sig } => {
                // An even exponent below: 2^(2n) has the root 2^n.
                let shift = if (exp - 63) & 1 == 0 { 64 } else { 63 };
                let square = u128::from(sig) << shift;
                let root = square.isqrt();
                let zeros = root.leading_zeros();
                let exp = (exp - 63 - shift) / 2 + 127 - zeros as i32;
                self.round(
                    env,
                    false,
                    exp,
                    root << zeros | u128::from(root * root != square),
                )
            }
            _ => self.infinity(),
        }
    }
}

/// Shifts right; what falls out makes the lowest bit one.
fn shift_sticky(value: u128, count: u32) -> u128 {
    if count >= 128 {
        return u128::from(value != 0);
    }
    let lost = value & ((1 << count) - 1) != 0;
    value >> count | u128::from(lost)
}
