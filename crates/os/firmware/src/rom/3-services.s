# Chapter 3: vectors and services
# ===============================
# In real mode the interrupt vector table stands at address 0: 256 far pointers. Every
# vector gets a handler that returns at once; the few that a small boot sector calls get
# something behind them.

.macro vector number, handler
    mov word ptr [\number * 4], offset \handler - ROM
.endm

vectors_setup:
    xor di, di
    mov cx, 256
1:  mov ax, offset ignore - ROM
    stosw                       # offset
    mov ax, 0xf000
    stosw                       # segment
    loop 1b
    vector 0x10, video_service
    vector 0x12, memory_service
    vector 0x13, disk_service
    ret

ignore:
    iret

# INT 10h, AH = 0Eh: print AL ("teletype"). AH = 03h: cursor to DX. The rest is refused by
# doing nothing, as firmware does with what it does not know.
video_service:
    cmp ah, 0x0e
    jne 1f
    push dx
    push ds
    push 0
    pop ds
    call put
    pop ds
    pop dx
    iret
1:  cmp ah, 0x03
    jne 2f
    push ds
    push 0
    pop ds
    mov dx, [CURSOR]
    pop ds
    mov cx, 0x0607
2:  iret

# INT 12h: KiB below the video memory, in AX.
memory_service:
    mov ax, 640
    iret

# INT 13h: there is no disk. Carry set, AH = 01 "invalid command". IRET pops the flags that
# INT pushed, so the carry has to be set in the frame: IP, CS, FLAGS.
disk_service:
    push bp
    mov bp, sp
    or word ptr [bp + 6], 1
    pop bp
    mov ah, 1
    iret

# The two 8259 interrupt controllers, the second behind input 2 of the first. Vectors 08-0F
# and 70-77 are where PC firmware puts them; that 08-0F are also CPU exceptions is why every
# later system moves them. All sixteen inputs stay masked.
controllers_setup:
    mov al, 0x11                # ICW1: edge triggered, cascade, ICW4 follows
    out 0x20, al
    out 0xa0, al
    mov al, 0x08                # ICW2: vector base
    out 0x21, al
    mov al, 0x70
    out 0xa1, al
    mov al, 0x04                # ICW3: a slave at input 2
    out 0x21, al
    mov al, 0x02                # ICW3 of the slave: I am at input 2
    out 0xa1, al
    mov al, 0x01                # ICW4: 8086 mode
    out 0x21, al
    out 0xa1, al
    mov al, 0xff                # mask everything
    out 0x21, al
    out 0xa1, al
    ret
