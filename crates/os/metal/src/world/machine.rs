//! What the hypervisor may do with the real CPU, as safe functions.
//!
//! They are safe because nothing that a caller passes can reach the hypervisor's own memory:
//! every root carries the hypervisor's slot unchanged (see [`own_root_entry`]), guests run in
//! ring 3, and registers are plain numbers.

use core::arch::asm;
use core::ops::Range;
use core::sync::atomic::{AtomicBool, Ordering};

use x86::msr;
use x86::reg::{cr0, cr4, rflags};

use crate::reg;

use super::tables::{self, GUEST_CODE32, GUEST_CODE64, GUEST_DATA};
use super::{Exit, OFFSET, Ram, SLOT};

pub use super::tables::LOWEST_SELECTOR;

unsafe extern "C" {
    static boot_pml4: [u64; 512];
    static image_start: u8;
    static image_last: u8;
    static mut world_frame: [u64; 8];
    fn world_enter(registers: *mut [u64; 16]);
    fn world_idle() -> u64;
}

/// Takes the CPU over: descriptor tables, SYSCALL, and no more identity map.
pub fn init() {
    tables::init();
}

/// Host-physical addresses of the hypervisor's image, boot tables and stack included.
pub fn image() -> Range<u64> {
    (&raw const image_start) as u64 - OFFSET..(&raw const image_last) as u64 - OFFSET
}

/// The hypervisor's own root, for when no guest runs.
pub fn own_root() -> u64 {
    (&raw const boot_pml4) as u64 - OFFSET
}

/// Memory below the image, where loaders leave their StartInfo.
pub fn low_memory() -> Ram {
    Ram::direct(0, image().start)
}

/// Divides physical memory below `end` between a loader's file at `file` and guests: the
/// file as bytes, and the larger of the two areas beside it that are not the image.
///
/// # Panics
/// If called twice (the bytes are borrowed for ever), or if the file lies over the image.
pub fn divide(end: u64, file: Range<u64>) -> (&'static [u8], Ram) {
    static DONE: AtomicBool = AtomicBool::new(false);
    assert!(
        !DONE.swap(true, Ordering::Relaxed),
        "memory is divided once"
    );
    let image = image();
    assert!(
        file.start <= file.end
            && file.end <= end
            && (file.end <= image.start || file.start >= image.end),
        "the loader put its file over the image"
    );
    let below = image.end..file.start.max(image.end);
    let above = file.end.max(image.end)..end;
    let guests = if below.end - below.start > above.end - above.start {
        below
    } else {
        above
    };
    let pointer = core::ptr::with_exposed_provenance::<u8>((OFFSET + file.start) as usize);
    // SAFETY: mapped, initialised by the loader, and outside the only window on memory there
    // will be (and `low` memory is only read).
    let bytes = unsafe { core::slice::from_raw_parts(pointer, (file.end - file.start) as usize) };
    (bytes, Ram::direct(guests.start, guests.end))
}

/// What must stand in slot [`SLOT`] of every root: our memory, for CPL 0 only.
pub fn own_root_entry() -> u64 {
    // SAFETY: the boot code filled it; nothing writes it any more.
    unsafe { (&raw const boot_pml4[SLOT]).read() }
}

/// Runs a guest until the CPU leaves it. `registers` are in encoding order, RSP among them;
/// `long` chooses between 64-bit and 32-bit code. The CPU is in ring 3 with IF set, whatever
/// `flags` say, so a guest can neither mask our timer nor touch our memory.
pub fn run(registers: &mut [u64; 16], rip: &mut u64, flags: &mut u64, long: bool) -> Exit {
    const RSP: usize = 4;
    const GUEST_FLAGS: u64 =
        rflags::STATUS | rflags::TF | rflags::DF | rflags::RF | rflags::AC | rflags::ID;
    if !long {
        *rip &= 0xffff_ffff;
    } else if !x86::addr::is_canonical(*rip) {
        // IRETQ would fault before it leaves CPL 0; fetching there is #GP in any case.
        return Exit {
            vector: u16::from(x86::vector::GP),
            error: 0,
        };
    }
    // SAFETY: interrupts are off and the frame is used only between here and the way back in.
    // The flags cannot raise IOPL or clear IF, and IRETQ cannot fault.
    unsafe {
        let code = if long { GUEST_CODE64 } else { GUEST_CODE32 };
        world_frame[3] = *rip;
        world_frame[4] = u64::from(code);
        world_frame[5] = *flags & GUEST_FLAGS | rflags::IF | rflags::FIXED;
        world_frame[6] = registers[RSP];
        world_frame[7] = u64::from(GUEST_DATA);
        world_enter(registers);
        *rip = world_frame[3];
        *flags = world_frame[5];
        registers[RSP] = world_frame[6];
        Exit {
            vector: world_frame[1] as u16,
            error: world_frame[2] as u32,
        }
    }
}

/// Sleeps until an interrupt arrives; returns its vector.
pub fn idle() -> u16 {
    // SAFETY: an interrupt at CPL 0 only notes its vector.
    unsafe { world_idle() as u16 }
}

/// Loads CR3, which also empties the TLB. `root` must carry [`own_root_entry`].
pub fn load_root(root: u64) {
    reg::write_cr3(root);
}

/// Mirrors a guest's CR0.TS, so that its lazy FPU switch gets its #NM.
pub fn set_task_switched(on: bool) {
    let old = reg::read_cr0() & !cr0::TS;
    reg::write_cr0(if on { old | cr0::TS } else { old });
}

/// CR4.UMIP: SGDT, SIDT, SLDT, SMSW and STR fault in ring 3 instead of answering.
pub fn set_umip() {
    reg::write_cr4(reg::read_cr4() | cr4::UMIP);
}

/// Makes CPUID fault above CPL 0 (CpuidUserDis), on a CPU that can.
pub fn set_cpuid_faulting() {
    reg::write_msr(msr::HWCR, reg::read_msr(msr::HWCR) | 1 << 35);
}

/// Loads the bases of FS and GS, which no guest can change without a trap.
pub fn load_fs_gs(fs: u64, gs: u64) {
    assert!(x86::addr::is_canonical(fs) && x86::addr::is_canonical(gs));
    reg::write_msr(msr::FS_BASE, fs);
    reg::write_msr(msr::GS_BASE, gs);
}

/// Gives DS, ES, FS and GS flat descriptors, as 32-bit code needs them. Clears the bases.
pub fn load_flat_segments() {
    // SAFETY: 64-bit code, such as ours, ignores them.
    unsafe {
        asm!(
            "mov ds, {0:e}", "mov es, {0:e}", "mov fs, {0:e}", "mov gs, {0:e}",
            in(reg) u32::from(GUEST_DATA), options(nomem, nostack)
        );
    }
}

/// x87 and SSE state, as FXSAVE lays it out (APM vol. 2 §11.4.4).
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub struct Fpu(pub [u8; 512]);

impl Fpu {
    /// The state after reset: all exceptions masked.
    pub const fn new() -> Self {
        let mut image = [0; 512];
        image[0] = 0x7f; // FCW 0x037F
        image[1] = 0x03;
        image[24] = 0x80; // MXCSR 0x1F80
        image[25] = 0x1f;
        Self(image)
    }
    /// Takes the CPU's state.
    pub fn save(&mut self) {
        // SAFETY: 512 bytes, aligned; TS is clear while the hypervisor switches.
        unsafe { asm!("fxsave64 [{}]", in(reg) &raw mut self.0, options(nostack)) }
    }
    /// Gives the CPU this state.
    pub fn load(&self) {
        // SAFETY: as in `save`; what FXSAVE wrote (or `new`) has no reserved MXCSR bit.
        unsafe { asm!("fxrstor64 [{}]", in(reg) &raw const self.0, options(nostack)) }
    }
}

impl Default for Fpu {
    fn default() -> Self {
        Self::new()
    }
}

/// The CPU faulted in ring 0. That is never a guest's doing: `frame` is vector, error, RIP, ...
#[unsafe(no_mangle)]
extern "C" fn world_bug(frame: &[u64; 5]) -> ! {
    panic!(
        "the hypervisor itself faulted: {} error {:#x} at {:#x}, address {:#x}",
        x86::vector::name(frame[0] as u8),
        frame[1],
        frame[2],
        reg::read_cr2()
    )
}
