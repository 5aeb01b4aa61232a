//! `ls`: names, or with `-l` what is known about each.

use super::{is_dir, join};
use crate::io::{Out, complain};
use crate::trouble::at;
use crate::{Args, Outcome, put, say};
use abi::fs::Stat;
use abi::fs::mode::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK};
use alloc::string::String;
use metal::user::{Errno, dir, fs};

struct Style {
    long: bool,
    inode: bool,
    all: bool,
}

/// Lists files and the contents of directories.
pub fn main(args: &Args) -> Outcome {
    let options = args.options("-l -a -d -i -1")?;
    let style = Style {
        long: options.has("-l"),
        inode: options.has("-i"),
        all: options.has("-a"),
    };
    let here = [String::from(".")];
    let names = match options.rest.is_empty() {
        true => &here[..],
        false => &options.rest[..],
    };
    let as_dir = |name: &str| !options.has("-d") && is_dir(name);
    let mut out = Out::stdout();
    let mut status = 0;
    // Files first, then each directory under its name, as every ls does.
    for name in names.iter().filter(|name| !as_dir(name)) {
        if let Err(why) = entry(&mut out, &style, name, name) {
            complain("ls", &at(name)(why));
            status = 2;
        }
    }
    for (index, name) in names.iter().filter(|name| as_dir(name)).enumerate() {
        if names.len() > 1 {
            put!(out, "{}{name}:\n", if index > 0 { "\n" } else { "" });
        }
        if let Err(why) = directory(&mut out, &style, name) {
            out.flush();
            complain("ls", &at(name)(why));
            status = 2;
        }
    }
    out.done().map(|_| status)
}

fn directory(out: &mut Out, style: &Style, path: &str) -> Result<(), Errno> {
    if style.all {
        for dots in [".", ".."] {
            entry(out, style, dots, &join(path, dots))?;
        }
    }
    for found in dir::read_dir(path)? {
        if !style.all && found.name.starts_with('.') {
            continue;
        }
        match entry(out, style, &found.name, &join(path, &found.name)) {
            Err(Errno::ENOENT) => {} // a task that ended while /proc was being listed
            done => done?,
        }
    }
    Ok(())
}

fn entry(out: &mut Out, style: &Style, name: &str, path: &str) -> Result<(), Errno> {
    let stat = fs::lstat(path)?;
    if style.inode {
        put!(out, "{:>10} ", stat.ino);
    }
    if !style.long {
        say!(out, "{name}");
        return Ok(());
    }
    permissions(out, stat.mode);
    put!(out, " {:>3} {:>5} {:>5} ", stat.nlink, stat.uid, stat.gid);
    size(out, &stat);
    match stat.mode & S_IFMT {
        S_IFLNK => say!(out, " {name} -> {}", fs::readlink(path).unwrap_or_default()),
        _ => say!(out, " {name}"),
    }
    Ok(())
}

/// A device has numbers where a file has a size.
fn size(out: &mut Out, stat: &Stat) {
    match stat.mode & S_IFMT {
        S_IFCHR | S_IFBLK => {
            let (major, minor) = (stat.rdev >> 8 & 0xfff, stat.rdev & 0xff);
            put!(out, "{major:>4},{minor:>4}");
        }
        _ => put!(out, "{:>9}", stat.size),
    }
}

fn permissions(out: &mut Out, mode: u32) {
    let kind = match mode & S_IFMT {
        S_IFDIR => 'd',
        S_IFLNK => 'l',
        S_IFCHR => 'c',
        S_IFBLK => 'b',
        S_IFIFO => 'p',
        S_IFSOCK => 's',
        _ => '-',
    };
    put!(out, "{kind}");
    for (bit, letter) in "rwxrwxrwx".chars().enumerate() {
        let set = mode & (0o400 >> bit) != 0;
        put!(out, "{}", if set { letter } else { '-' });
    }
}
