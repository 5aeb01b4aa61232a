//! The one real GDT, IDT and TSS, and the MSRs behind SYSCALL.
//!
//! **The rule of the high selectors.** IRET, RETF and far jumps are not privileged: in ring 3
//! they fault only if the selector is not a usable DPL-3 code segment *in the real GDT*. If a
//! guest's own user selector happened to be one, its kernel's IRET would enter guest-user code
//! behind our back, with the guest kernel's page tables still loaded. So the real GDT is as long
//! as it can be and empty but for its last seven entries, where no guest's table reaches.

use core::cell::UnsafeCell;

use x86::desc::{Descriptor, Gate, system, tss64};
use x86::{msr, vector};

use super::OFFSET;
use crate::reg;

const ENTRIES: usize = 8192;
const FIRST: usize = ENTRIES - 7;

/// The first index that is ours: [`LOWEST_SELECTOR`] and above must not be used by guests.
pub const LOWEST_SELECTOR: u16 = (FIRST * 8) as u16;
/// TSS, 16 bytes.
const TSS: u16 = LOWEST_SELECTOR;
/// The hypervisor's code. SYSCALL wants its stack segment right behind it.
pub(super) const HOST_CODE: u16 = TSS + 16;
const HOST_STACK: u16 = HOST_CODE + 8;
/// 32-bit guest code.
pub(super) const GUEST_CODE32: u16 = (HOST_STACK + 8) | 3;
/// Guest data and stack, 32-bit and 64-bit alike.
pub(super) const GUEST_DATA: u16 = (HOST_STACK + 16) | 3;
/// 64-bit guest code.
pub(super) const GUEST_CODE64: u16 = (HOST_STACK + 24) | 3;

#[repr(C, align(4096))]
struct Tables {
    gdt: UnsafeCell<[u64; ENTRIES]>,
    idt: UnsafeCell<[Gate; 256]>,
    tss: UnsafeCell<[u8; tss64::SIZE as usize]>,
    /// For NMI, #DF and #MC, which may come when RSP is not to be trusted.
    ist: UnsafeCell<[u8; 4096]>,
}

// SAFETY: one CPU; written once by `init`, before the first guest.
unsafe impl Sync for Tables {}

static TABLES: Tables = Tables {
    gdt: UnsafeCell::new([0; ENTRIES]),
    idt: UnsafeCell::new([Gate { low: 0, high: 0 }; 256]),
    tss: UnsafeCell::new([0; tss64::SIZE as usize]),
    ist: UnsafeCell::new([0; 4096]),
};

unsafe extern "C" {
    static mut boot_pml4: [u64; 512];
    static world_frame: [u64; 8];
    static world_stubs: [[u8; 16]; 256];
    fn world_syscall();
    fn world_syscall32();
}

#[repr(C, packed)]
struct Pointer {
    limit: u16,
    base: u64,
}

/// Builds the tables and loads them. Called once, first of all.
pub(super) fn init() {
    // SAFETY: nothing runs beside us and no guest has been entered: these are the only
    // references. The asm loads what has just been built; every address in it is static.
    unsafe {
        let gdt = &mut *TABLES.gdt.get();
        let tss = &mut *TABLES.tss.get();
        let tss_at = tss.as_ptr() as u64;
        let tss_low = (tss64::SIZE - 1)
            | (tss_at & 0xff_ffff) << 16
            | u64::from(system::TSS_AVAILABLE) << 40
            | Descriptor::P
            | (tss_at >> 24 & 0xff) << 56;
        let code = Descriptor::CODE | Descriptor::RW;
        gdt[FIRST..].copy_from_slice(&[
            tss_low,
            tss_at >> 32,
            Descriptor::flat(code | Descriptor::L, 0).0,
            Descriptor::flat(Descriptor::RW | Descriptor::D, 0).0,
            Descriptor::flat(code | Descriptor::D, 3).0,
            Descriptor::flat(Descriptor::RW | Descriptor::D, 3).0,
            Descriptor::flat(code | Descriptor::L, 3).0,
        ]);

        let mut put = |at: u64, bytes: &[u8]| {
            tss[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
        };
        let frame_end = (&raw const world_frame).add(1) as u64;
        let ist_end = TABLES.ist.get().add(1) as u64;
        put(tss64::RSP0, &frame_end.to_le_bytes());
        put(tss64::IST1, &ist_end.to_le_bytes());
        // The I/O map lies beyond the limit: every IN and OUT of ring 3 is #GP.
        put(tss64::IO_MAP_BASE, &(tss64::SIZE as u16).to_le_bytes());

        let idt = &mut *TABLES.idt.get();
        for (number, gate) in idt.iter_mut().enumerate() {
            let number = number as u8;
            // INT n from a guest must be #GP, so that its own gate's DPL decides; only INT3
            // and INTO have opcodes of their own and come straight in.
            let dpl = if matches!(number, vector::BP | vector::OF) {
                3
            } else {
                0
            };
            let ist = u8::from(matches!(number, vector::NMI | vector::DF | vector::MC));
            let stub = (&raw const world_stubs[usize::from(number)]) as u64;
            *gate = Gate::new(stub, HOST_CODE, system::INTERRUPT_GATE, dpl, ist);
        }

        let gdtr = Pointer {
            limit: (ENTRIES * 8 - 1) as u16,
            base: gdt.as_ptr() as u64,
        };
        let idtr = Pointer {
            limit: 256 * 16 - 1,
            base: idt.as_ptr() as u64,
        };
        core::arch::asm!(
            "lgdt [{gdtr}]",
            "lidt [{idtr}]",
            "push {code}",
            "lea {scratch}, [rip + 2f]",
            "push {scratch}",
            "retfq",
            "2:",
            "ltr {tss:x}",
            "mov ds, {data:e}",
            "mov es, {data:e}",
            gdtr = in(reg) &gdtr,
            idtr = in(reg) &idtr,
            code = in(reg) u64::from(HOST_CODE),
            tss = in(reg) u64::from(TSS),
            data = in(reg) u32::from(GUEST_DATA),
            scratch = out(reg) _,
        );

        // The plank of the boot code: from now on slot 509 is all there is.
        boot_pml4[0] = 0;
        let root = (&raw const boot_pml4) as u64 - OFFSET;
        reg::write_cr3(root);

        // SYSCALL: to HOST_CODE and HOST_STACK, with IF, DF, TF and all the rest cleared.
        reg::write_msr(msr::STAR, u64::from(HOST_CODE) << 32);
        reg::write_msr(msr::LSTAR, world_syscall as *const () as u64);
        reg::write_msr(msr::CSTAR, world_syscall32 as *const () as u64);
        reg::write_msr(msr::SFMASK, 0x0025_7fd5);
    }
}
