//! From 32-bit protected mode to Rust in 64-bit mode.
//!
//! A PVH loader (QEMU's `-kernel`, our firmware, our hypervisor) jumps to [`pvh_start`] with
//! paging off, flat segments, interrupts off and EBX = physical address of a
//! [`StartInfo`](abi::boot::StartInfo). Long mode cannot be had in one step. The order is the
//! processor's (APM vol. 2 §14.6.1), and each step leaves a code on port 0x80:
//!
//! | code | step |
//! |---|---|
//! | 10 | entered; a stack |
//! | 11 | page tables built |
//! | 12 | CR4.PAE on, CR3 points at the tables |
//! | 13 | EFER.LME on: long mode *enabled* |
//! | 14 | CR0.PG on: long mode *active*, still in 32-bit compatibility mode |
//! | 15 | far jump through a 64-bit code descriptor: 64-bit mode |
//! | 16 | running at the kernel's own high address |
//!
//! The first page tables map the first GiB of physical memory three times, with one shared
//! page directory of 2-MiB pages:
//!
//! ```text
//!  PML4[0]   -> PDPT_LOW[0]    0x0000000000000000  where we stand when PG comes on
//!  PML4[273] -> PDPT_LOW[0]    0xffff888000000000  all of RAM, for the kernel (direct map)
//!  PML4[511] -> PDPT_HIGH[510] 0xffffffff80000000  where the kernel is linked
//! ```

use core::arch::global_asm;

/// Where the kernel's image is linked: physical address + this.
pub const KERNEL_BASE: u64 = 0xffff_ffff_8000_0000;
/// Virtual address of physical address 0 in the direct map.
pub const DIRECT_MAP: u64 = 0xffff_8880_0000_0000;
/// Physical memory that the direct map covers; what lies above is left alone.
pub const DIRECT_MAP_SIZE: u64 = 1 << 30;
/// Bytes of the stack that the boot code runs on.
pub const BOOT_STACK_SIZE: usize = 32 * 1024;

/// Code segment of the kernel.
pub const KERNEL_CS: u16 = 0x08;
/// Stack segment of the kernel.
pub const KERNEL_SS: u16 = 0x10;
/// What SYSRET adds 8 (SS) and 16 (CS) to; user selectors carry RPL 3.
pub const SYSRET_BASE: u16 = 0x18 | 3;
/// Data and stack segment of user programs.
pub const USER_SS: u16 = 0x20 | 3;
/// Code segment of user programs.
pub const USER_CS: u16 = 0x28 | 3;
/// The task state segment.
pub const TSS_SELECTOR: u16 = 0x30;

unsafe extern "C" {
    static __image_start: u8;
    static __text_end: u8;
    static __rodata_end: u8;
    static __image_end: u8;
    static boot_pml4: u8;
    static boot_stack_guard: u8;
}

/// Where the parts of the kernel image lie, as physical addresses.
#[derive(Clone, Copy, Debug)]
pub struct Image {
    /// First byte; code begins here.
    pub start: u64,
    /// End of the code, page-aligned.
    pub text_end: u64,
    /// End of the constants, page-aligned.
    pub rodata_end: u64,
    /// End of everything, .bss included, page-aligned.
    pub end: u64,
}

/// The layout of the running image, from the linker script's symbols.
pub fn image() -> Image {
    // Only the symbols' addresses are taken.
    Image {
        start: (&raw const __image_start).addr() as u64 - KERNEL_BASE,
        text_end: (&raw const __text_end).addr() as u64 - KERNEL_BASE,
        rodata_end: (&raw const __rodata_end).addr() as u64 - KERNEL_BASE,
        end: (&raw const __image_end).addr() as u64 - KERNEL_BASE,
    }
}

/// Physical address of the page below the boot stack.
pub fn stack_guard() -> u64 {
    (&raw const boot_stack_guard).addr() as u64 - KERNEL_BASE
}

/// Physical address of the PML4 that the boot code built. Its upper half becomes everybody's.
pub fn boot_tables() -> u64 {
    (&raw const boot_pml4).addr() as u64 - KERNEL_BASE
}

global_asm!(
    r#"
    // The note by which a PVH loader finds the entry (type 18, owner "Xen").
    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, {NOTE}
    .asciz "Xen"
    .quad pvh_start - {BASE}

    .section .text.boot, "ax"
    .code32
    .global pvh_start
    pvh_start:
        cld
        mov esi, ebx                    // StartInfo, kept until kernel_main
        lea esp, [boot_stack_top - {BASE}]
        mov al, 0x10
        out 0x80, al

        // One page directory: 512 large pages, 1 GiB.
        lea edi, [boot_pd - {BASE}]
        mov eax, 0x83                   // present, writable, large
        mov ecx, 512
    2:  mov [edi], eax
        mov dword ptr [edi + 4], 0
        add eax, 0x200000
        add edi, 8
        dec ecx
        jnz 2b
        // The levels above it; every entry is physical address + present + writable.
        lea eax, [boot_pd - {BASE} + 3]
        mov [boot_pdpt_low - {BASE}], eax
        mov [boot_pdpt_high - {BASE} + 510 * 8], eax
        lea eax, [boot_pdpt_low - {BASE} + 3]
        mov [boot_pml4 - {BASE}], eax
        mov [boot_pml4 - {BASE} + 273 * 8], eax
        lea eax, [boot_pdpt_high - {BASE} + 3]
        mov [boot_pml4 - {BASE} + 511 * 8], eax
        mov al, 0x11
        out 0x80, al

        mov eax, 0x20                   // CR4.PAE: eight-byte entries
        mov cr4, eax
        lea eax, [boot_pml4 - {BASE}]
        mov cr3, eax
        mov al, 0x12
        out 0x80, al

        mov ecx, 0xc0000080             // EFER
        xor edx, edx
        mov eax, 0x901                  // SCE: SYSCALL; LME: long mode; NXE: no-execute
        wrmsr
        mov al, 0x13
        out 0x80, al

        mov eax, 0x80010011             // CR0: PG, WP (the kernel obeys read-only), ET, PE
        mov cr0, eax
        mov al, 0x14
        out 0x80, al

        lgdt [boot_gdt_low - {BASE}]
        // A far jump loads CS: the descriptor's L bit makes it 64-bit code.
        .byte 0xea
        .long boot_64 - {BASE}
        .word {CS}

    .code64
    boot_64:
        mov al, 0x15
        out 0x80, al
        mov eax, {SS}
        mov ss, eax
        xor eax, eax
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        // Up, to where we are linked.
        movabs rax, offset boot_high
        jmp rax
    boot_high:
        mov al, 0x16
        out 0x80, al
        lgdt [rip + boot_gdt_high]
        lea rsp, [rip + boot_stack_top]
        xor ebp, ebp                    // the end of any chain of frames
        mov edi, esi
        call kernel_main
        ud2

    .section .data.boot, "aw"
    .balign 16
    .global gdt
    gdt:
        .quad 0
        .quad 0x00af9b000000ffff        // 08 kernel code, 64-bit
        .quad 0x00cf93000000ffff        // 10 kernel data
        .quad 0x00cffb000000ffff        // 18 user code, 32-bit (SYSRET wants a place for it)
        .quad 0x00cff3000000ffff        // 20 user data
        .quad 0x00affb000000ffff        // 28 user code, 64-bit
        .quad 0, 0                      // 30 task state segment, filled in by trap::init
    gdt_end:
    boot_gdt_low:
        .word gdt_end - gdt - 1
        .long gdt - {BASE}
    .balign 8
    boot_gdt_high:
        .word gdt_end - gdt - 1
        .quad gdt

    .section .bss.boot, "aw", @nobits
    .balign 4096
    .global boot_pml4
    boot_pml4:      .skip 4096
    boot_pdpt_low:  .skip 4096
    boot_pdpt_high: .skip 4096
    boot_pd:        .skip 4096
    // Left unmapped as soon as there are better tables: an overflow faults.
    .global boot_stack_guard
    boot_stack_guard: .skip 4096
    boot_stack:     .skip {STACK}
    boot_stack_top:
    .text
    "#,
    NOTE = const abi::boot::PVH_NOTE_TYPE,
    BASE = const KERNEL_BASE,
    CS = const KERNEL_CS,
    SS = const KERNEL_SS,
    STACK = const BOOT_STACK_SIZE,
);
