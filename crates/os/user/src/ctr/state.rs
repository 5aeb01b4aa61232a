//! What `ctr` remembers: one directory for each container, one small file for each fact.
//!
//! ```text
//!   /run/ctr/NAME/image     which directory it runs from
//!   /run/ctr/NAME/command   what it runs
//!   /run/ctr/NAME/pid       its first process, as this pid namespace numbers it
//!   /run/ctr/NAME/status    how it ended; only then is this file there
//!   /run/ctr/NAME/log       what it printed, if it was detached
//! ```

use crate::files::{make_dirs, remove::remove};
use crate::trouble::{Trouble, at};
use abi::fs::open::{O_CREAT, O_TRUNC, O_WRONLY};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use metal::user::{dir, file, fs, task};

const STATE: &str = "/run/ctr";
/// Where images are.
pub const IMAGES: &str = "/images";

/// A container that was started.
pub struct Container {
    /// Its name.
    pub name: String,
    dir: String,
}

impl Container {
    /// Makes the directory of a new one.
    ///
    /// # Errors
    /// A bad name, or one that is taken.
    pub fn create(name: &str) -> Result<Self, Trouble> {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.starts_with(['.', '-']) || !name.chars().all(good) {
            let what = format!("\"{name}\": a name has letters, digits, - and _ only");
            return Err(Trouble::usage(what));
        }
        make_dirs(STATE).map_err(at(STATE))?;
        let dir = format!("{STATE}/{name}");
        match fs::mkdir(&dir, 0o755) {
            Ok(()) => Ok(Self {
                name: name.into(),
                dir,
            }),
            Err(metal::user::Errno::EEXIST) => {
                let what = format!("{name}: there is such a container (ctr rm {name})");
                Err(Trouble::new(what))
            }
            Err(why) => Err(at(&dir)(why)),
        }
    }

    /// One that exists.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn open(name: &str) -> Result<Self, Trouble> {
        let dir = format!("{STATE}/{name}");
        match fs::access(&dir, 0) {
            Ok(()) if !name.is_empty() => Ok(Self {
                name: name.into(),
                dir,
            }),
            _ => Err(Trouble::new(format!("{name}: no such container (ctr ps)"))),
        }
    }

    /// All of them, by name.
    pub fn all() -> Vec<Self> {
        let entries = dir::read_dir(STATE).unwrap_or_default();
        entries
            .iter()
            .filter_map(|entry| Self::open(&entry.name).ok())
            .collect()
    }

    /// The path of one of its files.
    pub fn path(&self, fact: &str) -> String {
        format!("{}/{fact}", self.dir)
    }

    /// What a file says, without the newline; empty if it is not there.
    pub fn get(&self, fact: &str) -> String {
        let text = file::read_text(&self.path(fact)).unwrap_or_default();
        text.trim_end().to_string()
    }

    /// Writes one of its files.
    ///
    /// # Errors
    /// open(2), write(2).
    pub fn put(&self, fact: &str, value: &str) -> Result<(), Trouble> {
        let path = self.path(fact);
        let flags = O_WRONLY | O_CREAT | O_TRUNC;
        file::write_file(&path, flags, format!("{value}\n").as_bytes()).map_err(at(path))
    }

    /// The pid of its first process, if that is still there.
    pub fn running(&self) -> Option<i32> {
        let pid = self.get("pid").parse().ok()?;
        let gone = fs::access(&self.path("status"), 0).is_ok();
        (!gone && task::kill(pid, 0).is_ok()).then_some(pid)
    }

    /// The same, or an error that says it has ended.
    ///
    /// # Errors
    /// It has ended.
    pub fn must_run(&self) -> Result<i32, Trouble> {
        self.running()
            .ok_or_else(|| Trouble::new(format!("{}: not running", self.name)))
    }

    /// Removes the directory.
    ///
    /// # Errors
    /// What could not be removed.
    pub fn forget(&self) -> Result<(), Trouble> {
        remove(&self.dir, true, true)
    }
}

/// The directory of an image.
///
/// # Errors
/// There is none of this name.
pub fn image(name: &str) -> Result<String, Trouble> {
    let path = match name.contains('/') {
        true => name.to_string(),
        false => format!("{IMAGES}/{name}"),
    };
    match crate::files::is_dir(&path) {
        true => Ok(path),
        false => Err(Trouble::new(format!("{name}: no such image (ctr images)"))),
    }
}
