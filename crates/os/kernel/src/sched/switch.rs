//! The switch: from the stack and address space of one task to another's.

use crate::cgroup;
use crate::kernel::Kernel;
use crate::mm::paging;
use crate::sched::fair::{self, Tree};
use crate::sched::{account, float};
use crate::task::current;
use crate::trap;
use metal::{context, reg, trap as doors};
use objects::NONE;
use x86::msr;

/// What a task that slept is ahead of those who ran, in ticks of the CPU's counter: half a
/// timer period. Enough to be served at once, too little to starve anybody.
fn advantage(k: &Kernel) -> u64 {
    k.time.hz / crate::limits::HZ / 2
}

impl Tree for Kernel {
    fn group_of(&self, task: usize) -> usize {
        cgroup::cpu::effective(self, self.tasks[task].cgroup) as usize
    }
    fn parent(&self, group: usize) -> usize {
        cgroup::cpu::effective(self, self.cgroups[group].parent) as usize
    }
    fn task_time(&self, task: usize) -> u64 {
        self.private[task].vruntime
    }
    fn group_time(&self, group: usize) -> u64 {
        self.cgroup_private[group].vruntime
    }
}

/// Sets the virtual time of a task that becomes runnable, and of the groups that become
/// runnable with it.
pub fn place(k: &mut Kernel, slot: usize) {
    let advantage = advantage(k);
    let mut group = k.group_of(slot);
    let least = k.cgroup_private[group].least_vruntime;
    k.private[slot].vruntime = fair::place(k.private[slot].vruntime, least, advantage);
    while group != 0 {
        let active = k.scheduler.runnable().iter().any(|&t| {
            t as usize != slot
                && (k.group_of(t as usize) == group
                    || fair::entity_in(k, t as usize, group).is_some())
        });
        let parent = k.parent(group);
        if !active {
            let least = k.cgroup_private[parent].least_vruntime;
            let own = k.cgroup_private[group].vruntime;
            k.cgroup_private[group].vruntime = fair::place(own, least, advantage);
        }
        group = parent;
    }
}

/// The task that should run now.
fn pick(k: &mut Kernel) -> Option<usize> {
    let mut leasts = [(0usize, 0u64); 16];
    let mut levels = 0;
    let next = fair::pick(k, k.scheduler.runnable(), |group, least| {
        if levels < leasts.len() {
            leasts[levels] = (group, least);
            levels += 1;
        }
    });
    for (group, least) in &leasts[..levels] {
        let row = &mut k.cgroup_private[*group];
        row.least_vruntime = row.least_vruntime.max(*least);
    }
    next
}

/// Puts the task on the CPU that should have it, and comes back when that is this task again.
/// A task that is to stop running has left the queue before.
pub fn schedule(k: &mut Kernel) {
    account::settle(k);
    k.scheduler.reschedule = 0;
    let next = loop {
        match pick(k) {
            Some(next) => break next,
            None => idle(k),
        }
    };
    let me = current(k);
    if next == me {
        return;
    }
    k.root.switches += 1;
    k.tasks[next].switches += 1;
    switch_to(k, me, next);
}

/// Enters `next`; returns when somebody enters `me` again.
fn switch_to(k: &mut Kernel, me: usize, next: usize) {
    k.root.current = next as u32;
    load_state(k, next);
    let to = k.private[next].context;
    context::switch(k, |k| &mut k.private[me].context, to);
}

/// Everything of a task that sits in the CPU besides general registers.
pub fn load_state(k: &mut Kernel, slot: usize) {
    let mm = k.tasks[slot].mm;
    if mm != NONE {
        let root = k.mms[mm as usize].cr3;
        paging::load(k, root);
    }
    doors::set_kernel_stack(k.private[slot].stack.top());
    load_fs_base(k, slot);
    float::switched(k, slot);
}

/// FS base is the one segment register that programs use.
pub fn load_fs_base(k: &mut Kernel, slot: usize) {
    let base = k.private[slot].fs_base;
    if k.scheduler.fs_base != base {
        k.scheduler.fs_base = base;
        reg::write_msr(msr::FS_BASE, base);
    }
}

/// Nobody can run: sleeps until an interrupt, and handles it.
fn idle(k: &mut Kernel) {
    k.root.idle = 1;
    reg::wait_for_interrupt();
    trap::handle_noted_irqs(k);
    k.root.idle = 0;
    account::idled(k);
}

/// Leaves the boot code for the first task, for good.
pub fn enter_first(k: &mut Kernel) -> ! {
    let me = current(k);
    load_state(k, me);
    let to = k.private[me].context;
    // The boot code's own stack is never entered again; where it stopped is noted nowhere.
    context::switch(k, |k| &mut k.scheduler.boot, to);
    unreachable!("the boot code was switched to");
}
