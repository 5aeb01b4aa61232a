//! The same ROM on QEMU, where there is one.

use std::process::Command;
use std::{env, fs, process};

/// What the ROM says at the debug console and with which status it ends, on QEMU with 2 MiB.
/// `None` if there is no QEMU on this computer.
pub fn run(name: &str, rom: &[u8]) -> Option<(Vec<u8>, i32)> {
    let path = env::temp_dir().join(format!("ringside-{}-{name}.rom", process::id()));
    fs::write(&path, rom).expect("the temporary directory takes a file");
    let output = Command::new("qemu-system-x86_64")
        .args([
            "-m",
            "2",
            "-display",
            "none",
            "-monitor",
            "none",
            "-no-reboot",
        ])
        .args([
            "-serial", "null", "-serial", "null", "-serial", "null", "-serial", "null",
        ])
        .args([
            "-debugcon",
            "stdio",
            "-device",
            "isa-debug-exit,iobase=0xf4,iosize=4",
        ])
        .arg("-bios")
        .arg(&path)
        .output();
    fs::remove_file(&path).expect("it was there");
    let output = output.ok()?;
    Some((output.stdout, output.status.code()?))
}
