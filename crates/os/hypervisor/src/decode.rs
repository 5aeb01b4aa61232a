//! # 21. What did it want to do?
//!
//! When a guest faults we have an address, and at that address up to fifteen bytes. This is
//! a decoder for exactly the instructions that trap in ring 3: some forty rows, 32-bit and
//! 64-bit forms. Everything else is [`None`], and the fault is the guest's own.
//!
//! ```text
//!  | prefixes  | REX  | opcode     | ModRM | SIB | displacement | immediate |
//!    66 67 F2/F3  64-bit  1, or 0F + 1  mod reg rm
//! ```
//! (APM vol. 3 chapter 1.) The tests compare every row with a complete decoder.

use crate::emulate::Op;

/// Where an operand is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// There is none, or the opcode implies it.
    None,
    /// General register in encoding order.
    Register(u8),
    /// In memory.
    Memory(Memory),
    /// In the instruction.
    Immediate(u64),
    /// A far pointer in the instruction: offset and selector.
    Far(u64, u16),
}

/// A memory operand, as parts: the registers' values are the emulator's business.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    /// FS or GS (4, 5), whose bases count even in 64-bit mode; others are flat.
    pub segment: Option<u8>,
    /// Base register.
    pub base: Option<u8>,
    /// Index register.
    pub index: Option<u8>,
    /// log2 of what the index is multiplied by.
    pub scale: u8,
    /// Added.
    pub displacement: i64,
    /// Relative to the next instruction.
    pub rip: bool,
}

/// A decoded instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Insn {
    /// Which.
    pub op: Op,
    /// Bytes.
    pub length: u64,
    /// Operand size in bytes: 1, 2, 4, 8.
    pub size: u64,
    /// Address size in bytes: 4, 8.
    pub address: u64,
    /// ModRM.reg with REX.R, or the segment register of a POP.
    pub reg: u8,
    /// The other operand.
    pub operand: Operand,
    /// REP.
    pub rep: bool,
}

/// What the prefixes said, and what is left to read.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    long: bool,
    rex: u8,
    /// 66.
    small: bool,
    /// 67.
    other_address: bool,
    segment: Option<u8>,
    /// F2 or F3, the last one.
    repeat: u8,
}

/// Decodes the instruction at the front of `bytes`; `long` for 64-bit code, else 32-bit.
pub fn decode(bytes: &[u8], long: bool) -> Option<Insn> {
    let bytes = &bytes[..bytes.len().min(15)];
    let mut r = Reader {
        bytes,
        at: 0,
        long,
        rex: 0,
        small: false,
        other_address: false,
        segment: None,
        repeat: 0,
    };
    let opcode = r.prefixes()?;
    let size = if r.rex & 8 != 0 {
        8
    } else if r.small {
        2
    } else {
        4
    };
    let mut insn = Insn {
        op: Op::Cli,
        length: 0,
        size,
        address: if long != r.other_address { 8 } else { 4 },
        reg: 0,
        operand: Operand::None,
        rep: r.repeat != 0,
    };
    if r.other_address && !long {
        return None; // 16-bit addressing: nobody's kernel does that here
    }
    insn.op = if opcode == 0x0f { r.two_bytes(&mut insn)? } else { r.one_byte(opcode, &mut insn)? };
    insn.length = r.at as u64;
    Some(insn)
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// A little-endian value of 1, 2 or 4 bytes.
    fn value(&mut self, size: u64) -> Option<u64> {
        let mut value = 0;
        for i in 0..size {
            value |= u64::from(self.byte()?) << (8 * i);
        }
        Some(value)
    }

    /// Reads up to the opcode and returns it. A REX counts only right before the opcode.
    fn prefixes(&mut self) -> Option<u8> {
        loop {
            let byte = self.byte()?;
            match byte {
                0x66 => self.small = true,
                0x67 => self.other_address = true,
                0xf2 | 0xf3 => self.repeat = byte,
                0x26 | 0x2e | 0x36 | 0x3e => {
                    // In 64-bit mode these are ignored and do not undo FS or GS.
                    if !self.long {
                        self.segment = None;
                    }
                }
                0x64 | 0x65 => self.segment = Some(byte & 7),
                0x40..=0x4f if self.long => {
                    self.rex = byte;
                    continue;
                }
                _ => return Some(byte),
            }
            self.rex = 0;
        }
    }

    fn one_byte(&mut self, opcode: u8, insn: &mut Insn) -> Option<Op> {
        let word = insn.size.min(4); // ports and strings have no 64-bit form
        let io_size = if opcode & 1 == 0 { 1 } else { word };
        Some(match opcode {
            0xfa => Op::Cli,
            0xfb => Op::Sti,
            0xf4 => Op::Hlt,
            0xe4..=0xe7 | 0xec..=0xef => {
                insn.size = io_size;
                if opcode < 0xe8 {
                    insn.operand = Operand::Immediate(self.value(1)?);
                }
                if opcode & 2 == 0 { Op::In } else { Op::Out }
            }
            0x6c..=0x6f => {
                insn.size = io_size;
                if opcode & 2 == 0 { Op::Ins } else { Op::Outs }
            }
            0xcd => {
                insn.operand = Operand::Immediate(self.value(1)?);
                Op::Int
            }
            0xcf => Op::Iret,
            0xca => {
                insn.operand = Operand::Immediate(self.value(2)?);
                Op::RetFar
            }
            0xcb => {
                insn.operand = Operand::Immediate(0);
                Op::RetFar
            }
            0x9a | 0xea if !self.long => {
                insn.operand = Operand::Far(self.value(insn.size)?, self.value(2)? as u16);
                if opcode == 0xea { Op::JmpFar } else { Op::CallFar }
            }
            0x07 | 0x17 | 0x1f if !self.long => {
                insn.reg = opcode >> 3;
                Op::PopSegment
            }
            0x8e => {
                self.modrm(insn)?;
                insn.size = 2;
                insn.reg &= 7; // REX.R means nothing here
                if matches!(insn.reg, 1 | 6 | 7) {
                    return None;
                }
                Op::MovSegment
            }
            0xff => {
                self.modrm(insn)?;
                insn.size = insn.size.min(4); // AMD has no m16:64
                match (insn.reg & 7, insn.operand) {
                    (3, Operand::Memory(_)) => Op::CallFar,
                    (5, Operand::Memory(_)) => Op::JmpFar,
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    fn two_bytes(&mut self, insn: &mut Insn) -> Option<Op> {
        let opcode = self.byte()?;
        Some(match opcode {
            0x00 => {
                self.modrm(insn)?;
                match insn.reg & 7 {
                    0 => Op::Sldt,
                    1 => Op::Str,
                    2 => Op::Lldt,
                    3 => Op::Ltr,
                    _ => return None,
                }
            }
            0x01 => {
                self.modrm(insn)?;
                let in_memory = matches!(insn.operand, Operand::Memory(_));
                match (insn.reg & 7, insn.operand) {
                    (0, _) if in_memory => Op::Sgdt,
                    (1, _) if in_memory => Op::Sidt,
                    (2, _) if in_memory => Op::Lgdt,
                    (3, _) if in_memory => Op::Lidt,
                    (4, _) => Op::Smsw,
                    (6, _) => Op::Lmsw,
                    (7, _) if in_memory => Op::Invlpg,
                    (2, Operand::Register(rm)) if rm & 7 == 1 && self.plain() => Op::Xsetbv,
                    (7, Operand::Register(rm)) if rm & 7 == 0 && self.long => Op::Swapgs,
                    (7, Operand::Register(rm)) if rm & 7 == 1 => Op::Rdtscp,
                    _ => return None,
                }
            }
            0x06 => Op::Clts,
            0x07 => Op::Sysret,
            0x08 | 0x09 => Op::Invd,
            0x20..=0x23 => {
                // ModRM.mod is ignored: the operand is a register always.
                let modrm = self.byte()?;
                insn.size = if self.long { 8 } else { 4 };
                insn.reg = modrm >> 3 & 7 | (self.rex & 4) << 1;
                insn.operand = Operand::Register(modrm & 7 | (self.rex & 1) << 3);
                match opcode {
                    0x20 => Op::ReadCr,
                    0x21 => Op::ReadDr,
                    0x22 if insn.reg == 3 => Op::WriteCr3,
                    0x22 => Op::WriteCr,
                    _ => Op::WriteDr,
                }
            }
            0x30 => Op::Wrmsr,
            0x31 => Op::Rdtsc,
            0x32 => Op::Rdmsr,
            0x33 => Op::Rdpmc,
            0xa2 => Op::Cpuid,
            0xa1 | 0xa9 => {
                insn.reg = if opcode == 0xa1 { 4 } else { 5 };
                if self.long && !self.small {
                    insn.size = 8;
                }
                Op::PopSegment
            }
            _ => return None,
        })
    }

    fn plain(&self) -> bool {
        !self.small && self.repeat == 0
    }

    /// ModRM, SIB and displacement: fills in `reg` and `operand`.
    fn modrm(&mut self, insn: &mut Insn) -> Option<()> {
        let modrm = self.byte()?;
        let (form, rm) = (modrm >> 6, modrm & 7);
        let extend = |bit: u8| (self.rex >> bit & 1) << 3;
        let (base_bit, index_bit) = (extend(0), extend(1));
        insn.reg = modrm >> 3 & 7 | extend(2);
        if form == 3 {
            insn.operand = Operand::Register(rm | base_bit);
            return Some(());
        }
        let mut memory = Memory {
            segment: self.segment,
            base: Some(rm | base_bit),
            index: None,
            scale: 0,
            displacement: 0,
            rip: false,
        };
        let mut low = rm;
        if rm == 4 {
            let sib = self.byte()?;
            low = sib & 7;
            let index = sib >> 3 & 7 | index_bit;
            memory.base = Some(low | base_bit);
            memory.index = (index != 4).then_some(index);
            memory.scale = sib >> 6;
        }
        let mut bytes = [0, 1, 4][usize::from(form)];
        if low == 5 && form == 0 {
            memory.base = None;
            memory.rip = rm == 5 && self.long;
            bytes = 4;
        }
        memory.displacement = match bytes {
            1 => i64::from(self.value(1)? as i8),
            4 => i64::from(self.value(4)? as i32),
            _ => 0,
        };
        insn.operand = Operand::Memory(memory);
        Some(())
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
