//! Devices, seen from their ports: the same reads and writes here and on QEMU.
//!
//! A line in `ports/*.txt` is a name and what is done: `PORT<VALUE` writes, `PORT>VALUE` reads
//! and expects, `PORT&MASK>VALUE` looks at some bits only, `wait` lets some milliseconds of the
//! device's time pass. Lines of a file run one after the other on one machine.

mod guest;

use machine::{Boot, Config, Machine, Stopped};
use std::path::Path;
use std::{env, fs};

enum Step {
    Write {
        port: u16,
        value: u8,
    },
    Read {
        port: u16,
        mask: u8,
        value: u8,
        line: String,
    },
    Wait,
}

fn number(text: &str) -> u16 {
    u16::from_str_radix(text, 16).unwrap_or_else(|_| panic!("{text:?} is no hexadecimal number"))
}

fn parse(word: &str, name: &str) -> Step {
    if word == "wait" {
        return Step::Wait;
    }
    if let Some((port, value)) = word.split_once('<') {
        return Step::Write {
            port: number(port),
            value: number(value) as u8,
        };
    }
    let (port, value) = word
        .split_once('>')
        .unwrap_or_else(|| panic!("{word:?} does nothing"));
    let (port, mask) = port.split_once('&').unwrap_or((port, "ff"));
    let (port, mask, value) = (number(port), number(mask) as u8, number(value) as u8);
    Step::Read {
        port,
        mask,
        value,
        line: format!("{name}: {word}"),
    }
}

fn steps(text: &str) -> Vec<Step> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let words = lines.flat_map(|line| {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        words.map(move |word| parse(word, name))
    });
    words.collect()
}

/// A ROM that does it all, says each value read at the debug console and ends with status 1.
fn rom(steps: &[Step]) -> Vec<u8> {
    let mut code = Vec::new();
    for step in steps {
        match step {
            Step::Write { port, value } => {
                let [low, high] = port.to_le_bytes();
                code.extend([0xba, low, high, 0xb0, *value, 0xee]); // MOV DX; MOV AL; OUT
            }
            Step::Read { port, .. } => {
                let [low, high] = port.to_le_bytes();
                code.extend([0xba, low, high, 0xec, 0xe6, 0xe9]); // MOV DX; IN; OUT E9
            }
            // Wait for the refresh clock in port 61h to change 600 times: nine milliseconds.
            // On QEMU it changes at each read, so a long loop stands behind it.
            Step::Wait => code.extend([
                0xb9, 0x58, 0x02, // MOV CX, 600
                0xe4, 0x61, 0x24, 0x10, 0x88, 0xc4, // IN AL, 61h; AND AL, 10h; MOV AH, AL
                0xe4, 0x61, 0x24, 0x10, 0x38, 0xe0, 0x74, 0xf8, // until another one
                0xe2, 0xf0, // LOOP
                0x66, 0xb9, 0, 0, 4, 0, // MOV ECX, 40000h
                0x67, 0xe2, 0xfd, // LOOP to itself, by ECX
            ]),
        }
    }
    code.extend([0x30, 0xc0, 0xe6, 0xf4, 0xf4]); // XOR AL, AL; OUT F4; HLT
    guest::rom(&[(0, code)])
}

fn compare(steps: &[Step], said: &[u8], where_: &str) -> Vec<String> {
    let reads = steps.iter().filter_map(|step| match step {
        Step::Read {
            mask, value, line, ..
        } => Some((mask, value, line)),
        _ => None,
    });
    let mut complaints = Vec::new();
    let mut count = 0;
    for ((mask, value, line), found) in reads.zip(said) {
        count += 1;
        if found & mask != *value {
            complaints.push(format!("{where_}, {line}: found {:02x}", found & mask));
        }
    }
    let expected = steps
        .iter()
        .filter(|step| matches!(step, Step::Read { .. }))
        .count();
    if count != expected {
        complaints.push(format!("{where_}: {count} of {expected} values came"));
    }
    complaints
}

#[test]
fn devices_answer_as_on_qemu() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ports");
    let mut complaints = Vec::new();
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the vectors")
        .map(|file| file.expect("an entry").path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 6);
    for file in files {
        let name = file
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let steps = steps(&fs::read_to_string(&file).expect("a text"));
        let rom = rom(&steps);
        let config = Config {
            ram_mib: 2,
            firmware: None,
            boot: Boot::Rom(&rom),
        };
        let mut machine = Machine::new(config).expect("a good ROM");
        let stopped = machine.run(&mut (), 100_000_000);
        let rip = machine.cpu().state().rip;
        assert_eq!(stopped, Stopped::Exited(1), "{name}, at {rip:#x}");
        complaints.extend(compare(&steps, &machine.debug_console().bytes(), &name));
        if let Some(qemu) = guest::qemu::run(&name, &rom, &[]) {
            assert_eq!(qemu.status, 1, "{name} on QEMU");
            complaints.extend(compare(&steps, &qemu.said, &format!("{name} on QEMU")));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
