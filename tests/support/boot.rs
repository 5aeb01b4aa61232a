//! The same images on two machines: ours, and QEMU's.
//!
//! What both must agree on is what a person sees: the bytes on each serial port, and how the
//! machine ended.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{fs, iter, thread};

use machine::{Config, Machine, Module, Stopped};
use xtask::{tools, workspace};

/// Longer than any of our transcripts takes in QEMU on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// The same for our own machine, in ticks.
const LIMIT: u64 = 3_000_000_000;
/// Between two looks of the operator at our own machine.
const SLICE: u64 = 1_000_000;

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
    /// What the operator at COM1 does.
    pub operator: Option<Operator<'a>>,
}

/// Somebody who waits until COM1 has said something so many times, and then types.
#[derive(Clone, Copy)]
pub struct Operator<'a> {
    /// What is waited for.
    pub awaits: &'a str,
    /// How many times.
    pub times: usize,
    /// What is typed then.
    pub types: &'a str,
}

impl Operator<'_> {
    fn acts_on(&self, com1: &[u8]) -> bool {
        text(com1).matches(self.awaits).count() >= self.times
    }
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
            // What our PC has, and no more: no network card, no disk, no screen.
            .args([
                "-machine",
                "pc",
                "-cpu",
                "qemu64",
                "-nodefaults",
                "-no-reboot",
            ])
            .args([
                "-display",
                "none",
                "-device",
                "isa-debug-exit,iobase=0xf4,iosize=4",
            ])
            .args([
                "-m",
                &self.ram_mib.to_string(),
                "-kernel",
                "image",
                "-initrd",
                "initrd",
            ])
            .args(["-append", self.append, "-serial", "stdio"]);
        for port in 1..self.ports {
            command.args(["-serial", &format!("file:{}", port_file(port))]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("QEMU starts");
        let (com1, status) = attend(&mut child, self.operator);

        let others = (1..self.ports).map(|port| fs::read(folder.join(port_file(port))));
        let others = others.map(|bytes| text(&bytes.unwrap_or_default()));
        let ports: Vec<_> = iter::once(text(&com1)).chain(others).collect();
        let Some(status) = status else {
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
        let config = Config {
            ram_mib: self.ram_mib,
            firmware: Some(images::FIRMWARE),
            boot: machine::Boot::Pvh {
                image: self.image,
                modules: &modules,
                command_line: self.append,
            },
        };
        let mut machine = Machine::new(config).unwrap_or_else(|why| panic!("{}: {why}", self.name));
        let mut operator = self.operator;
        let stopped = loop {
            let stopped = machine.run(&mut (), machine.clock() + SLICE);
            if operator.is_some_and(|operator| operator.acts_on(&machine.console(0).bytes())) {
                let types = operator.take().expect("there is one").types;
                machine.type_bytes(0, types.as_bytes());
            } else if stopped != Stopped::Reached || machine.clock() > LIMIT {
                break stopped;
            }
        };

        let ports = (0..self.ports).map(|port| text(&machine.console(port).bytes()));
        let mut ports: Vec<_> = ports.collect();
        // Our boot ROM says a line of its own; QEMU's firmware says nothing here.
        if ports[0].starts_with("Ringside firmware") {
            ports[0] = ports[0]
                .lines()
                .skip(1)
                .map(|line| format!("{line}\n"))
                .collect();
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
        let target = workspace::target().expect("cargo knows its folder");
        let folder = target.join("boots").join(self.name);
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

/// Sits at a program's standard input and output until its end. What it has said, and its exit
/// status; none after its kill for taking too long.
fn attend(child: &mut Child, mut operator: Option<Operator>) -> (Vec<u8>, Option<Option<i32>>) {
    let mut keyboard = child.stdin.take().expect("it is piped");
    let mut screen = child.stdout.take().expect("it is piped");
    let said = Mutex::new(Vec::new());
    let status = thread::scope(|scope| {
        scope.spawn(|| {
            let mut some = [0; 4096];
            while let Ok(length @ 1..) = screen.read(&mut some) {
                said.lock()
                    .expect("nobody panics with it")
                    .extend(&some[..length]);
            }
        });
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                return Some(status.code());
            }
            let said = said.lock().expect("nobody panics with it").clone();
            if operator.is_some_and(|operator| operator.acts_on(&said)) {
                let types = operator.take().expect("there is one").types;
                keyboard.write_all(types.as_bytes()).expect("QEMU listens");
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = child.kill();
        let _ = child.wait();
        None
    });
    (said.into_inner().expect("nobody panics with it"), status)
}
