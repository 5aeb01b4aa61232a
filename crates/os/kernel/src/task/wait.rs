//! wait4: a parent learns what became of its children (wait(2)).

use crate::Result;
use crate::kernel::Kernel;
use crate::mm::user;
use crate::sched::sleep;
use crate::task::{Report, exit, ids, threads};
use abi::Errno;
use abi::task::wait::{WNOHANG, WUNTRACED};
use objects::kernel::{state, wait};

const WCONTINUED: u64 = 8;
/// __WNOTHREAD, __WALL, __WCLONE: threads and clones are waited for like everybody.
const OTHERS: u64 = 0xe000_0000;
/// What the status of a continued child is.
const CONTINUED: u32 = 0xffff;

/// wait4(2). `pid`: a child; -1 any; 0 any of the own group; below -1 any of that group.
pub fn wait4(k: &mut Kernel, pid: u64, status: u64, options: u64, rusage: u64) -> Result {
    let options = options & 0xffff_ffff;
    if options & !(WNOHANG | WUNTRACED | WCONTINUED | OTHERS) != 0 {
        return Err(Errno::EINVAL);
    }
    // Children are the whole process's, whichever thread made them.
    let parent = threads::own_leader(k);
    let pid = pid as i32;
    let group = match pid {
        0 => k.tasks[parent].pgid,
        i32::MIN..=-2 => ids::group_meant(k, pid.unsigned_abs()).ok_or(Errno::ECHILD)?,
        _ => 0,
    };
    loop {
        let mut any = false;
        for n in 0..k.tasks.len() {
            let child = k.tasks[n].state != state::FREE && k.tasks[n].parent == parent as u32;
            if !child || !threads::is_leader(k, n) {
                continue;
            }
            let number = ids::number_in(k, n, ids::own_ns(k));
            let wanted = match pid {
                1.. => number == pid as u32,
                -1 => true,
                _ => k.tasks[n].pgid == group,
            };
            if !wanted {
                continue;
            }
            any = true;
            if let Some(code) = report(k, n, options) {
                if status != 0 {
                    user::write_u32(k, status, code)?;
                }
                if rusage != 0 {
                    write_usage(k, rusage, k.tasks[n].user_ticks, k.tasks[n].kernel_ticks)?;
                }
                if k.tasks[n].state == state::ZOMBIE {
                    exit::reap(k, n);
                } else {
                    k.private[n].report = Report::None;
                }
                return Ok(u64::from(number));
            }
        }
        if !any {
            return Err(Errno::ECHILD);
        }
        if options & WNOHANG != 0 {
            return Ok(0);
        }
        sleep::sleep(k, wait::CHILD, parent as u64)?;
    }
}

/// What there is to report of a child, as a status.
fn report(k: &Kernel, slot: usize, options: u64) -> Option<u32> {
    match (k.tasks[slot].state, k.private[slot].report) {
        // A leader may end before its threads do; the process has ended when all have.
        (state::ZOMBIE, _) if threads::count(k, slot) > 0 => None,
        (state::ZOMBIE, _) => Some(k.tasks[slot].exit_status),
        (_, Report::Stopped(signal)) if options & WUNTRACED != 0 => Some(signal << 8 | 0x7f),
        (_, Report::Continued) if options & WCONTINUED != 0 => Some(CONTINUED),
        _ => None,
    }
}

/// `struct rusage`: two times, then fourteen counters that stay zero.
///
/// # Errors
/// EFAULT.
pub fn write_usage(k: &mut Kernel, address: u64, user: u64, kernel: u64) -> Result<()> {
    let mut bytes = [0; 144];
    for (n, ticks) in [user, kernel].into_iter().enumerate() {
        let micros = k.time.us_of(ticks);
        bytes[16 * n..16 * n + 8].copy_from_slice(&(micros / 1_000_000).to_le_bytes());
        bytes[16 * n + 8..16 * n + 16].copy_from_slice(&(micros % 1_000_000).to_le_bytes());
    }
    user::write(k, address, &bytes)
}
