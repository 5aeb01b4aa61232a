//! From a path to a place: the walk, one component at a time (path_resolution(7)).

use crate::Result;
use crate::fs::node::{self, Link};
use crate::fs::path::{Component, Name, Pending};
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
    pub name: Option<Name>,
    /// A slash came after it: it must be a directory.
    pub directory: bool,
    /// What it names, if anything.
    pub found: Option<Path>,
}

impl Walked {
    /// The last component as a name that can be made or taken away.
    ///
    /// # Errors
    /// `special` if it is "." or "..", or the root.
    pub fn name_or(&self, special: Errno) -> Result<&[u8]> {
        match self.name.as_ref().map(Name::bytes) {
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
    let mut pending = Pending::new();
    let mut at = if pending.begin(path)? { root(k) } else { start };
    // The directory before the last step, and the step: none yet, "at" stands for itself.
    let mut parent = at;
    let mut last: Option<Component> = None;
    while let Some(component) = pending.next_component()? {
        if !node::is_directory(k, at.node) {
            return Err(Errno::ENOTDIR);
        }
        let found = match pending.name(&component) {
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
                        name: Some(pending.copy_name(&component)),
                        directory: component.directory,
                        found: None,
                    });
                }
                Err(error) => return Err(error),
            },
        };
        parent = at;
        last = Some(component);
        let must_follow = !component.last || component.directory || follow;
        if must_follow && node::is_link(k, found.node) {
            match follow_link(k, found, &mut pending, component.directory)? {
                Followed::FromHere => {}
                Followed::To(place) => at = place,
            }
            // If nothing comes after it, it leads to the place itself, which has no name here.
            last = None;
            parent = at;
            continue;
        }
        at = mount::enter(k, found);
        if component.directory && !node::is_directory(k, at.node) {
            return Err(Errno::ENOTDIR);
        }
    }
    Ok(Walked {
        parent,
        name: last.as_ref().map(|component| pending.copy_name(component)),
        directory: last.is_some_and(|component| component.directory),
        found: Some(at),
    })
}

/// Where a link leads.
enum Followed {
    /// Its text was put in front of the path, and the walk goes on where it is.
    FromHere,
    /// To this place: the root, or what one of the links in /proc means.
    To(Path),
}

// Apart, because the text needs room on the stack that a walk without links does not.
#[inline(never)]
fn follow_link(k: &Kernel, link: Path, pending: &mut Pending, directory: bool) -> Result<Followed> {
    let mut text = [0; PATH_MAX];
    match node::read_link(k, link, &mut text)? {
        Link::Text(len) if pending.follow(&text[..len], directory)? => Ok(Followed::To(root(k))),
        Link::Text(_) => Ok(Followed::FromHere),
        Link::Jump(place) => Ok(Followed::To(place)),
    }
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
