//! # 1. A trap-and-emulate hypervisor that can be read in an afternoon
//!
//! It boots on a PC by PVH, cuts the memory up, and runs several guest kernels at once, each
//! believing that it has a PC to itself. There is no help from the hardware: guest kernels run
//! in ring 3, where everything that only a kernel may do *traps*, and what traps we *emulate*.
//! Popek and Goldberg wrote in 1974 when that works; x86 does not quite fulfil it, and the
//! guests that run here avoid the instructions that lie (PUSHF, POPF and a few more).
//!
//! What it does not serve, it refuses loudly, and ends the guest with a reason: real mode and 16-bit
//! code, segments in 32-bit code that are not flat, an LDT, exceptions before long mode, PML4 slot
//! 509. Debug registers and CR8 are kept but do nothing; there is no local APIC, and what CPUID says is
//! real unless the CPU lets us trap it.
//!
//! Read the files by the numbers in their first lines (`cargo run -p hypervisor --example
//! book` prints them in that order):
//!
//! | | file | question |
//! |---|---|---|
//! | 1 | here | what happens after power-on? |
//! | 2 | [`machine`] | what is there to share? |
//! | 3 | [`vcpu`] | how does a guest get on the CPU, and off again? |
//! | 10 | [`guest`] | what is a VM made of? |
//! | 20 | [`exit`] | why did it leave? |
//! | 21 | [`decode`] | what did it want to do? |
//! | 22-27 | [`emulate`] | how do we do that for it? |
//! | 30 | [`memory`] | what is at this guest address? |
//! | 31 | [`shadow`] | what does the real MMU walk? |
//! | 32 | [`vtlb`] | whose page fault is it? |
//! | 33 | [`segment`] | what may it load into CS? |
//! | 34 | [`reflect`] | how does it get its own exceptions? |
//! | 40-44 | [`devices`] | what hardware does it see? |
//! | 50 | [`schedule`] | who runs next? |
//! | 60 | [`config`] | what is to run? |
//! | 61 | [`loader`] | how does a guest start? |
//! | 70 | [`console`] | where do its characters go? |
//! | 71 | [`monitor`] | who is in charge? |

#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]
// On a development host only the parts that need no PC are used, by the tests.
#![cfg_attr(not(target_os = "none"), allow(dead_code))]

mod config;
mod decode;
mod devices;
mod emulate;
mod exit;
mod guest;
mod loader;
mod memory;
mod reflect;
mod schedule;
mod segment;
mod shadow;
mod vtlb;

#[cfg(target_os = "none")]
mod console;
#[cfg(target_os = "none")]
mod machine;
#[cfg(target_os = "none")]
mod monitor;
#[cfg(target_os = "none")]
mod vcpu;

#[cfg(test)]
mod tests;

/// After power-on: the loader has entered `metal::world::boot` with the address of its StartInfo,
/// which has brought us to 64-bit mode in slot 509. Interrupts are off, and stay off in
/// the hypervisor for ever, but for the HLT of an idle CPU.
#[cfg(target_os = "none")]
#[allow(unsafe_code)] // the attribute only: the boot code calls this name
#[unsafe(no_mangle)]
extern "C" fn hypervisor_main(start: u32) -> ! {
    let mut hypervisor = machine::Hypervisor::take_over(start);
    hypervisor.prompt();
    hypervisor.run()
}

/// A bug of ours. (A guest's bug is never one: see [`guest::Guest::kill`].)
#[cfg(target_os = "none")]
#[panic_handler]
fn panic(panic: &core::panic::PanicInfo<'_>) -> ! {
    console::say!("\nhypervisor {panic}");
    metal::port::post(0xff);
    metal::port::out8(0xf4, 0x7f);
    metal::reg::stop()
}

#[cfg(not(target_os = "none"))]
fn main() {
    println!("{} runs inside the machine: see crates/os/images", env!("CARGO_PKG_NAME"));
}
