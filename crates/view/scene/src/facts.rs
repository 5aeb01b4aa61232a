//! [`Facts`]: the state of the stack as typed numbers and names, for assertions.
//!
//! The boxes of a [`Scene`](crate::Scene) are made to be read by people; a lab's check wants
//! `kernel.cgroup['/ctr/web'].memory.oom_kill == 1`. Both are taken from the same memory at
//! the same moment. Field names here are a public language: labs are written in it, so fields
//! are added and never renamed.

use serde::{Deserialize, Serialize};

use crate::Moment;

/// Every machine's facts, by id.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// In the scenario's order.
    pub machine: Vec<MachineFacts>,
}

/// One machine.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MachineFacts {
    /// `pc`, or `left` and `right`.
    pub id: String,
    /// Its clock.
    pub moment: Moment,
    /// Instructions retired.
    pub instructions: u64,
    /// Whether it will never go on.
    pub ended: bool,
    /// Path of the box that executes.
    pub running: String,
    /// The CPU.
    pub cpu: CpuFacts,
    /// The kernel on the bare PC, once it is up.
    pub kernel: Option<KernelFacts>,
    /// The hypervisor, once it is up.
    pub hypervisor: Option<HypervisorFacts>,
}

/// The CPU.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CpuFacts {
    /// `real`, `protected`, `compatibility`, `long`.
    pub mode: String,
    /// Current privilege level.
    pub cpl: u64,
    /// Next instruction.
    pub rip: u64,
    /// Page-table root.
    pub cr3: u64,
    /// Interrupts enabled.
    pub interrupts: bool,
    /// Paging on.
    pub paging: bool,
    /// Asleep in HLT.
    pub halted: bool,
}

/// A kernel, bare or a guest's.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct KernelFacts {
    /// Hostname of the initial UTS namespace.
    pub hostname: String,
    /// Moment of its first instruction.
    pub boot_moment: Moment,
    /// Moment at which init was entered; 0 before.
    pub init_moment: Moment,
    /// System calls since boot.
    pub syscalls: u64,
    /// Page faults since boot.
    pub faults: u64,
    /// Context switches since boot.
    pub switches: u64,
    /// Timer interrupts since boot.
    pub ticks: u64,
    /// Ticks spent idle.
    pub idle_ticks: u64,
    /// Memory in use, bytes.
    pub memory_used: u64,
    /// Memory it manages, bytes.
    pub memory_bytes: u64,
    /// Tasks.
    pub task: Vec<TaskFacts>,
    /// Cgroups.
    pub cgroup: Vec<CgroupFacts>,
    /// Containers, inferred.
    pub container: Vec<ContainerFacts>,
}

/// A task.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TaskFacts {
    /// Program name.
    pub name: String,
    /// Number in the initial pid namespace.
    pub pid: u64,
    /// Number in its own pid namespace.
    pub pid_inside: u64,
    /// Parent's number in the initial pid namespace; 0 if none.
    pub parent: u64,
    /// `running`, `sleeping`, `throttled`, `stopped`, `zombie`.
    pub state: String,
    /// Cgroup path.
    pub cgroup: String,
    /// Hostname that it sees.
    pub hostname: String,
    /// Name of its container, or empty.
    pub container: String,
    /// Inode number of its pid namespace.
    pub pid_ns: u64,
    /// Inode number of its UTS namespace.
    pub uts_ns: u64,
    /// Inode number of its mount namespace.
    pub mnt_ns: u64,
    /// System calls it made.
    pub syscalls: u64,
    /// Page faults it took.
    pub faults: u64,
    /// Ticks in user mode.
    pub user_ticks: u64,
    /// Ticks in the kernel on its behalf.
    pub kernel_ticks: u64,
    /// Resident memory, bytes.
    pub resident: u64,
    /// Moment at which it began.
    pub start_moment: Moment,
}

/// A cgroup with its controllers. `u64::MAX` stands for "max".
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CgroupFacts {
    /// Path from the root, `/` for the root itself.
    pub path: String,
    /// Tasks directly in it.
    pub tasks: u64,
    /// pids controller.
    pub pids: PidsFacts,
    /// memory controller.
    pub memory: MemoryFacts,
    /// cpu controller.
    pub cpu: CgroupCpuFacts,
}

/// pids controller.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // named after the control files
pub struct PidsFacts {
    pub current: u64,
    pub max: u64,
    /// Forks refused.
    pub refused: u64,
}

/// memory controller, bytes and counts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // named after the control files
pub struct MemoryFacts {
    pub current: u64,
    pub peak: u64,
    pub max: u64,
    /// Charges that hit the limit.
    pub at_max: u64,
    pub oom: u64,
    pub oom_kill: u64,
}

/// cpu controller, times in ticks.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // named after the control files
pub struct CgroupCpuFacts {
    pub weight: u64,
    pub quota: u64,
    pub period: u64,
    /// User and system time.
    pub usage: u64,
    pub nr_periods: u64,
    pub nr_throttled: u64,
    pub throttled: u64,
    /// Throttled at this moment.
    pub throttled_now: bool,
}

/// A container, as it is inferred.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ContainerFacts {
    /// Its name.
    pub name: String,
    /// Its cgroup.
    pub cgroup: String,
    /// Its tasks.
    pub tasks: u64,
    /// Number of its init in the initial pid namespace.
    pub pid: u64,
    /// Moment at which it began.
    pub start_moment: Moment,
    /// Kinds of namespaces of its own, as `pid mnt uts`.
    pub walls: String,
}

/// The hypervisor.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct HypervisorFacts {
    /// World switches.
    pub switches: u64,
    /// All VM exits.
    pub exits: u64,
    /// Memory it keeps for itself, bytes.
    pub own_bytes: u64,
    /// Ticks of its own.
    pub own_ticks: u64,
    /// Ticks asleep.
    pub idle_ticks: u64,
    /// VMs.
    pub vm: Vec<VmFacts>,
}

/// A VM.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct VmFacts {
    /// Its name.
    pub name: String,
    /// `running`, `idle`, `paused`, `stopped`, `killed`.
    pub state: String,
    /// Why it was stopped or killed.
    pub reason: String,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Ticks as a guest.
    pub guest_ticks: u64,
    /// Ticks of the hypervisor on its behalf.
    pub hypervisor_ticks: u64,
    /// Shadow page-table frames.
    pub shadow_frames: u64,
    /// Moment at which it started.
    pub start_moment: Moment,
    /// Privilege level that its software believes in.
    pub cpl: u64,
    /// Interrupt flag that its kernel believes in.
    pub interrupts: bool,
    /// All its exits.
    pub exits: u64,
    /// Exits by reason.
    pub exit: Vec<ExitFacts>,
    /// Its kernel, once it is up.
    pub kernel: Option<KernelFacts>,
}

/// Exits for one reason.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ExitFacts {
    /// As on the screen: `IN/OUT`, `CR3 load` …
    pub reason: String,
    /// How many.
    pub count: u64,
}
