//! Boots an image and prints what it says on COM1.
//!
//! `cargo run --release -p machine --example boot -- FIRMWARE IMAGE [options]`
//!
//! | option | what |
//! |---|---|
//! | `-initrd FILE` | a module; more of them follow in order |
//! | `-append WORDS` | the kernel's command line |
//! | `-m MIB` | memory, 64 by default |
//! | `-multiboot`, `-linux` | the image is no PVH kernel but speaks Multiboot 1, or is a bzImage |
//! | `-after TEXT` | wait until COM1 said so before typing; else until the machine is idle |
//! | `-type TEXT` | typed on COM1; `\n` is Enter |
//! | `-com N` | print and type there instead, 1 to 4 |
//! | `-limit MOMENTS` | stop there, 2,000,000,000 by default |
//!
//! The firmware is the ROM or the ELF file that `cargo build -p firmware --target
//! x86_64-unknown-none --profile guest` makes. Ends with the guest's status, or 124 at the
//! limit.

use machine::{Boot, Config, Input, Machine, Module, Moment, Stopped};
use std::io::{Write, stdout};
use std::process::ExitCode;
use std::{env, fs};

const SLICE: Moment = 5_000_000;

struct Options {
    files: Vec<Vec<u8>>,
    initrds: Vec<Vec<u8>>,
    append: String,
    ram_mib: u32,
    protocol: String,
    after: String,
    typed: Vec<u8>,
    uart: u8,
    limit: Moment,
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        files: Vec::new(),
        initrds: Vec::new(),
        append: String::new(),
        ram_mib: 64,
        protocol: "-pvh".into(),
        after: String::new(),
        typed: Vec::new(),
        uart: 0,
        limit: 2_000_000_000,
    };
    let read = |path: String| fs::read(&path).map_err(|why| format!("{path}: {why}"));
    let number = |text: String| {
        text.parse::<u64>()
            .map_err(|_| format!("{text} is no number"))
    };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().ok_or(format!("{word} wants a value"));
        match word.as_str() {
            "-initrd" => options.initrds.push(read(next()?)?),
            "-after" => options.after = next()?,
            "-append" => options.append = next()?,
            "-m" => options.ram_mib = number(next()?)? as u32,
            "-pvh" | "-multiboot" | "-linux" => options.protocol = word,
            "-type" => options.typed = next()?.replace("\\n", "\n").into_bytes(),
            "-com" => options.uart = number(next()?)?.clamp(1, 4) as u8 - 1,
            "-limit" => options.limit = number(next()?)?,
            _ => options.files.push(read(word)?),
        }
    }
    match options.files.len() {
        2 => Ok(options),
        _ => Err("usage: boot FIRMWARE IMAGE [-initrd FILE] [-append WORDS] …".into()),
    }
}

fn run() -> Result<ExitCode, String> {
    let options = options()?;
    let [firmware, image] = [&options.files[0], &options.files[1]];
    let modules: Vec<_> = options
        .initrds
        .iter()
        .map(|file| Module::new(file))
        .collect();
    let (modules, command_line) = (&modules[..], options.append.as_str());
    let boot = match options.protocol.as_str() {
        "-linux" => Boot::Linux {
            image,
            initrd: modules.first().map(|module| module.bytes),
            command_line,
        },
        "-multiboot" => Boot::Multiboot1 {
            image,
            modules,
            command_line,
        },
        _ => Boot::Pvh {
            image,
            modules,
            command_line,
        },
    };
    let config = Config {
        ram_mib: options.ram_mib,
        firmware: Some(firmware),
        boot,
    };
    let mut machine = Machine::new(config).map_err(|why| why.to_string())?;

    let mut shown = 0;
    let mut typed = options.typed.is_empty();
    let stopped = loop {
        let until = (machine.clock() + SLICE).min(options.limit);
        let stopped = machine.run(&mut (), until);
        let console = machine.console(options.uart.into());
        let (from, bytes) = console.since(shown);
        shown = from + bytes.len() as u64;
        stdout()
            .write_all(&bytes)
            .and_then(|()| stdout().flush())
            .map_err(|why| why.to_string())?;
        let ready = match options.after.as_str() {
            "" => machine.asleep(),
            after => console.text().contains(after),
        };
        if !typed && ready {
            typed = true;
            let bytes = options.typed.clone();
            machine.input(
                machine.clock(),
                &Input::Serial {
                    uart: options.uart,
                    bytes,
                },
            );
        } else if stopped != Stopped::Reached || machine.clock() >= options.limit {
            break stopped;
        }
    };
    let hash = machine.hash();
    eprintln!(
        "\n[{stopped:?} at {}, {} instructions retired, POST {:02x?}, hash {hash:016x}]",
        machine.clock(),
        machine.retired(),
        machine.devices().debug.post(),
    );
    Ok(match stopped {
        Stopped::Exited(status) => ExitCode::from(status as u8),
        Stopped::Halted => ExitCode::SUCCESS,
        Stopped::Reached => ExitCode::from(124),
        Stopped::Shutdown | Stopped::Reset => ExitCode::FAILURE,
    })
}

fn main() -> ExitCode {
    run().unwrap_or_else(|why| {
        eprintln!("boot: {why}");
        ExitCode::from(2)
    })
}
