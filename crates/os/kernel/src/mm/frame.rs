//! Who has which frame: the physical allocator and its ledger.
//!
//! [`Frame`] is the ledger, one row for each 4-KiB frame: how many hold it, what it is for,
//! which cgroup pays and for which address space it was taken. A frame that a cgroup pays for
//! stays charged to it until the last holder lets go, wherever the task has moved since.
//!
//! Free frames come from two places: a list of frames that were used and returned, linked
//! through their own first eight bytes (the oldest trick there is), and the *frontier*, the
//! first frame that was never used. Boot therefore touches no memory that nobody asked for.

use crate::cgroup::memory;
use crate::kernel::Kernel;
use crate::mm::oom;
use abi::Errno;
use metal::phys;
use objects::NONE;
use objects::kernel::{Frame, frame as kind};

/// Frame number of "no frame": frame 0 is the firmware's.
pub const NO_FRAME: u32 = 0;
/// In [`Frame::cgroup`] and [`Frame::mm`]: nobody.
pub const NOBODY: u16 = u16::MAX;

/// The allocator's own state; the ledger is [`Kernel::frames`].
#[derive(zerocopy::FromZeros)]
pub struct Allocator {
    /// First frame of the free list, or [`NO_FRAME`].
    free: u32,
    /// Frames from here up were never used (unless reserved).
    frontier: u32,
    /// How many frames there are of each kind.
    pub by_kind: [u64; 16],
}

/// Whose frame it will be.
#[derive(Clone, Copy)]
pub struct Owner {
    /// [`objects::kernel::Cgroup`] that pays, or [`NOBODY`].
    pub cgroup: u16,
    /// [`objects::kernel::Mm`] it is for, or [`NOBODY`].
    pub mm: u16,
}

impl Owner {
    /// Nobody pays: the kernel's own.
    pub const KERNEL: Self = Self {
        cgroup: NOBODY,
        mm: NOBODY,
    };
}

/// Whoever runs now: its cgroup pays.
pub fn current_owner(k: &Kernel) -> Owner {
    match k.tasks.get(k.root.current as usize) {
        Some(task) => Owner {
            cgroup: task.cgroup as u16,
            mm: if task.mm == NONE {
                NOBODY
            } else {
                task.mm as u16
            },
        },
        None => Owner::KERNEL,
    }
}

/// Sets the ledger up. `ranges` are the stretches of usable memory; everything else is
/// reserved, and so is everything below 1 MiB, where the firmware and the loader's notes are.
pub fn init(k: &mut Kernel, ranges: impl Iterator<Item = (u64, u64)>, memory_end: u64) {
    let frames = (memory_end / phys::FRAME) as usize;
    k.frames = phys::carve(frames);
    let image = metal::boot::image();
    let free_from = phys::free_from();
    for row in k.frames.iter_mut() {
        *row = Frame {
            refs: 1,
            kind: kind::RESERVED,
            cgroup: NOBODY,
            mm: NOBODY,
            ..Frame::default()
        };
    }
    let free = Frame {
        kind: kind::FREE,
        cgroup: NOBODY,
        mm: NOBODY,
        ..Frame::default()
    };
    for (start, end) in ranges {
        let first = start.max(free_from).div_ceil(phys::FRAME);
        for n in first..end.min(memory_end) / phys::FRAME {
            k.frames[n as usize] = free;
            k.root.free_frames += 1;
        }
    }
    for n in image.start / phys::FRAME..free_from / phys::FRAME {
        k.frames[n as usize].kind = kind::KERNEL;
        k.allocator.by_kind[kind::KERNEL as usize] += 1;
    }
    k.root.memory_bytes = memory_end;
    k.allocator.frontier = (free_from / phys::FRAME) as u32;
}

/// Takes the frames of `start..end` off the market before anything is allocated: they hold
/// the initramfs.
pub fn reserve(k: &mut Kernel, start: u64, end: u64) {
    for n in start / phys::FRAME..end.div_ceil(phys::FRAME) {
        if let Some(row) = k.frames.get_mut(n as usize)
            && row.refs == 0
        {
            row.refs = 1;
            row.kind = kind::INITRD;
            k.allocator.by_kind[kind::INITRD as usize] += 1;
            k.root.free_frames -= 1;
        }
    }
}

/// Gives the frames of `start..end` back that [`reserve`] took.
pub fn unreserve(k: &mut Kernel, start: u64, end: u64) {
    for n in start / phys::FRAME..end.div_ceil(phys::FRAME) {
        if k.frames
            .get(n as usize)
            .is_some_and(|row| row.kind == kind::INITRD)
        {
            release(k, n * phys::FRAME);
        }
    }
}

fn take(k: &mut Kernel) -> Option<u32> {
    let n = k.allocator.free;
    if n != NO_FRAME {
        k.allocator.free = phys::read_u64(u64::from(n) * phys::FRAME) as u32;
        return Some(n);
    }
    while let Some(row) = k.frames.get(k.allocator.frontier as usize) {
        let n = k.allocator.frontier;
        k.allocator.frontier += 1;
        if row.refs == 0 {
            return Some(n);
        }
    }
    None
}

/// A frame with whatever it last held; the caller overwrites all of it. Physical address.
///
/// # Errors
/// ENOMEM if there is none or the owner's cgroup may not have another, and killing somebody
/// did not help (or it is the caller that was killed).
pub fn alloc_dirty(k: &mut Kernel, kind: u8, owner: Owner) -> Result<u64, Errno> {
    if owner.cgroup != NOBODY {
        memory::charge(k, u32::from(owner.cgroup))?;
    }
    let n = loop {
        match take(k) {
            Some(n) => break n,
            None if oom::kill_in(k, 0) => {}
            None => {
                if owner.cgroup != NOBODY {
                    memory::uncharge(k, u32::from(owner.cgroup));
                }
                return Err(Errno::ENOMEM);
            }
        }
    };
    k.frames[n as usize] = Frame {
        refs: 1,
        kind,
        reserved: 0,
        cgroup: owner.cgroup,
        mm: owner.mm,
    };
    k.root.free_frames -= 1;
    k.allocator.by_kind[kind as usize] += 1;
    Ok(u64::from(n) * phys::FRAME)
}

/// A frame full of zeros. Physical address.
///
/// # Errors
/// As [`alloc_dirty`].
pub fn alloc(k: &mut Kernel, kind: u8, owner: Owner) -> Result<u64, Errno> {
    let at = alloc_dirty(k, kind, owner)?;
    phys::zero(at, phys::FRAME);
    Ok(at)
}

/// One more holder.
pub fn share(k: &mut Kernel, at: u64) {
    k.frames[(at / phys::FRAME) as usize].refs += 1;
}

/// How many hold the frame.
pub fn holders(k: &Kernel, at: u64) -> u16 {
    k.frames[(at / phys::FRAME) as usize].refs
}

/// One holder less; the last one frees it, and its cgroup no longer pays.
pub fn release(k: &mut Kernel, at: u64) {
    let n = (at / phys::FRAME) as usize;
    let row = &mut k.frames[n];
    assert!(row.refs > 0, "frame {n} was released more often than held");
    row.refs -= 1;
    if row.refs > 0 {
        return;
    }
    let cgroup = row.cgroup;
    k.allocator.by_kind[row.kind as usize] -= 1;
    *row = Frame {
        kind: kind::FREE,
        cgroup: NOBODY,
        mm: NOBODY,
        ..Frame::default()
    };
    if cgroup != NOBODY {
        memory::uncharge(k, u32::from(cgroup));
    }
    phys::write_u64(at, u64::from(k.allocator.free));
    k.allocator.free = n as u32;
    k.root.free_frames += 1;
}

/// As [`release`], for an address space: if others still hold the frame, it is no longer
/// `mm`'s.
pub fn leave(k: &mut Kernel, at: u64, mm: u32) {
    let row = &mut k.frames[(at / phys::FRAME) as usize];
    if u32::from(row.mm) == mm {
        row.mm = NOBODY;
    }
    release(k, at);
}

/// Moves every charge of `from` to `to`: what happens to the pages that outlive a cgroup.
/// The ancestors' counts include them already.
pub fn move_charges(k: &mut Kernel, from: u32, to: u32) {
    for row in k
        .frames
        .iter_mut()
        .filter(|row| u32::from(row.cgroup) == from)
    {
        row.cgroup = to as u16;
    }
}
