//! Runs a session in slices short enough that a command never waits long, and tells the page no
//! more often than it can show.
//!
//! Knows nothing of browsers: time comes in as milliseconds, reports go out as values, so the
//! worker, the fallback on the page's own thread and the tests share it.

use scene::{Command, EventFilter, Frame, Message, Moment};

use crate::protocol::{Ask, News, Picture, Report, Request};
use crate::speed::Pace;

/// What answers commands with frames.
pub trait Engine {
    /// Does it and shows the result.
    fn command(&mut self, command: Command) -> Frame;
}

impl Engine for session::Session {
    fn command(&mut self, command: Command) -> Frame {
        session::Session::command(self, command)
    }
}

/// When to call [`Runner::slice`] again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Not before something is asked.
    Idle,
    /// As soon as waiting messages have been taken.
    Now,
    /// In so many milliseconds.
    After(u32),
}

/// Least time between two pictures: 25 a second are plenty for an eye.
const PICTURE_MS: f64 = 40.0;
/// The longest debt of instructions that is made up for after a hold-up.
const DEBT_MS: f64 = 100.0;
/// Bounds of a slice, instructions: frames cost something, so tiny slices crawl.
const SLICE_MIN: u64 = 10_000;
const SLICE_MAX: u64 = 50_000_000;

/// A session and how it is being run.
pub struct Runner {
    engine: Box<dyn Engine>,
    /// How long a slice should take.
    slice_ms: f64,
    answers: u32,
    running: Option<(Pace, EventFilter)>,
    /// Where to stop.
    until: Option<Moment>,
    /// The clock as of the last frame.
    now: Moment,
    /// Instructions that take about `slice_ms`, as learnt so far.
    budget: u64,
    /// Until when the clock of a paced run has been paid for.
    paid_ms: f64,
    hz: u64,
    posted_ms: f64,
    /// Whether the page has shown the last picture.
    shown: bool,
    /// Messages of frames that were never posted.
    unsaid: Vec<Message>,
    meter: Meter,
}

impl Runner {
    /// A runner for this engine; a slice should take `slice_ms`.
    pub fn new(engine: Box<dyn Engine>, slice_ms: f64) -> Self {
        Self {
            engine,
            slice_ms,
            answers: 0,
            running: None,
            until: None,
            now: 0,
            budget: 200_000,
            paid_ms: 0.0,
            hz: 0,
            posted_ms: 0.0,
            shown: true,
            unsaid: Vec::new(),
            meter: Meter::default(),
        }
    }

    /// Takes a request; a picture comes back if it changed what there is to see.
    pub fn ask(&mut self, request: Request, now_ms: f64) -> Option<Report> {
        self.answers = request.number;
        match request.ask {
            Ask::Shown => {
                self.shown = true;
                None
            }
            Ask::Pause => {
                self.running = None;
                let frame = self.engine.command(Command::Look);
                Some(self.report(frame, now_ms))
            }
            Ask::Run(pace, filter) => {
                self.running = Some((pace, filter));
                self.until = None;
                self.paid_ms = now_ms;
                self.meter = Meter::default();
                None
            }
            Ask::RunTo(moment) => {
                self.running = Some((Pace::FlatOut, EventFilter::default()));
                self.until = Some(moment);
                self.meter = Meter::default();
                None
            }
            Ask::Do(command) => {
                if !matches!(command, Command::Type { .. } | Command::Look) {
                    self.running = None;
                }
                let frame = self.engine.command(command);
                Some(self.report(frame, now_ms))
            }
        }
    }

    /// Runs on a little, if it is running.
    pub fn slice(&mut self, clock: &dyn Fn() -> f64) -> (Option<Report>, Next) {
        let Some((pace, filter)) = self.running.clone() else {
            return (None, Next::Idle);
        };
        let (command, next) = match pace {
            Pace::Events { pause_ms } => (Command::NextEvent(filter), Next::After(pause_ms)),
            Pace::Steps { pause_ms } => {
                let step = Command::Step {
                    count: 1,
                    machine: String::new(),
                };
                (step, Next::After(pause_ms))
            }
            Pace::FlatOut => {
                let left = self
                    .until
                    .map_or(u64::MAX, |until| until.saturating_sub(self.now));
                if left == 0 {
                    self.running = None;
                    let frame = self.engine.command(Command::Look);
                    return (Some(self.report(frame, clock())), Next::Idle);
                }
                let budget = self.budget.min(left);
                (Command::Run { budget }, Next::Now)
            }
            Pace::RealTime | Pace::Rate { .. } => match self.owed(pace, clock()) {
                0 => return (None, Next::After(5)),
                budget => (Command::Run { budget }, Next::Now),
            },
        };
        let began = clock();
        let budget = match command {
            Command::Run { budget } => Some(budget),
            _ => None,
        };
        let frame = self.engine.command(command);
        let ended = clock();
        if let Some(budget) = budget {
            self.learn(budget, ended - began);
        }
        self.meter.note(&frame, ended);
        self.hz = frame.time.hz;
        self.now = frame.time.now;
        if frame.time.ended {
            self.running = None;
        }
        let due = budget.is_none() || self.running.is_none();
        if due || (self.shown && ended - self.posted_ms >= PICTURE_MS) {
            let next = if self.running.is_some() {
                next
            } else {
                Next::Idle
            };
            return (Some(self.report(frame, ended)), next);
        }
        self.unsaid.extend(frame.messages);
        (None, next)
    }

    /// How many instructions a paced run is behind, within what a slice can do.
    fn owed(&mut self, pace: Pace, now_ms: f64) -> u64 {
        let per_second = match pace {
            Pace::Rate { per_second } => per_second,
            // Before the first frame nobody knows the guest's clock; a little running tells.
            _ if self.hz == 0 => return SLICE_MIN,
            _ => self.hz,
        };
        self.paid_ms = self.paid_ms.max(now_ms - DEBT_MS);
        let owed = (now_ms - self.paid_ms) * per_second as f64 / 1000.0;
        let whole = (owed as u64).min(self.budget);
        self.paid_ms += whole as f64 * 1000.0 / per_second as f64;
        // Many tiny slices would spend their time on frames.
        if owed < per_second as f64 / 200.0 && owed < SLICE_MIN as f64 {
            self.paid_ms -= whole as f64 * 1000.0 / per_second as f64;
            return 0;
        }
        whole
    }

    /// Moves the budget towards what takes `slice_ms`, at most fourfold at once. Only what was
    /// near the budget teaches anything: a small slice is mostly overhead.
    fn learn(&mut self, spent: u64, took_ms: f64) {
        if spent * 2 < self.budget && took_ms < self.slice_ms {
            return;
        }
        let factor = (self.slice_ms / took_ms.max(0.05)).clamp(0.25, 4.0);
        self.budget = ((spent as f64 * factor) as u64).clamp(SLICE_MIN, SLICE_MAX);
    }

    fn report(&mut self, mut frame: Frame, now_ms: f64) -> Report {
        self.posted_ms = now_ms;
        self.shown = false;
        self.hz = frame.time.hz;
        self.now = frame.time.now;
        if !self.unsaid.is_empty() {
            let mut messages = std::mem::take(&mut self.unsaid);
            messages.append(&mut frame.messages);
            messages.dedup();
            frame.messages = messages;
        }
        let picture = Picture {
            frame,
            running: self.running.is_some(),
            kips: self.meter.kips,
        };
        Report {
            answers: self.answers,
            news: News::Picture(Box::new(picture)),
        }
    }
}

/// Measures instructions really retired against the wall clock.
#[derive(Default)]
struct Meter {
    since: Option<(u64, f64)>,
    kips: Option<u64>,
}

impl Meter {
    fn note(&mut self, frame: &Frame, now_ms: f64) {
        let retired = frame
            .scene
            .machines
            .iter()
            .map(|machine| machine.retired)
            .sum::<u64>();
        match self.since {
            Some((from, since_ms)) if retired >= from => {
                let took = now_ms - since_ms;
                if took >= 500.0 {
                    // Instructions per millisecond are thousands per second.
                    self.kips = Some(((retired - from) as f64 / took) as u64);
                    self.since = Some((retired, now_ms));
                }
            }
            _ => self.since = Some((retired, now_ms)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use scene::{Machine, Time};

    use super::*;

    /// Retires an instruction per microsecond of a clock that only it moves.
    struct Steady {
        now: u64,
        clock: Rc<Cell<f64>>,
        ends: u64,
    }

    impl Engine for Steady {
        fn command(&mut self, command: Command) -> Frame {
            let budget = match command {
                Command::Run { budget } => budget.min(self.ends - self.now),
                Command::Step { .. } | Command::NextEvent(_) => 1,
                _ => 0,
            };
            self.now += budget;
            self.clock
                .set(self.clock.get() + budget as f64 / 1000.0 + 0.01);
            let mut frame = Frame {
                time: Time {
                    now: self.now,
                    hz: 500_000,
                    ended: self.now >= self.ends,
                    ..Time::default()
                },
                ..Frame::default()
            };
            frame.scene.machines.push(Machine {
                retired: self.now,
                ..Machine::default()
            });
            frame
        }
    }

    fn runner(ends: u64) -> (Runner, Rc<Cell<f64>>) {
        let clock = Rc::new(Cell::new(1000.0));
        let engine = Steady {
            now: 0,
            clock: clock.clone(),
            ends,
        };
        (Runner::new(Box::new(engine), 20.0), clock)
    }

    fn run(runner: &mut Runner, pace: Pace, now: f64) {
        let ask = Ask::Run(pace, EventFilter::default());
        assert!(runner.ask(Request { number: 1, ask }, now).is_none());
    }

    fn picture(report: Option<Report>) -> Picture {
        match report.expect("a report").news {
            News::Picture(picture) => *picture,
            other => panic!("a picture, not {other:?}"),
        }
    }

    /// Lets it run for so long, showing each picture at once; the last picture and how many.
    fn watch(runner: &mut Runner, clock: &Rc<Cell<f64>>, for_ms: f64) -> (Picture, usize) {
        let end = clock.get() + for_ms;
        let mut last = Picture::default();
        let mut pictures = 0;
        while clock.get() < end {
            let (report, next) = runner.slice(&|| clock.get());
            if report.is_some() {
                pictures += 1;
                last = picture(report);
                let shown = Request {
                    number: 2,
                    ask: Ask::Shown,
                };
                runner.ask(shown, clock.get());
            }
            match next {
                Next::Now => {}
                Next::After(ms) => clock.set(clock.get() + f64::from(ms)),
                Next::Idle => break,
            }
        }
        (last, pictures)
    }

    #[test]
    fn slices_grow_to_their_length_and_speed_is_measured() {
        let (mut runner, clock) = runner(u64::MAX);
        run(&mut runner, Pace::FlatOut, clock.get());
        let (last, pictures) = watch(&mut runner, &clock, 2000.0);
        assert!(
            (15_000..25_000).contains(&runner.budget),
            "{}",
            runner.budget
        );
        let kips = last.kips.expect("measured");
        assert!((900..=1000).contains(&kips), "{kips}");
        assert!((30..=50).contains(&pictures), "{pictures}");
    }

    #[test]
    fn a_picture_waits_until_the_last_one_is_shown() {
        let (mut runner, clock) = runner(u64::MAX);
        run(&mut runner, Pace::FlatOut, clock.get());
        let mut reports = 0;
        for _ in 0..50 {
            reports += usize::from(runner.slice(&|| clock.get()).0.is_some());
        }
        assert_eq!(reports, 1);
    }

    #[test]
    fn real_time_is_the_guests_clock() {
        let (mut runner, clock) = runner(u64::MAX);
        run(&mut runner, Pace::RealTime, clock.get());
        // The first slice learns the clock rate.
        watch(&mut runner, &clock, 50.0);
        let (before, _) = watch(&mut runner, &clock, 100.0);
        let (after, _) = watch(&mut runner, &clock, 1000.0);
        let moved = after.frame.time.now - before.frame.time.now;
        assert!((450_000..550_000).contains(&moved), "{moved}");
    }

    #[test]
    fn slow_motion_is_slow() {
        let (mut runner, clock) = runner(u64::MAX);
        run(&mut runner, Pace::Rate { per_second: 1000 }, clock.get());
        let (last, _) = watch(&mut runner, &clock, 2000.0);
        let now = last.frame.time.now;
        assert!((1900..=2000).contains(&now), "{now}");
    }

    #[test]
    fn a_command_stops_it_and_typing_does_not() {
        let (mut runner, clock) = runner(u64::MAX);
        run(&mut runner, Pace::FlatOut, clock.get());
        let typing = Command::Type {
            console: "host".into(),
            text: "ls\n".into(),
        };
        let ask = |command| Request {
            number: 7,
            ask: Ask::Do(command),
        };
        assert!(picture(runner.ask(ask(typing), 0.0)).running);
        let report = runner.ask(ask(Command::Seek(5)), 0.0);
        assert_eq!(report.as_ref().expect("a report").answers, 7);
        assert!(!picture(report).running);
        assert_eq!(runner.slice(&|| 0.0), (None, Next::Idle));
    }

    #[test]
    fn it_runs_to_a_moment_and_no_further() {
        let (mut runner, clock) = runner(u64::MAX);
        for (target, pictures_least) in [(777_777, 10), (777_777, 1), (5, 1)] {
            let ask = Ask::RunTo(target);
            assert!(
                runner
                    .ask(Request { number: 1, ask }, clock.get())
                    .is_none()
            );
            let (last, pictures) = watch(&mut runner, &clock, 5000.0);
            assert_eq!((last.frame.time.now, last.running), (777_777, false));
            assert!(
                pictures >= pictures_least,
                "{pictures} on the way to {target}"
            );
        }
    }

    #[test]
    fn the_end_is_told() {
        let (mut runner, clock) = runner(1_000_000);
        run(&mut runner, Pace::FlatOut, clock.get());
        let (last, _) = watch(&mut runner, &clock, 5000.0);
        assert!(last.frame.time.ended && !last.running);
        assert_eq!(last.frame.time.now, 1_000_000);
    }
}
