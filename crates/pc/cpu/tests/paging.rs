//! Translation: permissions, accessed and dirty bits, and a TLB that remembers what it should not.

mod common;

use common::{Flat, gate, long_mode, run_to_halt};
use cpu::{Cpu, Segment, gpr, seg};
use probe::{Event, Flush, Recorder};

/// Not in the TLB slot of anything else here.
const VA: u64 = 0x4003_0000;
/// Its page-table entry.
const ENTRY: u64 = 0x7000 + 8 * 0x30;
const HANDLER: u64 = 0xb000;

/// 64-bit mode with one 4-KiB page table for VA at 0x6000.
fn world() -> (Cpu, Flat) {
    let mut bus = Flat::new(2 << 20);
    let mut cpu = long_mode(&mut bus, 0x9000);
    bus.write(0x2008, 0x6000 | 7);
    bus.write(0x6000, 0x7000 | 7);
    bus.load(HANDLER, &[0xf4]);
    for vector in 0..32 {
        gate(&mut bus, vector, HANDLER, 0);
    }
    cpu.state_mut().gpr[gpr::RBX] = VA;
    (cpu, bus)
}

/// Runs `code`, then HLT, and returns the page fault's error code, if there was one.
fn run(cpu: &mut Cpu, bus: &mut Flat, code: &[u8]) -> (Option<u32>, Recorder) {
    bus.load(0x9000, code);
    bus.load(0x9000 + code.len() as u64, &[0x0f, 0x0b]);
    cpu.forget_code();
    let mut probe = Recorder::default();
    run_to_halt(cpu, bus, &mut probe);
    let trap = probe.events.iter().find_map(|(_, event)| match *event {
        Event::Trap {
            vector: 14, error, ..
        } => error,
        _ => None,
    });
    (trap, probe)
}

const LOAD: &[u8] = &[0x8b, 0x03];
const STORE: &[u8] = &[0x89, 0x03];
const MODIFY: &[u8] = &[0xff, 0x03];
const JUMP: &[u8] = &[0xff, 0xe3];
const USER_JUMP: &[u8] = &[0xff, 0xe3];

fn as_user(cpu: &mut Cpu) {
    let state = cpu.state_mut();
    state.cpl = 3;
    state.seg = [Segment {
        selector: 0x1b,
        attributes: 0xcf3,
        limit: u32::MAX,
        base: 0,
    }; 6];
    state.seg[seg::CS] = Segment {
        selector: 0x23,
        attributes: 0xafb,
        limit: u32::MAX,
        base: 0,
    };
}

/// (entry, user, code, error code)
type Row = (u64, bool, &'static [u8], Option<u32>);

#[test]
fn permissions_and_error_codes() {
    const NX: u64 = 1 << 63;
    let rows: &[Row] = &[
        (0, false, LOAD, Some(0)),
        (0, false, STORE, Some(2)),
        (0, false, MODIFY, Some(2)),
        (0, true, LOAD, Some(4)),
        (0, true, STORE, Some(6)),
        (0, false, JUMP, Some(0x10)),
        (1, false, LOAD, None),
        (1, false, STORE, Some(3)),
        (1, true, LOAD, Some(5)),
        (1, true, STORE, Some(7)),
        (5, true, LOAD, None),
        (5, true, STORE, Some(7)),
        (7, true, STORE, None),
        (7 | NX, false, JUMP, Some(0x11)),
        (7 | NX, true, USER_JUMP, Some(0x15)),
        (3, true, USER_JUMP, Some(0x15)),
    ];
    for &(entry, user, code, error) in rows {
        let (mut cpu, mut bus) = world();
        bus.write(ENTRY, 0x10_0000 | entry);
        if user {
            as_user(&mut cpu);
        }
        let (found, _) = run(&mut cpu, &mut bus, code);
        assert_eq!(found, error, "entry {entry:#x} user {user} {code:x?}");
        if found.is_some() {
            assert_eq!(cpu.state().cr2, VA);
        }
    }
}

#[test]
fn wp_smep_and_smap() {
    let with = |entry: u64, code: &[u8], prepare: fn(&mut Cpu)| {
        let (mut cpu, mut bus) = world();
        bus.write(ENTRY, 0x10_0000 | entry);
        prepare(&mut cpu);
        run(&mut cpu, &mut bus, code).0
    };
    // The kernel writes a read-only page: only without WP.
    assert_eq!(
        with(5, STORE, |cpu| cpu.state_mut().cr0 &= !(1 << 16)),
        None
    );
    assert_eq!(with(5, STORE, |_| {}), Some(3));
    // The kernel's own pages must be the kernel's for these two: make VA's the only user page.
    let kernel_only = |bits: u64| {
        move |entry: u64, code: &[u8], ac: bool| {
            let (mut cpu, mut bus) = world();
            for n in 0..512 {
                let old = bus.read(0x3000 + 8 * n);
                bus.write(0x3000 + 8 * n, old & !4);
            }
            bus.write(ENTRY, 0x10_0000 | entry);
            cpu.state_mut().cr4 |= bits;
            if ac {
                cpu.state_mut().rflags |= 1 << 18;
            }
            run(&mut cpu, &mut bus, code).0
        }
    };
    let smep = kernel_only(1 << 20);
    assert_eq!(smep(7, JUMP, false), Some(0x11));
    assert_eq!(smep(7, LOAD, false), None);
    let smap = kernel_only(1 << 21);
    assert_eq!(smap(7, LOAD, false), Some(1));
    assert_eq!(smap(7, STORE, false), Some(3));
    assert_eq!(smap(7, STORE, true), None);
    assert_eq!(smap(3, STORE, false), None);
}

#[test]
fn accessed_and_dirty_bits_are_set_when_they_should() {
    let (mut cpu, mut bus) = world();
    bus.write(ENTRY, 0x10_0000 | 7);
    run(&mut cpu, &mut bus, LOAD);
    assert_eq!(bus.read(ENTRY) & 0x60, 0x20);
    assert_eq!(bus.read(0x6000) & 0x60, 0x20);
    let (mut cpu, mut bus) = world();
    bus.write(ENTRY, 0x10_0000 | 7);
    // A load, then a store: the second walk sets the dirty bit.
    let (_, probe) = run(&mut cpu, &mut bus, &[0x8b, 0x03, 0x89, 0x03, 0x89, 0x03]);
    assert_eq!(bus.read(ENTRY) & 0x60, 0x60);
    let fills = probe
        .events
        .iter()
        .filter(|(_, e)| matches!(e, Event::TlbFill { va: VA, .. }))
        .count();
    assert_eq!(fills, 2);
}

#[test]
fn a_forgotten_invlpg_shows() {
    // mov eax, [rbx]; mov qword [ENTRY], new; (invlpg [rbx];) mov eax, [rbx]
    let change: &[u8] = &[
        0x48, 0xc7, 0x04, 0x25, 0x80, 0x71, 0, 0, 0x07, 0x10, 0x10, 0x00,
    ];
    let old_then_new = |flush: &[u8]| {
        let (mut cpu, mut bus) = world();
        bus.write(ENTRY, 0x10_0000 | 7);
        bus.write(0x10_0000, 1);
        bus.write(0x10_1000, 2);
        let code: Vec<u8> = [LOAD, change, flush, LOAD].concat();
        let (trap, probe) = run(&mut cpu, &mut bus, &code);
        assert_eq!(trap, None);
        (cpu.state().gpr[gpr::RAX], probe)
    };
    assert_eq!(old_then_new(&[]).0, 1);
    let (value, probe) = old_then_new(&[0x0f, 0x01, 0x3b]);
    assert_eq!(value, 2);
    assert!(
        probe
            .events
            .iter()
            .any(|(_, e)| *e == Event::TlbFlush(Flush::Page(VA)))
    );
    // A load of CR3 does it too: mov rdx, cr3; mov cr3, rdx.
    assert_eq!(old_then_new(&[0x0f, 0x20, 0xda, 0x0f, 0x22, 0xda]).0, 2);
}

#[test]
fn global_pages_survive_cr3() {
    let (mut cpu, mut bus) = world();
    bus.write(ENTRY, 0x10_0000 | 0x107);
    bus.write(0x10_0000, 1);
    cpu.state_mut().cr4 |= 1 << 7;
    // mov eax, [rbx]; and qword [ENTRY], 0; mov rdx, cr3; mov cr3, rdx; mov eax, [rbx]
    let code = [
        0x8b, 0x03, 0x48, 0x83, 0x24, 0x25, 0x80, 0x71, 0, 0, 0, 0x0f, 0x20, 0xda, 0x0f, 0x22,
        0xda, 0x8b, 0x03,
    ];
    assert_eq!(run(&mut cpu, &mut bus, &code).0, None);
    assert_eq!(cpu.state().gpr[gpr::RAX], 1);
}

#[test]
fn an_upgrade_needs_no_invlpg() {
    let (mut cpu, mut bus) = world();
    bus.write(ENTRY, 0x10_0000 | 5);
    // mov eax, [rbx]; or byte [ENTRY], 2; mov [rbx], eax
    let code = [
        0x8b, 0x03, 0x80, 0x0c, 0x25, 0x80, 0x71, 0, 0, 2, 0x89, 0x03,
    ];
    assert_eq!(run(&mut cpu, &mut bus, &code).0, None);
}

#[test]
fn a_store_touches_its_page_once_after_each_snapshot() {
    let (mut cpu, mut bus) = world();
    bus.write(ENTRY, 0x10_0000 | 7);
    run(&mut cpu, &mut bus, STORE);
    assert!(bus.touched.contains(&0x10_0000));
    bus.touched.clear();
    cpu.state_mut().rip = 0x9000;
    cpu.state_mut().halted = false;
    cpu.forget_writable();
    let fills = run(&mut cpu, &mut bus, STORE)
        .1
        .events
        .iter()
        .filter(|(_, e)| matches!(e, Event::TlbFill { va: VA, .. }))
        .count();
    assert_eq!(fills, 0, "the translation was not forgotten");
    assert!(bus.touched.contains(&0x10_0000));
}

#[test]
fn state_survives_serialisation_shape() {
    let (mut cpu, mut bus) = world();
    bus.write(ENTRY, 0x10_0000 | 7);
    run(&mut cpu, &mut bus, STORE);
    let saved = cpu.save();
    let mut other = Cpu::new();
    other.restore(&saved);
    assert!(other.state() == cpu.state());
    assert!(other.save() == saved);
}
