//! # 61. Loading a guest: PVH again
//!
//! A guest starts exactly as its kernel starts on the bare PC, and as we did ourselves: the ELF
//! file's segments at their physical addresses, an initramfs behind them, a StartInfo, and
//! the 32-bit entry that the ELF note names (xen/include/public/arch-x86/hvm/start_info.h).
//! Neither paging nor long mode are on: the guest makes its own way there, one trap at a time.
//!
//! ```text
//!  guest-physical
//!  0x1000  StartInfo, modules, memory map      1 MiB ..  kernel (where its file says)
//!  0x2000  command line                        top       initramfs, page-aligned
//! ```

use abi::boot::{MemoryRange, Module, RAM, RESERVED, START_MAGIC};
use elf::Elf;
use objects::hypervisor::{Vcpu, state};
use x86::reg::{cr0, rflags};

use crate::config::{self, Config};
use crate::devices::pit::Clock;
use crate::guest::{Guest, Own, Stale};
use crate::schedule::Share;
use crate::shadow::View;
use crate::vtlb;

const START_AT: u64 = 0x1000;
const MODULE_AT: u64 = 0x1100;
const MAP_AT: u64 = 0x1200;
const COMMAND_LINE_AT: u64 = 0x2000;
const COMMAND_LINE_MAX: usize = 0x800;
/// Where a PC has its ROMs and video memory rather than RAM.
const HOLE: core::ops::Range<u64> = 0xa_0000..0x10_0000;

/// Why a guest cannot be loaded.
pub type Refusal = &'static str;

/// Puts a guest into its memory and its vCPU at the kernel's entry. `initramfs` are the parts
/// of it, one behind the other.
///
/// # Errors
/// What is wrong with the kernel, or that it does not fit.
pub fn load(
    g: &mut Guest<'_>,
    kernel: &[u8],
    initramfs: &[&[u8]],
    append: &str,
) -> Result<(), Refusal> {
    let size = g.vm.memory_bytes;
    let (ram, base) = (g.own.ram, g.vm.memory_at);

    let elf = Elf::parse(kernel).map_err(|e| e.what)?;
    let mut end = HOLE.end;
    for segment in elf.loads() {
        let segment = segment.map_err(|e| e.what)?;
        let bytes = elf.segment_bytes(&segment).map_err(|e| e.what)?;
        let at = g.host(segment.paddr, segment.mem_size.max(1)).ok_or("its kernel does not fit")?;
        ram.write_bytes(at, bytes);
        let rest = segment.mem_size.saturating_sub(segment.file_size);
        ram.zero(at + segment.file_size, rest);
        end = end.max(segment.paddr + segment.mem_size);
    }
    let entry = elf.pvh_entry().map_err(|e| e.what)?.ok_or("its kernel has no PVH note")?;

    let total: u64 = initramfs.iter().map(|part| part.len().next_multiple_of(4) as u64).sum();
    let at = size.checked_sub(total).ok_or("its initramfs does not fit")? & !0xfff;
    if at < end {
        return Err("its initramfs does not fit");
    }
    let mut next = base + at;
    for part in initramfs {
        ram.write_bytes(next, part);
        next += part.len().next_multiple_of(4) as u64;
    }

    let text = &append.as_bytes()[..append.len().min(COMMAND_LINE_MAX)];
    ram.write_bytes(base + COMMAND_LINE_AT, text);
    write_start_info(g, at, total);

    *g.cpu = Vcpu {
        rip: u64::from(entry),
        rflags: rflags::FIXED,
        cr0: cr0::PE | cr0::ET,
        kernel_root: g.own.shadow.root(View::Kernel),
        user_root: g.own.shadow.root(View::User),
        ..Vcpu::default()
    };
    g.cpu.gpr[3] = START_AT; // EBX
    Ok(())
}

/// [H:61.1] What EBX points at.
fn write_start_info(g: &Guest<'_>, initramfs_at: u64, initramfs_size: u64) {
    let (ram, base) = (g.own.ram, g.vm.memory_at);
    let words = |at: u64, words: &[u64]| {
        for (i, word) in words.iter().enumerate() {
            ram.write_u64(base + at + 8 * i as u64, *word);
        }
    };
    let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    let modules = u32::from(initramfs_size > 0);
    // StartInfo, Module and MemoryRange, as abi::boot lays them out.
    words(
        START_AT,
        &[
            pair(START_MAGIC, 1),
            pair(0, modules),
            MODULE_AT,
            COMMAND_LINE_AT,
            0,
            MAP_AT,
            pair(3, 0),
        ],
    );
    words(MODULE_AT, &[initramfs_at, initramfs_size, 0, 0]);
    let rows = [(0..HOLE.start, RAM), (HOLE, RESERVED), (HOLE.end..g.vm.memory_bytes, RAM)];
    for (i, (range, kind)) in rows.into_iter().enumerate() {
        let at = MAP_AT + (i * size_of::<MemoryRange>()) as u64;
        words(at, &[range.start, range.end - range.start, u64::from(kind)]);
    }
    const _: () = assert!(size_of::<Module>() == 32);
}

/// [H:61.2] Starts a VM, for the first time or again: as a PC that is switched on. `clock` begins
/// with it; the other VMs stand at virtual `time`.
///
/// # Errors
/// As [`load`]; and what is missing in the archive.
pub fn start(
    g: &mut Guest<'_>,
    archive: &[u8],
    slot: usize,
    config: &Config<'_>,
    clock: Clock,
    time: u64,
) -> Result<(), Refusal> {
    let kernel = config::file(archive, config.kernel).ok_or("its kernel is not in the initrd")?;
    let common = config::file(archive, "initramfs.cpio").unwrap_or(&[]);
    let extra = config::file_of_vm(archive, slot, "cpio").unwrap_or(&[]);
    if g.vm.state != state::FREE {
        // What the last run left behind; fresh memory of the PC is all zeros.
        g.own.ram.zero(g.vm.memory_at, g.vm.memory_bytes);
    }
    *g.own = Own { ram: g.own.ram, shadow: g.own.shadow, ..Own::NEW };
    vtlb::flush_all(g);
    load(g, kernel, &[common, extra], config.append)?;
    g.own.share = Share::new(config.weight, config.cap, time);
    g.own.stale = Stale::ALL;
    g.own.devices.clock = clock;
    Ok(())
}
