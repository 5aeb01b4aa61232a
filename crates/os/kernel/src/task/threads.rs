//! Threads: tasks that share nearly everything, and one number.
//!
//! A thread group has a *leader*, its first task, whose number is the process's. Children are
//! the leader's, whichever thread made them; only the leader is waited for, and only when all
//! others are gone. A thread that ends leaves no zombie.

use crate::kernel::Kernel;
use crate::sched::sleep;
use crate::signal;
use crate::task::{current, is_alive};
use abi::task::signal::{SIGCHLD, SIGKILL};
use objects::kernel::{Task, state, wait};
use zerocopy::FromZeros;

/// The leader of the running task's group.
pub fn own_leader(k: &Kernel) -> usize {
    k.tasks[current(k)].leader as usize
}

/// Whether the task is the leader of its group.
pub fn is_leader(k: &Kernel, slot: usize) -> bool {
    k.tasks[slot].leader as usize == slot
}

/// Whether the slot holds a task of this group.
pub fn is_in_group(k: &Kernel, slot: usize, leader: usize) -> bool {
    k.tasks[slot].state != state::FREE && k.tasks[slot].leader as usize == leader
}

/// How many living threads the group has.
pub fn count(k: &Kernel, leader: usize) -> usize {
    (0..k.tasks.len())
        .filter(|&n| is_in_group(k, n, leader) && is_alive(&k.tasks[n]))
        .count()
}

/// Changes something in every task of a group.
pub fn for_each(k: &mut Kernel, leader: usize, change: impl Fn(&mut Task)) {
    for n in 0..k.tasks.len() {
        if is_in_group(k, n, leader) {
            change(&mut k.tasks[n]);
        }
    }
}

/// Kills every other thread of the running task's group.
pub fn kill_others(k: &mut Kernel) {
    let me = current(k);
    let leader = own_leader(k);
    for n in 0..k.tasks.len() {
        if n != me && is_in_group(k, n, leader) {
            signal::kill_now(k, n, SIGKILL);
        }
    }
}

/// execve: the running task becomes its whole group. The others are killed; if one of them
/// was the leader, the running task takes over its place: its number, its parent, its children.
pub fn become_whole_group(k: &mut Kernel) {
    let me = current(k);
    let leader = own_leader(k);
    kill_others(k);
    while count(k, leader) > 1 {
        sleep::sleep_through(k, wait::CHILD, leader as u64, 0);
    }
    if me == leader {
        return;
    }
    let old = core::mem::replace(&mut k.tasks[leader], Task::new_zeroed());
    for task in k
        .tasks
        .iter_mut()
        .filter(|t| t.state != state::FREE && t.parent == leader as u32)
    {
        task.parent = me as u32;
    }
    let lost = k.tasks[me].numbers;
    k.tasks[me].numbers = old.numbers;
    k.tasks[me].leader = me as u32;
    k.private[me].exit_signal = SIGCHLD;
    k.private[me].children = k.private[leader].children;
    let ns = k.tasks[me].pid_ns as usize;
    if k.pid_ns[ns].init == leader as u32 {
        k.pid_ns[ns].init = me as u32;
    }
    // What the old leader's number and its zombie held is one task's less.
    debug_assert!(lost != old.numbers);
    crate::cgroup::task_reaped(k, old.cgroup);
    crate::task::pidns::release(k, old.pid_ns);
}
