//! The doors, seen from inside: what to do with each way in.
//!
//! ```text
//!  SYSCALL          kernel_syscall   the dispatch table
//!  exception        kernel_trap      page fault: mm::fault; the others: a signal
//!  interrupt        kernel_trap      timer, serial port
//!  … all of them    leave            reschedule, signals, back to user mode
//! ```

use crate::cgroup::cpu;
use crate::dev::pic;
use crate::fs::tty;
use crate::kernel::{KERNEL_ROOT, Kernel};
use crate::limits::HZ;
use crate::mm::area::{EXEC, READ, WRITE};
use crate::mm::fault::{self, Refused};
use crate::sched::{account, float, sleep, switch};
use crate::signal::{self, DEFAULT, IGNORE};
use crate::syscall;
use crate::task::{current, exit};
use abi::task::signal::*;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use metal::trap::{Frame, IRQ_BASE};
use metal::{kmap, reg};
use x86::vector;

/// IRQs that came while the CPU idled inside the kernel: noted, and handled by the idle loop,
/// which holds the kernel.
static NOTED: AtomicU32 = AtomicU32::new(0);

/// A system call: number in RAX, arguments in RDI RSI RDX R10 R8 R9, answer in RAX.
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
extern "C" fn kernel_syscall() {
    let mut k = KERNEL_ROOT.lock();
    account::entered(&mut k);
    syscall::enter(&mut k);
    leave(&mut k);
}

/// An exception or an interrupt.
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
extern "C" fn kernel_trap(frame: &mut Frame) {
    let vector = frame.vector as u8;
    if !frame.from_user() {
        match vector.checked_sub(IRQ_BASE) {
            Some(irq) => NOTED.store(NOTED.load(Relaxed) | 1 << irq, Relaxed),
            None => kernel_bug(frame),
        }
        return;
    }
    let mut k = KERNEL_ROOT.lock();
    account::entered(&mut k);
    match vector.checked_sub(IRQ_BASE) {
        Some(irq) => interrupt(&mut k, irq),
        None if vector == vector::PF => page_fault(&mut k),
        None if vector == vector::NM && float::take(&mut k) => {}
        None => exception(&mut k, vector),
    }
    leave(&mut k);
}

/// On the way back to user mode. May sleep, and may not come back.
pub fn leave(k: &mut Kernel) {
    loop {
        if k.scheduler.reschedule != 0 {
            switch::schedule(k);
        }
        let me = current(k);
        if !signal::is_deliverable(k, me) && k.private[me].restart == crate::task::Restart::No {
            break;
        }
        signal::deliver::all(k);
        if k.scheduler.reschedule == 0 && !signal::is_deliverable(k, me) {
            break;
        }
    }
    let me = current(k);
    k.tasks[me].in_syscall = u64::MAX;
    account::leaving(k);
}

/// The kernel itself did something that the CPU refused: a bug, and the end.
fn kernel_bug(frame: &Frame) -> ! {
    let cr2 = reg::read_cr2();
    let vector = frame.vector as u8;
    if matches!(vector, vector::PF | vector::DF)
        && let Some(slot) = kmap::stack_guard(cr2)
    {
        panic!(
            "kernel stack of task slot {slot} overflowed (rip {:#x})",
            frame.rip
        );
    }
    panic!(
        "{} in the kernel: rip {:#x} rsp {:#x} error {:#x} cr2 {cr2:#x}",
        vector::name(vector),
        frame.rip,
        frame.rsp,
        frame.error
    );
}

/// Handles what came while the CPU idled.
pub fn handle_noted_irqs(k: &mut Kernel) {
    let noted = NOTED.swap(0, Relaxed);
    for irq in 0..16 {
        if noted & 1 << irq != 0 {
            interrupt(k, irq);
        }
    }
}

fn interrupt(k: &mut Kernel, irq: u8) {
    pic::end_of_interrupt(irq);
    match irq {
        0 => tick(k),
        3 | 4 => tty::interrupt(k, irq),
        _ => {}
    }
}

/// The timer's knock, [`HZ`] times a second.
fn tick(k: &mut Kernel) {
    k.root.ticks += 1;
    if k.root.idle == 0 {
        account::settle(k);
        // The slice is over if anybody else wants to run.
        k.scheduler.reschedule = u32::from(k.scheduler.len > 1);
    }
    if k.root.ticks.is_multiple_of(5 * HZ) {
        k.load.sample(u64::from(k.scheduler.len));
    }
    sleep::wake_due(k);
    cpu::tick(k);
}

/// The program touched a page that the MMU would not give it.
fn page_fault(k: &mut Kernel) {
    let me = current(k);
    let address = reg::read_cr2();
    k.root.faults += 1;
    k.tasks[me].faults += 1;
    let error = k.private[me].stack.frame().error as u32;
    let access = if error & vector::pf::FETCH != 0 {
        EXEC
    } else if error & vector::pf::WRITE != 0 {
        WRITE
    } else {
        READ
    };
    match fault::page(k, k.tasks[me].mm, address, access) {
        Ok(_) => {}
        Err(Refused::NoMemory) => signal::kill_now(k, me, SIGKILL),
        Err(Refused::BeyondFile) => crash(k, SIGBUS, "bus error", address),
        Err(Refused::Unmapped | Refused::Forbidden) => crash(k, SIGSEGV, "segfault", address),
    }
}

/// Any other exception is a signal.
fn exception(k: &mut Kernel, number: u8) {
    let rip = k.private[current(k)].stack.frame().rip;
    let (signal, what) = match number {
        vector::DE => (SIGFPE, "divide error"),
        vector::DB => (SIGTRAP, "debug trap"),
        vector::BP => (SIGTRAP, "breakpoint"),
        vector::OF => (SIGSEGV, "overflow"),
        vector::BR => (SIGSEGV, "bounds"),
        vector::UD => (SIGILL, "invalid opcode"),
        vector::NM => (SIGILL, "no floating point"),
        vector::MF | vector::XF => (SIGFPE, "floating point error"),
        vector::AC => (SIGBUS, "alignment check"),
        vector::SS => (SIGBUS, "stack fault"),
        _ => (SIGSEGV, "general protection fault"),
    };
    crash(k, signal, what, rip);
}

/// Sends a signal that the program brought upon itself; one that kills it is worth a line in
/// the log.
fn crash(k: &mut Kernel, signal: u32, what: &str, address: u64) {
    let me = current(k);
    let action = k.handlers[k.private[me].handlers as usize].action(signal);
    let blocked = k.tasks[me].blocked & signal::bit(signal) != 0;
    if matches!(action.handler, DEFAULT | IGNORE) || blocked {
        exit::log_crash(k, what, address);
    }
    signal::force_on_current(k, signal);
}
