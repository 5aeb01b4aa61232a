//! Files: one tree of names for a process, made of many file systems.
//!
//! | module | what |
//! |---|---|
//! | [`path`] | taking a path apart, symbolic links included (pure) |
//! | [`walk`] | from a path to a [`Path`], across mounts |
//! | [`node`] | what can be done with a node, whatever file system it is of |
//! | [`tmpfs`], [`directory`] | files and directories in memory: the page cache is the file system |
//! | [`mount`], [`mntns`], [`pivot`] | mounts, their namespaces, changing the root |
//! | [`options`] | options of mount(2), as text (pure) |
//! | [`file`], [`fd`] | open file descriptions, and descriptors, which point at them |
//! | [`pipe`], [`tty`], [`device`] | what can be read and written and is no file |
//! | [`procfs`], [`cgroupfs`], [`nsfs`] | the kernel's own state, told as files |
//! | [`cpio`], [`initramfs`] | what the loader brought |
//! | [`calls_path`], [`calls_fd`], [`calls_dir`] | the system calls |

pub mod cpio;
pub mod options;
pub mod path;

#[cfg(target_os = "none")]
pub mod calls_dir;
#[cfg(target_os = "none")]
pub mod calls_fd;
#[cfg(target_os = "none")]
pub mod calls_path;
#[cfg(target_os = "none")]
pub mod cgroupfs;
#[cfg(target_os = "none")]
pub mod device;
#[cfg(target_os = "none")]
pub mod directory;
#[cfg(target_os = "none")]
pub mod fd;
#[cfg(target_os = "none")]
pub mod file;
#[cfg(target_os = "none")]
pub mod initramfs;
#[cfg(target_os = "none")]
pub mod mntns;
#[cfg(target_os = "none")]
pub mod mount;
#[cfg(target_os = "none")]
pub mod node;
#[cfg(target_os = "none")]
pub mod nsfs;
#[cfg(target_os = "none")]
pub mod pipe;
#[cfg(target_os = "none")]
pub mod pivot;
#[cfg(target_os = "none")]
pub mod procfs;
#[cfg(target_os = "none")]
pub mod super_block;
#[cfg(target_os = "none")]
pub mod text;
#[cfg(target_os = "none")]
pub mod tmpfs;
#[cfg(target_os = "none")]
pub mod tty;
#[cfg(target_os = "none")]
pub mod walk;

use zerocopy::FromZeros;

/// A file of any kind, by file system. What Linux calls an inode; only tmpfs keeps a table of
/// them, the others make theirs up from the objects that they show.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromZeros)]
#[repr(u16)]
pub enum Node {
    /// None: an empty slot.
    None = 0,
    /// A file of a tmpfs (or devtmpfs), by its inode number.
    Tmpfs(u32),
    /// A file of procfs.
    Proc(ProcNode),
    /// A file of cgroup2.
    Cgroup(CgroupNode),
    /// A namespace (nsfs).
    Ns(NsNode),
    /// A pipe without a name.
    Pipe(u32),
}

/// A file of procfs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromZeros)]
#[repr(C)]
pub struct ProcNode {
    /// Task slot, or `u16::MAX` for a file about the whole system.
    pub task: u16,
    /// Which file: an index into procfs's table.
    pub file: u8,
    /// A number, for fd/N.
    pub sub: u8,
    /// Which use of the task slot, so that a file does not outlive its task.
    pub generation: u32,
}

/// A file of cgroup2.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromZeros)]
#[repr(C)]
pub struct CgroupNode {
    /// Cgroup id.
    pub cgroup: u16,
    /// Which file: an index into cgroupfs's table; 0 is the directory.
    pub file: u8,
    /// Zero.
    pub reserved: u8,
    /// Which use of the id.
    pub generation: u32,
}

/// A namespace as a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromZeros)]
#[repr(C)]
pub struct NsNode {
    /// Which kind: see [`crate::ns::Kind`].
    pub kind: u16,
    /// Its id.
    pub id: u16,
    /// Zero.
    pub reserved: u32,
}

impl Node {
    /// A number for it that no other node has: the inode number that stat shows, and what the
    /// objects hold.
    pub fn number(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Tmpfs(inode) => inode,
            Self::Proc(p) => {
                1 << 30
                    | u32::from(p.task & 0xfff) << 16
                    | u32::from(p.file) << 8
                    | u32::from(p.sub)
            }
            Self::Cgroup(c) => 2 << 30 | u32::from(c.cgroup) << 8 | u32::from(c.file),
            Self::Ns(n) => 3 << 30 | u32::from(n.kind) << 16 | u32::from(n.id),
            Self::Pipe(pipe) => 3 << 30 | 0xff << 16 | pipe,
        }
    }
}

/// A place in the tree: a node as seen through a mount. The same directory can be seen
/// through many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromZeros)]
#[repr(C)]
pub struct Path {
    /// Mount id.
    pub mount: u32,
    /// The node.
    pub node: Node,
}
