//! Sending: who may ignore what, and waking who must not sleep on.

use crate::cgroup;
use crate::kernel::Kernel;
use crate::sched::sleep;
use crate::signal::default::{self, Default, STOPS, UNBLOCKABLE};
use crate::signal::{DEFAULT, IGNORE, bit};
use crate::task::{Report, current, ids, is_alive, pidns, threads};
use abi::task::signal::{SIGCONT, SIGKILL, SIGSTOP};
use objects::kernel::{state, wait};

/// Where a signal comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    /// The task in this slot.
    Task(usize),
    /// The kernel: terminal, timer, a child's end.
    Kernel,
    /// A pid namespace that ends, or the out-of-memory killer: not even an init is spared.
    Force,
}

/// Signals that are pending and not blocked.
pub fn deliverable(k: &Kernel, slot: usize) -> u64 {
    let task = &k.tasks[slot];
    task.pending & (!task.blocked | UNBLOCKABLE)
}

/// Whether there is one.
#[inline]
pub fn is_deliverable(k: &Kernel, slot: usize) -> bool {
    deliverable(k, slot) != 0
}

/// Whether a signal is pending that will end the task.
pub fn is_fatal_pending(k: &Kernel, slot: usize) -> bool {
    let mut set = deliverable(k, slot);
    while set != 0 {
        let signal = set.trailing_zeros() + 1;
        set &= set - 1;
        let handler = k.handlers[k.private[slot].handlers as usize]
            .action(signal)
            .handler;
        let ends = matches!(default::of(signal), Default::Terminate | Default::Core);
        if ends && handler == DEFAULT {
            return true;
        }
    }
    false
}

/// Whether the task would not even notice the signal.
fn is_ignored(k: &Kernel, slot: usize, signal: u32, from: From) -> bool {
    let handler = k.handlers[k.private[slot].handlers as usize]
        .action(signal)
        .handler;
    // An init is protected from what it does not expect. Its own namespace cannot even kill
    // it; an ancestor can, because there it is a task like any other.
    if pidns::is_init(k, k.tasks[slot].leader as usize) && handler == DEFAULT {
        let from_above = match from {
            From::Task(sender) => {
                !pidns::is_within(k, k.tasks[sender].pid_ns, k.tasks[slot].pid_ns)
            }
            From::Kernel => false,
            From::Force => true,
        };
        if !(from_above && matches!(signal, SIGKILL | SIGSTOP)) {
            return true;
        }
    }
    if k.tasks[slot].blocked & bit(signal) != 0 {
        // Blocked signals are kept: the handler may change before they are let through.
        return false;
    }
    handler == IGNORE || handler == DEFAULT && default::of(signal) == Default::Ignore
}

/// Sends a signal to a process: one of its threads gets it, the leader if it does not block it.
pub fn send(k: &mut Kernel, leader: usize, signal: u32, from: From) {
    // Stopping and continuing concern all threads.
    if signal == SIGCONT {
        for n in 0..k.tasks.len() {
            if n != leader && threads::is_in_group(k, n, leader) {
                k.tasks[n].pending &= !STOPS;
                resume(k, n);
            }
        }
    }
    let willing = |k: &Kernel, n: usize| {
        threads::is_in_group(k, n, leader)
            && is_alive(&k.tasks[n])
            && k.tasks[n].blocked & bit(signal) == 0
    };
    let slot = if willing(k, leader) {
        leader
    } else {
        (0..k.tasks.len())
            .find(|&n| willing(k, n))
            .unwrap_or(leader)
    };
    send_to_thread(k, slot, signal, from);
}

/// Sends a signal to one task.
pub fn send_to_thread(k: &mut Kernel, slot: usize, signal: u32, from: From) {
    if !is_alive(&k.tasks[slot]) {
        return;
    }
    // Stopping and continuing cancel each other out, whatever the handlers are.
    if bit(signal) & STOPS != 0 {
        k.tasks[slot].pending &= !bit(SIGCONT);
    } else if signal == SIGCONT {
        k.tasks[slot].pending &= !STOPS;
        resume(k, slot);
    }
    if is_ignored(k, slot, signal, from) {
        return;
    }
    k.tasks[slot].pending |= bit(signal);
    if is_deliverable(k, slot) {
        sleep::wake_task(k, slot);
        let held = match k.tasks[slot].state {
            state::STOPPED => signal == SIGKILL,
            state::THROTTLED => !cgroup::holds_back(k, slot),
            _ => false,
        };
        if held {
            sleep::make_runnable(k, slot);
        }
    }
}

/// Lets a stopped task go on.
fn resume(k: &mut Kernel, slot: usize) {
    if k.tasks[slot].state == state::STOPPED {
        k.private[slot].report = Report::Continued;
        sleep::make_runnable(k, slot);
        let parent = k.tasks[slot].parent;
        sleep::wake(k, wait::CHILD, u64::from(parent));
    }
}

/// Sends to the running task, from the kernel.
pub fn send_to_current(k: &mut Kernel, signal: u32) {
    let me = current(k);
    send_to_thread(k, me, signal, From::Kernel);
}

/// Sends to one task for good: no namespace protects from it.
pub fn kill_now(k: &mut Kernel, slot: usize, signal: u32) {
    send_to_thread(k, slot, signal, From::Force);
}

/// Sends to every task of a process group; how many there were.
pub fn send_to_group(k: &mut Kernel, group: u32, signal: u32, from: From) -> usize {
    let mut sent = 0;
    for n in 0..k.tasks.len() {
        let process = k.tasks[n].state != state::FREE && threads::is_leader(k, n);
        if process && k.tasks[n].pgid == group && sees(k, from, n) {
            if signal != 0 {
                send(k, n, signal, from);
            }
            sent += 1;
        }
    }
    sent
}

/// Whether the sender's pid namespace shows the task to it.
fn sees(k: &Kernel, from: From, slot: usize) -> bool {
    match from {
        From::Task(sender) => ids::number_in(k, slot, k.tasks[sender].pid_ns) != 0,
        _ => true,
    }
}

/// The running task did something that the CPU refused: the signal cannot be ignored or
/// blocked away, because the instruction would only fail again.
pub fn force_on_current(k: &mut Kernel, signal: u32) {
    let me = current(k);
    let handlers = k.private[me].handlers as usize;
    let action = &mut k.handlers[handlers].actions[signal as usize];
    if k.tasks[me].blocked & bit(signal) != 0 || action.handler == IGNORE {
        action.handler = DEFAULT;
        k.tasks[me].blocked &= !bit(signal);
    }
    k.tasks[me].pending |= bit(signal);
}
