//! [`Hot`]: the forms that nearly all executed instructions have, recognised once at decoding.
//!
//! The general meaning of every instruction stands in `insn/`; it asks at run time what its operands
//! are and how large. For the common 32- and 64-bit forms these questions are answered
//! here, and `execute.rs` has an arm for each answer. Both sides compute with the same `Flags` and
//! the same `load` and `store`, and real silicon is held against both.

use crate::decode::{Insn, Operand};
use iced_x86::Mnemonic;

/// Makes `Hot` and its one-to-one parts out of lists of names.
macro_rules! hot {
    ($($name:ident),* $(,)?) => {
        /// A recognised form: 4 or 8 is the operand size, then destination and source: R register,
        /// I immediate, M memory.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Hot { $($name),* }
    };
}

hot! {
    /* everything else */ Slow,
    Nop,
    Mov4RR, Mov8RR, MovRI, Mov4RM, Mov8RM, Mov1MR, Mov4MR, Mov8MR, Mov1MI, Mov4MI, Mov8MI,
    Movzx1RR, Movzx2RR, Movzx1RM, Movzx2RM, Movsxd8RR, Movsxd8RM,
    Lea4, Lea8,
    Add4RR, Add8RR, Add4RI, Add8RI, Add4RM, Add8RM, Add4MR, Add8MR,
    Sub4RR, Sub8RR, Sub4RI, Sub8RI, Sub4RM, Sub8RM,
    And4RR, And8RR, And4RI, And8RI, And4RM, And8RM,
    Or4RR, Or8RR, Or4RI, Or8RI, Or4RM, Or8RM,
    Xor4RR, Xor8RR, Xor4RI, Xor8RI, Xor4RM, Xor8RM,
    Cmp1RR, Cmp4RR, Cmp8RR, Cmp1RI, Cmp4RI, Cmp8RI, Cmp1RM, Cmp4RM, Cmp8RM, Cmp1MR, Cmp4MR, Cmp8MR,
    Cmp1MI, Cmp4MI, Cmp8MI,
    Test1RR, Test4RR, Test8RR, Test1RI, Test4RI, Test8RI,
    Inc4, Inc8, Dec4, Dec8,
    Shl4, Shl8, Shr4, Shr8, Sar4, Sar8,
    Imul4RR, Imul8RR,
    Push8, Pop8, Call, Ret, Jmp,
    Jo, Jno, Jb, Jae, Je, Jne, Jbe, Ja, Js, Jns, Jp, Jnp, Jl, Jge, Jle, Jg,
}

/// Where two operands are, and how large they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    RR,
    RI,
    RM,
    MR,
    MI,
}

/// The form of a decoded instruction. Only 64-bit code is recognised, and only addresses without
/// FS or GS: those need no segment.
pub(crate) fn classify(bitness: u32, i: &Insn) -> Hot {
    use Hot::*;
    let plain = i.mem.size == 8 && i.mem.seg < 4;
    if bitness != 64 {
        return Slow;
    }
    let form = match (i.a, i.b, i.c) {
        (Operand::Reg(_), Operand::Reg(_), Operand::None) => Some(Form::RR),
        (Operand::Reg(_), Operand::Imm, Operand::None) => Some(Form::RI),
        (Operand::Reg(_), Operand::Mem, Operand::None) if plain => Some(Form::RM),
        (Operand::Mem, Operand::Reg(_), Operand::None) if plain => Some(Form::MR),
        (Operand::Mem, Operand::Imm, Operand::None) if plain => Some(Form::MI),
        _ => None,
    };
    match form {
        Some(form) => two_operands(i, form),
        None => one_operand(i),
    }
}

fn two_operands(i: &Insn, form: Form) -> Hot {
    use Form::*;
    use Hot::*;
    use Mnemonic as M;
    match (i.op, i.size, form) {
        (M::Mov, 4, RR) => Mov4RR,
        (M::Mov, 8, RR) => Mov8RR,
        (M::Mov, 4 | 8, RI) => MovRI,
        (M::Mov, 4, RM) => Mov4RM,
        (M::Mov, 8, RM) => Mov8RM,
        (M::Mov, 1, MR) => Mov1MR,
        (M::Mov, 4, MR) => Mov4MR,
        (M::Mov, 8, MR) => Mov8MR,
        (M::Mov, 1, MI) => Mov1MI,
        (M::Mov, 4, MI) => Mov4MI,
        (M::Mov, 8, MI) => Mov8MI,
        (M::Movzx, 4 | 8, RR) if i.size_b == 1 => Movzx1RR,
        (M::Movzx, 4 | 8, RR) => Movzx2RR,
        (M::Movzx, 4 | 8, RM) if i.size_b == 1 => Movzx1RM,
        (M::Movzx, 4 | 8, RM) => Movzx2RM,
        (M::Movsxd, 8, RR) => Movsxd8RR,
        (M::Movsxd, 8, RM) => Movsxd8RM,
        (M::Add, 4, RR) => Add4RR,
        (M::Add, 8, RR) => Add8RR,
        (M::Add, 4, RI) => Add4RI,
        (M::Add, 8, RI) => Add8RI,
        (M::Add, 4, RM) => Add4RM,
        (M::Add, 8, RM) => Add8RM,
        (M::Add, 4, MR) => Add4MR,
        (M::Add, 8, MR) => Add8MR,
        (M::Sub, 4, RR) => Sub4RR,
        (M::Sub, 8, RR) => Sub8RR,
        (M::Sub, 4, RI) => Sub4RI,
        (M::Sub, 8, RI) => Sub8RI,
        (M::Sub, 4, RM) => Sub4RM,
        (M::Sub, 8, RM) => Sub8RM,
        (M::And, 4, RR) => And4RR,
        (M::And, 8, RR) => And8RR,
        (M::And, 4, RI) => And4RI,
        (M::And, 8, RI) => And8RI,
        (M::And, 4, RM) => And4RM,
        (M::And, 8, RM) => And8RM,
        (M::Or, 4, RR) => Or4RR,
        (M::Or, 8, RR) => Or8RR,
        (M::Or, 4, RI) => Or4RI,
        (M::Or, 8, RI) => Or8RI,
        (M::Or, 4, RM) => Or4RM,
        (M::Or, 8, RM) => Or8RM,
        (M::Xor, 4, RR) => Xor4RR,
        (M::Xor, 8, RR) => Xor8RR,
        (M::Xor, 4, RI) => Xor4RI,
        (M::Xor, 8, RI) => Xor8RI,
        (M::Xor, 4, RM) => Xor4RM,
        (M::Xor, 8, RM) => Xor8RM,
        (M::Cmp, 1, RR) => Cmp1RR,
        (M::Cmp, 4, RR) => Cmp4RR,
        (M::Cmp, 8, RR) => Cmp8RR,
        (M::Cmp, 1, RI) => Cmp1RI,
        (M::Cmp, 4, RI) => Cmp4RI,
        (M::Cmp, 8, RI) => Cmp8RI,
        (M::Cmp, 1, RM) => Cmp1RM,
        (M::Cmp, 4, RM) => Cmp4RM,
        (M::Cmp, 8, RM) => Cmp8RM,
        (M::Cmp, 1, MR) => Cmp1MR,
        (M::Cmp, 4, MR) => Cmp4MR,
        (M::Cmp, 8, MR) => Cmp8MR,
        (M::Cmp, 1, MI) => Cmp1MI,
        (M::Cmp, 4, MI) => Cmp4MI,
        (M::Cmp, 8, MI) => Cmp8MI,
        (M::Test, 1, RR) => Test1RR,
        (M::Test, 4, RR) => Test4RR,
        (M::Test, 8, RR) => Test8RR,
        (M::Test, 1, RI) => Test1RI,
        (M::Test, 4, RI) => Test4RI,
        (M::Test, 8, RI) => Test8RI,
        // A count of zero changes nothing: those are left to the general meaning.
        (M::Shl | M::Sal, 4, RI) if i.imm & 31 != 0 => Shl4,
        (M::Shl | M::Sal, 8, RI) if i.imm & 63 != 0 => Shl8,
        (M::Shr, 4, RI) if i.imm & 31 != 0 => Shr4,
        (M::Shr, 8, RI) if i.imm & 63 != 0 => Shr8,
        (M::Sar, 4, RI) if i.imm & 31 != 0 => Sar4,
        (M::Sar, 8, RI) if i.imm & 63 != 0 => Sar8,
        (M::Imul, 4, RR) => Imul4RR,
        (M::Imul, 8, RR) => Imul8RR,
        (M::Lea, 4, RM) => Lea4,
        (M::Lea, 8, RM) => Lea8,
        _ => Slow,
    }
}

fn one_operand(i: &Insn) -> Hot {
    use Hot::*;
    use Mnemonic as M;
    match (i.op, i.size, i.a) {
        (M::Nop, _, Operand::None) => Nop,
        (M::Inc, 4, Operand::Reg(_)) => Inc4,
        (M::Inc, 8, Operand::Reg(_)) => Inc8,
        (M::Dec, 4, Operand::Reg(_)) => Dec4,
        (M::Dec, 8, Operand::Reg(_)) => Dec8,
        (M::Push, 8, Operand::Reg(_)) => Push8,
        (M::Pop, 8, Operand::Reg(_)) => Pop8,
        (M::Call, 8, Operand::Imm) => Call,
        (M::Ret, 8, Operand::None) => Ret,
        (M::Jmp, 8, Operand::Imm) => Jmp,
        (op, 8, Operand::Imm) => conditional(op),
        _ => Slow,
    }
}

fn conditional(op: Mnemonic) -> Hot {
    use Hot::*;
    use Mnemonic as M;
    match op {
        M::Jo => Jo,
        M::Jno => Jno,
        M::Jb => Jb,
        M::Jae => Jae,
        M::Je => Je,
        M::Jne => Jne,
        M::Jbe => Jbe,
        M::Ja => Ja,
        M::Js => Js,
        M::Jns => Jns,
        M::Jp => Jp,
        M::Jnp => Jnp,
        M::Jl => Jl,
        M::Jge => Jge,
        M::Jle => Jle,
        M::Jg => Jg,
        _ => Slow,
    }
}
