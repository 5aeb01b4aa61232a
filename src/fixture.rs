//! Hand-written frames for tests and for work on the looks of the page (`--features fixture`,
//! then `?fixture=vms`). Never part of what ships: on the real page nothing is made up.

use scene::{
    BoxKind, CodeLine, Console, CpuView, Frame, Happening, HappeningKind, Machine, Rate, Scene,
    StackBox, State, Stretch, Time,
};

const MIB: u64 = 1 << 20;
const KIB: u64 = 1 << 10;

fn node(kind: BoxKind, path: &str, name: &str) -> StackBox {
    StackBox {
        kind,
        path: path.into(),
        name: name.into(),
        ..StackBox::default()
    }
}

trait With: Sized {
    fn state(self, state: State, why: &str) -> Self;
    fn memory(self, bytes: u64, limit: Option<u64>) -> Self;
    fn cpu(self, share: u32, limit: Option<u32>) -> Self;
    fn facts(self, facts: &[(&str, &str)]) -> Self;
    fn counts(self, counts: &[(&str, u64)]) -> Self;
    fn console(self, id: &str) -> Self;
    fn with(self, inside: Vec<StackBox>) -> Self;
}

impl With for StackBox {
    fn state(mut self, state: State, why: &str) -> Self {
        self.state = state;
        self.why = why.into();
        self
    }
    fn memory(mut self, bytes: u64, limit: Option<u64>) -> Self {
        self.memory_bytes = Some(bytes);
        self.memory_limit = limit;
        self
    }
    fn cpu(mut self, share: u32, limit: Option<u32>) -> Self {
        self.cpu_share = Some(share);
        self.cpu_limit = limit;
        self.cpu_ticks = Some(u64::from(share) * 41_233);
        self
    }
    fn facts(mut self, facts: &[(&str, &str)]) -> Self {
        self.facts = facts
            .iter()
            .map(|(label, value)| ((*label).into(), (*value).into()))
            .collect();
        self
    }
    fn counts(mut self, counts: &[(&str, u64)]) -> Self {
        self.counts = counts
            .iter()
            .map(|(name, count)| ((*name).into(), *count))
            .collect();
        self
    }
    fn console(mut self, id: &str) -> Self {
        self.console = Some(id.into());
        self
    }
    fn with(mut self, inside: Vec<StackBox>) -> Self {
        self.inside = inside;
        self
    }
}

fn process(path: &str, name: &str, bytes: u64, share: u32) -> StackBox {
    node(BoxKind::Process, path, name)
        .memory(bytes, None)
        .cpu(share, None)
        .facts(&[
            ("pid", path.rsplit("/p").next().unwrap_or("1")),
            ("uid", "0 (root)"),
        ])
        .counts(&[("system calls", 1_204), ("page faults", 37)])
}

fn os(at: &str, inside: Vec<StackBox>) -> StackBox {
    node(BoxKind::Kernel, &format!("{at}/os"), "tern")
        .memory(3 * MIB + 220 * KIB, None)
        .cpu(61, None)
        .facts(&[
            ("version", "tern 0.1 (x86-64)"),
            ("run queue", "2 tasks ready"),
        ])
        .counts(&[
            ("task switches", 4_812),
            ("timer ticks", 9_640),
            ("system calls", 22_118),
        ])
        .with(inside)
}

fn batch(at: &str, first: u32) -> StackBox {
    let path = format!("{at}/ct:batch");
    node(BoxKind::Container, &path, "batch")
        .state(State::Throttled, "used up its 20 % of this period")
        .memory(5 * MIB + 512 * KIB, Some(8 * MIB))
        .cpu(200, Some(200))
        .facts(&[
            ("namespaces", "pid mnt uts net ipc cgroup"),
            ("cgroup", "/batch"),
            ("hostname", "batch"),
        ])
        .counts(&[("times throttled", 118), ("page faults", 1_402)])
        .with(vec![
            process(&format!("{path}/p{first}"), "sh", 410 * KIB, 0)
                .state(State::Waiting, "waits for its child"),
            process(&format!("{path}/p{}", first + 1), "stress", 4 * MIB, 200)
                .state(State::Throttled, ""),
        ])
}

fn web(at: &str, first: u32) -> StackBox {
    let path = format!("{at}/ct:web");
    node(BoxKind::Container, &path, "web")
        .memory(3 * MIB + 104 * KIB, Some(16 * MIB))
        .cpu(124, None)
        .facts(&[
            ("namespaces", "pid mnt uts net ipc cgroup"),
            ("cgroup", "/web"),
            ("hostname", "web"),
            ("address", "10.0.0.2"),
        ])
        .counts(&[("requests", 37), ("page faults", 214)])
        .with(vec![process(
            &format!("{path}/p{first}"),
            "httpd",
            812 * KIB,
            124,
        )])
}

fn cpu(cpl: u8, virtual_cpl: Option<u8>) -> CpuView {
    let registers = [
        ("RIP", 0xffff_8000_0010_4a2c_u64),
        ("RAX", 0x0000_0000_01c3_5000),
        ("RBX", 0xffff_8000_0020_1f40),
        ("RCX", 0x40_3f12),
        ("RDX", 0x11),
        ("RSI", 0x7fff_ffff_e810),
        ("RDI", 0x1),
        ("RBP", 0xffff_8000_0031_ff90),
        ("RSP", 0xffff_8000_0031_ff48),
        ("R8", 0),
        ("R9", 0x7),
        ("R10", 0x22),
        ("R11", 0x246),
        ("R12", 0x3),
        ("R13", 0xffff_8000_0020_0000),
        ("R14", 0),
        ("R15", 0x1f),
    ];
    let line = |ip, bytes: &str, text: &str, explain: &str, privileged| CodeLine {
        ip,
        bytes: bytes.into(),
        text: text.into(),
        explain: explain.into(),
        privileged,
    };
    CpuView {
        mode: "long".into(),
        cpl,
        virtual_cpl,
        registers: registers
            .iter()
            .map(|(name, value)| ((*name).into(), *value))
            .collect(),
        rflags: 0x246,
        flags: "IF ZF PF".into(),
        control: [
            ("CR0", 0x8001_0033),
            ("CR2", 0x40_3f18),
            ("CR3", 0x1c3_5000),
            ("CR4", 0x1000a0),
            ("EFER", 0xd01),
        ]
        .iter()
        .map(|(name, value)| ((*name).into(), *value))
        .collect(),
        code: vec![
            line(
                0xffff_8000_0010_4a2c,
                "0F 22 D8",
                "mov cr3, rax",
                "Switches to another address space: RAX holds the page table's address.",
                true,
            ),
            line(
                0xffff_8000_0010_4a2f,
                "48 8B 65 08",
                "mov rsp, [rbp+8]",
                "Takes up the next task's stack.",
                false,
            ),
            line(0xffff_8000_0010_4a33, "5D", "pop rbp", "", false),
            line(
                0xffff_8000_0010_4a34,
                "FA",
                "cli",
                "Lets no interrupt in.",
                true,
            ),
            line(
                0xffff_8000_0010_4a35,
                "0F 01 F8",
                "swapgs",
                "Exchanges the GS base with the kernel's own.",
                true,
            ),
            line(
                0xffff_8000_0010_4a38,
                "C3",
                "ret",
                "Goes on where the next task left off.",
                false,
            ),
        ],
        symbol: "kernel::sched::switch+0x1c".into(),
        halted: false,
    }
}

fn stretches(parts: &[(u32, &str, &str)]) -> Vec<Stretch> {
    parts
        .iter()
        .map(|(frames, owner, kind)| Stretch {
            frames: *frames,
            owner: (*owner).into(),
            kind: (*kind).into(),
        })
        .collect()
}

fn machine(id: &str, title: &str, software: StackBox, running: &str, cpu: CpuView) -> Machine {
    let hardware = node(BoxKind::Hardware, id, "PC")
        .memory(61 * MIB, Some(128 * MIB))
        .cpu(880, None)
        .facts(&[
            ("processor", "1 × x86-64 with SVM"),
            ("devices", "UART ×3, PIT, PIC, RTC"),
        ])
        .counts(&[("interrupts", 9_644), ("port accesses", 40_218)])
        .with(vec![software]);
    Machine {
        id: id.into(),
        title: title.into(),
        moment: 48_213_977,
        retired: 31_002_514,
        stack: hardware,
        running: running.into(),
        cpu,
        memory: Vec::new(),
        stopped: None,
    }
}

fn happening(
    moment: u64,
    kind: HappeningKind,
    title: &str,
    sentence: &str,
    from: &str,
    to: &str,
) -> Happening {
    Happening {
        moment,
        machine: from.split('/').next().unwrap_or_default().into(),
        kind,
        title: title.into(),
        sentence: sentence.into(),
        from: from.into(),
        to: to.into(),
    }
}

fn rates(machine: &str, guests: bool) -> Vec<Rate> {
    use HappeningKind as K;
    let mut all = vec![
        (K::Syscall, 412, 22_118),
        (K::Return, 440, 23_990),
        (K::Trap, 19, 1_402),
        (K::Switch, 88, 4_812),
        (K::Interrupt, 102, 9_644),
        (K::Device, 230, 40_218),
    ];
    if guests {
        all.extend([
            (K::Exit, 1_840, 90_112),
            (K::Entry, 1_839, 90_111),
            (K::World, 12, 610),
        ]);
    }
    all.into_iter()
        .map(|(kind, count, total)| Rate {
            machine: machine.into(),
            kind,
            count,
            window: 1_000_000,
            total,
        })
        .collect()
}

const BOOT: &str = "tern 0.1: 128 MiB, 1 CPU, cgroup2, 8 namespaces\ninit: mounting /proc /dev /sys/fs/cgroup\ninit: starting web, batch\n\n# ps\n  PID STAT  CPU%    RSS  COMMAND\n    1 S      0.0   380K  init\n    4 S      0.2   410K  sh\n    7 S     12.4   812K  httpd\n    9 T     20.0  4096K  stress\n# ctr ps\nNAME    PIDS  MEMORY          CPU\nweb     1     3.1 MiB/16 MiB  12.4 %\nbatch   2     5.5 MiB/8 MiB   20.0 % (throttled)\n# ";

fn frame(id: &str, title: &str, about: &str, machines: Vec<Machine>) -> Frame {
    Frame {
        scenario: id.into(),
        title: title.into(),
        about: about.into(),
        scene: Scene { machines },
        time: Time {
            now: 48_213_977,
            head: 120_400_000,
            marks: vec![
                (2_100_000, "init".into()),
                (14_800_000, "web started".into()),
                (21_000_000, "batch started".into()),
                (90_000_000, "first request".into()),
            ],
            hz: 50_000_000,
            hash: "9f3ac2770d5e81b46a20c91177f0e2d3".into(),
            ended: false,
        },
        ..Frame::default()
    }
}

fn console(id: &str, title: &str, path: &str, text: &str) -> Console {
    Console {
        id: id.into(),
        title: title.into(),
        path: path.into(),
        text: text.into(),
        bytes: text.len() as u64,
    }
}

/// One kernel, two containers.
pub fn containers() -> Frame {
    use HappeningKind as K;
    let os = os(
        "pc",
        vec![
            process("pc/os/p1", "init", 380 * KIB, 0)
                .state(State::Waiting, "waits for its children"),
            process("pc/os/p4", "sh", 410 * KIB, 2)
                .state(State::Waiting, "reads its terminal")
                .console("host"),
            web("pc/os", 7),
            batch("pc/os", 8),
            node(BoxKind::Container, "pc/os/ct:leaky", "leaky")
                .state(State::Killed, "OOM kill at 8 MiB")
                .memory(0, Some(8 * MIB))
                .cpu(0, None)
                .with(vec![
                    process("pc/os/ct:leaky/p12", "grow", 0, 0).state(State::Killed, "OOM kill"),
                ]),
        ],
    );
    let mut pc = machine("pc", "One PC", os, "pc/os/ct:web/p7", cpu(3, None));
    pc.memory = stretches(&[
        (160, "pc", "rom"),
        (812, "pc/os", "kernel"),
        (300, "pc/os", "table"),
        (95, "pc/os/p1", "anon"),
        (102, "pc/os/p4", "anon"),
        (776, "pc/os/ct:web", "anon"),
        (1200, "", "free"),
        (1408, "pc/os/ct:batch", "anon"),
        (900, "pc/os/ct:web", "file"),
        (27_015, "", "free"),
    ]);
    let mut frame = frame(
        "containers",
        "Containers",
        "One kernel shares one machine among containers: walls made of names and limits.",
        vec![pc],
    );
    frame.consoles = vec![
        console("host", "Host shell", "pc/os/p4", BOOT),
        console(
            "web",
            "web",
            "pc/os/ct:web",
            "httpd: listening on 10.0.0.2:80\nGET /index.html 200\n",
        ),
    ];
    frame.happenings = vec![
        happening(
            48_200_100,
            K::Syscall,
            "accept(3, …)",
            "httpd asked the kernel to wait for a connection.",
            "pc/os/ct:web/p7",
            "pc/os",
        ),
        happening(
            48_201_800,
            K::Switch,
            "sh → stress",
            "The kernel put stress on the CPU in place of httpd.",
            "pc/os/ct:web/p7",
            "pc/os/ct:batch/p9",
        ),
        happening(
            48_207_013,
            K::Interrupt,
            "timer interrupt",
            "The timer interrupted stress; the kernel's handler runs.",
            "pc",
            "pc/os",
        ),
        happening(
            48_207_410,
            K::Life,
            "throttled: batch",
            "The kernel holds batch back: it has used its 20 % of this period.",
            "pc/os",
            "pc/os/ct:batch",
        ),
        happening(
            48_209_220,
            K::Trap,
            "#PF at 0x403f18",
            "httpd touched a page that was not there yet; the kernel is asked to bring it.",
            "pc/os/ct:web/p7",
            "pc/os",
        ),
        happening(
            48_213_977,
            K::Syscall,
            "write(1, …)",
            "httpd asked the kernel to write 17 bytes to its terminal.",
            "pc/os/ct:web/p7",
            "pc/os",
        ),
    ];
    frame.fresh = 1;
    frame.rates = rates("pc", false);
    frame
}

/// Two machines on one, by trap and emulate.
pub fn vms() -> Frame {
    use HappeningKind as K;
    let vm = |name: &str, share: u32, inside: Vec<StackBox>| {
        let path = format!("pc/hv/{name}");
        node(BoxKind::Vm, &path, name)
            .memory(24 * MIB, Some(32 * MIB))
            .cpu(share, Some(500))
            .facts(&[
                ("mode", "trap: guest kernel in ring 3"),
                ("paging", "shadow"),
                ("weight", "256"),
            ])
            .counts(&[
                ("VM exits", 90_112),
                ("MOV CR3", 4_812),
                ("port accesses", 20_109),
            ])
            .console(name)
            .with(vec![os(&path, inside)])
    };
    let first = vm(
        "alpha",
        524,
        vec![
            process("pc/hv/alpha/os/p1", "init", 380 * KIB, 0).state(State::Waiting, ""),
            process("pc/hv/alpha/os/p4", "sh", 410 * KIB, 10)
                .state(State::Waiting, "reads its terminal"),
            process("pc/hv/alpha/os/p7", "httpd", 812 * KIB, 460),
        ],
    );
    let second = vm(
        "beta",
        291,
        vec![
            process("pc/hv/beta/os/p1", "init", 380 * KIB, 0).state(State::Waiting, ""),
            process("pc/hv/beta/os/p5", "stress", 4 * MIB, 900),
        ],
    )
    .state(State::Waiting, "its turn comes");
    let third = vm("gamma", 0, Vec::new()).state(State::Booting, "");
    let hv = node(BoxKind::Hypervisor, "pc/hv", "perch")
        .memory(6 * MIB + 300 * KIB, None)
        .cpu(185, None)
        .facts(&[
            ("configuration", "trap"),
            ("scheduler", "weights, 10 ms slices"),
        ])
        .counts(&[
            ("VM exits", 180_224),
            ("world switches", 610),
            ("shadow pages", 212),
        ])
        .console("monitor")
        .with(vec![first, second, third]);
    let mut pc = machine("pc", "One PC", hv, "pc/hv/alpha/os", cpu(3, Some(0)));
    pc.memory = stretches(&[
        (1600, "pc/hv", "hypervisor"),
        (400, "pc/hv", "shadow"),
        (3000, "pc/hv/alpha", "guest"),
        (2000, "pc/hv/alpha/os", "kernel"),
        (3192, "pc/hv/alpha", "guest"),
        (5192, "pc/hv/beta", "guest"),
        (3000, "pc/hv/beta/os", "kernel"),
        (8192, "pc/hv/gamma", "guest"),
        (6192, "", "free"),
    ]);
    let mut frame = frame(
        "vms",
        "Virtual machines",
        "A hypervisor shares one machine among three, each with a kernel of its own.",
        vec![pc],
    );
    frame.consoles = vec![
        console(
            "monitor",
            "Monitor",
            "pc/hv",
            "perch 0.1: trap-and-emulate, shadow paging\nvm> vm list\n NAME   STATE    CPU    EXITS\n alpha  running  52 %   90112\n beta   waiting  29 %   61204\n gamma  booting   0 %      12\nvm> ",
        ),
        console("alpha", "alpha", "pc/hv/alpha", BOOT),
        console(
            "beta",
            "beta",
            "pc/hv/beta",
            "tern 0.1: 32 MiB, 1 CPU\n# stress &\n# ",
        ),
    ];
    frame.happenings = vec![
        happening(
            48_190_000,
            K::World,
            "beta → alpha",
            "The hypervisor put alpha on the CPU in place of beta.",
            "pc/hv/beta",
            "pc/hv/alpha",
        ),
        happening(
            48_190_400,
            K::Entry,
            "back to alpha",
            "The hypervisor lets alpha go on.",
            "pc/hv",
            "pc/hv/alpha/os",
        ),
        happening(
            48_201_800,
            K::Syscall,
            "read(0, …)",
            "sh asked its kernel for a line from the terminal.",
            "pc/hv/alpha/os/p4",
            "pc/hv/alpha/os",
        ),
        happening(
            48_210_004,
            K::Device,
            "out 0x3f8",
            "The hypervisor wrote a byte to the serial port.",
            "pc/hv",
            "pc",
        ),
        happening(
            48_213_970,
            K::Exit,
            "#GP: mov cr3",
            "alpha's kernel tried to load CR3 in ring 3; the CPU trapped to the hypervisor.",
            "pc/hv/alpha/os",
            "pc/hv",
        ),
        happening(
            48_213_976,
            K::Entry,
            "emulated: mov cr3",
            "The hypervisor loaded the shadow page table instead and let alpha go on.",
            "pc/hv",
            "pc/hv/alpha/os",
        ),
    ];
    frame.fresh = 2;
    frame.rates = rates("pc", true);
    frame
}

/// Containers in a VM.
pub fn containers_in_vms() -> Frame {
    let mut frame = vms();
    frame.scenario = "containers-in-vms".into();
    frame.title = "Containers in VMs".into();
    frame.about =
        "Layers on layers: a hypervisor, two virtual machines, containers in each.".into();
    let hv = &mut frame.scene.machines[0].stack.inside[0];
    hv.inside.truncate(2);
    hv.inside[0].inside[0].inside.push(web("pc/hv/alpha/os", 9));
    hv.inside[1].inside[0]
        .inside
        .push(batch("pc/hv/beta/os", 9));
    frame
}

/// The same program in a VM and in a container.
pub fn side_by_side() -> Frame {
    let rename = |mut machine: Machine, id: &str, title: &str| {
        fn walk(node: &mut StackBox, id: &str) {
            node.path = node.path.replacen("pc", id, 1);
            for inner in &mut node.inside {
                walk(inner, id);
            }
        }
        walk(&mut machine.stack, id);
        machine.running = machine.running.replacen("pc", id, 1);
        for part in &mut machine.memory {
            part.owner = part.owner.replacen("pc", id, 1);
        }
        machine.id = id.into();
        machine.title = title.into();
        machine
    };
    let mut frame = vms();
    let left = rename(
        containers().scene.machines.remove(0),
        "left",
        "In containers",
    );
    let mut right = rename(
        frame.scene.machines.remove(0),
        "right",
        "In virtual machines",
    );
    right.stack.inside[0].inside.truncate(2);
    frame.scenario = "side-by-side".into();
    frame.title = "Side by side".into();
    frame.about = "The same programs two ways, on one clock: what a wall costs.".into();
    frame.scene.machines = vec![left, right];
    for happening in &mut frame.happenings {
        for path in [
            &mut happening.from,
            &mut happening.to,
            &mut happening.machine,
        ] {
            *path = path.replacen("pc", "right", 1);
        }
    }
    frame.rates = [rates("left", false), rates("right", true)].concat();
    frame
}

#[cfg(feature = "fixture")]
pub use engine::{Fixture, listings, wanted};

#[cfg(feature = "fixture")]
mod engine {
    use scene::{Command, Message, Severity};

    use super::*;
    use crate::protocol::Listing;

    /// Whether the address asks for it.
    pub fn wanted() -> bool {
        web_sys::window()
            .and_then(|window| window.location().search().ok())
            .is_some_and(|query| query.contains("fixture="))
    }

    fn all() -> [Frame; 4] {
        [containers(), vms(), containers_in_vms(), side_by_side()]
    }

    /// As if these were built in.
    pub fn listings() -> Vec<Listing> {
        all()
            .into_iter()
            .map(|frame| Listing {
                id: frame.scenario,
                title: frame.title,
                about: frame.about,
            })
            .collect()
    }

    /// Answers commands by moving a number and showing the next of the written events.
    pub struct Fixture {
        frame: Frame,
        events: Vec<Happening>,
        turn: usize,
    }

    impl Fixture {
        /// Shows the first scenario.
        pub fn new() -> Self {
            Self {
                frame: containers(),
                events: containers().happenings,
                turn: 0,
            }
        }

        fn next(&mut self) {
            self.turn = (self.turn + 1) % self.events.len();
            let mut event = self.events[self.turn].clone();
            self.frame.time.now += 1_713;
            event.moment = self.frame.time.now;
            let machine = self
                .frame
                .scene
                .machines
                .iter_mut()
                .find(|machine| machine.id == event.machine);
            if let Some(machine) = machine {
                machine.running = event.to.clone();
                machine.cpu.registers[1].1 += 0x1000;
                machine.cpu.registers[0].1 += 3;
            }
            self.frame.happenings.push(event);
            self.frame.fresh = 1;
        }
    }

    impl crate::runner::Engine for Fixture {
        fn command(&mut self, command: Command) -> Frame {
            self.frame.messages.clear();
            self.frame.fresh = 0;
            match command {
                Command::Open { scenario, moment } => {
                    match all().into_iter().find(|frame| frame.scenario == scenario) {
                        Some(frame) => {
                            self.events = frame.happenings.clone();
                            self.turn = 0;
                            self.frame = frame;
                            if let Some(moment) = moment {
                                self.frame.time.now = moment;
                            }
                        }
                        None => self.frame.messages.push(Message {
                            severity: Severity::Error,
                            text: format!("There is no scenario “{scenario}”."),
                        }),
                    }
                }
                Command::Look => {}
                Command::Run { budget } => {
                    self.frame.time.now += budget;
                    for machine in &mut self.frame.scene.machines {
                        machine.retired += budget * 7 / 10;
                    }
                    for (index, rate) in self.frame.rates.iter_mut().enumerate() {
                        let wave = (self.turn * 7 + index * 13) % 37;
                        rate.count = rate.count * (60 + wave as u64) / 78 + 1;
                    }
                    self.turn = (self.turn + 1) % self.events.len();
                    let to = self.events[self.turn].to.clone();
                    for machine in &mut self.frame.scene.machines {
                        if to.starts_with(&machine.id) {
                            machine.running.clone_from(&to);
                        }
                    }
                }
                Command::Step { count, .. } => {
                    self.frame.time.now = self.frame.time.now.saturating_add_signed(count);
                    for machine in &mut self.frame.scene.machines {
                        machine.cpu.registers[0].1 += 3;
                        machine.cpu.registers[8].1 -= 8;
                        machine.cpu.code.rotate_left(1);
                    }
                }
                Command::NextEvent(_) => self.next(),
                Command::PreviousEvent(_) => {
                    self.frame.happenings.pop();
                    self.frame.fresh = 1;
                }
                Command::Seek(moment) => self.frame.time.now = moment.min(self.frame.time.head),
                Command::Type { console, text } => {
                    for open in &mut self.frame.consoles {
                        if open.id == console {
                            open.text.push_str(&text);
                        }
                    }
                }
            }
            self.frame.time.head = self.frame.time.head.max(self.frame.time.now);
            self.frame.clone()
        }
    }
}
