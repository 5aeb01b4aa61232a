//! `cp` and `mv`.

use super::{is_dir, join};
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome, base_name};
use abi::fs::mode::{S_IFDIR, S_IFLNK, S_IFMT, S_IFREG};
use abi::fs::open::{O_CLOEXEC, O_CREAT, O_TRUNC, O_WRONLY};
use alloc::format;
use alloc::string::{String, ToString};
use metal::user::{Errno, dir, file, fs};

/// Copies files, and with `-r` directories.
pub fn cp(args: &Args) -> Outcome {
    let options = args.options("-r -a -p")?;
    let deep = options.has("-r") || options.has("-a");
    each(
        options.need(2, "a source and a destination")?,
        |from, to| copy(from, to, deep),
    )
}

/// Moves files: by name, or across file systems by copy and removal.
pub fn mv(args: &Args) -> Outcome {
    let options = args.options("-f")?;
    each(
        options.need(2, "a source and a destination")?,
        |from, to| match fs::rename(from, to) {
            Err(Errno::EXDEV) => {
                copy(from, to, true)?;
                super::remove::remove(from, true, false)
            }
            done => done.map_err(at(format!("{from} to {to}"))),
        },
    )
}

/// The last operand is where to; a directory there takes the others by their own names.
fn each(operands: &[String], mut act: impl FnMut(&str, &str) -> Result<(), Trouble>) -> Outcome {
    let (to, sources) = operands
        .split_last()
        .ok_or_else(|| Trouble::usage("what to where?"))?;
    let into = is_dir(to);
    if sources.len() > 1 && !into {
        return Err(at(to)(Errno::ENOTDIR));
    }
    for from in sources {
        match into {
            true => act(from, &join(to, base_name(from)))?,
            false => act(from, to)?,
        }
    }
    Ok(0)
}

fn copy(from: &str, to: &str, deep: bool) -> Result<(), Trouble> {
    let stat = if deep {
        fs::lstat(from)
    } else {
        fs::stat(from)
    }
    .map_err(at(from))?;
    match stat.mode & S_IFMT {
        S_IFDIR if !deep => Err(at(from)(Errno::EISDIR)),
        S_IFDIR => {
            if !is_dir(to) {
                fs::mkdir(to, stat.mode & 0o7777).map_err(at(to))?;
            }
            for found in dir::read_dir(from).map_err(at(from))? {
                copy(&join(from, &found.name), &join(to, &found.name), deep)?;
            }
            Ok(())
        }
        S_IFLNK => {
            let target = fs::readlink(from).map_err(at(from))?;
            fs::symlink(&target, to).map_err(at(to))
        }
        S_IFREG => contents(from, to, stat.mode & 0o7777),
        _ if deep => fs::mknod(to, stat.mode, stat.rdev).map_err(at(to)),
        _ => contents(from, to, 0o644),
    }
}

fn contents(from: &str, to: &str, mode: u32) -> Result<(), Trouble> {
    let source = file::open(from, O_CLOEXEC, 0).map_err(at(from))?;
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    let target = file::open(to, flags, mode).map_err(at(to))?;
    let mut buf = [0; 4096];
    let done = loop {
        match file::read(source, &mut buf).map_err(at(from.to_string())) {
            Ok(0) => break Ok(()),
            Ok(count) => {
                if let Err(why) = file::write_all(target, &buf[..count]) {
                    break Err(at(to)(why));
                }
            }
            Err(trouble) => break Err(trouble),
        }
    };
    let _ = file::close(source);
    let _ = file::close(target);
    done
}
