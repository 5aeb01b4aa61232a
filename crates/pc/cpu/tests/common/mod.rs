//! A flat board for tests: memory from address 0, one device page, ports that remember.

#![allow(dead_code)]

use cpu::{Bus, Cpu, Moment, Page, Stop};
use probe::Probe;

/// The device page of [`Flat`].
pub const DEVICE: u64 = 0xfee0_0000;

/// Memory, one device page, and an interrupt line.
pub struct Flat {
    pub memory: Vec<u8>,
    pub touched: Vec<usize>,
    /// Port and device accesses: moment, port or address, size, value; writes only.
    pub written: Vec<(Moment, u64, u8, u64)>,
    /// What port and device reads give.
    pub answer: u64,
    /// A vector waits to be acknowledged.
    pub interrupt: Option<u8>,
}

impl Flat {
    pub fn new(bytes: usize) -> Self {
        Self {
            memory: vec![0; bytes],
            touched: Vec::new(),
            written: Vec::new(),
            answer: 0,
            interrupt: None,
        }
    }
    pub fn load(&mut self, at: u64, bytes: &[u8]) {
        self.memory[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
    }
    pub fn read(&self, at: u64) -> u64 {
        let at = at as usize;
        u64::from_le_bytes(self.memory[at..at + 8].try_into().unwrap())
    }
    pub fn write(&mut self, at: u64, value: u64) {
        self.load(at, &value.to_le_bytes());
    }
}

impl Bus for Flat {
    fn memory(&self) -> &[u8] {
        &self.memory
    }
    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }
    fn page(&self, frame: u64) -> Page {
        let at = (frame as usize) << 12;
        if at < self.memory.len() {
            Page::Ram(at)
        } else if frame == DEVICE >> 12 {
            Page::Device
        } else {
            Page::Nothing
        }
    }
    fn touch(&mut self, offset: usize) {
        if self.touched.last() != Some(&offset) {
            self.touched.push(offset);
        }
    }
    fn device_read(&mut self, _: Moment, _: u64, size: u8) -> u64 {
        self.answer & (u64::MAX >> (64 - 8 * size))
    }
    fn device_write(&mut self, at: Moment, pa: u64, size: u8, value: u64, _: &mut impl Probe) {
        self.written.push((at, pa, size, value));
    }
    fn port_read(&mut self, _: Moment, _: u16, _: u8, _: &mut impl Probe) -> u32 {
        self.answer as u32
    }
    fn port_write(&mut self, at: Moment, port: u16, size: u8, value: u32, _: &mut impl Probe) {
        self.written
            .push((at, u64::from(port), size, u64::from(value)));
    }
    fn interrupt_requested(&self) -> bool {
        self.interrupt.is_some()
    }
    fn acknowledge(&mut self, _: Moment, _: &mut impl Probe) -> u8 {
        self.interrupt.take().unwrap_or(0xff)
    }
}

/// Puts a CPU straight into 64-bit mode at `rip`: identity-mapped 2-MiB pages for the first GiB
/// (tables at 0x1000..0x4000), GDT at 0x800 (8 kernel code, 16 kernel data, 24 user data,
/// 32 user code, 40 TSS at 0x900), IDT at 0x5000, stack below 0x8000.
pub fn long_mode(bus: &mut Flat, rip: u64) -> Cpu {
    use cpu::{Segment, TableRegister, gpr, seg};
    const PRESENT_WRITE_USER: u64 = 7;
    bus.write(0x1000, 0x2000 | PRESENT_WRITE_USER);
    bus.write(0x2000, 0x3000 | PRESENT_WRITE_USER);
    for n in 0..512 {
        bus.write(0x3000 + 8 * n, n << 21 | 0x80 | PRESENT_WRITE_USER);
    }
    let gdt: [u64; 7] = [
        0,
        0x00af_9b00_0000_ffff,
        0x00cf_9300_0000_ffff,
        0x00cf_f300_0000_ffff,
        0x00af_fb00_0000_ffff,
        0x0000_8b00_0900_0067,
        0,
    ];
    for (n, entry) in gdt.into_iter().enumerate() {
        bus.write(0x800 + 8 * n as u64, entry);
    }
    bus.write(0x904, 0x7000); // RSP0
    bus.memory[0x966] = 0x68; // the I/O map begins where the TSS ends: there is none
    let mut cpu = Cpu::new();
    let state = cpu.state_mut();
    let data = Segment {
        selector: 16,
        attributes: 0xc93,
        limit: u32::MAX,
        base: 0,
    };
    state.seg = [data; 6];
    state.seg[seg::CS] = Segment {
        selector: 8,
        attributes: 0xa9b,
        limit: u32::MAX,
        base: 0,
    };
    state.tr = Segment {
        selector: 40,
        attributes: 0x8b,
        limit: 0x67,
        base: 0x900,
    };
    state.gdtr = TableRegister {
        base: 0x800,
        limit: 55,
    };
    state.idtr = TableRegister {
        base: 0x5000,
        limit: 0xfff,
    };
    state.cr0 = 0x8005_0033;
    state.cr3 = 0x1000;
    state.cr4 = 0x6b0;
    state.efer = 0xd01;
    state.rip = rip;
    state.gpr[gpr::RSP] = 0x8000;
    cpu
}

/// A present gate of the IDT at 0x5000: interrupt gate to kernel code.
pub fn gate(bus: &mut Flat, vector: u64, handler: u64, dpl: u64) {
    let low =
        handler & 0xffff | 8 << 16 | 0x8e00 << 32 | dpl << 45 | (handler >> 16 & 0xffff) << 48;
    bus.write(0x5000 + 16 * vector, low);
    bus.write(0x5008 + 16 * vector, handler >> 32);
}

/// Runs until HLT, for at most a million ticks.
pub fn run_to_halt(cpu: &mut Cpu, bus: &mut Flat, probe: &mut impl Probe) {
    let until = cpu.clock + 1_000_000;
    loop {
        match cpu.run(bus, probe, until) {
            Stop::Device => {}
            Stop::Halt => return,
            stop => panic!("{stop:?} at {:#x}: {:x?}", cpu.state().rip, cpu.state().gpr),
        }
    }
}
