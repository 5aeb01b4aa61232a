//! getpid and the like: small questions about the running task, and groups and sessions.

use crate::Result;
use crate::fs::device;
use crate::kernel::Kernel;
use crate::limits::{FDS, STACK_MAX, TASKS};
use crate::mm::user;
use crate::sched::{sleep, switch};
use crate::task::{Restart, current, ids, threads, wait};
use abi::Errno;
use objects::kernel::{state, wait as why};
use objects::name;

/// getpid(2): the number of the thread group, in the task's own namespace.
pub fn getpid(k: &mut Kernel) -> Result {
    let leader = k.tasks[current(k)].leader as usize;
    Ok(u64::from(ids::number_in(k, leader, ids::own_ns(k))))
}

/// gettid(2).
pub fn gettid(k: &mut Kernel) -> Result {
    Ok(u64::from(ids::number_in(k, current(k), ids::own_ns(k))))
}

/// getppid(2): 0 if the parent is outside the namespace.
pub fn getppid(k: &mut Kernel) -> Result {
    let parent = k.tasks[current(k)].parent as usize;
    Ok(if parent < TASKS {
        u64::from(ids::number_in(k, parent, ids::own_ns(k)))
    } else {
        0
    })
}

macro_rules! root {
    ($($name:ident),*) => {$(
        /// Everybody is root: there are no users here.
        pub fn $name(_: &mut Kernel) -> Result {
            Ok(0)
        }
    )*};
}
root!(getuid, getgid, geteuid, getegid);

/// setuid(2): to root, which one is.
pub fn setuid(_: &mut Kernel, id: u64) -> Result {
    if id as u32 == 0 {
        Ok(0)
    } else {
        Err(Errno::EINVAL)
    }
}

/// setgid(2).
pub fn setgid(k: &mut Kernel, id: u64) -> Result {
    setuid(k, id)
}

/// getgroups(2): none.
pub fn getgroups(_: &mut Kernel, _size: u64, _list: u64) -> Result {
    Ok(0)
}

/// getpgid(2).
pub fn getpgid(k: &mut Kernel, pid: u64) -> Result {
    let slot = meant(k, pid)?;
    Ok(u64::from(ids::group_in(
        k,
        k.tasks[slot].pgid,
        ids::own_ns(k),
    )))
}

/// getpgrp(2).
pub fn getpgrp(k: &mut Kernel) -> Result {
    getpgid(k, 0)
}

/// getsid(2).
pub fn getsid(k: &mut Kernel, pid: u64) -> Result {
    let slot = meant(k, pid)?;
    Ok(u64::from(ids::group_in(
        k,
        k.tasks[slot].sid,
        ids::own_ns(k),
    )))
}

/// The task with this number; 0 is the running one.
fn meant(k: &Kernel, pid: u64) -> Result<usize> {
    match pid as u32 {
        0 => Ok(current(k)),
        pid => ids::find(k, pid).ok_or(Errno::ESRCH),
    }
}

/// setpgid(2): oneself or a child that has not executed anything yet, within the session.
pub fn setpgid(k: &mut Kernel, pid: u64, pgid: u64) -> Result {
    let me = threads::own_leader(k);
    if (pgid as i32) < 0 {
        return Err(Errno::EINVAL);
    }
    let slot = if pid as u32 == 0 { me } else { meant(k, pid)? };
    let (mine, its) = (k.tasks[me], k.tasks[slot]);
    if slot != me {
        if its.parent != mine.leader {
            return Err(Errno::ESRCH);
        }
        if its.sid != mine.sid {
            return Err(Errno::EPERM);
        }
        if k.private[slot].has_executed != 0 {
            return Err(Errno::EACCES);
        }
    }
    if its.sid == its.numbers[0] {
        return Err(Errno::EPERM);
    }
    let group = match pgid as u32 {
        0 => its.numbers[0],
        pgid => ids::group_meant(k, pgid).ok_or(Errno::EPERM)?,
    };
    let joins = k
        .tasks
        .iter()
        .any(|t| t.state != state::FREE && t.pgid == group && t.sid == mine.sid);
    if group != its.numbers[0] && !joins {
        return Err(Errno::EPERM);
    }
    threads::for_each(k, slot, |task| task.pgid = group);
    Ok(0)
}

/// setsid(2): a new session and group, without a terminal.
pub fn setsid(k: &mut Kernel) -> Result {
    let me = threads::own_leader(k);
    let number = k.tasks[me].numbers[0];
    if k.tasks
        .iter()
        .any(|t| t.state != state::FREE && t.pgid == number)
    {
        return Err(Errno::EPERM);
    }
    threads::for_each(k, me, |task| {
        task.sid = number;
        task.pgid = number;
        task.tty = objects::NONE;
    });
    Ok(u64::from(ids::number_in(k, me, ids::own_ns(k))))
}

/// set_tid_address(2).
pub fn set_tid_address(k: &mut Kernel, addr: u64) -> Result {
    let me = current(k);
    k.private[me].clear_tid = addr;
    gettid(k)
}

/// arch_prctl(2): the base of FS, where programs keep their thread-local storage.
pub fn arch_prctl(k: &mut Kernel, option: u64, addr: u64) -> Result {
    const ARCH_SET_FS: u64 = 0x1002;
    const ARCH_GET_FS: u64 = 0x1003;
    let me = current(k);
    match option {
        ARCH_SET_FS if addr >= crate::mm::USER_END => Err(Errno::EPERM),
        ARCH_SET_FS => {
            k.private[me].fs_base = addr;
            switch::load_fs_base(k, me);
            Ok(0)
        }
        ARCH_GET_FS => {
            let base = k.private[me].fs_base;
            user::write_u64(k, addr, base)?;
            Ok(0)
        }
        _ => Err(Errno::EINVAL),
    }
}

/// prctl(2): the name, and who takes orphans.
pub fn prctl(k: &mut Kernel, option: u64, a: u64, _b: u64, _c: u64, _d: u64) -> Result {
    const PR_SET_PDEATHSIG: u64 = 1;
    const PR_GET_DUMPABLE: u64 = 3;
    const PR_SET_DUMPABLE: u64 = 4;
    const PR_SET_NAME: u64 = 15;
    const PR_GET_NAME: u64 = 16;
    const PR_SET_CHILD_SUBREAPER: u64 = 36;
    const PR_GET_CHILD_SUBREAPER: u64 = 37;
    const PR_SET_NO_NEW_PRIVS: u64 = 38;
    let me = current(k);
    match option {
        PR_SET_NAME => {
            let mut bytes = [0; 16];
            let len = user::string_len(k, a, 15).unwrap_or(15) as usize;
            user::read(k, a, &mut bytes[..len])?;
            k.tasks[me].name = name(&bytes[..len]);
            Ok(0)
        }
        PR_GET_NAME => {
            let bytes = k.tasks[me].name;
            user::write(k, a, &bytes)?;
            Ok(0)
        }
        PR_SET_CHILD_SUBREAPER => {
            k.private[me].subreaper = u32::from(a != 0);
            Ok(0)
        }
        PR_GET_CHILD_SUBREAPER => {
            let value = k.private[me].subreaper;
            user::write_u32(k, a, value)?;
            Ok(0)
        }
        PR_GET_DUMPABLE => Ok(1),
        PR_SET_DUMPABLE | PR_SET_NO_NEW_PRIVS | PR_SET_PDEATHSIG if a <= 1 => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}

/// prlimit64(2): the limits are what the tables are; nobody can change them.
pub fn prlimit64(k: &mut Kernel, pid: u64, resource: u64, _new: u64, old: u64) -> Result {
    const RLIMIT_STACK: u64 = 3;
    const RLIMIT_NPROC: u64 = 6;
    const RLIMIT_NOFILE: u64 = 7;
    const RESOURCES: u64 = 16;
    meant(k, pid)?;
    let limit = match resource {
        RLIMIT_STACK => STACK_MAX,
        RLIMIT_NPROC => TASKS as u64,
        RLIMIT_NOFILE => FDS as u64,
        0..RESOURCES => u64::MAX,
        _ => return Err(Errno::EINVAL),
    };
    if old != 0 {
        user::write_u64(k, old, limit)?;
        user::write_u64(k, old + 8, limit)?;
    }
    Ok(0)
}

/// getrusage(2).
pub fn getrusage(k: &mut Kernel, who: u64, usage: u64) -> Result {
    let me = current(k);
    let [user, kernel] = match who as i32 {
        0 | 1 => [k.tasks[me].user_ticks, k.tasks[me].kernel_ticks],
        -1 => k.private[me].children,
        _ => return Err(Errno::EINVAL),
    };
    wait::write_usage(k, usage, user, kernel)?;
    Ok(0)
}

/// times(2): in hundredths of a second.
pub fn times(k: &mut Kernel, buf: u64) -> Result {
    let me = current(k);
    let [child_user, child_kernel] = k.private[me].children;
    let all = [
        k.tasks[me].user_ticks,
        k.tasks[me].kernel_ticks,
        child_user,
        child_kernel,
    ];
    if buf != 0 {
        for (n, ticks) in all.into_iter().enumerate() {
            let hundredths = k.time.us_of(ticks) / 10_000;
            user::write_u64(k, buf + 8 * n as u64, hundredths)?;
        }
    }
    Ok(k.time.monotonic_ns() / 10_000_000)
}

/// sched_getaffinity(2): there is one CPU. Answers the bytes of the mask.
pub fn sched_getaffinity(k: &mut Kernel, pid: u64, size: u64, mask: u64) -> Result {
    meant(k, pid)?;
    if size < 8 {
        return Err(Errno::EINVAL);
    }
    user::write_u64(k, mask, 1)?;
    Ok(8)
}

/// getpriority(2) of a process, in Linux's own way: 20 - nice, so that it is never negative.
pub fn getpriority(k: &mut Kernel, which: u64, who: u64) -> Result {
    if which != 0 {
        return Err(Errno::EINVAL);
    }
    let slot = meant(k, who)?;
    Ok((20 - i64::from(k.private[slot].nice)) as u64)
}

/// setpriority(2) of a process.
pub fn setpriority(k: &mut Kernel, which: u64, who: u64, value: u64) -> Result {
    if which != 0 {
        return Err(Errno::EINVAL);
    }
    let slot = meant(k, who)?;
    k.private[slot].nice = (value as i32).clamp(-20, 19);
    Ok(0)
}

/// sched_yield(2).
pub fn sched_yield(k: &mut Kernel) -> Result {
    // Behind everybody of the same group who is runnable: at least as much virtual time.
    let me = current(k);
    let most = k
        .scheduler
        .runnable()
        .iter()
        .map(|&n| k.private[n as usize].vruntime)
        .max();
    if let Some(most) = most {
        k.private[me].vruntime = k.private[me].vruntime.max(most);
    }
    k.scheduler.reschedule = 1;
    Ok(0)
}

/// getrandom(2).
pub fn getrandom(k: &mut Kernel, buf: u64, size: u64, _flags: u64) -> Result {
    device::random(k, buf, size.min(256))
}

/// sysinfo(2): `struct sysinfo`, 112 bytes.
pub fn sysinfo(k: &mut Kernel, buf: u64) -> Result {
    let mut bytes = [0; 112];
    let mut put = |at: usize, value: u64| bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    put(0, k.time.monotonic_ns() / 1_000_000_000);
    put(32, k.root.memory_bytes);
    put(40, k.root.free_frames * crate::mm::PAGE);
    let procs = k.tasks.iter().filter(|t| t.state != state::FREE).count() as u64;
    put(80, procs);
    put(104, 1);
    user::write(k, buf, &bytes)?;
    Ok(0)
}

/// Reads a `struct timespec` as nanoseconds.
///
/// # Errors
/// EFAULT, EINVAL.
pub fn read_timespec(k: &mut Kernel, address: u64) -> Result {
    let (seconds, nanos) = (user::read_u64(k, address)?, user::read_u64(k, address + 8)?);
    if seconds >> 63 != 0 || nanos >= 1_000_000_000 {
        return Err(Errno::EINVAL);
    }
    Ok(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
}

fn write_timespec(k: &mut Kernel, address: u64, ns: u64) -> Result<()> {
    user::write_u64(k, address, ns / 1_000_000_000)?;
    user::write_u64(k, address + 8, ns % 1_000_000_000)
}

/// nanosleep(2).
pub fn nanosleep(k: &mut Kernel, request: u64, remaining: u64) -> Result {
    clock_nanosleep(k, 1, 0, request, remaining)
}

/// clock_nanosleep(2).
pub fn clock_nanosleep(
    k: &mut Kernel,
    clock: u64,
    flags: u64,
    request: u64,
    remaining: u64,
) -> Result {
    const TIMER_ABSTIME: u64 = 1;
    let me = current(k);
    let request = read_timespec(k, request)?;
    let wanted = if flags & TIMER_ABSTIME != 0 {
        request.saturating_sub(clock_ns(k, clock)?)
    } else {
        clock_ns(k, clock)?;
        request
    };
    // A sleep that is called again after a signal that was nothing ends when the first would
    // have ended.
    let fresh = k.time.now() + k.time.ticks_of_ns(wanted.min(u64::MAX >> 8));
    let deadline = match core::mem::take(&mut k.private[me].sleep_until) {
        0 => fresh,
        until => until,
    };
    while k.time.now() < deadline {
        if let Err(error) = sleep::sleep_until(k, why::TIMER, 0, deadline) {
            k.private[me].restart = Restart::IfUnhandled;
            k.private[me].sleep_until = deadline;
            if remaining != 0 && flags & TIMER_ABSTIME == 0 {
                let left = k.time.ns_of(deadline.saturating_sub(k.time.now()));
                write_timespec(k, remaining, left)?;
            }
            return Err(error);
        }
    }
    Ok(0)
}

/// Nanoseconds on a clock.
fn clock_ns(k: &Kernel, clock: u64) -> Result {
    match clock {
        // REALTIME, REALTIME_COARSE, TAI.
        0 | 5 | 11 => Ok(k.time.realtime_ns()),
        // PROCESS_CPUTIME_ID, THREAD_CPUTIME_ID.
        2 | 3 => {
            let task = &k.tasks[current(k)];
            Ok(k.time.ns_of(task.user_ticks + task.kernel_ticks))
        }
        // MONOTONIC, MONOTONIC_RAW, MONOTONIC_COARSE, BOOTTIME: the machine never sleeps.
        1 | 4 | 6 | 7 => Ok(k.time.monotonic_ns()),
        _ => Err(Errno::EINVAL),
    }
}

/// clock_gettime(2).
pub fn clock_gettime(k: &mut Kernel, clock: u64, buf: u64) -> Result {
    let ns = clock_ns(k, clock)?;
    write_timespec(k, buf, ns)?;
    Ok(0)
}

/// clock_getres(2): a nanosecond, as Linux says of its own clocks.
pub fn clock_getres(k: &mut Kernel, clock: u64, buf: u64) -> Result {
    clock_ns(k, clock)?;
    if buf != 0 {
        write_timespec(k, buf, 1)?;
    }
    Ok(0)
}

/// time(2).
pub fn time(k: &mut Kernel, out: u64) -> Result {
    let seconds = k.time.realtime_ns() / 1_000_000_000;
    if out != 0 {
        user::write_u64(k, out, seconds)?;
    }
    Ok(seconds)
}

/// gettimeofday(2).
pub fn gettimeofday(k: &mut Kernel, tv: u64, _tz: u64) -> Result {
    let ns = k.time.realtime_ns();
    if tv != 0 {
        user::write_u64(k, tv, ns / 1_000_000_000)?;
        user::write_u64(k, tv + 8, ns % 1_000_000_000 / 1000)?;
    }
    Ok(0)
}

/// syslog(2): the kernel's own messages.
pub fn syslog(k: &mut Kernel, kind: u64, buf: u64, len: u64) -> Result {
    const READ_ALL: u64 = 3;
    const SIZE_BUFFER: u64 = 10;
    match kind {
        READ_ALL => {
            let kept = k.log.kept().min(len);
            for done in 0..kept {
                let byte = k.log.byte_from_end(kept - done);
                user::write(k, buf + done, &[byte])?;
            }
            Ok(kept)
        }
        SIZE_BUFFER => Ok(crate::log::KEPT as u64),
        _ => Err(Errno::EINVAL),
    }
}

/// reboot(2): every way leads out through the exit port, with status 0.
pub fn reboot(k: &mut Kernel, magic1: u64, magic2: u64, command: u64, _arg: u64) -> Result {
    const MAGIC1: u32 = 0xfee1_dead;
    const MAGIC2: [u32; 4] = [0x2812_1969, 0x0512_1996, 0x1604_1998, 0x2011_2000];
    if magic1 as u32 != MAGIC1 || !MAGIC2.contains(&(magic2 as u32)) {
        return Err(Errno::EINVAL);
    }
    let word = match command as u32 {
        0x4321_fedc => "Power down",
        0xcdef_0123 => "System halted",
        0x0123_4567 => "Restarting system",
        // CAD_ON, CAD_OFF: there is no such key.
        0x89ab_cdef | 0 => return Ok(0),
        _ => return Err(Errno::EINVAL),
    };
    // Only the first pid namespace has the machine; in another, reboot ends the namespace.
    let ns = ids::own_ns(k);
    if ns != 0 {
        let init = k.pid_ns[ns as usize].init;
        crate::signal::kill_now(k, init as usize, abi::task::signal::SIGKILL);
        return Ok(0);
    }
    crate::log::line(k, format_args!("reboot: {word}"));
    metal::port::out32(0xf4, 0);
    metal::reg::stop()
}
