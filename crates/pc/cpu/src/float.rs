//! IEEE 754 arithmetic on integers: exact, and the same on every host.
//!
//! A host's own floating point differs from x86's where nobody looks (which NaN comes out,
//! when tininess is detected, what a denormal costs), and is not the same everywhere; so
//! numbers are taken apart, computed with 128-bit integers, and rounded once.
//!
//! ```text
//!  single  | s | exponent 8  | fraction 23 |
//!  double  | s | exponent 11 | fraction 52 |
//! ```

use core::cmp::Ordering;

/// A floating-point format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Format {
    exponent: u32,
    fraction: u32,
}

/// 32 bits.
pub(crate) const SINGLE: Format = Format {
    exponent: 8,
    fraction: 23,
};
/// 64 bits.
pub(crate) const DOUBLE: Format = Format {
    exponent: 11,
    fraction: 52,
};

/// Exception flags, as MXCSR has them in bits 5:0; the masks are the same shifted left by 7.
pub(crate) mod flag {
    /// Invalid operation.
    pub const IE: u32 = 1;
    /// Denormal operand.
    pub const DE: u32 = 2;
    /// Division by zero.
    pub const ZE: u32 = 4;
    /// Overflow.
    pub const OE: u32 = 8;
    /// Underflow.
    pub const UE: u32 = 16;
    /// Precision: the result was rounded.
    pub const PE: u32 = 32;
    /// All.
    pub const ALL: u32 = 63;
}

/// How to round, as MXCSR 14:13 has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rounding {
    Nearest,
    Down,
    Up,
    Zero,
}

/// What an operation takes from MXCSR, and the flags that it raises.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Env {
    pub rounding: Rounding,
    /// Denormal operands count as zero.
    pub daz: bool,
    /// Tiny results become zero.
    pub ftz: bool,
    /// Flags whose exceptions are masked.
    pub masked: u32,
    pub flags: u32,
}

impl Env {
    pub fn of(mxcsr: u32) -> Self {
        Self {
            rounding: match mxcsr >> 13 & 3 {
                0 => Rounding::Nearest,
                1 => Rounding::Down,
                2 => Rounding::Up,
                _ => Rounding::Zero,
            },
            daz: mxcsr & 1 << 6 != 0,
            ftz: mxcsr & 1 << 15 != 0,
            masked: mxcsr >> 7 & flag::ALL,
            flags: 0,
        }
    }
}

/// A number taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    Zero,
    /// `sig` * 2^(`exp` - 63), the top bit of `sig` set.
    Finite {
        exp: i32,
        sig: u64,
    },
    Infinite,
    Nan,
}

impl Format {
    const fn bits(self) -> u32 {
        1 + self.exponent + self.fraction
    }
    const fn bias(self) -> i32 {
        (1 << (self.exponent - 1)) - 1
    }
    const fn sign(self) -> u64 {
        1 << (self.bits() - 1)
    }
    const fn fraction_mask(self) -> u64 {
        (1 << self.fraction) - 1
    }
    const fn infinity(self) -> u64 {
        ((1 << self.exponent) - 1) << self.fraction
    }
    /// The bit that tells a quiet NaN from a signalling one.
    const fn quiet(self) -> u64 {
        1 << (self.fraction - 1)
    }
    /// What an invalid operation gives: a quiet NaN with the sign set.
    pub const fn indefinite(self) -> u64 {
        self.sign() | self.infinity() | self.quiet()
    }
    fn is_nan(self, bits: u64) -> bool {
        bits & !self.sign() > self.infinity()
    }
    fn is_signalling(self, bits: u64) -> bool {
        self.is_nan(bits) && bits & self.quiet() == 0
    }
    fn is_denormal(self, bits: u64) -> bool {
        let magnitude = bits & !self.sign();
        magnitude != 0 && magnitude <= self.fraction_mask()
    }
    fn is_negative(self, bits: u64) -> bool {
        bits & self.sign() != 0
    }

    /// Takes apart. A denormal is noted in the flags, or is zero under DAZ.
    fn unpack(self, env: &mut Env, bits: u64) -> Class {
        let magnitude = bits & !self.sign();
        if magnitude > self.infinity() {
            return Class::Nan;
        }
        if magnitude == self.infinity() {
            return Class::Infinite;
        }
        let fraction = magnitude & self.fraction_mask();
        let field = (magnitude >> self.fraction) as i32;
        if field != 0 {
            let sig = (1 << self.fraction | fraction) << (63 - self.fraction);
            return Class::Finite {
                exp: field - self.bias(),
                sig,
            };
        }
        if fraction == 0 || env.daz {
            return Class::Zero;
        }
        env.flags |= flag::DE;
        let zeros = fraction.leading_zeros();
        let exp = 1 - self.bias() - (zeros as i32 - (63 - self.fraction as i32));
        Class::Finite {
            exp,
            sig: fraction << zeros,
        }
    }

    /// The NaN that comes out of NaNs going in: the first one, made quiet.
    fn propagate(self, env: &mut Env, a: u64, b: u64) -> u64 {
        if self.is_signalling(a) || self.is_signalling(b) {
            env.flags |= flag::IE;
        }
        (if self.is_nan(a) { a } else { b }) | self.quiet()
    }
    fn invalid(self, env: &mut Env) -> u64 {
        // Nothing of lower priority is told beside it.
        env.flags = flag::IE;
        self.indefinite()
    }
    fn signed(self, negative: bool, magnitude: u64) -> u64 {
        if negative {
            self.sign() | magnitude
        } else {
            magnitude
        }
    }

    /// Rounds `sig` * 2^(`exp` - 127), the top bit of `sig` set and its lowest bit sticky, to this
    /// format. Tininess is detected after rounding, as SSE does.
    fn round(self, env: &mut Env, negative: bool, exp: i32, sig: u128) -> u64 {
        let precision = self.fraction as i32 + 1;
        let least = 1 - self.bias();
        let (kept, inexact) = keep(env.rounding, negative, sig, precision);
        let carried = kept >> precision != 0;
        let tiny = exp + i32::from(carried) < least;
        if exp < least {
            if tiny && env.masked & flag::UE == 0 {
                // The handler gets the result as if exponents had no end: was *that* rounded?
                env.flags |= flag::UE | if inexact { flag::PE } else { 0 };
                return self.signed(negative, 0);
            }
            if tiny && env.ftz {
                env.flags |= flag::UE | flag::PE;
                return self.signed(negative, 0);
            }
            let (kept, inexact) = keep(env.rounding, negative, sig, precision - (least - exp));
            if inexact {
                env.flags |= flag::PE | if tiny { flag::UE } else { 0 };
            }
            // A carry into the smallest normal number is right as it stands.
            return self.signed(negative, kept as u64);
        }
        let (exp, kept) = if carried {
            (exp + 1, kept >> 1)
        } else {
            (exp, kept)
        };
        if inexact {
            env.flags |= flag::PE;
        }
        if exp > self.bias() {
            env.flags |= flag::OE;
            if env.masked & flag::OE != 0 {
                env.flags |= flag::PE;
            }
            let to_infinity = match env.rounding {
                Rounding::Nearest => true,
                Rounding::Zero => false,
                Rounding::Down => negative,
                Rounding::Up => !negative,
            };
            let magnitude = self.infinity() - u64::from(!to_infinity);
            return self.signed(negative, magnitude);
        }
        let field = (exp + self.bias()) as u64;
        self.signed(
            negative,
            field << self.fraction | kept as u64 & self.fraction_mask(),
        )
    }

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

/// Shifts right; what falls out makes the lowest bit one.
fn shift_sticky(value: u128, count: u32) -> u128 {
    if count >= 128 {
        return u128::from(value != 0);
    }
    let lost = value & ((1 << count) - 1) != 0;
    value >> count | u128::from(lost)
}

/// The top `count` bits of `sig` (none or less than none is possible), rounded, and whether
/// anything was lost.
fn keep(rounding: Rounding, negative: bool, sig: u128, count: i32) -> (u128, bool) {
    if count >= 128 {
        return (sig, false);
    }
    // As a number with one bit below the kept ones, and a sticky bit below that.
    let (kept, half, rest) = if count < 0 {
        (0, false, sig != 0)
    } else {
        let below = 128 - count as u32;
        let kept = if below == 128 { 0 } else { sig >> below };
        let half = sig >> (below - 1) & 1 != 0;
        let rest = sig & ((1 << (below - 1)) - 1) != 0;
        (kept, half, rest)
    };
    let inexact = half || rest;
    let up = match rounding {
        Rounding::Nearest => half && (rest || kept & 1 != 0),
        Rounding::Zero => false,
        Rounding::Down => negative && inexact,
        Rounding::Up => !negative && inexact,
    };
    (kept + u128::from(up), inexact)
}
