//! SSE and SSE2 on floating-point numbers, single and double, one or a register full.
//!
//! Every lane is computed before anything is written: if one of them raises an exception that
//! MXCSR does not mask, the destination stays, the flags tell, and #XF follows.

use crate::Bus;
use crate::decode::{Insn, Operand};
use crate::fault::{Done, Fault};
use crate::float::{DOUBLE, Env, Format, Rounding, SINGLE, flag};
use crate::run::Run;
use core::cmp::Ordering;
use probe::Probe;
use x86::reg::cr4;
use x86::reg::rflags::{CF, PF, STATUS, ZF};

/// An operation on one lane of each operand.
type Lane = fn(Format, &mut Env, u64, u64) -> u64;

/// Bytes of a format.
fn size(format: Format) -> u32 {
    if format == SINGLE { 4 } else { 8 }
}

/// Lane `n` of a register.
fn lane(value: u128, bytes: u32, n: u32) -> u64 {
    (value >> (8 * bytes * n)) as u64 & (u64::MAX >> (64 - 8 * bytes))
}

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// Makes the flags of one or more lanes sticky; #XF (or #UD, if the system cannot handle
    /// it) if one is not masked.
    fn raise(&mut self, env: Env) -> Done {
        let before = flag::IE | flag::DE | flag::ZE;
        let unmasked = env.flags & !env.masked;
        // An exception before the computation hides those that come after it.
        let told = if unmasked & before != 0 {
            env.flags & before
        } else {
            env.flags
        };
        self.state.fpu.mxcsr |= told;
        if unmasked == 0 {
            Ok(())
        } else if self.state.cr4 & cr4::OSXMMEXCPT != 0 {
            Err(Fault::plain(x86::vector::XF))
        } else {
            Err(Fault::UD)
        }
    }
    fn float_env(&self) -> Env {
        Env::of(self.state.fpu.mxcsr)
    }

    /// ADDSS, ADDPD and the like: `op` on the lowest lane or on all of them.
    pub(super) fn float(&mut self, i: &Insn, format: Format, all: bool, op: Lane) -> Done {
        self.check_sse()?;
        let bytes = size(format);
        let a = self.xmm(i.a);
        let b = if all {
            self.xmm_source(i)?
        } else {
            self.scalar_source(i, bytes as u8)?
        };
        let mut env = self.float_env();
        let count = if all { 16 / bytes } else { 1 };
        let mut result = a;
        for n in 0..count {
            let mut one = Env { flags: 0, ..env };
            let r = op(format, &mut one, lane(a, bytes, n), lane(b, bytes, n));
            env.flags |= one.flags;
            result = put_lane(result, bytes, n, r);
        }
        self.raise(env)?;
        self.set_xmm(i.a, result);
        Ok(())
    }

    /// CMPSS and the like: all ones where the condition in the immediate holds.
    pub(super) fn float_compare(&mut self, i: &Insn, format: Format, all: bool) -> Done {
        self.check_sse()?;
        let bytes = size(format);
        let a = self.xmm(i.a);
        let b = if all {
            self.xmm_source(i)?
        } else {
            self.scalar_source(i, bytes as u8)?
        };
        let mut env = self.float_env();
        let count = if all { 16 / bytes } else { 1 };
        let condition = i.imm & 7;
        // LT, LE and their opposites do not like quiet NaNs either.
        let signalling = matches!(condition & 3, 1 | 2);
        let mut result = a;
        for n in 0..count {
            let order = format.compare(&mut env, lane(a, bytes, n), lane(b, bytes, n), signalling);
            let holds = match condition & 3 {
                0 => order == Some(Ordering::Equal),
                1 => order == Some(Ordering::Less),
                2 => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                _ => order.is_none(),
            };
            let ones = if holds != (condition & 4 != 0) {
                u64::MAX
            } else {
                0
            };
            result = put_lane(result, bytes, n, ones);
        }
        self.raise(env)?;
        self.set_xmm(i.a, result);
        Ok(())
    }

    /// COMISS and UCOMISS: the order as ZF, PF, CF; all three for "none".
    pub(super) fn float_order(&mut self, i: &Insn, format: Format, signalling: bool) -> Done {
        self.check_sse()?;
        let bytes = size(format);
        let a = self.xmm(i.a);
        let b = self.scalar_source(i, bytes as u8)?;
        let mut env = self.float_env();
        let order = format.compare(&mut env, lane(a, bytes, 0), lane(b, bytes, 0), signalling);
        self.raise(env)?;
        let bits = match order {
            None => ZF | PF | CF,
            Some(Ordering::Less) => CF,
            Some(Ordering::Equal) => ZF,
            Some(Ordering::Greater) => 0,
        };
        self.flags.write(STATUS, bits);
        Ok(())
    }

    /// CVTSS2SD, CVTSD2SS: the rest of the destination stays.
    pub(super) fn float_to_float(&mut self, i: &Insn, from: Format, to: Format) -> Done {
        self.check_sse()?;
        let b = self.scalar_source(i, size(from) as u8)?;
        let mut env = self.float_env();
        let r = from.convert(&mut env, to, lane(b, size(from), 0));
        self.raise(env)?;
        let a = self.xmm(i.a);
        self.set_xmm(i.a, put_lane(a, size(to), 0, r));
        Ok(())
    }
    /// CVTPS2PD, CVTPD2PS: two numbers, the rest becomes zero.
    pub(super) fn floats_to_floats(&mut self, i: &Insn, from: Format, to: Format) -> Done {
        self.packed_convert(i, size(from), size(to), 2, |env, bits| {
            from.convert(env, to, bits)
        })
    }
    /// CVTDQ2PS, CVTDQ2PD.
    pub(super) fn integers_to_floats(&mut self, i: &Insn, to: Format) -> Done {
        let count = 16 / size(to);
        self.packed_convert(i, 4, size(to), count, |env, bits| {
            to.of_integer(env, i64::from(bits as u32 as i32))
        })
    }
    /// CVTPS2DQ, CVTTPS2DQ, CVTPD2DQ, CVTTPD2DQ.
    pub(super) fn floats_to_integers(&mut self, i: &Insn, from: Format, truncate: bool) -> Done {
        let count = 16 / size(from);
        self.packed_convert(i, size(from), 4, count, |env, bits| {
            if truncate {
                env.rounding = Rounding::Zero;
            }
            from.to_integer(env, 32, bits)
        })
    }
    fn packed_convert(
        &mut self,
        i: &Insn,
        from: u32,
        to: u32,
        count: u32,
        convert: impl Fn(&mut Env, u64) -> u64,
    ) -> Done {
        self.check_sse()?;
        // Half a register of source is read as half, without alignment.
        let b = if from * count == 8 {
            self.scalar_source(i, 8)?
        } else {
            self.xmm_source(i)?
        };
        let mut env = self.float_env();
        let mut result = 0;
        for n in 0..count {
            let r = convert(&mut env, lane(b, from, n));
            result = put_lane(result, to, n, r);
        }
        self.raise(env)?;
        self.set_xmm(i.a, result);
        Ok(())
    }

    /// CVTSI2SS, CVTSI2SD.
    pub(super) fn integer_to_float(&mut self, i: &Insn, to: Format) -> Done {
        self.check_sse()?;
        let value = self.get(i, i.b, i.size_b)?;
        let mut env = self.float_env();
        let r = to.of_integer(&mut env, crate::flags::signed(i.size_b, value));
        self.raise(env)?;
        let a = self.xmm(i.a);
        self.set_xmm(i.a, put_lane(a, size(to), 0, r));
        Ok(())
    }
    /// CVTSS2SI, CVTTSS2SI, CVTSD2SI, CVTTSD2SI.
    pub(super) fn float_to_integer(&mut self, i: &Insn, from: Format, truncate: bool) -> Done {
        self.check_sse()?;
        let b = self.scalar_source(i, size(from) as u8)?;
        let mut env = self.float_env();
        if truncate {
            env.rounding = Rounding::Zero;
        }
        let value = from.to_integer(&mut env, 8 * u32::from(i.size), lane(b, size(from), 0));
        self.raise(env)?;
        self.put(i, i.a, i.size, value)
    }

    /// RCPSS, RSQRTSS: approximations, good to 12 bits. Each maker's silicon has a table of its own; here
    /// the exact result is cut off. No exceptions.
    pub(super) fn approximate(&mut self, i: &Insn, all: bool, root: bool) -> Done {
        self.check_sse()?;
        let a = self.xmm(i.a);
        let b = if all {
            self.xmm_source(i)?
        } else {
            self.scalar_source(i, 4)?
        };
        let mut result = a;
        for n in 0..if all { 4 } else { 1 } {
            // Denormals count as zero, all exceptions are masked, and rounding is towards zero.
            let mut env = Env::of(0x1f80 | 1 << 6 | 3 << 13 | 1 << 15);
            let one = SINGLE.of_integer(&mut env, 1);
            let mut b = lane(b, 4, n);
            if root {
                b = SINGLE.sqrt(&mut env, 0, b);
            }
            let exact = SINGLE.div(&mut env, one, b);
            let is_number = exact & 0x7f80_0000 != 0x7f80_0000;
            result = put_lane(result, 4, n, if is_number { exact & !0xfff } else { exact });
        }
        self.set_xmm(i.a, result);
        Ok(())
    }

    pub(super) fn ldmxcsr(&mut self, i: &Insn) -> Done {
        self.check_sse()?;
        let value = self.first(i)? as u32;
        if value & !MXCSR_KNOWN != 0 {
            return Err(Fault::GP0);
        }
        self.state.fpu.mxcsr = value;
        Ok(())
    }
    pub(super) fn stmxcsr(&mut self, i: &Insn) -> Done {
        self.check_sse()?;
        let value = u64::from(self.state.fpu.mxcsr);
        self.put(i, i.a, 4, value)
    }

    /// The lowest `bytes` of the second operand: memory is not read beyond them.
    fn scalar_source(&mut self, i: &Insn, bytes: u8) -> Result<u128, Fault> {
        match i.b {
            Operand::Xmm(n) => Ok(self.state.fpu.xmm[n as usize & 15]),
            _ => Ok(u128::from(self.get(i, i.b, bytes)?)),
        }
    }
}

/// The bits of MXCSR that exist: 17 (misaligned SSE) does not.
pub(super) const MXCSR_KNOWN: u32 = 0xffff;

/// `value` with its lane `n` replaced.
fn put_lane(value: u128, bytes: u32, n: u32, new: u64) -> u128 {
    let mask = (u128::MAX >> (128 - 8 * bytes)) << (8 * bytes * n);
    value & !mask | u128::from(new) << (8 * bytes * n) & mask
}

/// Formats for the rows.
pub(super) const F32: Format = SINGLE;
/// Formats for the rows.
pub(super) const F64: Format = DOUBLE;
