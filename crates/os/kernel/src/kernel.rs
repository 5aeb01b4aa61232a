//! The kernel's whole state: one struct of fixed tables.
//!
//! [`KERNEL_ROOT`] begins with [`Root`], the door for an outside reader; the tables that it
//! names are the very ones below. What only the kernel needs of an object stands in a second
//! table at the same index (`private`, `mm_private`, …).
//!
//! Every door into the kernel takes the one `&mut Kernel` and hands it down, so there is
//! nothing to lock, and the compiler checks that nobody changes a table under somebody else's
//! feet. When a task sleeps, the reference is lent to the task that runs meanwhile.

use crate::cgroup::CgroupPrivate;
use crate::fs::fd::FdTable;
use crate::fs::file::File;
use crate::fs::mount::MountPrivate;
use crate::fs::pipe::Pipe;
use crate::fs::super_block::SuperBlock;
use crate::fs::tmpfs::Inode;
use crate::fs::tty::Tty;
use crate::limits::*;
use crate::log::Log;
use crate::mm::frame::Allocator;
use crate::mm::space::MmPrivate;
use crate::sched::Scheduler;
use crate::sched::float::Float;
use crate::sched::load::Load;
use crate::signal::Handlers;
use crate::task::{FsContext, Private};
use crate::time::Time;
use metal::Global;
use metal::phys;
use objects::Table;
use objects::kernel::{Cgroup, Frame, MAGIC, Mm, MntNs, Mount, NsProxy, PidNs, Root, Task, UtsNs};

/// Everything.
#[derive(zerocopy::FromZeros)]
#[repr(C)]
pub struct Kernel {
    /// The door for an outside reader, and the counters of the whole system.
    pub root: Root,

    /// Tasks.
    pub tasks: [Task; TASKS],
    /// What of a task only the kernel needs.
    pub private: [Private; TASKS],
    /// Signal handlers, shared by the threads of a process.
    pub handlers: [Handlers; TASKS],
    /// Root, working directory and umask, shared by the threads of a process.
    pub fs_contexts: [FsContext; TASKS],
    /// Descriptor tables.
    pub fd_tables: [FdTable; TASKS],
    /// Who runs next.
    pub scheduler: Scheduler,
    /// Whose x87 and SSE registers are where.
    pub float: Float,

    /// Which namespaces a task is in.
    pub nsproxies: [NsProxy; NSPROXIES],
    /// Pid namespaces.
    pub pid_ns: [PidNs; NAMESPACES],
    /// UTS namespaces.
    pub uts_ns: [UtsNs; NAMESPACES],
    /// Mount namespaces.
    pub mnt_ns: [MntNs; NAMESPACES],
    /// Number for the next namespace's file in /proc/PID/ns.
    pub next_inum: u32,
    /// Mounts that cover something else than a file of a tmpfs.
    pub mounted_elsewhere: u32,

    /// Control groups.
    pub cgroups: [Cgroup; CGROUPS],
    /// What of a control group only the kernel needs.
    pub cgroup_private: [CgroupPrivate; CGROUPS],

    /// Address spaces.
    pub mms: [Mm; MMS],
    /// What of an address space only the kernel needs.
    pub mm_private: [MmPrivate; MMS],
    /// The ledger of physical memory.
    pub frames: phys::Table<Frame>,
    /// Where free frames are found.
    pub allocator: Allocator,
    /// What CR3 holds.
    pub loaded_cr3: u64,

    /// Mounts.
    pub mounts: [Mount; MOUNTS],
    /// What of a mount only the kernel needs.
    pub mount_private: [MountPrivate; MOUNTS],
    /// File systems.
    pub super_blocks: [SuperBlock; SUPERS],
    /// Inodes of the file systems in memory.
    pub inodes: [Inode; INODES],
    /// Open file descriptions.
    pub files: [File; FILES],
    /// Pipes.
    pub pipes: [Pipe; PIPES],
    /// Terminals.
    pub ttys: [Tty; TTYS],

    /// Clocks.
    pub time: Time,
    /// Load averages.
    pub load: Load,
    /// The kernel's own messages.
    pub log: Log,
    /// The command line that the loader gave.
    pub command_line: CommandLine,
    /// State of /dev/urandom.
    pub random: u64,
}

/// The kernel's command line.
#[derive(zerocopy::FromZeros)]
#[repr(C)]
pub struct CommandLine {
    /// Its bytes.
    pub bytes: [u8; 256],
    /// How many of them count.
    pub len: u64,
}

impl CommandLine {
    /// As text; empty if it is not UTF-8.
    pub fn text(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.len as usize]).unwrap_or("")
    }

    /// The value of the word `key=value`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.text()
            .split_ascii_whitespace()
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    /// Whether `word` stands there by itself.
    pub fn has(&self, word: &str) -> bool {
        self.text().split_ascii_whitespace().any(|w| w == word)
    }
}

/// The one kernel, at the symbol that an outside reader looks for.
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
pub static KERNEL_ROOT: Global<Kernel> = Global::zeroed();

/// Fills the door in; the magic number last, because it says that the rest is valid.
pub fn open_door(k: &mut Kernel) {
    fn table<T>(of: &[T]) -> Table {
        Table {
            base: of.as_ptr().addr() as u64,
            len: of.len() as u64,
            stride: size_of::<T>() as u64,
        }
    }
    k.root.tasks = table(&k.tasks);
    k.root.nsproxies = table(&k.nsproxies);
    k.root.pid_ns = table(&k.pid_ns);
    k.root.uts_ns = table(&k.uts_ns);
    k.root.mnt_ns = table(&k.mnt_ns);
    k.root.mounts = table(&k.mounts);
    k.root.cgroups = table(&k.cgroups);
    k.root.mms = table(&k.mms);
    k.root.frames = table(&k.frames);
    k.root.magic = MAGIC;
}
