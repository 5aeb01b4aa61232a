//! Tasks: what textbooks call processes. Linux's word covers threads too.
//!
//! | module | what |
//! |---|---|
//! | [`ids`] | numbers in nested pid namespaces, groups, sessions |
//! | [`pidns`] | pid namespaces |
//! | [`fork`] | fork, vfork, clone |
//! | [`exec`] | execve: another program in the same task |
//! | [`stack`] | what a new program finds on its stack |
//! | [`exit`] | the end of a task, and of a whole pid namespace |
//! | [`wait`] | wait4 |
//! | [`threads`] | tasks that share one number |
//! | [`calls`] | getpid and the like |
//! | [`futex`] | waiting for a word in memory |

pub mod calls;
pub mod exec;
pub mod exit;
pub mod fork;
pub mod futex;
pub mod ids;
pub mod pidns;
pub mod stack;
pub mod threads;
pub mod wait;

use crate::fs::Path;
use crate::kernel::Kernel;
use metal::context::{Context, Stack};
use objects::kernel::{Task, state};
use zerocopy::FromZeros;

/// What of a task only the kernel needs.
#[derive(FromZeros)]
#[repr(C)]
pub struct Private {
    /// Its kernel stack. Belongs to the slot: the next task in it takes it over.
    pub stack: Stack,
    /// Where it stopped, while it is off the CPU.
    pub context: Context,
    /// How often the slot was used: tells whether somebody means this task or an earlier one.
    pub generation: u32,
    /// Its [`crate::fs::fd::FdTable`].
    pub files: u32,
    /// Its [`FsContext`].
    pub fs: u32,
    /// Its [`crate::signal::Handlers`].
    pub handlers: u32,
    /// Signal to the parent when it ends.
    pub exit_signal: u32,
    /// While stopped or just continued: what wait4 has yet to report.
    pub report: Report,
    /// Which one of the things that [`Task::waits_for`] names.
    pub channel: u64,
    /// TSC at which it wants to be woken, or 0.
    pub wake_at: u64,
    /// Weighted time it has run: who has least runs next.
    pub vruntime: u64,
    /// What of user and kernel ticks its cgroup has been told.
    pub told: [u64; 2],
    /// FS base: thread-local storage of programs that have it.
    pub fs_base: u64,
    /// Address that is zeroed when the task ends (CLONE_CHILD_CLEARTID), or 0.
    pub clear_tid: u64,
    /// Slot + 1 of the parent that vfork keeps waiting, or 0.
    pub vfork_parent: u32,
    /// How an interrupted system call goes on.
    pub restart: Restart,
    /// Blocked signals to go back to after a handler of rt_sigsuspend, if `suspended`.
    pub saved_blocked: u64,
    /// 1 within rt_sigsuspend.
    pub suspended: u64,
    /// When an interrupted sleep was to end (TSC), or 0.
    pub sleep_until: u64,
    /// Alternate signal stack: address, size, flags (sigaltstack).
    pub alt_stack: [u64; 3],
    /// User and kernel ticks of children that were waited for.
    pub children: [u64; 2],
    /// 1: the whole group ends, with `group_status`.
    pub group_exit: u32,
    /// What wait4 will report of it.
    pub group_status: u32,
    /// 1 after execve: setpgid by the parent comes too late.
    pub has_executed: u32,
    /// 1: the init of a pid namespace, waiting for everybody else in it to end.
    pub ending: u32,
    /// -20 (urgent) to 19.
    pub nice: i32,
    /// 1: orphans below it come to it rather than to init (PR_SET_CHILD_SUBREAPER).
    pub subreaper: u32,
}

/// What wait4 has yet to report of a living task.
#[derive(Clone, Copy, PartialEq, Eq, FromZeros)]
#[repr(u32)]
pub enum Report {
    /// Nothing.
    None = 0,
    /// It was stopped by this signal.
    Stopped(u32),
    /// It was continued.
    Continued,
}

/// How a system call that a signal interrupted goes on (signal(7)).
#[derive(Clone, Copy, PartialEq, Eq, FromZeros)]
#[repr(u32)]
pub enum Restart {
    /// EINTR is an answer like any other.
    No = 0,
    /// It is called again, unless a handler without SA_RESTART ran.
    Call,
    /// It is called again only if no handler ran at all.
    IfUnhandled,
}

/// Where a process stands in the tree of files (Linux: fs_struct).
#[derive(Clone, Copy, FromZeros)]
#[repr(C)]
pub struct FsContext {
    /// Tasks that use it; 0 = free slot.
    pub refs: u32,
    /// Permissions that new files do not get.
    pub umask: u32,
    /// What "/" means.
    pub root: Path,
    /// What "." means.
    pub cwd: Path,
}

/// Slot of the running task.
pub fn current(k: &Kernel) -> usize {
    k.root.current as usize
}

/// Whether the slot holds a task that has not ended.
pub fn is_alive(task: &Task) -> bool {
    !matches!(task.state, state::FREE | state::ZOMBIE)
}

/// The slots of all tasks that have not ended.
pub fn living(k: &Kernel) -> impl Iterator<Item = usize> + '_ {
    (0..k.tasks.len()).filter(|&n| is_alive(&k.tasks[n]))
}
