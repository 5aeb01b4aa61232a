# Chapter 6: protected mode
# =========================
# In real mode an address is segment * 16 + offset and nothing is forbidden. In protected
# mode a segment register holds a selector, an index into a table of descriptors with base,
# limit and rights (APM vol. 2 section 4.7). Kernels want none of it, so the table below is
# the least that says "everything": base 0, limit 4 GiB, code and data.
#
#      63    56 55  52 51  48 47       40 39          16 15       0
#     | base   |G D L A|limit|P DPL S type| base         | limit    |
#     | 00     |1 1 0 0|  F  |1 00  1 1011| 000000       | FFFF     |   code: 00CF9B000000FFFF
#     | 00     |1 1 0 0|  F  |1 00  1 0011| 000000       | FFFF     |   data: 00CF93000000FFFF

.balign 8
gdt:
    .quad 0                     # the first descriptor is never used: selector 0 means none
    .quad 0                     # Linux expects its code and data at selectors 10 and 18; the
    .quad 0x00cf9b000000ffff    #   other protocols take what they get
    .quad 0x00cf93000000ffff
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long gdt

protected:
    lgdt cs:[gdt_pointer - ROM]
    mov eax, cr0
    or al, 1                    # PE: protection enable
    mov cr0, eax
    # CS still holds what real mode put there. A far jump loads it from the new table.
    .byte 0x66, 0xea            # JMP FAR 0010:flat, 32-bit offset
    .long flat
    .word 0x10

.code32
flat:
    mov ax, 0x18
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov al, 0x08
    out POST, al
    # All protocols leave the stack to the kernel. Registers that they do not name are zero,
    # so that every boot is the same.
    mov eax, [RECORD + 12]
    mov ebx, [RECORD + 16]
    mov esi, [RECORD + 20]
    mov edx, [RECORD + 8]
    xor ecx, ecx
    xor edi, edi
    xor ebp, ebp
    xor esp, esp
    jmp edx
.code16
