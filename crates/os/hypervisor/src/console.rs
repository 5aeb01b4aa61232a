//! # 70. The PC's serial ports
//!
//! COM1 is our monitor. Each of the others is the console of a VM: what the guest's virtual
//! UART sends goes out there, what arrives there goes into it. Receiving is by interrupt (COM1
//! and COM3 share line 4, COM2 and COM4 line 3); sending waits for nobody, because waiting
//! here would be waiting for all VMs.

use core::fmt;

use metal::port::{in8, out8};

/// First ports of COM1 to COM4.
const BASES: [u16; 4] = [0x3f8, 0x2f8, 0x3e8, 0x2e8];
/// How many ports there may be.
pub const PORTS: usize = BASES.len();
/// How often the monitor asks whether its port is ready before it sends anyway.
const PATIENCE: u32 = 10_000;

/// The ports of this PC.
#[derive(Clone, Copy)]
pub struct Ports {
    present: [bool; PORTS],
}

impl Ports {
    /// Finds the ports and turns their receive interrupts on.
    pub fn open() -> Self {
        let mut ports = Self { present: [false; PORTS] };
        for (port, base) in BASES.into_iter().enumerate() {
            // Only a UART remembers what is written to its scratch register.
            out8(base + 7, 0x5a);
            if in8(base + 7) != 0x5a {
                continue;
            }
            ports.present[port] = true;
            for (register, value) in
                [(1, 0), (3, 0x83), (0, 1), (1, 0), (3, 3), (2, 7), (4, 11), (1, 1)]
            {
                out8(base + register, value);
            }
        }
        ports
    }

    /// A byte that has arrived.
    pub fn receive(&self, port: usize) -> Option<u8> {
        let ready = self.present[port] && in8(BASES[port] + 5) & 1 != 0;
        ready.then(|| in8(BASES[port]))
    }

    /// Whether a byte can be sent now. A port that is not there swallows everything.
    pub fn ready(&self, port: usize) -> bool {
        !self.present[port] || in8(BASES[port] + 5) & 0x20 != 0
    }

    /// Sends a byte.
    pub fn send(&self, port: usize, byte: u8) {
        if self.present[port] {
            out8(BASES[port], byte);
        }
    }
}

/// The monitor's screen: COM1.
pub struct Screen;

impl fmt::Write for Screen {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                put(b'\r');
            }
            put(byte);
        }
        Ok(())
    }
}

fn put(byte: u8) {
    for _ in 0..PATIENCE {
        if in8(BASES[0] + 5) & 0x20 != 0 {
            break;
        }
    }
    out8(BASES[0], byte);
}

/// Prints a line on the monitor's screen.
macro_rules! say {
    ($($arg:tt)*) => {{
        // (A screen never fails.)
        let _ = core::fmt::Write::write_fmt(&mut $crate::console::Screen, format_args!($($arg)*));
        let _ = core::fmt::Write::write_str(&mut $crate::console::Screen, "\n");
    }};
}
pub(crate) use say;
