//! Containers, inferred.
//!
//! The kernel has no such object, so who looks must conclude: tasks that left the initial pid
//! namespace *and* share it are one container. (A nested namespace is part of the container
//! it was made in.) Its hostname and cgroup are those of its init; that is what runtimes and
//! people call it by.

use objects::kernel::Task;

use crate::{KernelView, TaskRef};

/// Tasks behind one wall.
pub struct Container<'a> {
    /// Id of its pid namespace: its identity.
    pub pid_ns: u32,
    /// What people call it: its init's hostname.
    pub name: String,
    /// Its cgroup's id, by its init (or its first task if init is gone).
    pub cgroup: u32,
    /// Its tasks, by slot.
    pub tasks: Vec<TaskRef<'a>>,
    /// How many kinds of namespaces differ from the host's init: pid, mnt, uts.
    pub walls: Vec<&'static str>,
}

/// The containers of a kernel, in the order of their pid namespaces' ids.
pub fn containers(kernel: &KernelView) -> Vec<Container<'_>> {
    let mut found: Vec<Container<'_>> = Vec::new();
    for this in kernel.live() {
        let Some(pid_ns) = outermost(kernel, this.task) else {
            continue;
        };
        match found
            .iter_mut()
            .find(|container| container.pid_ns == pid_ns)
        {
            Some(container) => container.tasks.push(this),
            None => found.push(Container {
                pid_ns,
                name: String::new(),
                cgroup: 0,
                tasks: vec![this],
                walls: Vec::new(),
            }),
        }
    }
    for container in &mut found {
        describe(kernel, container);
    }
    found.sort_by_key(|container| container.pid_ns);
    found
}

/// The pid namespace at level 1 that a task lives under, or `None` for the host's tasks.
fn outermost(kernel: &KernelView, task: &Task) -> Option<u32> {
    let mut id = task.pid_ns;
    loop {
        let ns = kernel.pid_ns.get(id as usize)?;
        match ns.level {
            0 => return None,
            1 => return Some(id),
            _ => id = ns.parent,
        }
    }
}

fn describe(kernel: &KernelView, container: &mut Container<'_>) {
    let init = kernel.pid_ns[container.pid_ns as usize].init;
    let first = container.tasks.iter().find(|this| this.slot == init);
    let Some(first) = first.or(container.tasks.first()).copied() else {
        return;
    };
    container.cgroup = first.task.cgroup;
    container.walls = walls(kernel, first.task);
    let host = kernel
        .uts_ns
        .first()
        .map_or("", |uts| objects::text(&uts.nodename));
    let hostname = kernel.hostname(first.task);
    // Without a hostname of its own it goes by its cgroup's directory, else by its program.
    container.name = if !hostname.is_empty() && hostname != host {
        hostname.to_owned()
    } else if let Some(group) = kernel.cgroups.get(first.task.cgroup as usize)
        && first.task.cgroup != 0
    {
        objects::text(&group.name).to_owned()
    } else {
        objects::text(&first.task.name).to_owned()
    };
}

fn walls(kernel: &KernelView, task: &Task) -> Vec<&'static str> {
    let mut walls = Vec::new();
    if task.pid_ns != 0 {
        walls.push("pid");
    }
    let Some(ns) = kernel.nsproxy(task) else {
        return walls;
    };
    let Some(host) = kernel.nsproxies.first() else {
        return walls;
    };
    if ns.mnt != host.mnt {
        walls.push("mnt");
    }
    if ns.uts != host.uts {
        walls.push("uts");
    }
    walls
}
