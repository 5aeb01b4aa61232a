//! SSE and SSE2 on integers and bits: moving, logic, shuffling, packed arithmetic.
//!
//! A register is one `u128`; a packed operation takes it apart into lanes of 1, 2, 4 or 8 bytes.
//! What a lane does stands in the instruction's row.

use crate::Bus;
use crate::decode::{Insn, Operand};
use crate::fault::{Done, Fault};
use crate::run::Run;
use probe::Probe;
use x86::reg::{cr0, cr4};

/// Applies `f` to each pair of lanes of `bytes` bytes.
fn lanes(bytes: u32, a: u128, b: u128, f: impl Fn(u64, u64) -> u64) -> u128 {
    let bits = 8 * bytes;
    let mask = u64::MAX >> (64 - bits);
    (0..16 / bytes).fold(0, |result, n| {
        let lane = |value: u128| (value >> (bits * n)) as u64 & mask;
        result | u128::from(f(lane(a), lane(b)) & mask) << (bits * n)
    })
}

/// A byte, word or doubleword as a signed number.
pub(super) fn s8(value: u64) -> i64 {
    i64::from(value as u8 as i8)
}
pub(super) fn s16(value: u64) -> i64 {
    i64::from(value as u16 as i16)
}
pub(super) fn s32(value: u64) -> i64 {
    i64::from(value as u32 as i32)
}
/// Clamps to a range.
pub(super) fn clamp(value: i64, low: i64, high: i64) -> u64 {
    value.clamp(low, high) as u64
}
/// All ones or none.
pub(super) fn ones(yes: bool) -> u64 {
    if yes { u64::MAX } else { 0 }
}

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// #UD if the system has not switched SSE on, #NM if it wants to know of its use.
    pub(super) fn check_sse(&self) -> Done {
        if self.state.cr0 & cr0::EM != 0 || self.state.cr4 & cr4::OSFXSR == 0 {
            return Err(Fault::UD);
        }
        if self.state.cr0 & cr0::TS != 0 {
            Err(Fault::NM)
        } else {
            Ok(())
        }
    }
    pub(super) fn xmm(&self, operand: Operand) -> u128 {
        match operand {
            Operand::Xmm(n) => self.state.fpu.xmm[n as usize & 15],
            _ => 0,
        }
    }
    pub(super) fn set_xmm(&mut self, operand: Operand, value: u128) {
        if let Operand::Xmm(n) = operand {
            self.state.fpu.xmm[n as usize & 15] = value;
        }
    }
    /// The second operand, 16 bytes; memory must be aligned.
    pub(super) fn xmm_source(&mut self, i: &Insn) -> Result<u128, Fault> {
        match i.b {
            Operand::Mem => {
                let ea = self.ea(&i.mem);
                self.load_128(i.mem.seg, ea, true)
            }
            other => Ok(self.xmm(other)),
        }
    }

    /// MOVAPS, MOVDQA, MOVUPS…: 16 bytes.
    pub(super) fn mov_128(&mut self, i: &Insn, aligned: bool) -> Done {
        self.check_sse()?;
        let value = match i.b {
            Operand::Mem => {
                let ea = self.ea(&i.mem);
                self.load_128(i.mem.seg, ea, aligned)?
            }
            other => self.xmm(other),
        };
        if i.a == Operand::Mem {
            let ea = self.ea(&i.mem);
            return self.store_128(i.mem.seg, ea, value, aligned);
        }
        self.set_xmm(i.a, value);
        Ok(())
    }
    /// MOVSS and MOVSD: from memory the rest of the register becomes zero, from a register it stays.
    pub(super) fn mov_scalar(&mut self, i: &Insn, bytes: u8) -> Done {
        self.check_sse()?;
        let mask = u128::MAX >> (128 - 8 * u32::from(bytes));
        match (i.a, i.b) {
            (Operand::Mem, from) => {
                let value = self.xmm(from) as u64;
                self.put(i, i.a, bytes, value)
            }
            (to, Operand::Mem) => {
                let value = self.get(i, i.b, bytes)?;
                self.set_xmm(to, u128::from(value));
                Ok(())
            }
            (to, from) => {
                let value = self.xmm(to) & !mask | self.xmm(from) & mask;
                self.set_xmm(to, value);
                Ok(())
            }
        }
    }
    /// MOVD and MOVQ: 4 or 8 bytes between a vector register and a general one or memory.
    pub(super) fn mov_low(&mut self, i: &Insn) -> Done {
        if matches!(i.a, Operand::Mm(_)) || matches!(i.b, Operand::Mm(_)) {
            return Err(Fault::UD);
        }
        self.check_sse()?;
        match (i.a, i.b) {
            (Operand::Xmm(_), Operand::Xmm(_)) => {
                let value = self.xmm(i.b) as u64;
                self.set_xmm(i.a, u128::from(value));
                Ok(())
            }
            (Operand::Xmm(_), from) => {
                let value = self.get(i, from, i.size_b)?;
                self.set_xmm(i.a, u128::from(value));
                Ok(())
            }
            (to, from) => {
                let value = self.xmm(from) as u64;
                self.put(i, to, i.size, value & crate::flags::mask(i.size))
            }
        }
    }
    /// MOVLPS, MOVHPS, MOVLPD, MOVHPD, and between registers MOVHLPS and MOVLHPS: one half.
    /// `to` and `from` are bit positions.
    pub(super) fn mov_half(&mut self, i: &Insn, to: u32, from: u32) -> Done {
        self.check_sse()?;
        match (i.a, i.b) {
            (Operand::Mem, Operand::Xmm(_)) => {
                let value = (self.xmm(i.b) >> to) as u64;
                self.put(i, i.a, 8, value)
            }
            (_, source) => {
                let value = match source {
                    Operand::Mem => self.get(i, source, 8)?,
                    other => (self.xmm(other) >> from) as u64,
                };
                let kept = self.xmm(i.a) & !(u128::from(u64::MAX) << to);
                self.set_xmm(i.a, kept | u128::from(value) << to);
                Ok(())
            }
        }
    }
    /// MOVMSKPS, MOVMSKPD, PMOVMSKB: the top bits of all lanes.
    pub(super) fn sign_mask(&mut self, i: &Insn, bytes: u32) -> Done {
        if matches!(i.b, Operand::Mm(_)) {
            return Err(Fault::UD);
        }
        self.check_sse()?;
        let value = self.xmm(i.b);
        let mask = (0..16 / bytes).fold(0, |mask, n| {
            mask | (value >> (8 * bytes * (n + 1) - 1) & 1) << n
        });
        self.put(i, i.a, i.size, mask as u64)
    }
    /// MASKMOVDQU: stores the bytes whose mask has its top bit set.
    pub(super) fn masked_store(&mut self, i: &Insn) -> Done {
        self.check_sse()?;
        let (value, mask) = (self.xmm(i.b), self.xmm(i.c));
        let ea = self.reg(crate::state::gpr::RDI as u8, i.mem.size);
        let chosen = |n: u32| mask >> (8 * n + 7) & 1 != 0;
        // All 16 places must be writable, picked or not.
        self.check_store(i.mem.seg, ea, 16)?;
        for n in (0..16).filter(|&n| chosen(n)) {
            self.store(
                i.mem.seg,
                ea.wrapping_add(u64::from(n)),
                1,
                (value >> (8 * n)) as u64 & 0xff,
            )?;
        }
        Ok(())
    }

    /// A packed operation, lane by lane.
    pub(super) fn packed(&mut self, i: &Insn, bytes: u32, f: fn(u64, u64) -> u64) -> Done {
        self.whole(i, |a, b| lanes(bytes, a, b, f))
    }
    /// An operation on whole registers. There are no MMX registers here.
    pub(super) fn whole(&mut self, i: &Insn, f: impl Fn(u128, u128) -> u128) -> Done {
        if matches!(i.a, Operand::Mm(_)) {
            return Err(Fault::UD);
        }
        self.check_sse()?;
        let b = self.xmm_source(i)?;
        let a = self.xmm(i.a);
        self.set_xmm(i.a, f(a, b));
        Ok(())
    }

    /// PSLLW and the like: one count for all lanes, from an immediate or the low half of a register.
    pub(super) fn packed_shift(
        &mut self,
        i: &Insn,
        bytes: u32,
        f: fn(u32, u64, u32) -> u64,
    ) -> Done {
        if matches!(i.a, Operand::Mm(_)) {
            return Err(Fault::UD);
        }
        self.check_sse()?;
        let count = match i.b {
            Operand::Imm => i.imm & 0xff,
            _ => self.xmm_source(i)? as u64,
        };
        let count = count.min(64) as u32;
        let a = self.xmm(i.a);
        self.set_xmm(i.a, lanes(bytes, a, 0, |a, _| f(8 * bytes, a, count)));
        Ok(())
    }
    /// PSLLDQ and PSRLDQ: the whole register by bytes.
    pub(super) fn byte_shift(&mut self, i: &Insn, left: bool) -> Done {
        self.check_sse()?;
        let count = 8 * (i.imm & 0xff).min(16) as u32;
        let a = self.xmm(i.a);
        let shifted = if left {
            a.checked_shl(count)
        } else {
            a.checked_shr(count)
        };
        self.set_xmm(i.a, shifted.unwrap_or(0));
        Ok(())
    }

    /// PUNPCK*, UNPCK*: lanes of both operands by turns, of the low or the high half.
    pub(super) fn interleave(&mut self, i: &Insn, bytes: u32, high: bool) -> Done {
        let bits = 8 * bytes;
        let mask = u128::MAX >> (128 - bits);
        let from = if high { 8 / bytes } else { 0 };
        self.whole(i, |a, b| {
            (0..8 / bytes).fold(0, |result, n| {
                let lane = |value: u128| value >> (bits * (from + n)) & mask;
                result | lane(a) << (2 * bits * n) | lane(b) << (2 * bits * n + bits)
            })
        })
    }
    /// PACKSSWB and the like: two registers of lanes squeezed into one with lanes of half the size.
    pub(super) fn pack(&mut self, i: &Insn, bytes: u32, squeeze: fn(u64) -> u64) -> Done {
        let (bits, half) = (8 * bytes, 4 * bytes);
        let mask = u64::MAX >> (64 - bits);
        self.whole(i, |a, b| {
            let pack = |value: u128| {
                (0..16 / bytes).fold(0u128, |result, n| {
                    let lane = (value >> (bits * n)) as u64 & mask;
                    result | u128::from(squeeze(lane) & mask >> half) << (half * n)
                })
            };
            pack(a) | pack(b) << 64
        })
    }
    /// PSHUFD: four doublewords of the source, as the immediate picks them.
    pub(super) fn shuffle_32(&mut self, i: &Insn) -> Done {
        let pick = i.imm;
        self.whole(i, |_, b| select(pick, 32, |_| b))
    }
    /// PSHUFLW (`base` 0) and PSHUFHW (`base` 64): the words of one half.
    pub(super) fn shuffle_16(&mut self, i: &Insn, base: u32) -> Done {
        let pick = i.imm;
        self.whole(i, |_, b| {
            let half = select(pick, 16, |_| b >> base);
            b & !(u128::from(u64::MAX) << base) | half << base
        })
    }
    /// SHUFPS: two from the destination, two from the source.
    pub(super) fn shuffle_single(&mut self, i: &Insn) -> Done {
        let pick = i.imm;
        self.whole(i, |a, b| select(pick, 32, |n| if n < 2 { a } else { b }))
    }
    /// SHUFPD: one from each.
    pub(super) fn shuffle_double(&mut self, i: &Insn) -> Done {
        let pick = i.imm;
        self.whole(i, |a, b| {
            let half =
                |value: u128, bit: u64| value >> (64 * (pick >> bit & 1)) & u128::from(u64::MAX);
            half(a, 0) | half(b, 1) << 64
        })
    }
    /// PINSRW.
    pub(super) fn insert_word(&mut self, i: &Insn) -> Done {
        if matches!(i.a, Operand::Mm(_)) {
            return Err(Fault::UD);
        }
        self.check_sse()?;
        let value = self.get(i, i.b, 2)? as u16;
        let at = 16 * (i.imm & 7);
        let kept = self.xmm(i.a) & !(0xffff << at);
        self.set_xmm(i.a, kept | u128::from(value) << at);
        Ok(())
    }
    /// PEXTRW.
    pub(super) fn extract_word(&mut self, i: &Insn) -> Done {
        if !matches!((i.a, i.b), (Operand::Reg(_), Operand::Xmm(_))) {
            return Err(Fault::UD);
        }
        self.check_sse()?;
        let value = (self.xmm(i.b) >> (16 * (i.imm & 7))) as u64 & 0xffff;
        self.put(i, i.a, i.size, value)
    }
}

/// Four lanes of `bits` bits; two bits of `pick` for each say which lane of `from(n)`.
fn select(pick: u64, bits: u32, from: impl Fn(u32) -> u128) -> u128 {
    let mask = u128::MAX >> (128 - bits);
    (0..4).fold(0, |result, n| {
        let which = (pick >> (2 * n) & 3) as u32;
        result | (from(n) >> (bits * which) & mask) << (bits * n)
    })
}

/// PMADDWD: pairs of words multiplied and added.
pub(super) fn multiply_add(a: u64, b: u64) -> u64 {
    let product = |shift: u32| s16(a >> shift) * s16(b >> shift);
    (product(0) + product(16)) as u64
}
/// PSADBW: the sum of eight absolute differences.
pub(super) fn differences(a: u64, b: u64) -> u64 {
    let pairs = a.to_le_bytes().into_iter().zip(b.to_le_bytes());
    pairs.map(|(a, b)| u64::from(a.abs_diff(b))).sum()
}
/// Logical shifts give zero, arithmetic ones the sign, when the count is too large.
pub(super) fn left(bits: u32, a: u64, count: u32) -> u64 {
    if count >= bits { 0 } else { a << count }
}
pub(super) fn right(bits: u32, a: u64, count: u32) -> u64 {
    if count >= bits { 0 } else { a >> count }
}
pub(super) fn arithmetic(bits: u32, a: u64, count: u32) -> u64 {
    let signed = (a << (64 - bits)) as i64 >> (64 - bits);
    (signed >> count.min(bits - 1)) as u64
}
