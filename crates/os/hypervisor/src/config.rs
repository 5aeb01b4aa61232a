//! # 60. The initrd: what to run
//!
//! A cpio archive of the "newc" kind: `kernel`, `initramfs.cpio`, and for each VM a file
//! `vm/N.conf` of `key=value` lines and perhaps `vm/N.cpio`, more files for its initramfs.
//!
//! | key | what | default |
//! |---|---|---|
//! | `name` | for the monitor | `vmN` |
//! | `memory` | `16M`, `512K` | `16M` |
//! | `weight` | parts of the CPU | 100 |
//! | `cap` | per mille of the CPU at most | 1000 |
//! | `uart` | 1 = COM2, 2 = COM3, 3 = COM4 | none |
//! | `kernel` | file in this archive | `kernel` |
//! | `append` | command line for the guest | empty |

/// One file of a newc archive: `070701`, then thirteen fields of eight hexadecimal digits,
/// then the name and the content, each padded to four bytes.
pub struct Entry<'a> {
    /// Its path.
    pub name: &'a str,
    /// Its bytes.
    pub content: &'a [u8],
}

/// The files of a newc archive, up to its trailer or the first thing that is none.
pub fn files(archive: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let header = archive.get(at..at + 110)?;
        if !header.starts_with(b"07070") {
            return None;
        }
        let field = |n: usize| {
            let digits = core::str::from_utf8(&header[6 + 8 * n..14 + 8 * n]).ok()?;
            usize::from_str_radix(digits, 16).ok()
        };
        let (content_size, name_size) = (field(6)?, field(11)?);
        let name = archive.get(at + 110..at + 110 + name_size.checked_sub(1)?)?;
        let content_at = (at + 110 + name_size).next_multiple_of(4);
        let content = archive.get(content_at..content_at.checked_add(content_size)?)?;
        at = (content_at + content_size).next_multiple_of(4);
        let name = core::str::from_utf8(name).ok()?;
        (name != "TRAILER!!!").then_some(Entry { name, content })
    })
}

/// The file with this path; the last one, as later entries win.
pub fn file<'a>(archive: &'a [u8], name: &str) -> Option<&'a [u8]> {
    files(archive).filter(|f| f.name.trim_start_matches("./") == name).last().map(|f| f.content)
}

/// The file `vm/N.<kind>` of the VM in `slot`, N being one more.
pub fn file_of_vm<'a>(archive: &'a [u8], slot: usize, kind: &str) -> Option<&'a [u8]> {
    let number = u8::try_from(slot + 1).ok().filter(|n| *n < 10)? + b'0';
    let is_it = |name: &str| {
        let (stem, extension) = name.strip_prefix("vm/")?.split_once('.')?;
        (stem.as_bytes() == [number] && extension == kind).then_some(())
    };
    files(archive)
        .filter(|f| is_it(f.name.trim_start_matches("./")).is_some())
        .last()
        .map(|f| f.content)
}

/// What a `vm/N.conf` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config<'a> {
    /// For the monitor; empty if not given.
    pub name: &'a str,
    /// Bytes, a multiple of 4 KiB.
    pub memory: u64,
    /// Parts of the CPU.
    pub weight: u64,
    /// Per mille.
    pub cap: u64,
    /// Number of the PC's serial port.
    pub uart: Option<u32>,
    /// Its kernel in the archive.
    pub kernel: &'a str,
    /// Guest command line.
    pub append: &'a str,
}

/// Reads a `vm/N.conf`.
///
/// # Errors
/// The line that makes no sense.
pub fn parse(text: &str) -> Result<Config<'_>, &str> {
    let mut config = Config {
        name: "",
        memory: 16 << 20,
        weight: 100,
        cap: 1000,
        uart: None,
        kernel: "kernel",
        append: "",
    };
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').ok_or(line)?;
        let number = || value.parse::<u64>().map_err(|_| line);
        match key.trim() {
            "name" => config.name = value,
            "memory" => config.memory = bytes(value).ok_or(line)?,
            "weight" => config.weight = number()?.clamp(1, 10_000),
            "cap" => config.cap = number()?.clamp(1, 1000),
            "uart" => {
                config.uart = Some(number()?).filter(|n| (1..4).contains(n)).map(|n| n as u32)
            }
            "kernel" => config.kernel = value,
            "append" => config.append = value,
            _ => return Err(line),
        }
    }
    Ok(config)
}

/// `16M`, `512K` or a plain number, in whole pages.
fn bytes(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()? {
        b'G' => (&text[..text.len() - 1], 30),
        b'M' => (&text[..text.len() - 1], 20),
        b'K' => (&text[..text.len() - 1], 10),
        _ => (text, 0),
    };
    let value = digits.parse::<u64>().ok()?.checked_mul(1 << shift)? & !0xfff;
    (1 << 20..4 << 30).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newc(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, content) in files.iter().copied().chain([("TRAILER!!!", &[][..])]) {
            out.extend(b"070701");
            for n in 0..13 {
                let value = match n {
                    6 => content.len(),
                    11 => name.len() + 1,
                    _ => 0,
                };
                out.extend(format!("{value:08x}").bytes());
            }
            out.extend(name.bytes().chain([0]));
            out.resize(out.len().next_multiple_of(4), 0);
            out.extend(content);
            out.resize(out.len().next_multiple_of(4), 0);
        }
        out
    }

    #[test]
    fn finds_files_and_the_later_wins() {
        let archive = newc(&[("a", b"one"), ("vm/1.conf", b"12345"), ("./a", b"two")]);
        assert_eq!(file(&archive, "vm/1.conf"), Some(&b"12345"[..]));
        assert_eq!(file(&archive, "a"), Some(&b"two"[..]));
        assert_eq!(file(&archive, "b"), None);
        assert_eq!(file_of_vm(&archive, 0, "conf"), Some(&b"12345"[..]));
        assert_eq!(file_of_vm(&archive, 1, "conf"), None);
        for cut in 0..archive.len() {
            files(&archive[..cut]).for_each(drop);
        }
    }

    #[test]
    fn reads_a_conf() {
        let text = "# a comment\nname=alpha\nmemory=24M\nweight=300\ncap=250\nuart=2\nappend=console=ttyS0 quiet\n";
        let c = parse(text).unwrap();
        assert_eq!(
            (c.name, c.memory, c.weight, c.cap, c.uart),
            ("alpha", 24 << 20, 300, 250, Some(2))
        );
        assert_eq!((c.append, c.kernel), ("console=ttyS0 quiet", "kernel"));
        assert_eq!(parse("colour=red"), Err("colour=red"));
        assert_eq!(parse("memory=lots"), Err("memory=lots"));
        assert_eq!(parse("memory=64K"), Err("memory=64K"), "too small to hold a kernel");
    }
}
