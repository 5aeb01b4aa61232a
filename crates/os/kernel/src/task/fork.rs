//! fork, vfork, clone: a task from a task.
//!
//! They are one call with different flags: what is not shared is copied. The child gets a
//! copy of the parent's user registers with RAX = 0, and a kernel stack of its own whose first
//! switch leads straight back to user mode.

use crate::Result;
use crate::cgroup::{self, pids};
use crate::fs::fd;
use crate::kernel::{KERNEL_ROOT, Kernel};
use crate::mm::frame::{self, Owner};
use crate::mm::{space, user};
use crate::ns;
use crate::sched::{float, sleep};
use crate::signal::{self, Handlers};
use crate::task::{FsContext, Report, Restart, current, ids, pidns};
use crate::trap;
use abi::Errno;
use abi::task::clone::*;
use abi::task::signal::{SIGCHLD, SIGKILL};
use metal::context::Context;
use metal::kmap::{self, STACK_FRAMES};
use metal::trap::Frame;
use objects::NONE;
use objects::kernel::{Task, frame as kind, state, wait};
use zerocopy::FromZeros;

/// CLONE_DETACHED: means nothing any more, but musl sends it.
const CLONE_DETACHED: u64 = 0x40_0000;
const CLONE_UNTRACED: u64 = 0x80_0000;
/// What the flags of clone may be.
const KNOWN: u64 = CLONE_VM
    | CLONE_FS
    | CLONE_FILES
    | CLONE_SIGHAND
    | CLONE_VFORK
    | CLONE_PARENT
    | CLONE_THREAD
    | CLONE_SYSVSEM
    | CLONE_SETTLS
    | CLONE_PARENT_SETTID
    | CLONE_CHILD_CLEARTID
    | CLONE_CHILD_SETTID
    | CLONE_DETACHED
    | CLONE_UNTRACED
    | ns::SUPPORTED;

/// fork(2).
pub fn fork(k: &mut Kernel) -> Result {
    clone(k, u64::from(SIGCHLD), 0, 0, 0, 0)
}

/// vfork(2): the child runs in the parent's memory, and the parent waits until it has
/// executed something else or ended.
pub fn vfork(k: &mut Kernel) -> Result {
    clone(k, CLONE_VFORK | CLONE_VM | u64::from(SIGCHLD), 0, 0, 0, 0)
}

/// clone(2). The low byte of `flags` is the signal that the parent gets when the child ends.
pub fn clone(
    k: &mut Kernel,
    flags: u64,
    stack: u64,
    parent_tid: u64,
    child_tid: u64,
    tls: u64,
) -> Result {
    let exit_signal = (flags & 0xff) as u32;
    let flags = flags & !0xff;
    check(k, flags)?;
    let child = create(k, flags, exit_signal)?;
    let me = current(k);
    let private = &mut k.private[child];
    if flags & CLONE_SETTLS != 0 {
        private.fs_base = tls;
    }
    if flags & CLONE_CHILD_CLEARTID != 0 {
        private.clear_tid = child_tid;
    }
    let mut registers = *k.private[me].stack.frame();
    registers.rax = 0;
    if stack != 0 {
        registers.rsp = stack;
    }
    start_at(k, child, &registers);

    let number = ids::number_in(k, child, ids::own_ns(k));
    // The addresses are the programs' business: a bad one is not worth undoing the fork.
    if flags & CLONE_PARENT_SETTID != 0 {
        let _ = user::write_u32(k, parent_tid, number);
    }
    if flags & CLONE_CHILD_SETTID != 0 {
        let (mm, own) = (
            k.tasks[child].mm,
            ids::number_in(k, child, k.tasks[child].pid_ns),
        );
        let _ = user::write_to(k, mm, child_tid, &own.to_le_bytes());
    }
    if flags & CLONE_VFORK != 0 {
        k.private[child].vfork_parent = me as u32 + 1;
        sleep::make_runnable(k, child);
        let generation = k.private[child].generation;
        // Only being killed ends the wait early.
        let waits = |k: &Kernel| {
            let private = &k.private[child];
            private.vfork_parent == me as u32 + 1 && private.generation == generation
        };
        while waits(k) && k.tasks[me].pending & signal::bit(SIGKILL) == 0 {
            sleep::sleep_through(k, wait::VFORK, child as u64, 0);
        }
        if waits(k) {
            k.private[child].vfork_parent = 0;
        }
    } else {
        sleep::start(k, child);
    }
    Ok(u64::from(number))
}

/// Combinations of flags that mean nothing, in Linux's order (copy_process).
fn check(k: &Kernel, flags: u64) -> Result<()> {
    let has = |bits| flags & bits == bits;
    if has(CLONE_NEWNS | CLONE_FS)
        || has(CLONE_NEWUSER | CLONE_FS)
        || has(CLONE_THREAD) && !has(CLONE_SIGHAND)
        || has(CLONE_SIGHAND) && !has(CLONE_VM)
        // A namespace's init cannot have siblings: they would have no parent in it.
        || has(CLONE_PARENT) && pidns::is_init(k, current(k))
        || has(CLONE_THREAD) && (has(CLONE_NEWPID) || !goes_where_parent_is(k))
    {
        return Err(Errno::EINVAL);
    }
    // The namespaces that there are not.
    if flags & !KNOWN != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// Whether children go into the running task's own pid namespace.
fn goes_where_parent_is(k: &Kernel) -> bool {
    let task = &k.tasks[current(k)];
    k.nsproxies[task.nsproxy as usize].pid_for_children == task.pid_ns
}

/// A new task slot, everything copied or shared as `flags` say; not runnable yet.
fn create(k: &mut Kernel, flags: u64, exit_signal: u32) -> Result<usize> {
    let me = current(k);
    let slot = (0..k.tasks.len())
        .find(|&n| k.tasks[n].state == state::FREE)
        .ok_or(Errno::EAGAIN)?;
    ensure_stack(k, slot)?;
    let group = k.tasks[me].cgroup;
    pids::try_charge(k, group)?;
    match populate(k, slot, flags, exit_signal) {
        Ok(()) => {
            cgroup::task_entered(k, group);
            Ok(slot)
        }
        Err(error) => {
            pids::uncharge(k, group);
            Err(error)
        }
    }
}

/// A task slot keeps its kernel stack for the next task.
pub fn ensure_stack(k: &mut Kernel, slot: usize) -> Result<()> {
    if k.private[slot].stack.exists() {
        return Ok(());
    }
    let mut frames = [0; STACK_FRAMES];
    for n in 0..STACK_FRAMES {
        match frame::alloc(k, kind::STACK, Owner::KERNEL) {
            Ok(frame) => frames[n] = frame,
            Err(error) => {
                for frame in &frames[..n] {
                    frame::release(k, *frame);
                }
                return Err(error);
            }
        }
    }
    k.private[slot].stack = kmap::map_stack(slot, frames);
    Ok(())
}

fn populate(k: &mut Kernel, slot: usize, flags: u64, exit_signal: u32) -> Result<()> {
    let me = current(k);
    let parent = k.tasks[me];
    let target = k.nsproxies[parent.nsproxy as usize].pid_for_children;
    if pidns::is_dead(k, target) {
        return Err(Errno::ENOMEM);
    }
    // Root and working directory come first: a new mount namespace moves them.
    let fs = if flags & CLONE_FS != 0 {
        k.fs_contexts[k.private[me].fs as usize].refs += 1;
        k.private[me].fs
    } else {
        copy_fs(k, k.private[me].fs)
    };
    k.private[slot].fs = fs;
    let undo_fs = |k: &mut Kernel| release_fs(k, fs);

    let nsproxy = if flags & ns::SUPPORTED != 0 {
        match ns::new_proxy(k, parent.nsproxy, flags, slot) {
            Ok(proxy) => proxy,
            Err(error) => {
                undo_fs(k);
                return Err(error);
            }
        }
    } else {
        k.nsproxies[parent.nsproxy as usize].refs += 1;
        parent.nsproxy
    };
    let pid_ns = k.nsproxies[nsproxy as usize].pid_for_children;
    let numbers = ids::allocate(k, pid_ns).ok_or(Errno::EAGAIN);
    let mm = if flags & CLONE_VM != 0 {
        k.mms[parent.mm as usize].refs += 1;
        Ok(parent.mm)
    } else {
        space::copy(k, parent.mm)
    };
    let (numbers, mm) = match (numbers, mm) {
        (Ok(numbers), Ok(mm)) => (numbers, mm),
        (numbers, mm) => {
            if let Ok(mm) = mm {
                space::release(k, mm);
            }
            ns::release_proxy(k, nsproxy);
            undo_fs(k);
            return Err(numbers.err().or(mm.err()).unwrap_or(Errno::EAGAIN));
        }
    };
    // Nothing below can fail.
    let files = if flags & CLONE_FILES != 0 {
        k.fd_tables[k.private[me].files as usize].refs += 1;
        k.private[me].files
    } else {
        fd::copy(k, k.private[me].files)
    };
    let handlers = if flags & CLONE_SIGHAND != 0 {
        k.handlers[k.private[me].handlers as usize].refs += 1;
        k.private[me].handlers
    } else {
        copy_handlers(k, k.private[me].handlers)
    };
    let thread = flags & CLONE_THREAD != 0;
    pidns::hold(k, pid_ns);
    if k.pid_ns[pid_ns as usize].init == NONE {
        k.pid_ns[pid_ns as usize].init = slot as u32;
    }
    k.tasks[slot] = Task {
        // Not runnable until the caller says so.
        state: state::SLEEPING,
        numbers,
        pid_ns,
        parent: if flags & (CLONE_PARENT | CLONE_THREAD) != 0 {
            parent.parent
        } else {
            parent.leader
        },
        leader: if thread { parent.leader } else { slot as u32 },
        nsproxy,
        cgroup: parent.cgroup,
        mm,
        pgid: parent.pgid,
        sid: parent.sid,
        tty: parent.tty,
        blocked: parent.blocked,
        name: parent.name,
        start_tsc: k.time.now(),
        in_syscall: u64::MAX,
        ..Task::new_zeroed()
    };
    float::copy(k, me, slot);
    let (vruntime, nice) = (k.private[me].vruntime, k.private[me].nice);
    let (fs_base, alt_stack) = (k.private[me].fs_base, k.private[me].alt_stack);
    let private = &mut k.private[slot];
    private.generation += 1;
    private.files = files;
    private.handlers = handlers;
    private.exit_signal = if thread { 0 } else { exit_signal };
    private.report = Report::None;
    private.channel = 0;
    private.wake_at = 0;
    private.vruntime = vruntime;
    private.nice = nice;
    private.told = [0; 2];
    private.fs_base = fs_base;
    private.clear_tid = 0;
    private.vfork_parent = 0;
    private.restart = Restart::No;
    private.suspended = 0;
    private.sleep_until = 0;
    private.alt_stack = if flags & (CLONE_VM | CLONE_VFORK) == CLONE_VM {
        [0; 3]
    } else {
        alt_stack
    };
    private.children = [0; 2];
    private.has_executed = 0;
    private.group_exit = 0;
    private.ending = 0;
    private.subreaper = 0;
    Ok(())
}

/// The child's first switch leads to user mode with these registers.
pub fn start_at(k: &mut Kernel, slot: usize, registers: &Frame) {
    let private = &mut k.private[slot];
    private.context = Context::new(&mut private.stack, registers, first_run);
}

/// The first kernel code that a new task runs: whoever switched to it holds the kernel.
extern "C" fn first_run() {
    let mut k = KERNEL_ROOT.adopt();
    trap::leave(&mut k);
}

/// A copy of a root and working directory, with one user. There are as many as tasks.
fn copy_fs(k: &mut Kernel, from: u32) -> u32 {
    let free = k.fs_contexts.iter().position(|c| c.refs == 0);
    let id = free.expect("there are as many fs contexts as tasks");
    k.fs_contexts[id] = FsContext {
        refs: 1,
        ..k.fs_contexts[from as usize]
    };
    id as u32
}

/// One user less.
pub fn release_fs(k: &mut Kernel, id: u32) {
    let context = &mut k.fs_contexts[id as usize];
    context.refs -= 1;
    if context.refs == 0 {
        let gone = core::mem::replace(context, FsContext::new_zeroed());
        crate::fs::file::let_go_of(k, gone.root);
        crate::fs::file::let_go_of(k, gone.cwd);
    }
}

/// Gives a task that shares its root and working directory one of its own.
pub fn unshare_fs(k: &mut Kernel, slot: usize) {
    let old = k.private[slot].fs;
    if k.fs_contexts[old as usize].refs > 1 {
        k.private[slot].fs = copy_fs(k, old);
        release_fs(k, old);
    }
}

/// Gives a task that shares its descriptors a table of its own.
pub fn unshare_files(k: &mut Kernel, slot: usize) {
    let old = k.private[slot].files;
    if k.fd_tables[old as usize].refs > 1 {
        k.private[slot].files = fd::copy(k, old);
        fd::release(k, old);
    }
}

/// A copy of signal handlers, with one user. There are as many as tasks.
pub fn copy_handlers(k: &mut Kernel, from: u32) -> u32 {
    let free = k.handlers.iter().position(|h| h.refs == 0);
    let id = free.expect("there are as many handler tables as tasks");
    k.handlers[id] = Handlers {
        refs: 1,
        ..k.handlers[from as usize]
    };
    id as u32
}
