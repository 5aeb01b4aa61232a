//! `mount` and `umount`.

use crate::io::Out;
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome, say};
use abi::fs::mount::{
    MNT_DETACH, MS_BIND, MS_MOVE, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC,
    MS_REMOUNT, MS_SHARED, MS_SLAVE,
};
use alloc::format;
use alloc::string::String;
use metal::user::{file, fs};

/// What `-o` may say, and the flags it stands for. Another word goes to the file system.
const WORDS: [(&str, u64); 17] = [
    ("ro", MS_RDONLY),
    ("rw", 0),
    ("nosuid", MS_NOSUID),
    ("nodev", MS_NODEV),
    ("noexec", MS_NOEXEC),
    ("remount", MS_REMOUNT),
    ("bind", MS_BIND),
    ("rbind", MS_BIND | MS_REC),
    ("move", MS_MOVE),
    ("private", MS_PRIVATE),
    ("rprivate", MS_PRIVATE | MS_REC),
    ("slave", MS_SLAVE),
    ("rslave", MS_SLAVE | MS_REC),
    ("shared", MS_SHARED),
    ("rshared", MS_SHARED | MS_REC),
    ("rec", MS_REC),
    ("defaults", 0),
];

/// Mounts, or lists what is mounted.
pub fn mount(args: &Args) -> Outcome {
    let spec = "-t: -o: -r --bind --rbind --move --make-private --make-rprivate --make-shared \
                --make-rshared --make-slave --make-rslave";
    let options = args.options(spec)?;
    let mut flags = if options.has("-r") { MS_RDONLY } else { 0 };
    let mut data = String::new();
    for word in options.value("-o").unwrap_or_default().split(',') {
        match WORDS.iter().find(|(name, _)| *name == word) {
            Some((_, flag)) => flags |= flag,
            None => {
                data += if data.is_empty() { "" } else { "," };
                data += word;
            }
        }
    }
    for (word, flag) in WORDS {
        if options.has(&format!("--{word}")) || options.has(&format!("--make-{word}")) {
            flags |= flag;
        }
    }
    match &options.rest[..] {
        [] => list(),
        [target] => mounted("", target, &options, flags, &data),
        [source, target] => mounted(source, target, &options, flags, &data),
        _ => Err(Trouble::usage("one source and one directory, please")),
    }
}

fn mounted(
    source: &str,
    target: &str,
    options: &crate::args::Options,
    flags: u64,
    data: &str,
) -> Outcome {
    let kind = options.value("-t").unwrap_or_default();
    fs::mount(source, target, kind, flags, data).map_err(at(target))?;
    Ok(0)
}

fn list() -> Outcome {
    let mounts = file::read_text("/proc/mounts").map_err(at("/proc/mounts"))?;
    let mut out = Out::stdout();
    for line in mounts.lines() {
        let mut words = line.split(' ');
        if let (Some(source), Some(target), Some(kind), Some(options)) =
            (words.next(), words.next(), words.next(), words.next())
        {
            say!(out, "{source} on {target} type {kind} ({options})");
        }
    }
    out.done()
}

/// Unmounts; `-l` even what is still in use.
pub fn umount(args: &Args) -> Outcome {
    let options = args.options("-l")?;
    let flags = if options.has("-l") { MNT_DETACH } else { 0 };
    for target in options.need(1, "a directory")? {
        fs::umount2(target, flags).map_err(at(target))?;
    }
    Ok(0)
}
