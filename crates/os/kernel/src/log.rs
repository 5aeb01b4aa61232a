//! The kernel's own messages: on the console, and in a ring for syslog(2).
//!
//! Each line begins with the time since boot, in seconds of the TSC.

use crate::dev::uart::COM1;
use crate::kernel::Kernel;
use core::fmt::{self, Write};

/// Bytes of messages that are kept.
pub const KEPT: usize = 4096;

/// The messages so far.
#[derive(zerocopy::FromZeros)]
#[repr(C)]
pub struct Log {
    /// The last [`KEPT`] bytes, as a ring.
    ring: [u8; KEPT],
    /// Bytes ever written.
    written: u64,
    /// 1: not to the console.
    pub quiet: u64,
}

impl Log {
    /// How many bytes are kept.
    pub fn kept(&self) -> u64 {
        self.written.min(KEPT as u64)
    }

    /// The byte `back` from the end, 1 for the last.
    pub fn byte_from_end(&self, back: u64) -> u8 {
        self.ring[((self.written - back) % KEPT as u64) as usize]
    }
}

/// A line under construction, or a piece of one.
pub struct Line {
    bytes: [u8; 200],
    len: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if self.len < self.bytes.len() {
                self.bytes[self.len] = byte;
                self.len += 1;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.bytes[..self.len]).unwrap_or("?"))
    }
}

/// Formats a piece of a line that looks at the kernel, which [`line`] wants for itself.
pub fn piece(text: fmt::Arguments) -> Line {
    let mut line = Line {
        bytes: [0; 200],
        len: 0,
    };
    let _ = line.write_fmt(text);
    line
}

/// Writes one line.
pub fn line(k: &mut Kernel, text: fmt::Arguments) {
    let mut line = Line {
        bytes: [0; 200],
        len: 0,
    };
    let micros = k.time.monotonic_ns() / 1000;
    let _ = write!(
        line,
        "[{:5}.{:06}] {text}",
        micros / 1_000_000,
        micros % 1_000_000
    );
    let bytes = &line.bytes[..line.len];
    for &byte in bytes.iter().chain(b"\n") {
        k.log.ring[(k.log.written % KEPT as u64) as usize] = byte;
        k.log.written += 1;
    }
    if k.log.quiet == 0 {
        COM1.write(bytes);
        COM1.write(b"\r\n");
    }
}
