//! A small kernel with Linux's ABI, namespaces and cgroups.

#![cfg_attr(target_os = "none", no_std, no_main)]
#![deny(unsafe_code)]

#[cfg(target_os = "none")]
mod dev;
#[cfg(target_os = "none")]
mod panic;

#[cfg(target_os = "none")]
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
extern "C" fn kernel_main(start_info: u64) -> ! {
    metal::port::post(0x20);
    metal::trap::init();
    dev::uart::COM1.init();
    dev::uart::COM1.write(b"hello\n");
    let _ = start_info;
    panic!("the end");
}

#[cfg(target_os = "none")]
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
extern "C" fn kernel_trap(frame: &mut metal::trap::Frame) {
    panic!("{frame:x?}");
}

#[cfg(target_os = "none")]
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
extern "C" fn kernel_syscall(frame: &mut metal::trap::Frame) {
    panic!("{frame:x?}");
}

#[cfg(not(target_os = "none"))]
fn main() {
    println!(
        "{} runs inside the machine: see crates/os/images",
        env!("CARGO_PKG_NAME")
    );
}
