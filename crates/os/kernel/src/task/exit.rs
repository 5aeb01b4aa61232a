//! The end of a task, and of a whole pid namespace.
//!
//! A task that ends gives everything back but its number and its status: a *zombie*, until
//! the parent has asked for the status. Its children go to the nearest ancestor that takes
//! orphans, in the end the namespace's init. When that init ends, the namespace ends with it:
//! everybody in it is killed first.

use crate::Result;
use crate::cgroup;
use crate::fs::{fd, tty};
use crate::kernel::Kernel;
use crate::log;
use crate::mm::{paging, space, user};
use crate::ns;
use crate::sched::{account, float, sleep, switch};
use crate::signal::{self, From, IGNORE, SA_NOCLDWAIT};
use crate::task::{Report, current, exec, fork, futex, is_alive, pidns, threads};
use abi::task::signal::{SIGCHLD, SIGKILL};
use metal::boot;
use objects::kernel::{Task, state, wait};
use objects::{NONE, text};
use zerocopy::FromZeros;

/// exit(2): ends one thread.
pub fn exit(k: &mut Kernel, status: u64) -> Result {
    end(k, (status as u32 & 0xff) << 8)
}

/// exit_group(2): ends the whole process.
pub fn exit_group(k: &mut Kernel, status: u64) -> Result {
    end_group(k, (status as u32 & 0xff) << 8)
}

/// Ends the running task's process by a signal.
pub fn by_signal(k: &mut Kernel, signal: u32, core: bool) -> ! {
    end_group(k, signal | if core { 0x80 } else { 0 })
}

/// Ends every thread of the running task's group. Who comes first says with which status.
fn end_group(k: &mut Kernel, status: u32) -> ! {
    let leader = threads::own_leader(k);
    let private = &mut k.private[leader];
    if private.group_exit == 0 {
        private.group_exit = 1;
        private.group_status = status;
        threads::kill_others(k);
    }
    end(k, status)
}

/// Ends the running task. `status` is what wait4 reports: an exit code in bits 15:8, or a
/// signal in bits 6:0.
fn end(k: &mut Kernel, status: u32) -> ! {
    let me = current(k);
    let leader = threads::own_leader(k);
    let is_last = threads::count(k, leader) == 1;
    if is_last && k.tasks[me].numbers[0] == 1 {
        let name = k.tasks[me].name;
        panic!(
            "init ({}) ended with status {status:#x}: there is nobody left to run",
            text(&name)
        );
    }
    if is_last && pidns::is_init(k, leader) {
        end_namespace(k, leader);
    }
    let clear_tid = k.private[me].clear_tid;
    if clear_tid != 0 && k.mms[k.tasks[me].mm as usize].refs > 1 {
        let _ = user::write_u32(k, clear_tid, 0);
        futex::wake_one_at(k, clear_tid);
    }
    float::forget(k, me);
    release_memory(k, me);
    exec::release_vfork_parent(k, me);
    fd::release(k, k.private[me].files);
    fork::release_fs(k, k.private[me].fs);
    k.handlers[k.private[me].handlers as usize].refs -= 1;
    let nsproxy = core::mem::replace(&mut k.tasks[me].nsproxy, NONE);
    ns::release_proxy(k, nsproxy);
    account::settle(k);
    cgroup::task_ended(k, k.tasks[me].cgroup);
    let task = &mut k.tasks[me];
    task.state = state::ZOMBIE;
    task.exit_status = status;
    task.waits_for = wait::NOTHING;
    k.private[me].wake_at = 0;
    k.scheduler.remove(me);
    if is_last {
        group_ended(k, leader);
    }
    if me != leader {
        reap_thread(k, me);
    }
    switch::schedule(k);
    unreachable!("a task that ended was switched to");
}

/// The last thread of a process ended.
fn group_ended(k: &mut Kernel, leader: usize) {
    if k.private[leader].group_exit != 0 {
        k.tasks[leader].exit_status = k.private[leader].group_status;
    }
    if k.tasks[leader].sid == k.tasks[leader].numbers[0] {
        tty::session_ended(k, k.tasks[leader].sid);
    }
    find_children_a_parent(k, leader);
    tell_parent(k, leader);
}

/// A thread leaves no zombie; what it used counts as its leader's, and has been told to the
/// cgroup already.
fn reap_thread(k: &mut Kernel, slot: usize) {
    let gone = core::mem::replace(&mut k.tasks[slot], Task::new_zeroed());
    let leader = gone.leader as usize;
    k.tasks[leader].user_ticks += gone.user_ticks;
    k.tasks[leader].kernel_ticks += gone.kernel_ticks;
    let told = &mut k.private[leader].told;
    *told = [told[0] + gone.user_ticks, told[1] + gone.kernel_ticks];
    forget(k, &gone);
    // Whoever executes another program waits for the last of the others to go.
    sleep::wake(k, wait::CHILD, leader as u64);
}

/// Gives the address space back. The CPU must not stand on its tables then.
fn release_memory(k: &mut Kernel, me: usize) {
    paging::load(k, boot::boot_tables());
    let mm = core::mem::replace(&mut k.tasks[me].mm, NONE);
    space::release(k, mm);
}

/// Tells the parent that a child ended; or frees it at once if the parent does not care.
fn tell_parent(k: &mut Kernel, slot: usize) {
    let parent = k.tasks[slot].parent;
    if parent == NONE {
        reap(k, slot);
        return;
    }
    let exit_signal = k.private[slot].exit_signal;
    if exit_signal == SIGCHLD {
        let action = k.handlers[k.private[parent as usize].handlers as usize].action(SIGCHLD);
        if action.handler == IGNORE || action.flags & SA_NOCLDWAIT != 0 {
            reap(k, slot);
        }
    }
    if exit_signal != 0 {
        signal::send(k, parent as usize, exit_signal, From::Kernel);
    }
    sleep::wake(k, wait::CHILD, u64::from(parent));
}

/// Frees a zombie: its number can be used again.
pub fn reap(k: &mut Kernel, slot: usize) {
    let gone = core::mem::replace(&mut k.tasks[slot], Task::new_zeroed());
    if gone.parent != NONE {
        let parent = &mut k.private[gone.parent as usize];
        let [user, kernel] = parent.children;
        parent.children = [user + gone.user_ticks, kernel + gone.kernel_ticks];
        let [user, kernel] = k.private[slot].children;
        let parent = &mut k.private[gone.parent as usize];
        parent.children = [parent.children[0] + user, parent.children[1] + kernel];
    }
    k.private[slot].report = Report::None;
    forget(k, &gone);
}

/// A task's last traces: its cgroup's count, its number.
fn forget(k: &mut Kernel, gone: &Task) {
    cgroup::task_reaped(k, gone.cgroup);
    // An init that waits for its namespace to become empty looks again.
    let init = k.pid_ns[gone.pid_ns as usize].init;
    if init != NONE && k.private[init as usize].ending != 0 {
        sleep::wake(k, wait::CHILD, u64::from(init));
    }
    pidns::release(k, gone.pid_ns);
}

/// Children of the task in `slot` get another parent.
fn find_children_a_parent(k: &mut Kernel, slot: usize) {
    let reaper = reaper_for(k, slot);
    for n in 0..k.tasks.len() {
        if k.tasks[n].state == state::FREE || k.tasks[n].parent != slot as u32 {
            continue;
        }
        k.tasks[n].parent = reaper;
        if !threads::is_leader(k, n) {
            continue;
        }
        k.private[n].exit_signal = SIGCHLD;
        if k.tasks[n].state == state::ZOMBIE && threads::count(k, n) == 0 {
            tell_parent(k, n);
        }
    }
}

/// The nearest ancestor that takes orphans: a subreaper of the same namespace, or the
/// namespace's init; for the children of that init itself, the one above.
fn reaper_for(k: &Kernel, slot: usize) -> u32 {
    let ns = k.tasks[slot].pid_ns;
    let init = k.pid_ns[ns as usize].init;
    let mut at = k.tasks[slot].parent;
    while at != NONE && k.tasks[at as usize].pid_ns == ns {
        if k.private[at as usize].subreaper != 0 && is_alive(&k.tasks[at as usize]) {
            return at;
        }
        at = k.tasks[at as usize].parent;
    }
    if init != NONE && init != slot as u32 {
        return init;
    }
    match k.pid_ns[ns as usize].parent {
        NONE => NONE,
        above => k.pid_ns[above as usize].init,
    }
}

/// A namespace's init ends: everybody in it is killed, and it waits until all are gone
/// (zap_pid_ns_processes).
fn end_namespace(k: &mut Kernel, me: usize) {
    let ns = k.tasks[me].pid_ns;
    let inside = |k: &Kernel, n: usize| {
        n != me
            && n != current(k)
            && k.tasks[n].state != state::FREE
            && pidns::is_within(k, k.tasks[n].pid_ns, ns)
    };
    // From now on nobody can be born in it.
    k.private[me].ending = 1;
    for n in 0..k.tasks.len() {
        if inside(k, n) {
            signal::kill_now(k, n, SIGKILL);
        }
    }
    loop {
        let mut left = false;
        for n in 0..k.tasks.len() {
            if inside(k, n) {
                if k.tasks[n].state == state::ZOMBIE && k.tasks[n].parent == me as u32 {
                    reap(k, n);
                } else {
                    left = true;
                }
            }
        }
        if !left {
            break;
        }
        sleep::sleep_through(k, wait::CHILD, me as u64, 0);
    }
    k.pid_ns[ns as usize].init = NONE;
}

/// The running program did something that the CPU refused, and no handler wants to know: one
/// line for the log.
pub fn log_crash(k: &mut Kernel, what: &str, address: u64) {
    let me = current(k);
    let frame = *k.private[me].stack.frame();
    let (number, name) = (k.tasks[me].numbers[0], k.tasks[me].name);
    log::line(
        k,
        format_args!(
            "{}[{number}]: {what} at {address:x} ip {:x} sp {:x} error {:x}",
            text(&name),
            frame.rip,
            frame.rsp,
            frame.error
        ),
    );
}
