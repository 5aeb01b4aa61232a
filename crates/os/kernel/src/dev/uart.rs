//! The 16550 serial port: eight registers, a byte at a time or sixteen.
//!
//! Output is polled: the kernel waits until the transmitter is empty and then fills its FIFO,
//! sixteen bytes a wait. Input comes by interrupt (IRQ 4 and 3) into the tty.
//!
//! | offset | read | write |
//! |---|---|---|
//! | 0 | received byte | byte to send |
//! | 1 | interrupt enable | interrupt enable |
//! | 2 | interrupt id | FIFO control |
//! | 3 | line control | line control |
//! | 4 | modem control | modem control |
//! | 5 | line status | |

use metal::port::{in8, out8};

/// A serial port by its first I/O address.
#[derive(Clone, Copy)]
pub struct Uart {
    base: u16,
}

/// The four serial ports of a PC.
pub const PORTS: [Uart; 4] = [
    Uart { base: 0x3f8 },
    Uart { base: 0x2f8 },
    Uart { base: 0x3e8 },
    Uart { base: 0x2e8 },
];
/// The interrupt line of each.
pub const IRQS: [u8; 4] = [4, 3, 4, 3];
/// The first: the console.
pub const COM1: Uart = PORTS[0];

/// Line status: a received byte waits.
const DATA_READY: u8 = 1 << 0;
/// Line status: the transmitter can take a FIFO full.
const TRANSMITTER_EMPTY: u8 = 1 << 5;
/// Bytes that the transmitter's FIFO holds.
const FIFO: usize = 16;

impl Uart {
    /// Whether there is a UART at this address: its scratch register remembers.
    pub fn present(self) -> bool {
        out8(self.base + 7, 0x5a);
        in8(self.base + 7) == 0x5a
    }

    /// 115200 baud, eight bits, no parity, one stop bit; FIFOs on; interrupts still off.
    pub fn init(self) {
        out8(self.base + 1, 0);
        out8(self.base + 3, 0x80); // divisor latch
        out8(self.base, 1);
        out8(self.base + 1, 0);
        out8(self.base + 3, 0x03);
        out8(self.base + 2, 0x07); // FIFOs on and cleared
        out8(self.base + 4, 0x0b); // DTR, RTS, and OUT2, which lets the interrupt through
    }

    /// Asks for an interrupt when a byte arrives.
    pub fn enable_interrupt(self) {
        out8(self.base + 1, 0x01);
    }

    /// Sends bytes, waiting for the transmitter as needed.
    pub fn write(self, bytes: &[u8]) {
        for burst in bytes.chunks(FIFO) {
            while in8(self.base + 5) & TRANSMITTER_EMPTY == 0 {}
            for &byte in burst {
                out8(self.base, byte);
            }
        }
    }

    /// Takes a received byte, if there is one.
    pub fn read(self) -> Option<u8> {
        (in8(self.base + 5) & DATA_READY != 0).then(|| in8(self.base))
    }
}
