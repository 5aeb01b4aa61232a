//! The end: one clear block on the console, then HLT with interrupts off.
//!
//! A panic means a bug of the kernel's own. Nothing that a program does may lead here.

use crate::dev::uart::COM1;
use core::fmt::{self, Write};

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for line in text.split_inclusive('\n') {
            match line.strip_suffix('\n') {
                Some(line) => {
                    COM1.write(line.as_bytes());
                    COM1.write(b"\r\n");
                }
                None => COM1.write(line.as_bytes()),
            }
        }
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    metal::reg::cli();
    metal::port::post(0xff);
    let mut out = Console;
    let _ = writeln!(out, "\n---[ kernel panic ]---");
    if let Some(at) = info.location() {
        let _ = writeln!(out, "at     {}:{}", at.file(), at.line());
    }
    let _ = writeln!(out, "why    {}", info.message());
    let _ = writeln!(out, "---[ the machine is stopped ]---");
    metal::reg::stop()
}
