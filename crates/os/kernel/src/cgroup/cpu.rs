//! The cpu controller: how much time (Linux: kernel/sched/fair.c, "CFS bandwidth").
//!
//! cpu.weight divides what there is ([`crate::sched::fair`]); cpu.max caps it. A group that
//! has used its quota is *throttled*: its tasks are runnable, but not in the queue, until the
//! period ends.

use crate::cgroup::{enabled, quota, settle_tasks, upwards};
use crate::kernel::Kernel;
use objects::NONE;
use objects::kernel::controller;

/// Default period, microseconds.
pub const DEFAULT_PERIOD_US: u64 = 100_000;

/// The group that competes for `group`'s tasks: itself, or the nearest above it for which the
/// controller is enabled.
pub fn effective(k: &Kernel, group: u32) -> u32 {
    upwards(k, group)
        .find(|&g| g == 0 || enabled(k, g) & controller::CPU != 0)
        .unwrap_or(0)
}

/// Time that a task of `group` ran: counted in it and above, and taken from their quotas.
pub fn charge(k: &mut Kernel, group: u32, user: u64, system: u64) {
    let mut g = group;
    while g != NONE {
        let competes = g != 0 && enabled(k, g) & controller::CPU != 0;
        let row = &mut k.cgroups[g as usize];
        row.cpu.user += user;
        row.cpu.system += system;
        if competes {
            let weight = row.cpu.weight;
            k.cgroup_private[g as usize].vruntime +=
                crate::sched::fair::advance(user + system, weight);
            if row.cpu.quota != super::MAX {
                row.cpu.left = quota::spend(row.cpu.left, user + system);
            }
        }
        g = k.cgroups[g as usize].parent;
    }
}

/// Whether `group` or one above it is throttled.
pub fn is_throttled(k: &Kernel, group: u32) -> bool {
    upwards(k, group).any(|g| k.cgroups[g as usize].cpu.throttled_now != 0)
}

/// At each tick: begins new periods, lets go whom they concern, and throttles whoever has
/// used its quota up.
pub fn tick(k: &mut Kernel) {
    let now = k.time.now();
    for g in 1..k.cgroups.len() as u32 {
        let row = &k.cgroups[g as usize];
        if row.used == 0 || row.cpu.quota == super::MAX {
            continue;
        }
        let (began, due) = quota::periods(now, row.cpu.refill_at, row.cpu.period);
        if began > 0 {
            let active = row.cpu.throttled_now != 0 || row.cpu.left != row.cpu.quota;
            let row = &mut k.cgroups[g as usize];
            row.cpu.refill_at = due;
            row.cpu.left = quota::refill(row.cpu.left, row.cpu.quota);
            // As in Linux, periods in which nothing ran do not count: the timer is off then.
            if active {
                row.cpu.nr_periods += 1;
            }
            if row.cpu.throttled_now != 0 && !quota::is_exhausted(row.cpu.left) {
                unthrottle(k, g);
            }
        }
        let row = &k.cgroups[g as usize];
        if quota::is_exhausted(row.cpu.left) && row.cpu.throttled_now == 0 {
            throttle(k, g);
        }
    }
}

fn throttle(k: &mut Kernel, group: u32) {
    let now = k.time.now();
    let cpu = &mut k.cgroups[group as usize].cpu;
    cpu.throttled_now = 1;
    cpu.throttled_since = now;
    cpu.nr_throttled += 1;
    settle_tasks(k, group);
}

/// Ends a group's throttling.
pub fn unthrottle(k: &mut Kernel, group: u32) {
    let now = k.time.now();
    let cpu = &mut k.cgroups[group as usize].cpu;
    if cpu.throttled_now == 0 {
        return;
    }
    cpu.throttled_now = 0;
    cpu.throttled += now - cpu.throttled_since;
    settle_tasks(k, group);
}

/// Sets cpu.max; both in microseconds.
pub fn set_max(k: &mut Kernel, group: u32, quota_us: u64, period_us: u64) {
    let now = k.time.now();
    let quota = if quota_us == super::MAX {
        super::MAX
    } else {
        k.time.ticks_of_ns(quota_us * 1000)
    };
    let period = k.time.ticks_of_ns(period_us * 1000);
    let cpu = &mut k.cgroups[group as usize].cpu;
    cpu.quota = quota;
    cpu.period = period;
    cpu.left = quota;
    cpu.refill_at = now + period;
    unthrottle(k, group);
}

/// cpu.max as it is, both in microseconds.
pub fn max_us(k: &Kernel, group: u32) -> (u64, u64) {
    let cpu = &k.cgroups[group as usize].cpu;
    let us = |ticks| (k.time.ns_of(ticks) + 500) / 1000;
    let quota = if cpu.quota == super::MAX {
        super::MAX
    } else {
        us(cpu.quota)
    };
    let period = if cpu.period == 0 {
        DEFAULT_PERIOD_US
    } else {
        us(cpu.period)
    };
    (quota, period)
}
