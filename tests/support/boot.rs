//! The same images on two machines: ours, and QEMU's.
//!
//! What both must agree on is what a person sees: the bytes on each serial port, and how the
//! machine ended.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use xtask::{tools, workspace};

use crate::native;

/// Longer than any of our transcripts takes in QEMU on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// An image, what goes with it, and how much machine it needs.
pub struct Boot<'a> {
    /// A short word for the files' folder.
    pub name: &'a str,
    /// An ELF file with a PVH entry.
    pub image: &'a [u8],
    /// The first module.
    pub initrd: &'a [u8],
    /// The command line.
    pub append: &'a str,
    /// Memory.
    pub ram_mib: u32,
    /// How many serial ports are looked at, from COM1.
    pub ports: usize,
}

/// What was seen.
#[derive(PartialEq, Eq, Debug)]
pub struct Seen {
    /// The text on each serial port, without carriage returns.
    pub ports: Vec<String>,
}

impl Boot<'_> {
    /// On QEMU's PC.
    #[track_caller]
    pub fn in_qemu(&self) -> Seen {
        let folder = self.files("qemu");
        let qemu = tools::QEMU.path().unwrap_or_else(|why| panic!("{why}"));
        let mut command = Command::new(qemu);
        command
            .current_dir(&folder)
            // What our PC has, and no more: no network card, no disk, no screen, no default device.
            .args(["-machine", "pc", "-cpu", "qemu64", "-nodefaults", "-no-reboot", "-display", "none"])
            .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=4"])
            .args(["-m", &self.ram_mib.to_string(), "-kernel", "image", "-initrd", "initrd"])
            .args(["-append", self.append]);
        for port in 0..self.ports {
            command.args(["-serial", &format!("file:{}", port_file(port))]);
        }
        let child = command.stdin(Stdio::null()).spawn().expect("QEMU starts");
        let ended = wait(child);
        let seen = Seen { ports: (0..self.ports).map(|port| text(&folder.join(port_file(port)))).collect() };
        assert!(ended.is_some(), "{} does not end in QEMU. It has said: {seen:#?}", self.name);
        seen
    }

    /// On our PC, through the command line.
    #[track_caller]
    pub fn here(&self) -> Seen {
        let folder = self.files("here");
        let words: [OsString; 8] = [
            "boot".into(),
            folder.join("image").into(),
            "--initrd".into(),
            folder.join("initrd").into(),
            "--append".into(),
            self.append.into(),
            "--ram".into(),
            self.ram_mib.to_string().into(),
        ];
        let printed = native::printed(&words);
        Seen { ports: vec![printed] }
    }

    /// A folder with the images as files.
    fn files(&self, machine: &str) -> PathBuf {
        let folder = workspace::target().expect("cargo knows its folder").join("boots").join(self.name).join(machine);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder for images can be made");
        fs::write(folder.join("image"), self.image).expect("an image can be written");
        fs::write(folder.join("initrd"), self.initrd).expect("an initrd can be written");
        folder
    }
}

fn port_file(port: usize) -> String {
    format!("com{}.txt", port + 1)
}

/// What a serial port has sent; a port that sent nothing may have no file.
fn text(file: &Path) -> String {
    let bytes = fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\r', "")
}

/// The end of a program, or its kill after too long a time.
fn wait(mut child: Child) -> Option<ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}
