//! Single bits: test, set, reset, complement, scan, count; byte order.

use crate::Bus;
use crate::decode::{Insn, Operand};
use crate::fault::Done;
use crate::flags::signed;
use crate::run::Run;
use probe::Probe;
use x86::reg::rflags::{CF, STATUS, ZF};

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// BT, BTS, BTR, BTC. A register as bit offset is signed and reaches beyond a memory
    /// operand; an immediate is taken modulo the operand's size.
    fn bit_op(&mut self, i: &Insn, change: Option<fn(u64, u64) -> u64>) -> Done {
        let bits = 8 * u64::from(i.size);
        let offset = self.second(i)?;
        let one = 1u64 << (offset & (bits - 1));
        let old;
        if i.a == Operand::Mem {
            let mut ea = self.ea(&i.mem);
            if i.b != Operand::Imm {
                let words = signed(i.size, offset) >> bits.trailing_zeros();
                ea = ea.wrapping_add((words * i64::from(i.size)) as u64);
                if i.mem.size != 8 {
                    ea &= crate::flags::mask(i.mem.size);
                }
            }
            if change.is_some() {
                self.check_store(i.mem.seg, ea, i.size)?;
            }
            old = self.load(i.mem.seg, ea, i.size)?;
            if let Some(change) = change {
                self.store(i.mem.seg, ea, i.size, change(old, one))?;
            }
        } else {
            old = self.first(i)?;
            if let Some(change) = change {
                self.put(i, i.a, i.size, change(old, one))?;
            }
        }
        self.flags.write(CF, u64::from(old & one != 0));
        Ok(())
    }
    pub(super) fn bt(&mut self, i: &Insn) -> Done {
        self.bit_op(i, None)
    }
    pub(super) fn bts(&mut self, i: &Insn) -> Done {
        self.bit_op(i, Some(|old, one| old | one))
    }
    pub(super) fn btr(&mut self, i: &Insn) -> Done {
        self.bit_op(i, Some(|old, one| old & !one))
    }
    pub(super) fn btc(&mut self, i: &Insn) -> Done {
        self.bit_op(i, Some(|old, one| old ^ one))
    }

    /// BSF and BSR leave the destination alone, and set ZF, if the source is zero.
    fn scan(&mut self, i: &Insn, find: fn(u64) -> u32) -> Done {
        let source = self.second(i)?;
        if source != 0 {
            self.put(i, i.a, i.size, u64::from(find(source)))?;
        }
        self.flags.write(ZF, if source == 0 { ZF } else { 0 });
        Ok(())
    }
    pub(super) fn bsf(&mut self, i: &Insn) -> Done {
        self.scan(i, u64::trailing_zeros)
    }
    pub(super) fn bsr(&mut self, i: &Insn) -> Done {
        self.scan(i, |source| 63 - source.leading_zeros())
    }
    pub(super) fn popcnt(&mut self, i: &Insn) -> Done {
        let source = self.second(i)?;
        self.flags.write(STATUS, if source == 0 { ZF } else { 0 });
        self.put(i, i.a, i.size, u64::from(source.count_ones()))
    }
    /// BSWAP of 16 bits is undefined; silicon clears them.
    pub(super) fn bswap(&mut self, i: &Insn) -> Done {
        let a = self.first(i)?;
        let swapped = match i.size {
            8 => a.swap_bytes(),
            4 => u64::from((a as u32).swap_bytes()),
            _ => 0,
        };
        self.put(i, i.a, i.size, swapped)
    }
}
