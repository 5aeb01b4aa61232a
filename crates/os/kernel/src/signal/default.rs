//! What a signal does if nobody said otherwise (signal(7), "Signal dispositions").

use abi::task::signal::*;

/// What happens by default.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Default {
    /// The task ends.
    Terminate,
    /// The task ends, and the status says "core" (no core is written).
    Core,
    /// Nothing.
    Ignore,
    /// The task stops.
    Stop,
    /// The task goes on if it was stopped.
    Continue,
}

const SIGURG: u32 = 23;
const SIGXCPU: u32 = 24;
const SIGXFSZ: u32 = 25;
const SIGWINCH: u32 = 28;

/// What `signal` does by default.
pub const fn of(signal: u32) -> Default {
    match signal {
        SIGCHLD | SIGURG | SIGWINCH => Default::Ignore,
        SIGCONT => Default::Continue,
        SIGSTOP | SIGTSTP | SIGTTIN | SIGTTOU => Default::Stop,
        SIGQUIT | SIGILL | SIGTRAP | SIGABRT | SIGBUS | SIGFPE | SIGSEGV | SIGXCPU | SIGXFSZ
        | SIGSYS => Default::Core,
        _ => Default::Terminate,
    }
}

/// Signals that stop.
pub const STOPS: u64 =
    super::bit(SIGSTOP) | super::bit(SIGTSTP) | super::bit(SIGTTIN) | super::bit(SIGTTOU);
/// Signals that can be neither blocked nor handled.
pub const UNBLOCKABLE: u64 = super::bit(SIGKILL) | super::bit(SIGSTOP);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_manual_says() {
        for (signal, default) in [
            (SIGHUP, Default::Terminate),
            (SIGKILL, Default::Terminate),
            (SIGPIPE, Default::Terminate),
            (SIGSEGV, Default::Core),
            (SIGQUIT, Default::Core),
            (SIGCHLD, Default::Ignore),
            (SIGCONT, Default::Continue),
            (SIGTSTP, Default::Stop),
            (40, Default::Terminate),
        ] {
            assert_eq!(of(signal), default, "{signal}");
        }
        for signal in 1..=64 {
            assert_eq!(
                of(signal) == Default::Stop,
                STOPS & super::super::bit(signal) != 0
            );
        }
    }
}
