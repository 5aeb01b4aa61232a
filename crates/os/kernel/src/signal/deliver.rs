//! On the way back to user mode: what each pending signal does.
//!
//! A handler is called by making it look as if the program had called it itself: the
//! registers are saved on the user's stack, in Linux's layout, and RIP is pointed at the
//! handler, whose return address leads to rt_sigreturn.
//!
//! ```text
//!  rsp of the program  |  red zone: 128 bytes that leaf functions use without asking  |
//!                      |  x87 and SSE registers, 512 bytes, if the program uses them  |
//!                      |  siginfo, 128 bytes                                          |
//!                      |  ucontext: flags, link, stack, registers, signal mask        |
//!  rsp of the handler  |  return address: the restorer                                |
//! ```

use crate::kernel::Kernel;
use crate::log;
use crate::mm::user;
use crate::sched::{float, sleep, switch};
use crate::signal::default::{self, Default};
use crate::signal::{
    Action, DEFAULT, From, IGNORE, SA_NOCLDSTOP, SA_NODEFER, SA_ONSTACK, SA_RESETHAND, SA_RESTART,
    SA_RESTORER, bit, deliverable, end_suspend, force_on_current, send, send_to_thread,
};
use crate::task::{Report, Restart, current, exit, threads};
use abi::Errno;
use abi::task::signal::{SIGCHLD, SIGKILL, SIGSEGV, SIGSTOP};
use metal::fpu;
use metal::trap::Frame;
use objects::kernel::{state, wait};
use objects::{NONE, text};

/// Bytes of the frame on the user's stack: return address, ucontext, siginfo.
const FRAME: usize = 8 + 304 + 128;
/// Where the registers (struct sigcontext) begin in it.
const REGISTERS: usize = 8 + 40;
/// Where the address of the x87 and SSE registers stands in it; 0 for none.
const FLOAT: usize = REGISTERS + 176 + 8;
/// Where the blocked signals stand in it.
const MASK: usize = REGISTERS + 256;
/// Where the siginfo stands in it.
const INFO: usize = MASK + 8;

/// Lets every deliverable signal take effect. Does not come back if one ends the task.
pub fn all(k: &mut Kernel) {
    let me = current(k);
    loop {
        let set = deliverable(k, me);
        if set == 0 {
            break;
        }
        let signal = if set & bit(SIGKILL) != 0 {
            SIGKILL
        } else {
            set.trailing_zeros() + 1
        };
        k.tasks[me].pending &= !bit(signal);
        let action = k.handlers[k.private[me].handlers as usize].action(signal);
        match (action.handler, default::of(signal)) {
            (IGNORE, _) | (DEFAULT, Default::Ignore | Default::Continue) => {}
            (DEFAULT, Default::Stop) => stop(k, signal),
            (DEFAULT, Default::Terminate) => exit::by_signal(k, signal, false),
            (DEFAULT, Default::Core) => exit::by_signal(k, signal, true),
            _ => {
                handle(k, signal, action);
                return;
            }
        }
    }
    // No handler ran: an interrupted call goes on as if nothing had happened.
    if core::mem::replace(&mut k.private[me].restart, Restart::No) != Restart::No {
        call_again(k);
    }
    end_suspend(k);
}

/// Points the program back at its SYSCALL instruction, two bytes long, with the call's
/// number in RAX again.
fn call_again(k: &mut Kernel) {
    let me = current(k);
    let number = k.tasks[me].in_syscall;
    let frame = k.private[me].stack.frame();
    frame.rip -= 2;
    frame.rcx = frame.rip;
    frame.rax = number;
}

/// Stops the task until SIGCONT, and tells the parent.
fn stop(k: &mut Kernel, signal: u32) {
    let me = current(k);
    // The whole process stops; only its leader is reported.
    let leader = threads::own_leader(k);
    for n in 0..k.tasks.len() {
        if n != me && threads::is_in_group(k, n, leader) && k.tasks[n].state != state::STOPPED {
            send_to_thread(k, n, SIGSTOP, From::Force);
        }
    }
    k.tasks[me].state = state::STOPPED;
    k.private[me].report = Report::Stopped(signal);
    k.scheduler.remove(me);
    let parent = k.tasks[me].parent;
    if parent != NONE && me == leader {
        let handlers = k.private[parent as usize].handlers;
        if k.handlers[handlers as usize].action(SIGCHLD).flags & SA_NOCLDSTOP == 0 {
            send(k, parent as usize, SIGCHLD, From::Kernel);
        }
        sleep::wake(k, wait::CHILD, u64::from(parent));
    }
    switch::schedule(k);
}

/// Makes the program call its handler.
fn handle(k: &mut Kernel, signal: u32, action: Action) {
    let me = current(k);
    match core::mem::replace(&mut k.private[me].restart, Restart::No) {
        Restart::Call if action.flags & SA_RESTART != 0 => call_again(k),
        _ => {}
    }
    if push_frame(k, signal, &action).is_err() || action.flags & SA_RESTORER == 0 {
        // No room for the frame: nothing can be handled any more.
        let task = &k.tasks[me];
        let (number, name) = (task.numbers[0], task.name);
        log::line(
            k,
            format_args!("{}[{number}]: no stack for a signal handler", text(&name)),
        );
        let handlers = k.private[me].handlers as usize;
        k.handlers[handlers].actions[SIGSEGV as usize].handler = DEFAULT;
        force_on_current(k, SIGSEGV);
        all(k);
        return;
    }
    let mut blocked = k.tasks[me].blocked | action.mask;
    if action.flags & SA_NODEFER == 0 {
        blocked |= bit(signal);
    }
    k.tasks[me].blocked = blocked & !default::UNBLOCKABLE;
    if action.flags & SA_RESETHAND != 0 {
        let handlers = k.private[me].handlers as usize;
        k.handlers[handlers].actions[signal as usize].handler = DEFAULT;
    }
}

/// The registers in the order of struct sigcontext.
fn registers(f: &Frame) -> [u64; 18] {
    [
        f.r8, f.r9, f.r10, f.r11, f.r12, f.r13, f.r14, f.r15, f.rdi, f.rsi, f.rbp, f.rbx, f.rdx,
        f.rax, f.rcx, f.rsp, f.rip, f.rflags,
    ]
}

fn push_frame(k: &mut Kernel, signal: u32, action: &Action) -> Result<(), Errno> {
    let me = current(k);
    let frame = *k.private[me].stack.frame();
    let mut mask = k.tasks[me].blocked;
    if core::mem::take(&mut k.private[me].suspended) != 0 {
        mask = k.private[me].saved_blocked;
    }
    let [alt, alt_size, alt_flags] = k.private[me].alt_stack;
    let on_alt = alt_size > 0 && frame.rsp.wrapping_sub(alt) <= alt_size;
    let top = if action.flags & SA_ONSTACK != 0 && alt_size > 0 && !on_alt {
        alt + alt_size
    } else {
        frame.rsp.wrapping_sub(128)
    };
    let (top, float_at) = match float::state_of(k, me) {
        Some(state) => {
            let at = top.wrapping_sub(512) & !63;
            user::write(k, at, &state.0)?;
            (at, at)
        }
        None => (top, 0),
    };
    // The ABI wants RSP + 8 aligned to 16 at a function's entry.
    let at = (top.wrapping_sub(FRAME as u64) & !15).wrapping_sub(8);
    let mut bytes = [0; FRAME];
    let mut put =
        |offset: usize, value: u64| bytes[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
    put(0, action.restorer);
    put(8 + 16, alt);
    put(8 + 24, alt_flags);
    put(8 + 32, alt_size);
    for (n, value) in registers(&frame).into_iter().enumerate() {
        put(REGISTERS + 8 * n, value);
    }
    // cs, gs, fs, ss as four words.
    put(
        REGISTERS + 144,
        frame.cs & 0xffff | (frame.ss & 0xffff) << 48,
    );
    put(REGISTERS + 152, frame.error);
    put(REGISTERS + 160, frame.vector);
    put(REGISTERS + 168, mask);
    put(FLOAT, float_at);
    put(MASK, mask);
    put(INFO, u64::from(signal));
    user::write(k, at, &bytes)?;
    *k.private[me].stack.frame() = Frame {
        rip: action.handler,
        rsp: at,
        rdi: u64::from(signal),
        rsi: at + INFO as u64,
        rdx: at + 8,
        rax: 0,
        ..Frame::user(0, 0)
    };
    Ok(())
}

/// rt_sigreturn(2): the handler is done; the registers come back from the user's stack.
pub fn rt_sigreturn(k: &mut Kernel) -> crate::Result {
    let me = current(k);
    // The handler's RET took the return address off.
    let at = k.private[me].stack.frame().rsp.wrapping_sub(8);
    let mut bytes = [0; FRAME];
    if user::read(k, at, &mut bytes).is_err() {
        force_on_current(k, SIGSEGV);
        return Ok(0);
    }
    let get = |offset: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[offset..offset + 8]);
        u64::from_le_bytes(word)
    };
    let reg = |n: usize| get(REGISTERS + 8 * n);
    let mut frame = Frame {
        r8: reg(0),
        r9: reg(1),
        r10: reg(2),
        r11: reg(3),
        r12: reg(4),
        r13: reg(5),
        r14: reg(6),
        r15: reg(7),
        rdi: reg(8),
        rsi: reg(9),
        rbp: reg(10),
        rbx: reg(11),
        rdx: reg(12),
        rax: reg(13),
        rcx: reg(14),
        rsp: reg(15),
        rip: reg(16),
        rflags: reg(17),
        ..Frame::default()
    };
    frame.sanitize();
    let float_at = get(FLOAT);
    if float_at != 0 {
        let mut state = fpu::fresh();
        if user::read(k, float_at, &mut state.0).is_err() {
            force_on_current(k, SIGSEGV);
            return Ok(0);
        }
        float::set_state(k, me, &state);
    }
    k.tasks[me].blocked = get(MASK) & !default::UNBLOCKABLE;
    *k.private[me].stack.frame() = frame;
    k.private[me].restart = Restart::No;
    // The dispatcher puts the answer into RAX: it is the interrupted program's own.
    Ok(frame.rax)
}
