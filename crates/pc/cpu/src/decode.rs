//! [`Insn`]: one decoded instruction, small and position-independent.
//!
//! iced-x86 decodes; this file boils its answer down to what execution needs. An `Insn` is
//! decoded as if it stood at address 0, so that the same physical page can be run
//! at several virtual addresses: relative targets and RIP-relative displacements are distances
//! from the instruction's first byte.

use crate::hot::{self, Hot};
use iced_x86::{
    Code, Decoder, DecoderError, DecoderOptions, Instruction, Mnemonic, OpKind, Register,
};

/// The longest instruction.
pub(crate) const MAX_LEN: usize = 15;

/// LZCNT, TZCNT and WBNOINVD are not advertised, so their prefixes mean nothing here.
pub(crate) const OPTIONS: u32 = DecoderOptions::AMD
    | DecoderOptions::NO_MPFX_0FBC
    | DecoderOptions::NO_MPFX_0FBD
    | DecoderOptions::NO_WBNOINVD;

/// Where an operand is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operand {
    /// There is none, or it is implied.
    None,
    /// General register, low part.
    Reg(u8),
    /// AH, CH, DH, BH: bits 15:8 of register 0..=3.
    High(u8),
    /// Memory at [`Insn::mem`].
    Mem,
    /// [`Insn::imm`].
    Imm,
    /// Segment register.
    Seg(u8),
    /// Control register.
    Cr(u8),
    /// Debug register.
    Dr(u8),
    /// XMM register.
    Xmm(u8),
    /// MMX register.
    Mm(u8),
}

/// How to compute an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mem {
    /// Displacement; for [`Mem::RIP`] the distance from the instruction's first byte.
    pub disp: u64,
    /// Base register, [`Mem::NONE`] or [`Mem::RIP`].
    pub base: u8,
    /// Index register or [`Mem::NONE`].
    pub index: u8,
    /// log2 of the scale.
    pub scale: u8,
    /// Segment register.
    pub seg: u8,
    /// Address size in bytes: 2, 4 or 8.
    pub size: u8,
}

impl Mem {
    pub const NONE: u8 = 0x10;
    pub const RIP: u8 = 0x20;
}

/// One decoded instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Insn {
    pub op: Mnemonic,
    pub code: Code,
    /// First operand: the destination.
    pub a: Operand,
    /// Second operand.
    pub b: Operand,
    /// Third operand.
    pub c: Operand,
    /// Length in bytes.
    pub len: u8,
    /// Operand size in bytes, of the first operand if it has one.
    pub size: u8,
    /// Size of the second operand in bytes.
    pub size_b: u8,
    /// [`Insn::REP`], [`Insn::REPNE`], [`Insn::ENDS`].
    pub prefixes: u8,
    /// The form, if it is one of the common ones.
    pub hot: Hot,
    /// Numbers of the registers of the first and the second operand.
    pub x: u8,
    pub y: u8,
    /// The immediate, sign-extended; the distance of a near branch from the first byte.
    pub imm: u64,
    pub mem: Mem,
}

impl Insn {
    /// F3.
    pub const REP: u8 = 1;
    /// F2.
    pub const REPNE: u8 = 2;
    /// Nothing after this instruction may be taken for granted: a block ends here.
    pub const ENDS: u8 = 4;

    /// Whether a REP or REPNE prefix stands before it.
    pub fn repeated(&self) -> bool {
        self.prefixes & (Self::REP | Self::REPNE) != 0
    }
    pub fn ends_block(&self) -> bool {
        self.prefixes & Self::ENDS != 0
    }
}

/// What the bytes at hand hold.
pub(crate) enum Decoded {
    /// An instruction, though perhaps an invalid one.
    Insn(Insn),
    /// Its beginning: more bytes are needed.
    Truncated,
}

/// Decodes the instruction at the start of `bytes`, for 16-, 32- or 64-bit code.
pub(crate) fn decode(bitness: u32, bytes: &[u8]) -> Decoded {
    let bytes = &bytes[..bytes.len().min(MAX_LEN)];
    let mut decoder = Decoder::with_ip(bitness, bytes, 0, OPTIONS);
    let instruction = decoder.decode();
    if decoder.last_error() == DecoderError::NoMoreBytes && bytes.len() < MAX_LEN {
        return Decoded::Truncated;
    }
    Decoded::Insn(lower(bitness, &instruction))
}

/// Boils an iced instruction down.
fn lower(bitness: u32, from: &Instruction) -> Insn {
    let code = from.code();
    let mut insn = Insn {
        op: from.mnemonic(),
        code,
        a: Operand::None,
        b: Operand::None,
        c: Operand::None,
        len: from.len() as u8,
        size: 0,
        size_b: 0,
        prefixes: 0,
        hot: Hot::Slow,
        x: 0,
        y: 0,
        imm: 0,
        mem: Mem {
            disp: 0,
            base: Mem::NONE,
            index: Mem::NONE,
            scale: 0,
            seg: 3,
            size: 8,
        },
    };
    if from.has_rep_prefix() {
        insn.prefixes |= Insn::REP;
    }
    if from.has_repne_prefix() {
        insn.prefixes |= Insn::REPNE;
    }
    for n in 0..from.op_count() {
        let (operand, size) = operand(from, n, &mut insn);
        match n {
            0 => (insn.a, insn.size) = (operand, size),
            1 => (insn.b, insn.size_b) = (operand, size),
            2 => insn.c = operand,
            _ => {}
        }
    }
    if bitness == 64 && from.segment_prefix().is_segment_register() {
        insn.mem.seg = segment_64(from);
    }
    // AMD's 16-bit MOVSXD still reads 32 bits.
    if code == Code::Movsxd_r16_rm16 {
        insn.size_b = 4;
    }
    if let Some(size) = implied_size(code) {
        insn.size = size;
    }
    if ends_block(from) {
        insn.prefixes |= Insn::ENDS;
    }
    if let Operand::Reg(n) = insn.a {
        insn.x = n;
    }
    if let Operand::Reg(n) = insn.b {
        insn.y = n;
    }
    insn.hot = hot::classify(bitness, &insn);
    if insn.hot == Hot::MovRI && insn.size == 4 {
        insn.imm &= 0xffff_ffff;
    }
    insn
}

/// Operand `n` and its size; address and immediate go into `insn`.
fn operand(from: &Instruction, n: u32, insn: &mut Insn) -> (Operand, u8) {
    let kind = from.op_kind(n);
    let memory_size = from.memory_size().size() as u8;
    match kind {
        OpKind::Register => register(from.op_register(n)),
        OpKind::NearBranch16 => {
            insn.imm = u64::from(from.near_branch16());
            (Operand::Imm, 2)
        }
        OpKind::NearBranch32 => {
            insn.imm = u64::from(from.near_branch32());
            (Operand::Imm, 4)
        }
        OpKind::NearBranch64 => {
            insn.imm = from.near_branch64();
            (Operand::Imm, 8)
        }
        // A far pointer: offset in the low half, selector in bits 47:32.
        OpKind::FarBranch16 => {
            insn.imm = u64::from(from.far_branch16()) | u64::from(from.far_branch_selector()) << 32;
            (Operand::Imm, 2)
        }
        OpKind::FarBranch32 => {
            insn.imm = u64::from(from.far_branch32()) | u64::from(from.far_branch_selector()) << 32;
            (Operand::Imm, 4)
        }
        // ENTER's nesting level rides above the frame size.
        OpKind::Immediate8_2nd => {
            insn.imm |= u64::from(from.immediate8_2nd()) << 16;
            (Operand::Imm, 1)
        }
        OpKind::Memory => {
            insn.mem = memory(from);
            (Operand::Mem, memory_size)
        }
        OpKind::MemorySegSI | OpKind::MemorySegDI | OpKind::MemoryESDI => string(from, n, insn, 2),
        OpKind::MemorySegESI | OpKind::MemorySegEDI | OpKind::MemoryESEDI => {
            string(from, n, insn, 4)
        }
        OpKind::MemorySegRSI | OpKind::MemorySegRDI | OpKind::MemoryESRDI => {
            string(from, n, insn, 8)
        }
        _ => {
            insn.imm = from.immediate(n);
            (Operand::Imm, 1)
        }
    }
}

/// The implied memory operand of a string instruction: only segment and address size matter.
fn string(from: &Instruction, n: u32, insn: &mut Insn, size: u8) -> (Operand, u8) {
    insn.mem.size = size;
    if !matches!(
        from.op_kind(n),
        OpKind::MemoryESDI | OpKind::MemoryESEDI | OpKind::MemoryESRDI
    ) {
        insn.mem.seg = from.memory_segment().number() as u8;
    }
    (Operand::None, from.memory_size().size() as u8)
}

fn register(register: Register) -> (Operand, u8) {
    // iced counts the 8-bit registers AL CL DL BL AH CH DH BH SPL BPL SIL DIL R8L …: the number that
    // is encoded is that of the full register.
    let number = register.full_register().number() as u8;
    let operand = match register {
        Register::AH | Register::CH | Register::DH | Register::BH => Operand::High(number),
        _ if register.is_gpr() => Operand::Reg(number),
        _ if register.is_segment_register() => Operand::Seg(number),
        _ if register.is_cr() => Operand::Cr(number),
        _ if register.is_dr() => Operand::Dr(number),
        _ if register.is_xmm() => Operand::Xmm(number),
        _ if register.is_mm() => Operand::Mm(number),
        _ => Operand::None,
    };
    let size = if register.is_segment_register() {
        2
    } else {
        register.size() as u8
    };
    (operand, size)
}

fn memory(from: &Instruction) -> Mem {
    let base = from.memory_base();
    let index = from.memory_index();
    let number = |register: Register| match register {
        Register::None => Mem::NONE,
        Register::RIP | Register::EIP => Mem::RIP,
        register => register.number() as u8,
    };
    let width = if base != Register::None { base } else { index };
    let size = match width {
        Register::None => from.memory_displ_size() as u8,
        width => width.size() as u8,
    };
    Mem {
        disp: from.memory_displacement64(),
        base: number(base),
        index: number(index),
        scale: from.memory_index_scale().trailing_zeros() as u8,
        seg: from.memory_segment().number() as u8,
        size: if size == 0 { 8 } else { size },
    }
}

/// The segment of a memory operand with a segment prefix in 64-bit code: only FS and GS count.
/// Which one it is otherwise decides between #SS and #GP for an address that is not canonical.
fn segment_64(from: &Instruction) -> u8 {
    match from.segment_prefix() {
        prefix @ (Register::FS | Register::GS) => prefix.number() as u8,
        _ => match from.memory_base().full_register() {
            Register::RSP | Register::RBP => 2,
            _ => 3,
        },
    }
}

/// The operand size of instructions whose operands do not show it.
fn implied_size(code: Code) -> Option<u8> {
    use Code::*;
    Some(match code {
        Pushw_ES | Pushw_CS | Pushw_SS | Pushw_DS | Pushw_FS | Pushw_GS | Popw_ES | Popw_SS
        | Popw_DS | Popw_FS | Popw_GS | Push_imm16 | Pushw_imm8 | Pushaw | Popaw | Pushfw
        | Popfw | Retnw_imm16 | Retnw | Retfw_imm16 | Retfw | Enterw_imm16_imm8 | Leavew
        | Iretw | Call_rel16 | Jmp_rel16 | Jmp_rel8_16 | Call_ptr1616 | Jmp_ptr1616
        | Call_m1616 | Jmp_m1616 | Loopne_rel8_16_CX | Loope_rel8_16_CX | Loop_rel8_16_CX
        | Loopne_rel8_16_ECX | Loope_rel8_16_ECX | Loop_rel8_16_ECX | Loopne_rel8_16_RCX
        | Loope_rel8_16_RCX | Loop_rel8_16_RCX | Jcxz_rel8_16 | Jecxz_rel8_16 | Jrcxz_rel8_16
        | Cbw | Cwd => 2,
        Pushd_ES | Pushd_CS | Pushd_SS | Pushd_DS | Pushd_FS | Pushd_GS | Popd_ES | Popd_SS
        | Popd_DS | Popd_FS | Popd_GS | Pushd_imm32 | Pushd_imm8 | Pushad | Popad | Pushfd
        | Popfd | Retnd_imm16 | Retnd | Retfd_imm16 | Retfd | Enterd_imm16_imm8 | Leaved
        | Iretd | Call_rel32_32 | Jmp_rel32_32 | Jmp_rel8_32 | Call_ptr1632 | Jmp_ptr1632
        | Call_m1632 | Jmp_m1632 | Cwde | Cdq => 4,
        Pushq_FS | Pushq_GS | Popq_FS | Popq_GS | Pushq_imm32 | Pushq_imm8 | Pushfq | Popfq
        | Retnq_imm16 | Retnq | Retfq_imm16 | Retfq | Enterq_imm16_imm8 | Leaveq | Iretq
        | Call_rel32_64 | Jmp_rel32_64 | Jmp_rel8_64 | Call_m1664 | Jmp_m1664 | Cdqe | Cqo => 8,
        Insb_m8_DX | Outsb_DX_m8 | Movsb_m8_m8 | Cmpsb_m8_m8 | Stosb_m8_AL | Lodsb_AL_m8
        | Scasb_AL_m8 => 1,
        Insw_m16_DX | Outsw_DX_m16 | Movsw_m16_m16 | Cmpsw_m16_m16 | Stosw_m16_AX
        | Lodsw_AX_m16 | Scasw_AX_m16 => 2,
        Insd_m32_DX | Outsd_DX_m32 | Movsd_m32_m32 | Cmpsd_m32_m32 | Stosd_m32_EAX
        | Lodsd_EAX_m32 | Scasd_EAX_m32 => 4,
        Movsq_m64_m64 | Cmpsq_m64_m64 | Stosq_m64_RAX | Lodsq_RAX_m64 | Scasq_RAX_m64 => 8,
        _ => return None,
    })
}

/// Whether what follows depends on what this instruction does to mode, mapping or flow.
fn ends_block(from: &Instruction) -> bool {
    use Mnemonic::*;
    match from.mnemonic() {
        Jmp | Call | Ret | Retf | Iret | Iretd | Iretq | Int | Int1 | Int3 | Into | Syscall
        | Sysret | Sysretq | Sysenter | Sysexit | Sysexitq | Loop | Loope | Loopne | Jcxz
        | Jecxz | Jrcxz | Hlt | In | Out | Insb | Insw | Insd | Outsb | Outsw | Outsd | Wrmsr
        | Lgdt | Lidt | Lldt | Ltr | Lmsw | Clts | Invlpg | Invlpga | Invpcid | Wbinvd | Sti
        | Cli | Popf | Popfd | Popfq | Stac | Clac | Swapgs | Wrfsbase | Wrgsbase | INVALID
        | Ud0 | Ud1 | Ud2 | Lss | Stgi | Clgi | Vmrun | Vmload | Vmsave | Vmmcall | Rsm => true,
        Jo | Jno | Jb | Jae | Je | Jne | Jbe | Ja | Js | Jns | Jp | Jnp | Jl | Jge | Jle | Jg => {
            true
        }
        Mov | Pop => {
            from.op0_kind() == OpKind::Register && {
                let to = from.op0_register();
                to.is_cr() || to.is_dr() || to.is_segment_register()
            }
        }
        // CMPS and friends share mnemonics with SSE2's MOVSD and CMPSD; without REP they
        // need not end a block, with it they may want to be run again.
        _ => from.has_rep_prefix() || from.has_repne_prefix(),
    }
}
