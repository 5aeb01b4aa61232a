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

mod arith;
mod convert;

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
