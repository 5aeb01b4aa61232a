//! Addition, subtraction, multiplication, division.

use crate::Bus;
use crate::decode::{Insn, Operand};
use crate::fault::{Done, Fault};
use crate::flags::{mask, signed};
use crate::run::Run;
use crate::state::gpr::{RAX, RBX, RCX, RDX};
use probe::Probe;
use x86::reg::rflags::{CF, OF, ZF};

const AX: u8 = RAX as u8;
const DX: u8 = RDX as u8;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    #[inline(always)]
    pub(super) fn add(&mut self, i: &Insn) -> Done {
        let b = self.second(i)?;
        self.modify(i, |flags, a| flags.add(i.size, a, b))
    }
    pub(super) fn adc(&mut self, i: &Insn) -> Done {
        let b = self.second(i)?;
        self.modify(i, |flags, a| flags.adc(i.size, a, b))
    }
    #[inline(always)]
    pub(super) fn sub(&mut self, i: &Insn) -> Done {
        let b = self.second(i)?;
        self.modify(i, |flags, a| flags.sub(i.size, a, b))
    }
    pub(super) fn sbb(&mut self, i: &Insn) -> Done {
        let b = self.second(i)?;
        self.modify(i, |flags, a| flags.sbb(i.size, a, b))
    }
    #[inline(always)]
    pub(super) fn cmp(&mut self, i: &Insn) -> Done {
        let a = self.first(i)?;
        let b = self.second(i)?;
        self.flags.sub(i.size, a, b);
        Ok(())
    }
    #[inline(always)]
    pub(super) fn inc(&mut self, i: &Insn) -> Done {
        self.modify(i, |flags, a| flags.inc(i.size, a))
    }
    #[inline(always)]
    pub(super) fn dec(&mut self, i: &Insn) -> Done {
        self.modify(i, |flags, a| flags.dec(i.size, a))
    }
    pub(super) fn neg(&mut self, i: &Insn) -> Done {
        self.modify(i, |flags, a| flags.sub(i.size, 0, a))
    }

    /// XADD: the sum to the destination, the destination's old value to the source.
    pub(super) fn xadd(&mut self, i: &Insn) -> Done {
        let b = self.second(i)?;
        let mut old = 0;
        if i.a == Operand::Mem {
            self.modify(i, |flags, a| {
                old = a;
                flags.add(i.size, a, b)
            })?;
            return self.put(i, i.b, i.size, old);
        }
        // With twice the same register the sum wins: it is written last.
        let a = self.first(i)?;
        self.put(i, i.b, i.size, a)?;
        let sum = self.flags.add(i.size, a, b);
        self.put(i, i.a, i.size, sum)
    }

    /// CMPXCHG: if the accumulator equals the destination, the source goes there; else the
    /// destination goes to the accumulator. Memory is written either way.
    pub(super) fn cmpxchg(&mut self, i: &Insn) -> Done {
        let new = self.second(i)?;
        let wanted = self.reg(AX, i.size);
        let mut old = 0;
        if i.a == Operand::Mem {
            self.modify(i, |flags, a| {
                old = a;
                flags.sub(i.size, wanted, a);
                if a == wanted { new } else { a }
            })?;
        } else {
            old = self.first(i)?;
            self.flags.sub(i.size, wanted, old);
            if old == wanted {
                self.put(i, i.a, i.size, new)?;
            }
        }
        if old != wanted {
            self.set_reg(AX, i.size, old);
        }
        Ok(())
    }

    /// CMPXCHG8B: the same with EDX:EAX and ECX:EBX.
    pub(super) fn cmpxchg8b(&mut self, i: &Insn) -> Done {
        let ea = self.ea(&i.mem);
        self.check_store(i.mem.seg, ea, 8)?;
        let old = self.load(i.mem.seg, ea, 8)?;
        let pair = |cpu: &Self, high: usize, low: usize| {
            cpu.state.gpr[high] << 32 | cpu.state.gpr[low] & 0xffff_ffff
        };
        let equal = old == pair(self, RDX, RAX);
        let new = if equal { pair(self, RCX, RBX) } else { old };
        self.store(i.mem.seg, ea, 8, new)?;
        if !equal {
            self.set_reg(AX, 4, old);
            self.set_reg(DX, 4, old >> 32);
        }
        self.flags.write(ZF, if equal { ZF } else { 0 });
        Ok(())
    }

    /// CMPXCHG16B: with RDX:RAX and RCX:RBX; the operand must be aligned.
    pub(super) fn cmpxchg16b(&mut self, i: &Insn) -> Done {
        let ea = self.ea(&i.mem);
        let old = self.load_128_for_store(i.mem.seg, ea)?;
        let pair = |cpu: &Self, high: usize, low: usize| {
            u128::from(cpu.state.gpr[high]) << 64 | u128::from(cpu.state.gpr[low])
        };
        let equal = old == pair(self, RDX, RAX);
        let new = if equal { pair(self, RCX, RBX) } else { old };
        self.store_128(i.mem.seg, ea, new, true)?;
        if !equal {
            self.set_reg(AX, 8, old as u64);
            self.set_reg(DX, 8, (old >> 64) as u64);
        }
        self.flags.write(ZF, if equal { ZF } else { 0 });
        Ok(())
    }
    fn load_128_for_store(&mut self, seg: u8, ea: u64) -> Result<u128, Fault> {
        self.check_aligned(seg, ea, true)?;
        self.check_store(seg, ea, 16)?;
        self.load_128(seg, ea, true)
    }

    /// MUL: unsigned, into AX, DX:AX, EDX:EAX or RDX:RAX.
    pub(super) fn mul(&mut self, i: &Insn) -> Done {
        let b = self.first(i)?;
        let product = u128::from(self.reg(AX, i.size)) * u128::from(b);
        self.put_wide(i.size, product);
        let high = product >> (8 * u32::from(i.size)) != 0;
        self.multiplied(i.size, product as u64, high);
        Ok(())
    }

    /// IMUL, in its three forms.
    pub(super) fn imul(&mut self, i: &Insn) -> Done {
        let (a, b) = match (i.b, i.c) {
            (Operand::None, _) => (self.reg(AX, i.size), self.first(i)?),
            (_, Operand::None) => (self.first(i)?, self.second(i)?),
            (_, third) => (self.second(i)?, self.get(i, third, i.size)?),
        };
        let product = i128::from(signed(i.size, a)) * i128::from(signed(i.size, b));
        let low = product as u64 & mask(i.size);
        let overflow = i128::from(signed(i.size, low)) != product;
        if i.b == Operand::None {
            self.put_wide(i.size, product as u128);
        } else {
            self.put(i, i.a, i.size, low)?;
        }
        self.multiplied(i.size, low, overflow);
        Ok(())
    }

    /// A double-width result: AH:AL for bytes, DX:AX and so on for the others.
    fn put_wide(&mut self, size: u8, value: u128) {
        if size == 1 {
            self.set_reg(AX, 2, value as u64);
        } else {
            self.set_reg(AX, size, value as u64);
            self.set_reg(DX, size, (value >> (8 * u32::from(size))) as u64);
        }
    }
    /// CF and OF say that the upper half matters. The others are undefined: left alone.
    fn multiplied(&mut self, _size: u8, _low: u64, high: bool) {
        self.flags.write(CF | OF, if high { CF | OF } else { 0 });
    }

    fn wide_dividend(&self, size: u8) -> u128 {
        if size == 1 {
            return u128::from(self.reg(AX, 2));
        }
        u128::from(self.reg(DX, size)) << (8 * u32::from(size)) | u128::from(self.reg(AX, size))
    }
    fn put_quotient(&mut self, size: u8, quotient: u64, remainder: u64) {
        if size == 1 {
            self.set_reg(AX, 2, quotient & 0xff | (remainder & 0xff) << 8);
        } else {
            self.set_reg(AX, size, quotient);
            self.set_reg(DX, size, remainder);
        }
    }

    /// DIV: #DE if the divisor is zero or the quotient does not fit. All flags are undefined.
    pub(super) fn div(&mut self, i: &Insn) -> Done {
        let divisor = u128::from(self.first(i)?);
        let dividend = self.wide_dividend(i.size);
        // 64-bit division where it is enough: 128 bits are slow.
        let (quotient, remainder) = match (u64::try_from(dividend), divisor as u64) {
            (_, 0) => return Err(Fault::DE),
            (Ok(dividend), divisor) => (u128::from(dividend / divisor), dividend % divisor),
            _ => (dividend / divisor, (dividend % divisor) as u64),
        };
        if quotient > u128::from(mask(i.size)) {
            return Err(Fault::DE);
        }
        self.put_quotient(i.size, quotient as u64, remainder);
        Ok(())
    }

    /// IDIV: rounds towards zero, the remainder has the dividend's sign.
    pub(super) fn idiv(&mut self, i: &Insn) -> Done {
        let divisor = i128::from(signed(i.size, self.first(i)?));
        let unused = 128 - 16 * u32::from(i.size);
        let dividend = (self.wide_dividend(i.size) << unused) as i128 >> unused;
        let (Some(quotient), Some(remainder)) =
            (dividend.checked_div(divisor), dividend.checked_rem(divisor))
        else {
            return Err(Fault::DE);
        };
        if i128::from(signed(i.size, quotient as u64)) != quotient {
            return Err(Fault::DE);
        }
        self.put_quotient(i.size, quotient as u64, remainder as u64);
        Ok(())
    }

    /// CBW, CWDE, CDQE: the lower half of the accumulator, sign-extended.
    pub(super) fn widen(&mut self, i: &Insn) -> Done {
        let half = i.size / 2;
        let value = signed(half, self.reg(AX, half)) as u64;
        self.set_reg(AX, i.size, value);
        Ok(())
    }
    /// CWD, CDQ, CQO: the accumulator's sign, all over RDX.
    pub(super) fn spread(&mut self, i: &Insn) -> Done {
        let sign = signed(i.size, self.reg(AX, i.size)) >> 63;
        self.set_reg(DX, i.size, sign as u64);
        Ok(())
    }
}
