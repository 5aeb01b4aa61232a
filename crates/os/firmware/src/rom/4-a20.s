# Chapter 4: the twenty-first address line
# ========================================
# The 8086 had twenty address lines, and FFFF:0010 wrapped round to 0. Programs came to rely
# on it, so the PC/AT got a gate that holds line 20 at zero until somebody opens it; a system
# that forgets sees each odd MiB as a picture of the even one below. Port 92h, bit 1 is the
# "fast" way to open it (bit 0 of the same port resets the machine: keep it zero).

a20_enable:
    in al, 0x92
    or al, 2
    and al, 0xfe
    out 0x92, al

    # Believe nothing: 0000:0500 and FFFF:0510 are 1 MiB apart. Different contents after a
    # write through one of them mean that the line is open. The loader has put the kernel at
    # 1 MiB, so both bytes are put back (MOV leaves the flags of the comparison alone).
    mov ax, 0xffff
    mov es, ax
    mov bl, [0x500]
    mov bh, es:[0x510]
    mov byte ptr [0x500], 0x00
    mov byte ptr es:[0x510], 0xff
    cmp byte ptr [0x500], 0x00
    mov es:[0x510], bh
    mov [0x500], bl
    mov ax, 0
    mov es, ax
    je 1f
    mov si, offset a20_closed - ROM
    call print
    jmp stop
1:  ret

a20_closed:
    .asciz "Ringside firmware: address line 20 stays closed.\r\n"
