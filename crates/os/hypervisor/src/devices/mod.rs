//! # 40. The devices of a virtual machine
//!
//! Every IN and OUT of a guest arrives here. A VM has what a small PC has, each device a file:
//!
//! | ports | device | line |
//! |---|---|---|
//! | 0x20 0x21 0xA0 0xA1 | [`pic`]: two 8259 | |
//! | 0x40..0x43 0x61 | [`pit`]: 8254 | 0 |
//! | 0x70 0x71 | [`rtc`]: CMOS clock | |
//! | 0x80 | POST code: the last one is kept | |
//! | 0xE9 | debug console: the PC's own | |
//! | 0xF4 | exit: the VM ends itself | |
//! | 0x3F8..0x3FF | [`uart`]: COM1, its console | 4 |
//!
//! What a guest sends waits in queues until the hypervisor carries it to the PC's devices; so,
//! but for reading the wall clock, nothing here touches the PC and all of it is tested on a
//! development host.

pub mod pic;
pub mod pit;
pub mod ring;
pub mod rtc;
pub mod uart;

use pic::Pics;
use pit::{Clock, Pit};
use ring::Ring;
use rtc::Rtc;
use uart::Uart;

/// All devices of one VM.
#[derive(Clone, Copy)]
pub struct Devices {
    /// Interrupt controllers.
    pub pics: Pics,
    /// Timer.
    pub pit: Pit,
    /// Clock.
    pub rtc: Rtc,
    /// Console.
    pub uart: Uart,
    /// What it wrote to the debug console.
    pub debug: Ring,
    /// Something waits in `uart.sent` or `debug`.
    pub output: bool,
    /// The last progress code.
    pub post: u8,
    /// TSC to timer ticks.
    pub clock: Clock,
    /// TSC at which the timer wants attention: what every entry compares with.
    pub due: u64,
}

impl Devices {
    /// A PC just switched on.
    pub const NEW: Self = Self {
        pics: Pics::NEW,
        pit: Pit::NEW,
        rtc: Rtc::NEW,
        uart: Uart::NEW,
        debug: Ring::NEW,
        output: false,
        post: 0,
        clock: Clock::new(0, pit::HZ),
        due: u64::MAX,
    };

    /// Lets time pass up to TSC `now`, if anything was waiting for it.
    #[inline]
    pub fn advance(&mut self, now: u64) {
        if now >= self.due {
            self.timer(now);
        }
    }

    #[inline(never)]
    fn timer(&mut self, now: u64) {
        if self.pit.expired(self.clock.ticks(now)) {
            self.pics.set(0, false);
            self.pics.set(0, true);
        }
        self.arm();
    }

    fn arm(&mut self) {
        self.due = match self.pit.due() {
            u64::MAX => u64::MAX,
            ticks => self.clock.tsc(ticks),
        };
    }

    /// A byte from the console's keyboard.
    pub fn receive(&mut self, byte: u8) {
        self.uart.receive(byte);
        self.pics.set(uart::LINE, self.uart.line());
    }

    /// IN. A port where nothing is reads as ones.
    pub fn read(&mut self, port: u16, size: u64, now: u64) -> u32 {
        let byte = match port {
            0x20 | 0x21 | 0xa0 | 0xa1 => self.pics.read(port),
            0x40..=0x43 | 0x61 => self.pit.read(port, self.clock.ticks(now)),
            0x70 | 0x71 => self.rtc.read(port, host_clock),
            0x80 => self.post,
            // How Bochs and QEMU say that the debug console is there.
            0xe9 => 0xe9,
            0x3f8..=0x3ff => {
                let byte = self.uart.read(port & 7);
                self.pics.set(uart::LINE, self.uart.line());
                byte
            }
            _ => return u32::MAX >> (32 - 8 * size),
        };
        u32::from(byte)
    }

    /// OUT. A port where nothing is swallows it. `Some(status)` if the guest ends itself.
    pub fn write(&mut self, port: u16, value: u32, now: u64) -> Option<u32> {
        let byte = value as u8;
        match port {
            0x20 | 0x21 | 0xa0 | 0xa1 => self.pics.write(port, byte),
            0x40..=0x43 | 0x61 => {
                self.pit.write(port, byte, self.clock.ticks(now));
                self.arm();
            }
            0x70 | 0x71 => self.rtc.write(port, byte),
            0x80 => self.post = byte,
            0xe9 => {
                self.debug.push(byte);
                self.output = true;
            }
            0xf4 => return Some(value),
            0x3f8..=0x3ff => {
                self.uart.write(port & 7, byte);
                // A pulse, because the 8259 wants an edge for each reason.
                self.pics.set(uart::LINE, false);
                self.pics.set(uart::LINE, self.uart.line());
                self.output |= port == 0x3f8;
            }
            _ => {}
        }
        None
    }
}

/// One register of the PC's own clock chip.
fn host_clock(index: u8) -> u8 {
    metal::port::out8(0x70, index);
    metal::port::in8(0x71)
}
