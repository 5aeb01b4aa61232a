//! The small decoder beside a complete one (iced-x86), on every opcode with random tails.

use iced_x86::{Code, Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};

use super::{Insn, Memory, Operand, decode};
use crate::emulate::Op;

/// Which row of ours an instruction of the complete decoder is.
fn row(i: &Instruction) -> Option<Op> {
    use Mnemonic as M;
    Some(match i.mnemonic() {
        M::Cli => Op::Cli,
        M::Sti => Op::Sti,
        M::Hlt => Op::Hlt,
        M::In => Op::In,
        M::Out => Op::Out,
        M::Insb | M::Insw | M::Insd => Op::Ins,
        M::Outsb | M::Outsw | M::Outsd => Op::Outs,
        M::Int => Op::Int,
        M::Iret | M::Iretd | M::Iretq => Op::Iret,
        M::Retf => Op::RetFar,
        M::Call if i.is_call_far() || i.is_call_far_indirect() => Op::CallFar,
        M::Jmp if i.is_jmp_far() || i.is_jmp_far_indirect() => Op::JmpFar,
        M::Mov if i.op0_register().is_segment_register() => Op::MovSegment,
        M::Mov if i.op0_register() == Register::CR3 => Op::WriteCr3,
        M::Mov if i.op0_register().is_cr() => Op::WriteCr,
        M::Mov if i.op1_register().is_cr() => Op::ReadCr,
        M::Mov if i.op0_register().is_dr() => Op::WriteDr,
        M::Mov if i.op1_register().is_dr() => Op::ReadDr,
        M::Pop if i.op0_register().is_segment_register() => Op::PopSegment,
        M::Sldt => Op::Sldt,
        M::Str => Op::Str,
        M::Lldt => Op::Lldt,
        M::Ltr => Op::Ltr,
        M::Sgdt => Op::Sgdt,
        M::Sidt => Op::Sidt,
        M::Lgdt => Op::Lgdt,
        M::Lidt => Op::Lidt,
        M::Smsw => Op::Smsw,
        M::Lmsw => Op::Lmsw,
        M::Invlpg => Op::Invlpg,
        M::Swapgs => Op::Swapgs,
        M::Xsetbv => Op::Xsetbv,
        M::Clts => Op::Clts,
        M::Sysret | M::Sysretq => Op::Sysret,
        M::Invd | M::Wbinvd | M::Wbnoinvd => Op::Invd,
        M::Rdmsr => Op::Rdmsr,
        M::Wrmsr => Op::Wrmsr,
        M::Rdpmc => Op::Rdpmc,
        M::Rdtsc => Op::Rdtsc,
        M::Rdtscp => Op::Rdtscp,
        M::Cpuid => Op::Cpuid,
        _ => return None,
    })
}

fn memory(i: &Instruction) -> Memory {
    let number = |r: Register| (r != Register::None).then(|| r.number() as u8);
    let rip = i.is_ip_rel_memory_operand();
    Memory {
        segment: match i.segment_prefix() {
            Register::FS => Some(4),
            Register::GS => Some(5),
            _ => None,
        },
        base: if rip { None } else { number(i.memory_base()) },
        index: number(i.memory_index()),
        scale: i.memory_index_scale().trailing_zeros() as u8,
        displacement: if rip {
            i.memory_displacement64().wrapping_sub(i.next_ip()) as i64
        } else if i.memory_displ_size() == 1 || i.memory_displ_size() == 8 {
            i.memory_displacement64() as i64
        } else {
            i64::from(i.memory_displacement32() as i32)
        },
        rip,
    }
}

/// Whether the parts of `ours` that its row uses are what the complete decoder read.
fn check(ours: &Insn, i: &Instruction, long: bool) -> Result<(), String> {
    let same = |what: &str, a: u64, b: u64| {
        if a == b { Ok(()) } else { Err(format!("{what}: ours {a:#x}, theirs {b:#x}")) }
    };
    same("length", ours.length, i.len() as u64)?;
    for operand in 0..i.op_count() {
        match i.op_kind(operand) {
            OpKind::Memory => {
                let Operand::Memory(ours) = ours.operand else {
                    return Err("no memory".into());
                };
                let mut theirs = memory(i);
                let mut ours = ours;
                if !long || i.memory_base().size() == 4 || i.memory_index().size() == 4 {
                    // A 32-bit address wraps, so only the low half of it counts.
                    theirs.displacement = i64::from(theirs.displacement as i32);
                    ours.displacement = i64::from(ours.displacement as i32);
                }
                if ours != theirs {
                    return Err(format!("ours {ours:?}, theirs {theirs:?}"));
                }
            }
            OpKind::Immediate8 => {
                let Operand::Immediate(v) = ours.operand else {
                    return Err("no immediate".into());
                };
                same("immediate", v, u64::from(i.immediate8()))?;
            }
            OpKind::Immediate16 => {
                same("immediate", 0, 0)?;
                if ours.operand != Operand::Immediate(u64::from(i.immediate16())) {
                    return Err("immediate".into());
                }
            }
            OpKind::FarBranch16 | OpKind::FarBranch32 => {
                let offset = if i.op_kind(operand) == OpKind::FarBranch16 {
                    u64::from(i.far_branch16())
                } else {
                    u64::from(i.far_branch32())
                };
                if ours.operand != Operand::Far(offset, i.far_branch_selector()) {
                    return Err("far pointer".into());
                }
            }
            OpKind::Register => {
                let r = i.op_register(operand);
                if r.is_segment_register() || r.is_cr() || r.is_dr() {
                    same("reg", ours.reg.into(), r.number() as u64)?;
                } else if matches!(ours.operand, Operand::Register(_)) {
                    let theirs = Operand::Register(r.number() as u8);
                    if ours.operand != theirs {
                        return Err(format!("ours {:?}, theirs {theirs:?}", ours.operand));
                    }
                }
            }
            _ => {}
        }
    }
    let size = match (ours.op, i.code()) {
        (Op::In | Op::Ins, _) => i.op0_register().size().max(match i.mnemonic() {
            Mnemonic::Insb => 1,
            Mnemonic::Insw => 2,
            Mnemonic::Insd => 4,
            _ => 0,
        }),
        (Op::Out, _) => i.op1_register().size(),
        (Op::Outs, _) => match i.mnemonic() {
            Mnemonic::Outsb => 1,
            Mnemonic::Outsw => 2,
            _ => 4,
        },
        (Op::Iret, _) => match i.mnemonic() {
            Mnemonic::Iret => 2,
            Mnemonic::Iretd => 4,
            _ => 8,
        },
        (Op::RetFar, code) => match code {
            Code::Retfw | Code::Retfw_imm16 => 2,
            Code::Retfd | Code::Retfd_imm16 => 4,
            _ => 8,
        },
        (Op::PopSegment, _) => i.stack_pointer_increment() as usize,
        (Op::Sysret, _) => {
            if i.mnemonic() == Mnemonic::Sysretq {
                8
            } else {
                ours.size.min(4) as usize
            }
        }
        _ => return Ok(()),
    };
    same("size", ours.size, size as u64)
}

/// A small generator, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn agrees_with_a_complete_decoder() {
    let mut random = Random(0x5eed);
    let prefixes: [&[u8]; 14] = [
        &[],
        &[],
        &[],
        &[0x66],
        &[0x67],
        &[0xf3],
        &[0xf2],
        &[0x64],
        &[0x65],
        &[0x2e],
        &[0x48],
        &[0x41],
        &[0x4f],
        &[0x66, 0x49],
    ];
    let mut seen = std::collections::BTreeSet::new();
    for long in [false, true] {
        for opcode in 0..512u16 {
            for round in 0..4000 {
                let mut bytes = [0u8; 15];
                for byte in &mut bytes {
                    *byte = random.next() as u8;
                }
                let mut at = 0;
                for _ in 0..round % 3 {
                    for byte in prefixes[random.next() as usize % prefixes.len()] {
                        bytes[at] = *byte;
                        at += 1;
                    }
                }
                if opcode >= 256 {
                    bytes[at] = 0x0f;
                    at += 1;
                }
                bytes[at] = opcode as u8;

                let bits = if long { 64 } else { 32 };
                let mut decoder = Decoder::with_ip(bits, &bytes, 0x1000, DecoderOptions::AMD);
                let theirs = decoder.decode();
                let expected = if theirs.is_invalid() { None } else { row(&theirs) };
                let ours = decode(&bytes, long);
                if expected.is_none() && theirs.is_invalid() {
                    // What no CPU decodes never faults with #GP; we need not judge it.
                    continue;
                }
                let prefix =
                    |b: &&u8| matches!(b, 0x26 | 0x2e | 0x36 | 0x3e | 0x64..=0x67 | 0xf2 | 0xf3);
                if !long && bytes.iter().take_while(prefix).any(|b| *b == 0x67) {
                    assert_eq!(ours, None, "16-bit addressing is refused");
                    continue;
                }
                assert_eq!(ours.map(|i| i.op), expected, "{bytes:02x?} long={long} {theirs:?}");
                if let Some(ours) = ours {
                    seen.insert(format!("{:?}", ours.op));
                    check(&ours, &theirs, long)
                        .unwrap_or_else(|why| panic!("{bytes:02x?} long={long} {theirs:?}: {why}"));
                }
            }
        }
    }
    assert_eq!(seen.len(), Op::ALL.len(), "every row was met: {seen:?}");
}

#[test]
fn truncated_instructions_are_refused() {
    for bytes in [&[0x0f][..], &[0x0f, 0x01], &[0x48], &[0xcd], &[0x0f, 0x01, 0x1d, 0, 0, 0]] {
        assert_eq!(decode(bytes, true), None, "{bytes:02x?}");
    }
    assert_eq!(decode(&[0x66; 20], true), None);
}
