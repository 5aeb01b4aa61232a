//! Whom to kill when memory runs out (Linux: mm/oom_kill.c).
//!
//! The victim is the task with the most memory, inside the cgroup that hit its limit, or in
//! the whole system when the machine itself is out. It gets SIGKILL, and its pages are taken
//! away at once rather than when it next runs: the one who asked is waiting for them, and the
//! kernel never holds on to a user page across a sleep.

use crate::cgroup;
use crate::kernel::Kernel;
use crate::log;
use crate::mm::space;
use crate::signal;
use abi::task::signal::SIGKILL;
use objects::kernel::state;
use objects::{NONE, text};

/// Kills the largest task in `group`'s subtree. Says whether memory was freed for the one
/// who asked: not if there is no victim, nor if the victim is the one who asked, who then
/// has to give up.
pub fn kill_in(k: &mut Kernel, group: u32) -> bool {
    let Some(victim) = largest(k, group) else {
        return false;
    };
    let task = k.tasks[victim];
    let mm = k.mms[task.mm as usize];
    let place = log::piece(format_args!("{}", cgroup::PathName(k, group)));
    log::line(
        k,
        format_args!(
            "Out of memory in cgroup {place}: killed task {} ({}), {} KiB resident",
            task.numbers[0],
            text(&task.name),
            mm.resident * 4,
        ),
    );
    cgroup::memory::count_oom_kill(k, task.cgroup);
    for n in 0..k.tasks.len() {
        if k.tasks[n].state != state::FREE && k.tasks[n].mm == task.mm {
            signal::kill_now(k, n, SIGKILL);
        }
    }
    if k.tasks
        .get(k.root.current as usize)
        .is_some_and(|asker| asker.mm == task.mm)
    {
        return false;
    }
    space::clear(k, task.mm);
    true
}

fn largest(k: &Kernel, group: u32) -> Option<usize> {
    let size = |n: usize| {
        let mm = &k.mms[k.tasks[n].mm as usize];
        mm.resident + mm.table_frames
    };
    (0..k.tasks.len())
        .filter(|&n| {
            let task = &k.tasks[n];
            // The first init is not for killing; a zombie has no memory; who is dying already
            // has been asked before.
            !matches!(task.state, state::FREE | state::ZOMBIE)
                && task.mm != NONE
                && task.numbers[0] != 1
                && task.pending & 1 << (SIGKILL - 1) == 0
                && cgroup::is_within(k, task.cgroup, group)
        })
        .max_by_key(|&n| (size(n), n))
}
