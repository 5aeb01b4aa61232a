//! A guest that misbehaves: what a hypervisor is for.
//!
//! It makes its way to 64-bit mode like a kernel, says on its console what it is about to do,
//! and does what its command line names. Each line of the table at the end of `rogue.s` is one
//! misdeed. A VM that runs it ends with a reason, or spins in its own share of the CPU; its
//! neighbours go on. Not one of them may take the hypervisor along.

#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
#[allow(unsafe_code)] // a guest may do what it likes: that is the point
mod misdeeds {
    core::arch::global_asm!(include_str!("rogue.s"));
}

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[cfg(not(target_os = "none"))]
fn main() {
    println!("rogue runs inside a virtual machine");
}
