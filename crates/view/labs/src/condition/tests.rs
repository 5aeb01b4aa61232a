//! Conditions against a small machine made by hand.

use scene::facts::{
    CgroupFacts, CpuFacts, ExitFacts, HypervisorFacts, KernelFacts, MachineFacts, MemoryFacts,
    TaskFacts, VmFacts,
};
use scene::{Facts, Happening, HappeningKind};

use super::*;
use crate::answer::{Answered, Answers};
use crate::rules;
use crate::world::{Place, PlacedMachine};

fn task(name: &str, pid: u64, resident: u64) -> TaskFacts {
    TaskFacts {
        name: name.into(),
        pid,
        resident,
        state: "running".into(),
        ..TaskFacts::default()
    }
}

fn facts() -> Facts {
    let web = CgroupFacts {
        path: "/ctr/web".into(),
        memory: MemoryFacts {
            current: 3 << 20,
            max: 8 << 20,
            oom_kill: 1,
            ..MemoryFacts::default()
        },
        ..CgroupFacts::default()
    };
    let root = CgroupFacts {
        path: "/".into(),
        memory: MemoryFacts {
            max: u64::MAX,
            ..MemoryFacts::default()
        },
        ..CgroupFacts::default()
    };
    let kernel = KernelFacts {
        hostname: "host".into(),
        boot_moment: 100,
        init_moment: 1_100,
        task: vec![
            task("init", 1, 1000),
            task("sh", 2, 2000),
            task("sh", 9, 3000),
        ],
        cgroup: vec![root, web],
        ..KernelFacts::default()
    };
    let exits = [("IN/OUT", 7), ("HLT", 0)].map(|(reason, count)| ExitFacts {
        reason: reason.into(),
        count,
    });
    let hypervisor = HypervisorFacts {
        vm: vec![VmFacts {
            name: "blue".into(),
            exit: exits.into(),
            ..VmFacts::default()
        }],
        ..HypervisorFacts::default()
    };
    Facts {
        machine: vec![
            MachineFacts {
                id: "left".into(),
                moment: 5_000,
                cpu: CpuFacts {
                    cpl: 3,
                    paging: true,
                    ..CpuFacts::default()
                },
                kernel: Some(kernel),
                ..MachineFacts::default()
            },
            MachineFacts {
                id: "right".into(),
                hypervisor: Some(hypervisor),
                ..MachineFacts::default()
            },
        ],
    }
}

fn event(moment: u64, kind: HappeningKind, title: &str) -> Happening {
    Happening {
        moment,
        machine: "left".into(),
        kind,
        title: title.into(),
        sentence: String::new(),
        from: "left".into(),
        to: "left/os".into(),
    }
}

fn scope() -> Scope {
    Scope {
        answers: vec![
            ("who".into(), Answer::Text),
            ("how-many".into(), Answer::Number),
        ],
        place: Some(Place {
            id: "test".into(),
            start: 0,
            consoles: vec!["host".into()],
            machines: vec![
                PlacedMachine {
                    id: "left".into(),
                    hypervisor: false,
                    vms: Vec::new(),
                },
                PlacedMachine {
                    id: "right".into(),
                    hypervisor: true,
                    vms: vec!["blue".into()],
                },
            ],
        }),
    }
}

/// Whether a condition holds of the machine above.
fn holds(text: &str) -> bool {
    let condition = match Condition::parse(text, &scope()) {
        Ok(condition) => condition,
        Err(fault) => panic!("{text}: {fault:?}"),
    };
    let mut answers = Answers::default();
    answers.0.insert(
        "who".into(),
        Answered {
            answer: crate::Answer::Many(vec!["a".into(), "b".into()]),
            sure: None,
            right: None,
            tries: 1,
        },
    );
    condition.holds(&Sight {
        facts: &Value::of(&facts()),
        events: &[
            event(10, HappeningKind::Trap, "#GP · cli"),
            event(20, HappeningKind::Life, "web began"),
            event(30, HappeningKind::Life, "OOM kill in web"),
            event(900, HappeningKind::Life, "later"),
        ],
        until: 500,
        consoles: &Value::List(vec![schema::console("host", "# ps\n  PID", 11)]),
        answers: &answers,
    })
}

#[test]
fn what_is_true_holds() {
    for text in [
        "kernel.hostname == 'host'",
        "machine['left'].kernel.hostname == 'host'",
        "kernel.cgroup['/ctr/web'].memory.oom_kill == 1",
        "kernel.cgroup['/ctr/web'].memory.max == 8M",
        "kernel.cgroup['/'].memory.max == max",
        "kernel.task.count == 3",
        "kernel.task[name='sh'].count == 2",
        "kernel.task['sh'].pid == 2",
        "kernel.task.last.pid == 9",
        "kernel.task.resident.sum == 6_000",
        "kernel.task.resident.max == 3000",
        "kernel.task[name matches 's?',pid>2].first.pid == 9",
        "kernel.task[pid!=1].resident.sum == 5000",
        "kernel.task['init']",
        "machine['right'].hypervisor.vm['blue'].exit['IN/OUT'].count == 7",
        "machine['right'].hypervisor.vm['blue'].exit[count>0].reason.count == 1",
        "machine['right'].hypervisor.vm['blue'].exit.count.sum == 7",
        "machine.count == 2",
        "cpu.cpl in [0, 3]",
        "kernel.task['sh'].state in ['running', 'sleeping']",
        "cpu.paging",
        "cpu.interrupts == false",
        "kernel.init_moment - kernel.boot_moment == 1000",
        "(kernel.init_moment - kernel.boot_moment) * 100 / moment ~ 19 ± 1",
        "moment ~ 5010 +- 10",
        "kernel.cgroup['/ctr/web'].memory.current * 2 < kernel.cgroup['/ctr/web'].memory.max",
        "machine['left'].id != machine['right'].id",
        "events.count == 3",
        "events.life.count == 2",
        "events.life[title matches 'OOM*'].count >= 1",
        "events.life['web began'].moment == 20",
        "events.life.last.moment == 30",
        "events.life.moment.max == 30",
        "events[machine='left',kind='trap'].first.title matches '*cli'",
        "console['host'].text matches '*PID*'",
        "answer['who'] == 'a,b'",
    ] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn what_is_false_or_absent_does_not_hold() {
    for text in [
        "kernel.hostname != 'host'",
        "kernel.task['bash']",
        "kernel.task['bash'].pid == 0",
        "kernel.task['bash'].pid != 0",
        "kernel.cgroup['/none'].memory.max < max",
        "machine['right'].kernel",
        "hypervisor",
        "moment / kernel.ticks == 0",
        "events.syscall.count > 0",
        "events.life['later']",
        "answer['how-many'] == 0",
        "cpu.halted",
    ] {
        let place = scope().place;
        let scope = Scope {
            place: None,
            ..scope()
        };
        assert!(place.is_some());
        let condition = Condition::parse(text, &scope).unwrap_or_else(|it| panic!("{it:?}"));
        let facts = Value::of(&facts());
        let later = [event(900, HappeningKind::Life, "later")];
        assert!(
            !condition.holds(&Sight {
                facts: &facts,
                events: &later,
                until: 500,
                consoles: &Value::List(Vec::new()),
                answers: &Answers::default(),
            }),
            "{text}"
        );
    }
}

/// Rule, the part of the text that is pointed at, and a word of what is said about it.
#[test]
fn what_makes_no_sense_is_pointed_at() {
    for (text, rule, part, word) in [
        (
            "kernel.hostnam == 'x'",
            rules::UNKNOWN_FIELD,
            "hostnam",
            "hostname",
        ),
        (
            "kernle.hostname == 'x'",
            rules::UNKNOWN_FIELD,
            "kernle",
            "kernel",
        ),
        (
            "kernel.task.name == 'x'",
            rules::TYPE,
            "kernel.task.name",
            "list",
        ),
        ("kernel.task['sh'] == 'x'", rules::TYPE, "", "record"),
        (
            "kernel.task[nam='sh'].count == 1",
            rules::FILTER,
            "nam",
            "name",
        ),
        (
            "kernel.task[pid='sh'].count == 1",
            rules::TYPE,
            "='sh'",
            "number",
        ),
        (
            "kernel.hostname == 3",
            rules::TYPE,
            "3",
            "a text is compared with a number",
        ),
        (
            "kernel.hostname < 'x'",
            rules::TYPE,
            "kernel.hostname",
            "order",
        ),
        (
            "kernel.hostname + 1 == 2",
            rules::TYPE,
            "kernel.hostname",
            "calculated",
        ),
        ("kernel.ticks", rules::TYPE, "kernel.ticks", "statement"),
        ("kernel.ticks = 3", rules::SYNTAX, "=", "equality"),
        ("kernel.ticks ==", rules::SYNTAX, "", "breaks off"),
        (
            "kernel.ticks == 3 and cpu.paging",
            rules::SYNTAX,
            "and",
            "all = [...]",
        ),
        ("kernel.task[].count == 1", rules::SYNTAX, "]", "no filter"),
        ("moment ~ 3", rules::SYNTAX, "", "±"),
        ("events.trp.count > 0", rules::UNKNOWN_FIELD, "trp", "trap"),
        (
            "answer['whom'] == 'a'",
            rules::UNKNOWN_ID,
            "['whom']",
            "who",
        ),
        (
            "machine['middle'].moment == 1",
            rules::MACHINE,
            "['middle']",
            "no machine",
        ),
        (
            "machine['left'].hypervisor",
            rules::MACHINE,
            "hypervisor",
            "kernel",
        ),
        (
            "hypervisor.vm['blue'].cpl == 0",
            rules::MACHINE,
            "hypervisor",
            "kernel",
        ),
        (
            "machine['right'].hypervisor.vm['bleu'].cpl == 0",
            rules::MACHINE,
            "['bleu']",
            "blue",
        ),
        (
            "console['hots'].bytes > 0",
            rules::CONSOLE,
            "['hots']",
            "host",
        ),
        (
            "cpu.cpl.count == 1",
            rules::UNKNOWN_FIELD,
            "count",
            "a number has no field",
        ),
        ("cpu['x'].cpl == 1", rules::TYPE, "['x']", "list"),
    ] {
        let fault = Condition::parse(text, &scope()).unwrap_err();
        assert_eq!(fault.rule.code(), rule.code(), "{text}: {fault:?}");
        assert_eq!(&text[fault.at.clone()], part, "{text}: {fault:?}");
        let said = format!("{fault:?}");
        assert!(said.contains(word), "{text}: {said}");
    }
}

#[test]
fn work_is_bounded() {
    let deep = format!("{}moment{} == 1", "(".repeat(100), ")".repeat(100));
    let long = format!("moment{} == 1", "+1".repeat(100));
    for text in [deep, long, "moment ".repeat(200)] {
        let fault = Condition::parse(&text, &scope()).unwrap_err();
        assert_eq!(fault.rule.code(), "RS202");
    }
    // Numbers stop at their ends instead of wrapping.
    assert!(holds("max * max * max * max > 0"));
}

#[test]
fn watching_is_asked_for_only_when_it_is_needed() {
    let wants = |text| Condition::parse(text, &scope()).unwrap().wants_watching();
    assert!(wants("events.trap.count > 0"));
    assert!(wants("events.count > 0"));
    assert!(!wants("events.life.count > 0"));
    assert!(!wants("kernel.faults > 0"));
}
