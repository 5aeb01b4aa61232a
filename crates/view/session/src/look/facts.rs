//! The same memory as [`look`](super::look), as typed numbers for assertions.

use inspect::{GuestMemory, HypervisorView, KernelView, Space, containers};
use objects::hypervisor::{Vcpu, Vm, exit, state as vm_state};
use objects::kernel::{Cgroup, Task, state};
use scene::facts::{
    CgroupCpuFacts, CgroupFacts, ContainerFacts, CpuFacts, ExitFacts, HypervisorFacts, KernelFacts,
    MachineFacts, MemoryFacts, PidsFacts, TaskFacts, VmFacts,
};
use x86::paging::PagingMode;
use x86::reg::{cr0, rflags};

use super::{Sight, cpu, whereabouts};

/// The facts of a machine now.
pub fn facts(sight: &Sight<'_>) -> MachineFacts {
    let state = sight.cpu;
    MachineFacts {
        id: sight.spec.id.clone(),
        moment: sight.moment,
        instructions: sight.retired,
        ended: sight.stopped.is_some(),
        running: whereabouts(sight).path,
        cpu: CpuFacts {
            mode: cpu::mode(sight).into(),
            cpl: state.cpl.into(),
            rip: state.rip,
            cr3: state.cr3,
            interrupts: state.rflags & rflags::IF != 0,
            paging: state.cr0 & cr0::PG != 0,
            halted: state.halted,
        },
        kernel: sight
            .kernel()
            .and_then(Result::ok)
            .map(|view| kernel(&view)),
        hypervisor: sight
            .hypervisor()
            .and_then(Result::ok)
            .map(|view| hypervisor(sight, &view)),
    }
}

fn kernel(view: &KernelView) -> KernelFacts {
    let root = &view.root;
    let walled = containers(view);
    let container_of = |slot| {
        let mut all = walled.iter();
        let own = all.find(|it| it.tasks.iter().any(|task| task.slot == slot));
        own.map_or(String::new(), |it| it.name.clone())
    };
    KernelFacts {
        hostname: view
            .uts_ns
            .first()
            .map_or("", |uts| objects::text(&uts.nodename))
            .into(),
        boot_moment: root.boot_tsc,
        init_moment: root.init_tsc,
        syscalls: root.syscalls,
        faults: root.faults,
        switches: root.switches,
        ticks: root.ticks,
        idle_ticks: root.idle_ticks,
        memory_used: root
            .memory_bytes
            .saturating_sub(root.free_frames.saturating_mul(4096)),
        memory_bytes: root.memory_bytes,
        task: view
            .live()
            .map(|it| task(view, it.task, container_of(it.slot)))
            .collect(),
        cgroup: (0..)
            .zip(&view.cgroups)
            .filter(|(_, group)| group.used != 0)
            .map(|(id, group)| cgroup(view.cgroup_path(id), group))
            .collect(),
        container: walled
            .iter()
            .map(|it| ContainerFacts {
                name: it.name.clone(),
                cgroup: view.cgroup_path(it.cgroup),
                tasks: it.tasks.len() as u64,
                pid: it
                    .tasks
                    .first()
                    .map_or(0, |task| task.task.numbers[0].into()),
                start_moment: it
                    .tasks
                    .iter()
                    .map(|task| task.task.start_tsc)
                    .min()
                    .unwrap_or(0),
                walls: it.walls.join(" "),
            })
            .collect(),
    }
}

fn task(view: &KernelView, task: &Task, container: String) -> TaskFacts {
    let pid_ns = view.pid_ns.get(task.pid_ns as usize);
    let level = pid_ns.map_or(0, |ns| ns.level as usize);
    let proxy = view.nsproxy(task);
    let uts = proxy.and_then(|ns| view.uts_ns.get(ns.uts as usize));
    let mnt = proxy.and_then(|ns| view.mnt_ns.get(ns.mnt as usize));
    let mm = view.mms.get(task.mm as usize).filter(|mm| mm.refs > 0);
    let parent = view.tasks.get(task.parent as usize);
    let state = match task.state {
        state::SLEEPING => "sleeping",
        state::THROTTLED => "throttled",
        state::STOPPED => "stopped",
        state::ZOMBIE => "zombie",
        _ => "running",
    };
    TaskFacts {
        name: objects::text(&task.name).into(),
        pid: task.numbers[0].into(),
        pid_inside: task.numbers.get(level).copied().unwrap_or(0).into(),
        parent: parent.map_or(0, |parent| parent.numbers[0].into()),
        state: state.into(),
        cgroup: view.cgroup_path(task.cgroup),
        hostname: view.hostname(task).into(),
        container,
        pid_ns: pid_ns.map_or(0, |ns| ns.inum.into()),
        uts_ns: uts.map_or(0, |ns| ns.inum.into()),
        mnt_ns: mnt.map_or(0, |ns| ns.inum.into()),
        syscalls: task.syscalls,
        faults: task.faults,
        user_ticks: task.user_ticks,
        kernel_ticks: task.kernel_ticks,
        resident: mm.map_or(0, |mm| mm.resident * 4096),
        start_moment: task.start_tsc,
    }
}

fn cgroup(path: String, group: &Cgroup) -> CgroupFacts {
    let (pids, memory, cpu) = (&group.pids, &group.memory, &group.cpu);
    CgroupFacts {
        path,
        tasks: group.tasks.into(),
        pids: PidsFacts {
            current: pids.current,
            max: pids.max,
            refused: pids.events_max,
        },
        memory: MemoryFacts {
            current: memory.current,
            peak: memory.peak,
            max: memory.max,
            at_max: memory.events_max,
            oom: memory.events_oom,
            oom_kill: memory.events_oom_kill,
        },
        cpu: CgroupCpuFacts {
            weight: cpu.weight,
            quota: cpu.quota,
            period: cpu.period,
            usage: cpu.user + cpu.system,
            nr_periods: cpu.nr_periods,
            nr_throttled: cpu.nr_throttled,
            throttled: cpu.throttled,
            throttled_now: cpu.throttled_now != 0,
        },
    }
}

fn hypervisor(sight: &Sight<'_>, view: &HypervisorView) -> HypervisorFacts {
    HypervisorFacts {
        switches: view.root.switches,
        exits: view.vms.iter().flat_map(|vm| vm.exits).sum(),
        own_bytes: view.root.own_bytes,
        own_ticks: view.root.own_ticks,
        idle_ticks: view.root.idle_ticks,
        vm: view
            .live()
            .map(|(_, this, vcpu)| vm(sight, this, vcpu))
            .collect(),
    }
}

fn vm(sight: &Sight<'_>, vm: &Vm, vcpu: &Vcpu) -> VmFacts {
    let state = match vm.state {
        vm_state::IDLE => "idle",
        vm_state::PAUSED => "paused",
        vm_state::STOPPED => "stopped",
        vm_state::KILLED => "killed",
        _ => "running",
    };
    let memory = GuestMemory::new(&*sight.memory, vm.memory_at, vm.memory_bytes);
    let mode = PagingMode::of(vcpu.cr0, vcpu.cr4, vcpu.efer);
    let space = Space::new(&memory, mode, vcpu.cr3);
    let root = sight
        .guests
        .kernel
        .symbol("KERNEL_ROOT")
        .filter(|_| mode == PagingMode::Long);
    let guest = root.and_then(|at| KernelView::read(space, at).ok().flatten());
    VmFacts {
        name: objects::text(&vm.name).into(),
        state: state.into(),
        reason: objects::text(&vm.reason).into(),
        memory_bytes: vm.memory_bytes,
        guest_ticks: vm.guest_ticks,
        hypervisor_ticks: vm.hypervisor_ticks,
        shadow_frames: vm.shadow_frames,
        start_moment: vm.start_tsc,
        cpl: vcpu.cpl.into(),
        interrupts: vcpu.interrupts != 0,
        exits: vm.exits.iter().sum(),
        exit: (0..exit::COUNT)
            .map(|n| ExitFacts {
                reason: exit::name(n).into(),
                count: vm.exits[n],
            })
            .collect(),
        kernel: guest.map(|view| kernel(&view)),
    }
}
