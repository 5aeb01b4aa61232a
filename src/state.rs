//! What the page knows ([`State`]), what can happen to it ([`Action`]), and what that may demand of
//! the world outside ([`Effect`]). How one leads to the other stands in [`crate::reduce`].

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use scene::{
    BoxKind, Command, CpuView, EventFilter, Frame, Happening, HappeningKind, Message, Moment, Path,
    Severity, StackBox,
};

use crate::link::Link;
use crate::protocol::{Ask, Listing, Report, Request};
use crate::speed;

/// How far the engine has come.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Phase {
    /// Not heard of yet.
    #[default]
    Loading,
    /// There.
    Ready,
    /// Broken, and why.
    Failed(String),
}

/// Which panel is open at the side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Side {
    /// What happened.
    #[default]
    Events,
    /// Registers and code.
    Cpu,
    /// The chosen box.
    Box,
    /// Who owns which memory.
    Memory,
}

/// Light or dark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// As the reader's system is.
    #[default]
    System,
    /// Light, whatever the system.
    Light,
    /// Dark, whatever the system.
    Dark,
}

impl Theme {
    /// How it is stored, and said in the root element.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// From what is stored.
    pub fn from_name(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }
}

/// How many notices stand at once.
const NOTICES: usize = 4;
/// How many commands wait behind one that the engine works on.
const QUEUE: usize = 16;

/// Tenths of counts per million instructions, oldest first.
pub type Trend = VecDeque<u64>;

/// What the page knows.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct State {
    /// The engine.
    pub phase: Phase,
    /// What can be opened.
    pub listings: Vec<Listing>,
    /// What the address asked for, until it has been asked of the engine.
    pub link: Link,
    /// The latest picture.
    pub frame: Rc<Frame>,
    /// The CPUs before the last command, for showing what it changed.
    pub before: Rc<Vec<CpuView>>,
    /// The events as listed: while running, a little behind.
    pub listed: Rc<Vec<Happening>>,
    /// When that was.
    pub listed_ms: f64,
    /// Whether the reader wants it to run.
    pub running: bool,
    /// Measured thousands of instructions a second.
    pub kips: Option<u64>,
    /// The number of the last request.
    pub asked: u32,
    /// The last request after which older pictures are of no interest.
    pub turned: u32,
    /// A command that the engine has not answered.
    pub awaiting: Option<u32>,
    /// Commands that wait for that answer.
    pub queue: VecDeque<Command>,
    /// A rung of [`speed::LADDER`].
    pub speed: usize,
    /// Whose CPU is shown.
    pub machine: usize,
    /// The chosen box.
    pub selected: Option<Path>,
    /// The box under the pointer, wherever it is shown.
    pub pointed: Option<Path>,
    /// The open console.
    pub console: Option<String>,
    /// Typing does not start the machine.
    pub type_paused: bool,
    /// Something was typed, so that a link would not lead here.
    pub typed: bool,
    /// The open panel.
    pub side: Side,
    /// Families of events that are not of interest.
    pub hidden: Vec<HappeningKind>,
    /// Only events at or in the chosen box.
    pub only_selected: bool,
    /// The help is open.
    pub help: bool,
    /// The link is shown for copying.
    pub share: bool,
    /// The link has been copied.
    pub copied: bool,
    /// Light or dark.
    pub theme: Theme,
    /// Larger type, for a projector.
    pub large: bool,
    /// What to tell the reader.
    pub notices: Vec<Message>,
    /// What the live region says.
    pub spoken: String,
    /// How rates went lately.
    pub trends: BTreeMap<(String, HappeningKind), Trend>,
    /// The address as last set.
    pub address: String,
    /// A scenario is being opened; then it goes on to this moment, or if none is named to where
    /// its author suggests.
    pub opening: Option<Option<Moment>>,
    /// The engine runs to this moment, as fast as it can.
    pub going: Option<Moment>,
}

/// What can happen to the page.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// The engine said something, at this time of the page.
    Heard(Report, f64),
    /// Open a scenario.
    Open(String),
    /// Run, or pause.
    RunOrPause,
    /// Step instructions.
    Step(i64),
    /// On to the next event of interest.
    NextEvent,
    /// Back to the last one.
    PreviousEvent,
    /// Go to a moment.
    SeekTo(Moment),
    /// Go to the furthest moment reached.
    SeekToHead,
    /// Choose a rung of the ladder.
    Speed(usize),
    /// Up or down the ladder.
    Faster(i32),
    /// Choose a box, or none.
    Select(Option<Path>),
    /// The pointer is on this box, or on none.
    Point(Option<Path>),
    /// Choose the next box of a layer.
    Layer(BoxKind),
    /// Whose CPU to show.
    Machine(usize),
    /// Open a console.
    Console(String),
    /// Open a console from its tab, which keeps the keyboard.
    ConsoleTab(String),
    /// Take the keyboard to the console.
    ToConsole,
    /// Take the keyboard to the chosen box.
    FocusChosen,
    /// Type into the open console.
    Type(String),
    /// Whether typing starts the machine.
    TypePaused(bool),
    /// Open a panel.
    Side(Side),
    /// Show or hide a family of events.
    ToggleKind(HappeningKind),
    /// Show all families.
    AllKinds,
    /// Only events of the chosen box.
    OnlySelected(bool),
    /// Open or close the help.
    Help(bool),
    /// Show the link, and copy it.
    Share,
    /// Whether the link went to the clipboard.
    Copied(bool),
    /// Close what is open.
    Close,
    /// System, light, dark, system …
    NextTheme,
    /// Larger type, or normal.
    Larger,
    /// Take a notice away.
    Dismiss(usize),
    /// Say what the picture shows.
    Describe,
}

/// What must happen outside.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Send this to the engine.
    Ask(Request),
    /// Put this query into the address bar.
    Address(String),
    /// Call the page this.
    Title(String),
    /// Copy the page's address to the clipboard.
    Copy,
    /// Show and remember theme and size of type.
    Look(Theme, bool),
    /// Give the keyboard to the element with this id.
    Focus(&'static str),
}

impl State {
    /// The page as it is when it opens.
    pub fn new(link: Link, warnings: Vec<String>, theme: Theme, large: bool) -> Self {
        Self {
            link,
            theme,
            large,
            speed: speed::DEFAULT,
            notices: warnings
                .into_iter()
                .map(|text| Message {
                    severity: Severity::Warning,
                    text,
                })
                .collect(),
            ..Self::default()
        }
    }

    /// The chosen box, if it is still there.
    pub fn selected_box(&self) -> Option<&StackBox> {
        self.frame.scene.find(self.selected.as_deref()?)
    }

    /// The events of interest.
    pub fn filter(&self) -> EventFilter {
        let kinds = if self.hidden.is_empty() {
            Vec::new()
        } else {
            HappeningKind::ALL
                .into_iter()
                .filter(|kind| !self.hidden.contains(kind))
                .collect()
        };
        let path = match (&self.selected, self.only_selected) {
            (Some(path), true) => path.clone(),
            _ => String::new(),
        };
        EventFilter { kinds, path }
    }

    /// The events of the last command, oldest first; none while running.
    pub fn fresh(&self) -> &[Happening] {
        let all = &self.frame.happenings;
        if self.moving() && !self.slow() {
            return &[];
        }
        &all[all.len() - self.frame.fresh.min(all.len())..]
    }

    /// Whether pictures come by themselves.
    pub fn moving(&self) -> bool {
        self.running || self.going.is_some()
    }

    /// Whether running goes slowly enough to read along.
    pub fn slow(&self) -> bool {
        self.going.is_none()
            && matches!(
                speed::LADDER[self.speed].0,
                speed::Pace::Events { .. } | speed::Pace::Steps { .. }
            )
    }

    /// The machine whose CPU is shown; empty if there is none.
    pub fn machine_id(&self) -> String {
        self.frame
            .scene
            .machines
            .get(self.machine)
            .map(|machine| machine.id.clone())
            .unwrap_or_default()
    }

    /// Asks the engine, and gives the number of the request.
    pub fn ask(&mut self, ask: Ask, effects: &mut Vec<Effect>) -> u32 {
        self.asked += 1;
        effects.push(Effect::Ask(Request {
            number: self.asked,
            ask,
        }));
        self.asked
    }

    /// Sends a command that moves in time, or lets it wait behind the one that is being answered.
    pub fn command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        self.running = false;
        self.going = None;
        self.opening = None;
        if self.awaiting.is_some() {
            self.enqueue(command);
            return;
        }
        self.remember_cpus();
        // Notes are about what was done last.
        self.notices
            .retain(|notice| notice.severity != Severity::Note);
        let number = self.ask(Ask::Do(command), effects);
        self.turned = number;
        self.awaiting = Some(number);
    }

    /// From now on, changes are shown against the CPUs as they are.
    pub fn remember_cpus(&mut self) {
        let machines = &self.frame.scene.machines;
        self.before = Rc::new(machines.iter().map(|machine| machine.cpu.clone()).collect());
    }

    /// Steps add up, and only the last of several seeks matters.
    fn enqueue(&mut self, command: Command) {
        let room = self.queue.len() < QUEUE;
        match (self.queue.back_mut(), &command) {
            (Some(Command::Seek(waiting)), Command::Seek(moment)) => *waiting = *moment,
            (
                Some(Command::Step { count, machine }),
                Command::Step {
                    count: more,
                    machine: same,
                },
            ) if machine == same => *count += more,
            _ if matches!(command, Command::Seek(_) | Command::Open { .. }) => {
                self.queue.clear();
                self.queue.push_back(command);
            }
            _ if room => self.queue.push_back(command),
            _ => {}
        }
    }

    /// Runs at the chosen speed.
    pub fn run(&mut self, effects: &mut Vec<Effect>) {
        self.running = true;
        self.going = None;
        self.opening = None;
        self.queue.clear();
        let pace = speed::LADDER[self.speed].0;
        let number = self.ask(Ask::Run(pace, self.filter()), effects);
        self.turned = number;
        self.spoken = "Running".to_owned();
    }

    /// Runs to a moment, and shows the way.
    pub fn go(&mut self, moment: Moment, effects: &mut Vec<Effect>) {
        self.going = Some(moment);
        self.turned = self.ask(Ask::RunTo(moment), effects);
    }

    /// Tells the reader, once.
    pub fn notice(&mut self, message: Message) {
        if self.notices.contains(&message) {
            return;
        }
        self.notices.push(message);
        if self.notices.len() > NOTICES {
            self.notices.remove(0);
        }
    }
}

/// Whether `path` names the box `root` or one inside it.
pub fn at_or_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The console whose tab is open: the chosen one, or the first.
pub fn open_console(state: &State) -> Option<String> {
    let consoles = &state.frame.consoles;
    state
        .console
        .clone()
        .filter(|id| consoles.iter().any(|console| console.id == *id))
        .or_else(|| consoles.first().map(|console| console.id.clone()))
}

/// A count in a window, as so many tenths in a million instructions.
pub fn tenths_per_million(count: u64, window: u64) -> u64 {
    (u128::from(count) * 10_000_000 / u128::from(window.max(1))) as u64
}
