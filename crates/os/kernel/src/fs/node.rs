//! What can be done with a node, whatever file system it is of. Each function is one `match`.

use crate::Result;
use crate::fs::{Node, Path, cgroupfs, directory, mount, nsfs, procfs, tmpfs, walk};
use crate::kernel::Kernel;
use crate::limits::PATH_MAX;
use abi::Errno;
use abi::fs::Stat;
use abi::fs::mode::{S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG};

/// Where a symbolic link leads.
pub enum Link {
    /// To a path of this many bytes.
    Text(usize),
    /// To a thing itself, whatever its name.
    Jump(Path),
}

/// Type and permissions.
pub fn mode(k: &Kernel, node: Node) -> u32 {
    match node {
        Node::None => 0,
        Node::Tmpfs(inode) => k.inodes[inode as usize].mode,
        Node::Proc(p) => procfs::mode(p),
        Node::Cgroup(c) => cgroupfs::mode(c),
        Node::Ns(_) => S_IFREG | 0o444,
        Node::Pipe(_) => S_IFIFO | 0o600,
    }
}

/// Whether it is a directory.
pub fn is_directory(k: &Kernel, node: Node) -> bool {
    mode(k, node) & S_IFMT == S_IFDIR
}

/// Whether it is a symbolic link.
pub fn is_link(k: &Kernel, node: Node) -> bool {
    mode(k, node) & S_IFMT == S_IFLNK
}

/// What the directory `at` has under `name` (not "." or "..").
///
/// # Errors
/// ENOENT.
pub fn lookup(k: &Kernel, at: Path, name: &[u8]) -> Result<Node> {
    match at.node {
        Node::Tmpfs(dir) => directory::find(k, dir, name)
            .map(Node::Tmpfs)
            .ok_or(Errno::ENOENT),
        Node::Proc(dir) => procfs::lookup(k, at.mount, dir, name).map(Node::Proc),
        Node::Cgroup(dir) => cgroupfs::lookup(k, dir, name).map(Node::Cgroup),
        Node::None | Node::Ns(_) | Node::Pipe(_) => Err(Errno::ENOTDIR),
    }
}

/// The directory above, within the file system.
pub fn parent(k: &Kernel, node: Node) -> Node {
    match node {
        Node::Tmpfs(inode) => Node::Tmpfs(k.inodes[inode as usize].parent),
        Node::Proc(p) => Node::Proc(procfs::parent(p)),
        Node::Cgroup(c) => Node::Cgroup(cgroupfs::parent(k, c)),
        other => other,
    }
}

/// Reads a symbolic link; a text goes into `out`.
///
/// # Errors
/// EINVAL if it is none; ENOENT if it leads nowhere any more.
pub fn read_link(k: &Kernel, at: Path, out: &mut [u8]) -> Result<Link> {
    match at.node {
        Node::Tmpfs(inode) if is_link(k, at.node) => Ok(Link::Text(tmpfs::read(k, inode, 0, out))),
        Node::Proc(p) => procfs::read_link(k, at.mount, p, out),
        _ => Err(Errno::EINVAL),
    }
}

/// What stat(2) tells.
pub fn stat(k: &Kernel, at: Path) -> Stat {
    let mut stat = Stat {
        ino: u64::from(at.node.number()),
        nlink: 1,
        mode: mode(k, at.node),
        blksize: 4096,
        ..Stat::default()
    };
    match at.node {
        Node::Tmpfs(inode) => {
            let row = &k.inodes[inode as usize];
            stat.nlink = u64::from(row.nlink);
            (stat.uid, stat.gid, stat.rdev) = (row.uid, row.gid, row.rdev);
            stat.size = row.size as i64;
            stat.blocks = i64::from(row.pages) * 8;
            stat.mtime = (row.mtime / 1_000_000_000) as i64;
            stat.mtime_nsec = (row.mtime % 1_000_000_000) as i64;
            (stat.atime, stat.ctime) = (stat.mtime, stat.mtime);
            (stat.atime_nsec, stat.ctime_nsec) = (stat.mtime_nsec, stat.mtime_nsec);
            stat.dev = u64::from(row.super_block) + FIRST_DEV;
        }
        Node::Ns(_) => stat.dev = nsfs::DEV,
        Node::Pipe(_) => stat.dev = nsfs::DEV + 1,
        _ => stat.dev = u64::from(k.mount_private[at.mount as usize].super_block) + FIRST_DEV,
    }
    if let Node::Ns(ns) = at.node {
        stat.ino = u64::from(crate::ns::inum(k, ns));
    }
    stat
}

/// Device number of file system 0; they count up from here. Anonymous file systems have major
/// number 0 in Linux, too.
const FIRST_DEV: u64 = 16;

/// Device number of a character device file, if it is one.
pub fn character_device(k: &Kernel, node: Node) -> Option<u64> {
    match node {
        Node::Tmpfs(inode) if mode(k, node) & S_IFMT == S_IFCHR => {
            Some(k.inodes[inode as usize].rdev)
        }
        _ => None,
    }
}

/// A path as text, built from its end; kept right-aligned.
pub struct PathText {
    bytes: [u8; PATH_MAX],
    start: usize,
}

impl PathText {
    /// An empty one.
    pub const fn new() -> Self {
        Self {
            bytes: [0; PATH_MAX],
            start: PATH_MAX,
        }
    }

    /// The path; "/" if nothing was put in.
    pub fn bytes(&self) -> &[u8] {
        if self.start == PATH_MAX {
            b"/"
        } else {
            &self.bytes[self.start..]
        }
    }

    /// Puts "/name" in front. What does not fit is cut off.
    pub fn prepend(&mut self, name: &[u8]) {
        for &byte in name.iter().rev().chain(b"/") {
            if self.start > 0 {
                self.start -= 1;
                self.bytes[self.start] = byte;
            }
        }
    }

    /// Puts `text` at the end.
    pub fn append(&mut self, text: &[u8]) {
        let from = self.start.saturating_sub(text.len());
        self.bytes.copy_within(self.start.., from);
        self.start = from;
        let end = PATH_MAX - text.len();
        self.bytes[end..].copy_from_slice(text);
    }
}

/// Writes the path of `at` as the running task sees it. Says whether its root can be reached
/// from there.
pub fn path_text(k: &Kernel, at: Path, out: &mut PathText) -> bool {
    path_text_from(k, at, walk::root(k), out)
}

/// As [`path_text`], for any root.
pub fn path_text_from(k: &Kernel, mut at: Path, root: Path, out: &mut PathText) -> bool {
    if let Node::Ns(ns) = at.node
        && mount::root_of(k, at.mount) != at
    {
        nsfs::prepend_name(k, ns, out);
        return true;
    }
    if let Node::Pipe(_) = at.node {
        return false;
    }
    loop {
        if at == root {
            return true;
        }
        if let Some(covered) = mount::leave(k, at) {
            at = covered;
            continue;
        }
        if mount::root_of(k, at.mount) == at {
            // The top of everything, and it was not the root.
            return false;
        }
        let parent = parent(k, at.node);
        if parent == at.node || !prepend_name(k, at.mount, parent, at.node, out) {
            return false;
        }
        at.node = parent;
    }
}

/// Puts the name that `parent` has for `node` in front.
fn prepend_name(k: &Kernel, mount: u32, parent: Node, node: Node, out: &mut PathText) -> bool {
    match (parent, node) {
        (Node::Tmpfs(dir), Node::Tmpfs(inode)) => match directory::name_of(k, dir, inode) {
            Some(entry) => out.prepend(entry.name()),
            None => return false,
        },
        (_, Node::Proc(p)) => procfs::prepend_name(k, mount, p, out),
        (_, Node::Cgroup(c)) => cgroupfs::prepend_name(k, c, out),
        _ => return false,
    }
    true
}

/// Whether `at` is `ancestor` or below it in the same mount.
pub fn is_within(k: &Kernel, at: Path, ancestor: Path) -> bool {
    let mut node = at.node;
    if at.mount != ancestor.mount {
        return false;
    }
    loop {
        if node == ancestor.node {
            return true;
        }
        let above = parent(k, node);
        if above == node || node == Node::None {
            return false;
        }
        node = above;
    }
}

/// Whether `at` is `ancestor` or below it, across mounts.
pub fn is_within_mounts(k: &Kernel, mut at: Path, ancestor: Path) -> bool {
    while at.mount != ancestor.mount {
        let mount = &k.mounts[at.mount as usize];
        if mount.parent == objects::NONE {
            return false;
        }
        at = Path {
            mount: mount.parent,
            node: k.mount_private[at.mount as usize].mountpoint,
        };
    }
    is_within(k, at, ancestor)
}

/// The path of `at` below `top` within one file system, mounts left aside.
pub fn path_in_file_system(k: &Kernel, mut at: Path, top: Path, out: &mut PathText) {
    while at.node != top.node {
        let parent = parent(k, at.node);
        if parent == at.node || !prepend_name(k, at.mount, parent, at.node, out) {
            return;
        }
        at.node = parent;
    }
}
