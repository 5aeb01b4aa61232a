//! [`Session`]: commands in, frames out.

use cpu::State as CpuState;
use inspect::{Memory, Unreadable};
use machine::{Input, Machine, Stopped, Transcript};
use scene::{Command, Console, Facts, Frame, Happening, Message, Scene, Severity, Time};
use timeline::Timeline;

use crate::assemble::assemble;
use crate::console;
use crate::guests::Guests;
use crate::life;
use crate::look::{Shares, Sight, facts, look};
use crate::scenario::{ImageKind, MachineSpec, Scenario};
use crate::tally::Tally;
use crate::watch;

/// How many happenings a frame lists at most.
const LISTED: usize = 60;

/// What does not change while a scenario runs.
pub struct Stage {
    /// The scenario's machines.
    pub machines: Vec<MachineSpec>,
    /// The guests' symbols.
    pub guests: Guests,
    /// Consoles: which serial port of which machine.
    consoles: Vec<Port>,
}

/// A console and the port behind it.
struct Port {
    console: Console,
    machine: usize,
    /// 0 = COM1.
    uart: usize,
}

/// A running scenario.
pub struct Session {
    stage: Stage,
    scenario: Option<Scenario>,
    timeline: Timeline<Machine>,
    shares: Vec<Shares>,
    tallies: Vec<Tally>,
    happenings: Vec<Happening>,
    /// What happened at or after this moment belongs to the last command.
    fresh_since: u64,
    /// The scene of the last frame, to see births and deaths by.
    last: Scene,
    /// Births and deaths lately.
    lives: Vec<Happening>,
    messages: Vec<Message>,
}

impl MachineSpec {
    /// Whether a hypervisor runs on it.
    pub fn hypervisor(&self) -> bool {
        self.image == ImageKind::Hypervisor
    }
}

/// A machine's physical memory, to look at.
struct Ram<'a>(&'a Machine);

impl Memory for Ram<'_> {
    fn read(&self, at: u64, out: &mut [u8]) -> Result<(), Unreadable> {
        let why = "no memory there";
        if self.0.peek(at, out) {
            Ok(())
        } else {
            Err(Unreadable { at, why })
        }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// An empty session: [`Command::Open`] fills it.
    pub fn new() -> Self {
        Self {
            stage: Stage {
                machines: Vec::new(),
                guests: Guests::load(),
                consoles: Vec::new(),
            },
            scenario: None,
            timeline: Timeline::new(Vec::new()),
            shares: Vec::new(),
            tallies: Vec::new(),
            happenings: Vec::new(),
            fresh_since: 0,
            last: Scene::default(),
            lives: Vec::new(),
            messages: Vec::new(),
        }
    }

    /// Does what is asked and shows the result. Never fails: what could not be done is told in
    /// [`Frame::messages`].
    pub fn command(&mut self, command: Command) -> Frame {
        self.messages.clear();
        self.fresh_since = u64::MAX;
        match command {
            Command::Open { scenario, moment } => self.open(&scenario, moment),
            Command::Look => self.list(self.timeline.now()),
            Command::Run { budget } => {
                self.run(budget);
                return self.frame(false);
            }
            Command::Step { count, machine } => self.step(count, &machine),
            Command::NextEvent(filter) => {
                let told = watch::next(&mut self.timeline, &self.stage, &filter);
                self.stepped(told, "No such event comes soon.");
            }
            Command::PreviousEvent(filter) => {
                let told = watch::previous(&mut self.timeline, &self.stage, &filter);
                self.stepped(told, "There is no such event before this moment.");
            }
            Command::Seek(moment) => self.seek(moment),
            Command::Type { console, text } => self.type_text(&console, &text),
        }
        self.frame(true)
    }

    /// The timeline, for those who want more than pictures.
    pub fn timeline(&self) -> &Timeline<Machine> {
        &self.timeline
    }

    /// The scenario that is open.
    pub fn scenario(&self) -> Option<&Scenario> {
        self.scenario.as_ref()
    }

    /// All that a console has written so far, as bytes.
    pub fn transcript(&self, console: &str) -> Option<&Transcript> {
        let port = self
            .stage
            .consoles
            .iter()
            .find(|port| port.console.id == console)?;
        Some(self.timeline.machine(port.machine).console(port.uart))
    }

    /// A hash over the whole state of all machines.
    pub fn hash(&mut self) -> u128 {
        self.timeline.hash()
    }

    /// The state of all machines as typed numbers, for assertions.
    pub fn facts(&self) -> Facts {
        let count = self.stage.machines.len();
        Facts {
            machine: (0..count)
                .map(|n| facts(&self.stage.sight(&self.timeline, n)))
                .collect(),
        }
    }

    /// The ids of the consoles, in the order of tabs.
    pub fn consoles(&self) -> impl Iterator<Item = &str> {
        self.stage
            .consoles
            .iter()
            .map(|port| port.console.id.as_str())
    }

    /// Goes to a moment, back or forth, without taking a picture there.
    pub fn go(&mut self, moment: u64) {
        self.timeline.seek(moment);
    }

    /// Runs on to `until` and tells every event on the way.
    pub fn trace(&mut self, until: u64) -> Vec<Happening> {
        watch::trace(&mut self.timeline, &self.stage, until)
    }

    fn open(&mut self, id: &str, moment: Option<u64>) {
        match Scenario::built_in(id) {
            Ok(scenario) => self.start(scenario, moment),
            Err(error) => self.tell(Severity::Error, error),
        }
    }

    /// Starts a scenario, and runs to `moment` if one is given.
    pub fn start(&mut self, scenario: Scenario, moment: Option<u64>) {
        let machines: Result<Vec<_>, _> = scenario.machines.iter().map(assemble).collect();
        match machines {
            Ok(machines) => self.timeline = Timeline::new(machines),
            Err(error) => return self.tell(Severity::Error, error),
        }
        self.stage.machines.clone_from(&scenario.machines);
        self.stage.consoles = consoles(&scenario.machines);
        self.shares = vec![Shares::default(); scenario.machines.len()];
        self.tallies = scenario
            .machines
            .iter()
            .map(|spec| Tally::new(spec.hypervisor()))
            .collect();
        self.happenings.clear();
        self.lives.clear();
        self.last = Scene::default();
        self.scenario = Some(scenario);
        if let Some(moment) = moment {
            self.seek(moment);
        }
    }

    fn run(&mut self, budget: u64) {
        let from = self.timeline.now();
        self.timeline
            .run_to(from.saturating_add(budget), &mut self.tallies);
        let passed = self.timeline.now() - from;
        self.tallies
            .iter_mut()
            .for_each(|tally| tally.passed(passed));
    }

    fn step(&mut self, count: i64, machine: &str) {
        let index = match machine {
            "" => Some(0),
            id => self.stage.machines.iter().position(|spec| spec.id == id),
        };
        let Some(index) = index.filter(|_| !self.stage.machines.is_empty()) else {
            return self.tell(Severity::Error, format!("There is no machine `{machine}`."));
        };
        let before = self.timeline.now();
        self.timeline.step(index, count);
        self.list(before);
    }

    fn seek(&mut self, moment: u64) {
        self.timeline.seek(moment);
        self.list(self.timeline.now());
    }

    fn type_text(&mut self, console: &str, text: &str) {
        let Some(port) = self
            .stage
            .consoles
            .iter()
            .find(|port| port.console.id == console)
        else {
            return self.tell(Severity::Error, format!("There is no console `{console}`."));
        };
        let bytes = text.replace('\n', "\r").into_bytes();
        let input = Input::Serial {
            uart: port.uart as u8,
            bytes,
        };
        let forgotten = self.timeline.input(port.machine, input);
        if let Some(head) = forgotten {
            let now = self.timeline.now();
            let text = format!(
                "You typed at moment {now}, in the past: what had come after it, up to {head}, is forgotten."
            );
            self.tell(Severity::Note, text);
        }
    }

    /// After a step to an event: shows it, or says that there was none.
    fn stepped(&mut self, told: Vec<Happening>, otherwise: &str) {
        if told.is_empty() {
            self.tell(Severity::Note, otherwise.to_owned());
        }
        let since = told
            .first()
            .map_or(self.timeline.now(), |first| first.moment);
        self.list(since);
    }

    /// Fills the list of what happened lately; what lies at or after `since` is fresh.
    fn list(&mut self, since: u64) {
        self.happenings = watch::lately(&mut self.timeline, &self.stage, LISTED);
        self.fresh_since = since;
    }

    fn tell(&mut self, severity: Severity, text: String) {
        self.messages.push(Message { severity, text });
    }

    /// The picture of now. `still`: nothing runs on, so the hash is worth its price.
    fn frame(&mut self, still: bool) -> Frame {
        let Some(scenario) = self.scenario.clone() else {
            return Frame {
                messages: self.messages.clone(),
                ..Frame::default()
            };
        };
        let machines: Vec<_> = (0..self.stage.machines.len())
            .map(|n| look(&self.stage.sight(&self.timeline, n), &mut self.shares[n]))
            .collect();
        let scene = Scene { machines };
        self.note_lives(&scene);
        let happenings = self.all_happenings(still);
        let specs = self.stage.machines.iter();
        let rates = specs
            .zip(&self.tallies)
            .flat_map(|(spec, tally)| tally.rates(&spec.id));
        let hash = if still {
            format!("{:032x}", self.timeline.hash())
        } else {
            String::new()
        };
        Frame {
            scenario: scenario.id.clone(),
            title: scenario.title.clone(),
            about: scenario.about.clone(),
            scene,
            consoles: self
                .stage
                .consoles
                .iter()
                .map(|port| self.console(port))
                .collect(),
            fresh: happenings
                .iter()
                .rev()
                .take_while(|it| it.moment >= self.fresh_since)
                .count(),
            happenings,
            rates: rates.collect(),
            time: Time {
                now: self.timeline.now(),
                head: self.timeline.head(),
                marks: vec![(scenario.start, "all is up".into())],
                hz: abi::boot::NOMINAL_HZ,
                hash,
                ended: self.timeline.ended(),
            },
            messages: self.messages.clone(),
        }
    }

    /// Compares with the last frame's scene. Births are noted once, whatever road leads by.
    fn note_lives(&mut self, scene: &Scene) {
        for told in life::between(&self.last, scene) {
            let known = |it: &Happening| it.moment == told.moment && it.to == told.to;
            if !self.lives.iter().any(known) {
                self.lives.push(told);
            }
        }
        let surplus = self.lives.len().saturating_sub(LISTED);
        self.lives.drain(..surplus);
        self.last.clone_from(scene);
    }

    /// Hardware events, when standing still, and births and deaths up to now, in order.
    fn all_happenings(&self, still: bool) -> Vec<Happening> {
        let now = self.timeline.now();
        let events = if still { &self.happenings[..] } else { &[] };
        let first = events.first().map_or(0, |it| it.moment);
        let lives = self
            .lives
            .iter()
            .filter(|it| it.moment <= now && it.moment >= first);
        let mut all: Vec<Happening> = lives.chain(events).cloned().collect();
        all.sort_by_key(|it| it.moment);
        all
    }

    fn console(&self, port: &Port) -> Console {
        let transcript = self.timeline.machine(port.machine).console(port.uart);
        Console {
            text: console::render(&transcript.bytes()),
            bytes: transcript.total(),
            ..port.console.clone()
        }
    }
}

impl Stage {
    /// What there is to see of a machine now.
    pub fn sight<'a>(&'a self, timeline: &'a Timeline<Machine>, machine: usize) -> Sight<'a> {
        let spec = &self.machines[machine];
        let machine = timeline.machine(machine);
        let cpu: &CpuState = machine.cpu().state();
        Sight {
            spec,
            guests: &self.guests,
            memory: Box::new(Ram(machine)),
            cpu,
            moment: machine.clock(),
            retired: machine.retired(),
            ram_bytes: machine.board().memory.ram(),
            post: machine.devices().debug.post().last().copied().unwrap_or(0),
            stopped: ended(machine),
        }
    }
}

/// Why a machine will never go on, in words.
fn ended(machine: &Machine) -> Option<String> {
    let asleep = machine.asleep() && machine.next_deadline().is_none();
    match machine.ended().or(asleep.then_some(Stopped::Halted))? {
        Stopped::Reached => None,
        Stopped::Halted => Some("halted for ever: nothing will wake the CPU".into()),
        Stopped::Exited(status) => Some(format!("ended through the exit port, status {status}")),
        Stopped::Shutdown => Some("triple fault: the CPU shut down".into()),
        Stopped::Reset => Some("asked for a reset".into()),
    }
}

/// The consoles of a scenario: those that it names, then one a VM.
fn consoles(machines: &[MachineSpec]) -> Vec<Port> {
    let mut ports = Vec::new();
    for (machine, spec) in machines.iter().enumerate() {
        for named in &spec.consoles {
            let (id, title, path) = (named.id.clone(), named.title.clone(), named.path.clone());
            let console = Console {
                id,
                title,
                path,
                ..Console::default()
            };
            ports.push(Port {
                console,
                machine,
                uart: usize::from(named.uart) - 1,
            });
        }
        for (n, vm) in spec.vms.iter().enumerate() {
            let path = format!("{}/hv/vm{n}/os", spec.id);
            let (id, title) = (vm.name.clone(), format!("VM {}", vm.name));
            let console = Console {
                id,
                title,
                path,
                ..Console::default()
            };
            ports.push(Port {
                console,
                machine,
                uart: n + 1,
            });
        }
    }
    ports
}
