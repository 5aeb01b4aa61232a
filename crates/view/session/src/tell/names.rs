//! Names for numbers: ports, interrupt lines, mnemonics.

/// Ports by name, first and last number of each.
const PORTS: [(u16, u16, &str); 14] = [
    (0x20, 0x21, "interrupt controller"),
    (0x40, 0x43, "timer"),
    (0x60, 0x60, "keyboard"),
    (0x61, 0x61, "timer gate"),
    (0x64, 0x64, "keyboard"),
    (0x70, 0x71, "clock and CMOS"),
    (0x80, 0x80, "POST display"),
    (0x92, 0x92, "A20 gate"),
    (0xa0, 0xa1, "second interrupt controller"),
    (0xe9, 0xe9, "debug console"),
    (0xf4, 0xf4, "exit port"),
    (0x2e8, 0x2ff, "serial port"),
    (0x3d4, 0x3d5, "VGA"),
    (0x3e8, 0x3ff, "serial port"),
];

/// What answers at a port.
pub fn port(port: u16) -> &'static str {
    PORTS
        .iter()
        .find(|(first, last, _)| (*first..=*last).contains(&port))
        .map_or("nothing", |(.., name)| name)
}

/// Who pulls an ISA interrupt line. Our kernels map line n to vector 0x20 + n.
pub fn interrupt(vector: u8) -> &'static str {
    match vector.wrapping_sub(0x20) {
        0 => "timer",
        1 => "keyboard",
        3 | 4 => "serial port",
        8 => "real-time clock",
        _ => "device",
    }
}

/// The mnemonic of a disassembled instruction.
pub fn instruction_name(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("")
}
