//! Memory that belongs to guests, as plain bytes.
//!
//! A [`Ram`] is a window on physical memory in which no Rust object lives: the hypervisor's
//! image and stacks lie outside it. So reading and writing bytes in it is safe whatever
//! a guest has put there, and everything above this file can forbid `unsafe`. An access
//! outside the window reads as ones and writes nowhere, as on a bus where nothing answers.

/// A window on physical memory. Addresses are host-physical.
#[derive(Clone, Copy, Debug)]
pub struct Ram {
    /// Virtual address of physical 0 (it need not be mapped itself).
    base: usize,
    start: u64,
    end: u64,
}

impl Ram {
    /// No memory at all.
    pub const NOTHING: Self = Self {
        base: 0,
        start: 0,
        end: 0,
    };

    /// The physical memory `start..end` through the hypervisor's direct map.
    ///
    /// # Panics
    /// If the window would show the hypervisor's own image, or leave the direct map.
    #[cfg(target_os = "none")]
    pub fn direct(start: u64, end: u64) -> Self {
        let image = super::image();
        assert!(
            start <= end && end <= 4 << 30 && (end <= image.start || start >= image.end),
            "a window on guest memory must not show the hypervisor"
        );
        Self {
            base: super::OFFSET as usize,
            start,
            end,
        }
    }

    /// On a development host: `bytes` stands for the physical memory that starts at `start`.
    pub fn host(start: u64, bytes: &'static mut [u8]) -> Self {
        let end = start + bytes.len() as u64;
        let base = (bytes.as_mut_ptr().expose_provenance()).wrapping_sub(start as usize);
        Self { base, start, end }
    }

    /// First address of the window.
    pub const fn start(self) -> u64 {
        self.start
    }
    /// First address after the window.
    pub const fn end(self) -> u64 {
        self.end
    }
    /// Whether `at..at + len` lies in the window.
    #[inline]
    pub const fn holds(self, at: u64, len: u64) -> bool {
        at >= self.start && at <= self.end && len <= self.end - at
    }

    #[inline]
    fn pointer(self, at: u64) -> *mut u8 {
        core::ptr::with_exposed_provenance_mut(self.base.wrapping_add(at as usize))
    }

    /// Copies the bytes at `at` out; ones if they are not there.
    pub fn read_bytes(self, at: u64, into: &mut [u8]) {
        if self.holds(at, into.len() as u64) {
            // SAFETY: inside the window there is mapped memory without Rust objects; `into` is
            // a Rust object, so the two cannot overlap.
            unsafe {
                self.pointer(at)
                    .copy_to_nonoverlapping(into.as_mut_ptr(), into.len())
            }
        } else {
            into.fill(0xff);
        }
    }

    /// Copies `bytes` in.
    pub fn write_bytes(self, at: u64, bytes: &[u8]) {
        if self.holds(at, bytes.len() as u64) {
            // SAFETY: as in `read_bytes`.
            unsafe {
                self.pointer(at)
                    .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len())
            }
        }
    }

    /// Reads `size` bytes (1, 2, 4 or 8) as a number.
    #[inline]
    pub fn read(self, at: u64, size: u64) -> u64 {
        match size {
            8 => self.read_u64(at),
            4 => u64::from(self.read_u32(at)),
            2 => u64::from(self.read_u16(at)),
            _ => u64::from(self.read_u8(at)),
        }
    }

    /// Writes the low `size` bytes (1, 2, 4 or 8) of a number.
    #[inline]
    pub fn write(self, at: u64, size: u64, value: u64) {
        match size {
            8 => self.write_u64(at, value),
            4 => self.write_u32(at, value as u32),
            2 => self.write_u16(at, value as u16),
            _ => self.write_u8(at, value as u8),
        }
    }

    /// Sets `len` bytes to zero.
    pub fn zero(self, at: u64, len: u64) {
        if self.holds(at, len) {
            // SAFETY: mapped memory without Rust objects.
            unsafe { self.pointer(at).write_bytes(0, len as usize) }
        }
    }
}

macro_rules! access {
    ($($read:ident $write:ident $type:ty;)*) => {
        impl Ram { $(
            /// Reads one value, at any alignment; ones if nothing is there.
            #[inline]
            pub fn $read(self, at: u64) -> $type {
                if self.holds(at, size_of::<$type>() as u64) {
                    // SAFETY: mapped memory without Rust objects; every bit pattern is valid.
                    unsafe { self.pointer(at).cast::<$type>().read_unaligned() }
                } else {
                    <$type>::MAX
                }
            }
            /// Writes one value, at any alignment.
            #[inline]
            pub fn $write(self, at: u64, value: $type) {
                if self.holds(at, size_of::<$type>() as u64) {
                    // SAFETY: mapped memory without Rust objects.
                    unsafe { self.pointer(at).cast::<$type>().write_unaligned(value) }
                }
            }
        )* }
    };
}

access! {
    read_u8 write_u8 u8;
    read_u16 write_u16 u16;
    read_u32 write_u32 u32;
    read_u64 write_u64 u64;
}

#[cfg(test)]
mod tests {
    use super::Ram;

    #[test]
    fn a_window_has_edges() {
        let ram = Ram::host(0x1000, Box::leak(vec![0; 0x100].into_boxed_slice()));
        ram.write_u64(0x10f8, 0x1122_3344_5566_7788);
        assert_eq!(ram.read_u64(0x10f8), 0x1122_3344_5566_7788);
        assert_eq!((ram.read(0x10f9, 2), ram.read(0x10ff, 1)), (0x6677, 0x11));
        // One byte too far, far too far, and around the end of the address space.
        for at in [0x10f9, 0xfff, 0, u64::MAX - 3] {
            ram.write_u64(at, 0);
            assert_eq!(ram.read_u64(at), u64::MAX, "{at:#x}");
        }
        assert_eq!(
            ram.read_u64(0x10f8),
            0x1122_3344_5566_7788,
            "and nothing was written"
        );
        let mut bytes = [0; 4];
        ram.read_bytes(0x10fe, &mut bytes);
        assert_eq!(bytes, [0xff; 4]);
        ram.zero(0x10f8, 8);
        ram.write_bytes(0x10fc, &[1, 2, 3, 4]);
        assert_eq!(ram.read_u64(0x10f8), 0x0403_0201_0000_0000);
    }
}
