//! Whose time it was.
//!
//! The counter is read at every door: on the way in, the time since the last mark was the
//! program's; on the way out, the kernel's on its behalf. Nothing is sampled, so a task that
//! runs between two timer ticks is not missed.

use crate::cgroup::cpu;
use crate::kernel::Kernel;
use crate::sched::fair;
use crate::task::current;

/// Time since the last mark, which is moved to now.
fn elapsed(k: &mut Kernel) -> u64 {
    let now = k.time.now();
    now.saturating_sub(core::mem::replace(&mut k.scheduler.mark, now))
}

/// The kernel was entered from user mode.
#[inline]
pub fn entered(k: &mut Kernel) {
    let ticks = elapsed(k);
    let me = current(k);
    k.tasks[me].user_ticks += ticks;
}

/// The kernel is about to be left, or another task put on.
#[inline]
pub fn leaving(k: &mut Kernel) {
    let ticks = elapsed(k);
    let me = current(k);
    k.tasks[me].kernel_ticks += ticks;
}

/// The CPU was idle.
pub fn idled(k: &mut Kernel) {
    let ticks = elapsed(k);
    k.root.idle_ticks += ticks;
}

/// Tells the running task's cgroups, and its virtual time, how long it ran since they were
/// last told. At each tick and switch.
pub fn settle(k: &mut Kernel) {
    leaving(k);
    let me = current(k);
    let (user, kernel) = (k.tasks[me].user_ticks, k.tasks[me].kernel_ticks);
    let [told_user, told_kernel] = core::mem::replace(&mut k.private[me].told, [user, kernel]);
    let (user, kernel) = (user - told_user, kernel - told_kernel);
    k.private[me].vruntime += fair::advance(user + kernel, fair::weight_of(k.private[me].nice));
    cpu::charge(k, k.tasks[me].cgroup, user, kernel);
}
