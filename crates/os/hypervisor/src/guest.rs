//! # 10. What a virtual machine is made of
//!
//! Three parts. [`Vm`] and [`Vcpu`] are what an outside reader may want to see, and they are
//! not a copy for its sake: they are the storage. [`Own`] is the rest. [`Guest`] holds the three
//! together while we work for one VM, and nearly every function of this crate takes one.
//!
//! Prefixes: *guest* X is what the VM believes, *real* X what the CPU does, *shadow* X what we
//! keep in between.

use core::fmt::{self, Write};

use metal::world::Ram;
use objects::hypervisor::{Vcpu, Vm, state};
use x86::paging::PagingMode;
use x86::reg::{cr0, cr4, efer};
use x86::vector;

use crate::devices::Devices;
use crate::memory::Walks;
use crate::schedule::Share;
use crate::shadow::Shadow;

/// What of a VM is nobody's business but ours.
pub struct Own {
    /// The window on the memory of all VMs; `Vm::memory_at` and `memory_bytes` bound ours.
    pub ram: Ram,
    /// Shadow page tables: what the real MMU walks.
    pub shadow: Shadow,
    /// Guest walks that we did ourselves, remembered.
    pub walks: Walks,
    /// Its virtual devices.
    pub devices: Devices,
    /// Its part of the CPU.
    pub share: Share,
    /// What the next VM entry has to bring up to date.
    pub stale: Stale,
    /// TSC of the exit that we are working on.
    pub now: u64,
    /// RIP at which the interrupt shadow (`Vcpu::shadow`) is still in force.
    pub shadow_rip: u64,
    /// RFLAGS.TF is ours: one instruction, then an interrupt.
    pub stepping: bool,
    /// SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP, PAT, TSC_AUX.
    pub msrs: [u64; 5],
    /// DR0 to DR7: kept, but not armed.
    pub debug: [u64; 8],
    /// CR8.
    pub task_priority: u64,
}

impl Own {
    /// Of a VM that has not started, and has no memory yet.
    pub const NEW: Self = Self {
        ram: Ram::NOTHING,
        shadow: Shadow::NOTHING,
        walks: Walks::NEW,
        devices: Devices::NEW,
        share: Share::NEW,
        stale: Stale::ALL,
        now: 0,
        shadow_rip: 0,
        stepping: false,
        msrs: [0, 0, 0, 0x0007_0406_0007_0406, 0],
        debug: [0, 0, 0, 0, 0, 0, 0xffff_0ff0, 0x400],
        task_priority: 0,
    };
}

/// Real registers that lag behind the virtual ones. Emulation only marks them, so it needs no
/// CPU and can be tested anywhere; the VM entry brings them up to date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stale {
    /// The shadow tables lost entries: load CR3 again to empty the TLB.
    pub tlb: bool,
    /// One page of the shadow tables changed.
    pub page: Option<u64>,
    /// FS or GS base.
    pub bases: bool,
    /// CR0.TS.
    pub task_switched: bool,
    /// 32-bit code needs real data segments.
    pub segments: bool,
}

impl Stale {
    /// Nothing to do.
    pub const NONE: Self =
        Self { tlb: false, page: None, bases: false, task_switched: false, segments: false };
    /// Another VM was on the CPU: everything.
    pub const ALL: Self =
        Self { tlb: true, page: None, bases: true, task_switched: true, segments: true };

    /// One page's translation is no longer what the CPU may remember.
    pub fn drop_page(&mut self, va: u64) {
        match self.page {
            Some(other) if other != va => self.tlb = true,
            _ => self.page = Some(va),
        }
    }
}

/// One VM, while we work for it.
pub struct Guest<'a> {
    /// What everybody may know of it.
    pub vm: &'a mut Vm,
    /// Its CPU.
    pub cpu: &'a mut Vcpu,
    /// The rest.
    pub own: &'a mut Own,
}

/// An exception on its way to the guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Which, see [`x86::vector`].
    pub vector: u8,
    /// Error code, for those that have one.
    pub error: u32,
    /// #PF only: what CR2 will say.
    pub address: u64,
}

/// Why work for a guest ends early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// It gets an exception.
    Fault(Fault),
    /// It runs no more; its state and reason say why.
    Ended,
}

/// The result of anything done on behalf of a guest.
pub type Outcome<T = ()> = Result<T, Stop>;

/// An exception other than a page fault, as the result of some work.
pub const fn fault<T>(vector: u8, error: u32) -> Outcome<T> {
    Err(Stop::Fault(Fault { vector, error, address: 0 }))
}

/// #GP with a selector or 0.
pub const fn general_protection<T>(error: u32) -> Outcome<T> {
    fault(vector::GP, error)
}

impl Guest<'_> {
    /// Ends a misbehaving guest. This is the only thing that happens to one: it never takes
    /// us, or its neighbours, along.
    pub fn kill(&mut self, why: fmt::Arguments<'_>) -> Stop {
        self.end(state::KILLED, why)
    }

    /// Ends a guest that wants to end.
    pub fn stop(&mut self, why: fmt::Arguments<'_>) -> Stop {
        self.end(state::STOPPED, why)
    }

    fn end(&mut self, state: u32, why: fmt::Arguments<'_>) -> Stop {
        self.vm.state = state;
        self.vm.reason = [0; 96];
        // Text that does not fit is cut.
        let _ = Field { bytes: &mut self.vm.reason, used: 0 }.write_fmt(why);
        Stop::Ended
    }

    /// How the guest's own tables are to be walked now.
    pub const fn paging(&self) -> PagingMode {
        PagingMode::of(self.cpu.cr0, self.cpu.cr4, self.cpu.efer)
    }
    /// In 64-bit code, as opposed to 32-bit code in whatever mode.
    pub const fn in_long_code(&self) -> bool {
        self.cpu.long != 0
    }
    /// EFER.LMA.
    pub const fn in_long_mode(&self) -> bool {
        self.cpu.efer & efer::LMA != 0
    }
    /// In guest user mode.
    pub const fn in_user(&self) -> bool {
        self.cpu.cpl == 3
    }
    /// CR0.WP.
    pub const fn write_protect(&self) -> bool {
        self.cpu.cr0 & cr0::WP != 0
    }
    /// CR4.SMEP.
    pub const fn smep(&self) -> bool {
        self.cpu.cr4 & cr4::SMEP != 0
    }
    /// The shadow root that shows what the guest may see now.
    pub const fn root(&self) -> u64 {
        if self.in_user() { self.cpu.user_root } else { self.cpu.kernel_root }
    }
    /// Counts one VM exit.
    pub fn count(&mut self, reason: usize) {
        self.vm.exits[reason] += 1;
    }
}

/// Formats into a fixed field, leaving a zero at its end.
struct Field<'a> {
    bytes: &'a mut [u8],
    used: usize,
}

impl Write for Field<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.len() - 1 - self.used;
        let taken = &text.as_bytes()[..text.len().min(room)];
        self.bytes[self.used..self.used + taken.len()].copy_from_slice(taken);
        self.used += taken.len();
        Ok(())
    }
}
