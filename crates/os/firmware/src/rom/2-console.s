# Chapter 2: a console
# ====================
# Two of them, and everything goes to both: the first serial port, and the text screen.

# --- The 16550 UART at 3F8 (COM1) -------------------------------------------------------
.set COM1, 0x3f8

serial_setup:
    mov dx, COM1 + 1
    xor al, al
    out dx, al                  # no interrupts: we poll
    mov dx, COM1 + 3
    mov al, 0x80
    out dx, al                  # DLAB: the first two ports are the divisor now
    mov dx, COM1
    mov al, 1
    out dx, al                  # 115,200 baud / 1
    inc dx
    xor al, al
    out dx, al
    mov dx, COM1 + 3
    mov al, 0x03
    out dx, al                  # 8 data bits, no parity, 1 stop bit; DLAB off
    dec dx
    mov al, 0x07
    out dx, al                  # FIFOs on, and empty
    ret

# Sends AL. Changes DX.
serial_put:
    push ax
    mov dx, COM1 + 5
1:  in al, dx                   # line status: bit 5 = there is room
    test al, 0x20
    jz 1b
    pop ax
    mov dx, COM1
    out dx, al
    ret

# --- The text screen --------------------------------------------------------------------
# 80 x 25 cells at B8000, two bytes each: the character, and its colours. Where to write
# next is kept at 0450 (column, row), where PC firmware has always kept it.
.set SCREEN, 0xb800             # as a segment
.set CURSOR, 0x450
.set CRTC, 0x3d4
.set BLANK, 0x0720              # light grey on black, a space

screen_setup:
    mov ax, SCREEN
    mov es, ax
    xor di, di
    mov cx, 80 * 25
    mov ax, BLANK
    rep stosw
    xor ax, ax
    mov es, ax
    mov [CURSOR], ax
    jmp cursor_show

# Puts AL at the cursor. Understands CR and LF; scrolls. Changes no register.
screen_put:
    push es
    pusha
    mov bx, [CURSOR]            # BL = column, BH = row
    cmp al, 13
    je 2f
    cmp al, 10
    je 3f
    mov dx, SCREEN
    mov es, dx
    push ax
    mov al, 80
    mul bh
    xor ch, ch
    mov cl, bl
    add ax, cx                  # cell = row * 80 + column
    add ax, ax                  # two bytes a cell
    mov di, ax
    pop ax
    mov es:[di], al
    inc bl
    cmp bl, 80
    jb 4f
    inc bh
2:  xor bl, bl
    jmp 4f
3:  inc bh
4:  cmp bh, 25
    jb 5f
    call screen_scroll
    mov bh, 24
5:  mov [CURSOR], bx
    call cursor_show
    popa
    pop es
    ret

# Everything one row up. Changes AX, CX, SI, DI.
screen_scroll:
    push ds
    push es
    mov ax, SCREEN
    mov ds, ax
    mov es, ax
    mov si, 160
    xor di, di
    mov cx, 80 * 24
    rep movsw
    mov cx, 80
    mov ax, BLANK
    rep stosw
    pop es
    pop ds
    ret

# Tells the CRT controller where to blink: registers 0E (high) and 0F (low). Changes AX-DX.
cursor_show:
    mov bx, [CURSOR]
    mov al, 80
    mul bh
    xor ch, ch
    mov cl, bl
    add ax, cx
    mov bx, ax
    mov dx, CRTC
    mov al, 0x0e
    mov ah, bh
    out dx, ax                  # a word: index to 3D4, value to 3D5
    mov al, 0x0f
    mov ah, bl
    out dx, ax
    ret

# --- Printing ---------------------------------------------------------------------------
# AL to both consoles. Changes DX.
put:
    call screen_put
    jmp serial_put

# The zero-terminated text at CS:SI. Changes AX, DX, SI.
print:
    mov al, cs:[si]             # the text is in the ROM, so: CS
    inc si
    test al, al
    jz 1f
    call put
    jmp print
1:  ret

# AX in decimal. Divides by ten; the remainders come out last digit first, hence the stack.
print_decimal:
    mov bx, 10
    xor cx, cx
1:  xor dx, dx
    div bx
    push dx
    inc cx
    test ax, ax
    jnz 1b
2:  pop ax
    add al, '0'
    call put
    loop 2b
    ret

# EAX in hexadecimal, eight digits.
print_hex:
    mov cx, 8
    mov ebx, eax
1:  rol ebx, 4                  # the highest digit comes round to the bottom
    mov al, bl
    and al, 0x0f
    add al, '0'
    cmp al, '9'
    jbe 2f
    add al, 'a' - '9' - 1
2:  call put
    loop 1b
    ret
