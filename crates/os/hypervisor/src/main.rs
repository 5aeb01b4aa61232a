//! A trap-and-emulate hypervisor that can be read in an afternoon.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

mod decode;
mod devices;

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

#[cfg(target_os = "none")]
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
extern "C" fn hypervisor_main(start: u32) -> ! {
    metal::world::init();
    for b in b"hello from slot 509\r\n" {
        metal::port::out8(0x3f8, *b);
    }
    let _ = start;
    metal::port::out8(0xf4, 0x10);
    loop {}
}

#[cfg(not(target_os = "none"))]
fn main() {
    println!(
        "{} runs inside the machine: see crates/os/images",
        env!("CARGO_PKG_NAME")
    );
}
