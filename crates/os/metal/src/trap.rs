//! The doors between user programs, the kernel and the devices.
//!
//! Three ways in: an exception or an interrupt through the IDT, or SYSCALL. All three build
//! the same [`Frame`] on the current task's kernel stack and call the kernel's one function
//! with it. One way out: restore the frame, then IRETQ, or SYSRETQ where that gives the same.
//!
//! There is no SWAPGS: with one CPU the kernel's per-CPU data are ordinary statics, reached
//! relative to RIP. And nothing here reads a selector or flag that ring 3 would see
//! differently, so the same code runs de-privileged under a hypervisor.

use crate::boot::{KERNEL_CS, KERNEL_SS, SYSRET_BASE, TSS_SELECTOR, USER_CS, USER_SS};
use crate::{Global, reg};
use core::arch::{asm, global_asm};
use x86::desc::{Gate, system, tss64};
use x86::msr;

/// The user's (or the interrupted kernel code's) registers, as the entry code pushes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
#[allow(missing_docs)]
pub struct Frame {
    pub r15: u64,
    pub r14: u64,
    pub r13: u64,
    pub r12: u64,
    pub rbp: u64,
    pub rbx: u64,
    pub r11: u64,
    pub r10: u64,
    pub r9: u64,
    pub r8: u64,
    pub rax: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rsi: u64,
    pub rdi: u64,
    /// 0..=255, or [`SYSCALL`].
    pub vector: u64,
    /// What the CPU pushed, or 0.
    pub error: u64,
    pub rip: u64,
    pub cs: u64,
    pub rflags: u64,
    pub rsp: u64,
    pub ss: u64,
}

impl Frame {
    /// Whether it was ring 3 that was interrupted.
    pub fn from_user(&self) -> bool {
        self.cs & 3 == 3
    }

    /// A frame that enters a program at `rip` with stack `rsp` and all else zero.
    pub fn user(rip: u64, rsp: u64) -> Self {
        Self {
            rip,
            rsp,
            cs: u64::from(USER_CS),
            ss: u64::from(USER_SS),
            rflags: USER_FLAGS,
            ..Self::default()
        }
    }

    /// Makes the frame safe to return to whatever a program put into it (rt_sigreturn): the
    /// selectors are the user's, interrupts stay on, IOPL stays 0.
    pub fn sanitize(&mut self) {
        use x86::reg::rflags::{AC, DF, RF, STATUS, TF};
        self.cs = u64::from(USER_CS);
        self.ss = u64::from(USER_SS);
        self.rflags = self.rflags & (STATUS | DF | TF | RF | AC) | USER_FLAGS;
    }
}

/// RFLAGS of a program: interrupts on, and the bit that is always one.
const USER_FLAGS: u64 = x86::reg::rflags::IF | x86::reg::rflags::FIXED;
/// [`Frame::vector`] of a system call.
pub const SYSCALL: u64 = 256;
/// Vector of IRQ 0; the others follow. The first 32 vectors are the CPU's own exceptions.
pub const IRQ_BASE: u8 = 32;
/// How many vectors have a gate: 32 exceptions and 16 IRQs.
const GATES: usize = 48;
/// The interrupt stack for #DF: the one exception that must not trust the current stack,
/// because a kernel stack overflow is what causes it.
const DOUBLE_FAULT_IST: u8 = 1;

static IDT: Global<[Gate; GATES]> = Global::new([Gate { low: 0, high: 0 }; GATES]);
#[repr(align(16))]
struct Tss(#[allow(dead_code)] [u32; 26]);
static TSS: Global<Tss> = Global::new(Tss([0; 26]));
static DOUBLE_FAULT_STACK: Global<[u64; 512]> = Global::new([0; 512]);

unsafe extern "C" {
    static trap_stubs: u8;
    static mut gdt: [u64; 8];
    static mut syscall_stack: u64;
    fn syscall_entry();
    /// Restores the [`Frame`] at RSP and leaves the kernel.
    pub(crate) fn leave();
}

/// Builds IDT and TSS, loads them, and opens the SYSCALL door.
pub fn init() {
    let tss_at = TSS.address().addr() as u64;
    let ist_top = DOUBLE_FAULT_STACK.address().addr() as u64 + 4096;
    // SAFETY: TSS and GDT are only touched here and in set_kernel_stack; nothing holds them.
    unsafe {
        let tss = TSS.address().cast_mut().cast::<u8>();
        tss.add(tss64::IST1 as usize)
            .cast::<u64>()
            .write_unaligned(ist_top);
        // Beyond the limit: no I/O permission map, so no port for ring 3.
        tss.add(tss64::IO_MAP_BASE as usize)
            .cast::<u16>()
            .write_unaligned(tss64::SIZE as u16);
        let entry = (&raw mut gdt).cast::<u64>().add(TSS_SELECTOR as usize / 8);
        entry.write(
            (tss64::SIZE - 1)
                | (tss_at & 0xff_ffff) << 16
                | u64::from(system::TSS_AVAILABLE) << 40
                | 1 << 47
                | (tss_at >> 24 & 0xff) << 56,
        );
        entry.add(1).write(tss_at >> 32);
        asm!("ltr {:x}", in(reg) TSS_SELECTOR, options(nostack, preserves_flags));
    }
    let stubs = (&raw const trap_stubs).addr() as u64;
    let mut idt = IDT.lock();
    for (vector, gate) in idt.iter_mut().enumerate() {
        let ist = if vector == x86::vector::DF as usize {
            DOUBLE_FAULT_IST
        } else {
            0
        };
        // INT3 and INTO are instructions that a program may execute.
        let dpl = if matches!(vector as u8, x86::vector::BP | x86::vector::OF) {
            3
        } else {
            0
        };
        *gate = Gate::new(
            stubs + 16 * vector as u64,
            KERNEL_CS,
            system::INTERRUPT_GATE,
            dpl,
            ist,
        );
    }
    #[repr(C, packed)]
    struct Pointer {
        limit: u16,
        base: u64,
    }
    let pointer = Pointer {
        limit: (size_of_val(&*idt) - 1) as u16,
        base: IDT.address().addr() as u64,
    };
    // SAFETY: the table is complete and static.
    unsafe {
        asm!("lidt [{}]", in(reg) &raw const pointer, options(readonly, nostack, preserves_flags))
    };
    reg::write_msr(
        msr::STAR,
        u64::from(SYSRET_BASE) << 48 | u64::from(KERNEL_CS) << 32,
    );
    reg::write_msr(msr::LSTAR, syscall_entry as *const () as u64);
    // SYSCALL clears these: interrupts off, direction up, no single step into the kernel.
    use x86::reg::rflags::{AC, DF, IF, IOPL, NT, STATUS, TF};
    reg::write_msr(msr::SFMASK, IF | DF | TF | NT | AC | IOPL | STATUS);
}

/// Tells the doors which stack to enter on: the top of the current task's kernel stack.
#[inline]
pub fn set_kernel_stack(top: u64) {
    // SAFETY: RSP0 and syscall_stack are read by the CPU on the next entry only.
    unsafe {
        TSS.address()
            .cast_mut()
            .cast::<u8>()
            .add(tss64::RSP0 as usize)
            .cast::<u64>()
            .write_unaligned(top);
        (&raw mut syscall_stack).write(top);
    }
}

global_asm!(
    r#"
    // One stub a vector, 16 bytes each: error code (or a zero in its place), vector.
    .balign 16
    .global trap_stubs
    trap_stubs:
    .set vector, 0
    .rept {GATES}
        .balign 16
        .if vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 30
            push 0
        .endif
        .byte 0x6a, vector              // push vector
        jmp trap_entry
        .set vector, vector + 1
    .endr

    .balign 16
    trap_entry:
        push rdi
        push rsi
        push rdx
        push rcx
        push rax
        push r8
        push r9
        push r10
        push r11
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        cld
        mov rdi, rsp
        call kernel_trap
        jmp leave

    // SYSCALL puts RIP into RCX and RFLAGS into R11, and leaves RSP the user's.
    .balign 16
    .global syscall_entry
    syscall_entry:
        mov [rip + syscall_user_rsp], rsp
        mov rsp, [rip + syscall_stack]
        push {USER_SS}
        push [rip + syscall_user_rsp]
        push r11
        push {USER_CS}
        push rcx
        push 0
        push {SYSCALL}
        push rdi
        push rsi
        push rdx
        push rcx
        push rax
        push r8
        push r9
        push r10
        push r11
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        mov rdi, rsp
        call kernel_syscall

    .global leave
    leave:
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbp
        pop rbx
        pop r11
        pop r10
        pop r9
        pop r8
        pop rax
        pop rcx
        // SYSRETQ takes RIP from RCX and RFLAGS from R11. If the frame came in by SYSCALL
        // and nobody changed where it returns to, they are there already.
        cmp qword ptr [rsp + 24], {SYSCALL}
        jne 3f
        cmp rcx, [rsp + 40]
        jne 3f
        cmp r11, [rsp + 56]
        jne 3f
        bt rcx, 47                      // a non-canonical RIP must not reach SYSRETQ
        jc 3f
        pop rdx
        pop rsi
        pop rdi
        mov rsp, [rsp + 40]
        sysretq
    3:  pop rdx
        pop rsi
        pop rdi
        add rsp, 16
        iretq

    .bss
    .balign 8
    syscall_user_rsp: .skip 8
    .global syscall_stack
    syscall_stack: .skip 8
    .text
    "#,
    GATES = const GATES,
    USER_SS = const USER_SS,
    USER_CS = const USER_CS,
    SYSCALL = const SYSCALL,
);

const _: () = assert!(KERNEL_SS == KERNEL_CS + 8);
const _: () = assert!(size_of::<Frame>() == 176);
