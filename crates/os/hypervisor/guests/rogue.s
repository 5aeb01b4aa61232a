# A guest that misbehaves: see rogue.rs. Intel syntax, as Rust has it.

    .section .note.pvh, "a", @note
    .p2align 2
    .long 4, 8, 18
    .asciz "Xen"
    .quad rogue_entry

    .set PML4, 0x10000
    .set IDT, 0x14000
    .set STACK, 0x80000

    .section .rogue, "awx", @progbits
    .code32
    .globl rogue_entry
rogue_entry:
    cld
    mov     esp, STACK
    mov     ebp, [ebx + 24]         # StartInfo.command_line_at
    xor     eax, eax
    mov     edi, PML4
    mov     ecx, 0x5000 / 4
    rep stosd
    # 16 MiB one to one, and 1 GiB of virtual addresses that lead outside any memory.
    mov     dword ptr [PML4], PML4 + 0x1007
    mov     dword ptr [PML4 + 0x1000], PML4 + 0x2007
    mov     dword ptr [PML4 + 0x1008], PML4 + 0x3007
    mov     dword ptr [PML4 + 0x3000], 0x40000087
    mov     edi, PML4 + 0x2000
    mov     eax, 0x87
    mov     ecx, 8
1:  mov     [edi], eax
    add     eax, 0x200000
    add     edi, 8
    loop    1b
    mov     eax, 0xa0               # PAE, PGE
    mov     cr4, eax
    mov     eax, PML4
    mov     cr3, eax
    mov     ecx, 0xc0000080
    mov     eax, 0x900              # LME, NXE
    xor     edx, edx
    wrmsr
    mov     eax, 0x80010001         # PG, WP, PE
    mov     cr0, eax
    lgdt    [gdtr]
    ljmp    8, offset rogue_long

    .code64
rogue_long:
    mov     eax, 0x10
    mov     ds, eax
    mov     ss, eax
    mov     esi, ebp
    call    say
    # Find the row of the table whose name the command line begins with.
    lea     rbx, [rip + table]
2:  mov     rdi, [rbx]
    test    rdi, rdi
    jz      4f
    mov     esi, ebp
3:  mov     al, [rdi]
    test    al, al
    jz      5f
    cmp     al, [rsi]
    jne     6f
    inc     rdi
    inc     rsi
    jmp     3b
6:  add     rbx, 16
    jmp     2b
5:  call    [rbx + 8]
    lea     rsi, [rip + survived]   # the misdeed was none
    call    say
    mov     dx, 0xf4
    xor     eax, eax
    out     dx, eax
4:  lea     rsi, [rip + unknown]
    call    say
    cli
    hlt

say:                                # RSI: text; ends the line
    mov     edx, 0x3f8
1:  lodsb
    test    al, al
    jz      2f
    out     dx, al
    jmp     1b
2:  mov     al, 13
    out     dx, al
    mov     al, 10
    out     dx, al
    ret

wild_read:                          # outside its memory: ones
    cmp     dword ptr [0x40000000], -1
    jne     triple_fault
    ret
wild_write:
    mov     dword ptr [0x40000000], 1
    ret
triple_fault:
    lidt    [rip + nothing]
    ud2
cli_loop:
    cli
1:  jmp     1b
trap_loop:                          # a VM exit an instruction
    cli
    jmp     trap_loop
cr3_loop:                           # the most work for the least code
    mov     rax, cr3
    mov     cr3, rax
    jmp     cr3_loop
bad_cr3:
    mov     rax, 0x7ffffff000
    mov     cr3, rax
    ret
slot_509:                           # wants to live where the hypervisor does
    mov     rax, PML4 + 0x1007
    mov     [PML4 + 509 * 8], rax
    mov     rax, cr3
    mov     cr3, rax
    ret
garbage_tables:
    mov     rdi, PML4 + 0x1008
    mov     rax, 0x123456789abcdef1
    mov     ecx, 511
1:  mov     [rdi], rax
    rol     rax, 7
    add     rdi, 8
    loop    1b
    mov     rax, cr3
    mov     cr3, rax
    mov     ebx, 0x40000000
2:  mov     al, [rbx]
    add     rbx, 0x40000000
    jmp     2b
garbage_idt:
    mov     rax, 0x0badcafe0badcafe
    mov     edi, IDT
    mov     ecx, 512
    rep stosq
    lidt    [rip + idtr]
    ud2
garbage_gdt:
    lgdt    [rip + nothing]
    mov     eax, 0x10
    mov     ds, eax
    ret
poke:                               # the hypervisor's image
    movabs  rax, 0xfffffe8000100000
    mov     [rax], rax
    ret
peek:
    movabs  rax, 0xfffffe8000100000
    mov     rax, [rax]
    ret
jump:
    movabs  rax, 0xfffffe8000101000
    jmp     rax
borrow:                             # the real GDT's code segments
    push    0xffe0
    lea     rax, [rip + 1f]
    push    rax
    retfq
1:  jmp     1b
port_storm:                         # the longest instruction there is
    mov     rcx, -1
    mov     edi, 0x200000
    mov     edx, 0x3f8
    rep insb
    ret
real_mode:
    lea     rax, [rip + 1f]
    push    0x18                    # 32-bit code
    push    rax
    retfq
    .code32
1:  mov     eax, cr0
    and     eax, 0x7ffffffe
    mov     cr0, eax
    jmp     1b
    .code64
sleep_for_ever:
    cli
    hlt

    .p2align 3
gdt:
    .quad   0, 0x00af9a000000ffff, 0x00cf92000000ffff, 0x00cf9a000000ffff
gdtr:
    .word   31
    .quad   gdt
nothing:
    .word   0
    .quad   0
idtr:
    .word   4095
    .quad   IDT

    .macro misdeed name:req, entry:req
    .pushsection .rogue.names, "a"
1:  .asciz  "\name"
    .popsection
    .quad   1b, \entry
    .endm
survived: .asciz "and nothing happened"
unknown: .asciz "is not a misdeed that I know"
    .p2align 3
table:
    misdeed wild-read, wild_read
    misdeed wild-write, wild_write
    misdeed triple-fault, triple_fault
    misdeed cli-loop, cli_loop
    misdeed trap-loop, trap_loop
    misdeed cr3-loop, cr3_loop
    misdeed bad-cr3, bad_cr3
    misdeed slot-509, slot_509
    misdeed garbage-tables, garbage_tables
    misdeed garbage-idt, garbage_idt
    misdeed garbage-gdt, garbage_gdt
    misdeed poke, poke
    misdeed peek, peek
    misdeed jump, jump
    misdeed borrow, borrow
    misdeed port-storm, port_storm
    misdeed real-mode, real_mode
    misdeed sleep-for-ever, sleep_for_ever
    .quad   0
