//! # 43. The serial port: a 16550
//!
//! A guest's console. Bytes that the guest transmits wait in [`Uart::sent`] until the
//! hypervisor carries them to the PC's own port; bytes from there wait in [`Uart::received`].
//! The registers are those of National's PC16550D datasheet; baud rate and parity are kept and
//! mean nothing.

use super::ring::Ring;

/// Interrupt line of COM1.
pub const LINE: u8 = 4;

const IER_RECEIVE: u8 = 1;
const IER_TRANSMIT: u8 = 2;
const LSR_READY: u8 = 1;
const LSR_OVERRUN: u8 = 2;
const LSR_EMPTY: u8 = 0x60;
const LCR_DLAB: u8 = 0x80;
const MCR_OUT2: u8 = 8;

/// One 16550.
#[derive(Clone, Copy)]
pub struct Uart {
    /// From the guest to the world.
    pub sent: Ring,
    /// From the world to the guest.
    pub received: Ring,
    divisor: [u8; 2],
    ier: u8,
    fcr: u8,
    lcr: u8,
    mcr: u8,
    scratch: u8,
    overrun: bool,
    /// The transmitter ran empty since IIR was last read or a byte written.
    emptied: bool,
}

impl Uart {
    /// After reset: 9600 baud.
    pub const NEW: Self = Self {
        sent: Ring::NEW,
        received: Ring::NEW,
        divisor: [12, 0],
        ier: 0,
        fcr: 0,
        lcr: 3,
        mcr: 0,
        scratch: 0,
        overrun: false,
        emptied: false,
    };

    /// A byte arrives on the wire.
    pub fn receive(&mut self, byte: u8) {
        if !self.received.push(byte) {
            self.overrun = true;
        }
    }

    /// The interrupt pin. A PC connects it through OUT2.
    pub fn line(&self) -> bool {
        self.mcr & MCR_OUT2 != 0 && self.reason() != 1
    }

    /// The interrupt identification: 4 received, 2 transmitter empty, 1 none.
    fn reason(&self) -> u8 {
        if self.ier & IER_RECEIVE != 0 && !self.received.is_empty() {
            4
        } else if self.ier & IER_TRANSMIT != 0 && self.emptied {
            2
        } else {
            1
        }
    }

    /// Reads register 0..=7.
    pub fn read(&mut self, register: u16) -> u8 {
        let dlab = self.lcr & LCR_DLAB != 0;
        match register {
            0 | 1 if dlab => self.divisor[usize::from(register)],
            0 => self.received.pop().unwrap_or(0),
            1 => self.ier,
            2 => {
                let reason = self.reason();
                if reason == 2 {
                    self.emptied = false;
                }
                reason | if self.fcr & 1 != 0 { 0xc0 } else { 0 }
            }
            3 => self.lcr,
            4 => self.mcr,
            5 => {
                let overrun = core::mem::take(&mut self.overrun);
                let bit = |is: bool, bit: u8| if is { bit } else { 0 };
                bit(!self.received.is_empty(), LSR_READY)
                    | bit(overrun, LSR_OVERRUN)
                    | bit(!self.sent.is_full(), LSR_EMPTY)
            }
            6 => 0xb0, // a modem is there and ready
            _ => self.scratch,
        }
    }

    /// Writes register 0..=7.
    pub fn write(&mut self, register: u16, value: u8) {
        let dlab = self.lcr & LCR_DLAB != 0;
        match register {
            0 | 1 if dlab => self.divisor[usize::from(register)] = value,
            0 => {
                self.sent.push(value);
                self.emptied = true;
            }
            1 => {
                // Enabling the transmit interrupt while empty raises it at once.
                if value & !self.ier & IER_TRANSMIT != 0 {
                    self.emptied = true;
                }
                self.ier = value & 0xf;
            }
            2 => {
                self.fcr = value;
                if value & 2 != 0 {
                    self.received = Ring::NEW;
                }
            }
            3 => self.lcr = value,
            4 => self.mcr = value & 0x1f,
            7 => self.scratch = value,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_out_and_come_in() {
        let mut uart = Uart::NEW;
        uart.write(3, 0x83);
        uart.write(0, 1);
        uart.write(1, 0);
        uart.write(3, 0x03);
        assert_eq!(uart.read(5), 0x60);
        uart.write(0, b'x');
        assert_eq!(uart.sent.pop(), Some(b'x'));
        uart.receive(b'y');
        assert_eq!(uart.read(5), 0x61);
        assert_eq!((uart.read(0), uart.read(5)), (b'y', 0x60));
    }

    #[test]
    fn interrupts_have_a_reason_and_an_end() {
        let mut uart = Uart::NEW;
        uart.write(1, 3);
        assert!(!uart.line(), "OUT2 is the switch");
        uart.write(4, 8);
        assert!(uart.line());
        assert_eq!((uart.read(2), uart.read(2)), (2, 1), "reading the reason ends it");
        uart.receive(b'a');
        assert_eq!(uart.read(2), 4);
        uart.read(0);
        assert!(!uart.line());
        uart.write(0, b'b');
        assert!(uart.line(), "sent at once, so empty again");
    }

    #[test]
    fn an_overrun_is_told_once() {
        let mut uart = Uart::NEW;
        for _ in 0..=Ring::SIZE {
            uart.receive(0);
        }
        assert_eq!(uart.read(5) & LSR_OVERRUN, LSR_OVERRUN);
        assert_eq!(uart.read(5) & LSR_OVERRUN, 0);
    }
}
