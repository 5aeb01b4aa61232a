//! Who runs next, and the switch to it.
//!
//! The scheduler is fair in *virtual* time: a task's (or cgroup's) virtual time runs at a rate
//! inverse to its weight while it is on the CPU, and whoever has the least of it runs next.
//! Cgroups nest, so the choice descends: first among what the root directly has, then inside
//! the cgroup that was chosen, down to a task.
//!
//! The kernel itself is never preempted. A task gives the CPU up by sleeping, by ending, or
//! on its way back to user mode after the timer asked for it.
//!
//! | module | what |
//! |---|---|
//! | [`fair`] | the choice (pure) |
//! | [`sleep`] | sleeping and waking |
//! | [`account`] | whose time it was |
//! | [`float`] | x87 and SSE registers, exchanged when they are used |
//! | [`load`] | how many wanted to run (pure) |

#[cfg(target_os = "none")]
pub mod account;
pub mod fair;
#[cfg(target_os = "none")]
pub mod float;
pub mod load;
#[cfg(target_os = "none")]
pub mod sleep;
#[cfg(target_os = "none")]
pub mod switch;

use crate::limits::TASKS;

/// The scheduler's own state.
#[derive(zerocopy::FromZeros)]
#[repr(C)]
pub struct Scheduler {
    /// Slots of the runnable tasks, the running one included, in no order.
    pub queue: [u16; TASKS],
    /// How many of them.
    pub len: u32,
    /// 1: look for a better task before going back to user mode.
    pub reschedule: u32,
    /// TSC up to which all time is accounted for.
    pub mark: u64,
    /// What the FS base register holds.
    pub fs_base: u64,
    /// Where the boot code stopped.
    #[cfg(target_os = "none")]
    pub boot: metal::context::Context,
}

impl Scheduler {
    /// The runnable tasks.
    pub fn runnable(&self) -> &[u16] {
        &self.queue[..self.len as usize]
    }

    /// Adds a task.
    pub fn add(&mut self, slot: usize) {
        self.queue[self.len as usize] = slot as u16;
        self.len += 1;
    }

    /// Takes a task out.
    pub fn remove(&mut self, slot: usize) {
        if let Some(at) = self.runnable().iter().position(|&s| s as usize == slot) {
            self.queue.copy_within(at + 1..self.len as usize, at);
            self.len -= 1;
        }
    }
}
