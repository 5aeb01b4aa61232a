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
mod stack;
mod string;
mod system;

use crate::Bus;
use crate::decode::Insn;
use crate::fault::{Done, Fault};
use crate::run::Run;
use crate::state::seg;
use iced_x86::Mnemonic;
use probe::Probe;

macro_rules! rows {
    ($($($name:ident)|+ => $method:ident $(($($extra:expr),*))?, $text:literal;)*) => {
        impl<B: Bus, P: Probe> Run<'_, B, P> {
            /// Executes one instruction. On a fault nothing has changed.
            #[inline]
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
    Movsd => movs, "copies 4 bytes from [RSI] to [RDI] and moves both on";
    Cmpsb | Cmpsw | Cmpsq => cmps, "compares [RSI] with [RDI] and moves both on";
    Cmpsd => cmps, "compares 4 bytes at [RSI] with [RDI] and moves both on";
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
}
