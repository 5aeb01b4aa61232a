//! `ringside boot`: an image of one's own, on the bare PC or under our hypervisor.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use images::cpio::Archive;
use machine::{Boot, Config, Machine, Module, Stopped};

/// Ticks between two looks at what was printed.
const SLICE: u64 = 2_000_000;
/// What the hypervisor keeps for itself of `--ram`, at least.
const HYPERVISOR_MIB: u32 = 16;

#[derive(Args)]
pub struct Arguments {
    /// An ELF file with a PVH note, a Multiboot 1 image, a Linux bzImage, a boot sector, or a ROM
    image: PathBuf,
    /// The image is a raw ROM: its last byte stands below 4 GiB, and the CPU starts in it
    #[arg(long, conflicts_with_all = ["module", "initrd", "append", "under"])]
    rom: bool,
    /// A file for the kernel; may come several times
    #[arg(long, value_name = "FILE")]
    module: Vec<PathBuf>,
    /// The initial RAM disk: the first module
    #[arg(long, value_name = "FILE")]
    initrd: Option<PathBuf>,
    /// The kernel's command line
    #[arg(long, default_value = "")]
    append: String,
    /// Memory in MiB
    #[arg(long, default_value_t = 64, value_name = "MIB")]
    ram: u32,
    /// On the bare PC, or in a VM of our hypervisor
    #[arg(long, value_enum, default_value_t = Under::None)]
    under: Under,
    /// Stop after this many instructions (sleep counts as well)
    #[arg(long, value_name = "N")]
    max_insns: Option<u64>,
    /// Type this text on the first serial port once the guest has been silent for a while
    #[arg(long = "type", value_name = "TEXT")]
    typed: Vec<String>,
    /// Tell counts and speed at the end
    #[arg(long)]
    stats: bool,
}

/// What the image runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Under {
    /// The bare PC.
    None,
    /// A VM: trap and emulate, the guest's kernel in ring 3.
    Trap,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, or an image that cannot be booted.
pub fn run(arguments: &Arguments) -> Result<()> {
    let image = read(&arguments.image)?;
    let modules: Vec<Vec<u8>> = arguments
        .initrd
        .iter()
        .chain(&arguments.module)
        .map(|path| read(path))
        .collect::<Result<_>>()?;
    let (mut machine, uart) = match arguments.under {
        Under::None => (bare(arguments, &image, &modules)?, 0),
        Under::Trap => (guest(arguments, &image, &modules)?, 1),
    };
    let begin = Instant::now();
    let stopped = follow(&mut machine, uart, arguments)?;
    eprintln!("ringside: {}", reason(stopped, &machine));
    eprintln!("POST codes: {}", post_codes(&machine));
    if arguments.stats {
        stats(&machine, begin.elapsed().as_secs_f64());
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}

fn bare(arguments: &Arguments, image: &[u8], modules: &[Vec<u8>]) -> Result<Machine> {
    let modules: Vec<Module<'_>> = modules.iter().map(|bytes| Module::new(bytes)).collect();
    let command_line = arguments.append.as_str();
    let modules = &modules[..];
    let boot = match kind(arguments, image)? {
        Kind::Rom => Boot::Rom(image),
        Kind::Sector => Boot::BootSector(image),
        Kind::Pvh => Boot::Pvh {
            image,
            modules,
            command_line,
        },
        Kind::Multiboot => Boot::Multiboot1 {
            image,
            modules,
            command_line,
        },
        Kind::Linux => Boot::Linux {
            image,
            initrd: modules.first().map(|module| module.bytes),
            command_line,
        },
    };
    machine(arguments.ram, boot).with_context(|| arguments.image.display().to_string())
}

fn machine(ram_mib: u32, boot: Boot<'_>) -> Result<Machine> {
    Ok(Machine::new(Config {
        ram_mib,
        firmware: Some(images::FIRMWARE),
        boot,
    })?)
}

/// The image as the one VM of our hypervisor; its console is the PC's second serial port.
fn guest(arguments: &Arguments, image: &[u8], modules: &[Vec<u8>]) -> Result<Machine> {
    if kind(arguments, image)? != Kind::Pvh {
        bail!(
            "{}: under the hypervisor only PVH images boot",
            arguments.image.display()
        );
    }
    if arguments.ram <= HYPERVISOR_MIB {
        bail!(
            "--ram {}: the hypervisor itself needs {HYPERVISOR_MIB} MiB",
            arguments.ram
        );
    }
    let memory = arguments.ram - HYPERVISOR_MIB;
    let conf = format!(
        "name=guest\nmemory={memory}M\nuart=1\nappend={}\n",
        arguments.append
    );
    let initramfs: &[u8] = modules.first().map_or(&[], Vec::as_slice);
    let archive = Archive::new()
        .file("kernel", 0o644, image)
        .file("initramfs.cpio", 0o644, initramfs)
        .dir("vm")
        .file("vm/1.conf", 0o644, conf.as_bytes())
        .finish();
    // The guest's memory, the hypervisor's, and what the archive takes while it boots.
    let ram = arguments.ram + (archive.len() >> 20) as u32 + 1;
    let modules = &[Module::new(&archive)];
    machine(
        ram,
        Boot::Pvh {
            image: images::HYPERVISOR,
            modules,
            command_line: "",
        },
    )
}

/// What an image is, by its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Rom,
    Sector,
    Pvh,
    Multiboot,
    Linux,
}

fn kind(arguments: &Arguments, image: &[u8]) -> Result<Kind> {
    if arguments.rom {
        return Ok(Kind::Rom);
    }
    if let Ok(elf) = elf::Elf::parse(image)
        && matches!(elf.pvh_entry(), Ok(Some(_)))
    {
        return Ok(Kind::Pvh);
    }
    // The header lies in the first 8 KiB, on a four-byte boundary (Multiboot 0.6.96 §3.1).
    let magic = 0x1bad_b002_u32.to_le_bytes();
    if image.chunks_exact(4).take(2048).any(|word| word == magic) {
        return Ok(Kind::Multiboot);
    }
    // Linux's own header (Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header").
    if image.get(0x202..0x206) == Some(b"HdrS") {
        return Ok(Kind::Linux);
    }
    if image.len() == 512 && image.ends_with(&[0x55, 0xaa]) {
        return Ok(Kind::Sector);
    }
    bail!(
        "{}: not an image: it has no PVH note, no Multiboot 1 header in its first 8 KiB, and is \
         no bzImage and no boot sector (a raw ROM wants --rom)",
        arguments.image.display()
    )
}

/// Runs to the end and prints what the guest prints, as it comes.
fn follow(machine: &mut Machine, uart: usize, arguments: &Arguments) -> Result<Stopped> {
    let limit = arguments.max_insns.unwrap_or(u64::MAX);
    let mut shown = [0; 2];
    let mut typed = arguments.typed.iter();
    let mut silent = 0;
    loop {
        let until = (machine.clock() + SLICE).min(limit);
        let stopped = machine.run(&mut (), until);
        let printed = print(machine, uart, &mut shown)?;
        silent = if printed { 0 } else { silent + 1 };
        let over = stopped != Stopped::Reached || machine.clock() >= limit;
        if over {
            return Ok(stopped);
        }
        // Silent for a third of a second of its own time: it waits for somebody.
        if silent >= 16
            && let Some(text) = typed.next()
        {
            machine.type_bytes(uart as u8, format!("{text}\r").as_bytes());
            silent = 0;
        }
    }
}

/// Prints what is new on the serial port and on the debug console.
fn print(machine: &Machine, uart: usize, shown: &mut [u64; 2]) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    let mut any = false;
    for (transcript, shown) in [machine.console(uart), machine.debug_console()]
        .into_iter()
        .zip(shown)
    {
        let (_, new) = transcript.since(*shown);
        *shown = transcript.total();
        any |= !new.is_empty();
        out.write_all(&new)?;
    }
    out.flush()?;
    Ok(any)
}

fn reason(stopped: Stopped, machine: &Machine) -> String {
    let clock = machine.clock();
    match stopped {
        Stopped::Reached => format!("stopped at --max-insns, moment {clock}"),
        Stopped::Halted => format!("halted for ever at moment {clock}: nothing will wake the CPU"),
        Stopped::Exited(status) => format!("exit port at moment {clock}: status {status}"),
        Stopped::Shutdown => format!("triple fault at moment {clock}: {}", place(machine)),
        Stopped::Reset => format!("reset asked for at moment {clock}"),
    }
}

/// Where a CPU is, for one who must find out why.
fn place(machine: &Machine) -> String {
    let state = machine.cpu().state();
    format!(
        "RIP {:#x}, CPL {}, CR0 {:#x}, CR2 {:#x}, CR3 {:#x}",
        state.rip, state.cpl, state.cr0, state.cr2, state.cr3,
    )
}

/// The POST codes that the machine showed, oldest first.
fn post_codes(machine: &Machine) -> String {
    let codes = machine.devices().debug.post();
    codes
        .iter()
        .map(|code| format!("{code:02x} "))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

fn stats(machine: &Machine, seconds: f64) {
    let retired = machine.retired();
    let asleep = machine.clock() - retired;
    eprintln!("instructions retired  {retired}");
    eprintln!("ticks asleep          {asleep}");
    eprintln!("seconds               {seconds:.3}");
    eprintln!(
        "million a second      {:.1}",
        retired as f64 / seconds / 1e6
    );
    eprintln!("place                 {}", place(machine));
}
