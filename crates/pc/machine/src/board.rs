//! [`Board`]: everything around the CPU, wired together.
//!
//! It answers the CPU's pins ([`cpu::Bus`]), carries interrupt lines from devices to the
//! interrupt controller, and knows when a device next wants to act.

use crate::device::{
    debug::Debug, keyboard::Keyboard, pic::Pic, pit::Pit, rtc::Rtc, uart::Uart, vga::Vga,
};
use crate::memory::Memory;
use crate::ports::{self, Device, UART_LINES};
use crate::time::earlier;
use cpu::{Bus, Page};
use probe::{Event, Moment, Probe};
use serde::{Deserialize, Serialize};

/// The state of every device: what a snapshot keeps beside memory and CPU.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Devices {
    /// The interrupt controllers.
    pub pic: Pic,
    /// The timer.
    pub pit: Pit,
    /// The clock chip.
    pub rtc: Rtc,
    /// COM1 to COM4.
    pub uarts: [Uart; 4],
    /// Keyboard and its controller.
    pub keyboard: Keyboard,
    /// The text screen's registers.
    pub vga: Vga,
    /// POST codes, debug console, exit port.
    pub debug: Debug,
    /// The interrupt lines that are high, one bit each.
    lines: u16,
}

impl Devices {
    /// Devices as they are after power-on, on a board with `ram_mib` MiB.
    pub fn new(ram_mib: u32) -> Self {
        Self {
            pic: Pic::default(),
            pit: Pit::default(),
            rtc: Rtc::new(ram_mib),
            uarts: Default::default(),
            keyboard: Keyboard::default(),
            vga: Vga::default(),
            debug: Debug::default(),
            lines: 0,
        }
    }

    /// When a device next has something to do.
    pub fn next_deadline(&self) -> Option<Moment> {
        let serial = self
            .uarts
            .iter()
            .map(Uart::next_deadline)
            .fold(None, earlier);
        let slow = earlier(self.rtc.next_deadline(), self.keyboard.next_deadline());
        earlier(earlier(self.pit.next_deadline(), serial), slow)
    }

    /// Lets every device do what is due at `at`.
    pub fn act(&mut self, at: Moment, probe: &mut impl Probe) {
        if self.pit.act(at) {
            // A pulse: the controller keeps the edge.
            for raised in [true, false] {
                self.pic.set_line(0, raised);
                probe.event(at, || Event::Irq { line: 0, raised });
            }
        }
        self.rtc.act(at);
        self.keyboard.act(at);
        for uart in &mut self.uarts {
            uart.act(at);
        }
        self.carry_lines(at, probe);
    }

    /// Tells the interrupt controller which lines have changed.
    fn carry_lines(&mut self, at: Moment, probe: &mut impl Probe) {
        let mut lines = u16::from(self.keyboard.line()) << 1 | u16::from(self.rtc.line()) << 8;
        for (uart, line) in self.uarts.iter().zip(UART_LINES) {
            lines |= u16::from(uart.line()) << line;
        }
        let mut changed = lines ^ self.lines;
        self.lines = lines;
        while changed != 0 {
            let line = changed.trailing_zeros() as u8;
            let raised = lines >> line & 1 != 0;
            changed &= changed - 1;
            self.pic.set_line(line, raised);
            probe.event(at, || Event::Irq { line, raised });
        }
    }

    fn read_byte(&mut self, at: Moment, port: u16) -> u8 {
        let Some(device) = ports::device(port) else {
            return 0xff; // nobody drives the bus
        };
        match device {
            Device::Pic => self.pic.read(port),
            Device::Pit => self.pit.read(at, port),
            Device::Keyboard => self.keyboard.read(at, port),
            Device::Speaker => self.pit.port_61(at),
            Device::Rtc => self.rtc.read(at, port),
            Device::SystemControl => u8::from(self.keyboard.a20) << 1,
            Device::Post | Device::DebugConsole | Device::Exit => self.debug.read(port),
            Device::Uart(number) => self.uarts[usize::from(number)].read(at, port & 7),
            Device::Vga => self.vga.read(at, port),
        }
    }

    fn write_byte(&mut self, at: Moment, port: u16, value: u8) {
        let Some(device) = ports::device(port) else {
            return;
        };
        match device {
            Device::Pic => self.pic.write(port, value),
            Device::Pit => self.pit.write(at, port, value),
            Device::Keyboard => self.keyboard.write(at, port, value),
            Device::Speaker => self.pit.set_port_61(at, value),
            Device::Rtc => self.rtc.write(at, port, value),
            Device::SystemControl => {
                self.keyboard.a20 = value & 2 != 0;
                self.keyboard.reset |= value & 1 != 0;
            }
            Device::Post | Device::DebugConsole => self.debug.write(port, value),
            Device::Exit => self.debug.end(u32::from(value)),
            Device::Uart(number) => self.uarts[usize::from(number)].write(at, port & 7, value),
            Device::Vga => self.vga.write(port, value),
        }
    }
}

/// Memory and devices.
pub struct Board {
    /// RAM and ROM.
    pub memory: Memory,
    /// Everything that answers at a port.
    pub devices: Devices,
}

impl Bus for Board {
    #[inline(always)]
    fn memory(&self) -> &[u8] {
        self.memory.bytes()
    }
    #[inline(always)]
    fn memory_mut(&mut self) -> &mut [u8] {
        self.memory.bytes_mut()
    }
    fn page(&self, frame: u64) -> Page {
        self.memory.page(frame)
    }
    fn touch(&mut self, offset: usize) {
        self.memory.touch(offset);
    }

    fn device_read(&mut self, _at: Moment, pa: u64, _size: u8) -> u64 {
        unreachable!("no page of this board is a device, and {pa:#x} was taken for one")
    }
    fn device_write(
        &mut self,
        _at: Moment,
        pa: u64,
        _size: u8,
        _value: u64,
        _probe: &mut impl Probe,
    ) {
        unreachable!("no page of this board is a device, and {pa:#x} was taken for one")
    }

    /// The devices are eight bits wide: a wider access is one to each port in turn.
    fn port_read(&mut self, at: Moment, port: u16, size: u8, probe: &mut impl Probe) -> u32 {
        let mut value = 0;
        for byte in 0..u16::from(size) {
            let read = self.devices.read_byte(at, port.wrapping_add(byte));
            value |= u32::from(read) << (8 * byte);
        }
        self.devices.carry_lines(at, probe);
        value
    }
    fn port_write(&mut self, at: Moment, port: u16, size: u8, value: u32, probe: &mut impl Probe) {
        if ports::device(port) == Some(Device::Exit) {
            // The one port that takes all bytes at once.
            self.devices.debug.end(value);
            return;
        }
        for byte in 0..u16::from(size) {
            self.devices
                .write_byte(at, port.wrapping_add(byte), (value >> (8 * byte)) as u8);
        }
        self.devices.carry_lines(at, probe);
    }

    fn interrupt_requested(&self) -> bool {
        self.devices.pic.requested()
    }
    fn acknowledge(&mut self, _at: Moment, _probe: &mut impl Probe) -> u8 {
        self.devices.pic.acknowledge()
    }
}
