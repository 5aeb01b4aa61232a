//! The `syscall` instruction, and one function for every row of the ABI's table.
//!
//! RAX takes the number and brings back the result; arguments travel in RDI, RSI, RDX, R10, R8
//! and R9 (R10, because `syscall` itself overwrites RCX with the return address and R11 with
//! the flags; AMD APM vol. 3, "SYSCALL"). A result between -4095 and -1 is a negated errno.

use super::{Errno, Result};
use alloc::ffi::CString;

/// A system call as the CPU sees it.
///
/// # Safety
/// Pointers among the arguments must be good for what the kernel does with them.
#[cfg(target_arch = "x86_64")]
unsafe fn raw(number: u64, args: [u64; 6]) -> i64 {
    let result;
    // SAFETY: the caller vouches for the arguments; the kernel keeps every other register.
    unsafe {
        core::arch::asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") args[0],
            in("rsi") args[1],
            in("rdx") args[2],
            in("r10") args[3],
            in("r8") args[4],
            in("r9") args[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// On another CPU this crate is only compiled, never run as a program.
#[cfg(not(target_arch = "x86_64"))]
unsafe fn raw(_number: u64, _args: [u64; 6]) -> i64 {
    Errno::ENOSYS.to_ret()
}

macro_rules! calls {
    ($($number:literal $name:ident($($arg:ident),*);)*) => {$(
        /// The call of this name; a failure is an [`Errno`].
        ///
        /// # Safety
        /// Pointers among the arguments must be good for what the kernel does with them.
        #[allow(dead_code)]
        #[inline]
        pub unsafe fn $name($($arg: u64),*) -> Result<u64> {
            let given = [$($arg),*];
            let mut args = [0; 6];
            args[..given.len()].copy_from_slice(&given);
            // SAFETY: passed on to the caller.
            result(unsafe { raw($number, args) })
        }
    )*};
}
abi::syscalls!(calls);

/// An error number that the ABI's table does not name becomes EIO.
fn result(ret: i64) -> Result<u64> {
    match ret {
        -4095..=-1 => Err(Errno::from_number(-ret as u16).unwrap_or(Errno::EIO)),
        _ => Ok(ret as u64),
    }
}

/// A path as the kernel wants it: with a zero byte behind it, and none in it.
pub fn c_str(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Errno::EINVAL)
}
