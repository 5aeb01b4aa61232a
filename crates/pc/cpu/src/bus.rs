//! [`Bus`]: everything that the CPU can reach outside itself.

use probe::{Moment, Probe};

/// What stands behind a physical page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Page {
    /// Memory: the page's bytes are `memory()[offset..offset + 4096]`.
    Ram(usize),
    /// The same, but stores are dropped.
    Rom(usize),
    /// A device answers: [`Bus::device_read`] and [`Bus::device_write`].
    Device,
    /// Nobody answers: loads give all ones, stores vanish.
    Nothing,
}

/// The board, as the CPU's pins see it.
///
/// Memory is one flat array, so that a TLB entry is an offset into it and the fast path is a
/// slice index. The board counts dirty pages; the CPU promises to call
/// [`touch`](Bus::touch) before the first store to a page since the last
/// [`Cpu::forget_writable`](crate::Cpu::forget_writable).
pub trait Bus {
    /// All memory, RAM first.
    fn memory(&self) -> &[u8];
    /// The same, to write. The caller has called [`touch`](Bus::touch) for the page.
    fn memory_mut(&mut self) -> &mut [u8];
    /// What stands behind the physical page number `frame` (address >> 12).
    fn page(&self, frame: u64) -> Page;
    /// The page at this offset of [`memory`](Bus::memory) is about to be written.
    fn touch(&mut self, offset: usize);

    /// A device's answer to a load of 1, 2, 4 or 8 bytes.
    fn device_read(&mut self, at: Moment, pa: u64, size: u8) -> u64;
    /// A store of 1, 2, 4 or 8 bytes to a device.
    fn device_write(&mut self, at: Moment, pa: u64, size: u8, value: u64, probe: &mut impl Probe);
    /// IN of 1, 2 or 4 bytes.
    fn port_read(&mut self, at: Moment, port: u16, size: u8, probe: &mut impl Probe) -> u32;
    /// OUT of 1, 2 or 4 bytes.
    fn port_write(&mut self, at: Moment, port: u16, size: u8, value: u32, probe: &mut impl Probe);

    /// Whether the interrupt controller holds the INTR pin.
    fn interrupt_requested(&self) -> bool;
    /// The interrupt-acknowledge cycle: which vector?
    fn acknowledge(&mut self, at: Moment, probe: &mut impl Probe) -> u8;
}
