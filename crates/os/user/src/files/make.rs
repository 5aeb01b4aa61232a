//! `mkdir`, `touch`, `ln`, `chmod`.

use super::{is_dir, join, make_dirs};
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome, base_name};
use abi::fs::open::{O_CLOEXEC, O_CREAT, O_WRONLY};
use alloc::format;
use metal::user::{file, fs};

/// Makes directories; `-p` makes those above them too, and minds none that exists.
pub fn mkdir(args: &Args) -> Outcome {
    let options = args.options("-p")?;
    for path in options.need(1, "a directory")? {
        match options.has("-p") {
            true => make_dirs(path),
            false => fs::mkdir(path, 0o777),
        }
        .map_err(at(path))?;
    }
    Ok(0)
}

/// Makes files that are not there. (It changes no times: there is no system call for it yet.)
pub fn touch(args: &Args) -> Outcome {
    for path in args.options("")?.need(1, "a file")? {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC;
        let fd = file::open(path, flags, 0o666).map_err(at(path))?;
        let _ = file::close(fd);
    }
    Ok(0)
}

/// Makes a hard link, or with `-s` a symbolic one.
pub fn ln(args: &Args) -> Outcome {
    let options = args.options("-s -f")?;
    let [target, name] = options.need(2, "a target and a name")? else {
        return Err(Trouble::usage("one target and one name, please"));
    };
    let name = match is_dir(name) {
        true => join(name, base_name(target)),
        false => name.clone(),
    };
    if options.has("-f") {
        let _ = fs::unlink(&name);
    }
    match options.has("-s") {
        true => fs::symlink(target, &name),
        false => fs::link(target, &name),
    }
    .map_err(at(&name))?;
    Ok(0)
}

/// Sets permissions.
pub fn chmod(args: &Args) -> Outcome {
    let options = args.options("")?;
    let [mode, paths @ ..] = options.need(2, "a mode and a file")? else {
        return Err(Trouble::usage("a mode and a file, please"));
    };
    let mode = u32::from_str_radix(mode, 8)
        .map_err(|_| Trouble::usage(format!("{mode}: the mode is octal, as 644")))?;
    for path in paths {
        fs::chmod(path, mode).map_err(at(path))?;
    }
    Ok(0)
}
