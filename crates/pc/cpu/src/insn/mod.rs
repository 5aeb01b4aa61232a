//! The instruction set: one row an instruction, one file a family.
//!
//! From the rows come the one `match` that executes, the one-line explanations, and the list of what is
//! covered. A function-pointer table would halve the speed in Wasm, hence the `match`.

mod arith;
mod bit;
mod control;
mod far;
mod flag;
mod io;
mod legacy;
mod logic;
mod mov;
mod shift;
mod sse;
mod sse_float;
mod stack;
mod string;
mod system;
mod x87;

use crate::Bus;
use crate::decode::Insn;
use crate::fault::{Done, Fault};
use crate::float::Format;
use crate::run::Run;
use crate::state::seg;
use iced_x86::Mnemonic;
use probe::Probe;
pub(crate) use shift::{sar, shl, shr};
use sse::{arithmetic, clamp, differences, left, multiply_add, ones, right, s8, s16, s32};
use sse_float::{F32, F64};

macro_rules! rows {
    ($($($name:ident)|+ => $method:ident $(($($extra:expr),*))?, $text:literal;)*) => {
        impl<B: Bus, P: Probe> Run<'_, B, P> {
            /// Executes one instruction. On a fault nothing has changed.
            #[inline(never)]
            pub fn execute_one(&mut self, i: &Insn) -> Done {
                match i.op {
                    $($(Mnemonic::$name)|+ => self.$method(i $($(, $extra)*)?),)*
                    _ => Err(Fault::UD),
                }
            }
        }

        /// What an instruction does, in one line; `None` for one that this CPU does not have.
        pub(crate) fn explain(op: Mnemonic) -> Option<&'static str> {
            match op {
                $($(Mnemonic::$name)|+ => Some($text),)*
                _ => None,
            }
        }

        /// Every instruction that there is.
        pub const COVERED: &[Mnemonic] = &[$($(Mnemonic::$name),+),*];
    };
}

rows! {
    // Moving
    Mov => mov, "copies the source to the destination";
    Movzx => movzx, "copies the source, filling up with zeros";
    Movsx | Movsxd => movsx, "copies the source, filling up with its sign";
    Movnti => mov, "stores without filling the cache";
    Lea => lea, "computes an address without using it";
    Xchg => xchg, "exchanges its two operands, atomically if one is memory";
    Xlatb => xlatb, "looks AL up in the table at RBX";
    Cmovo => cmov(0), "copies if OF is set";
    Cmovno => cmov(1), "copies if OF is clear";
    Cmovb => cmov(2), "copies if below: CF is set";
    Cmovae => cmov(3), "copies if not below: CF is clear";
    Cmove => cmov(4), "copies if equal: ZF is set";
    Cmovne => cmov(5), "copies if not equal: ZF is clear";
    Cmovbe => cmov(6), "copies if below or equal (unsigned)";
    Cmova => cmov(7), "copies if above (unsigned)";
    Cmovs => cmov(8), "copies if SF is set";
    Cmovns => cmov(9), "copies if SF is clear";
    Cmovp => cmov(10), "copies if PF is set";
    Cmovnp => cmov(11), "copies if PF is clear";
    Cmovl => cmov(12), "copies if less (signed)";
    Cmovge => cmov(13), "copies if not less (signed)";
    Cmovle => cmov(14), "copies if less or equal (signed)";
    Cmovg => cmov(15), "copies if greater (signed)";
    Seto => setcc(0), "1 if OF is set, else 0";
    Setno => setcc(1), "1 if OF is clear, else 0";
    Setb => setcc(2), "1 if below (CF), else 0";
    Setae => setcc(3), "1 if not below, else 0";
    Sete => setcc(4), "1 if equal (ZF), else 0";
    Setne => setcc(5), "1 if not equal, else 0";
    Setbe => setcc(6), "1 if below or equal (unsigned), else 0";
    Seta => setcc(7), "1 if above (unsigned), else 0";
    Sets => setcc(8), "1 if SF is set, else 0";
    Setns => setcc(9), "1 if SF is clear, else 0";
    Setp => setcc(10), "1 if PF is set, else 0";
    Setnp => setcc(11), "1 if PF is clear, else 0";
    Setl => setcc(12), "1 if less (signed), else 0";
    Setge => setcc(13), "1 if not less (signed), else 0";
    Setle => setcc(14), "1 if less or equal (signed), else 0";
    Setg => setcc(15), "1 if greater (signed), else 0";

    // Arithmetic
    Add => add, "adds the source to the destination";
    Adc => adc, "adds the source and the carry";
    Sub => sub, "subtracts the source from the destination";
    Sbb => sbb, "subtracts the source and the borrow";
    Cmp => cmp, "compares: subtracts, but keeps only the flags";
    Inc => inc, "adds one; CF stays";
    Dec => dec, "subtracts one; CF stays";
    Neg => neg, "changes the sign";
    Mul => mul, "multiplies RAX, unsigned, into RDX:RAX";
    Imul => imul, "multiplies, signed";
    Div => div, "divides RDX:RAX, unsigned: quotient to RAX, remainder to RDX";
    Idiv => idiv, "divides RDX:RAX, signed: quotient to RAX, remainder to RDX";
    Xadd => xadd, "adds, and returns the old value";
    Cmpxchg => cmpxchg, "stores if RAX still holds the old value: the root of all locks";
    Cmpxchg8b => cmpxchg8b, "compares and exchanges 8 bytes";
    Cmpxchg16b => cmpxchg16b, "compares and exchanges 16 bytes";
    Cbw | Cwde | Cdqe => widen, "sign-extends the accumulator";
    Cwd | Cdq | Cqo => spread, "spreads the accumulator's sign over RDX";

    // Logic, shifts, bits
    And => and, "bitwise AND";
    Or => or, "bitwise OR";
    Xor => xor, "bitwise exclusive OR; of a register with itself: zero";
    Not => not, "inverts all bits";
    Test => test, "ANDs, but keeps only the flags";
    Shl | Sal => shl, "shifts left";
    Shr => shr, "shifts right, zeros coming in";
    Sar => sar, "shifts right, the sign coming in";
    Rol => rol, "rotates left";
    Ror => ror, "rotates right";
    Rcl => rcl, "rotates left through the carry";
    Rcr => rcr, "rotates right through the carry";
    Shld => shld, "shifts left, bits of the second operand coming in";
    Shrd => shrd, "shifts right, bits of the second operand coming in";
    Bt => bt, "copies one bit to CF";
    Bts => bts, "copies one bit to CF and sets it";
    Btr => btr, "copies one bit to CF and clears it";
    Btc => btc, "copies one bit to CF and inverts it";
    Bsf => bsf, "finds the lowest bit that is set";
    Bsr => bsr, "finds the highest bit that is set";
    Popcnt => popcnt, "counts the bits that are set";
    Bswap => bswap, "reverses the order of bytes";

    // Stack
    Push => push_insn, "pushes on the stack";
    Pop => pop_insn, "pops from the stack";
    Pusha | Pushad => pusha, "pushes all eight registers";
    Popa | Popad => popa, "pops all registers but the stack pointer";
    Pushf | Pushfd | Pushfq => pushf, "pushes the flags, IF and IOPL for all to see";
    Popf | Popfd | Popfq => popf, "pops the flags; IF stays, silently, without privilege";
    Enter => enter, "makes a stack frame";
    Leave => leave, "drops the stack frame";

    // Control
    Jmp => jmp, "jumps";
    Call => call, "pushes the return address and jumps";
    Ret => ret, "pops the return address and jumps there";
    Retf => ret_far, "returns to another code segment, perhaps a less privileged one";
    Jo => jump_if(0), "jumps if OF is set";
    Jno => jump_if(1), "jumps if OF is clear";
    Jb => jump_if(2), "jumps if below (unsigned): CF is set";
    Jae => jump_if(3), "jumps if not below (unsigned): CF is clear";
    Je => jump_if(4), "jumps if equal: ZF is set";
    Jne => jump_if(5), "jumps if not equal: ZF is clear";
    Jbe => jump_if(6), "jumps if below or equal (unsigned)";
    Ja => jump_if(7), "jumps if above (unsigned)";
    Js => jump_if(8), "jumps if SF is set";
    Jns => jump_if(9), "jumps if SF is clear";
    Jp => jump_if(10), "jumps if PF is set";
    Jnp => jump_if(11), "jumps if PF is clear";
    Jl => jump_if(12), "jumps if less (signed)";
    Jge => jump_if(13), "jumps if not less (signed)";
    Jle => jump_if(14), "jumps if less or equal (signed)";
    Jg => jump_if(15), "jumps if greater (signed)";
    Loop => loop_while(None), "counts RCX down and jumps while it is not zero";
    Loope => loop_while(Some(true)), "the same, while ZF is set";
    Loopne => loop_while(Some(false)), "the same, while ZF is clear";
    Jcxz | Jecxz | Jrcxz => jump_if_no_count, "jumps if RCX is zero";
    Int => int, "software interrupt: through the IDT, if its gate lets this ring in";
    Int3 => int3, "breakpoint: #BP through the IDT";
    Int1 => int1, "#DB through the IDT";
    Into => into, "#OF if OF is set";
    Iret | Iretd | Iretq => iret, "returns from an interrupt: RIP, CS, flags, stack in one go";
    Syscall => syscall, "enters the kernel: to CPL 0 at the address in LSTAR";
    Sysret | Sysretq => sysret, "leaves the kernel: to CPL 3 at the address in RCX";
    Ud0 | Ud1 | Ud2 => undefined, "is undefined for ever: raises #UD";
    Bound => bound, "#BR unless an index is in range";

    // Strings
    Movsb | Movsw | Movsq => movs, "copies from [RSI] to [RDI] and moves both on";
    Movsd => movsd, "copies 4 bytes from [RSI] to [RDI]; with vector registers, moves a double";
    Cmpsb | Cmpsw | Cmpsq => cmps, "compares [RSI] with [RDI] and moves both on";
    Cmpsd => cmpsd, "compares 4 bytes at [RSI] with [RDI]; with vector registers, doubles";
    Stosb | Stosw | Stosd | Stosq => stos, "stores RAX at [RDI] and moves on";
    Lodsb | Lodsw | Lodsd | Lodsq => lods, "loads RAX from [RSI] and moves on";
    Scasb | Scasw | Scasd | Scasq => scas, "compares RAX with [RDI] and moves on";
    Insb | Insw | Insd => ins, "reads a port into [RDI] and moves on";
    Outsb | Outsw | Outsd => outs, "writes [RSI] to a port and moves on";

    // Flags
    Clc => clc, "clears CF";
    Stc => stc, "sets CF";
    Cmc => cmc, "inverts CF";
    Cld => cld, "clears DF: strings go up";
    Std => std, "sets DF: strings go down";
    Cli => cli, "clears IF: no interrupts; #GP without I/O privilege";
    Sti => sti, "sets IF: interrupts after the next instruction; #GP without I/O privilege";
    Lahf => lahf, "copies flags to AH";
    Sahf => sahf, "copies AH to the flags";
    Stac => set_ac(true), "lets the kernel touch user pages (SMAP)";
    Clac => set_ac(false), "keeps the kernel off user pages (SMAP)";

    // System
    In => port_in_insn, "reads an I/O port";
    Out => port_out_insn, "writes an I/O port";
    Hlt => hlt, "sleeps until the next interrupt";
    Lgdt => lgdt, "loads the address of the segment descriptors";
    Lidt => lidt, "loads the address of the interrupt gates";
    Lldt => lldt_insn, "loads the local descriptor table";
    Ltr => ltr_insn, "loads the task register";
    Sgdt => sgdt, "shows where the segment descriptors are, to any ring unless UMIP";
    Sidt => sidt, "shows where the interrupt gates are, to any ring unless UMIP";
    Sldt => sldt, "shows the local descriptor table's selector";
    Str => str_, "shows the task register's selector";
    Smsw => smsw, "shows CR0's low word, to any ring unless UMIP";
    Lmsw => lmsw, "loads CR0's lowest bits";
    Clts => clts, "clears CR0.TS: the FPU may be used";
    Invlpg => invlpg, "forgets one page's translation";
    Invd | Wbinvd => privileged_nop, "empties the caches";
    Rdmsr => rdmsr, "reads the model-specific register ECX";
    Wrmsr => wrmsr, "writes the model-specific register ECX";
    Swapgs => swapgs, "exchanges the GS base with the kernel's";
    Rdfsbase => read_base(seg::FS), "reads the FS base";
    Rdgsbase => read_base(seg::GS), "reads the GS base";
    Wrfsbase => write_base(seg::FS), "writes the FS base";
    Wrgsbase => write_base(seg::GS), "writes the GS base";
    Cpuid => cpuid, "asks the CPU what it is";
    Rdtsc => rdtsc, "reads the time-stamp counter: here, the count of instructions";
    Rdtscp => rdtscp, "reads the time-stamp counter and TSC_AUX";
    Rdpmc => general_protection, "would read a performance counter: there are none";
    Lar => lar, "reads a descriptor's access rights";
    Lsl => lsl, "reads a segment's limit";
    Verr => verify(false), "may this segment be read?";
    Verw => verify(true), "may this segment be written?";
    Arpl => arpl, "raises a selector's RPL";
    Lds => load_far(seg::DS), "loads DS and a register";
    Les => load_far(seg::ES), "loads ES and a register";
    Lfs => load_far(seg::FS), "loads FS and a register";
    Lgs => load_far(seg::GS), "loads GS and a register";
    Lss => load_far(seg::SS), "loads SS and a register";

    // Nothing
    Nop | Reservednop | Endbr32 | Endbr64 => nop, "does nothing";
    Pause => nop, "does nothing, politely: in a spin loop";
    Lfence | Mfence | Sfence => nop, "orders memory accesses; here they are always in order";
    Clflush => clflush, "flushes a cache line; there is no cache";
    Prefetch | Prefetchnta | Prefetcht0 | Prefetcht1 | Prefetcht2 | Prefetchw => nop, "hints that data will be needed";

    // Decimal
    Aaa => aaa, "adjusts AL to a decimal digit after an addition";
    Aas => aas, "adjusts AL to a decimal digit after a subtraction";
    Aam => aam, "splits AL into two decimal digits";
    Aad => aad, "joins two decimal digits";
    Daa => daa, "adjusts AL to two decimal digits after an addition";
    Das => das, "adjusts AL to two decimal digits after a subtraction";
    Salc => salc, "AL = FF if CF is set, else 0";

    // SSE: moving
    Movaps | Movapd | Movdqa => mov_128(true), "moves 16 bytes, aligned";
    Movups | Movupd | Movdqu => mov_128(false), "moves 16 bytes";
    Movntps | Movntpd | Movntdq => mov_128(true), "stores 16 bytes without filling the cache";
    Movss => mov_scalar(4), "moves a single-precision number";
    Movd | Movq => mov_low, "moves 4 or 8 bytes between register files";
    Movlps | Movlpd => mov_half(0, 0), "moves the low half";
    Movhps | Movhpd => mov_half(64, 0), "moves the high half";
    Movhlps => mov_half(0, 64), "moves the high half to the low";
    Movlhps => mov_half(64, 0), "moves the low half to the high";
    Movmskps => sign_mask(4), "collects four signs";
    Movmskpd => sign_mask(8), "collects two signs";
    Pmovmskb => sign_mask(1), "collects the top bits of 16 bytes";
    Maskmovdqu => masked_store, "stores the bytes that a mask picks";

    // SSE: bits and lanes
    Andps | Andpd | Pand => whole(|a, b| a & b), "ANDs 128 bits";
    Andnps | Andnpd | Pandn => whole(|a, b| !a & b), "ANDs 128 bits with the inverse";
    Orps | Orpd | Por => whole(|a, b| a | b), "ORs 128 bits";
    Xorps | Xorpd | Pxor => whole(|a, b| a ^ b), "XORs 128 bits";
    Paddb => packed(1, u64::wrapping_add), "adds 16 bytes";
    Paddw => packed(2, u64::wrapping_add), "adds 8 words";
    Paddd => packed(4, u64::wrapping_add), "adds 4 doublewords";
    Paddq => packed(8, u64::wrapping_add), "adds 2 quadwords";
    Psubb => packed(1, u64::wrapping_sub), "subtracts 16 bytes";
    Psubw => packed(2, u64::wrapping_sub), "subtracts 8 words";
    Psubd => packed(4, u64::wrapping_sub), "subtracts 4 doublewords";
    Psubq => packed(8, u64::wrapping_sub), "subtracts 2 quadwords";
    Paddsb => packed(1, |a, b| clamp(s8(a) + s8(b), -128, 127)), "adds bytes, saturating";
    Paddsw => packed(2, |a, b| clamp(s16(a) + s16(b), -32768, 32767)), "adds words, saturating";
    Paddusb => packed(1, |a, b| (a + b).min(0xff)), "adds unsigned bytes, saturating";
    Paddusw => packed(2, |a, b| (a + b).min(0xffff)), "adds unsigned words, saturating";
    Psubsb => packed(1, |a, b| clamp(s8(a) - s8(b), -128, 127)), "subtracts bytes, saturating";
    Psubsw => packed(2, |a, b| clamp(s16(a) - s16(b), -32768, 32767)), "subtracts words, saturating";
    Psubusb => packed(1, u64::saturating_sub), "subtracts unsigned bytes, saturating";
    Psubusw => packed(2, u64::saturating_sub), "subtracts unsigned words, saturating";
    Pmullw => packed(2, u64::wrapping_mul), "multiplies words, low halves";
    Pmulhw => packed(2, |a, b| ((s16(a) * s16(b)) >> 16) as u64), "multiplies words, high halves";
    Pmulhuw => packed(2, |a, b| (a * b) >> 16), "multiplies unsigned words, high halves";
    Pmuludq => packed(8, |a, b| (a & 0xffff_ffff) * (b & 0xffff_ffff)), "multiplies doublewords to quadwords";
    Pmaddwd => packed(4, multiply_add), "multiplies words and adds pairs";
    Psadbw => packed(8, differences), "sums absolute differences";
    Pavgb => packed(1, |a, b| (a + b + 1) >> 1), "averages bytes";
    Pavgw => packed(2, |a, b| (a + b + 1) >> 1), "averages words";
    Pminub => packed(1, u64::min), "the smaller of unsigned bytes";
    Pmaxub => packed(1, u64::max), "the larger of unsigned bytes";
    Pminsw => packed(2, |a, b| s16(a).min(s16(b)) as u64), "the smaller of words";
    Pmaxsw => packed(2, |a, b| s16(a).max(s16(b)) as u64), "the larger of words";
    Pcmpeqb => packed(1, |a, b| ones(a == b)), "ones where bytes are equal";
    Pcmpeqw => packed(2, |a, b| ones(a == b)), "ones where words are equal";
    Pcmpeqd => packed(4, |a, b| ones(a == b)), "ones where doublewords are equal";
    Pcmpgtb => packed(1, |a, b| ones(s8(a) > s8(b))), "ones where bytes are greater";
    Pcmpgtw => packed(2, |a, b| ones(s16(a) > s16(b))), "ones where words are greater";
    Pcmpgtd => packed(4, |a, b| ones(s32(a) > s32(b))), "ones where doublewords are greater";
    Psllw => packed_shift(2, left), "shifts words left";
    Pslld => packed_shift(4, left), "shifts doublewords left";
    Psllq => packed_shift(8, left), "shifts quadwords left";
    Psrlw => packed_shift(2, right), "shifts words right";
    Psrld => packed_shift(4, right), "shifts doublewords right";
    Psrlq => packed_shift(8, right), "shifts quadwords right";
    Psraw => packed_shift(2, arithmetic), "shifts words right, signs coming in";
    Psrad => packed_shift(4, arithmetic), "shifts doublewords right, signs coming in";
    Pslldq => byte_shift(true), "shifts the register left by bytes";
    Psrldq => byte_shift(false), "shifts the register right by bytes";
    Punpcklbw => interleave(1, false), "interleaves low bytes";
    Punpcklwd => interleave(2, false), "interleaves low words";
    Punpckldq | Unpcklps => interleave(4, false), "interleaves low doublewords";
    Punpcklqdq | Unpcklpd => interleave(8, false), "interleaves low quadwords";
    Punpckhbw => interleave(1, true), "interleaves high bytes";
    Punpckhwd => interleave(2, true), "interleaves high words";
    Punpckhdq | Unpckhps => interleave(4, true), "interleaves high doublewords";
    Punpckhqdq | Unpckhpd => interleave(8, true), "interleaves high quadwords";
    Packsswb => pack(2, |a| clamp(s16(a), -128, 127)), "packs words to bytes, saturating";
    Packuswb => pack(2, |a| clamp(s16(a), 0, 255)), "packs words to unsigned bytes, saturating";
    Packssdw => pack(4, |a| clamp(s32(a), -32768, 32767)), "packs doublewords to words, saturating";
    Pshufd => shuffle_32, "shuffles doublewords";
    Pshuflw => shuffle_16(0), "shuffles the low words";
    Pshufhw => shuffle_16(64), "shuffles the high words";
    Shufps => shuffle_single, "shuffles single-precision numbers";
    Shufpd => shuffle_double, "shuffles double-precision numbers";
    Pinsrw => insert_word, "inserts a word";
    Pextrw => extract_word, "extracts a word";

    // SSE: floating point
    Addss => float(F32, false, Format::add), "adds one single";
    Addps => float(F32, true, Format::add), "adds four singles";
    Addsd => float(F64, false, Format::add), "adds one double";
    Addpd => float(F64, true, Format::add), "adds two doubles";
    Subss => float(F32, false, Format::sub), "subtracts one single";
    Subps => float(F32, true, Format::sub), "subtracts four singles";
    Subsd => float(F64, false, Format::sub), "subtracts one double";
    Subpd => float(F64, true, Format::sub), "subtracts two doubles";
    Mulss => float(F32, false, Format::mul), "multiplies one single";
    Mulps => float(F32, true, Format::mul), "multiplies four singles";
    Mulsd => float(F64, false, Format::mul), "multiplies one double";
    Mulpd => float(F64, true, Format::mul), "multiplies two doubles";
    Divss => float(F32, false, Format::div), "divides one single";
    Divps => float(F32, true, Format::div), "divides four singles";
    Divsd => float(F64, false, Format::div), "divides one double";
    Divpd => float(F64, true, Format::div), "divides two doubles";
    Minss => float(F32, false, Format::min), "the smaller of one single";
    Minps => float(F32, true, Format::min), "the smaller of four singles";
    Minsd => float(F64, false, Format::min), "the smaller of one double";
    Minpd => float(F64, true, Format::min), "the smaller of two doubles";
    Maxss => float(F32, false, Format::max), "the larger of one single";
    Maxps => float(F32, true, Format::max), "the larger of four singles";
    Maxsd => float(F64, false, Format::max), "the larger of one double";
    Maxpd => float(F64, true, Format::max), "the larger of two doubles";
    Sqrtss => float(F32, false, Format::sqrt), "the square root of one single";
    Sqrtps => float(F32, true, Format::sqrt), "the square root of four singles";
    Sqrtsd => float(F64, false, Format::sqrt), "the square root of one double";
    Sqrtpd => float(F64, true, Format::sqrt), "the square root of two doubles";
    Cmpss => float_compare(F32, false), "ones if a condition holds between singles";
    Cmpps => float_compare(F32, true), "ones where a condition holds between singles";
    Cmppd => float_compare(F64, true), "ones where a condition holds between doubles";
    Comiss => float_order(F32, true), "compares singles, to ZF, PF and CF";
    Comisd => float_order(F64, true), "compares doubles, to ZF, PF and CF";
    Ucomiss => float_order(F32, false), "compares singles, quietly, to ZF, PF and CF";
    Ucomisd => float_order(F64, false), "compares doubles, quietly, to ZF, PF and CF";
    Cvtss2sd => float_to_float(F32, F64), "single to double";
    Cvtsd2ss => float_to_float(F64, F32), "double to single";
    Cvtps2pd => floats_to_floats(F32, F64), "two singles to doubles";
    Cvtpd2ps => floats_to_floats(F64, F32), "two doubles to singles";
    Cvtdq2ps => integers_to_floats(F32), "four integers to singles";
    Cvtdq2pd => integers_to_floats(F64), "two integers to doubles";
    Cvtps2dq => floats_to_integers(F32, false), "four singles to integers";
    Cvttps2dq => floats_to_integers(F32, true), "four singles to integers, cutting off";
    Cvtpd2dq => floats_to_integers(F64, false), "two doubles to integers";
    Cvttpd2dq => floats_to_integers(F64, true), "two doubles to integers, cutting off";
    Cvtsi2ss => integer_to_float(F32), "integer to single";
    Cvtsi2sd => integer_to_float(F64), "integer to double";
    Cvtss2si => float_to_integer(F32, false), "single to integer";
    Cvttss2si => float_to_integer(F32, true), "single to integer, cutting off";
    Cvtsd2si => float_to_integer(F64, false), "double to integer";
    Cvttsd2si => float_to_integer(F64, true), "double to integer, cutting off";
    Rcpss => approximate(false, false), "about 1/x";
    Rcpps => approximate(true, false), "about 1/x, four times";
    Rsqrtss => approximate(false, true), "about 1/sqrt(x)";
    Rsqrtps => approximate(true, true), "about 1/sqrt(x), four times";
    Ldmxcsr => ldmxcsr, "loads how SSE rounds and what it masks";
    Stmxcsr => stmxcsr, "stores how SSE rounds and what it raised";

    // x87: control only
    Fninit => fninit, "initialises the x87";
    Fnclex => fnclex, "clears the x87's exceptions";
    Fnstcw => fnstcw, "stores the x87's control word";
    Fldcw => fldcw, "loads the x87's control word";
    Fnstsw => fnstsw, "stores the x87's status word";
    Wait => fwait, "waits for the x87";
    Emms => emms, "frees the MMX registers";
    Fxsave | Fxsave64 => fxsave, "stores the x87 and SSE state";
    Fxrstor | Fxrstor64 => fxrstor, "loads the x87 and SSE state";
}
