//! The 16550 serial port (National PC16550D data sheet), as QEMU shows it.
//!
//! ```text
//!   0 RBR/THR (DLAB: divisor low)   1 IER (DLAB: divisor high)   2 IIR/FCR   3 LCR
//!   4 MCR                           5 LSR                        6 MSR       7 SCR
//! ```
//!
//! Sending takes no time: the transmitter is empty again when the next instruction asks.
//! Receiving takes the time of the line: characters come one by one at the programmed speed,
//! and wait at the other end while there is no room, so none is lost.

use crate::{console::Transcript, time::HZ};
use probe::Moment;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Interrupt enable register.
mod ier {
    pub const RECEIVED: u8 = 1;
    pub const EMPTY: u8 = 2;
    pub const LINE: u8 = 4;
    pub const MODEM: u8 = 8;
}
/// Interrupt identification, highest priority first.
mod iir {
    pub const LINE: u8 = 0x06;
    pub const TIMEOUT: u8 = 0x0c;
    pub const RECEIVED: u8 = 0x04;
    pub const EMPTY: u8 = 0x02;
    pub const MODEM: u8 = 0x00;
    pub const NONE: u8 = 0x01;
    pub const FIFOS: u8 = 0xc0;
}
mod fcr {
    pub const ENABLE: u8 = 1;
    pub const CLEAR_RECEIVER: u8 = 2;
    pub const CLEAR_SENDER: u8 = 4;
    /// The bits that stay: enable, DMA mode, trigger level.
    pub const KEPT: u8 = 0xc9;
}
mod lcr {
    pub const DLAB: u8 = 0x80;
}
mod mcr {
    pub const LOOP: u8 = 0x10;
}
mod lsr {
    pub const READY: u8 = 0x01;
    pub const OVERRUN: u8 = 0x02;
    pub const ERRORS: u8 = 0x1e;
    /// Room to send, and nothing under way: always, here.
    pub const SENDER_EMPTY: u8 = 0x60;
}
mod msr {
    pub const DELTAS: u8 = 0x0f;
    /// Somebody listens: DCD, DSR and CTS.
    pub const CONNECTED: u8 = 0xb0;
}

const FIFO: usize = 16;

/// One serial port.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Uart {
    divisor: u16,
    ier: u8,
    fcr: u8,
    lcr: u8,
    mcr: u8,
    /// Ready and error bits; the sender's are constant.
    lsr: u8,
    msr: u8,
    scratch: u8,
    /// Received and not yet read: at most 1 or, with FIFOs on, 16.
    received: VecDeque<u8>,
    /// The sender became empty and nobody has been told.
    empty_pending: bool,
    /// Characters lie in the FIFO, too few to reach the trigger level, for too long.
    timeout_pending: bool,
    timeout_at: Option<Moment>,
    /// Typed at the other end and not yet here.
    waiting: VecDeque<u8>,
    /// When the line is free for the next character.
    line_free: Moment,
    /// Everything that was sent.
    pub output: Transcript,
}

impl Default for Uart {
    fn default() -> Self {
        Self {
            divisor: 12,
            ier: 0,
            fcr: 0,
            lcr: 0,
            mcr: 0x08,
            lsr: 0,
            msr: msr::CONNECTED,
            scratch: 0,
            received: VecDeque::new(),
            empty_pending: false,
            timeout_pending: false,
            timeout_at: None,
            waiting: VecDeque::new(),
            line_free: 0,
            output: Transcript::default(),
        }
    }
}

impl Uart {
    /// Somebody types at the other end of the line.
    pub fn type_bytes(&mut self, at: Moment, bytes: &[u8]) {
        if self.waiting.is_empty() {
            self.line_free = self.line_free.max(at);
        }
        self.waiting.extend(bytes);
    }

    /// Whether all that was typed has been read by the guest.
    pub fn input_is_read(&self) -> bool {
        self.waiting.is_empty() && self.received.is_empty()
    }

    /// When [`act`](Self::act) next has something to do.
    pub fn next_deadline(&self) -> Option<Moment> {
        let arrival = (!self.waiting.is_empty() && self.has_room()).then_some(self.line_free);
        crate::time::earlier(arrival, self.timeout_at)
    }

    /// Takes a character from the line, notices a timeout.
    pub fn act(&mut self, at: Moment) {
        if self.line_free <= at
            && self.has_room()
            && let Some(byte) = self.waiting.pop_front()
        {
            self.receive(at, byte);
            self.line_free = at + self.character();
        }
        if self.timeout_at.is_some_and(|due| due <= at) {
            self.timeout_at = None;
            self.timeout_pending = true;
        }
    }

    /// Whether the interrupt line is high.
    pub fn line(&self) -> bool {
        self.cause() != iir::NONE
    }

    /// IN from the register at this offset.
    pub fn read(&mut self, at: Moment, register: u16) -> u8 {
        match register {
            0 if self.dlab() => self.divisor as u8,
            0 => self.take(at),
            1 if self.dlab() => (self.divisor >> 8) as u8,
            1 => self.ier,
            2 => self.identify(),
            3 => self.lcr,
            4 => self.mcr,
            5 => {
                let value = self.lsr | lsr::SENDER_EMPTY;
                self.lsr &= !lsr::ERRORS;
                value
            }
            6 if self.looped() => self.looped_modem_lines(),
            6 => {
                let value = self.msr;
                self.msr &= !msr::DELTAS;
                value
            }
            _ => self.scratch,
        }
    }

    /// OUT to the register at this offset.
    pub fn write(&mut self, at: Moment, register: u16, value: u8) {
        match register {
            0 if self.dlab() => self.divisor = self.divisor & 0xff00 | u16::from(value),
            0 => self.send(at, value),
            1 if self.dlab() => self.divisor = self.divisor & 0xff | u16::from(value) << 8,
            1 => {
                let changed = self.ier ^ value;
                self.ier = value & 0x0f;
                // Switching it on interrupts at once, since the sender is empty.
                if changed & ier::EMPTY != 0 {
                    self.empty_pending = value & ier::EMPTY != 0;
                }
            }
            2 => self.set_fifo_control(value),
            3 => self.lcr = value,
            4 => self.mcr = value & 0x1f,
            7 => self.scratch = value,
            _ => {} // LSR and MSR are read-only
        }
    }

    fn dlab(&self) -> bool {
        self.lcr & lcr::DLAB != 0
    }
    fn looped(&self) -> bool {
        self.mcr & mcr::LOOP != 0
    }
    fn fifos(&self) -> bool {
        self.fcr & fcr::ENABLE != 0
    }
    fn has_room(&self) -> bool {
        !self.looped() && self.received.len() < if self.fifos() { FIFO } else { 1 }
    }
    /// How many characters in the FIFO make the receiver interrupt.
    fn trigger(&self) -> usize {
        [1, 4, 8, 14][usize::from(self.fcr >> 6)]
    }
    /// Moments that one character takes on the line: start, data, parity and stop bits.
    fn character(&self) -> Moment {
        let bits = 1 + 5 + (self.lcr & 3) + (self.lcr >> 3 & 1) + 1 + (self.lcr >> 2 & 1);
        HZ * u64::from(self.divisor.max(1)) * u64::from(bits) / 115_200
    }

    fn send(&mut self, at: Moment, byte: u8) {
        if self.looped() {
            self.receive(at, byte);
        } else {
            self.output.push(byte);
        }
        self.empty_pending = true;
    }

    fn receive(&mut self, at: Moment, byte: u8) {
        let room = if self.fifos() { FIFO } else { 1 };
        if self.received.len() == room {
            self.lsr |= lsr::OVERRUN;
            if self.fifos() {
                return; // what is in the FIFO stays; the new one is lost
            }
            self.received.clear();
        }
        self.received.push_back(byte);
        self.lsr |= lsr::READY;
        if self.fifos() {
            self.timeout_at = Some(at + 4 * self.character());
        }
    }

    fn take(&mut self, at: Moment) -> u8 {
        let byte = self.received.pop_front();
        self.timeout_pending = false;
        self.timeout_at = None;
        if self.received.is_empty() {
            self.lsr &= !lsr::READY;
        } else {
            self.timeout_at = Some(at + 4 * self.character());
        }
        byte.unwrap_or(0)
    }

    fn identify(&mut self) -> u8 {
        let cause = self.cause();
        if cause == iir::EMPTY {
            self.empty_pending = false; // being told is enough
        }
        cause | if self.fifos() { iir::FIFOS } else { 0 }
    }

    fn cause(&self) -> u8 {
        let enabled = |bit| self.ier & bit != 0;
        let enough = !self.fifos() || self.received.len() >= self.trigger();
        if enabled(ier::LINE) && self.lsr & lsr::ERRORS != 0 {
            iir::LINE
        } else if enabled(ier::RECEIVED) && self.timeout_pending {
            iir::TIMEOUT
        } else if enabled(ier::RECEIVED) && self.lsr & lsr::READY != 0 && enough {
            iir::RECEIVED
        } else if enabled(ier::EMPTY) && self.empty_pending {
            iir::EMPTY
        } else if enabled(ier::MODEM) && self.msr & msr::DELTAS != 0 {
            iir::MODEM
        } else {
            iir::NONE
        }
    }

    fn set_fifo_control(&mut self, value: u8) {
        let switched = (value ^ self.fcr) & fcr::ENABLE != 0;
        if switched || value & fcr::CLEAR_RECEIVER != 0 {
            self.received.clear();
            self.lsr &= !lsr::READY;
            (self.timeout_pending, self.timeout_at) = (false, None);
        }
        if switched || value & fcr::CLEAR_SENDER != 0 {
            self.empty_pending = true;
        }
        self.fcr = if value & fcr::ENABLE != 0 {
            value & fcr::KEPT
        } else {
            0
        };
    }

    /// In loop-back the modem outputs are the modem inputs: RTS, DTR, OUT1, OUT2 become CTS,
    /// DSR, RI, DCD.
    fn looped_modem_lines(&self) -> u8 {
        (self.mcr & 0x0c) << 4 | (self.mcr & 2) << 3 | (self.mcr & 1) << 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As kernels set it up: 115,200 baud, 8N1, FIFOs with the given trigger bits, interrupts.
    fn set_up(fcr: u8, ier: u8) -> Uart {
        let mut uart = Uart::default();
        for (register, value) in [(3, 0x83), (0, 1), (1, 0), (3, 0x03), (2, fcr), (1, ier)] {
            uart.write(0, register, value);
        }
        uart
    }
    const CHARACTER: Moment = HZ * 10 / 115_200;

    #[test]
    fn what_is_written_is_said() {
        let mut uart = set_up(0x07, 0);
        for &byte in b"hello" {
            assert_eq!(uart.read(0, 5), 0x60);
            uart.write(0, 0, byte);
        }
        assert_eq!(uart.output.text(), "hello");
        assert!(!uart.line());
    }

    #[test]
    fn the_sender_interrupts_when_enabled_and_after_each_byte() {
        let mut uart = set_up(0x07, ier::EMPTY);
        assert!(uart.line(), "switching it on is enough");
        assert_eq!(uart.read(0, 2), 0xc2);
        assert!(!uart.line(), "and reading IIR ends it");
        assert_eq!(uart.read(0, 2), 0xc1);
        uart.write(0, 0, b'x');
        assert_eq!(uart.read(0, 2), 0xc2);
        uart.write(0, 1, 0);
        uart.write(0, 1, ier::EMPTY);
        assert!(uart.line());
    }

    #[test]
    fn a_character_comes_and_interrupts() {
        let mut uart = set_up(0x07, ier::RECEIVED);
        uart.type_bytes(1000, b"ab");
        assert_eq!(uart.next_deadline(), Some(1000));
        uart.act(1000);
        assert!(uart.line());
        assert_eq!(uart.read(1000, 2), 0xc4);
        assert_eq!(uart.read(1000, 5), 0x61);
        assert_eq!(uart.next_deadline(), Some(1000 + CHARACTER));
        assert_eq!(uart.read(1001, 0), b'a');
        assert!(!uart.line());
        uart.act(1000 + CHARACTER);
        assert_eq!(uart.read(1000 + CHARACTER, 0), b'b');
        assert!(uart.input_is_read());
        assert_eq!(uart.next_deadline(), None);
    }

    #[test]
    fn below_the_trigger_level_a_timeout_interrupts() {
        let mut uart = set_up(0xc7, ier::RECEIVED);
        uart.type_bytes(0, b"a");
        uart.act(0);
        assert!(!uart.line());
        assert_eq!(uart.next_deadline(), Some(4 * CHARACTER));
        uart.act(4 * CHARACTER);
        assert_eq!(uart.read(0, 2), 0xcc);
        assert_eq!(uart.read(0, 0), b'a');
        assert!(!uart.line());
    }

    #[test]
    fn without_room_characters_wait_and_none_is_lost() {
        for (fcr, room) in [(0x07, 16), (0, 1)] {
            let mut uart = set_up(fcr, 0);
            let text: Vec<u8> = (0..40).collect();
            uart.type_bytes(0, &text);
            let mut at = 0;
            while let Some(next) = uart.next_deadline().filter(|_| !uart.waiting.is_empty()) {
                at = next;
                uart.act(at);
                if uart.received.len() == room {
                    break;
                }
            }
            let mut read = Vec::new();
            for _ in 0..1000 {
                while uart.read(at, 5) & 1 != 0 {
                    read.push(uart.read(at, 0));
                }
                at += CHARACTER;
                uart.act(at);
            }
            assert_eq!(read, text);
        }
    }

    #[test]
    fn loop_back_is_how_a_uart_is_recognised() {
        let mut uart = set_up(0x07, 0);
        assert_eq!(uart.read(0, 6), 0xb0);
        uart.write(0, 4, 0x1a);
        assert_eq!(uart.read(0, 6) & 0xf0, 0x90);
        uart.write(0, 0, b'z');
        assert_eq!(uart.read(0, 5) & 1, 1);
        assert_eq!(uart.read(0, 0), b'z');
        assert_eq!(uart.output.total(), 0);
    }

    #[test]
    fn an_overrun_tells_and_its_flag_is_read_once() {
        let mut uart = set_up(0, ier::LINE);
        uart.write(0, 4, 0x10);
        uart.write(0, 0, 1);
        uart.write(0, 0, 2);
        assert_eq!(uart.read(0, 2), 0x06);
        assert_eq!(uart.read(0, 5) & 2, 2);
        assert_eq!(uart.read(0, 5) & 2, 0);
        assert_eq!(uart.read(0, 0), 2);
    }

    #[test]
    fn registers_read_back() {
        let mut uart = set_up(0x07, 0x0d);
        uart.write(0, 7, 0x5a);
        uart.write(0, 3, 0x9b);
        assert_eq!(
            [0, 1, 3, 7].map(|register| uart.read(0, register)),
            [1, 0, 0x9b, 0x5a]
        );
        uart.write(0, 3, 0x1b);
        assert_eq!(uart.read(0, 1), 0x0d);
        assert_eq!(
            uart.character(),
            HZ * 11 / 115_200,
            "8 bits, parity, 1 stop bit"
        );
    }
}
