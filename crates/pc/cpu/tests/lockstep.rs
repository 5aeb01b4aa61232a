//! A run in blocks is the same run as one in single steps: random code, with faults, interrupts,
//! self-modification, device accesses and TLB flushes, run three ways (blocks with random stops,
//! single steps, watched at every instruction) and compared as a whole.

mod common;

use common::{DEVICE, Flat, gate, long_mode};
use cpu::disasm::COVERED;
use cpu::{Cpu, Stop, gpr};
use iced_x86::{Decoder, DecoderOptions, Mnemonic, OpKind};
use probe::{Event, Moment, Recorder, Tracer};

const CODE: u64 = 0x10_0000;
const CODE_LEN: u64 = 0x4000;
const DATA: u64 = 0x11_0000;
/// An interrupt arrives each so many ticks.
const PERIOD: Moment = 997;

/// xorshift64*
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }
}

/// Instructions that random code must not contain: they end the experiment.
fn is_fatal(name: Mnemonic) -> bool {
    use Mnemonic::*;
    matches!(
        name,
        Hlt | Lgdt
            | Lidt
            | Lldt
            | Ltr
            | Lmsw
            | Clts
            | Wrmsr
            | Retf
            | Iret
            | Iretd
            | Iretq
            | Sysret
            | Sysretq
            | Syscall
            | Swapgs
            | Wrfsbase
            | Wrgsbase
            | Lss
            | Lfs
            | Lgs
            | Popf
            | Popfd
            | Popfq
            | Cli
            | INVALID
    )
}

/// Random instructions, and some that make trouble on purpose.
fn soup(random: &mut Random) -> Vec<u8> {
    let mut code = Vec::new();
    while (code.len() as u64) < CODE_LEN {
        let mut bytes: Vec<u8> = (0..16).map(|_| random.next() as u8).collect();
        let special: &[&[u8]] = &[
            &[0xfb],                               // sti
            &[0x89, 0x05],                         // mov [rip + near], eax: into the code
            &[0x0f, 0x01, 0x3b],                   // invlpg [rbx]
            &[0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8], // mov rax, cr3; mov cr3, rax
            &[0xf3, 0x48, 0xab],                   // rep stosq
            &[0xf3, 0xa4],                         // rep movsb
            &[0xe6, 0x80],                         // out 0x80, al
            &[0xe4, 0x60],                         // in al, 0x60
            &[0x41, 0x89, 0x06],                   // mov [r14], eax: a device
            &[0x41, 0x8b, 0x06],                   // mov eax, [r14]
            &[0xcd, 0x30],                         // int 0x30
            &[0xb9, 0x20, 0, 0, 0],                // mov ecx, 32
            &[0x48, 0x8b, 0x03],                   // mov rax, [rbx]
            &[0x48, 0x01, 0x43, 0x08],             // add [rbx + 8], rax
            &[0x8e, 0xd0],                         // mov ss, eax
            &[0x75, 0x02],                         // jne +2
        ];
        if random.below(3) == 0 {
            let pick = special[random.below(special.len() as u64) as usize];
            bytes.splice(..pick.len(), pick.iter().copied());
            if pick == [0x89, 0x05] {
                bytes[2..6].copy_from_slice(&(random.below(300) as i32 - 150).to_le_bytes());
            }
        }
        let mut decoder = Decoder::new(64, &bytes, DecoderOptions::AMD);
        let insn = decoder.decode();
        let to_special = insn.op_count() > 0
            && insn.op0_kind() == OpKind::Register
            && (insn.op0_register().is_cr() || insn.op0_register().is_dr())
            && insn.op0_register() != iced_x86::Register::CR3;
        if !is_fatal(insn.mnemonic()) && COVERED.contains(&insn.mnemonic()) && !to_special {
            code.extend_from_slice(&bytes[..insn.len()]);
        }
    }
    code
}

/// Code, data, and a handler for every vector: it sets up some registers and goes on at
/// another place.
fn world(seed: u64) -> (Cpu, Flat) {
    let mut random = Random(seed | 1);
    let mut bus = Flat::new(2 << 20);
    let mut cpu = long_mode(&mut bus, CODE);
    bus.answer = 0x1122_3344_5566_7788;
    // 4-KiB pages for the first 2 MiB; some absent, some read-only.
    bus.write(0x3000, 0x6000 | 7);
    for page in 0..512 {
        let bits = match page << 12 {
            0x11_3000 => 0,
            0x11_4000 => 5,
            _ => 7,
        };
        bus.write(0x6000 + 8 * page, page << 12 | bits);
    }
    // The device, at 1 GiB + its low bits.
    bus.write(0x2008, 0x9000 | 7);
    bus.write(
        0x9000 + 8 * (DEVICE >> 21 & 511),
        DEVICE & !0x1f_ffff | 0x80 | 7,
    );
    bus.load(CODE, &soup(&mut random));
    for at in (DATA..DATA + 0x4000).step_by(8) {
        let value = random.next();
        bus.write(at, value);
    }
    #[rustfmt::skip]
    let handler: &[u8] = &[
        0xbc, 0x00, 0x00, 0x01, 0x00,                               // mov esp, 0x10000
        0x83, 0x04, 0x25, 0x00, 0x07, 0x00, 0x00, 0x2b,             // add dword [0x700], 0x2b
        0x8b, 0x04, 0x25, 0x00, 0x07, 0x00, 0x00,                   // mov eax, [0x700]
        0x25, 0xff, 0x3f, 0x00, 0x00,                               // and eax, 0x3fff
        0x8d, 0x98, 0x00, 0x00, 0x11, 0x00,                         // lea ebx, [rax + DATA]
        0x89, 0xde,                                                 // mov esi, ebx
        0x8d, 0xbe, 0x00, 0x04, 0x00, 0x00,                         // lea edi, [rsi + 0x400]
        0xb9, 0x10, 0x00, 0x00, 0x00,                               // mov ecx, 16
        0x41, 0xbe, 0x00, 0x00, 0xe0, 0x7e,                         // mov r14d, the device
        0x05, 0x00, 0x00, 0x10, 0x00,                               // add eax, CODE
        0xfc,                                                       // cld
        0xfb,                                                       // sti
        0xff, 0xe0,                                                 // jmp rax
    ];
    bus.load(0xf000, handler);
    bus.write(0x900 + 36, 0x1_0000);
    for vector in 0..256 {
        gate(&mut bus, vector, 0xf000, 0);
        // On a stack of its own: random code loses RSP.
        bus.memory[0x5004 + 16 * vector as usize] = 1;
    }
    cpu.state_mut().gpr[gpr::RSP] = 0x1_0000;
    cpu.state_mut().rflags = 0x202;
    (cpu, bus)
}

/// The handler's device address: 1 GiB + DEVICE's low 30 bits.
const _: () = assert!(0x4000_0000 + (DEVICE & 0x3fff_ffff) == 0x7ee0_0000);

/// Random code may halt with interrupts off, shut down, or lose its descriptor tables: every few
/// periods the registers start again, the TLB stays.
fn rescue(cpu: &mut Cpu) {
    let fresh = world(0).0.state().clone();
    let state = cpu.state_mut();
    let (itlb, dtlb) = (state.itlb.clone(), state.dtlb.clone());
    *state = cpu::State {
        itlb,
        dtlb,
        rip: 0xf000,
        ..fresh
    };
}

/// Runs to `until`, raising the interrupt on time, in slices.
fn run(
    cpu: &mut Cpu,
    bus: &mut Flat,
    probe: &mut impl probe::Probe,
    until: Moment,
    mut slice: impl FnMut() -> Moment,
) {
    while cpu.clock < until {
        let mut next = cpu.clock.next_multiple_of(PERIOD);
        if next == cpu.clock {
            bus.interrupt = Some(0x40);
            if cpu.clock.is_multiple_of(4 * PERIOD) {
                rescue(cpu);
            }
            next += PERIOD;
        }
        let next = next.min(until);
        match cpu.run(bus, probe, next.min(cpu.clock + slice())) {
            Stop::Halt | Stop::Shutdown => cpu.sleep_until(next),
            Stop::Deadline | Stop::Device => {}
        }
    }
}

fn compare(seed: u64, ticks: Moment) -> (u64, usize) {
    let mut random = Random(seed.wrapping_mul(77) | 1);
    let (mut blocks, mut blocks_bus) = world(seed);
    let (mut steps, mut steps_bus) = world(seed);
    let (mut traced, mut traced_bus) = world(seed);
    let (mut a, mut b, mut c) = (Recorder::default(), Recorder::default(), Tracer::default());
    let mut events = 0;
    while blocks.clock < ticks {
        let until = blocks.clock + 1 + random.below(3000);
        let mut stops = Random(random.next() | 1);
        run(&mut blocks, &mut blocks_bus, &mut a, until, || {
            1 + stops.below(400)
        });
        run(&mut steps, &mut steps_bus, &mut b, until, || 1);
        run(&mut traced, &mut traced_bus, &mut c, until, || 100);
        c.events
            .retain(|(_, event)| !matches!(event, Event::Retire { .. } | Event::Access { .. }));
        if a.events != b.events {
            let at = a
                .events
                .iter()
                .zip(&b.events)
                .position(|(a, b)| a != b)
                .unwrap_or(a.events.len().min(b.events.len()));
            let near = at.saturating_sub(3);
            panic!(
                "seed {seed}, before {until}: {:x?}\nin steps {:x?}",
                &a.events[near..(at + 3).min(a.events.len())],
                &b.events[near..(at + 3).min(b.events.len())]
            );
        }
        assert_eq!((blocks.clock, blocks.retired), (steps.clock, steps.retired));
        assert_eq!(a.events, b.events, "seed {seed}, before {until}");
        assert_eq!(a.events, c.events, "seed {seed}, before {until}, traced");
        assert!(
            blocks.state() == steps.state(),
            "seed {seed}, before {until}: {:#x?}\n{:#x?}",
            blocks.state().gpr,
            steps.state().gpr
        );
        assert!(
            blocks.state() == traced.state(),
            "seed {seed}, before {until}, traced"
        );
        assert!(
            blocks_bus.memory == steps_bus.memory,
            "seed {seed}, before {until}"
        );
        assert!(
            blocks_bus.memory == traced_bus.memory,
            "seed {seed}, before {until}, traced"
        );
        assert_eq!(blocks_bus.written, steps_bus.written);
        events += a.events.len();
        for events in [&mut a.events, &mut b.events, &mut c.events] {
            events.clear();
        }
        // Now and then a CPU is put aside and another goes on for it.
        if random.below(4) == 0 {
            let saved = blocks.save();
            blocks = Cpu::new();
            blocks.restore(&saved);
        }
        if random.below(4) == 0 {
            blocks.forget_writable();
        }
    }
    (blocks.retired, events)
}

#[test]
fn blocks_and_single_steps_are_the_same_run() {
    let rounds = std::env::var("LOCKSTEP")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(8);
    let mut total = (0, 0);
    for seed in 1..=rounds {
        let (retired, events) = compare(seed, 20_000);
        total = (total.0 + retired, total.1 + events);
    }
    println!("{} instructions, {} events", total.0, total.1);
    assert!(total.0 > rounds * 10_000 && total.1 > 1000);
}
