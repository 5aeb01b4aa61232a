//! Names in the file system, and mounts.

use super::Result;
use super::call::{self, c_str};
use abi::fs::Stat;
use abi::fs::open::{AT_FDCWD, AT_SYMLINK_NOFOLLOW};
use alloc::string::String;

/// A call that takes one path and perhaps a number.
macro_rules! of_path {
    ($($(#[doc = $doc:literal])* $name:ident($($arg:ident: $type:ty),*);)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        /// The man page of that name, section 2.
        pub fn $name(path: &str $(, $arg: $type)*) -> Result<()> {
            let path = c_str(path)?;
            // SAFETY: the path ends in a zero byte and lives until the call is over.
            unsafe { call::$name(path.as_ptr() as u64 $(, $arg as u64)*) }.map(|_| ())
        }
    )*};
}

of_path! {
    /// Changes the current directory.
    chdir();
    /// Changes the root directory (and nothing else: a container wants `pivot_root`).
    chroot();
    /// Makes a directory.
    mkdir(mode: u32);
    /// Removes an empty directory.
    rmdir();
    /// Removes a name.
    unlink();
    /// Changes permissions.
    chmod(mode: u32);
    /// Whether the file can be used: 0 exists, 4 read, 2 write, 1 execute.
    access(mode: u32);
    /// Detaches a mount. `flags` may be MNT_DETACH.
    umount2(flags: u64);
    /// Makes a special file; `dev` is `makedev(major, minor)`.
    mknod(mode: u32, dev: u64);
}

/// A call that takes two paths.
macro_rules! of_two {
    ($($(#[doc = $doc:literal])* $name:ident($from:ident, $to:ident);)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        /// The man page of that name, section 2.
        pub fn $name($from: &str, $to: &str) -> Result<()> {
            let ($from, $to) = (c_str($from)?, c_str($to)?);
            // SAFETY: both end in a zero byte and live until the call is over.
            unsafe { call::$name($from.as_ptr() as u64, $to.as_ptr() as u64) }.map(|_| ())
        }
    )*};
}

of_two! {
    /// Moves a name within one file system.
    rename(old, new);
    /// Gives a file another name.
    link(old, new);
    /// Makes `path` a symbolic link that says `target`.
    symlink(target, path);
    /// Makes `new_root` the root of this mount namespace and puts the old one at `put_old`.
    pivot_root(new_root, put_old);
}

fn stat_at(path: &str, flags: u64) -> Result<Stat> {
    let path = c_str(path)?;
    let mut stat = Stat::default();
    let (at, buf) = (path.as_ptr() as u64, &raw mut stat as u64);
    // SAFETY: the path is zero-ended and the kernel writes one Stat.
    unsafe { call::newfstatat(AT_FDCWD as u64, at, buf, flags) }?;
    Ok(stat)
}

/// What is known about the file at `path`.
///
/// # Errors
/// stat(2).
pub fn stat(path: &str) -> Result<Stat> {
    stat_at(path, 0)
}

/// The same, about a symbolic link itself.
///
/// # Errors
/// lstat(2).
pub fn lstat(path: &str) -> Result<Stat> {
    stat_at(path, AT_SYMLINK_NOFOLLOW)
}

/// What a symbolic link says.
///
/// # Errors
/// readlink(2).
pub fn readlink(path: &str) -> Result<String> {
    let path = c_str(path)?;
    let mut buf = [0u8; 512];
    let (at, to) = (path.as_ptr() as u64, buf.as_mut_ptr() as u64);
    // SAFETY: the path is zero-ended and the kernel writes inside `buf`.
    let len = unsafe { call::readlink(at, to, buf.len() as u64) }? as usize;
    Ok(String::from_utf8_lossy(&buf[..len]).into_owned())
}

/// The current directory.
///
/// # Errors
/// getcwd(2).
pub fn getcwd() -> Result<String> {
    let mut buf = [0u8; 512];
    // SAFETY: the kernel writes inside `buf`.
    let len = unsafe { call::getcwd(buf.as_mut_ptr() as u64, buf.len() as u64) }? as usize;
    let text = &buf[..len.saturating_sub(1)]; // it counts the zero byte
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// Attaches a file system, or with `MS_BIND`, `MS_PRIVATE` and the like changes mounts.
/// An empty `source`, `kind` or `options` is passed as a null pointer.
///
/// # Errors
/// mount(2).
pub fn mount(source: &str, target: &str, kind: &str, flags: u64, options: &str) -> Result<()> {
    let texts = [
        c_str(source)?,
        c_str(target)?,
        c_str(kind)?,
        c_str(options)?,
    ];
    let [source, target, kind, options] = texts.each_ref().map(|text| match text.is_empty() {
        true => 0,
        false => text.as_ptr() as u64,
    });
    // SAFETY: null or zero-ended, and `texts` lives until the call is over.
    unsafe { call::mount(source, target, kind, flags, options) }.map(|_| ())
}
