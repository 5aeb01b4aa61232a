//! The six status flags, computed only when somebody asks.
//!
//! Nearly every instruction writes them and few are read, so the usual ones leave their
//! operands and result behind instead (Bochs and QEMU do the same). Operands are kept
//! shifted to the top of a word: then the carry of an 8-bit subtraction is the same
//! 64-bit comparison as that of a 64-bit one.

use x86::reg::rflags::{AF, CF, OF, PF, SF, STATUS, ZF};

/// What wrote the flags last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Last {
    /// `known` holds all six.
    Known,
    /// r = a + b
    Add,
    /// r = a - b
    Sub,
    /// AND, OR, XOR, TEST: CF and OF are clear.
    Logic,
    /// r = a + 1; `known` holds CF, which INC leaves alone.
    Inc,
    /// r = a - 1; the same.
    Dec,
}

/// The status flags.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flags {
    last: Last,
    /// 64 minus the operand's bits.
    shift: u8,
    a: u64,
    b: u64,
    r: u64,
    known: u64,
}

/// All ones in an operand of `size` bytes.
#[inline(always)]
pub(crate) const fn mask(size: u8) -> u64 {
    u64::MAX >> (64 - 8 * size as u32)
}

/// The value of an operand of `size` bytes as a signed number.
#[inline(always)]
pub(crate) const fn signed(size: u8, value: u64) -> i64 {
    let shift = 64 - 8 * size as u32;
    (value << shift) as i64 >> shift
}

/// Whether the low byte has an even number of ones.
const fn parity(byte: u8) -> bool {
    byte.count_ones() & 1 == 0
}

/// SF, ZF and PF of a result.
pub(crate) const fn szp(size: u8, r: u64) -> u64 {
    let mut bits = 0;
    if signed(size, r) < 0 {
        bits |= SF;
    }
    if r & mask(size) == 0 {
        bits |= ZF;
    }
    if parity(r as u8) {
        bits |= PF;
    }
    bits
}

impl Flags {
    /// Flags with these values.
    pub const fn known(bits: u64) -> Self {
        Self {
            last: Last::Known,
            shift: 0,
            a: 0,
            b: 0,
            r: 0,
            known: bits & STATUS,
        }
    }
    #[inline(always)]
    fn set(&mut self, last: Last, size: u8, a: u64, b: u64, r: u64) {
        let shift = 64 - 8 * size;
        self.last = last;
        self.shift = shift;
        self.a = a << shift;
        self.b = b << shift;
        self.r = r << shift;
    }
    /// a + b. Results may have garbage above the operand size.
    #[inline(always)]
    pub fn add(&mut self, size: u8, a: u64, b: u64) -> u64 {
        let r = a.wrapping_add(b);
        self.set(Last::Add, size, a, b, r);
        r
    }
    /// a - b.
    #[inline(always)]
    pub fn sub(&mut self, size: u8, a: u64, b: u64) -> u64 {
        let r = a.wrapping_sub(b);
        self.set(Last::Sub, size, a, b, r);
        r
    }
    /// The flags of a logical result. AF is undefined; here it is clear.
    #[inline(always)]
    pub fn logic(&mut self, size: u8, r: u64) -> u64 {
        self.set(Last::Logic, size, 0, 0, r);
        r
    }
    /// a + 1, keeping CF.
    #[inline(always)]
    pub fn inc(&mut self, size: u8, a: u64) -> u64 {
        self.known = u64::from(self.cf());
        let r = a.wrapping_add(1);
        self.set(Last::Inc, size, a, 1, r);
        r
    }
    /// a - 1, keeping CF.
    #[inline(always)]
    pub fn dec(&mut self, size: u8, a: u64) -> u64 {
        self.known = u64::from(self.cf());
        let r = a.wrapping_sub(1);
        self.set(Last::Dec, size, a, 1, r);
        r
    }
    /// a + b + CF.
    pub fn adc(&mut self, size: u8, a: u64, b: u64) -> u64 {
        let carry = u64::from(self.cf());
        let r = a.wrapping_add(b).wrapping_add(carry);
        // Carry out of each bit position; the top one is CF.
        let carries = (a & b) | ((a | b) & !r);
        self.set_carries(size, a ^ b ^ r, carries, r);
        r
    }
    /// a - b - CF.
    pub fn sbb(&mut self, size: u8, a: u64, b: u64) -> u64 {
        let borrow = u64::from(self.cf());
        let r = a.wrapping_sub(b).wrapping_sub(borrow);
        let borrows = (!a & b) | ((!a | b) & r);
        self.set_carries(size, a ^ b ^ r, borrows, r);
        r
    }
    fn set_carries(&mut self, size: u8, half: u64, carries: u64, r: u64) {
        let top = 8 * size as u32 - 1;
        let mut bits = szp(size, r) | half & AF;
        if carries >> top & 1 != 0 {
            bits |= CF;
        }
        // Overflow: the carry into the sign bit differs from the one out of it.
        if (carries >> top ^ carries >> (top - 1)) & 1 != 0 {
            bits |= OF;
        }
        *self = Self::known(bits);
    }
    /// Writes the flags named in `which`.
    pub fn write(&mut self, which: u64, bits: u64) {
        *self = Self::known(self.bits() & !which | bits & which);
    }
    /// All six, as they stand in RFLAGS.
    pub fn bits(&self) -> u64 {
        if self.last == Last::Known {
            return self.known;
        }
        let flag = |on: bool, bit: u64| if on { bit } else { 0 };
        flag(self.cf(), CF)
            | flag(self.pf(), PF)
            | flag(self.af(), AF)
            | flag(self.r == 0, ZF)
            | flag((self.r as i64) < 0, SF)
            | flag(self.of(), OF)
    }
    /// Carry.
    #[inline(always)]
    pub fn cf(&self) -> bool {
        match self.last {
            Last::Known | Last::Inc | Last::Dec => self.known & CF != 0,
            Last::Add => self.r < self.a,
            Last::Sub => self.a < self.b,
            Last::Logic => false,
        }
    }
    #[inline(always)]
    fn zf(&self) -> bool {
        if self.last == Last::Known {
            self.known & ZF != 0
        } else {
            self.r == 0
        }
    }
    #[inline(always)]
    fn sf(&self) -> bool {
        if self.last == Last::Known {
            self.known & SF != 0
        } else {
            (self.r as i64) < 0
        }
    }
    #[inline(always)]
    fn of(&self) -> bool {
        let Self { a, b, r, .. } = *self;
        match self.last {
            Last::Known => self.known & OF != 0,
            Last::Add | Last::Inc => (((a ^ r) & (b ^ r)) as i64) < 0,
            Last::Sub | Last::Dec => (((a ^ b) & (a ^ r)) as i64) < 0,
            Last::Logic => false,
        }
    }
    fn pf(&self) -> bool {
        if self.last == Last::Known {
            self.known & PF != 0
        } else {
            parity((self.r >> self.shift) as u8)
        }
    }
    fn af(&self) -> bool {
        match self.last {
            Last::Known => self.known & AF != 0,
            Last::Logic => false,
            _ => (self.a ^ self.b ^ self.r) >> self.shift & AF != 0,
        }
    }
    /// The condition that the low four bits of Jcc, SETcc and CMOVcc name.
    #[inline(always)]
    pub fn condition(&self, code: u8) -> bool {
        let met = match code >> 1 {
            0 => self.of(),
            1 => self.cf(),
            2 => self.zf(),
            3 => match self.last {
                Last::Sub => self.a <= self.b,
                _ => self.cf() || self.zf(),
            },
            4 => self.sf(),
            5 => self.pf(),
            6 => match self.last {
                Last::Sub => (self.a as i64) < self.b as i64,
                _ => self.sf() != self.of(),
            },
            _ => match self.last {
                Last::Sub => (self.a as i64) <= self.b as i64,
                _ => self.zf() || self.sf() != self.of(),
            },
        };
        met != (code & 1 != 0)
    }
}
