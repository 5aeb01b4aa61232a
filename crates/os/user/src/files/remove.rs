//! `rm` and `rmdir`.

use super::join;
use crate::io::complain;
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome};
use abi::fs::mode::{S_IFDIR, S_IFMT};
use metal::user::{Errno, dir, fs};

/// Removes files, and with `-r` what is below directories.
pub fn rm(args: &Args) -> Outcome {
    let options = args.options("-r -f -R")?;
    let (deep, force) = (options.has("-r") || options.has("-R"), options.has("-f"));
    let least = usize::from(!force);
    let mut status = 0;
    for path in options.need(least, "what to remove is")? {
        if let Err(trouble) = remove(path, deep, force) {
            complain("rm", &trouble);
            status = 1;
        }
    }
    Ok(status)
}

/// Removes one thing.
///
/// # Errors
/// What could not be removed, and why; with `force`, a thing that is not there is no trouble.
pub fn remove(path: &str, deep: bool, force: bool) -> Result<(), Trouble> {
    let stat = match fs::lstat(path) {
        Err(Errno::ENOENT) if force => return Ok(()),
        stat => stat.map_err(at(path))?,
    };
    if stat.mode & S_IFMT != S_IFDIR {
        return fs::unlink(path).map_err(at(path));
    }
    if !deep {
        return Err(at(path)(Errno::EISDIR));
    }
    for found in dir::read_dir(path).map_err(at(path))? {
        remove(&join(path, &found.name), deep, force)?;
    }
    fs::rmdir(path).map_err(at(path))
}

/// Removes empty directories.
pub fn rmdir(args: &Args) -> Outcome {
    let options = args.options("")?;
    let mut status = 0;
    for path in options.need(1, "a directory")? {
        if let Err(why) = fs::rmdir(path) {
            complain("rmdir", &at(path)(why));
            status = 1;
        }
    }
    Ok(status)
}
