//! The doors: 256 interrupt gates, two SYSCALL entries, and the one way out.
//!
//! The TSS' RSP0 points at the end of `world_frame`, so when the CPU leaves a guest it writes
//! SS, RSP, RFLAGS, CS and RIP right where we want to read them, and the guest's own stack is
//! never touched (which is why a guest may use its red zone):
//!
//! ```text
//!   world_frame + 56  SS      ┐
//!               + 48  RSP     │ pushed by the CPU (APM vol. 2 §8.9.3), or by hand for
//!               + 40  RFLAGS  │ SYSCALL, which pushes nothing and keeps the guest's RSP
//!               + 32  CS      │
//!               + 24  RIP     ┘
//!               + 16  error code, by the CPU or a zero
//!               +  8  vector
//!               +  0  RDI, for a moment
//! ```
//! `world_enter` is called like a function. It returns when the guest is interrupted: the way
//! in has put the guest's registers into the array that its caller passed, and returns on the
//! stack that its caller was on.

core::arch::global_asm!(
    r#"
    .section .bss.world, "aw", @nobits
    .p2align 6
    .globl world_frame, world_idle_vector
world_frame:        .skip 64        # its end is RSP0: keep it a multiple of 16
world_host_rsp:     .skip 8         # the hypervisor's stack while a guest runs
world_registers:    .skip 8         # where the running guest's registers go
world_idle_vector:  .skip 8         # the interrupt that ended world_idle

    .text
# ---- the way out: world_enter(rdi = &mut [u64; 16]) ------------------------------------
    .globl world_enter
world_enter:
    push    rbx
    push    rbp
    push    r12
    push    r13
    push    r14
    push    r15
    mov     [rip + world_host_rsp], rsp
    mov     [rip + world_registers], rdi
    lea     rsp, [rip + world_frame + 24]
    mov     rax, [rdi]              # encoding order: RAX RCX RDX RBX (RSP) RBP RSI RDI R8..
    mov     rcx, [rdi + 8]
    mov     rdx, [rdi + 16]
    mov     rbx, [rdi + 24]
    mov     rbp, [rdi + 40]
    mov     rsi, [rdi + 48]
    mov     r8,  [rdi + 64]
    mov     r9,  [rdi + 72]
    mov     r10, [rdi + 80]
    mov     r11, [rdi + 88]
    mov     r12, [rdi + 96]
    mov     r13, [rdi + 104]
    mov     r14, [rdi + 112]
    mov     r15, [rdi + 120]
    mov     rdi, [rdi + 56]
    iretq                           # RSP comes from the frame, CPL becomes 3

# ---- the way in, for exceptions and interrupts -----------------------------------------
world_trap:
    cld                             # what Rust expects; the gate has cleared IF already
    test    byte ptr [rsp + 24], 3  # CS.RPL: were we in a guest at all?
    jz      world_own_trap
world_save:
    push    rdi
    mov     rdi, [rip + world_registers]
    mov     [rdi], rax
    mov     [rdi + 8], rcx
    mov     [rdi + 16], rdx
    mov     [rdi + 24], rbx
    mov     [rdi + 40], rbp
    mov     [rdi + 48], rsi
    mov     [rdi + 64], r8
    mov     [rdi + 72], r9
    mov     [rdi + 80], r10
    mov     [rdi + 88], r11
    mov     [rdi + 96], r12
    mov     [rdi + 104], r13
    mov     [rdi + 112], r14
    mov     [rdi + 120], r15
    pop     rax
    mov     [rdi + 56], rax
    mov     rsp, [rip + world_host_rsp]
    pop     r15
    pop     r14
    pop     r13
    pop     r12
    pop     rbp
    pop     rbx
    ret                             # to the caller of world_enter

# ---- SYSCALL: RIP is in RCX, RFLAGS in R11, RSP still the guest's (APM vol. 2 §6.1.1) ---
    .globl world_syscall, world_syscall32
world_syscall:
    mov     [rip + world_frame + 48], rsp
    lea     rsp, [rip + world_frame + 24]
    push    0
    push    256
    jmp     1f
world_syscall32:
    mov     [rip + world_frame + 48], rsp
    lea     rsp, [rip + world_frame + 24]
    push    0
    push    257
1:  mov     [rip + world_frame + 24], rcx
    mov     [rip + world_frame + 40], r11
    jmp     world_save

# ---- CPL 0: an interrupt that world_idle waits for, or a bug of ours --------------------
world_own_trap:
    cmp     qword ptr [rsp], 32
    jb      world_fatal
    push    rax
    mov     rax, [rsp + 8]
    mov     [rip + world_idle_vector], rax
    pop     rax
    add     rsp, 16
    iretq
world_fatal:
    mov     rdi, rsp
    and     rsp, -16
    call    world_bug

    .globl world_idle
world_idle:
    sti
    hlt                             # STI's shadow: nothing can come between the two
    cli
    mov     rax, [rip + world_idle_vector]
    ret

# ---- 256 stubs, 16 bytes each: a dummy error code where the CPU pushes none -------------
# Three have a stack of their own (IST), because they may come when RSP is not to be trusted,
# and so do not go the common way: an NMI, which no device of a small PC sends, is dropped;
# #DF and #MC are the end.
    .p2align 4
    .globl world_stubs
world_stubs:
    .set vector, 0
    .rept 256
    .p2align 4
    .if vector == 2
    iretq
    .endif
    .if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 30)
    .else
    push    0
    .endif
    push    vector
    .if (vector == 8) || (vector == 18)
    jmp     world_fatal
    .endif
    jmp     world_trap
    .set vector, vector + 1
    .endr
"#
);
