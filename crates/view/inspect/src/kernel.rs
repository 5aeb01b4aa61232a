//! [`KernelView`]: everything that a kernel keeps, at one moment.

use objects::kernel::{
    Cgroup, Frame, MAGIC, Mm, MntNs, Mount, NsProxy, PidNs, Root, Task, UtsNs, state,
};

use crate::{Space, Unreadable};

/// The kernel's tables, copied out. Indexes are the kernel's own ids.
pub struct KernelView {
    /// Its door.
    pub root: Root,
    /// Every slot, used or not.
    pub tasks: Vec<Task>,
    /// Every slot, used or not.
    pub nsproxies: Vec<NsProxy>,
    /// Every slot, used or not.
    pub pid_ns: Vec<PidNs>,
    /// Every slot, used or not.
    pub uts_ns: Vec<UtsNs>,
    /// Every slot, used or not.
    pub mnt_ns: Vec<MntNs>,
    /// Every slot, used or not.
    pub mounts: Vec<Mount>,
    /// Every slot, used or not.
    pub cgroups: Vec<Cgroup>,
    /// Every slot, used or not.
    pub mms: Vec<Mm>,
}

/// A task and its slot.
#[derive(Clone, Copy)]
pub struct TaskRef<'a> {
    /// Its slot in the table: its identity while it lives.
    pub slot: u32,
    /// The task.
    pub task: &'a Task,
}

impl KernelView {
    /// Reads a kernel whose door is at `root_at`. `Ok(None)` while it has not filled it in.
    ///
    /// # Errors
    /// [`Unreadable`] if the door or a table is not mapped or is not what it should be.
    pub fn read(space: Space<'_>, root_at: u64) -> Result<Option<Self>, Unreadable> {
        let root: Root = space.object(root_at)?;
        if root.magic != MAGIC {
            return Ok(None);
        }
        Ok(Some(Self {
            tasks: space.table(root.tasks)?,
            nsproxies: space.table(root.nsproxies)?,
            pid_ns: space.table(root.pid_ns)?,
            uts_ns: space.table(root.uts_ns)?,
            mnt_ns: space.table(root.mnt_ns)?,
            mounts: space.table(root.mounts)?,
            cgroups: space.table(root.cgroups)?,
            mms: space.table(root.mms)?,
            root,
        }))
    }

    /// Who owns each frame: the largest table, read only when it is wanted.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn frames(space: Space<'_>, root: &Root) -> Result<Vec<Frame>, Unreadable> {
        space.table(root.frames)
    }

    /// The tasks that exist, zombies included, by slot.
    pub fn live(&self) -> impl Iterator<Item = TaskRef<'_>> {
        (0u32..)
            .zip(&self.tasks)
            .filter(|(_, task)| task.state != state::FREE)
            .map(|(slot, task)| TaskRef { slot, task })
    }

    /// The task on the CPU, unless the kernel idles.
    pub fn current(&self) -> Option<TaskRef<'_>> {
        let slot = self.root.current;
        let task = self.tasks.get(slot as usize)?;
        (self.root.idle == 0 && task.state != state::FREE).then_some(TaskRef { slot, task })
    }

    /// The namespaces of a task.
    pub fn nsproxy(&self, task: &Task) -> Option<&NsProxy> {
        self.nsproxies.get(task.nsproxy as usize)
    }

    /// The hostname that a task sees.
    pub fn hostname(&self, task: &Task) -> &str {
        let uts = self
            .nsproxy(task)
            .and_then(|ns| self.uts_ns.get(ns.uts as usize));
        uts.map_or("", |uts| objects::text(&uts.nodename))
    }

    /// The path of a cgroup from the root, as `/ctr/web`.
    pub fn cgroup_path(&self, mut id: u32) -> String {
        let mut parts = Vec::new();
        while let Some(group) = self.cgroups.get(id as usize) {
            if group.parent == objects::NONE || parts.len() > 16 {
                break;
            }
            parts.push(objects::text(&group.name));
            id = group.parent;
        }
        parts.reverse();
        format!("/{}", parts.join("/"))
    }
}
