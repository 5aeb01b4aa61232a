//! 16- and 32-bit code: real-mode vectors, segment limits, gates with a change of stack, far
//! returns, two- and three-level page tables.

mod common;

use common::{Flat, run_to_halt};
use cpu::{Cpu, Segment, TableRegister, gpr, seg};
use probe::{Event, Recorder};

const GDT: u64 = 0x800;
const IDT: u64 = 0x5000;

/// Real mode at 0:0x7c00, stack below it.
fn real(code: &[u8]) -> (Cpu, Flat) {
    let mut bus = Flat::new(2 << 20);
    bus.load(0x7c00, code);
    let mut cpu = Cpu::new();
    let state = cpu.state_mut();
    state.seg = [Segment::real(0, false); 6];
    state.seg[seg::CS] = Segment::real(0, true);
    state.rip = 0x7c00;
    state.gpr[gpr::RSP] = 0x7c00;
    (cpu, bus)
}

/// 32-bit protected mode at 0x9000 in ring `cpl`: flat segments (8 and 16 for ring 0, 0x1b and 0x23 for
/// ring 3), a data segment of 256 bytes at 0x28, a TSS, an IDT of interrupt gates to HLT at 0xb000.
fn protected(cpl: u8, code: &[u8]) -> (Cpu, Flat) {
    let mut bus = Flat::new(8 << 20);
    let gdt: [u64; 7] = [
        0,
        0x00cf_9b00_0000_ffff,
        0x00cf_9300_0000_ffff,
        0x00cf_fb00_0000_ffff,
        0x00cf_f300_0000_ffff,
        0x0040_f310_0000_00ff,
        0x0000_8b00_0900_0067,
    ];
    for (n, entry) in gdt.into_iter().enumerate() {
        bus.write(GDT + 8 * n as u64, entry);
    }
    // SS0:ESP0
    bus.write(0x904, 0x10_0000_7000);
    for vector in 0..256 {
        let dpl = if vector == 0x80 { 3 } else { 0 };
        bus.write(
            IDT + 8 * vector,
            0xb000 | 8 << 16 | (0x8e00 | dpl << 13) << 32,
        );
    }
    bus.load(0xb000, &[0xf4]);
    bus.load(0x9000, code);
    let mut cpu = Cpu::new();
    let state = cpu.state_mut();
    let (data, text) = if cpl == 3 { (0x23, 0x1b) } else { (16, 8) };
    let dpl = u16::from(cpl) << 5;
    state.seg = [Segment {
        selector: data,
        attributes: 0xc93 | dpl,
        limit: u32::MAX,
        base: 0,
    }; 6];
    state.seg[seg::CS] = Segment {
        selector: text,
        attributes: 0xc9b | dpl,
        limit: u32::MAX,
        base: 0,
    };
    state.cpl = cpl;
    state.tr = Segment {
        selector: 48,
        attributes: 0x8b,
        limit: 0x67,
        base: 0x900,
    };
    state.gdtr = TableRegister {
        base: GDT,
        limit: 55,
    };
    state.idtr = TableRegister {
        base: IDT,
        limit: 0x7ff,
    };
    state.cr0 = 0x11;
    state.rip = 0x9000;
    state.gpr[gpr::RSP] = 0x8000;
    (cpu, bus)
}

fn first_trap(probe: &Recorder) -> Option<(u8, Option<u32>)> {
    probe.events.iter().find_map(|(_, event)| match *event {
        Event::Trap { vector, error, .. } => Some((vector, error)),
        _ => None,
    })
}

fn run(cpu: &mut Cpu, bus: &mut Flat) -> Recorder {
    let mut probe = Recorder::default();
    run_to_halt(cpu, bus, &mut probe);
    probe
}

fn dword(bus: &Flat, at: u64) -> u32 {
    bus.read(at) as u32
}

#[test]
fn real_mode_goes_through_the_vector_table_and_back() {
    // sti; int 0x21; hlt       handler at 0x50:0x10: pushf; pop ax; iret
    let (mut cpu, mut bus) = real(&[0xfb, 0xcd, 0x21, 0xf4]);
    bus.load(4 * 0x21, &[0x10, 0, 0x50, 0]);
    bus.load(0x510, &[0x9c, 0x58, 0xcf]);
    run(&mut cpu, &mut bus);
    let state = cpu.state();
    // Inside IF was clear; afterwards it is set again and the stack is level.
    assert_eq!(state.gpr[gpr::RAX] & 0x200, 0);
    assert_eq!(state.rflags & 0x200, 0x200);
    assert_eq!((state.gpr[gpr::RSP], state.rip), (0x7c00, 0x7c04));
    // IP, CS, FLAGS were pushed as words.
    assert_eq!(bus.read(0x7bfa) & 0xffff_ffff, 0x7c03);
}

#[test]
fn real_mode_addresses_wrap_and_are_limited() {
    // mov ax, 0x1234; mov ds, ax; mov byte [0x10], 5; hlt
    let (mut cpu, mut bus) = real(&[0xb8, 0x34, 0x12, 0x8e, 0xd8, 0xc6, 0x06, 0x10, 0, 5, 0xf4]);
    run(&mut cpu, &mut bus);
    assert_eq!(bus.memory[0x12350], 5);
    // mov bx, 0xffff; mov ax, [bx]: a word at the limit is #GP, vector 13.
    let (mut cpu, mut bus) = real(&[0xbb, 0xff, 0xff, 0x8b, 0x07, 0xf4]);
    bus.load(4 * 13, &[0, 0x7d, 0, 0]);
    bus.load(0x7d00, &[0xf4]);
    let probe = run(&mut cpu, &mut bus);
    assert_eq!(first_trap(&probe), Some((13, None)));
    assert_eq!(bus.read(0x7bfa) & 0xffff, 0x7c03);
}

#[test]
fn far_calls_in_real_mode_push_cs() {
    // call 0x50:0x20; hlt      retf
    let (mut cpu, mut bus) = real(&[0x9a, 0x20, 0, 0x50, 0, 0xf4]);
    bus.load(0x520, &[0x8c, 0xc8, 0xcb]); // mov ax, cs; retf
    run(&mut cpu, &mut bus);
    assert_eq!(cpu.state().gpr[gpr::RAX], 0x50);
    assert_eq!(cpu.state().gpr[gpr::RSP], 0x7c00);
}

#[test]
fn big_real_mode_keeps_the_limit_of_protected_mode() {
    let (mut cpu, mut bus) = real(&[0x67, 0x66, 0xc7, 0x03, 1, 2, 3, 4, 0xf4]); // mov dword [ebx], imm
    let state = cpu.state_mut();
    state.seg[seg::DS].limit = u32::MAX;
    state.gpr[gpr::RBX] = 0x10_0000;
    run(&mut cpu, &mut bus);
    assert_eq!(dword(&bus, 0x10_0000), 0x0403_0201);
}

#[test]
fn a_gate_to_ring_0_switches_stacks_and_iret_switches_back() {
    // int 0x80; mov ebx, 7; int 0x81 (refused)
    let (mut cpu, mut bus) = protected(3, &[0xcd, 0x80, 0xbb, 7, 0, 0, 0, 0xcd, 0x81]);
    bus.load(0xa000, &[0x8c, 0xc8, 0x89, 0xe1, 0xcf]); // mov eax, cs; mov ecx, esp; iret
    bus.write(IDT + 8 * 0x80, 0xa000 | 8 << 16 | 0xee00 << 32);
    let probe = run(&mut cpu, &mut bus);
    let state = cpu.state();
    assert_eq!((state.gpr[gpr::RAX], state.gpr[gpr::RCX]), (8, 0x7000 - 20));
    assert_eq!(state.gpr[gpr::RBX], 7);
    let traps: Vec<_> = probe
        .events
        .iter()
        .filter_map(|(_, event)| match *event {
            Event::Trap {
                vector,
                error,
                from_cpl,
                ..
            } => Some((vector, error, from_cpl)),
            _ => None,
        })
        .collect();
    assert_eq!(traps, [(0x80, None, 3), (13, Some(0x81 * 8 + 2), 3)]);
    // The second frame, with its error code: EIP, CS, EFLAGS, ESP, SS.
    let frame: Vec<u32> = (0..6).map(|n| dword(&bus, 0x7000 - 24 + 4 * n)).collect();
    assert_eq!(
        [frame[0], frame[1], frame[2], frame[4], frame[5]],
        [0x40a, 0x9007, 0x1b, 0x8000, 0x23]
    );
}

#[test]
fn a_limit_is_a_limit() {
    // mov ax, 0x28|3; mov ds, ax; mov eax, [0xfc]; mov eax, [0xfd]
    let code = [
        0x66, 0xb8, 0x2b, 0, 0x8e, 0xd8, 0xa1, 0xfc, 0, 0, 0, 0xa1, 0xfd, 0, 0, 0,
    ];
    let (mut cpu, mut bus) = protected(3, &code);
    bus.write(0x10_00fc, 0x1234_5678);
    let probe = run(&mut cpu, &mut bus);
    assert_eq!(cpu.state().gpr[gpr::RAX], 0x1234_5678);
    assert_eq!(first_trap(&probe), Some((13, Some(0))));
    assert_eq!(dword(&bus, 0x7000 - 20), 0x900b);
}

#[test]
fn a_far_return_enters_ring_3() {
    // push 0x23; push 0x7f00; push 0x1b; push 0x9100; retf      in ring 3: cli -> #GP
    let code = [
        0x6a, 0x23, 0x68, 0, 0x7f, 0, 0, 0x6a, 0x1b, 0x68, 0, 0x91, 0, 0, 0xcb,
    ];
    let (mut cpu, mut bus) = protected(0, &code);
    bus.load(0x9100, &[0xfa]);
    let probe = run(&mut cpu, &mut bus);
    assert_eq!(first_trap(&probe), Some((13, Some(0))));
    assert!(
        probe
            .events
            .iter()
            .any(|(_, e)| *e == Event::Cpl { from: 0, to: 3 })
    );
    // DS was ring 0's: it is null now.
    assert_eq!(cpu.state().seg[seg::DS].selector, 0);
}

#[test]
fn legacy_paging_with_small_and_large_pages() {
    // mov eax, [ebx]; mov [ecx], eax; hlt
    let (mut cpu, mut bus) = protected(0, &[0x8b, 0x03, 0x89, 0x01, 0xf4]);
    bus.load(0x1000, &0x83u32.to_le_bytes()); // 0..4 MiB
    bus.load(0x1004, &0x2007u32.to_le_bytes()); // 4..8 MiB by a table
    bus.load(0x2000, &0x20_0007u32.to_le_bytes());
    bus.write(0x20_0010, 77);
    let state = cpu.state_mut();
    state.cr4 = 1 << 4;
    state.cr3 = 0x1000;
    state.cr0 |= 1 << 31 | 1 << 16;
    (state.gpr[gpr::RBX], state.gpr[gpr::RCX]) = (0x40_0010, 0x20_0020);
    run(&mut cpu, &mut bus);
    assert_eq!(dword(&bus, 0x20_0020), 77);
    assert_eq!(
        (dword(&bus, 0x1000) & 0x60, dword(&bus, 0x2000) & 0x60),
        (0x60, 0x20)
    );
}

#[test]
fn pae_paging_reaches_above_four_gibibytes_of_entries() {
    let (mut cpu, mut bus) = protected(0, &[0x8b, 0x03, 0xf4]);
    bus.write(0x1000, 0x2001); // four directory pointers at 0x1000
    bus.write(0x1008, 0x3001);
    bus.write(0x2000, 0x83);
    bus.write(0x3000, 0x4007); // 1 GiB
    bus.write(0x4008, 0x20_0007 | 1 << 63);
    bus.write(0x20_0000, 99);
    let state = cpu.state_mut();
    state.cr4 = 1 << 5;
    state.cr3 = 0x1000;
    state.efer = 1 << 11;
    state.cr0 |= 1 << 31;
    state.gpr[gpr::RBX] = 0x4000_1000;
    run(&mut cpu, &mut bus);
    assert_eq!(cpu.state().gpr[gpr::RAX], 99);
}

#[test]
fn not_in_64_bit_mode_and_here_they_are() {
    // push ds; pop es; pusha; popa; mov al, 43; aam; hlt
    let (mut cpu, mut bus) = protected(0, &[0x1e, 0x07, 0x60, 0x61, 0xb0, 0x2b, 0xd4, 0x0a, 0xf4]);
    run(&mut cpu, &mut bus);
    assert_eq!(cpu.state().gpr[gpr::RAX] & 0xffff, 0x0403);
    assert_eq!(cpu.state().gpr[gpr::RSP], 0x8000);
}
