//! Small guests from the reset vector on: here, and the same bytes on QEMU.

mod guest;

use machine::{Boot, Config, Machine, Stopped};
use std::process::Command;
use std::{env, fs, process};

fn machine(rom: &[u8]) -> Machine {
    let config = Config {
        ram_mib: 2,
        firmware: None,
        boot: Boot::Rom(rom),
    };
    Machine::new(config).expect("a ROM of 64 KiB")
}

/// What the ROM says at the debug console and with which status it ends, on QEMU. `None` if
/// there is no QEMU on this computer.
fn on_qemu(name: &str, rom: &[u8]) -> Option<(String, i32)> {
    let path = env::temp_dir().join(format!("ringside-{}-{name}.rom", process::id()));
    fs::write(&path, rom).expect("the temporary directory takes a file");
    let output = Command::new("qemu-system-x86_64")
        .args([
            "-m", "2", "-display", "none", "-monitor", "none", "-serial", "none",
        ])
        .args(["-no-reboot", "-debugcon", "stdio"])
        .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=4"])
        .arg("-bios")
        .arg(&path)
        .output();
    fs::remove_file(&path).expect("it was there");
    let output = output.ok()?;
    Some((
        String::from_utf8_lossy(&output.stdout).into_owned(),
        output.status.code()?,
    ))
}

#[test]
fn real_protected_and_long_mode() {
    let rom = guest::three_modes();
    let mut machine = machine(&rom);
    assert_eq!(machine.run(&mut (), 10_000), Stopped::Exited(85));
    assert_eq!(machine.debug_console().text(), "RPL");
    assert_eq!(machine.console(0).text(), "RPL");
    if let Some(qemu) = on_qemu("three-modes", &rom) {
        assert_eq!(qemu, ("RPL".into(), 85));
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
