//! Loads and stores: segment checks, the fast path, and everything that is not fast.
//!
//! The fast path asks one question, whether the page's tag is present, and one compare answers
//! it for the whole access: the tag is compared with the page of the *last* byte, so an
//! access that crosses into the next page misses too.

use crate::cpu::{Cpu, attention};
use crate::fault::{Done, Fault};
use crate::run::Run;
use crate::state::{Segment, seg};
use crate::translate::Access;
use crate::{Bus, Page};
use probe::{Event, Probe};
use x86::addr::is_canonical;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// The linear address of `size` bytes at `ea` in a segment, checked against the segment.
    #[inline(always)]
    pub fn linear(&self, segment: u8, ea: u64, size: u8, write: bool) -> Result<u64, Fault> {
        let open = if write {
            self.env.open_write
        } else {
            self.env.open_read
        };
        // Even a segment of 4 GiB has an end.
        let last = ea.wrapping_add(u64::from(size) - 1);
        if open >> segment & 1 == 0 || last > self.env.linear {
            self.check_segment(segment, ea, size, write)?;
        }
        Ok(self.env.base[segment as usize & 7].wrapping_add(ea) & self.env.linear)
    }

    /// Limit and type checks of legacy modes (APM vol. 2 §4.7.3, §4.12).
    #[inline(never)]
    fn check_segment(&self, segment: u8, ea: u64, size: u8, write: bool) -> Done {
        let refused = if usize::from(segment) == seg::SS {
            Fault::SS0
        } else {
            Fault::GP0
        };
        let s = &self.state.seg[segment as usize];
        if self.env.has_descriptors() {
            let code = s.has(Segment::CODE);
            let forbidden = if write {
                code || !s.has(Segment::RW)
            } else {
                code && !s.has(Segment::RW)
            };
            if !s.has(Segment::P) || forbidden {
                // A null selector or a wrong type is always #GP.
                return Err(Fault::GP0);
            }
        }
        let last = ea + u64::from(size) - 1;
        let limit = u64::from(s.limit);
        let expands_down = s.has(Segment::CE) && !s.has(Segment::CODE);
        let inside = if expands_down {
            let top = if s.has(Segment::D) {
                0xffff_ffff
            } else {
                0xffff
            };
            ea > limit && last <= top
        } else {
            last <= limit
        };
        if inside { Ok(()) } else { Err(refused) }
    }

    /// Loads 1, 2, 4 or 8 bytes.
    #[inline(always)]
    pub fn load(&mut self, segment: u8, ea: u64, size: u8) -> Result<u64, Fault> {
        let va = self.linear(segment, ea, size, false)?;
        match quick_load(self.cpu, self.bus, self.probe, va, size) {
            Some(value) => Ok(value),
            None => self.load_slow(segment, va, size),
        }
    }

    /// Stores 1, 2, 4 or 8 bytes.
    #[inline(always)]
    pub fn store(&mut self, segment: u8, ea: u64, size: u8, value: u64) -> Done {
        let va = self.linear(segment, ea, size, true)?;
        if quick_store(self.cpu, self.bus, self.probe, va, size, value) {
            return Ok(());
        }
        self.store_slow(segment, va, size, value)
    }

    /// Makes sure that a store would succeed. An instruction that reads and then writes asks
    /// this first: its page fault is that of a write.
    #[inline(always)]
    pub fn check_store(&mut self, segment: u8, ea: u64, size: u8) -> Done {
        let va = self.linear(segment, ea, size, true)?;
        let tag = self.tags.at(self.env.bank, va);
        if !P::EVERY_INSTRUCTION && tag.write == va.wrapping_add(u64::from(size) - 1) & !0xfff {
            return Ok(());
        }
        self.check_slow(segment, va, size)
    }

    fn data_access(&self, write: bool) -> Access {
        Access {
            write,
            fetch: false,
            user: self.state.cpl == 3,
            implicit: false,
        }
    }

    /// Canonical form and alignment.
    fn check_address(&self, segment: u8, va: u64, size: u8) -> Done {
        let last = va.wrapping_add(u64::from(size) - 1);
        if self.env.is_long() && !(is_canonical(va) && is_canonical(last)) {
            return Err(if usize::from(segment) == seg::SS {
                Fault::SS0
            } else {
                Fault::GP0
            });
        }
        if self.env.align && va & (u64::from(size) - 1) != 0 {
            return Err(Fault::AC);
        }
        Ok(())
    }

    #[inline(never)]
    fn check_slow(&mut self, segment: u8, va: u64, size: u8) -> Done {
        self.check_address(segment, va, size)?;
        self.span(va, size, self.data_access(true)).map(|_| ())
    }

    #[inline(never)]
    pub fn load_slow(&mut self, segment: u8, va: u64, size: u8) -> Result<u64, Fault> {
        self.check_address(segment, va, size)?;
        self.load_with(va, size, self.data_access(false))
    }

    #[inline(never)]
    pub fn store_slow(&mut self, segment: u8, va: u64, size: u8, value: u64) -> Done {
        self.check_address(segment, va, size)?;
        self.store_with(va, size, value, self.data_access(true))
    }

    /// A load by the CPU itself, with supervisor rights: descriptor tables, TSS, interrupt stacks.
    pub fn load_system(&mut self, va: u64, size: u8) -> Result<u64, Fault> {
        if self.env.is_long() && !is_canonical(va) {
            return Err(Fault::GP0);
        }
        self.load_with(
            va,
            size,
            Access {
                write: false,
                fetch: false,
                user: false,
                implicit: true,
            },
        )
    }

    /// A store by the CPU itself.
    pub fn store_system(&mut self, va: u64, size: u8, value: u64) -> Done {
        if self.env.is_long() && !is_canonical(va) {
            return Err(Fault::GP0);
        }
        self.store_with(
            va,
            size,
            value,
            Access {
                write: true,
                fetch: false,
                user: false,
                implicit: true,
            },
        )
    }

    /// Loads with the rights of `access`.
    pub fn load_with(&mut self, va: u64, size: u8, access: Access) -> Result<u64, Fault> {
        let (first, pa, next) = self.span(va, size, access)?;
        if first == size {
            let value = self.load_physical(pa, size);
            self.accessed(va, pa, size, false);
            return Ok(value);
        }
        let low = self.load_physical(pa, first);
        let high = self.load_physical(next, size - first);
        self.accessed(va, pa, size, false);
        Ok(low | high << (8 * first))
    }

    /// Stores with the rights of `access`.
    pub fn store_with(&mut self, va: u64, size: u8, value: u64, access: Access) -> Done {
        let (first, pa, next) = self.span(va, size, access)?;
        self.store_physical(pa, first, value);
        if first != size {
            self.store_physical(next, size - first, value >> (8 * first));
        }
        self.accessed(va, pa, size, true);
        Ok(())
    }

    /// Translates an access that may cross into the next page: how many bytes lie in the first
    /// page, their physical address, and that of the rest. Both are allowed before either is touched.
    fn span(&mut self, va: u64, size: u8, access: Access) -> Result<(u8, u64, u64), Fault> {
        let room = 0x1000 - (va & 0xfff);
        let pa = self.translate_data(va, access)?;
        if room >= u64::from(size) {
            return Ok((size, pa, 0));
        }
        let next = self.translate_data(va.wrapping_add(room) & self.env.linear, access)?;
        Ok((room as u8, pa, next))
    }

    fn accessed(&mut self, va: u64, pa: u64, size: u8, write: bool) {
        if P::EVERY_INSTRUCTION {
            self.probe.event(self.cpu.clock, || Event::Access {
                va,
                pa,
                size,
                write,
            });
        }
    }

    /// Loads 1 to 8 bytes inside one physical page.
    pub fn load_physical(&mut self, pa: u64, size: u8) -> u64 {
        match self.bus.page(pa >> 12) {
            Page::Ram(page) | Page::Rom(page) => {
                let at = page + (pa & 0xfff) as usize;
                let mut value = [0; 8];
                if let Some(bytes) = self.bus.memory().get(at..at + usize::from(size)) {
                    value[..bytes.len()].copy_from_slice(bytes);
                }
                u64::from_le_bytes(value)
            }
            Page::Device if size.is_power_of_two() => {
                let value = self.bus.device_read(self.cpu.clock, pa, size);
                // Reading moves things on: a line falls, a deadline comes nearer.
                self.attention |= attention::DEVICE;
                self.probe.event(self.cpu.clock, || Event::Mmio {
                    write: false,
                    pa,
                    size,
                    value,
                });
                value
            }
            // Part of an access that crosses a page: the device sees bytes.
            Page::Device => (0..size).rev().fold(0, |value, n| {
                value << 8 | self.load_physical(pa + u64::from(n), 1)
            }),
            Page::Nothing => crate::flags::mask(size),
        }
    }

    /// Stores 1 to 8 bytes inside one physical page.
    pub fn store_physical(&mut self, pa: u64, size: u8, value: u64) {
        match self.bus.page(pa >> 12) {
            Page::Ram(page) => {
                let at = page + (pa & 0xfff) as usize;
                self.bus.touch(page);
                let bytes = value.to_le_bytes();
                if let Some(to) = self.bus.memory_mut().get_mut(at..at + usize::from(size)) {
                    to.copy_from_slice(&bytes[..usize::from(size)]);
                }
                if self.code.store(at, usize::from(size)) {
                    self.attention |= attention::CODE;
                }
            }
            Page::Device if size.is_power_of_two() => {
                self.bus
                    .device_write(self.cpu.clock, pa, size, value, self.probe);
                self.attention |= attention::DEVICE;
                self.probe.event(self.cpu.clock, || Event::Mmio {
                    write: true,
                    pa,
                    size,
                    value,
                });
            }
            Page::Device => {
                for n in 0..size {
                    self.store_physical(pa + u64::from(n), 1, value >> (8 * n) & 0xff);
                }
            }
            Page::Rom(_) | Page::Nothing => {}
        }
    }

    /// Loads 16 bytes. `aligned`: #GP if they are not.
    pub fn load_128(&mut self, segment: u8, ea: u64, aligned: bool) -> Result<u128, Fault> {
        self.check_aligned(segment, ea, aligned)?;
        self.linear(segment, ea, 16, false)?;
        let low = self.load(segment, ea, 8)?;
        let high = self.load(segment, ea.wrapping_add(8), 8)?;
        Ok(u128::from(high) << 64 | u128::from(low))
    }

    /// Stores 16 bytes.
    pub fn store_128(&mut self, segment: u8, ea: u64, value: u128, aligned: bool) -> Done {
        self.check_aligned(segment, ea, aligned)?;
        self.check_store(segment, ea, 16)?;
        self.store(segment, ea, 8, value as u64)?;
        self.store(segment, ea.wrapping_add(8), 8, (value >> 64) as u64)
    }

    /// #GP if 16 bytes at `ea` must be aligned and are not.
    pub fn check_aligned(&self, segment: u8, ea: u64, aligned: bool) -> Done {
        let va = self.env.base[segment as usize & 7].wrapping_add(ea);
        if aligned && va & 15 != 0 {
            Err(Fault::GP0)
        } else {
            Ok(())
        }
    }
}

/// A load, if the page's tag is there. Not for a probe that wants to hear of each.
#[inline(always)]
pub(crate) fn quick_load<P: Probe>(
    cpu: &Cpu,
    bus: &impl Bus,
    _: &P,
    va: u64,
    size: u8,
) -> Option<u64> {
    let tag = cpu.tags.at(cpu.env.bank, va);
    if P::EVERY_INSTRUCTION || tag.read != va.wrapping_add(u64::from(size) - 1) & !0xfff {
        return None;
    }
    read(bus.memory(), tag.offset + (va & 0xfff) as usize, size)
}

/// A store, if the page's tag is there. Returns whether it was.
#[inline(always)]
pub(crate) fn quick_store<P: Probe>(
    cpu: &Cpu,
    bus: &mut impl Bus,
    _: &P,
    va: u64,
    size: u8,
    value: u64,
) -> bool {
    let tag = cpu.tags.at(cpu.env.bank, va);
    if P::EVERY_INSTRUCTION || tag.write != va.wrapping_add(u64::from(size) - 1) & !0xfff {
        return false;
    }
    let at = tag.offset + (va & 0xfff) as usize;
    write(bus.memory_mut(), at, size, value)
}

#[inline(always)]
fn read(memory: &[u8], at: usize, size: u8) -> Option<u64> {
    Some(match size {
        8 => u64::from_le_bytes(*memory.get(at..)?.first_chunk()?),
        4 => u64::from(u32::from_le_bytes(*memory.get(at..)?.first_chunk()?)),
        2 => u64::from(u16::from_le_bytes(*memory.get(at..)?.first_chunk()?)),
        _ => u64::from(*memory.get(at)?),
    })
}

#[inline(always)]
fn write(memory: &mut [u8], at: usize, size: u8, value: u64) -> bool {
    fn put<const N: usize>(memory: &mut [u8], at: usize, bytes: [u8; N]) -> bool {
        let Some(to) = memory.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) else {
            return false;
        };
        *to = bytes;
        true
    }
    match size {
        8 => put(memory, at, value.to_le_bytes()),
        4 => put(memory, at, (value as u32).to_le_bytes()),
        2 => put(memory, at, (value as u16).to_le_bytes()),
        _ => put(memory, at, [value as u8]),
    }
}
