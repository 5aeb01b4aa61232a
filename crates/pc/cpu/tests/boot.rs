//! From the reset vector through real and protected mode to long mode, as a boot loader goes;
//! then system calls, interrupts and faults.

mod common;

use common::{Flat, gate, long_mode, run_to_halt};
use cpu::{Cpu, Stop, gpr};
use iced_x86::code_asm::*;
use probe::{Event, Mode, Origin, Recorder};

fn assemble(
    bits: u32,
    at: u64,
    write: impl FnOnce(&mut CodeAssembler) -> Result<(), IcedError>,
) -> Vec<u8> {
    let mut a = CodeAssembler::new(bits).unwrap();
    write(&mut a).unwrap();
    a.assemble(at).unwrap()
}
use iced_x86::IcedError;

#[test]
fn reset_is_at_the_top_of_the_first_four_gibibytes() {
    let cpu = Cpu::new();
    assert_eq!(cpu.linear_rip(), 0xffff_fff0);
    assert_eq!(cpu.mode(), Mode::Real);
    assert_eq!(cpu.bitness(), 16);
}

#[test]
fn a_boot_loader_reaches_long_mode() {
    let mut bus = Flat::new(1 << 21);
    // Tables as in `long_mode`, but the CPU has to switch itself on.
    long_mode(&mut bus, 0);
    bus.load(0x600, &[0x37, 0, 0, 8, 0, 0]); // GDTR image: limit 0x37, base 0x800
    // 32-bit code segment at selector 24.
    bus.write(0x818, 0x00cf_9b00_0000_ffff);
    let real = assemble(16, 0x7c00, |a| {
        a.cli()?;
        a.xor(ax, ax)?;
        a.mov(ds, ax)?;
        a.mov(ss, ax)?;
        a.mov(sp, 0x7000u32 as i32)?;
        a.lgdt(fword_ptr(0x600))?;
        a.mov(eax, cr0)?;
        a.or(al, 1)?;
        a.mov(cr0, eax)?;
        a.db(&[0x66, 0xea, 0x00, 0x7d, 0, 0, 24, 0]) // jmp far 24:0x7d00
    });
    let protected = assemble(32, 0x7d00, |a| {
        a.mov(eax, 16)?;
        a.mov(ds, eax)?;
        a.mov(es, eax)?;
        a.mov(ss, eax)?;
        a.mov(eax, cr4)?;
        a.or(eax, 0x20)?;
        a.mov(cr4, eax)?;
        a.mov(eax, 0x1000)?;
        a.mov(cr3, eax)?;
        a.mov(ecx, 0xc000_0080u32)?;
        a.rdmsr()?;
        a.or(eax, 0x901)?;
        a.wrmsr()?;
        a.mov(eax, cr0)?;
        a.or(eax, 0x8001_0000u32 as i32)?;
        a.mov(cr0, eax)?;
        a.db(&[0xea, 0x00, 0x7e, 0, 0, 8, 0]) // jmp far 8:0x7e00
    });
    let long = assemble(64, 0x7e00, |a| {
        a.mov(rax, 0x1122_3344_5566_7788u64)?;
        a.push(rax)?;
        a.pop(rbx)?;
        a.mov(qword_ptr(0x10_0000), rbx)?;
        a.hlt()
    });
    bus.load(0x7c00, &real);
    bus.load(0x7d00, &protected);
    bus.load(0x7e00, &long);
    let mut cpu = Cpu::new();
    cpu.state_mut().seg[cpu::seg::CS] = cpu::Segment::real(0, true);
    cpu.state_mut().rip = 0x7c00;
    let mut probe = Recorder::default();
    run_to_halt(&mut cpu, &mut bus, &mut probe);
    assert_eq!(cpu.mode(), Mode::Long);
    assert_eq!(bus.read(0x10_0000), 0x1122_3344_5566_7788);
    let modes: Vec<Mode> = probe
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Mode { to, .. } => Some(*to),
            _ => None,
        })
        .collect();
    assert_eq!(modes, [Mode::Protected, Mode::Compatibility, Mode::Long]);
    // 10 real, 17 protected, 5 long.
    assert_eq!((cpu.clock, cpu.retired), (32, 32));
}

/// User code at 0x9000 makes a system call; the kernel at 0xa000 answers and returns.
#[test]
fn a_system_call_goes_in_and_out() {
    let mut bus = Flat::new(1 << 21);
    let mut cpu = long_mode(&mut bus, 0x8000);
    bus.load(
        0x8000,
        &assemble(64, 0x8000, |a| {
            a.mov(ecx, 0x9000)?; // user RIP
            a.mov(r11d, 0x202)?;
            a.sysretq()
        }),
    );
    bus.load(
        0x9000,
        &assemble(64, 0x9000, |a| {
            a.mov(eax, 39)?;
            a.syscall()?;
            a.hlt() // #GP in ring 3
        }),
    );
    bus.load(
        0xa000,
        &assemble(64, 0xa000, |a| {
            a.add(eax, 3)?;
            a.sysretq()
        }),
    );
    bus.load(0xb000, &assemble(64, 0xb000, |a| a.hlt()));
    gate(&mut bus, 13, 0xb000, 0);
    let state = cpu.state_mut();
    state.msr.star = 0x10 << 48 | 8 << 32;
    state.msr.lstar = 0xa000;
    state.msr.sfmask = 0x700;
    let mut probe = Recorder::default();
    run_to_halt(&mut cpu, &mut bus, &mut probe);
    assert_eq!(cpu.state().gpr[gpr::RAX], 42);
    let story: Vec<Event> = probe
        .events
        .iter()
        .map(|(_, event)| *event)
        .filter(|event| {
            matches!(
                event,
                Event::Syscall { .. }
                    | Event::Sysret { .. }
                    | Event::Cpl { .. }
                    | Event::Trap { .. }
            )
        })
        .collect();
    assert_eq!(
        story,
        [
            Event::Sysret {
                rip: 0x9000,
                rax: 0
            },
            Event::Cpl { from: 0, to: 3 },
            Event::Syscall {
                rip: 0x9007,
                rax: 39
            },
            Event::Cpl { from: 3, to: 0 },
            Event::Sysret {
                rip: 0x9007,
                rax: 42
            },
            Event::Cpl { from: 0, to: 3 },
            Event::Trap {
                vector: 13,
                origin: Origin::Exception,
                error: Some(0),
                address: 0,
                rip: 0x9007,
                from_cpl: 3,
                handler: 0xb000
            },
            Event::Cpl { from: 3, to: 0 },
        ]
    );
    // The frame on the RSP0 stack: RIP, CS, RFLAGS, RSP, SS above the error code.
    assert_eq!(cpu.state().gpr[gpr::RSP], 0x7000 - 48);
    assert_eq!(bus.read(0x7000 - 40), 0x9007);
    assert_eq!(bus.read(0x7000 - 32), 0x23);
    assert_eq!(bus.read(0x7000 - 8), 0x1b);
}

#[test]
fn a_page_fault_is_told_precisely_and_iretq_tries_again() {
    let mut bus = Flat::new(1 << 21);
    let mut cpu = long_mode(&mut bus, 0x8000);
    bus.load(
        0x8000,
        &assemble(64, 0x8000, |a| {
            a.mov(rax, 0x4000_0000u64)?;
            a.mov(dword_ptr(rax + 8), 5)?;
            a.hlt()
        }),
    );
    // The handler maps 1 GiB -> 0 and returns.
    bus.load(
        0xa000,
        &assemble(64, 0xa000, |a| {
            a.mov(rbx, cr2)?;
            a.pop(rdx)?;
            a.mov(qword_ptr(0x2008), 0x83)?;
            a.iretq()
        }),
    );
    gate(&mut bus, 14, 0xa000, 0);
    cpu.state_mut().gpr[gpr::RSP] = 0x7008; // the frame aligns it
    let mut probe = Recorder::default();
    // 1 GiB + 8 is physical 8 afterwards.
    run_to_halt(&mut cpu, &mut bus, &mut probe);
    assert_eq!(bus.read(8), 5);
    let state = cpu.state();
    assert_eq!((state.gpr[gpr::RBX], state.gpr[gpr::RDX]), (0x4000_0008, 2));
    assert_eq!(state.gpr[gpr::RSP], 0x7008);
    // Accessed and dirty bits of the 1-GiB page.
    assert_eq!(bus.read(0x2008) & 0x60, 0x60);
    // mov, the fault, mov, pop, mov, iretq, mov, hlt
    assert_eq!((cpu.clock, cpu.retired), (8, 7));
}

#[test]
fn a_triple_fault_shuts_down() {
    let mut bus = Flat::new(1 << 21);
    let mut cpu = long_mode(&mut bus, 0x8000);
    bus.load(0x8000, &[0x0f, 0x0b]);
    cpu.state_mut().idtr.limit = 0;
    let mut probe = Recorder::default();
    assert_eq!(cpu.run(&mut bus, &mut probe, 100), Stop::Shutdown);
    assert_eq!(cpu.run(&mut bus, &mut probe, 100), Stop::Shutdown);
    assert!(
        probe
            .events
            .iter()
            .any(|(_, event)| *event == Event::Shutdown)
    );
}

#[test]
fn an_interrupt_wakes_a_halted_cpu_and_sti_has_a_shadow() {
    let mut bus = Flat::new(1 << 21);
    let mut cpu = long_mode(&mut bus, 0x8000);
    bus.load(
        0x8000,
        &assemble(64, 0x8000, |a| {
            a.sti()?;
            a.inc(eax)?; // in the shadow
            a.inc(eax)?; // after the interrupt
            a.hlt()?;
            a.inc(ebx)?;
            a.cli()?;
            a.hlt()
        }),
    );
    bus.load(
        0xa000,
        &assemble(64, 0xa000, |a| {
            a.mov(ecx, eax)?;
            a.out(0x20, al)?;
            a.iretq()
        }),
    );
    gate(&mut bus, 0x30, 0xa000, 0);
    bus.interrupt = Some(0x30);
    let mut probe = Recorder::default();
    assert_eq!(cpu.run(&mut bus, &mut probe, 100), Stop::Device);
    assert_eq!(cpu.state().gpr[gpr::RCX], 1);
    assert_eq!(cpu.run(&mut bus, &mut probe, 100), Stop::Halt);
    // sti inc | mov out iretq | inc hlt
    assert_eq!(cpu.clock, 7);
    assert_eq!(cpu.run(&mut bus, &mut probe, 100), Stop::Halt);
    cpu.sleep_until(50);
    bus.interrupt = Some(0x30);
    assert_eq!(cpu.run(&mut bus, &mut probe, 100), Stop::Device);
    assert_eq!(cpu.run(&mut bus, &mut probe, 100), Stop::Halt);
    assert_eq!(cpu.state().gpr[gpr::RBX], 1);
    assert_eq!((cpu.clock, cpu.retired), (56, 13));
    assert_eq!(bus.written, [(3, 0x20, 1, 1), (51, 0x20, 1, 2)]);
}
