//! futex: "wait until this word is no longer what I saw" (futex(2)).
//!
//! The fast path of a lock is one atomic instruction in the program; the kernel is asked only
//! when somebody has to wait. What one waits for is the word's *physical* address, so two
//! processes that share the page can wait for each other.

use crate::Result;
use crate::kernel::Kernel;
use crate::mm::area::WRITE;
use crate::mm::{PAGE, fault, user};
use crate::sched::sleep;
use crate::task::calls::read_timespec;
use crate::task::{Restart, current};
use abi::Errno;
use objects::kernel::{state, wait};

const WAIT: u64 = 0;
const WAKE: u64 = 1;
const WAIT_BITSET: u64 = 9;
const WAKE_BITSET: u64 = 10;
/// FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME: the first is only a hint here.
const PRIVATE: u64 = 128;
const REALTIME: u64 = 256;

/// futex(2): waiting and waking.
pub fn futex(
    k: &mut Kernel,
    addr: u64,
    operation: u64,
    value: u64,
    timeout: u64,
    _addr2: u64,
    _value3: u64,
) -> Result {
    if !addr.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    let me = current(k);
    let frame = fault::page(k, k.tasks[me].mm, addr, WRITE).map_err(|_| Errno::EFAULT)?;
    let word = frame + addr % PAGE;
    match operation & !(PRIVATE | REALTIME) {
        command @ (WAIT | WAIT_BITSET) => {
            if user::read_u32(k, addr)? != value as u32 {
                return Err(Errno::EAGAIN);
            }
            let deadline = deadline(k, command, operation & REALTIME != 0, timeout)?;
            sleep::sleep_until(k, wait::FUTEX, word, deadline).inspect_err(|_| {
                k.private[me].restart = Restart::Call;
            })?;
            if deadline != 0 && k.time.now() >= deadline {
                Err(Errno::ETIMEDOUT)
            } else {
                Ok(0)
            }
        }
        WAKE | WAKE_BITSET => Ok(wake(k, word, value as u32)),
        _ => Err(Errno::ENOSYS),
    }
}

/// Wakes at most `count` who wait for a word; how many there were.
fn wake(k: &mut Kernel, word: u64, count: u32) -> u64 {
    let mut woken = 0;
    for n in 0..k.tasks.len() {
        let task = &k.tasks[n];
        let waits = task.state == state::SLEEPING
            && task.waits_for == wait::FUTEX
            && k.private[n].channel == word;
        if waits && woken < u64::from(count) {
            sleep::wake_task(k, n);
            woken += 1;
        }
    }
    woken
}

/// A word in the program's memory changed in the kernel's hands (CLONE_CHILD_CLEARTID): who
/// waits for it is woken.
pub fn wake_one_at(k: &mut Kernel, addr: u64) {
    let me = current(k);
    if let Ok(frame) = fault::page(k, k.tasks[me].mm, addr, WRITE) {
        wake(k, frame + addr % PAGE, 1);
    }
}

/// When to give up, as the TSC; 0 for never. FUTEX_WAIT has a length of time, the other a
/// point in time.
fn deadline(k: &mut Kernel, command: u64, realtime: bool, timeout: u64) -> Result {
    if timeout == 0 {
        return Ok(0);
    }
    let ns = read_timespec(k, timeout)?;
    let wait = match command {
        WAIT => ns,
        _ if realtime => ns.saturating_sub(k.time.realtime_ns()),
        _ => ns.saturating_sub(k.time.monotonic_ns()),
    };
    Ok(k.time.now() + k.time.ticks_of_ns(wait.min(u64::MAX >> 8)).max(1))
}
