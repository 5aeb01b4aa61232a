//! Mapping the pages, entering the instruction, and coming back by a signal.

use crate::{CODE, CODE_32, CODE_64, DATA, Registers, SLOT, Trap};
use core::arch::global_asm;
use core::ptr;
use libc::{c_int, c_void, siginfo_t, ucontext_t};

/// The page through which the way in and the way out talk. The assembly below knows its address.
const CONTROL: u64 = 0x7a30_0000;

#[repr(C)]
struct Control {
    registers: Registers,
    /// Where to go: offset and selector, as a far pointer.
    target: u64,
    selector: u64,
    /// The stack to come back to; 0 while no instruction is being run.
    stack: u64,
    trap: Trap,
}

const _: () = assert!(core::mem::offset_of!(Control, target) == 416);

unsafe extern "C" {
    /// Loads all registers from the control page and jumps to its target.
    fn silicon_enter();
    /// Where the signal handler sends the thread.
    fn silicon_leave();
}

// 0x7a300000 + 8n are the general registers; flags at 128, MXCSR at 144, XMM at 160, target at 416, selector at
// 424, stack at 432.
global_asm!(
    ".globl silicon_enter",
    "silicon_enter:",
    "push rbx; push rbp; push r12; push r13; push r14; push r15",
    "mov [0x7a300000 + 432], rsp",
    "ldmxcsr [0x7a300000 + 144]",
    "movaps xmm0, [0x7a300000 + 160]",
    "movaps xmm1, [0x7a300000 + 176]",
    "movaps xmm2, [0x7a300000 + 192]",
    "movaps xmm3, [0x7a300000 + 208]",
    "movaps xmm4, [0x7a300000 + 224]",
    "movaps xmm5, [0x7a300000 + 240]",
    "movaps xmm6, [0x7a300000 + 256]",
    "movaps xmm7, [0x7a300000 + 272]",
    "movaps xmm8, [0x7a300000 + 288]",
    "movaps xmm9, [0x7a300000 + 304]",
    "movaps xmm10, [0x7a300000 + 320]",
    "movaps xmm11, [0x7a300000 + 336]",
    "movaps xmm12, [0x7a300000 + 352]",
    "movaps xmm13, [0x7a300000 + 368]",
    "movaps xmm14, [0x7a300000 + 384]",
    "movaps xmm15, [0x7a300000 + 400]",
    // 32-bit code needs data segments; 64-bit code does not mind them.
    "mov eax, 0x2b; mov ds, eax; mov es, eax",
    "push qword ptr [0x7a300000 + 128]",
    "popfq",
    "mov rax, [0x7a300000]",
    "mov rcx, [0x7a300000 + 8]",
    "mov rdx, [0x7a300000 + 16]",
    "mov rbx, [0x7a300000 + 24]",
    "mov rsp, [0x7a300000 + 32]",
    "mov rbp, [0x7a300000 + 40]",
    "mov rsi, [0x7a300000 + 48]",
    "mov rdi, [0x7a300000 + 56]",
    "mov r8, [0x7a300000 + 64]",
    "mov r9, [0x7a300000 + 72]",
    "mov r10, [0x7a300000 + 80]",
    "mov r11, [0x7a300000 + 88]",
    "mov r12, [0x7a300000 + 96]",
    "mov r13, [0x7a300000 + 104]",
    "mov r14, [0x7a300000 + 112]",
    "mov r15, [0x7a300000 + 120]",
    "jmp fword ptr [0x7a300000 + 416]",
    ".globl silicon_leave",
    "silicon_leave:",
    "cld",
    "pop r15; pop r14; pop r13; pop r12; pop rbp; pop rbx",
    "ret",
);

/// The host's processor. There is one: the pages have fixed addresses.
pub struct Silicon {
    _one: (),
}

/// Maps fresh pages at a fixed address; fails if anything is there.
fn map(range: core::ops::Range<u64>, executable: bool) -> Result<(), String> {
    let mut protection = libc::PROT_READ | libc::PROT_WRITE;
    if executable {
        protection |= libc::PROT_EXEC;
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
    let length = (range.end - range.start) as usize;
    // SAFETY: MAP_FIXED_NOREPLACE never touches a mapping that exists.
    let at = unsafe { libc::mmap(range.start as *mut c_void, length, protection, flags, -1, 0) };
    if at as u64 == range.start {
        Ok(())
    } else {
        Err(format!(
            "mmap at {:#x}: {}",
            range.start,
            std::io::Error::last_os_error()
        ))
    }
}

impl Silicon {
    /// Maps the pages and installs the signal handlers.
    ///
    /// # Errors
    /// The addresses are taken (also by an earlier `Silicon`), or the system refuses writable code.
    pub fn new() -> Result<Self, String> {
        map(CODE, true)?;
        map(DATA, false)?;
        map(CONTROL..CONTROL + 0x1000, false)?;
        let stack = vec![0u8; 1 << 16].leak();
        let alternative = libc::stack_t {
            ss_sp: stack.as_mut_ptr().cast(),
            ss_flags: 0,
            ss_size: stack.len(),
        };
        // SAFETY: the stack lives for ever; the structures are plain data, fully initialised.
        unsafe {
            libc::sigaltstack(&alternative, ptr::null_mut());
            let mut action: libc::sigaction = core::mem::zeroed();
            action.sa_sigaction = on_signal as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
            for signal in [
                libc::SIGTRAP,
                libc::SIGSEGV,
                libc::SIGBUS,
                libc::SIGFPE,
                libc::SIGILL,
            ] {
                if libc::sigaction(signal, &action, ptr::null_mut()) != 0 {
                    return Err(std::io::Error::last_os_error().to_string());
                }
            }
        }
        Ok(Self { _one: () })
    }

    /// Runs the instruction `bytes`, as 64-bit code or (`wide` false) as 32-bit code, with these
    /// registers and `data` in the data pages, which it then holds as they are afterwards.
    /// What it must not do: system calls, writing segment registers or TF.
    pub fn run(
        &mut self,
        bytes: &[u8],
        wide: bool,
        registers: &Registers,
        data: &mut [u8],
    ) -> (Registers, Trap) {
        let control = CONTROL as *mut Control;
        assert!(data.len() as u64 <= DATA.end - DATA.start && bytes.len() <= 15);
        // SAFETY: the pages were mapped by `new`, are large enough, and nobody else knows them. The
        // instruction ends in a signal whose handler returns to `silicon_leave`, which
        // restores what the calling convention asks for; memory that it can reach is the data pages.
        unsafe {
            let code = CODE.start as *mut u8;
            ptr::write_bytes(code, 0xcc, (CODE.end - CODE.start) as usize);
            ptr::copy_nonoverlapping(bytes.as_ptr(), SLOT as *mut u8, bytes.len());
            ptr::copy_nonoverlapping(data.as_ptr(), DATA.start as *mut u8, data.len());
            (*control).registers = registers.clone();
            // m16:32: the offset in four bytes, then the selector.
            let selector = if wide { CODE_64 } else { CODE_32 };
            (*control).target = SLOT | u64::from(selector) << 32;
            silicon_enter();
            ptr::copy_nonoverlapping(DATA.start as *const u8, data.as_mut_ptr(), data.len());
            ((*control).registers.clone(), (*control).trap)
        }
    }
}

/// The order in which a signal frame keeps the general registers, in encoding order.
const ORDER: [c_int; 16] = [
    libc::REG_RAX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RBX,
    libc::REG_RSP,
    libc::REG_RBP,
    libc::REG_RSI,
    libc::REG_RDI,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
];

/// Takes the registers out of the frame and returns to `silicon_leave` instead.
///
/// A signal while no instruction is being run is this process's own: it is left to kill it.
extern "C" fn on_signal(signal: c_int, _: *mut siginfo_t, context: *mut c_void) {
    let context = context.cast::<ucontext_t>();
    let control = CONTROL as *mut Control;
    // SAFETY: the kernel passes a valid context; the control page was mapped before the
    // handler was installed; nothing but plain loads and stores happens here.
    unsafe {
        let frame = &mut (*context).uc_mcontext;
        let trap = frame.gregs[libc::REG_TRAPNO as usize] as u8;
        let mut rip = frame.gregs[libc::REG_RIP as usize] as u64;
        let in_test = (*control).stack != 0;
        if !in_test {
            libc::signal(signal, libc::SIG_DFL);
            return;
        }
        // INT3 is a trap: RIP is one further on.
        if trap == 3 {
            rip -= 1;
        }
        let registers = &mut (*control).registers;
        for (to, from) in registers.gpr.iter_mut().zip(ORDER) {
            *to = frame.gregs[from as usize] as u64;
        }
        registers.rflags = frame.gregs[libc::REG_EFL as usize] as u64;
        registers.rip = rip;
        if !frame.fpregs.is_null() {
            let fpu = &*frame.fpregs;
            registers.mxcsr = u64::from(fpu.mxcsr);
            for (to, from) in registers.xmm.iter_mut().zip(&fpu._xmm) {
                let [a, b, c, d] = from.element.map(u128::from);
                *to = a | b << 32 | c << 64 | d << 96;
            }
        }
        (*control).trap = Trap {
            vector: trap,
            error: frame.gregs[libc::REG_ERR as usize] as u32,
            address: frame.gregs[libc::REG_CR2 as usize] as u64,
        };
        frame.gregs[libc::REG_RIP as usize] = silicon_leave as *const () as i64;
        frame.gregs[libc::REG_RSP as usize] = (*control).stack as i64;
        frame.gregs[libc::REG_EFL as usize] &= !0x400;
        let others = frame.gregs[libc::REG_CSGSFS as usize] & !0xffff;
        frame.gregs[libc::REG_CSGSFS as usize] = others | i64::from(CODE_64);
        (*control).stack = 0;
    }
}
