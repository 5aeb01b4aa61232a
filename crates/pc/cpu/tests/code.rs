//! Code that changes under the CPU's feet, crosses pages, or repeats.

mod common;

use common::{Flat, gate, long_mode, run_to_halt};
use cpu::{Cpu, Stop, gpr};
use probe::{Event, Recorder};

fn run(code: &[u8]) -> (Cpu, Flat) {
    run_at(0x9000, code)
}

fn run_at(at: u64, code: &[u8]) -> (Cpu, Flat) {
    let mut bus = Flat::new(2 << 20);
    let mut cpu = long_mode(&mut bus, at);
    bus.load(at, code);
    run_to_halt(&mut cpu, &mut bus, &mut ());
    (cpu, bus)
}

#[test]
fn code_may_change_the_very_next_instruction() {
    // mov byte [rip + 1], 2; mov al, 1 -> mov al, 2; hlt
    let (cpu, _) = run(&[0xc6, 0x05, 1, 0, 0, 0, 2, 0xb0, 1, 0xf4]);
    assert_eq!(cpu.state().gpr[gpr::RAX], 2);
}

#[test]
fn code_may_change_itself_for_ever() {
    // mov ecx, 1000; again: inc byte [rip + 1]; mov al, 0; dec ecx; jnz again; hlt
    let code = [
        0xb9, 0xe8, 3, 0, 0, 0xfe, 0x05, 1, 0, 0, 0, 0xb0, 0, 0xff, 0xc9, 0x75, 0xf4, 0xf4,
    ];
    let (cpu, _) = run(&code);
    assert_eq!(cpu.state().gpr[gpr::RAX], 1000 & 0xff);
    assert_eq!(cpu.retired, 2 + 4 * 1000);
}

#[test]
fn a_second_mapping_of_the_same_page_changes_the_same_code() {
    let mut bus = Flat::new(2 << 20);
    let mut cpu = long_mode(&mut bus, 0x9000);
    // 1 GiB -> 0, as a 1-GiB page.
    bus.write(0x2008, 0x83);
    // call f; mov byte [0x4000_9101], 7; call f; hlt       f: mov al, 1; add bl, al; ret
    let main = [
        0xe8, 0xfb, 0, 0, 0, 0xc6, 0x04, 0x25, 0x01, 0x91, 0x00, 0x40, 7, 0xe8, 0xee, 0, 0, 0, 0xf4,
    ];
    bus.load(0x9000, &main);
    bus.load(0x9100, &[0xb0, 1, 0x00, 0xc3, 0xc3]);
    run_to_halt(&mut cpu, &mut bus, &mut ());
    assert_eq!(cpu.state().gpr[gpr::RBX], 8);
}

#[test]
fn memory_that_others_changed_is_decoded_anew() {
    let mut bus = Flat::new(2 << 20);
    let mut cpu = long_mode(&mut bus, 0x9000);
    bus.load(0x9000, &[0xb0, 1, 0xeb, 0xfc]); // again: mov al, 1; jmp again
    assert_eq!(cpu.run(&mut bus, &mut (), 10), Stop::Deadline);
    bus.memory[0x9001] = 2;
    cpu.memory_changed(0x9000);
    cpu.run(&mut bus, &mut (), 20);
    assert_eq!(cpu.state().gpr[gpr::RAX], 2);
}

#[test]
fn an_instruction_may_lie_across_two_pages() {
    // mov rax, imm64 with 3 bytes in the first page; hlt
    let code = [0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 0xf4];
    let (cpu, _) = run_at(0x9ffd, &code);
    assert_eq!(cpu.state().gpr[gpr::RAX], 0x0807_0605_0403_0201);
}

#[test]
fn the_missing_second_page_is_what_faults() {
    let mut bus = Flat::new(2 << 20);
    let mut cpu = long_mode(&mut bus, 0x3f_fffd);
    // The first 2 MiB are mapped by 4-KiB pages; map 2..4 MiB to the same memory, end absent.
    bus.write(0x3008, 0x83);
    bus.write(0x3010, 0);
    bus.load(0x1f_fffd, &[0x48, 0xb8, 1]);
    bus.load(0xb000, &[0xf4]);
    gate(&mut bus, 14, 0xb000, 0);
    let mut probe = Recorder::default();
    run_to_halt(&mut cpu, &mut bus, &mut probe);
    let trap = probe.events.iter().find_map(|(_, event)| match *event {
        Event::Trap {
            vector: 14,
            address,
            rip,
            error,
            ..
        } => Some((address, rip, error)),
        _ => None,
    });
    assert_eq!(trap, Some((0x40_0000, 0x3f_fffd, Some(0x10))));
}

#[test]
fn each_iteration_of_a_rep_counts_and_can_be_stopped_at() {
    let world = || {
        let mut bus = Flat::new(2 << 20);
        let mut cpu = long_mode(&mut bus, 0x9000);
        bus.load(0x9000, &[0xf3, 0x48, 0xab, 0xf4]); // rep stosq; hlt
        let gpr = &mut cpu.state_mut().gpr;
        (gpr[gpr::RCX], gpr[gpr::RDI], gpr[gpr::RAX]) = (1500, 0x10_0000, !0);
        (cpu, bus)
    };
    for stop in [1, 7, 512, 513, 1499, 1500] {
        let (mut cpu, mut bus) = world();
        assert_eq!(cpu.run(&mut bus, &mut (), stop), Stop::Deadline);
        let state = cpu.state();
        assert_eq!(
            (cpu.clock, cpu.retired, state.gpr[gpr::RCX]),
            (stop, stop, 1500 - stop)
        );
        assert_eq!(state.gpr[gpr::RDI], 0x10_0000 + 8 * stop);
        assert_eq!(state.rip, if stop == 1500 { 0x9003 } else { 0x9000 });
        assert_eq!(
            (
                bus.read(0x10_0000 + 8 * stop - 8),
                bus.read(0x10_0000 + 8 * stop)
            ),
            (!0, 0)
        );
    }
    let (mut cpu, mut bus) = world();
    assert_eq!(cpu.run(&mut bus, &mut (), 10_000), Stop::Halt);
    assert_eq!(cpu.clock, 1501);
}

#[test]
fn overlapping_copies_repeat_a_pattern() {
    let mut bus = Flat::new(2 << 20);
    let mut cpu = long_mode(&mut bus, 0x9000);
    bus.load(0x9000, &[0xf3, 0xa4, 0xf4]); // rep movsb; hlt
    bus.load(0x10_0000, b"abc");
    let gpr = &mut cpu.state_mut().gpr;
    (gpr[gpr::RCX], gpr[gpr::RSI], gpr[gpr::RDI]) = (9, 0x10_0000, 0x10_0003);
    run_to_halt(&mut cpu, &mut bus, &mut ());
    assert_eq!(&bus.memory[0x10_0000..0x10_000d], b"abcabcabcabc\0");
}

#[test]
fn an_unbreakable_loop_of_faults_still_takes_time() {
    let mut bus = Flat::new(2 << 20);
    let mut cpu = long_mode(&mut bus, 0x9000);
    // #UD whose handler is #UD, on an interrupt stack that is used again and again.
    bus.load(0x9000, &[0x0f, 0x0b]);
    gate(&mut bus, 6, 0x9000, 0);
    bus.memory[0x5000 + 16 * 6 + 4] = 1;
    bus.write(0x900 + 36, 0x7000);
    assert_eq!(cpu.run(&mut bus, &mut (), 1000), Stop::Deadline);
    assert_eq!((cpu.clock, cpu.retired), (1000, 0));
}
