//! Delivering interrupts and exceptions through the IDT (APM vol. 2 §8.7 to §8.9).
//!
//! This is the only place where a [`Fault`] becomes a trap. Nothing is committed before the
//! last push has succeeded, so a fault on the way finds the interrupted state untouched, and
//! becomes a double fault or, after that, the end.
//!
//! ```text
//!  real mode      protected mode, 32-bit gate     long mode
//!  | FLAGS |      | SS  ESP |  if CPL changes      | SS     |  always,
//!  | CS    |      | EFLAGS  |                      | RSP    |  on a stack
//!  | IP    |      | CS      |                      | RFLAGS |  aligned to 16
//!                 | EIP     |                      | CS     |
//!                 | error   |  some exceptions     | RIP    |
//!                                                  | error  |
//! ```

use crate::Bus;
use crate::cpu::attention;
use crate::fault::{Done, Fault};
use crate::run::Run;
use crate::state::{Segment, gpr::RSP, seg};
use probe::{Event, Mode, Origin, Probe};
use x86::reg::{efer, rflags};
use x86::vector;

/// What is being delivered.
#[derive(Clone, Copy)]
pub(crate) struct Trap {
    pub vector: u8,
    pub origin: Origin,
    pub error: Option<u32>,
    /// The RIP to return to.
    pub rip: u64,
}

impl Trap {
    /// The EXT bit of error codes: the fault is not the program's own doing.
    pub fn ext(&self) -> u16 {
        u16::from(self.origin != Origin::Software)
    }
    /// The error code that names the gate itself.
    pub fn gate_error(&self) -> u16 {
        u16::from(self.vector) << 3 | 2 | self.ext()
    }
}

/// Where the handler is, and on which stack it runs.
pub(crate) struct Entry {
    pub code: Segment,
    pub rip: u64,
    pub cpl: u8,
    pub stack: Segment,
    pub sp: u64,
    pub clear_if: bool,
}

/// Contributory exceptions and page faults make a double fault of a second one (table 8-2).
fn doubles(first: u8, second: u8) -> bool {
    use vector::{DE, GP, NP, PF, SS, TS};
    let contributory = |vector| matches!(vector, DE | TS | NP | SS | GP);
    contributory(first) && contributory(second)
        || first == PF && (contributory(second) || second == PF)
}

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// Delivers an exception (with its fault) or an external interrupt. If the way to the handler
    /// faults too, delivers that instead.
    pub fn deliver(&mut self, vector: u8, origin: Origin, fault: Option<Fault>) {
        let rip = self.state.rip;
        let mut trap = Trap {
            vector,
            origin,
            error: fault.and_then(Fault::error),
            rip,
        };
        // Even a chain of benign faults ends.
        for _ in 0..8 {
            if trap.vector == vector::PF && trap.origin == Origin::Exception {
                self.state.cr2 = self.fault_address;
            }
            let second = match self.go_through(trap) {
                Ok(handler) => {
                    self.state.rip = handler;
                    self.attention |= attention::INTERRUPT;
                    return;
                }
                Err(second) => second,
            };
            let first = if trap.origin == Origin::Exception {
                trap.vector
            } else {
                vector::NMI
            };
            if first == vector::DF {
                break;
            }
            let next = if doubles(first, second.vector()) {
                Fault::DF
            } else {
                second
            };
            trap = Trap {
                vector: next.vector(),
                origin: Origin::Exception,
                error: next.error(),
                rip,
            };
        }
        self.state.shutdown = true;
        self.attention |= attention::STOPPED;
        self.probe.event(self.cpu.clock, || Event::Shutdown);
    }

    /// INT n, INT3, INTO, INT1: a trap that the program asks for. A fault on the way is the
    /// instruction's own.
    pub fn software_interrupt(&mut self, vector: u8) -> Done {
        let rip = self.next & self.env.linear;
        self.next = self.go_through(Trap {
            vector,
            origin: Origin::Software,
            error: None,
            rip,
        })?;
        Ok(())
    }

    /// Goes through the gate. Returns the handler's RIP.
    fn go_through(&mut self, trap: Trap) -> Result<u64, Fault> {
        let from_cpl = self.state.cpl;
        let entry = if self.state.efer & efer::LMA != 0 {
            self.long_gate(trap)?
        } else if self.env.mode == Mode::Real {
            self.real_vector(trap)?
        } else {
            self.legacy_gate(trap)?
        };
        self.state.seg[seg::CS] = entry.code;
        self.state.seg[seg::SS] = entry.stack;
        self.state.gpr[RSP] = entry.sp;
        let mut clear = rflags::TF | rflags::NT | rflags::RF | rflags::VM;
        if self.env.mode == Mode::Real {
            clear = rflags::TF | rflags::AC;
        }
        if entry.clear_if {
            clear |= rflags::IF;
        }
        self.state.rflags = self.state.rflags & !clear | rflags::FIXED;
        self.state.shadow = false;
        let address = if trap.vector == vector::PF && trap.origin == Origin::Exception {
            self.state.cr2
        } else {
            0
        };
        let Trap {
            vector,
            origin,
            error,
            rip,
        } = trap;
        // Real mode has no error codes.
        let error = error.filter(|_| self.env.has_descriptors());
        let handler = entry.rip;
        self.probe.event(self.cpu.clock, || Event::Trap {
            vector,
            origin,
            error,
            address,
            rip,
            from_cpl,
            handler,
        });
        self.set_cpl(entry.cpl);
        self.refresh();
        Ok(handler)
    }
}
