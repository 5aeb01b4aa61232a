//! What ring 3 may do, what traps and what lies: the table that a trap-and-emulate hypervisor lives
//! by, as real silicon answered it (CPL 3, IOPL 0, UMIP off unless said).

mod common;

use common::{Flat, gate, long_mode, run_to_halt};
use cpu::{Cpu, Segment, gpr, seg};
use probe::{Event, Recorder};

const USER: u64 = 0x9000;
const HANDLER: u64 = 0xb000;

/// What came of one instruction in ring 3: the trap's vector and error code, and the state after.
fn in_ring_3(bytes: &[u8], prepare: impl FnOnce(&mut Cpu, &mut Flat)) -> (Option<(u8, u32)>, Cpu) {
    let mut bus = Flat::new(2 << 20);
    let mut cpu = long_mode(&mut bus, USER);
    bus.load(USER, bytes);
    // If nothing happens, UD2 comes next: #UD at an address that tells.
    bus.load(USER + bytes.len() as u64, &[0x0f, 0x0b]);
    bus.load(HANDLER, &[0xf4]);
    for vector in 0..256 {
        gate(&mut bus, vector, HANDLER, 0);
    }
    gate(&mut bus, 3, HANDLER, 3);
    gate(&mut bus, 0x80, HANDLER, 3);
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
    state.gpr[gpr::RSP] = 0x8000;
    state.rflags = 0x202;
    prepare(&mut cpu, &mut bus);
    let mut probe = Recorder::default();
    run_to_halt(&mut cpu, &mut bus, &mut probe);
    let trap = probe.events.iter().find_map(|(_, event)| match *event {
        Event::Trap {
            vector, error, rip, ..
        } => Some((vector, error.unwrap_or(0), rip)),
        _ => None,
    });
    let (vector, error, rip) = trap.expect("it ends in a trap");
    let silent = vector == 6 && rip == USER + bytes.len() as u64;
    (if silent { None } else { Some((vector, error)) }, cpu)
}

fn trap(bytes: &[u8]) -> Option<(u8, u32)> {
    in_ring_3(bytes, |_, _| {}).0
}

const UD: Option<(u8, u32)> = Some((6, 0));
const GP: Option<(u8, u32)> = Some((13, 0));

#[test]
fn privileged_instructions_trap() {
    let rows: [(&str, &[u8]); 28] = [
        ("cli", &[0xfa]),
        ("sti", &[0xfb]),
        ("hlt", &[0xf4]),
        ("swapgs", &[0x0f, 0x01, 0xf8]),
        ("sysretq", &[0x48, 0x0f, 0x07]),
        ("rdmsr", &[0x0f, 0x32]),
        ("wrmsr", &[0x0f, 0x30]),
        ("mov rax, cr0", &[0x0f, 0x20, 0xc0]),
        ("mov cr0, rax", &[0x0f, 0x22, 0xc0]),
        ("mov rax, cr2", &[0x0f, 0x20, 0xd0]),
        ("mov cr3, rax", &[0x0f, 0x22, 0xd8]),
        ("mov cr4, rax", &[0x0f, 0x22, 0xe0]),
        ("mov cr8, rax", &[0x44, 0x0f, 0x22, 0xc0]),
        ("clts", &[0x0f, 0x06]),
        ("lmsw ax", &[0x0f, 0x01, 0xf0]),
        ("mov dr7, rax", &[0x0f, 0x23, 0xf8]),
        ("invlpg [rax]", &[0x0f, 0x01, 0x38]),
        ("wbinvd", &[0x0f, 0x09]),
        ("invd", &[0x0f, 0x08]),
        ("lgdt [rsp]", &[0x0f, 0x01, 0x14, 0x24]),
        ("lidt [rsp]", &[0x0f, 0x01, 0x1c, 0x24]),
        ("lldt ax", &[0x0f, 0x00, 0xd0]),
        ("ltr ax", &[0x0f, 0x00, 0xd8]),
        ("in al, 0x60", &[0xe4, 0x60]),
        ("out 0x60, al", &[0xe6, 0x60]),
        ("insb", &[0x6c]),
        ("rep outsb", &[0xf3, 0x6e]),
        ("rdpmc", &[0x0f, 0x33]),
    ];
    for (name, bytes) in rows {
        assert_eq!(trap(bytes), GP, "{name}");
    }
}

#[test]
fn what_does_not_exist_here_is_undefined() {
    let rows: [(&str, &[u8]); 13] = [
        ("clac", &[0x0f, 0x01, 0xca]),
        ("stac", &[0x0f, 0x01, 0xcb]),
        ("monitor", &[0x0f, 0x01, 0xc8]),
        ("mwait", &[0x0f, 0x01, 0xc9]),
        ("vmmcall", &[0x0f, 0x01, 0xd9]),
        ("vmrun", &[0x0f, 0x01, 0xd8]),
        ("sysenter", &[0x0f, 0x34]),
        (
            "rdfsbase rax, FSGSBASE off",
            &[0xf3, 0x48, 0x0f, 0xae, 0xc0],
        ),
        ("push cs", &[0x0e]),
        ("pop ds", &[0x1f]),
        ("call far imm", &[0x9a, 0, 0, 0, 0, 0, 0]),
        ("xgetbv", &[0x0f, 0x01, 0xd0]),
        ("syscall, SCE off", &[0x0f, 0x05]),
    ];
    for (name, bytes) in rows {
        let prepare = |cpu: &mut Cpu, _: &mut Flat| cpu.state_mut().efer &= !1;
        assert_eq!(in_ring_3(bytes, prepare).0, UD, "{name}");
    }
}

#[test]
fn these_lie() {
    // PUSHF shows the real IF and IOPL; POPF changes neither and says nothing.
    let (trapped, cpu) = in_ring_3(&[0x9c, 0x58], |_, _| {});
    assert_eq!((trapped, cpu.state().gpr[0]), (None, 0x202));
    let all_but_tf = 0x3f_7ed5u64;
    let (trapped, cpu) = in_ring_3(&[0x50, 0x9d], |cpu, _| {
        cpu.state_mut().gpr[0] = all_but_tf & !0x200
    });
    assert_eq!(trapped, None);
    // The pushed image, on the RSP0 stack: IF still set, IOPL still 0, AC and ID changed.
    let frame = cpu.state().gpr[gpr::RSP];
    assert_eq!(frame, 0x7000 - 40);
    // SGDT, SIDT, SLDT, STR, SMSW, MOV from CS: the real ones.
    let (trapped, cpu) = in_ring_3(&[0x0f, 0x01, 0xe0], |_, _| {});
    assert_eq!((trapped, cpu.state().gpr[0]), (None, 0x8005_0033));
    let (trapped, cpu) = in_ring_3(&[0x0f, 0x00, 0xc8], |_, _| {});
    assert_eq!((trapped, cpu.state().gpr[0]), (None, 40));
    let (trapped, cpu) = in_ring_3(&[0x8c, 0xc8], |_, _| {});
    assert_eq!((trapped, cpu.state().gpr[0]), (None, 0x23));
    // LAR of the kernel's code segment: not visible; of the user's: visible.
    let (trapped, cpu) = in_ring_3(&[0x0f, 0x02, 0xc1], |cpu, _| cpu.state_mut().gpr[1] = 0x23);
    assert_eq!((trapped, cpu.state().gpr[0]), (None, 0xaf_fb00));
}

#[test]
fn umip_and_cpuid_faulting_close_holes() {
    let rows: [(&str, &[u8]); 5] = [
        ("sgdt", &[0x0f, 0x01, 0x04, 0x24]),
        ("sidt", &[0x0f, 0x01, 0x0c, 0x24]),
        ("sldt", &[0x0f, 0x00, 0xc0]),
        ("str", &[0x0f, 0x00, 0xc8]),
        ("smsw", &[0x0f, 0x01, 0xe0]),
    ];
    for (name, bytes) in rows {
        let umip = |cpu: &mut Cpu, _: &mut Flat| cpu.state_mut().cr4 |= 1 << 11;
        assert_eq!(in_ring_3(bytes, umip).0, GP, "{name}");
        assert_eq!(trap(bytes), None, "{name}");
    }
    let disable = |cpu: &mut Cpu, _: &mut Flat| cpu.state_mut().msr.hwcr = 1 << 35;
    assert_eq!(in_ring_3(&[0x0f, 0xa2], disable).0, GP);
    assert_eq!(trap(&[0x0f, 0xa2]), None);
    let tsd = |cpu: &mut Cpu, _: &mut Flat| cpu.state_mut().cr4 |= 1 << 2;
    assert_eq!(in_ring_3(&[0x0f, 0x31], tsd).0, GP);
    assert_eq!(trap(&[0x0f, 0x31]), None);
}

#[test]
fn software_interrupts_ask_the_gate() {
    assert_eq!(trap(&[0xcd, 0x80]), Some((0x80, 0)));
    assert_eq!(trap(&[0xcd, 0x0d]), Some((13, 0x6a)));
    assert_eq!(trap(&[0xcd, 0x20]), Some((13, 0x102)));
    assert_eq!(trap(&[0xcc]), Some((3, 0)));
}

#[test]
fn selectors_are_checked_against_the_real_table() {
    // mov ds, ax; mov ss, ax; mov fs, ax with the kernel's data selector.
    for bytes in [[0x8e, 0xd8], [0x8e, 0xd0], [0x8e, 0xe0]] {
        let (trapped, _) = in_ring_3(&bytes, |cpu, _| cpu.state_mut().gpr[0] = 16);
        assert_eq!(trapped, Some((13, 16)));
    }
    // A null selector loads silently, but for SS.
    let (trapped, cpu) = in_ring_3(&[0x8e, 0xd8], |_, _| {});
    assert_eq!((trapped, cpu.state().seg[seg::DS].selector), (None, 0));
    assert_eq!(trap(&[0x8e, 0xd0]), GP);
    // iretq to the kernel's CS; retfq likewise.
    let frame = |cpu: &mut Cpu, bus: &mut Flat| {
        cpu.state_mut().gpr[gpr::RSP] = 0x7800;
        for (n, word) in [USER + 2, 8, 0x202, 0x8000, 16].into_iter().enumerate() {
            bus.write(0x7800 + 8 * n as u64, word);
        }
    };
    assert_eq!(in_ring_3(&[0x48, 0xcf], frame).0, Some((13, 8)));
    assert_eq!(in_ring_3(&[0x48, 0xcb], frame).0, Some((13, 8)));
    // iretq to ring 3: IF is not changed, silently.
    let frame = |cpu: &mut Cpu, bus: &mut Flat| {
        cpu.state_mut().gpr[gpr::RSP] = 0x7800;
        for (n, word) in [USER + 2, 0x23, 2, 0x8000, 0x1b].into_iter().enumerate() {
            bus.write(0x7800 + 8 * n as u64, word);
        }
    };
    assert_eq!(in_ring_3(&[0x48, 0xcf], frame).0, None);
}

#[test]
fn the_io_map_opens_single_ports() {
    let with_map = |cpu: &mut Cpu, bus: &mut Flat| {
        cpu.state_mut().tr.limit = 0x67 + 0x20;
        bus.memory[0x966] = 0x68; // the map stands behind the TSS
        bus.memory[0x968..0x988].fill(0xff);
        bus.memory[0x968 + 0x60 / 8] = 0xfe;
    };
    assert_eq!(in_ring_3(&[0xe4, 0x60], with_map).0, None);
    assert_eq!(in_ring_3(&[0xe5, 0x60], with_map).0, GP);
    assert_eq!(in_ring_3(&[0xe4, 0x61], with_map).0, GP);
}
