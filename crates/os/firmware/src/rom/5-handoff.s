# Chapter 5: what shall be started?
# =================================
# The machine's loader put an image into memory and left this record at 0F00:
#
#     0F00  "RING"
#     0F04  1 = a PVH kernel, 2 = a Multiboot kernel, 3 = a boot sector at 7C00, 4 = Linux
#     0F08  the 32-bit entry point
#     0F0C  what EAX shall hold there
#     0F10  what EBX shall hold there
#     0F14  what ESI shall hold there
#
# PVH wants EBX = address of its start info; Multiboot wants EAX = 2BADB002 and EBX = address
# of its information structure (sections 3.2 and 3.3 of the specification); Linux wants ESI =
# address of its boot_params. We need not know which is which: we pass on what the record says.

.set RECORD, 0x0f00
.set CMOS_INDEX, 0x70
.set CMOS_DATA, 0x71

hand_off:
    mov si, offset greeting - ROM
    call print
    call memory_mib
    call print_decimal
    mov si, offset mib - ROM
    call print

    cmp dword ptr [RECORD], 0x474e4952      # "RING"
    jne nothing
    mov eax, [RECORD + 4]
    mov si, offset pvh - ROM
    cmp eax, 1
    je kernel
    mov si, offset multiboot - ROM
    cmp eax, 2
    je kernel
    mov si, offset linux - ROM
    cmp eax, 4
    je kernel
    cmp eax, 3
    je sector

nothing:
    mov si, offset nothing_text - ROM
    call print
stop:
    post 0xff
1:  cli
    hlt                         # nothing wakes a CPU that sleeps with interrupts off
    jmp 1b

kernel:
    call print
    mov eax, [RECORD + 8]
    call print_hex
    mov si, offset line_end - ROM
    call print
    post 0x06
    jmp protected

# A boot sector says what it is in its last two bytes. It starts in real mode at 0000:7C00
# with the drive's number in DL.
sector:
    cmp word ptr [0x7c00 + 510], 0xaa55
    jne nothing
    mov si, offset sector_text - ROM
    call print
    post 0x07
    mov dl, 0x80
    .byte 0xea                  # JMP FAR 0000:7C00
    .word 0x7c00, 0

# How much memory is there? The CMOS memory of the clock chip knows: the MiB between 1 and
# 16 in KiB (30h, 31h), what lies above 16 MiB in units of 64 KiB (34h, 35h). AX = MiB.
memory_mib:
    mov al, 0x35
    call cmos
    mov ah, al
    mov al, 0x34
    call cmos
    test ax, ax
    jz 1f
    shr ax, 4                   # 16 units of 64 KiB are a MiB
    add ax, 16
    ret
1:  mov al, 0x31
    call cmos
    mov ah, al
    mov al, 0x30
    call cmos
    shr ax, 10
    inc ax                      # and the first MiB
    ret

# AL = the byte at AL of the CMOS memory; AH stays.
cmos:
    out CMOS_INDEX, al
    in al, CMOS_DATA
    ret

greeting:
    .asciz "Ringside firmware: "
mib:
    .asciz " MiB, "
pvh:
    .asciz "PVH kernel at "
multiboot:
    .asciz "Multiboot kernel at "
linux:
    .asciz "Linux at "
sector_text:
    .asciz "boot sector\r\n"
nothing_text:
    .asciz "nothing to boot\r\n"
line_end:
    .asciz "\r\n"
