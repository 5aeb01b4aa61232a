//! The boxes that the picture stacks, bottom up.

use serde::{Deserialize, Serialize};

use crate::{CpuView, Moment, Path};

/// Every machine of the scenario at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Scene {
    /// One, or two side by side.
    pub machines: Vec<Machine>,
}

impl Scene {
    /// The box with this path.
    pub fn find(&self, path: &str) -> Option<&StackBox> {
        self.machines
            .iter()
            .find_map(|machine| machine.stack.find(path))
    }
}

/// One emulated PC and all that stands on it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Machine {
    /// Short id, the first part of every path in it: `pc`, or `left` and `right`.
    pub id: String,
    /// What the scenario calls it.
    pub title: String,
    /// Its clock.
    pub moment: Moment,
    /// Instructions that it really retired (the clock less the time slept).
    pub retired: u64,
    /// The hardware box, with everything that runs on it inside.
    pub stack: StackBox,
    /// Path of the innermost box that executes now; the hardware's own path while it sleeps.
    pub running: Path,
    /// The CPU now.
    pub cpu: CpuView,
    /// Physical memory from address 0, stretch by stretch, by owner.
    pub memory: Vec<Stretch>,
    /// Why it will never go on, if so: exit code, shutdown, halted for ever.
    pub stopped: Option<String>,
}

/// What a box is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BoxKind {
    /// The emulated PC.
    #[default]
    Hardware,
    /// The boot ROM, while it runs.
    Firmware,
    /// The hypervisor.
    Hypervisor,
    /// A virtual machine: a virtual hardware.
    Vm,
    /// A kernel, bare or a guest.
    Kernel,
    /// Tasks that share namespaces and a cgroup: inferred, the kernel has no such object.
    Container,
    /// A process.
    Process,
}

/// How a box is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// On the CPU, or could be.
    #[default]
    Running,
    /// Waits: sleeping task, idle vCPU, kernel with nothing to do.
    Waiting,
    /// Held back by cpu.max or a cap.
    Throttled,
    /// Paused or stopped by somebody.
    Paused,
    /// Not yet up.
    Booting,
    /// A zombie, or a VM that ended by itself.
    Ended,
    /// Ended by force: OOM kill, a VM killed by the hypervisor.
    Killed,
}

/// A box.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct StackBox {
    /// See [`Path`].
    pub path: Path,
    /// What it is.
    pub kind: BoxKind,
    /// What it calls itself.
    pub name: String,
    /// How it is doing.
    pub state: State,
    /// Why, in words, if there is something to say ("waits for its child", "OOM kill").
    pub why: String,
    /// Memory that it holds, bytes.
    pub memory_bytes: Option<u64>,
    /// Memory that it may hold at most, bytes.
    pub memory_limit: Option<u64>,
    /// The moment at which it began, as its own layer noted it.
    pub since: Option<Moment>,
    /// CPU time that it has had since it began, in the ticks (instructions) of the clock.
    pub cpu_ticks: Option<u64>,
    /// Share of the CPU over the last window, per mille of its *parent layer's* time, as that
    /// layer counted it.
    pub cpu_share: Option<u32>,
    /// Most CPU it may use, per mille of one CPU.
    pub cpu_limit: Option<u32>,
    /// More to show when it is opened: label and value, in order.
    pub facts: Vec<(String, String)>,
    /// Counters: name and count, in order.
    pub counts: Vec<(String, u64)>,
    /// Which console is its own, by [`Console::id`](crate::Console::id).
    pub console: Option<String>,
    /// What stands on it or in it.
    pub inside: Vec<StackBox>,
}

impl StackBox {
    /// The box with this path, this one or one inside.
    pub fn find(&self, path: &str) -> Option<&StackBox> {
        if self.path == path {
            return Some(self);
        }
        self.inside.iter().find_map(|inner| inner.find(path))
    }

    /// This box and all inside it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a StackBox)) {
        visit(self);
        for inner in &self.inside {
            inner.walk(visit);
        }
    }
}

/// A stretch of physical memory with one owner.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Stretch {
    /// 4-KiB frames.
    pub frames: u32,
    /// The owner's path; empty for free memory.
    pub owner: Path,
    /// What for: `kernel`, `table`, `anon`, `file`, `shadow`, `free` …
    pub kind: String,
}
