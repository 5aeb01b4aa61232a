//! From a machine's memory and registers to the boxes of the picture.
//!
//! Everything here is derived anew from what the machine holds now; nothing is remembered
//! but the counters of the last look, from which shares of CPU come ([`Shares`]).

mod cpu;
mod facts;
mod hypervisor;
mod kernel;
mod ram;
mod shares;
mod whereabouts;

use ::cpu::State as CpuState;
use inspect::{HypervisorView, KernelView, Memory, Space, Unreadable};
use scene::{BoxKind, Machine, StackBox, State};
use x86::paging::PagingMode;

use crate::guests::Guests;
use crate::scenario::{ImageKind, MachineSpec};

pub use facts::facts;
pub use shares::Shares;
pub use whereabouts::{Layer, Whereabouts, whereabouts};

/// What a look is taken at.
pub struct Sight<'a> {
    /// What the scenario says of the machine.
    pub spec: &'a MachineSpec,
    /// The guests' images, for symbols.
    pub guests: &'a Guests,
    /// Physical memory.
    pub memory: Box<dyn Memory + 'a>,
    /// The CPU's registers.
    pub cpu: &'a CpuState,
    /// The clock.
    pub moment: u64,
    /// Instructions retired.
    pub retired: u64,
    /// Bytes of RAM.
    pub ram_bytes: u64,
    /// Last POST code.
    pub post: u8,
    /// Why it has stopped for ever, if it has.
    pub stopped: Option<String>,
}

impl Sight<'_> {
    /// The address space that the CPU is in.
    pub fn space(&self) -> Space<'_> {
        let mode = PagingMode::of(self.cpu.cr0, self.cpu.cr4, self.cpu.efer);
        Space::new(&*self.memory, mode, self.cpu.cr3)
    }

    /// The bare kernel's tables; `None` before it has filled them in.
    pub fn kernel(&self) -> Option<Result<KernelView, Unreadable>> {
        let at = self.guests.kernel.symbol("KERNEL_ROOT")?;
        // Until the kernel runs in long mode there is no mapping to read it by.
        self.long_mode()
            .then(|| KernelView::read(self.space(), at).transpose())?
    }

    /// The hypervisor's tables; `None` before it has filled them in.
    pub fn hypervisor(&self) -> Option<Result<HypervisorView, Unreadable>> {
        let at = self.guests.hypervisor.symbol("HYPERVISOR_ROOT")?;
        self.long_mode()
            .then(|| HypervisorView::read(self.space(), at).transpose())?
    }

    /// The instruction at RIP, in Intel syntax.
    pub fn instruction(&self) -> String {
        cpu::code(self, 1)
            .pop()
            .map(|line| line.text)
            .unwrap_or_default()
    }

    fn long_mode(&self) -> bool {
        self.cpu.cr0 & x86::reg::cr0::PG != 0 && self.cpu.efer & x86::reg::efer::LMA != 0
    }
}

/// The whole machine as boxes.
pub fn look(sight: &Sight<'_>, shares: &mut Shares) -> Machine {
    let spec = sight.spec;
    let mut hardware = StackBox {
        path: spec.id.clone(),
        kind: BoxKind::Hardware,
        name: "PC hardware".into(),
        memory_bytes: Some(sight.ram_bytes),
        cpu_ticks: Some(sight.retired),
        facts: vec![
            (
                "CPU".into(),
                "x86-64, emulated instruction by instruction".into(),
            ),
            ("RAM".into(), format!("{} MiB", sight.ram_bytes >> 20)),
            ("POST code".into(), format!("{:#04x}", sight.post)),
        ],
        counts: vec![
            ("instructions retired".into(), sight.retired),
            (
                "ticks slept".into(),
                sight.moment - sight.retired.min(sight.moment),
            ),
        ],
        ..StackBox::default()
    };
    let at = whereabouts(sight);
    if at.layer == Layer::Firmware {
        hardware.inside.push(StackBox {
            path: format!("{}/fw", spec.id),
            kind: BoxKind::Firmware,
            name: "boot ROM".into(),
            state: State::Booting,
            why: "on the way from the reset vector to the kernel's door".into(),
            ..StackBox::default()
        });
    }
    hardware.inside.push(match spec.image {
        ImageKind::Kernel => kernel::bare(sight, shares),
        ImageKind::Hypervisor => hypervisor::boxes(sight, shares),
    });
    if let Some(why) = &sight.stopped {
        hardware.state = State::Ended;
        hardware.why.clone_from(why);
    } else if sight.cpu.halted {
        hardware.state = State::Waiting;
        hardware.why = "HLT: sleeps until the next interrupt".into();
    }
    Machine {
        id: spec.id.clone(),
        title: spec.title.clone(),
        moment: sight.moment,
        retired: sight.retired,
        stack: hardware,
        cpu: cpu::view(sight, &at),
        memory: ram::stretches(sight),
        running: at.path,
        stopped: sight.stopped.clone(),
    }
}
