//! The scenarios as a reader meets them: what stands on what, what a step tells, and that time
//! goes both ways.

use promises::check;
use scene::{BoxKind, Command, EventFilter, Frame, HappeningKind, Severity, StackBox};
use session::Session;
use session::scenario::Scenario;

/// A scenario at the moment at which it is worth looking.
fn open(id: &str) -> Session {
    let mut session = Session::new();
    let start = Scenario::built_in(id).expect("a built-in scenario").start;
    let frame = session.command(Command::Open {
        scenario: id.into(),
        moment: Some(start),
    });
    assert!(frame.messages.is_empty(), "{:?}", frame.messages);
    assert_eq!(frame.time.now, start);
    session
}

fn ids() -> Vec<String> {
    session::scenarios()
        .into_iter()
        .map(|(id, ..)| id)
        .collect()
}

/// What stands on what, without anything that moves: kinds, names and limits.
fn outline(this: &StackBox, depth: usize, out: &mut String) {
    let kind = format!("{:?}", this.kind).to_lowercase();
    let limit = |name: &str, value: Option<u64>, unit: &str| {
        value.map_or(String::new(), |value| format!(", {name} {value} {unit}"))
    };
    let memory = limit(
        "memory at most",
        this.memory_limit.map(|bytes| bytes >> 10),
        "KiB",
    );
    let cpu = limit("CPU at most", this.cpu_limit.map(u64::from), "per mille");
    *out += &format!(
        "{:indent$}{kind} {}{memory}{cpu}\n",
        "",
        this.name,
        indent = depth * 2
    );
    for inner in &this.inside {
        outline(inner, depth + 1, out);
    }
}

#[test]
fn each_scenario_shows_the_stack_that_it_promises() {
    for id in ids() {
        let frame = open(&id).command(Command::Look);
        let mut out = format!("{}\n{}\n", frame.title, frame.about);
        for machine in &frame.scene.machines {
            out += &format!("\n{}: {}\n", machine.id, machine.title);
            outline(&machine.stack, 0, &mut out);
        }
        out += "\nconsoles:\n";
        for console in &frame.consoles {
            out += &format!("{} \"{}\" of {}\n", console.id, console.title, console.path);
        }
        check(&out, &format!("goldens/scenes/{id}.txt"));
    }
}

/// Everything that is said of the machine's memory must add up to the machine's memory.
#[test]
fn the_memory_map_covers_all_of_ram() {
    for id in ids() {
        let frame = open(&id).command(Command::Look);
        for machine in &frame.scene.machines {
            let frames: u64 = machine.memory.iter().map(|it| u64::from(it.frames)).sum();
            assert_eq!(Some(frames * 4096), machine.stack.memory_bytes, "{id}");
            for stretch in machine.memory.iter().filter(|it| !it.owner.is_empty()) {
                assert!(
                    machine.stack.find(&stretch.owner).is_some(),
                    "{id}: {stretch:?}"
                );
            }
        }
    }
}

#[test]
fn an_event_forwards_and_back_again_is_the_same_machine() {
    for id in ids() {
        let mut session = open(&id);
        let filter = EventFilter::default();
        let mut road: Vec<Frame> = Vec::new();
        for _ in 0..6 {
            let frame = session.command(Command::NextEvent(filter.clone()));
            assert!(
                frame.fresh > 0,
                "{id}: an event was stepped to, but none is told"
            );
            let told = &frame.happenings[frame.happenings.len() - 1];
            assert!(!told.sentence.is_empty() && !told.from.is_empty() && !told.to.is_empty());
            road.push(frame);
        }
        road.pop();
        for there in road.iter().rev() {
            let back = session.command(Command::PreviousEvent(filter.clone()));
            assert_eq!(back.time.now, there.time.now, "{id}");
            assert_eq!(back.time.hash, there.time.hash, "{id} at {}", back.time.now);
        }
    }
}

#[test]
fn an_instruction_forwards_and_back_again_is_the_same_machine() {
    for id in ids() {
        let mut session = open(&id);
        let machine = session.command(Command::Look).scene.machines[0].id.clone();
        let step = |session: &mut Session, count| {
            session.command(Command::Step {
                count,
                machine: machine.clone(),
            })
        };
        let first = step(&mut session, 1);
        for count in [1, 3, 1000] {
            step(&mut session, count);
            let back = step(&mut session, -count);
            assert_eq!(
                back.time.hash, first.time.hash,
                "{id}: {count} there and back"
            );
        }
    }
}

#[test]
fn typing_in_the_past_forgets_the_future_and_is_told() {
    let mut session = open("containers");
    let start = session.timeline().now();
    session.command(Command::Run { budget: 3_000_000 });
    session.command(Command::Seek(start));
    let typed = Command::Type {
        console: "host".into(),
        text: "echo branch $((6*7))\n".into(),
    };
    let frame = session.command(typed);
    assert!(
        frame
            .messages
            .iter()
            .any(|it| it.text.contains("forgotten")),
        "{:?}",
        frame.messages
    );
    assert_eq!(frame.time.head, start);
    for _ in 0..60 {
        let frame = session.command(Command::Run { budget: 2_000_000 });
        if frame.consoles[0].text.contains("branch 42") {
            return;
        }
    }
    panic!("the shell did not answer");
}

#[test]
fn what_a_guest_kernel_does_is_told_as_exits_with_reasons() {
    let mut session = open("vms");
    let filter = EventFilter {
        kinds: vec![HappeningKind::Exit],
        path: "pc/hv/vm0".into(),
    };
    let frame = session.command(Command::NextEvent(filter));
    let told = frame
        .happenings
        .iter()
        .rev()
        .find(|it| it.kind == HappeningKind::Exit);
    let told = told.expect("a VM exit");
    assert!(told.from.starts_with("pc/hv/vm"), "{told:?}");
    assert_eq!(told.to, "pc/hv");
    let exits: u64 = session.facts().machine[0]
        .hypervisor
        .as_ref()
        .map_or(0, |hv| hv.exits);
    assert!(exits > 1000, "three kernels booted with {exits} exits");
}

#[test]
fn limits_are_enforced_and_counted() {
    let mut session = open("containers");
    session.command(Command::Run {
        budget: 100_000_000,
    });
    let facts = session.facts();
    let kernel = facts.machine[0].kernel.as_ref().expect("a kernel");
    let find = |name: &str| {
        let container = kernel
            .container
            .iter()
            .find(|it| it.name == name)
            .expect("a container");
        kernel
            .cgroup
            .iter()
            .find(|it| it.path == container.cgroup)
            .expect("its cgroup")
    };
    // A busy loop that may use a quarter of the CPU uses about a quarter of it.
    let worker = find("worker");
    let passed = facts.machine[0].moment - kernel.init_moment;
    let share = worker.cpu.usage * 1000 / passed;
    assert!(
        (150..=260).contains(&share),
        "cpu.max 25 % gave {share} per mille"
    );
    assert!(worker.cpu.nr_throttled > 0 && worker.cpu.throttled > 0);
    assert_eq!(worker.memory.max, 8 << 20);
    assert!(worker.memory.current > 0 && worker.memory.current <= worker.memory.max);
    assert_eq!(find("db").pids.max, 8);
}

#[test]
fn bad_input_is_told_and_the_rest_goes_on() {
    let mut session = open("containers");
    let now = session.timeline().now();
    for (command, word) in [
        (
            Command::Open {
                scenario: "nope".into(),
                moment: None,
            },
            "nope",
        ),
        (
            Command::Type {
                console: "void".into(),
                text: "x".into(),
            },
            "void",
        ),
        (
            Command::Step {
                count: 1,
                machine: "moon".into(),
            },
            "moon",
        ),
    ] {
        let frame = session.command(command);
        let told = frame
            .messages
            .iter()
            .find(|it| it.severity == Severity::Error);
        assert!(
            told.is_some_and(|it| it.text.contains(word)),
            "{:?}",
            frame.messages
        );
        assert_eq!(frame.time.now, now, "the scenario that was open stays");
    }
    assert!(
        session
            .command(Command::Step {
                count: 1,
                machine: String::new()
            })
            .time
            .now
            > now
    );
    // An empty session answers too.
    let mut empty = Session::new();
    for command in [Command::Look, Command::Run { budget: 5 }, Command::Seek(9)] {
        assert!(empty.command(command).scene.machines.is_empty());
    }
}

#[test]
fn the_box_that_is_lit_exists() {
    for id in ids() {
        let mut session = open(&id);
        for _ in 0..8 {
            let frame = session.command(Command::Run { budget: 777_777 });
            for machine in &frame.scene.machines {
                let lit = machine.stack.find(&machine.running);
                assert!(
                    lit.is_some(),
                    "{id}: {} is lit but not there",
                    machine.running
                );
                let asleep = machine.cpu.halted;
                assert_eq!(
                    lit.map(|it| it.kind) == Some(BoxKind::Hardware),
                    asleep,
                    "{id}"
                );
            }
        }
    }
}
