//! The boot ROM: from the reset vector to the kernel's door.
//!
//! What a PC does before there is an operating system: 16-bit real mode, a console, the A20
//! gate, a descriptor table, protected mode. It is one assembly program in chapters, told in
//! the order in which they run, because no compiler speaks the first of these languages.
//!
//! | chapter | what |
//! |---|---|
//! | `rom/1-reset.s` | the first instruction, segments, a stack |
//! | `rom/2-console.s` | the serial port, the text screen, printing |
//! | `rom/3-services.s` | interrupt vectors, and the few BIOS calls that a boot sector makes |
//! | `rom/4-a20.s` | the twenty-first address line |
//! | `rom/5-handoff.s` | what shall be started? |
//! | `rom/6-protected.s` | the GDT, CR0.PE, and the jump to the kernel |
//!
//! `cargo build -p firmware --target x86_64-unknown-none --profile guest` makes an ELF file
//! whose one loadable segment, 64 KiB at F0000, is the ROM. There is no disk to load from:
//! the machine's loader has put the kernel into memory already, as a loader in flash would,
//! and left a record at 0F00 that says where its door is (`rom/5-handoff.s`). The last POST
//! code at port 80h tells how far it came.

#![cfg_attr(target_os = "none", no_std, no_main)]
// The compiler counts the assembly as unsafe code, and rightly; there is no other here.
#![cfg_attr(not(target_os = "none"), forbid(unsafe_code))]

#[cfg(target_os = "none")]
core::arch::global_asm!(
    include_str!("rom/1-reset.s"),
    include_str!("rom/2-console.s"),
    include_str!("rom/3-services.s"),
    include_str!("rom/4-a20.s"),
    include_str!("rom/5-handoff.s"),
    include_str!("rom/6-protected.s"),
    ".code64",
    options(raw)
);

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

#[cfg(not(target_os = "none"))]
fn main() {
    println!(
        "{} runs inside the machine: see crates/os/images",
        env!("CARGO_PKG_NAME")
    );
}
