//! What the manuals leave undefined (APM vol. 3): flags that need not agree.

use iced_x86::{Instruction, Mnemonic, OpKind, Register};
use silicon::Registers;

const CF: u64 = 1;
const PF: u64 = 1 << 2;
const AF: u64 = 1 << 4;
const ZF: u64 = 1 << 6;
const SF: u64 = 1 << 7;
const OF: u64 = 1 << 11;

/// The flags that an instruction leaves undefined.
pub fn flags(insn: &Instruction, before: &Registers) -> u64 {
    use Mnemonic::*;
    match insn.mnemonic() {
        And | Or | Xor | Test => AF,
        Shl | Sal | Shr | Sar | Rol | Ror | Rcl | Rcr | Shld | Shrd => shift(insn, before),
        Mul | Imul => SF | ZF | AF | PF,
        Div | Idiv => CF | PF | AF | ZF | SF | OF,
        Bt | Bts | Btr | Btc => OF | SF | AF | PF,
        Bsf | Bsr => CF | OF | SF | AF | PF,
        Aaa | Aas => OF | SF | ZF | PF,
        Aam | Aad => OF | AF | CF,
        Daa | Das => OF,
        _ => 0,
    }
}

/// A shift's count, as hardware masks it.
pub fn count(insn: &Instruction, before: &Registers) -> u64 {
    let last = insn.op_count() - 1;
    let count = match insn.op_kind(last) {
        OpKind::Register if insn.op_register(last) == Register::CL => before.gpr[1],
        _ => insn.immediate(last),
    };
    count & if size(insn) == 8 { 63 } else { 31 }
}

fn size(insn: &Instruction) -> usize {
    match insn.op0_kind() {
        OpKind::Register => insn.op0_register().size(),
        _ => insn.memory_size().size(),
    }
}

fn shift(insn: &Instruction, before: &Registers) -> u64 {
    use Mnemonic::*;
    let count = count(insn, before);
    let rotates = matches!(insn.mnemonic(), Rol | Ror | Rcl | Rcr);
    if count == 0 {
        return 0;
    }
    let mut undefined = 0;
    if count != 1 {
        undefined |= OF;
    }
    if !rotates {
        undefined |= AF;
        if count >= 8 * size(insn) as u64 && insn.mnemonic() != Sar {
            undefined |= CF;
        }
    }
    undefined
}
