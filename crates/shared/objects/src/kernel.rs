//! The kernel's objects.
//!
//! There is no `Container` here, as there is none in Linux: a container is a set of tasks
//! that share an [`NsProxy`] and a [`Cgroup`], and who looks has to infer it.

use crate::{Name, Table};

/// `"RINGKERN"`, little-endian.
pub const MAGIC: u64 = u64::from_le_bytes(*b"RINGKERN");

/// The kernel's door for an outside reader: `static KERNEL_ROOT`.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Root {
    /// [`MAGIC`] once the tables below are valid; anything else before.
    pub magic: u64,
    /// `[Task]`.
    pub tasks: Table,
    /// `[NsProxy]`.
    pub nsproxies: Table,
    /// `[PidNs]`.
    pub pid_ns: Table,
    /// `[UtsNs]`.
    pub uts_ns: Table,
    /// `[MntNs]`.
    pub mnt_ns: Table,
    /// `[Mount]`.
    pub mounts: Table,
    /// `[Cgroup]`.
    pub cgroups: Table,
    /// `[Mm]`.
    pub mms: Table,
    /// `[Frame]`, one per 4-KiB frame of physical memory from address 0.
    pub frames: Table,
    /// Slot of the task on the CPU now.
    pub current: u32,
    /// 1 while the CPU idles for want of a runnable task.
    pub idle: u32,
    /// Physical memory the kernel manages, bytes.
    pub memory_bytes: u64,
    /// Frames on the free list.
    pub free_frames: u64,
    /// TSC ticks a second, as calibrated or told.
    pub tsc_hz: u64,
    /// TSC at which user space (init) was entered first; 0 before.
    pub init_tsc: u64,
    /// TSC when the kernel's first instruction ran.
    pub boot_tsc: u64,
    /// Context switches since boot.
    pub switches: u64,
    /// System calls since boot.
    pub syscalls: u64,
    /// Page faults since boot.
    pub faults: u64,
    /// Timer interrupts since boot.
    pub ticks: u64,
    /// TSC ticks spent idle.
    pub idle_ticks: u64,
}

/// [`Task::state`].
#[allow(missing_docs)]
pub mod state {
    /// The slot is free.
    pub const FREE: u32 = 0;
    /// Runnable or running (R).
    pub const RUNNING: u32 = 1;
    /// Waits for something (S).
    pub const SLEEPING: u32 = 2;
    /// Runnable, but its cgroup has used up its cpu.max for this period.
    pub const THROTTLED: u32 = 3;
    /// Stopped by a signal (T).
    pub const STOPPED: u32 = 4;
    /// Ended, not yet waited for (Z).
    pub const ZOMBIE: u32 = 5;
}

/// What a sleeping task waits for, [`Task::waits_for`].
#[allow(missing_docs)]
pub mod wait {
    pub const NOTHING: u32 = 0;
    pub const CHILD: u32 = 1;
    pub const PIPE_READ: u32 = 2;
    pub const PIPE_WRITE: u32 = 3;
    pub const TTY: u32 = 4;
    pub const TIMER: u32 = 5;
    pub const SIGNAL: u32 = 6;
    pub const VFORK: u32 = 7;
    pub const FUTEX: u32 = 8;
}

/// How deep pid namespaces may nest here (Linux: 32).
pub const PID_LEVELS: usize = 4;

/// A task: what textbooks call a process control block.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Task {
    /// See [`state`].
    pub state: u32,
    /// See [`wait`].
    pub waits_for: u32,
    /// Its id at each pid-namespace level, the initial namespace first; unused levels are 0.
    pub numbers: [u32; PID_LEVELS],
    /// Its own pid namespace, by id. Its level is that namespace's.
    pub pid_ns: u32,
    /// Slot of the parent task, or `NONE`.
    pub parent: u32,
    /// Slot of the thread-group leader (itself for a single-threaded process).
    pub leader: u32,
    /// [`NsProxy`] id.
    pub nsproxy: u32,
    /// [`Cgroup`] id.
    pub cgroup: u32,
    /// [`Mm`] id, or `NONE` for a zombie or a kernel thread.
    pub mm: u32,
    /// Process group and session, as numbers of the initial namespace.
    pub pgid: u32,
    /// See `pgid`.
    pub sid: u32,
    /// Exit status as wait4 reports it; valid for zombies.
    pub exit_status: u32,
    /// Controlling terminal: console number, or `NONE`.
    pub tty: u32,
    /// Pending signals, bit `n - 1` for signal n.
    pub pending: u64,
    /// Blocked signals.
    pub blocked: u64,
    /// What `comm` shows: the program's file name, 15 bytes at most.
    pub name: Name<16>,
    /// TSC ticks spent in user mode.
    pub user_ticks: u64,
    /// TSC ticks spent in the kernel on its behalf.
    pub kernel_ticks: u64,
    /// TSC at which it started.
    pub start_tsc: u64,
    /// Times it was put on the CPU.
    pub switches: u64,
    /// System calls it made.
    pub syscalls: u64,
    /// Page faults it took.
    pub faults: u64,
    /// Number of the system call it is in, or `u64::MAX`.
    pub in_syscall: u64,
}

/// Which namespaces a task is in. Immutable once made; tasks share it, and unshare or setns
/// give the task another one (kernel/nsproxy.c).
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct NsProxy {
    /// Tasks that use it; 0 = free slot.
    pub refs: u32,
    /// [`MntNs`] id.
    pub mnt: u32,
    /// [`UtsNs`] id.
    pub uts: u32,
    /// [`PidNs`] id for children (the task's own is in [`Task::pid_ns`]).
    pub pid_for_children: u32,
}

/// A pid namespace.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct PidNs {
    /// References: tasks, children, nsproxies; 0 = free slot.
    pub refs: u32,
    /// The number in `/proc/PID/ns/pid`: `pid:[inum]`.
    pub inum: u32,
    /// Parent namespace id, or `NONE` for the initial one.
    pub parent: u32,
    /// 0 for the initial one.
    pub level: u32,
    /// Slot of its init (pid 1), or `NONE` before the first fork into it and after its death.
    pub init: u32,
    /// Last number handed out.
    pub last: u32,
}

/// A UTS namespace: the hostname.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct UtsNs {
    /// References; 0 = free slot.
    pub refs: u32,
    /// `uts:[inum]`.
    pub inum: u32,
    /// Hostname, at most 64 bytes.
    pub nodename: Name<72>,
    /// NIS domain name, `(none)` by default.
    pub domainname: Name<72>,
}

/// A mount namespace: a tree of [`Mount`]s.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct MntNs {
    /// References; 0 = free slot.
    pub refs: u32,
    /// `mnt:[inum]`.
    pub inum: u32,
    /// Its root [`Mount`] id.
    pub root: u32,
    /// Padding.
    pub reserved: u32,
}

/// What kind of file system a mount shows, [`Mount::kind`].
#[allow(missing_docs)]
pub mod fstype {
    pub const TMPFS: u32 = 1;
    pub const PROC: u32 = 2;
    pub const CGROUP2: u32 = 3;
    pub const DEVTMPFS: u32 = 4;
    /// The first root: a tmpfs too, but pivot_root refuses it.
    pub const ROOTFS: u32 = 5;
}

/// One mount.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Mount {
    /// 1 if in use.
    pub used: u32,
    /// [`MntNs`] id it belongs to.
    pub ns: u32,
    /// Parent mount id, or `NONE` for a root.
    pub parent: u32,
    /// See [`fstype`].
    pub kind: u32,
    /// Inode that it covers in the parent mount.
    pub mountpoint: u32,
    /// Inode that is its root.
    pub root: u32,
    /// MS_RDONLY and friends.
    pub flags: u64,
    /// Where it was mounted, as a path in its namespace at that time.
    pub path: Name<64>,
    /// The `source` argument of mount.
    pub source: Name<32>,
}

/// A cgroup, with what each controller keeps for it. Root is id 0.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Cgroup {
    /// 1 if in use.
    pub used: u32,
    /// Parent id, or `NONE` for the root.
    pub parent: u32,
    /// Name of its directory; empty for the root.
    pub name: Name<32>,
    /// Tasks directly in it (threads count).
    pub tasks: u32,
    /// Controllers enabled for its children: bits of [`controller`].
    pub subtree_control: u32,
    /// pids controller.
    pub pids: Pids,
    /// memory controller.
    pub memory: Memory,
    /// cpu controller.
    pub cpu: Cpu,
}

/// Bits of [`Cgroup::subtree_control`].
#[allow(missing_docs)]
pub mod controller {
    pub const CPU: u32 = 1;
    pub const MEMORY: u32 = 2;
    pub const PIDS: u32 = 4;
}

/// pids controller (kernel/cgroup/pids.c).
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Pids {
    /// pids.current, descendants included.
    pub current: u64,
    /// pids.max; `u64::MAX` = "max".
    pub max: u64,
    /// pids.events `max`: forks refused.
    pub events_max: u64,
}

/// memory controller. Units: bytes, except the counters of events.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Memory {
    /// memory.current, descendants included.
    pub current: u64,
    /// memory.peak.
    pub peak: u64,
    /// memory.max; `u64::MAX` = "max".
    pub max: u64,
    /// memory.events `max`: charges that hit the limit.
    pub events_max: u64,
    /// memory.events `oom`.
    pub events_oom: u64,
    /// memory.events `oom_kill`.
    pub events_oom_kill: u64,
}

/// cpu controller. Times in TSC ticks.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Cpu {
    /// cpu.weight, 1..=10000.
    pub weight: u64,
    /// Quota of cpu.max per period; `u64::MAX` = "max".
    pub quota: u64,
    /// Period of cpu.max.
    pub period: u64,
    /// What is left of the quota in this period.
    pub left: u64,
    /// TSC at which the next period begins.
    pub refill_at: u64,
    /// 1 while throttled.
    pub throttled_now: u64,
    /// cpu.stat user time.
    pub user: u64,
    /// cpu.stat system time.
    pub system: u64,
    /// cpu.stat nr_periods.
    pub nr_periods: u64,
    /// cpu.stat nr_throttled.
    pub nr_throttled: u64,
    /// cpu.stat throttled time.
    pub throttled: u64,
    /// TSC at which the present throttling began.
    pub throttled_since: u64,
}

/// How many areas an address space can have.
pub const VMAS: usize = 24;

/// An address space (mm_struct).
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Mm {
    /// Tasks that use it; 0 = free slot.
    pub refs: u32,
    /// How many of `areas` are in use.
    pub count: u32,
    /// Physical address of its PML4: the CR3 it runs on.
    pub cr3: u64,
    /// Resident pages.
    pub resident: u64,
    /// Frames that its page tables take.
    pub table_frames: u64,
    /// Start of the heap.
    pub brk_start: u64,
    /// End of the heap.
    pub brk: u64,
    /// Its areas, sorted by address.
    pub areas: [Vma; VMAS],
}

/// A stretch of virtual memory with one meaning (vm_area_struct).
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Vma {
    /// First byte, page-aligned.
    pub start: u64,
    /// First byte after it.
    pub end: u64,
    /// PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4.
    pub prot: u32,
    /// See [`vma`].
    pub kind: u32,
    /// Inode that backs it, or `NONE` for anonymous memory.
    pub inode: u32,
    /// 1 if shared rather than private.
    pub shared: u32,
    /// Offset of `start` in the file.
    pub offset: u64,
    /// Bytes of the file that are mapped here; beyond it zeros (for .bss).
    pub file_bytes: u64,
}

/// [`Vma::kind`].
#[allow(missing_docs)]
pub mod vma {
    pub const TEXT: u32 = 1;
    pub const DATA: u32 = 2;
    pub const HEAP: u32 = 3;
    pub const STACK: u32 = 4;
    pub const MAPPED: u32 = 5;
}

/// What a physical frame is used for; 8 bytes each.
#[derive(zerocopy::FromBytes, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Frame {
    /// References: mappings and owners. 0 = free.
    pub refs: u16,
    /// See [`frame`].
    pub kind: u8,
    /// Padding.
    pub reserved: u8,
    /// [`Cgroup`] id it is charged to, or `u16::MAX`.
    pub cgroup: u16,
    /// [`Mm`] id that it was allocated for, or `u16::MAX`.
    pub mm: u16,
}

/// [`Frame::kind`].
#[allow(missing_docs)]
pub mod frame {
    pub const FREE: u8 = 0;
    /// Not memory, or the firmware's.
    pub const RESERVED: u8 = 1;
    /// The kernel image and its static tables.
    pub const KERNEL: u8 = 2;
    /// A page table.
    pub const TABLE: u8 = 3;
    /// Kernel stack.
    pub const STACK: u8 = 4;
    /// Anonymous user memory.
    pub const ANON: u8 = 5;
    /// A page of a file in tmpfs.
    pub const FILE: u8 = 6;
    /// The initramfs as the loader left it.
    pub const INITRD: u8 = 7;
    /// A pipe's buffer and other kernel data.
    pub const BUFFER: u8 = 8;
}
