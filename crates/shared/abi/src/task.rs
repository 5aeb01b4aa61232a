//! Flags and numbers about tasks: clone, wait, signals (include/uapi/linux/sched.h,
//! wait.h, asm/signal.h).

/// Flags of clone, unshare and setns. The low byte of clone's flags is the exit signal.
#[allow(missing_docs)]
pub mod clone {
    pub const CLONE_VM: u64 = 0x100;
    pub const CLONE_FS: u64 = 0x200;
    pub const CLONE_FILES: u64 = 0x400;
    pub const CLONE_SIGHAND: u64 = 0x800;
    pub const CLONE_VFORK: u64 = 0x4000;
    pub const CLONE_PARENT: u64 = 0x8000;
    pub const CLONE_THREAD: u64 = 0x1_0000;
    pub const CLONE_NEWNS: u64 = 0x2_0000;
    pub const CLONE_SYSVSEM: u64 = 0x4_0000;
    pub const CLONE_SETTLS: u64 = 0x8_0000;
    pub const CLONE_PARENT_SETTID: u64 = 0x10_0000;
    pub const CLONE_CHILD_CLEARTID: u64 = 0x20_0000;
    pub const CLONE_CHILD_SETTID: u64 = 0x100_0000;
    pub const CLONE_NEWCGROUP: u64 = 0x200_0000;
    pub const CLONE_NEWUTS: u64 = 0x400_0000;
    pub const CLONE_NEWIPC: u64 = 0x800_0000;
    pub const CLONE_NEWUSER: u64 = 0x1000_0000;
    pub const CLONE_NEWPID: u64 = 0x2000_0000;
    pub const CLONE_NEWNET: u64 = 0x4000_0000;
    pub const CLONE_NEWTIME: u64 = 0x80;
}

/// Options of wait4.
#[allow(missing_docs)]
pub mod wait {
    pub const WNOHANG: u64 = 1;
    pub const WUNTRACED: u64 = 2;
}

/// Signal numbers.
#[allow(missing_docs)]
pub mod signal {
    pub const SIGHUP: u32 = 1;
    pub const SIGINT: u32 = 2;
    pub const SIGQUIT: u32 = 3;
    pub const SIGILL: u32 = 4;
    pub const SIGTRAP: u32 = 5;
    pub const SIGABRT: u32 = 6;
    pub const SIGBUS: u32 = 7;
    pub const SIGFPE: u32 = 8;
    pub const SIGKILL: u32 = 9;
    pub const SIGUSR1: u32 = 10;
    pub const SIGSEGV: u32 = 11;
    pub const SIGUSR2: u32 = 12;
    pub const SIGPIPE: u32 = 13;
    pub const SIGALRM: u32 = 14;
    pub const SIGTERM: u32 = 15;
    pub const SIGCHLD: u32 = 17;
    pub const SIGCONT: u32 = 18;
    pub const SIGSTOP: u32 = 19;
    pub const SIGTSTP: u32 = 20;
    pub const SIGTTIN: u32 = 21;
    pub const SIGTTOU: u32 = 22;
    pub const SIGSYS: u32 = 31;

    /// The name without `SIG`, as `"KILL"`; `"?"` for a number that is none of the above.
    pub const fn name(signal: u32) -> &'static str {
        match signal {
            SIGHUP => "HUP",
            SIGINT => "INT",
            SIGQUIT => "QUIT",
            SIGILL => "ILL",
            SIGTRAP => "TRAP",
            SIGABRT => "ABRT",
            SIGBUS => "BUS",
            SIGFPE => "FPE",
            SIGKILL => "KILL",
            SIGUSR1 => "USR1",
            SIGSEGV => "SEGV",
            SIGUSR2 => "USR2",
            SIGPIPE => "PIPE",
            SIGALRM => "ALRM",
            SIGTERM => "TERM",
            SIGCHLD => "CHLD",
            SIGCONT => "CONT",
            SIGSTOP => "STOP",
            SIGTSTP => "TSTP",
            SIGTTIN => "TTIN",
            SIGTTOU => "TTOU",
            SIGSYS => "SYS",
            _ => "?",
        }
    }
}
