//! The same ROM on QEMU, where there is one.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, process};

/// A file that is gone when its owner is.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = env::temp_dir().join(format!("ringside-{}-{name}", process::id()));
        fs::write(&path, bytes).expect("the temporary directory takes a file");
        Self(path)
    }
    fn path(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        fs::remove_file(&self.0).expect("nobody else removes it");
    }
}

/// What a guest did.
pub struct Outcome {
    /// Said at the debug console.
    pub said: Vec<u8>,
    /// Said on COM1.
    pub serial: Vec<u8>,
    /// QEMU's exit status.
    pub status: i32,
}

/// Runs a ROM on QEMU with 2 MiB, each of `loaded` put into memory beforehand. `None` if there
/// is no QEMU on this computer.
pub fn run(name: &str, rom: &[u8], loaded: &[(u64, &[u8])]) -> Option<Outcome> {
    let rom = Temporary::new(&format!("{name}.rom"), rom);
    let serial = Temporary::new(&format!("{name}.com1"), b"");
    let pieces = loaded
        .iter()
        .map(|(at, bytes)| (*at, Temporary::new(&format!("{name}.{at:x}"), bytes)));
    let pieces: Vec<_> = pieces.collect();
    let mut command = Command::new("qemu-system-x86_64");
    command
        .args([
            "-m",
            "2",
            "-display",
            "none",
            "-monitor",
            "none",
            "-no-reboot",
        ])
        .args(["-serial", &format!("file:{}", serial.path())])
        .args(["-serial", "null", "-serial", "null", "-serial", "null"])
        .args([
            "-debugcon",
            "stdio",
            "-device",
            "isa-debug-exit,iobase=0xf4,iosize=4",
        ])
        // Its time too is a count of instructions (128 ns each), so that a busy host does not
        // make its timers late.
        .args(["-icount", "shift=7,sleep=off"])
        .args(["-bios", &rom.path()]);
    for (at, file) in &pieces {
        let file = file.path();
        command.args([
            "-device",
            &format!("loader,addr={at:#x},force-raw=on,file={file}"),
        ]);
    }
    let output = command.output().ok()?;
    let serial = fs::read(&serial.0).expect("QEMU wrote it");
    Some(Outcome {
        said: output.stdout,
        serial,
        status: output.status.code()?,
    })
}
