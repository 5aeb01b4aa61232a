//! Kernel stacks and the switch between them.
//!
//! A task that sleeps does so in the middle of kernel code: its kernel stack holds where. To
//! switch, [`switch`] pushes the registers that a function must preserve, exchanges the stack
//! pointer, and pops the other task's. What a function may clobber anyway need not be saved;
//! the user's registers are saved already, in the [`Frame`](crate::trap::Frame) at the top of
//! the same stack.
//!
//! ```text
//!  top  | Frame: the user's registers            |
//!       | … the kernel functions on the way …    |
//!       | return address of switch()             |
//!  rsp  | rbx rbp r12 r13 r14 r15                |  <- Context
//! ```

use crate::trap::Frame;
use core::arch::naked_asm;

/// The kernel stack of a task slot; made by [`kmap::map_stack`](crate::kmap::map_stack). All
/// zero means "none".
#[derive(PartialEq, Eq, Debug, zerocopy::FromZeros)]
#[repr(transparent)]
pub struct Stack(pub(crate) u64);

impl Stack {
    /// Whether it is one.
    pub fn exists(&self) -> bool {
        self.0 != 0
    }

    /// Its end, which is where it starts to grow down from.
    pub fn top(&self) -> u64 {
        self.0
    }

    /// The user registers at its top: what the task will return to. Valid between the entry
    /// into the kernel and the return from it.
    ///
    /// # Panics
    /// If there is no stack.
    #[inline(always)]
    pub fn frame(&mut self) -> &mut Frame {
        assert!(self.exists(), "a task without a kernel stack has no frame");
        // SAFETY: there is one `Stack` a slot, so this borrow is the only one; the entry code
        // touches the frame only while no kernel code runs.
        unsafe { &mut *((self.0 - size_of::<Frame>() as u64) as *mut Frame) }
    }
}

/// A sleeping kernel stack: its stack pointer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, zerocopy::FromZeros)]
#[repr(transparent)]
pub struct Context(u64);

impl Context {
    /// The context of a new task: when it is switched to for the first time it calls
    /// `start()` and then leaves the kernel with `frame`.
    ///
    /// # Panics
    /// If there is no stack.
    pub fn new(stack: &mut Stack, frame: &Frame, start: extern "C" fn()) -> Self {
        *stack.frame() = *frame;
        let frame_at = stack.top() - size_of::<Frame>() as u64;
        let words = [
            0,                     // r15
            0,                     // r14
            0,                     // r13
            frame_at,              // r12: argument of start
            start as usize as u64, // rbx
            0,                     // rbp
            first_return as *const () as u64,
        ];
        let rsp = frame_at - size_of_val(&words) as u64;
        // SAFETY: the stack is mapped, and a new task does not run on it yet.
        unsafe { (rsp as *mut [u64; 7]).write(words) };
        Self(rsp)
    }
}

/// Where a new task's first switch "returns" to.
#[unsafe(naked)]
extern "C" fn first_return() {
    naked_asm!(
        "mov rsp, r12",
        "call rbx",
        "jmp {leave}",
        leave = sym crate::trap::leave,
    )
}

/// Leaves the present stack for `to`, and returns when somebody switches back to it. `from`
/// receives where it stopped.
///
/// # Safety
/// `to` must be a context that [`Context::new`] made or `switch` filled in, and that was not
/// switched to since.
#[unsafe(naked)]
unsafe extern "C" fn switch_stacks(from: *mut Context, to: Context) {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov [rdi], rsp",
        "mov rsp, rsi",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// Leaves the present stack for `to`; returns when somebody switches back. `state` is what
/// the two sides share: it is lent to the other side for the time being, and `from` picks
/// the place in it where the present context is kept.
pub fn switch<S>(state: &mut S, from: impl FnOnce(&mut S) -> &mut Context, to: Context) {
    let from: *mut Context = from(state);
    assert!(to != Context(0), "switch to a task that has no stack");
    // SAFETY: the kernel's scheduler keeps one context per task and takes it once; zero, the
    // value of an empty slot, was refused. `state` stays borrowed but unused meanwhile.
    unsafe { switch_stacks(from, to) }
}
