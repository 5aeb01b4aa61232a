//! Numbers: a task has one in its own pid namespace and one in each above it.
//!
//! ```text
//!  level 0   initial namespace      1  2  3  4  5
//!  level 1     a container's                 1  2      task 5 is 2 there
//! ```
//!
//! Process groups and sessions are kept as numbers of the initial namespace.

use crate::kernel::Kernel;
use crate::limits::{PID_MAX, TASKS};
use crate::task::{current, pidns};
use objects::kernel::{PID_LEVELS, state};

/// The number of the task in `slot` as `ns` sees it; 0 if it does not see it.
pub fn number_in(k: &Kernel, slot: usize, ns: u32) -> u32 {
    let task = &k.tasks[slot];
    if task.state == state::FREE || !pidns::is_within(k, task.pid_ns, ns) {
        return 0;
    }
    task.numbers[k.pid_ns[ns as usize].level as usize]
}

/// The pid namespace of the running task.
pub fn own_ns(k: &Kernel) -> u32 {
    k.tasks[current(k)].pid_ns
}

/// The task that `ns` knows under `number`, zombies included.
pub fn find_in(k: &Kernel, ns: u32, number: u32) -> Option<usize> {
    if number == 0 {
        return None;
    }
    let level = k.pid_ns[ns as usize].level as usize;
    (0..TASKS).find(|&n| {
        let task = &k.tasks[n];
        task.state != state::FREE
            && task.numbers[level] == number
            && pidns::is_within(k, task.pid_ns, ns)
    })
}

/// The task that the running one means by `number`.
pub fn find(k: &Kernel, number: u32) -> Option<usize> {
    find_in(k, own_ns(k), number)
}

/// A group or session number as `ns` sees it; 0 if it sees nobody of that number.
pub fn group_in(k: &Kernel, group: u32, ns: u32) -> u32 {
    if k.pid_ns[ns as usize].level == 0 {
        return group;
    }
    find_in(k, 0, group).map_or(0, |slot| number_in(k, slot, ns))
}

/// The group number, in the initial namespace, that the running task means by `number`.
pub fn group_meant(k: &Kernel, number: u32) -> Option<u32> {
    if k.pid_ns[own_ns(k) as usize].level == 0 {
        return Some(number);
    }
    find(k, number).map(|slot| k.tasks[slot].numbers[0])
}

/// Numbers for a new task in `ns` and in every namespace above it; `None` if one of them has
/// none left.
pub fn allocate(k: &mut Kernel, ns: u32) -> Option<[u32; PID_LEVELS]> {
    let mut numbers = [0; PID_LEVELS];
    let mut at = ns;
    loop {
        let row = k.pid_ns[at as usize];
        let number = (1..=PID_MAX)
            .map(|step| (row.last + step - 1) % PID_MAX + 1)
            // After the first round the low numbers are left alone, as in Linux.
            .filter(|&n| row.last < PID_MAX || n >= 300)
            .find(|&n| !is_taken(k, at, n))?;
        numbers[row.level as usize] = number;
        if row.level == 0 {
            break;
        }
        at = row.parent;
    }
    let mut at = ns;
    for level in (0..=k.pid_ns[ns as usize].level).rev() {
        k.pid_ns[at as usize].last = numbers[level as usize];
        at = k.pid_ns[at as usize].parent;
    }
    Some(numbers)
}

/// A number is taken while a task, a process group or a session has it.
fn is_taken(k: &Kernel, ns: u32, number: u32) -> bool {
    find_in(k, ns, number).is_some()
        || k.pid_ns[ns as usize].level == 0
            && k.tasks
                .iter()
                .any(|t| t.state != state::FREE && (t.pgid == number || t.sid == number))
}
