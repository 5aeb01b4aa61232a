//! From the PVH entry to Rust: 32 bits without paging, to 64 bits at [`super::OFFSET`].
//!
//! The loader enters `pvh_entry` as xen/include/public/arch-x86/hvm/start_info.h says: flat
//! 32-bit protected mode, paging off, interrupts off, EBX = StartInfo. Long mode needs five
//! things in this order (APM vol. 2 §14.6.1): page tables, CR4.PAE, CR3, EFER.LME, CR0.PG;
//! then a far jump into a code segment with L = 1.
//!
//! ```text
//! PML4[0]   ─┐
//! PML4[509] ─┴▶ PDPT[0..4] ▶ 4 page directories ▶ 2048 × 2 MiB = the first 4 GiB
//! ```
//! Slot 0 is the plank that we stand on while the far jump happens; `tables::init` takes it
//! away. Everything but the first 2 MiB, where the image is, is no-execute.

core::arch::global_asm!(
    r#"
    .section .note.pvh, "a", @note
    .p2align 2
    .long 4, 8, 18              # name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .quad pvh_entry

    .section .boot, "ax", @progbits
    .code32
    .globl pvh_entry
pvh_entry:
    cli
    cld
    mov     esi, ebx            # StartInfo, until Rust takes it
    mov     al, 0x10            # POST: alive
    out     0x80, al

    # 4 page directories in a row: entry n maps 2 MiB at n * 2 MiB.
    mov     edi, offset boot_pd_low
    mov     eax, 0x83           # present, writable, large
    xor     edx, edx            # bit 63 (NX) clear for entry 0
    mov     ecx, 2048
1:  mov     [edi], eax
    mov     [edi + 4], edx
    mov     edx, 0x80000000     # ... and set for all others
    add     eax, 0x200000
    add     edi, 8
    dec     ecx
    jnz     1b

    # The PDPT points at the four directories, the PML4 twice at the PDPT.
    mov     edi, offset boot_pdpt_low
    mov     eax, offset boot_pd_low
    or      eax, 3
    mov     ecx, 4
2:  mov     [edi], eax
    add     eax, 0x1000
    add     edi, 8
    dec     ecx
    jnz     2b
    mov     edi, offset boot_pml4_low
    mov     eax, offset boot_pdpt_low
    or      eax, 3
    mov     [edi], eax
    mov     [edi + 509 * 8], eax

    mov     al, 0x11            # POST: tables built
    out     0x80, al
    mov     eax, cr4
    or      eax, 0x620          # PAE, OSFXSR, OSXMMEXCPT
    mov     cr4, eax
    mov     cr3, edi
    mov     ecx, 0xc0000080     # EFER
    rdmsr
    or      eax, 0x901          # SCE, LME, NXE
    wrmsr
    mov     eax, cr0
    and     eax, 0x1ffffff1     # caches on; EM, TS, MP off
    or      eax, 0x80010023     # PG, WP, NE, MP, PE
    mov     cr0, eax            # compatibility mode from here on
    lgdt    [boot_gdtr]
    ljmp    8, offset long_mode

    .code64
long_mode:
    mov     al, 0x12            # POST: long mode
    out     0x80, al
    xor     eax, eax
    mov     ds, eax
    mov     es, eax
    mov     fs, eax
    mov     gs, eax
    mov     ss, eax             # null is a fine SS at CPL 0 in 64-bit mode
    movabs  rsp, offset boot_stack_end
    mov     edi, esi            # StartInfo, zero-extended: the argument
    xor     ebp, ebp
    movabs  rax, offset hypervisor_main
    call    rax                 # never returns
3:  hlt
    jmp     3b

    .p2align 3
boot_gdt:
    .quad   0
    .quad   0x00209a0000000000  # 64-bit code, DPL 0
boot_gdtr:
    .word   15
    .long   boot_gdt

    .section .bss.boot, "aw", @nobits
    .p2align 12
    .globl boot_pml4, boot_pdpt, boot_pd
boot_pml4:  .skip 0x1000
boot_pdpt:  .skip 0x1000
boot_pd:    .skip 0x4000
    .globl boot_stack_end
boot_stack: .skip 0x8000
boot_stack_end:
    .text
"#
);
