//! From a path to a place: the walk, one component at a time (path_resolution(7)).

use crate::Result;
use crate::fs::node::{self, Link};
use crate::fs::path::{Component, Pending};
use crate::fs::{Path, file, mount};
use crate::kernel::Kernel;
use crate::limits::PATH_MAX;
use abi::Errno;
use abi::fs::open::AT_FDCWD;

/// Where a walk ended.
pub struct Walked {
    /// The directory that has the last component.
    pub parent: Path,
    /// The last component; `None` if the path was only slashes.
    pub name: Option<Component>,
    /// What it names, if anything.
    pub found: Option<Path>,
}

impl Walked {
    /// The last component as a name that can be made or taken away.
    ///
    /// # Errors
    /// `special` if it is "." or "..", or the root.
    pub fn name_or(&self, special: Errno) -> Result<&[u8]> {
        match self.name.as_ref().map(Component::name) {
            None | Some(b"." | b"..") => Err(special),
            Some(name) => Ok(name),
        }
    }
}

/// The root directory of the running task.
pub fn root(k: &Kernel) -> Path {
    k.fs_contexts[k.private[k.root.current as usize].fs as usize].root
}

/// The working directory of the running task.
pub fn cwd(k: &Kernel) -> Path {
    k.fs_contexts[k.private[k.root.current as usize].fs as usize].cwd
}

/// Where a relative path begins: the working directory, or what the descriptor `dir` is.
///
/// # Errors
/// EBADF; whether it is a directory shows on the first step.
pub fn start(k: &Kernel, dir: u64, path: &[u8]) -> Result<Path> {
    if path.first() == Some(&b'/') {
        Ok(root(k))
    } else if dir as i32 as i64 == AT_FDCWD {
        Ok(cwd(k))
    } else {
        Ok(file::get(k, dir)?.path)
    }
}

/// Walks `path` from `start`. The last component may be missing; everything before it must
/// be there. `follow`: if the last component is a symbolic link, go where it points.
///
/// # Errors
/// ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG.
pub fn walk(k: &Kernel, start: Path, path: &[u8], follow: bool) -> Result<Walked> {
    let mut pending = Pending::new(path)?;
    let mut at = start;
    if pending.take_slashes() {
        at = root(k);
    }
    // Where "/" or "" after a link leads: the place itself.
    let mut last = Walked {
        parent: at,
        name: None,
        found: Some(at),
    };
    while let Some(component) = pending.next_component()? {
        if !node::is_directory(k, at.node) {
            return Err(Errno::ENOTDIR);
        }
        let found = match component.name() {
            b"." => at,
            b".." => up(k, at),
            name => match node::lookup(k, at, name) {
                Ok(node) => Path {
                    mount: at.mount,
                    node,
                },
                Err(Errno::ENOENT) if component.last => {
                    return Ok(Walked {
                        parent: at,
                        name: Some(component),
                        found: None,
                    });
                }
                Err(error) => return Err(error),
            },
        };
        let must_follow = !component.last || component.directory || follow;
        if must_follow && node::is_link(k, found.node) {
            let mut text = [0; PATH_MAX];
            match node::read_link(k, found, &mut text)? {
                Link::Text(len) => {
                    if pending.follow(&text[..len], component.directory)? {
                        at = root(k);
                        last = Walked {
                            parent: at,
                            name: None,
                            found: Some(at),
                        };
                    }
                }
                // The links in /proc that lead to the thing itself rather than to a name.
                Link::Jump(place) => {
                    last = Walked {
                        parent: at,
                        name: Some(component),
                        found: Some(place),
                    };
                    at = place;
                }
            }
            continue;
        }
        let found = mount::enter(k, found);
        if component.directory && !node::is_directory(k, found.node) {
            return Err(Errno::ENOTDIR);
        }
        last = Walked {
            parent: at,
            name: Some(component),
            found: Some(found),
        };
        at = found;
    }
    Ok(last)
}

/// The directory above: never above the task's root, and out of a mount at its root.
pub fn up(k: &Kernel, mut at: Path) -> Path {
    let root = root(k);
    loop {
        if at == root {
            return at;
        }
        match mount::leave(k, at) {
            Some(covered) => at = covered,
            None => break,
        }
    }
    let parent = Path {
        mount: at.mount,
        node: node::parent(k, at.node),
    };
    mount::enter(k, parent)
}

/// The place that `path` names.
///
/// # Errors
/// ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG.
pub fn find(k: &Kernel, start: Path, path: &[u8], follow: bool) -> Result<Path> {
    walk(k, start, path, follow)?.found.ok_or(Errno::ENOENT)
}
