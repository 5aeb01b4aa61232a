//! kill, sigaction and friends.

use crate::Result;
use crate::kernel::Kernel;
use crate::mm::user;
use crate::sched::sleep;
use crate::signal::default::UNBLOCKABLE;
use crate::signal::{ACTIONS, Action, From, SIGNALS, bit, send, send_to_group, send_to_thread};
use crate::task::{Restart, current, ids, is_alive, threads};
use abi::Errno;
use abi::task::signal::{SIGKILL, SIGSTOP};
use objects::kernel::{state, wait};

/// kill(2): to a task, the own group (0), everybody but init and oneself (-1), or a group.
pub fn kill(k: &mut Kernel, pid: u64, signal: u64) -> Result {
    let (pid, signal) = (pid as i32, signal as u32);
    if signal > SIGNALS {
        return Err(Errno::EINVAL);
    }
    let me = current(k);
    let from = From::Task(me);
    let sent = match pid {
        1.. => {
            let slot = ids::find(k, pid as u32).ok_or(Errno::ESRCH)?;
            if signal != 0 {
                send(k, k.tasks[slot].leader as usize, signal, from);
            }
            1
        }
        0 => send_to_group(k, k.tasks[me].pgid, signal, from),
        -1 => send_to_all(k, signal),
        _ => {
            let group = ids::group_meant(k, pid.unsigned_abs()).ok_or(Errno::ESRCH)?;
            send_to_group(k, group, signal, from)
        }
    };
    if sent == 0 { Err(Errno::ESRCH) } else { Ok(0) }
}

/// Everybody whom the running task sees, except itself and its namespace's init.
fn send_to_all(k: &mut Kernel, signal: u32) -> usize {
    let me = threads::own_leader(k);
    let ns = k.tasks[me].pid_ns;
    let mut sent = 0;
    for n in 0..k.tasks.len() {
        let process = is_alive(&k.tasks[n]) && threads::is_leader(k, n);
        if n != me && process && ids::number_in(k, n, ns) > 1 {
            if signal != 0 {
                send(k, n, signal, From::Task(me));
            }
            sent += 1;
        }
    }
    sent
}

/// tgkill(2): to one thread of a process.
pub fn tgkill(k: &mut Kernel, group: u64, tid: u64, signal: u64) -> Result {
    let (group, tid, signal) = (group as i32, tid as i32, signal as u32);
    if group <= 0 || tid <= 0 || signal > SIGNALS {
        return Err(Errno::EINVAL);
    }
    let slot = ids::find(k, tid as u32).ok_or(Errno::ESRCH)?;
    if ids::find(k, group as u32) != Some(k.tasks[slot].leader as usize) {
        return Err(Errno::ESRCH);
    }
    if signal != 0 {
        let me = current(k);
        send_to_thread(k, slot, signal, From::Task(me));
    }
    Ok(0)
}

/// rt_sigaction(2).
pub fn rt_sigaction(k: &mut Kernel, signal: u64, act: u64, old: u64, size: u64) -> Result {
    if size != 8 || signal == 0 || signal > u64::from(SIGNALS) {
        return Err(Errno::EINVAL);
    }
    let signal = signal as u32;
    let handlers = k.private[current(k)].handlers as usize;
    let before = k.handlers[handlers].action(signal);
    if act != 0 {
        if matches!(signal, SIGKILL | SIGSTOP) {
            return Err(Errno::EINVAL);
        }
        let mut words = [0; 4];
        for (n, word) in words.iter_mut().enumerate() {
            *word = user::read_u64(k, act + 8 * n as u64)?;
        }
        let [handler, flags, restorer, mask] = words;
        // Beyond our table only the default can be set.
        if signal as usize >= ACTIONS && handler != crate::signal::DEFAULT {
            return Err(Errno::EINVAL);
        }
        if (signal as usize) < ACTIONS {
            let mask = mask & !UNBLOCKABLE;
            k.handlers[handlers].actions[signal as usize] = Action {
                handler,
                flags,
                restorer,
                mask,
            };
        }
        // What is ignored now is forgotten even if it was pending.
        forget_ignored(k, handlers, signal);
    }
    if old != 0 {
        let words = [before.handler, before.flags, before.restorer, before.mask];
        for (n, word) in words.into_iter().enumerate() {
            user::write_u64(k, old + 8 * n as u64, word)?;
        }
    }
    Ok(0)
}

fn forget_ignored(k: &mut Kernel, handlers: usize, signal: u32) {
    use crate::signal::default::{Default, of};
    let handler = k.handlers[handlers].action(signal).handler;
    let ignored = handler == crate::signal::IGNORE
        || handler == crate::signal::DEFAULT && of(signal) == Default::Ignore;
    if ignored {
        for n in 0..k.tasks.len() {
            if k.tasks[n].state != state::FREE && k.private[n].handlers as usize == handlers {
                k.tasks[n].pending &= !bit(signal);
            }
        }
    }
}

/// rt_sigprocmask(2).
pub fn rt_sigprocmask(k: &mut Kernel, how: u64, set: u64, old: u64, size: u64) -> Result {
    if size != 8 {
        return Err(Errno::EINVAL);
    }
    let me = current(k);
    let before = k.tasks[me].blocked;
    if set != 0 {
        let set = user::read_u64(k, set)?;
        let new = match how {
            0 => before | set,
            1 => before & !set,
            2 => set,
            _ => return Err(Errno::EINVAL),
        };
        k.tasks[me].blocked = new & !UNBLOCKABLE;
    }
    if old != 0 {
        user::write_u64(k, old, before)?;
    }
    Ok(0)
}

/// rt_sigpending(2).
pub fn rt_sigpending(k: &mut Kernel, set: u64, size: u64) -> Result {
    if size != 8 {
        return Err(Errno::EINVAL);
    }
    let task = &k.tasks[current(k)];
    let waiting = task.pending & task.blocked;
    user::write_u64(k, set, waiting)?;
    Ok(0)
}

/// pause(2): until a handler has run.
pub fn pause(k: &mut Kernel) -> Result {
    let me = current(k);
    loop {
        if let Err(error) = sleep::sleep(k, wait::SIGNAL, 0) {
            k.private[me].restart = Restart::IfUnhandled;
            return Err(error);
        }
    }
}

/// rt_sigsuspend(2): pause with another mask, in one step, so that no signal slips between.
pub fn rt_sigsuspend(k: &mut Kernel, set: u64, size: u64) -> Result {
    suspend(k, set, size)?;
    pause(k)
}

/// Blocks another set of signals until one has been delivered ([`crate::signal::deliver`]) or
/// [`end_suspend`].
///
/// # Errors
/// EINVAL, EFAULT.
pub fn suspend(k: &mut Kernel, set: u64, size: u64) -> Result<()> {
    if size != 8 {
        return Err(Errno::EINVAL);
    }
    let set = user::read_u64(k, set)?;
    let me = current(k);
    // Called again after a signal that nobody handled, the first mask is the one to keep.
    if k.private[me].suspended == 0 {
        k.private[me].saved_blocked = k.tasks[me].blocked;
        k.private[me].suspended = 1;
    }
    k.tasks[me].blocked = set & !UNBLOCKABLE;
    Ok(())
}

/// Brings the old set back.
pub fn end_suspend(k: &mut Kernel) {
    let me = current(k);
    if core::mem::take(&mut k.private[me].suspended) != 0 {
        k.tasks[me].blocked = k.private[me].saved_blocked;
    }
}

/// sigaltstack(2).
pub fn sigaltstack(k: &mut Kernel, new: u64, old: u64) -> Result {
    const DISABLE: u64 = 2;
    let me = current(k);
    let [address, size, flags] = k.private[me].alt_stack;
    if old != 0 {
        let flags = if size == 0 { DISABLE } else { flags };
        for (n, word) in [address, flags, size].into_iter().enumerate() {
            user::write_u64(k, old + 8 * n as u64, word)?;
        }
    }
    if new != 0 {
        let address = user::read_u64(k, new)?;
        let flags = u64::from(user::read_u32(k, new + 8)?);
        let size = user::read_u64(k, new + 16)?;
        if flags & DISABLE != 0 {
            k.private[me].alt_stack = [0; 3];
        } else if size < 2048 {
            return Err(Errno::ENOMEM);
        } else {
            k.private[me].alt_stack = [address, size, 0];
        }
    }
    Ok(0)
}
