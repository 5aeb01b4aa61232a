//! The dispatch: from a number to a function.
//!
//! The `match` is made from the rows of [`abi::syscalls!`], so a row without a function of
//! that name does not compile. Each function stands with its subsystem; here they are only
//! gathered.

use crate::fs::calls_dir::*;
use crate::fs::calls_fd::*;
use crate::fs::calls_path::*;
use crate::fs::pivot::*;
use crate::kernel::Kernel;
use crate::mm::calls::*;
use crate::ns::{setns, unshare};
use crate::signal::calls::*;
use crate::signal::deliver::rt_sigreturn;
use crate::task::calls::*;
use crate::task::current;
use crate::task::exec::execve;
use crate::task::exit::{exit, exit_group};
use crate::task::fork::{clone, fork, vfork};
use crate::task::futex::futex;
use crate::task::wait::wait4;
use crate::uts::{setdomainname, sethostname, uname};
use crate::{Result, task::Restart};
use abi::Errno;

macro_rules! dispatch {
    ($($number:literal $name:ident($($arg:ident),*);)*) => {
        /// Calls system call `number`.
        #[allow(unused_variables)]
        fn call(k: &mut Kernel, number: u64, arguments: [u64; 6]) -> Result {
            match number {
                $($number => {
                    let [$($arg,)* ..] = arguments;
                    $name(k, $($arg),*)
                })*
                _ => Err(Errno::ENOSYS),
            }
        }
    };
}
abi::syscalls!(dispatch);

/// A program asks for something.
pub fn enter(k: &mut Kernel) {
    let me = current(k);
    let frame = k.private[me].stack.frame();
    let number = frame.rax;
    let arguments = [
        frame.rdi, frame.rsi, frame.rdx, frame.r10, frame.r8, frame.r9,
    ];
    k.root.syscalls += 1;
    k.tasks[me].syscalls += 1;
    k.tasks[me].in_syscall = number;
    k.private[me].restart = Restart::No;
    let answer = match call(k, number, arguments) {
        Ok(value) => value,
        Err(error) => error.to_ret() as u64,
    };
    k.private[me].stack.frame().rax = answer;
}
