# Chapter 1: reset
# ================
# RESET leaves the CPU in real mode with CS = F000 but, by a trick, with a CS base of
# FFFF0000 instead of F0000: the first fetch goes to FFFFFFF0, sixteen bytes below 4 GiB
# (APM vol. 2 section 14.1.3). That is room for one jump. A far jump loads CS the ordinary
# way, base = selector * 16, and from then on we run in the ROM's second picture at F0000.
#
# (A detail for those who read the bytes: this assembler gives CALL and RET in 16-bit code the
# prefix 66h, so that return addresses take four bytes of stack. The two agree, so all is well.)

.set ROM, 0xf0000               # linear address of the ROM; (symbol - ROM) is an offset in CS
.set STACK, 0x7c00              # grows down from where a boot sector would start

# Progress, for whoever looks at port 80h. On a real board two digits light up.
.set POST, 0x80
.macro post code
    mov al, \code
    out POST, al
.endm

.section .rom.reset, "ax"
.code16
.global reset
reset:
    .byte 0xea                  # JMP FAR F000:start, spelled out: opcode,
    .word start - ROM           #   offset,
    .word 0xf000                #   segment
    .ascii "Ringside"           # five bytes are used, the other eleven are ours
    .byte 0, 0, 0

.section .rom.code, "ax"
.code16
.global start
start:
    cli                         # nobody is ready to be interrupted
    cld                         # string instructions go upwards
    post 0x01
    # A segment register in real mode is an address divided by 16. All zero: offsets are
    # addresses, as long as they stay below 64 KiB.
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax                  # the CPU holds interrupts off for one more instruction,
    mov sp, STACK               # so that SS and SP change together

    call serial_setup
    post 0x02
    call screen_setup
    post 0x03
    call vectors_setup
    call controllers_setup
    post 0x04
    call a20_enable
    post 0x05
    jmp hand_off
