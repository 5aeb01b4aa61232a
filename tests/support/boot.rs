//! The same images on two machines: ours, and QEMU's.
//!
//! What both must agree on is what a person sees: the bytes on each serial port, and how the
//! machine ended.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use machine::{Config, Machine, Module, Stopped};
use xtask::{tools, workspace};

/// Longer than any of our transcripts takes in QEMU on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// The same for our own machine, in ticks.
const LIMIT: u64 = 3_000_000_000;

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
    /// What the guest wrote to the exit port to end it all, as QEMU's exit status says it.
    pub status: Option<i32>,
}

impl Boot<'_> {
    /// On QEMU's PC.
    #[track_caller]
    pub fn in_qemu(&self) -> Seen {
        let folder = self.files();
        let qemu = tools::QEMU.path().unwrap_or_else(|why| panic!("{why}"));
        let mut command = Command::new(qemu);
        command
            .current_dir(&folder)
            // What our PC has, and no more: no network card, no disk, no screen, no default device.
            .args([
                "-machine",
                "pc",
                "-cpu",
                "qemu64",
                "-nodefaults",
                "-no-reboot",
                "-display",
                "none",
            ])
            .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=4"])
            .args([
                "-m",
                &self.ram_mib.to_string(),
                "-kernel",
                "image",
                "-initrd",
                "initrd",
            ])
            .args(["-append", self.append]);
        for port in 0..self.ports {
            command.args(["-serial", &format!("file:{}", port_file(port))]);
        }
        let child = command.stdin(Stdio::null()).spawn().expect("QEMU starts");
        let ended = wait(child);
        let ports = (0..self.ports).map(|port| {
            let bytes = fs::read(folder.join(port_file(port))).unwrap_or_default();
            text(&bytes)
        });
        let ports = ports.collect();
        let Some(status) = ended else {
            panic!(
                "{} does not end in QEMU. It has said: {ports:#?}",
                self.name
            );
        };
        Seen { ports, status }
    }

    /// On our PC.
    #[track_caller]
    pub fn here(&self) -> Seen {
        let modules = [Module::new(self.initrd)];
        let boot = machine::Boot::Pvh {
            image: self.image,
            modules: &modules,
            command_line: self.append,
        };
        let config = Config {
            ram_mib: self.ram_mib,
            firmware: Some(images::FIRMWARE),
            boot,
        };
        let mut machine = Machine::new(config).unwrap_or_else(|why| panic!("{}: {why}", self.name));
        let stopped = machine.run(&mut (), LIMIT);
        let ports = (0..self.ports).map(|port| text(&machine.console(port).bytes()));
        let mut ports: Vec<_> = ports.collect();
        // Our boot ROM says a line of its own; QEMU's firmware says nothing here.
        if let Some((_, rest)) = ports[0]
            .split_once('\n')
            .filter(|(line, _)| line.starts_with("Ringside firmware"))
        {
            ports[0] = rest.to_owned();
        }
        match stopped {
            Stopped::Exited(status) => Seen {
                ports,
                status: Some(status as i32),
            },
            _ => panic!(
                "{} ends with {stopped:?} here. It has said: {ports:#?}",
                self.name
            ),
        }
    }

    /// A folder with the images as files.
    fn files(&self) -> PathBuf {
        let folder = workspace::target()
            .expect("cargo knows its folder")
            .join("boots")
            .join(self.name);
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

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\r', "")
}

/// The exit status of a program; none after its kill for taking too long.
fn wait(mut child: Child) -> Option<Option<i32>> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status.code());
        }
        thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}
