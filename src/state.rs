//! What the page knows, what can happen to it, and what follows.
//!
//! [`reduce`] is the only place where the page changes its mind. It is pure: what must happen in
//! the world outside comes back as [`Effect`]s, so every rule here is tested without a browser.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use scene::{
    BoxKind, Command, CpuView, EventFilter, Frame, Happening, HappeningKind, Message, Moment, Path,
    Severity, StackBox,
};

use crate::describe;
use crate::link::{self, Link};
use crate::protocol::{Ask, Listing, News, Picture, Report, Request};
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

/// How many counts a trend remembers.
const TREND: usize = 32;
/// How many notices stand at once.
const NOTICES: usize = 4;
/// How many commands wait behind one that the engine works on.
const QUEUE: usize = 16;
/// Between two looks at the list of events while running: nobody reads faster.
const LIST_MS: f64 = 600.0;

/// Counts per million instructions, oldest first.
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
    /// A scenario is being opened, and nobody said where in its time.
    pub opening: bool,
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
        if self.running && !self.slow() {
            return &[];
        }
        &all[all.len() - self.frame.fresh.min(all.len())..]
    }

    /// Whether running goes slowly enough to read along.
    pub fn slow(&self) -> bool {
        matches!(
            speed::LADDER[self.speed].0,
            speed::Pace::Events { .. } | speed::Pace::Steps { .. }
        )
    }

    fn machine_id(&self) -> String {
        self.frame
            .scene
            .machines
            .get(self.machine)
            .map(|machine| machine.id.clone())
            .unwrap_or_default()
    }

    fn ask(&mut self, ask: Ask, effects: &mut Vec<Effect>) -> u32 {
        self.asked += 1;
        effects.push(Effect::Ask(Request {
            number: self.asked,
            ask,
        }));
        self.asked
    }

    /// Sends a command that moves in time, or lets it wait behind the one that is being answered.
    fn command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        self.running = false;
        self.opening = matches!(command, Command::Open { moment: None, .. });
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

    fn remember_cpus(&mut self) {
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

    fn run(&mut self, effects: &mut Vec<Effect>) {
        self.running = true;
        self.queue.clear();
        let pace = speed::LADDER[self.speed].0;
        let number = self.ask(Ask::Run(pace, self.filter()), effects);
        self.turned = number;
        self.spoken = "Running".to_owned();
    }

    fn notice(&mut self, message: Message) {
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

/// What follows from an action.
pub fn reduce(state: &mut State, action: Action) -> Vec<Effect> {
    let mut effects = Vec::new();
    match action {
        Action::Heard(report, now_ms) => heard(state, report, now_ms, &mut effects),
        Action::Open(scenario) => {
            state.selected = None;
            state.pointed = None;
            state.console = None;
            state.machine = 0;
            state.typed = false;
            state.notices.clear();
            state.trends.clear();
            open(state, scenario, None, &mut effects);
        }
        Action::RunOrPause => {
            if state.running {
                state.running = false;
                let number = state.ask(Ask::Pause, &mut effects);
                state.turned = number;
                state.awaiting = Some(number);
            } else if state.phase == Phase::Ready && !state.frame.time.ended {
                state.run(&mut effects);
            }
        }
        Action::Step(count) => {
            let machine = state.machine_id();
            state.command(Command::Step { count, machine }, &mut effects);
        }
        Action::NextEvent => {
            let filter = state.filter();
            state.command(Command::NextEvent(filter), &mut effects);
        }
        Action::PreviousEvent => {
            let filter = state.filter();
            state.command(Command::PreviousEvent(filter), &mut effects);
        }
        Action::SeekTo(moment) => state.command(Command::Seek(moment), &mut effects),
        Action::SeekToHead => {
            let head = state.frame.time.head;
            state.command(Command::Seek(head), &mut effects);
        }
        Action::Speed(rung) => set_speed(state, rung, &mut effects),
        Action::Faster(by) => {
            let rung = state.speed.saturating_add_signed(by as isize);
            set_speed(state, rung, &mut effects);
        }
        Action::Select(path) => select(state, path),
        Action::Point(path) => state.pointed = path,
        Action::Layer(kind) => {
            let next = next_of_kind(state, kind);
            if next.is_some() {
                select(state, next);
                effects.push(Effect::Focus("chosen-box"));
            }
        }
        Action::Machine(index) => state.machine = index,
        Action::Console(id) => {
            state.console = Some(id);
            effects.push(Effect::Focus("console-input"));
        }
        Action::ConsoleTab(id) => state.console = Some(id),
        Action::FocusChosen => effects.push(Effect::Focus("chosen-box")),
        Action::ToConsole => effects.push(Effect::Focus("console-input")),
        Action::Type(text) => type_text(state, text, &mut effects),
        Action::TypePaused(paused) => state.type_paused = paused,
        Action::Side(side) => state.side = side,
        Action::ToggleKind(kind) => match state.hidden.iter().position(|hidden| *hidden == kind) {
            Some(index) => {
                state.hidden.remove(index);
            }
            None => state.hidden.push(kind),
        },
        Action::AllKinds => state.hidden.clear(),
        Action::OnlySelected(only) => state.only_selected = only,
        Action::Help(open) => {
            state.help = open;
            effects.push(Effect::Focus(if open { "help-close" } else { "help-open" }));
        }
        Action::Share => {
            state.share = true;
            state.copied = false;
            effects.push(Effect::Copy);
        }
        Action::Copied(copied) => {
            state.copied = copied;
            if copied {
                state.spoken = "Link copied".to_owned();
            }
        }
        Action::Close => {
            if state.help {
                effects.push(Effect::Focus("help-open"));
            }
            state.help = false;
            state.share = false;
        }
        Action::NextTheme => {
            state.theme = match state.theme {
                Theme::System => Theme::Light,
                Theme::Light => Theme::Dark,
                Theme::Dark => Theme::System,
            };
            effects.push(Effect::Look(state.theme, state.large));
        }
        Action::Larger => {
            state.large = !state.large;
            effects.push(Effect::Look(state.theme, state.large));
        }
        Action::Dismiss(index) => {
            if index < state.notices.len() {
                state.notices.remove(index);
            }
        }
        Action::Describe => state.spoken = describe::summary(&state.frame, state.running),
    }
    effects
}

fn open(state: &mut State, scenario: String, moment: Option<Moment>, effects: &mut Vec<Effect>) {
    state.command(Command::Open { scenario, moment }, effects);
}

fn set_speed(state: &mut State, rung: usize, effects: &mut Vec<Effect>) {
    state.speed = rung.min(speed::LADDER.len() - 1);
    if state.running {
        state.run(effects);
    }
    state.spoken = format!("Speed: {}", speed::LADDER[state.speed].1);
}

fn select(state: &mut State, path: Option<Path>) {
    if let Some(path) = &path {
        if state.side == Side::Events {
            state.side = Side::Box;
        }
        let machines = &state.frame.scene.machines;
        if let Some(index) = machines
            .iter()
            .position(|machine| at_or_below(path, &machine.stack.path))
        {
            state.machine = index;
        }
        let console = state
            .frame
            .scene
            .find(path)
            .and_then(|node| node.console.clone());
        if console.is_some() {
            state.console = console;
        }
    }
    state.selected = path;
}

/// The box of this kind after the chosen one, around the end.
fn next_of_kind(state: &State, kind: BoxKind) -> Option<Path> {
    let mut all = Vec::new();
    for machine in &state.frame.scene.machines {
        machine.stack.walk(&mut |node| {
            if node.kind == kind {
                all.push(node.path.clone());
            }
        });
    }
    let chosen = all
        .iter()
        .position(|path| Some(path) == state.selected.as_ref());
    let next = chosen.map_or(0, |index| (index + 1) % all.len());
    all.into_iter().nth(next)
}

fn type_text(state: &mut State, text: String, effects: &mut Vec<Effect>) {
    let Some(console) = open_console(state) else {
        return;
    };
    if state.phase != Phase::Ready || text.is_empty() {
        return;
    }
    state.typed = true;
    let number = state.ask(Ask::Do(Command::Type { console, text }), effects);
    state.turned = number;
    if !state.running && !state.type_paused {
        state.run(effects);
    }
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

fn heard(state: &mut State, report: Report, now_ms: f64, effects: &mut Vec<Effect>) {
    match report.news {
        News::Ready(listings) => ready(state, listings, effects),
        // The first word is the cause; what follows is only the fall.
        News::Failed(_) if matches!(state.phase, Phase::Failed(_)) => {}
        News::Failed(why) => {
            state.running = false;
            state.awaiting = None;
            state.spoken = format!("The engine stopped: {why}");
            state.phase = Phase::Failed(why);
        }
        News::Picture(picture) => {
            state.ask(Ask::Shown, effects);
            if report.answers < state.turned {
                // On its way when the reader had already turned elsewhere.
                for message in picture.frame.messages {
                    state.notice(message);
                }
                return;
            }
            if state
                .awaiting
                .is_some_and(|number| report.answers >= number)
            {
                state.awaiting = None;
            }
            if picture.frame.scenario != state.frame.scenario && !picture.frame.title.is_empty() {
                effects.push(Effect::Title(picture.frame.title.clone()));
            }
            show(state, *picture, now_ms);
            if state.awaiting.is_none() && state.queue.is_empty() && state.opening {
                skip_boot(state);
            }
            if state.awaiting.is_none() {
                if let Some(command) = state.queue.pop_front() {
                    state.command(command, effects);
                } else if !state.running {
                    settle(state, effects);
                }
            }
        }
    }
}

/// The engine is there: open what the link asks for, or the first scenario.
fn ready(state: &mut State, listings: Vec<Listing>, effects: &mut Vec<Effect>) {
    state.phase = Phase::Ready;
    state.listings = listings;
    let Some(first) = state.listings.first().map(|listing| listing.id.clone()) else {
        state.phase = Phase::Failed("no scenario is built in".to_owned());
        return;
    };
    let link = std::mem::take(&mut state.link);
    match link.scenario {
        None => open(state, first, link.moment, effects),
        Some(id) if state.listings.iter().any(|listing| listing.id == id) => {
            open(state, id, link.moment, effects);
        }
        Some(id) => {
            let text = format!("There is no scenario “{id}”. This is “{first}” instead.");
            state.notice(Message {
                severity: Severity::Warning,
                text,
            });
            open(state, first, None, effects);
        }
    }
}

fn show(state: &mut State, picture: Picture, now_ms: f64) {
    let Picture {
        mut frame,
        running,
        kips,
    } = picture;
    for message in std::mem::take(&mut frame.messages) {
        state.notice(message);
    }
    // It stopped by itself: the machines ended, or an event was not found.
    if state.running && !running {
        state.running = false;
    }
    if running && state.slow() {
        state.remember_cpus();
    }
    if kips.is_some() {
        state.kips = kips;
    }
    if frame.scenario != state.frame.scenario {
        state.trends.clear();
        state.kips = None;
    }
    for rate in frame.rates.iter().filter(|_| running) {
        let trend = state
            .trends
            .entry((rate.machine.clone(), rate.kind))
            .or_default();
        trend.push_back(per_million(rate.count, rate.window));
        if trend.len() > TREND {
            trend.pop_front();
        }
    }
    if !running || state.slow() || now_ms - state.listed_ms >= LIST_MS {
        state.listed = Rc::new(frame.happenings.clone());
        state.listed_ms = now_ms;
    }
    state.machine = state
        .machine
        .min(frame.scene.machines.len().saturating_sub(1));
    if !running || state.slow() {
        state.spoken = describe::response(&frame);
    }
    state.frame = Rc::new(frame);
}

/// A scenario that opens switched off goes on to where its author says that all is up: nobody
/// comes to look at an empty box. Who wants to see it boot goes back to the beginning.
fn skip_boot(state: &mut State) {
    state.opening = false;
    let time = &state.frame.time;
    if let (0, Some((start, _))) = (time.now, time.marks.first()) {
        state.queue.push_back(Command::Seek(*start));
    }
}

/// At rest: the address bar follows.
fn settle(state: &mut State, effects: &mut Vec<Effect>) {
    if state.frame.scenario.is_empty() {
        return;
    }
    let address = link::format(&state.frame.scenario, state.frame.time.now);
    if address != state.address {
        state.address.clone_from(&address);
        effects.push(Effect::Address(address));
    }
}

/// A count in a window, as so many in a million instructions.
pub fn per_million(count: u64, window: u64) -> u64 {
    (u128::from(count) * 1_000_000 / u128::from(window.max(1))) as u64
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
