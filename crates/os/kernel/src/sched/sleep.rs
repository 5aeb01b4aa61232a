//! Sleeping and waking.
//!
//! A task sleeps *for* something: a kind (what `waits_for` shows) and a channel (which pipe,
//! which terminal). Whoever makes that happen wakes everybody who waits for it, and each looks
//! again whether it is true: the condition is the caller's loop, not the wake-up.

use crate::Result;
use crate::cgroup;
use crate::kernel::Kernel;
use crate::limits::HZ;
use crate::sched::switch;
use crate::signal;
use crate::task::{Restart, current};
use abi::Errno;
use objects::kernel::{state, wait};

/// Sleeps until woken for `(why, channel)` or until a signal comes.
///
/// # Errors
/// EINTR if a signal is there; the call will be restarted if the signal turns out to be
/// nothing (or its handler says so).
pub fn sleep(k: &mut Kernel, why: u32, channel: u64) -> Result<()> {
    sleep_until(k, why, channel, 0)
}

/// As [`sleep`], and until the TSC reaches `deadline` (0: no deadline). Who cares whether it
/// was the deadline looks at the clock.
///
/// # Errors
/// EINTR.
pub fn sleep_until(k: &mut Kernel, why: u32, channel: u64, deadline: u64) -> Result<()> {
    let me = current(k);
    if signal::is_deliverable(k, me) {
        k.private[me].restart = Restart::Call;
        return Err(Errno::EINTR);
    }
    sleep_through(k, why, channel, deadline);
    Ok(())
}

/// Sleeps through signals.
pub fn sleep_through(k: &mut Kernel, why: u32, channel: u64, deadline: u64) {
    let me = current(k);
    k.tasks[me].state = state::SLEEPING;
    k.tasks[me].waits_for = why;
    k.private[me].channel = channel;
    k.private[me].wake_at = deadline;
    k.scheduler.remove(me);
    switch::schedule(k);
    k.tasks[me].waits_for = wait::NOTHING;
    k.private[me].wake_at = 0;
}

/// Wakes everybody who sleeps for `(why, channel)`.
pub fn wake(k: &mut Kernel, why: u32, channel: u64) {
    for n in 0..k.tasks.len() {
        let task = &k.tasks[n];
        if task.state == state::SLEEPING && task.waits_for == why && k.private[n].channel == channel
        {
            wake_task(k, n);
        }
    }
}

/// Wakes one sleeping task, whatever it sleeps for.
pub fn wake_task(k: &mut Kernel, slot: usize) {
    if k.tasks[slot].state == state::SLEEPING {
        make_runnable(k, slot);
    }
}

/// Makes a task runnable that was not: new, woken, continued, or no longer throttled.
pub fn make_runnable(k: &mut Kernel, slot: usize) {
    if cgroup::holds_back(k, slot) {
        k.tasks[slot].state = state::THROTTLED;
        return;
    }
    k.tasks[slot].state = state::RUNNING;
    switch::place(k, slot);
    k.scheduler.add(slot);
    // Let it in before the running task's slice ends if it has had less.
    k.scheduler.reschedule = 1;
}

/// Starts a new task: behind its parent, who goes on first, so that what it does next (fork
/// the rest of a pipeline, say) happens before the child can look.
pub fn start(k: &mut Kernel, slot: usize) {
    k.private[slot].vruntime += k.time.hz / HZ;
    let reschedule = k.scheduler.reschedule;
    make_runnable(k, slot);
    k.scheduler.reschedule = reschedule;
}

/// Wakes whose time has come. At each tick.
pub fn wake_due(k: &mut Kernel) {
    let now = k.time.now();
    for n in 0..k.tasks.len() {
        let due = k.private[n].wake_at;
        if due != 0 && due <= now && k.tasks[n].state == state::SLEEPING {
            k.private[n].wake_at = 0;
            wake_task(k, n);
        }
    }
}
