//! Random instructions that a program may execute, with operands that like edges.

use crate::undefined;
use iced_x86::{Code, Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};
use silicon::{CODE, DATA, Registers};

/// xorshift64*: small, and the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    /// Below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }
    /// A single-precision number near an edge, or any.
    fn single(&mut self) -> u64 {
        let sign = (self.next() & 1) << 31;
        let near = self.below(3);
        sign | match self.below(10) {
            0 => 0,
            1 => 0x7f80_0000,
            2 => 0x7f80_0000 | self.next() & 0x7f_ffff,
            3 => self.next() & 0x7f_ffff,
            4 => near,
            5 => 0x007f_ffff + near,
            6 => 0x3f80_0000 + near,
            7 => (0x3f80_0000 + (self.below(64) << 23)) | self.next() & 0xff00,
            _ => self.next() & 0x7fff_ffff,
        }
    }
    /// The same in double precision.
    fn double(&mut self) -> u64 {
        let sign = self.next() << 63;
        let near = self.below(3);
        let fraction = (1 << 52) - 1;
        sign | match self.below(11) {
            0 => 0,
            1 => 0x7ff << 52,
            2 => 0x7ff << 52 | self.next() & fraction,
            3 => self.next() & fraction,
            4 => near,
            5 => fraction + near,
            6 => (0x3ff << 52) + near,
            7 => (0x3ff + self.below(70)) << 52 | self.next() & 0xffff_0000_0000,
            // Near the range of singles.
            8 => (0x3ff - 150 + self.below(300)) << 52 | self.next() & fraction,
            _ => self.next() & (u64::MAX >> 1),
        }
    }
    /// 16 bytes of numbers of one kind.
    fn vector(&mut self) -> u128 {
        let (low, high) = match self.below(4) {
            0 => (self.edge(), self.edge()),
            1 => (self.double(), self.double()),
            _ => (
                self.single() | self.single() << 32,
                self.single() | self.single() << 32,
            ),
        };
        u128::from(low) | u128::from(high) << 64
    }
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
    /// A number near an edge of some operand size, or any.
    pub fn edge(&mut self) -> u64 {
        let near = self.below(5).wrapping_sub(2);
        match self.below(8) {
            0 => near,
            1 => (1u64 << self.below(64)).wrapping_add(near),
            2 => (u64::MAX >> self.below(64)).wrapping_add(near),
            3 => (u64::MAX << self.below(64)).wrapping_add(near),
            4 => self.below(256),
            5 => self.next() & 0x8080_8080_8080_8080 | self.below(128),
            _ => self.next(),
        }
    }
}

/// One instruction and the world before it.
pub struct Case {
    pub bytes: Vec<u8>,
    pub insn: Instruction,
    /// 64-bit rather than 32-bit code.
    pub wide: bool,
    pub before: Registers,
    pub data: Vec<u8>,
}

/// What a program may execute and silicon answers alike each time.
pub fn wanted() -> impl Iterator<Item = Mnemonic> {
    use Mnemonic::*;
    let not = |name: &Mnemonic| {
        matches!(
            name,
            // System calls, and what depends on the kernel or the machine.
            Syscall | Sysret | Sysretq | Int | Int1 | Int3 | Into | Cpuid | Rdtsc | Rdtscp | Rdpmc
            | Sgdt | Sidt | Sldt | Str | Smsw | Rdfsbase | Rdgsbase | Wrfsbase | Wrgsbase
            // Segment registers and far transfers would take the test's own ground away.
            | Lds | Les | Lfs | Lgs | Lss | Retf | Iret | Iretd | Iretq
            // Alignment checks would be the test's, TF and NT the kernel's.
            | Popf | Popfd | Popfq | Pushf | Pushfd | Pushfq
            // Kernel only.
            | Cli | Sti | Hlt | Lgdt | Lidt | Lldt | Ltr | Lmsw | Clts | Invlpg | Invd | Wbinvd | Rdmsr
            | Wrmsr | Swapgs | In | Out | Insb | Insw | Insd | Outsb | Outsw | Outsd | Stac | Clac
            // Not everywhere the same instruction.
            | Endbr32 | Endbr64 | Reservednop | Ud0 | Salc | Rcpss | Rcpps | Rsqrtss | Rsqrtps
            // x87 and MMX state is not compared.
            | Fninit | Fnstcw | Fldcw | Fnstsw | Fxsave | Fxrstor | Fxsave64 | Fxrstor64 | Wait | Emms
            | Fnclex | Fnop
        )
    };
    cpu::disasm::COVERED
        .iter()
        .copied()
        .filter(move |name| !not(name))
}

/// The next case that both sides can run.
pub fn case(random: &mut Random) -> Case {
    loop {
        let wide = !random.percent(25);
        let bytes = encoding(random, wide);
        let options =
            DecoderOptions::AMD | DecoderOptions::NO_MPFX_0FBC | DecoderOptions::NO_MPFX_0FBD;
        let mut decoder =
            Decoder::with_ip(if wide { 64 } else { 32 }, &bytes, silicon::SLOT, options);
        let insn = decoder.decode();
        // A branch into itself would never end.
        let inside = silicon::SLOT..silicon::SLOT + insn.len() as u64;
        let branches = matches!(
            insn.op0_kind(),
            OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64
        );
        let target = insn.near_branch_target();
        // Nor one into the page that Linux maps for all at the top of memory.
        if branches && (inside.contains(&target) || target >> 48 == 0xffff) {
            continue;
        }
        if insn.is_invalid()
            || !wanted().any(|name| name == insn.mnemonic())
            || !is_tame(&insn, &bytes[..insn.len()])
        {
            continue;
        }
        let mut before = registers(random, &insn, wide);
        steer(random, &insn, &mut before);
        let double = matches!(insn.mnemonic(), Mnemonic::Shld | Mnemonic::Shrd);
        if double && undefined::count(&insn, &before) > 16 && insn.op1_register().size() == 2 {
            continue;
        }
        // With no byte picked, each maker checks another part of the address.
        let mask = before.xmm[insn.op2_register().number() & 15];
        if insn.mnemonic() == Mnemonic::Maskmovdqu && mask & (u128::MAX / 0xff * 0x80) == 0 {
            continue;
        }
        // The limit of this one is the number of the CPU that the test happens to be on.
        let selector = before.gpr[insn.op1_register().full_register().number() & 15];
        if insn.mnemonic() == Mnemonic::Lsl && selector & 0xfff8 == 0x78 {
            continue;
        }
        let mut data = vec![0; (DATA.end - DATA.start) as usize];
        for word in data.chunks_exact_mut(8) {
            let value = if random.percent(50) { random.edge() } else { 0 };
            word.copy_from_slice(&value.to_le_bytes());
        }
        return Case {
            bytes: bytes[..insn.len()].to_vec(),
            insn,
            wide,
            before,
            data,
        };
    }
}

/// Prefixes, one of the opcodes, ModRM with an easy address, and 8 random bytes.
fn encoding(random: &mut Random, wide: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    if random.percent(25) {
        bytes.push(0x66);
    }
    if random.percent(12) {
        bytes.push(0xf2 + random.below(2) as u8);
    }
    if random.percent(4) {
        bytes.push(0xf0);
    }
    if random.percent(3) {
        bytes.push(0x67);
    }
    if wide && random.percent(50) {
        bytes.push(0x40 + random.below(16) as u8);
    }
    if random.percent(45) {
        bytes.push(0x0f);
    }
    bytes.push(random.next() as u8);
    let reg = (random.below(8) as u8) << 3;
    match random.below(10) {
        // [rbx], [rbx + disp8], [rbx + disp32]
        0..=2 => {
            bytes.push(reg | 3 | (random.below(2) as u8) << 6);
            bytes.push(random.next() as u8);
        }
        // [rbx + r9 * scale + disp8] or, without REX.X, [rbx + rcx * scale + disp8]
        3 => {
            bytes.push(reg | 4 | 1 << 6);
            bytes.push((random.below(4) as u8) << 6 | 1 << 3 | 3);
            bytes.push(random.next() as u8);
        }
        // [rip + disp32], or [disp32] in 32-bit code
        4 => {
            bytes.push(reg | 5);
            let at = DATA.start + 0x800 + random.below(0x400);
            let at = if wide {
                at.wrapping_sub(silicon::SLOT + 12)
            } else {
                at
            };
            bytes.extend_from_slice(&(at as u32).to_le_bytes());
        }
        _ => bytes.push(random.next() as u8 | 0xc0),
    }
    for _ in 0..10 {
        let byte = random.edge() as u8;
        bytes.push(byte);
    }
    bytes
}

/// Whether an instruction leaves the test's own ground in place.
fn is_tame(insn: &Instruction, bytes: &[u8]) -> bool {
    let registers = (0..insn.op_count()).filter(|&n| insn.op_kind(n) == OpKind::Register);
    // No FS (the test's own thread data) and no writes to segment, control or debug registers.
    let special =
        |r: Register| r.is_segment_register() && r != Register::None || r.is_cr() || r.is_dr();
    let writes_special = registers.clone().any(|n| {
        let r = insn.op_register(n);
        special(r) && !(n == 1 && r.is_segment_register() || insn.mnemonic() == Mnemonic::Push)
    });
    let far = matches!(
        insn.code(),
        Code::Jmp_ptr1616
            | Code::Jmp_ptr1632
            | Code::Jmp_m1616
            | Code::Jmp_m1632
            | Code::Jmp_m1664
            | Code::Call_ptr1616
            | Code::Call_ptr1632
            | Code::Call_m1616
            | Code::Call_m1632
            | Code::Call_m1664
    );
    // Undefined results: BSWAP of 16 bits, double shifts of 16 bits by more. With F3 the host may have TZCNT and LZCNT instead. A limit that
    // only the kernel knows.
    let undefined = match insn.mnemonic() {
        Mnemonic::Bswap => insn.code() == Code::Bswap_r16,
        Mnemonic::Bsf | Mnemonic::Bsr => insn.has_rep_prefix() || bytes.contains(&0xf3),
        Mnemonic::Lsl | Mnemonic::Lar => insn.op1_kind() == OpKind::Memory,
        // SSE4.1's.
        Mnemonic::Pextrw => bytes.contains(&0x3a),
        // AMD takes these prefixes for another condition, and XCHG for PAUSE.
        Mnemonic::Loope => bytes.contains(&0xf2),
        Mnemonic::Loopne => bytes.contains(&0xf3),
        Mnemonic::Pause => bytes.len() != 2,
        // Which of two faults comes first is the host's own business.
        _ => insn.is_string_instruction() && bytes.contains(&0x67),
    };
    let x87 = registers
        .clone()
        .any(|n| insn.op_register(n).is_st() || insn.op_register(n).is_mm());
    !writes_special
        && !far
        && !undefined
        && !x87
        && !matches!(insn.segment_prefix(), Register::FS | Register::GS)
}

fn registers(random: &mut Random, insn: &Instruction, wide: bool) -> Registers {
    let mut before = Registers {
        mxcsr: 0x1f80,
        ..Registers::default()
    };
    for value in &mut before.gpr {
        *value = random.edge();
        if !wide {
            *value &= 0xffff_ffff;
        }
    }
    before.rflags = 0x202 | random.next() & 0x8d5;
    for value in &mut before.xmm {
        *value = random.vector();
    }
    // Rounding, flushing, flags already set; at times an exception that is not masked.
    let mxcsr = random.next();
    if random.percent(60) {
        before.mxcsr |= mxcsr & 0x607f;
        before.mxcsr |= if random.percent(30) {
            mxcsr & 0x8000
        } else {
            0
        };
    }
    if random.percent(10) {
        before.mxcsr &= !(mxcsr >> 16 & 0x1f80);
    }
    let string = insn.is_string_instruction();
    if string && random.percent(30) {
        before.rflags |= 0x400;
    }
    // The stack, mostly in the data pages, at times at their very edge.
    let stack = if random.percent(97) {
        DATA.start + 0x1000
    } else {
        DATA.start
    };
    before.gpr[4] = stack
        + random.below(4) * 8
        + if random.percent(10) {
            random.below(8)
        } else {
            0
        };
    if matches!(insn.mnemonic(), Mnemonic::Leave | Mnemonic::Enter) {
        before.gpr[5] = DATA.start + 0x1000 + random.below(64) * 8;
    }
    before
}

/// Lets registers that make up an address point into the data, mostly.
fn steer(random: &mut Random, insn: &Instruction, before: &mut Registers) {
    let place = |random: &mut Random| match random.below(20) {
        // Across the end of the first page, or out of the last.
        0 => DATA.start + 0xff0 + random.below(16),
        1 => DATA.end - 8 + random.below(8),
        n if n < 12 => DATA.start + 0x800 + random.below(0x80) * 16,
        _ => DATA.start + 0x800 + random.below(0x800),
    };
    if insn.is_string_instruction() {
        before.gpr[6] = place(random);
        before.gpr[7] = place(random);
        before.gpr[1] = random.below(40);
        return;
    }
    let mut set = |register: Register, value: u64| {
        if register.is_gpr() && register.number() < 16 {
            before.gpr[register.number()] = value;
        }
    };
    // A bit offset in a register reaches far: keep it near.
    let bits = matches!(
        insn.mnemonic(),
        Mnemonic::Bt | Mnemonic::Bts | Mnemonic::Btr | Mnemonic::Btc
    );
    let in_memory = insn.op0_kind() == OpKind::Memory;
    if bits && in_memory && insn.op1_kind() == OpKind::Register {
        set(
            insn.op1_register().full_register(),
            random.below(4000).wrapping_sub(2000),
        );
    }
    if insn.memory_index() != Register::None {
        set(insn.memory_index().full_register(), random.below(32));
    }
    if insn.mnemonic() == Mnemonic::Xlatb {
        set(Register::RBX, place(random));
    } else if insn.memory_base() != Register::None {
        set(insn.memory_base().full_register(), place(random));
    }
    // Indirect jumps and calls go to the code pages; returns take what the stack has.
    if matches!(insn.mnemonic(), Mnemonic::Jmp | Mnemonic::Call)
        && insn.op0_kind() == OpKind::Register
    {
        set(
            insn.op0_register().full_register(),
            CODE.start + random.below(0x800),
        );
    }
}
