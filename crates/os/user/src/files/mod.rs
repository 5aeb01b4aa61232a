//! Programs about files: list, print, copy, move, make, remove.

pub mod cat;
pub mod copy;
pub mod ls;
pub mod make;
pub mod remove;

use alloc::format;
use alloc::string::String;
use metal::user::fs;

/// Whether there is a directory at `path`.
pub fn is_dir(path: &str) -> bool {
    fs::stat(path).is_ok_and(|stat| stat.mode & abi::fs::mode::S_IFMT == abi::fs::mode::S_IFDIR)
}

/// `dir/name`, without doubling a slash.
pub fn join(dir: &str, name: &str) -> String {
    match dir.ends_with('/') {
        true => format!("{dir}{name}"),
        false => format!("{dir}/{name}"),
    }
}

/// Makes a directory and the ones above it; those that are there already are no trouble.
///
/// # Errors
/// mkdir(2).
pub fn make_dirs(path: &str) -> metal::user::Result<()> {
    let ends = path.match_indices('/').map(|(at, _)| at);
    for end in ends.chain([path.len()]) {
        let part = &path[..end];
        if !part.is_empty() && !part.ends_with('/') && !is_dir(part) {
            fs::mkdir(part, 0o755)?;
        }
    }
    Ok(())
}
