//! Small guests from the reset vector on: here, and the same bytes on QEMU.

mod guest;

use machine::{Boot, Config, Machine, Stopped};

fn machine(rom: &[u8]) -> Machine {
    let config = Config {
        ram_mib: 2,
        firmware: None,
        boot: Boot::Rom(rom),
    };
    Machine::new(config).expect("a ROM of 64 KiB")
}

#[test]
fn real_protected_and_long_mode() {
    let rom = guest::three_modes();
    let mut machine = machine(&rom);
    assert_eq!(machine.run(&mut (), 10_000), Stopped::Exited(85));
    assert_eq!(machine.debug_console().text(), "RPL");
    assert_eq!(machine.console(0).text(), "RPL");
    if let Some(qemu) = guest::qemu::run("three-modes", &rom, &[]) {
        assert_eq!(
            (&qemu.said[..], &qemu.serial[..], qemu.status),
            (&b"RPL"[..], &b"RPL"[..], 85)
        );
    }
}

#[test]
fn interrupts_wake_a_sleeping_cpu() {
    let mut machine = machine(&guest::busy_and_idle());
    let second = machine::time::HZ;
    assert_eq!(machine.run(&mut (), second), Stopped::Reached);
    let mut ticks = [0; 2];
    assert!(machine.peek(0x500, &mut ticks));
    let expected = 1_193_182 / 1193;
    assert_eq!(u16::from_le_bytes(ticks), expected as u16);
    assert_eq!(machine.debug_console().text(), ".".repeat(expected / 64));
    assert!(machine.retired() < second / 5, "it sleeps most of the time");
    machine.type_bytes(0, b"hello q");
    assert_eq!(machine.run(&mut (), 2 * second), Stopped::Exited(35));
    assert_eq!(machine.console(0).text(), "hello q");
    assert_eq!(
        machine.run(&mut (), 3 * second),
        Stopped::Exited(35),
        "and stays so"
    );
}
