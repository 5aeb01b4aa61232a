//! The PVH hand-off: how a boot loader enters a kernel.
//!
//! The loader finds the entry in an ELF note (name `Xen`, type 18), loads the segments at
//! their physical addresses, and jumps there in 32-bit protected mode: paging off, flat
//! 4-GiB segments, interrupts off, EBX = physical address of [`StartInfo`]
//! (xen/include/public/arch-x86/hvm/start_info.h). QEMU's `-kernel` speaks it, and so do our
//! firmware and our hypervisor, so one image boots everywhere.

/// Type of the ELF note that holds the 32-bit entry point.
pub const PVH_NOTE_TYPE: u32 = 18;
/// Name of the note, its final zero included.
pub const PVH_NOTE_NAME: &[u8; 4] = b"Xen\0";
/// What [`StartInfo::magic`] holds.
pub const START_MAGIC: u32 = 0x336e_c578;

/// What EBX points at. All addresses are physical.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct StartInfo {
    /// [`START_MAGIC`].
    pub magic: u32,
    /// 1: the memory map is valid.
    pub version: u32,
    /// Zero.
    pub flags: u32,
    /// How many [`Module`]s.
    pub modules: u32,
    /// Address of the first [`Module`].
    pub modules_at: u64,
    /// Address of the command line, ending in a zero byte.
    pub command_line_at: u64,
    /// ACPI RSDP, or zero.
    pub rsdp_at: u64,
    /// Address of the first [`MemoryRange`].
    pub memory_map_at: u64,
    /// How many [`MemoryRange`]s.
    pub memory_ranges: u32,
    /// Zero.
    pub reserved: u32,
}

/// A file that the loader put into memory: the initramfs is the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Module {
    /// First byte.
    pub at: u64,
    /// Bytes.
    pub size: u64,
    /// Its own command line, or zero.
    pub command_line_at: u64,
    /// Zero.
    pub reserved: u64,
}

/// A row of the memory map.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct MemoryRange {
    /// First byte.
    pub at: u64,
    /// Bytes.
    pub size: u64,
    /// [`RAM`] or [`RESERVED`].
    pub kind: u32,
    /// Zero.
    pub reserved: u32,
}

/// [`MemoryRange::kind`]: usable memory.
pub const RAM: u32 = 1;
/// [`MemoryRange::kind`]: not for the kernel.
pub const RESERVED: u32 = 2;

/// The nominal clock of the emulated PC in instructions a second, which is what its TSC
/// counts: 84 ticks to one of the 8254's 1,193,182 Hz. A kernel that runs elsewhere
/// calibrates against the 8254.
pub const NOMINAL_HZ: u64 = 1_193_182 * 84;

const _: () = assert!(size_of::<StartInfo>() == 56);
const _: () = assert!(size_of::<Module>() == 32);
const _: () = assert!(size_of::<MemoryRange>() == 24);
