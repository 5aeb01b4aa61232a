//! The choice: least virtual time, level by level.
//!
//! Pure arithmetic over whatever tree the caller describes, so it is tested on the host.

/// Weight of a task (nice 0), and of a cgroup that nobody set.
pub const DEFAULT_WEIGHT: u64 = 100;

/// What the scheduler needs to know of the tree.
pub trait Tree {
    /// The group that a task competes in.
    fn group_of(&self, task: usize) -> usize;
    /// The group that a group competes in; the root (0) competes nowhere.
    fn parent(&self, group: usize) -> usize;
    /// Virtual time of a task.
    fn task_time(&self, task: usize) -> u64;
    /// Virtual time of a group.
    fn group_time(&self, group: usize) -> u64;
}

/// Something that competes for the CPU inside a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entity {
    /// A task.
    Task(usize),
    /// A group, for all that is in it.
    Group(usize),
}

/// What stands for `task` in `group`: the task itself, the subgroup that it is in, or
/// nothing if it is elsewhere.
pub fn entity_in(tree: &impl Tree, task: usize, group: usize) -> Option<Entity> {
    let mut at = tree.group_of(task);
    if at == group {
        return Some(Entity::Task(task));
    }
    while at != 0 {
        let parent = tree.parent(at);
        if parent == group {
            return Some(Entity::Group(at));
        }
        at = parent;
    }
    None
}

/// Virtual time of an entity.
pub fn time(tree: &impl Tree, entity: Entity) -> u64 {
    match entity {
        Entity::Task(task) => tree.task_time(task),
        Entity::Group(group) => tree.group_time(group),
    }
}

/// Chooses among the `runnable` tasks. Calls `chosen(group, least)` for each group on the way
/// down, with the least virtual time in it. Among equals the first in the queue wins.
pub fn pick(
    tree: &impl Tree,
    runnable: &[u16],
    mut chosen: impl FnMut(usize, u64),
) -> Option<usize> {
    let mut group = 0;
    loop {
        let mut best: Option<(u64, Entity)> = None;
        for &task in runnable {
            if let Some(entity) = entity_in(tree, task as usize, group) {
                let time = time(tree, entity);
                if best.is_none_or(|(least, _)| time < least) {
                    best = Some((time, entity));
                }
            }
        }
        let (least, entity) = best?;
        chosen(group, least);
        match entity {
            Entity::Task(task) => return Some(task),
            Entity::Group(inner) => group = inner,
        }
    }
}

/// How far virtual time advances in `ticks` of the CPU at `weight`.
pub fn advance(ticks: u64, weight: u64) -> u64 {
    ticks * DEFAULT_WEIGHT / weight.max(1)
}

/// Weight of a task by its niceness: each step is a factor of 1.25, so that one step more or
/// less changes the share of two competitors by about ten per cent.
pub fn weight_of(nice: i32) -> u64 {
    const STEP: u64 = 5;
    let mut weight = DEFAULT_WEIGHT << 10;
    for _ in 0..nice.unsigned_abs() {
        weight = if nice < 0 {
            weight * STEP / 4
        } else {
            weight * 4 / STEP
        };
    }
    (weight >> 10).max(1)
}

/// Virtual time of something that becomes runnable again in a group where the least is
/// `least`: it keeps its own if that is more, and gets a small advantage if it slept, but
/// what it did not use while it slept is lost.
pub fn place(own: u64, least: u64, advantage: u64) -> u64 {
    own.max(least.saturating_sub(advantage))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups by parent; tasks by group; virtual times; weights of groups.
    struct Toy {
        parents: Vec<usize>,
        weights: Vec<u64>,
        tasks: Vec<usize>,
        task_times: Vec<u64>,
        group_times: Vec<u64>,
    }

    impl Tree for Toy {
        fn group_of(&self, task: usize) -> usize {
            self.tasks[task]
        }
        fn parent(&self, group: usize) -> usize {
            self.parents[group]
        }
        fn task_time(&self, task: usize) -> u64 {
            self.task_times[task]
        }
        fn group_time(&self, group: usize) -> u64 {
            self.group_times[group]
        }
    }

    /// Runs `slices` of equal length; how many each task got.
    fn run(parents: &[usize], weights: &[u64], tasks: &[usize], slices: usize) -> Vec<usize> {
        let mut toy = Toy {
            parents: parents.to_vec(),
            weights: weights.to_vec(),
            tasks: tasks.to_vec(),
            task_times: vec![0; tasks.len()],
            group_times: vec![0; parents.len()],
        };
        let runnable: Vec<u16> = (0..tasks.len() as u16).collect();
        let mut got = vec![0; tasks.len()];
        for _ in 0..slices {
            let task = pick(&toy, &runnable, |_, _| {}).unwrap();
            got[task] += 1;
            toy.task_times[task] += advance(1000, DEFAULT_WEIGHT);
            let mut group = toy.tasks[task];
            while group != 0 {
                toy.group_times[group] += advance(1000, toy.weights[group]);
                group = toy.parents[group];
            }
        }
        got
    }

    #[test]
    fn equals_take_turns() {
        assert_eq!(run(&[0], &[100], &[0, 0, 0], 300), [100, 100, 100]);
    }

    #[test]
    fn weights_divide_the_cpu() {
        assert_eq!(run(&[0, 0, 0], &[0, 300, 100], &[1, 2], 400), [300, 100]);
    }

    #[test]
    fn a_group_counts_as_one() {
        // Two tasks in a group share what one task outside has alone.
        assert_eq!(run(&[0, 0], &[0, 100], &[0, 1, 1], 400), [200, 100, 100]);
    }

    #[test]
    fn groups_nest() {
        // 1 and 2 share equally; inside 1, groups 3 and 4 share 3 : 1.
        assert_eq!(
            run(&[0, 0, 0, 1, 1], &[0, 100, 100, 300, 100], &[2, 3, 4], 800),
            [400, 300, 100]
        );
    }

    #[test]
    fn niceness_is_geometric() {
        assert_eq!(weight_of(0), 100);
        assert_eq!(weight_of(-1), 125);
        assert_eq!(weight_of(1), 80);
        assert_eq!(weight_of(-20), 8673);
        assert_eq!(weight_of(19), 1);
    }

    #[test]
    fn sleeping_earns_little() {
        assert_eq!(place(10, 1000, 50), 950);
        assert_eq!(place(2000, 1000, 50), 2000);
        assert_eq!(
            pick(
                &Toy {
                    parents: vec![0],
                    weights: vec![],
                    tasks: vec![],
                    task_times: vec![],
                    group_times: vec![0]
                },
                &[],
                |_, _| {}
            ),
            None
        );
    }
}
