//! The door of a program: where the kernel jumps to after `execve`, and how it ends.
//!
//! ```text
//!   RSP ▶  argc
//!          argv[0] … argv[argc-1]  0
//!          envp[0] …               0
//!          auxiliary vector …              (System V ABI, x86-64 supplement, §3.4.1)
//! ```

use alloc::string::String;
use alloc::vec::Vec;

/// What a program is started with. Text that is not UTF-8 is replaced, not refused.
pub struct Start {
    /// The arguments; the first is the program's own name.
    pub args: Vec<String>,
    /// The environment, as `NAME=value`.
    pub env: Vec<String>,
}

/// Makes `$main: fn(Start) -> i32` the program: `_start` calls it and exits with its result.
#[macro_export]
macro_rules! program {
    ($main:path) => {
        #[cfg(target_os = "none")]
        #[unsafe(no_mangle)]
        fn program_main(start: $crate::user::Start) -> i32 {
            $main(start)
        }
    };
}

#[cfg(target_os = "none")]
mod door {
    use super::super::{STDERR, file, task};
    use super::{Start, String, Vec};
    use core::ffi::{CStr, c_char};
    use core::fmt::Write;

    // The stack pointer is the one thing the kernel hands over; the ABI wants it divisible by
    // sixteen at a call, and a zero RBP ends a debugger's backtrace.
    core::arch::global_asm!(
        ".section .text._start, \"ax\"",
        ".globl _start",
        "_start:",
        "xor ebp, ebp",
        "mov rdi, rsp",
        "and rsp, -16",
        "call {enter}",
        "ud2",
        enter = sym enter,
    );

    unsafe extern "Rust" {
        fn program_main(start: Start) -> i32;
    }

    /// # Safety
    /// `stack` is what the kernel left in RSP.
    unsafe extern "C" fn enter(stack: *const usize) -> ! {
        // SAFETY: the kernel lays out argc, then argv and envp, each ended by a null pointer;
        // the texts stay where they are for as long as the program runs. `program!` defines
        // program_main with this very type.
        let status = unsafe {
            let argv = stack.add(1).cast::<*const c_char>();
            let envp = argv.add(*stack + 1);
            program_main(Start {
                args: texts(argv),
                env: texts(envp),
            })
        };
        task::exit(status)
    }

    /// # Safety
    /// `list` points to zero-ended texts and ends with a null pointer.
    unsafe fn texts(mut list: *const *const c_char) -> Vec<String> {
        let mut out = Vec::new();
        // SAFETY: as above; the walk stops at the null pointer.
        unsafe {
            while !(*list).is_null() {
                out.push(CStr::from_ptr(*list).to_string_lossy().into_owned());
                list = list.add(1);
            }
        }
        out
    }

    struct Stderr;

    impl Write for Stderr {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            file::write_all(STDERR, text.as_bytes()).map_err(|_| core::fmt::Error)
        }
    }

    /// A panic is our bug: say where, and end as a program that aborted would.
    #[panic_handler]
    fn panic(info: &core::panic::PanicInfo) -> ! {
        let _ = writeln!(Stderr, "{info}");
        task::exit(134)
    }
}
