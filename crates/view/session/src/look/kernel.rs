//! A kernel's boxes: its containers, inferred, and its processes.

use inspect::{Container, KernelView, TaskRef, Unreadable, containers};
use objects::kernel::{Cgroup, Task, state, wait};
use scene::{BoxKind, StackBox, State};

use super::{Shares, Sight};

/// The paths in one kernel begin alike.
pub struct Prefix {
    /// The kernel's own path: `pc/os`, or `pc/hv/vm0/os`.
    pub kernel: String,
    /// Whose console it is, by id, for a guest.
    pub console: Option<String>,
}

impl Prefix {
    /// A bare kernel's.
    pub fn bare(machine: &str) -> Self {
        Self {
            kernel: format!("{machine}/os"),
            console: None,
        }
    }
    /// A guest kernel's.
    pub fn guest(machine: &str, vm: u32, name: &str) -> Self {
        Self {
            kernel: format!("{machine}/hv/vm{vm}/os"),
            console: Some(name.to_owned()),
        }
    }
}

/// The path of a task: by its number in the initial namespace, inside its container.
pub fn task_path(prefix: &Prefix, task: &Task, container_ns: Option<u32>) -> String {
    let kernel = &prefix.kernel;
    let number = task.numbers[0];
    match container_ns {
        Some(ns) => format!("{kernel}/ct{ns}/p{number}"),
        None => format!("{kernel}/p{number}"),
    }
}

/// The kernel on the bare PC.
pub fn bare(sight: &Sight<'_>, shares: &mut Shares) -> StackBox {
    let prefix = Prefix::bare(&sight.spec.id);
    kernel_box(&prefix, sight.kernel(), shares)
}

/// A kernel's box from what could be read of it.
pub fn kernel_box(
    prefix: &Prefix,
    view: Option<Result<KernelView, Unreadable>>,
    shares: &mut Shares,
) -> StackBox {
    let mut this = StackBox {
        path: prefix.kernel.clone(),
        kind: BoxKind::Kernel,
        name: "kernel".into(),
        state: State::Booting,
        why: "its tables are not filled in yet".into(),
        console: prefix.console.clone(),
        ..StackBox::default()
    };
    match view {
        Some(Ok(view)) => describe(&mut this, prefix, &view, shares),
        Some(Err(error)) => this.why = error.to_string(),
        None => {}
    }
    this
}

fn describe(this: &mut StackBox, prefix: &Prefix, view: &KernelView, shares: &mut Shares) {
    let root = &view.root;
    let host = view
        .uts_ns
        .first()
        .map_or("", |uts| objects::text(&uts.nodename));
    this.name = if host.is_empty() {
        "kernel".into()
    } else {
        format!("kernel · {host}")
    };
    (this.state, this.why) = if root.init_tsc == 0 {
        (State::Booting, "no program runs yet".into())
    } else if root.idle != 0 {
        (State::Waiting, "idle: no task is runnable".into())
    } else {
        (State::Running, String::new())
    };
    this.memory_limit = Some(root.memory_bytes);
    let free = root.free_frames.saturating_mul(4096);
    this.memory_bytes = Some(root.memory_bytes.saturating_sub(free));
    this.facts = vec![
        ("hostname".into(), host.to_owned()),
        ("tasks".into(), view.live().count().to_string()),
        ("clock".into(), format!("{} ticks a second", root.tsc_hz)),
    ];
    if root.init_tsc > root.boot_tsc && root.boot_tsc != 0 {
        let boot = root.init_tsc - root.boot_tsc;
        this.facts.push((
            "boot".into(),
            format!("{boot} ticks from its first instruction to init"),
        ));
    }
    this.since = Some(root.boot_tsc);
    this.counts = vec![
        ("system calls".into(), root.syscalls),
        ("context switches".into(), root.switches),
        ("page faults".into(), root.faults),
        ("timer interrupts".into(), root.ticks),
    ];
    let clock = kernel_clock(view);
    let walled = containers(view);
    let in_container = |slot| {
        walled
            .iter()
            .any(|ct| ct.tasks.iter().any(|t| t.slot == slot))
    };
    for task in view.live().filter(|task| !in_container(task.slot)) {
        this.inside
            .push(process(prefix, view, task, None, clock, shares));
    }
    for container in &walled {
        this.inside
            .push(container_box(prefix, view, container, clock, shares));
    }
}

/// The time that this kernel has accounted for: what all tasks and the idle loop had.
fn kernel_clock(view: &KernelView) -> u64 {
    let group = view
        .cgroups
        .first()
        .map_or(0, |root| root.cpu.user + root.cpu.system);
    group + view.root.idle_ticks
}

fn container_box(
    prefix: &Prefix,
    view: &KernelView,
    container: &Container<'_>,
    clock: u64,
    shares: &mut Shares,
) -> StackBox {
    let path = format!("{}/ct{}", prefix.kernel, container.pid_ns);
    let mut this = StackBox {
        path: path.clone(),
        kind: BoxKind::Container,
        name: container.name.clone(),
        console: prefix.console.clone(),
        ..StackBox::default()
    };
    if let Some(group) = view.cgroups.get(container.cgroup as usize) {
        limits(&mut this, view, container.cgroup, group);
        let had = group.cpu.user + group.cpu.system;
        this.cpu_ticks = Some(had);
        this.cpu_share = shares.of(&path, clock, had);
        if group.cpu.throttled_now != 0 {
            this.state = State::Throttled;
            this.why = "cpu.max is used up for this period".into();
        }
    }
    this.since = container.tasks.iter().map(|task| task.task.start_tsc).min();
    let walls = container.walls.join(", ");
    this.facts
        .insert(0, ("namespaces of its own".into(), walls));
    for task in &container.tasks {
        let ns = Some(container.pid_ns);
        this.inside
            .push(process(prefix, view, *task, ns, clock, shares));
    }
    let asleep = |task: &TaskRef<'_>| matches!(task.task.state, state::SLEEPING | state::ZOMBIE);
    if this.state == State::Running && container.tasks.iter().all(asleep) {
        this.state = State::Waiting;
    }
    this
}

fn limits(this: &mut StackBox, view: &KernelView, id: u32, group: &Cgroup) {
    let bounded = |limit: u64| (limit != u64::MAX).then_some(limit);
    this.memory_bytes = Some(group.memory.current);
    this.memory_limit = bounded(group.memory.max);
    this.facts.push(("cgroup".into(), view.cgroup_path(id)));
    if let Some(quota) = bounded(group.cpu.quota) {
        let period = group.cpu.period.max(1);
        let limit = (quota.saturating_mul(1000) + period / 2) / period;
        this.cpu_limit = Some(limit as u32);
        this.facts
            .push(("cpu.max".into(), format!("{}.{} %", limit / 10, limit % 10)));
    }
    let pids = bounded(group.pids.max).map_or("max".into(), |max| max.to_string());
    this.facts
        .push(("pids".into(), format!("{} of {pids}", group.pids.current)));
    this.counts = vec![
        ("periods throttled".into(), group.cpu.nr_throttled),
        ("times at memory.max".into(), group.memory.events_max),
        ("OOM kills".into(), group.memory.events_oom_kill),
        ("forks refused".into(), group.pids.events_max),
    ];
}

fn process(
    prefix: &Prefix,
    view: &KernelView,
    this: TaskRef<'_>,
    container_ns: Option<u32>,
    clock: u64,
    shares: &mut Shares,
) -> StackBox {
    let task = this.task;
    let path = task_path(prefix, task, container_ns);
    let had = task.user_ticks + task.kernel_ticks;
    let level = view
        .pid_ns
        .get(task.pid_ns as usize)
        .map_or(0, |ns| ns.level as usize);
    let own = task.numbers.get(level).copied().unwrap_or(0);
    let (state, why) = state_of(task);
    let mm = view.mms.get(task.mm as usize).filter(|mm| mm.refs > 0);
    let mut facts = vec![("pid".into(), own.to_string())];
    if level > 0 {
        facts.push(("pid on the host".into(), task.numbers[0].to_string()));
    }
    if let Some(parent) = view.tasks.get(task.parent as usize) {
        facts.push(("parent".into(), objects::text(&parent.name).to_owned()));
    }
    facts.push(("cgroup".into(), view.cgroup_path(task.cgroup)));
    StackBox {
        cpu_share: shares.of(&path, clock, had),
        path,
        kind: BoxKind::Process,
        name: objects::text(&task.name).to_owned(),
        state,
        why,
        memory_bytes: mm.map(|mm| mm.resident * 4096),
        since: Some(task.start_tsc),
        cpu_ticks: Some(had),
        facts,
        counts: vec![
            ("system calls".into(), task.syscalls),
            ("page faults".into(), task.faults),
            ("times on the CPU".into(), task.switches),
            ("ticks in user mode".into(), task.user_ticks),
            ("ticks in the kernel for it".into(), task.kernel_ticks),
        ],
        console: prefix.console.clone(),
        ..StackBox::default()
    }
}

fn state_of(task: &Task) -> (State, String) {
    let waits = match task.waits_for {
        wait::CHILD | wait::VFORK => "waits for a child",
        wait::PIPE_READ => "waits for a pipe to fill",
        wait::PIPE_WRITE => "waits for a pipe to drain",
        wait::TTY => "waits for its terminal",
        wait::TIMER => "sleeps for a while",
        wait::SIGNAL => "waits for a signal",
        _ => "waits",
    };
    match task.state {
        state::SLEEPING => (State::Waiting, waits.into()),
        state::THROTTLED => (State::Throttled, "its cgroup has used up cpu.max".into()),
        state::STOPPED => (State::Paused, "stopped by a signal".into()),
        state::ZOMBIE => (State::Ended, exit_reason(task.exit_status)),
        _ => (State::Running, String::new()),
    }
}

/// What a wait status says (wait(2)): the signal in the low seven bits, else the exit code.
fn exit_reason(status: u32) -> String {
    match status & 0x7f {
        0 => format!("exited with {}, not yet waited for", status >> 8 & 0xff),
        signal => format!("killed by SIG{}", abi::task::signal::name(signal)),
    }
}
