//! Memory straight from the kernel, for programs that want to weigh on it; and the ways to
//! misuse it, for `crash`.

use super::{Result, call};
use abi::system::mmap::{MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE};

/// `len` new bytes of zeroes, which the kernel gives frames to when they are first touched.
/// They stay until the program ends.
///
/// # Errors
/// mmap(2).
pub fn map(len: usize) -> Result<&'static mut [u8]> {
    let (prot, flags) = (PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    // SAFETY: a new private mapping of `len` zeroed bytes belongs to nobody else, for ever.
    unsafe {
        let at = call::mmap(0, len as u64, prot, flags, u64::MAX, 0)?;
        Ok(core::slice::from_raw_parts_mut(at as *mut u8, len))
    }
}

/// The faults that a program can commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Crime {
    /// Reads address 0: page fault, SIGSEGV.
    Null,
    /// Executes UD2: invalid opcode, SIGILL.
    Ud2,
    /// Divides by zero: divide error, SIGFPE.
    Div0,
    /// Calls itself until the stack ends: page fault, SIGSEGV.
    Stack,
    /// Executes HLT, which ring 3 may not: general protection, SIGSEGV.
    Hlt,
    /// Writes into its own code: page fault, SIGSEGV.
    Text,
    /// Writes into the kernel's half of the address space: page fault, SIGSEGV.
    Kernel,
}

/// Commits it. Every crime is one instruction that the CPU refuses (the stack takes many).
#[cfg(target_arch = "x86_64")]
pub fn commit(crime: Crime) {
    use core::arch::asm;
    // SAFETY: none of these does anything but fault: the program is over at that instruction.
    unsafe {
        match crime {
            Crime::Null => asm!("mov rax, [{at}]", at = in(reg) 0u64, out("rax") _),
            Crime::Ud2 => asm!("ud2"),
            Crime::Div0 => asm!(
                "xor edx, edx", "xor ecx, ecx", "mov eax, 1", "div ecx",
                out("eax") _, out("ecx") _, out("edx") _,
            ),
            Crime::Stack => asm!("2:", "push rax", "jmp 2b"),
            Crime::Hlt => asm!("hlt"),
            Crime::Text => asm!("mov byte ptr [{at}], 0", at = in(reg) 0x40_1000u64),
            Crime::Kernel => {
                asm!("mov byte ptr [{at}], 0", at = in(reg) 0xffff_ffff_8010_0000u64);
            }
        }
    }
}

/// On another CPU this crate is only compiled.
#[cfg(not(target_arch = "x86_64"))]
pub fn commit(_crime: Crime) {}
