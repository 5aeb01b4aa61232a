//! Signals: sending them, and what happens when nobody handles them (signal(7)).
//!
//! A signal is a bit in [`Task::pending`](objects::kernel::Task::pending) until the task is
//! about to go back to user mode; there it takes effect ([`deliver`]). Sending therefore only
//! sets the bit and wakes the task.
//!
//! | module | what |
//! |---|---|
//! | [`default`] | what a signal does by default (pure) |
//! | [`deliver`] | on the way back to user mode: handler, stop, or the end |
//! | [`calls`] | kill, sigaction and friends |

#[cfg(target_os = "none")]
pub mod calls;
pub mod default;
#[cfg(target_os = "none")]
pub mod deliver;
#[cfg(target_os = "none")]
mod send;

#[cfg(target_os = "none")]
pub use calls::{end_suspend, suspend};
#[cfg(target_os = "none")]
pub use send::*;

/// Signals that a process can have; the real-time ones above 31 are kept but not queued.
pub const SIGNALS: u32 = 64;
/// Signals that can have a handler of their own: actions of the others stay the default.
pub const ACTIONS: usize = 34;

/// SIG_DFL.
pub const DEFAULT: u64 = 0;
/// SIG_IGN.
pub const IGNORE: u64 = 1;

/// The bit of a signal in a set.
pub const fn bit(signal: u32) -> u64 {
    1 << (signal - 1)
}

/// What rt_sigaction sets: `struct kernel_sigaction`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, zerocopy::FromZeros)]
#[repr(C)]
pub struct Action {
    /// Address, [`DEFAULT`] or [`IGNORE`].
    pub handler: u64,
    /// SA_RESTART and friends.
    pub flags: u64,
    /// Where the handler returns to.
    pub restorer: u64,
    /// Blocked while the handler runs.
    pub mask: u64,
}

/// A process's handlers (Linux: sighand_struct).
#[derive(Clone, Copy, zerocopy::FromZeros)]
#[repr(C)]
pub struct Handlers {
    /// Tasks that use them; 0 = free slot.
    pub refs: u64,
    /// By signal number.
    pub actions: [Action; ACTIONS],
}

impl Handlers {
    /// The action for a signal.
    pub fn action(&self, signal: u32) -> Action {
        const NONE: Action = Action {
            handler: DEFAULT,
            flags: 0,
            restorer: 0,
            mask: 0,
        };
        self.actions.get(signal as usize).copied().unwrap_or(NONE)
    }
}

/// SA_NOCLDSTOP: no SIGCHLD when children stop.
pub const SA_NOCLDSTOP: u64 = 1;
/// SA_NOCLDWAIT: children leave no zombies.
pub const SA_NOCLDWAIT: u64 = 2;
/// SA_SIGINFO: the handler wants to know more; it always gets it.
pub const SA_ONSTACK: u64 = 0x0800_0000;
/// SA_RESTART: interrupted calls go on afterwards.
pub const SA_RESTART: u64 = 0x1000_0000;
/// SA_NODEFER: the signal itself is not blocked in its handler.
pub const SA_NODEFER: u64 = 0x4000_0000;
/// SA_RESETHAND: the handler is used once.
pub const SA_RESETHAND: u64 = 0x8000_0000;
/// SA_RESTORER: the restorer is given; on x86-64 it must be.
pub const SA_RESTORER: u64 = 0x0400_0000;
