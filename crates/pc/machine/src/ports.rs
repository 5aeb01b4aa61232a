//! Which device answers at which port: one row each.

/// A device as the port decoder knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Device {
    /// The 8259 pair.
    Pic,
    /// The 8254.
    Pit,
    /// The i8042.
    Keyboard,
    /// Port 61h: timer gate, loudspeaker.
    Speaker,
    /// The clock chip.
    Rtc,
    /// POST codes.
    Post,
    /// Port 92h: A20 and reset.
    SystemControl,
    /// The debug console.
    DebugConsole,
    /// The exit port.
    Exit,
    /// A serial port, 0..=3 for COM1 to COM4.
    Uart(u8),
    /// The text screen's controller.
    Vga,
}

/// First port, last port, device, name.
pub const PORTS: [(u16, u16, Device, &str); 18] = [
    (0x020, 0x021, Device::Pic, "8259 master"),
    (0x040, 0x043, Device::Pit, "8254 timer"),
    (0x060, 0x060, Device::Keyboard, "i8042 data"),
    (0x061, 0x061, Device::Speaker, "timer gate, loudspeaker"),
    (0x064, 0x064, Device::Keyboard, "i8042 command"),
    (0x070, 0x071, Device::Rtc, "clock and CMOS"),
    (0x080, 0x080, Device::Post, "POST code"),
    (0x092, 0x092, Device::SystemControl, "A20, reset"),
    (0x0a0, 0x0a1, Device::Pic, "8259 slave"),
    (0x0e9, 0x0e9, Device::DebugConsole, "debug console"),
    (0x0f4, 0x0f7, Device::Exit, "exit"),
    (0x2e8, 0x2ef, Device::Uart(3), "COM4"),
    (0x2f8, 0x2ff, Device::Uart(1), "COM2"),
    (0x3c0, 0x3df, Device::Vga, "VGA"),
    (0x3e8, 0x3ef, Device::Uart(2), "COM3"),
    (0x3f8, 0x3ff, Device::Uart(0), "COM1"),
    (0x4d0, 0x4d0, Device::Pic, "8259 master, edge or level"),
    (0x4d1, 0x4d1, Device::Pic, "8259 slave, edge or level"),
];

/// Interrupt line of each serial port.
pub const UART_LINES: [u8; 4] = [4, 3, 4, 3];

/// The device at `port`.
pub fn device(port: u16) -> Option<Device> {
    let row = PORTS.partition_point(|(_, last, ..)| *last < port);
    let (first, _, device, _) = PORTS.get(row)?;
    (*first <= port).then_some(*device)
}

/// What the device at `port` is called, for people.
pub fn name(port: u16) -> Option<&'static str> {
    let row = PORTS
        .iter()
        .find(|(first, last, ..)| (*first..=*last).contains(&port))?;
    Some(row.3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_and_do_not_overlap() {
        for pair in PORTS.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:x?}");
        }
        for port in 0..=u16::MAX {
            let found = PORTS.iter().find(|row| (row.0..=row.1).contains(&port));
            assert_eq!(device(port), found.map(|row| row.2));
        }
        assert_eq!(device(0x3fd), Some(Device::Uart(0)));
        assert_eq!(device(0x1f0), None);
        assert_eq!(name(0x43), Some("8254 timer"));
    }
}
