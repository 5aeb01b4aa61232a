//! Jobs: pipelines of processes, started, waited for, stopped, gone on with.
//!
//! With a terminal, each job is a process group, and the terminal's foreground group is the
//! job that runs (or the shell): that is whom Ctrl-C reaches.

use super::Shell;
use crate::io::{Out, complain};
use crate::say;
use crate::trouble::at;
use abi::task::signal::{self, SIGINT, SIGPIPE};
use abi::task::wait::{WNOHANG, WUNTRACED};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use metal::user::task::{self, Ended};
use metal::user::{Errno, Fd, STDIN, STDOUT, file};

/// A pipeline that was started.
pub struct Job {
    /// Its number, as in `%1`.
    pub number: u32,
    /// Its process group, when it has one of its own.
    pub group: i32,
    /// Its processes and how each ended, if it has.
    pub processes: Vec<(i32, Option<Ended>)>,
    /// As it was written.
    pub text: String,
    /// The shell waits for it.
    pub foreground: bool,
}

impl Job {
    /// Whether all of it has ended, or stopped.
    fn at_rest(&self) -> bool {
        self.processes.iter().all(|(_, ended)| ended.is_some())
    }

    fn stopped(&self) -> bool {
        self.processes
            .iter()
            .any(|(_, ended)| matches!(ended, Some(Ended::Stopped(_))))
    }

    /// Its exit status: that of the last process.
    fn ended(&self) -> Ended {
        self.processes
            .last()
            .and_then(|(_, ended)| *ended)
            .unwrap_or(Ended::Exited(0))
    }

    fn state(&self) -> String {
        match self.ended() {
            _ if self.stopped() => "Stopped".into(),
            _ if !self.at_rest() => "Running".into(),
            Ended::Exited(0) => "Done".into(),
            Ended::Exited(status) => format!("Done({status})"),
            Ended::Killed(number) | Ended::Stopped(number) => of_signal(number),
        }
    }
}

/// What a signal did, in words.
fn of_signal(number: u32) -> String {
    match number {
        signal::SIGSEGV => "Segmentation fault".into(),
        signal::SIGILL => "Illegal instruction".into(),
        signal::SIGFPE => "Floating point exception".into(),
        signal::SIGBUS => "Bus error".into(),
        signal::SIGKILL => "Killed".into(),
        signal::SIGTERM => "Terminated".into(),
        signal::SIGHUP => "Hangup".into(),
        number => format!("Signal {number} ({})", signal::name(number)),
    }
}

impl Shell {
    /// Begins a job without processes.
    pub fn new_job(&mut self, text: &str, foreground: bool) -> Job {
        let used = self.jobs.iter().map(|job| job.number).max().unwrap_or(0);
        Job {
            number: used + 1,
            group: 0,
            processes: Vec::new(),
            text: text.into(),
            foreground,
        }
    }

    /// Starts a process of `job` which does `body`, with its input and output as given.
    ///
    /// # Errors
    /// fork(2).
    pub fn start(
        &mut self,
        job: &mut Job,
        (input, output): (Fd, Fd),
        body: impl FnOnce(&mut Self) -> i32,
    ) -> Result<(), Errno> {
        if let Some(pid) = task::fork()? {
            // Parent and child both do this, so that it is done whoever runs first.
            if self.terminal.is_some() {
                job.group = if job.group == 0 { pid } else { job.group };
                let _ = task::setpgid(pid, job.group);
            }
            job.processes.push((pid, None));
            return Ok(());
        }
        if let Some(terminal) = self.terminal {
            let _ = task::setpgid(0, job.group);
            if job.foreground {
                let _ = file::set_foreground(terminal, task::getpgrp());
            }
        } else if !job.foreground && input == STDIN {
            // Without job control only this keeps a background job from eating our input.
            let _ = file::close(STDIN);
            let _ = file::open("/dev/null", 0, 0);
            let _ = metal::user::signal::ignore(SIGINT);
        }
        for (fd, place) in [(input, STDIN), (output, STDOUT)] {
            if fd != place {
                let _ = file::dup2(fd, place);
                let _ = file::close(fd);
            }
        }
        self.leave_terminal();
        task::exit(body(self))
    }

    /// Lets a job that was started go its way: in the foreground it is waited for, and the
    /// result is its status.
    pub fn launch(&mut self, job: Job) -> i32 {
        let (number, group, foreground) = (job.number, job.group, job.foreground);
        let last = job.processes.last().map(|(pid, _)| *pid);
        self.jobs.push(job);
        if foreground {
            return self.wait_for_job(number, group);
        }
        self.last_background = last;
        if let (Some(pid), Some(_)) = (last, self.terminal) {
            say!(Out::stderr(), "[{number}] {pid}");
        }
        0
    }

    /// Waits until a job has ended or stopped.
    fn wait_for_job(&mut self, number: u32, group: i32) -> i32 {
        if let Some(terminal) = self.terminal {
            let _ = file::set_foreground(terminal, group);
        }
        let options = if self.terminal.is_some() {
            WUNTRACED
        } else {
            0
        };
        while self.job(number).is_some_and(|job| !job.at_rest()) {
            match task::wait(-1, options) {
                Ok(Some((pid, ended))) => self.note(pid, ended),
                Ok(None) | Err(Errno::EINTR) => {}
                Err(_) => break, // no children: somebody else has waited for them
            }
        }
        if let Some(terminal) = self.terminal {
            let _ = file::set_foreground(terminal, task::getpgrp());
        }
        let Some(at) = self.jobs.iter().position(|job| job.number == number) else {
            return 0;
        };
        let job = &mut self.jobs[at];
        let ended = job.ended();
        if job.stopped() {
            job.foreground = false;
            say!(Out::stderr(), "\n[{number}] {}  {}", job.state(), job.text);
            return ended.code();
        }
        let job = self.jobs.remove(at);
        match ended {
            // The terminal has echoed ^C without ending the line.
            Ended::Killed(SIGINT) | Ended::Exited(130) if self.terminal.is_some() => {
                say!(Out::stderr(), "");
            }
            Ended::Exited(_) | Ended::Killed(SIGINT | SIGPIPE) => {}
            Ended::Killed(_) | Ended::Stopped(_) => say!(Out::stderr(), "{}", job.state()),
        }
        ended.code()
    }

    fn job(&self, number: u32) -> Option<&Job> {
        self.jobs.iter().find(|job| job.number == number)
    }

    /// Notes that a process has ended. One that is in no job was somebody's orphan: the first
    /// process of a pid namespace inherits those.
    fn note(&mut self, pid: i32, ended: Ended) {
        let processes = self.jobs.iter_mut().flat_map(|job| &mut job.processes);
        for process in processes.filter(|process| process.0 == pid) {
            process.1 = Some(ended);
        }
    }

    /// Looks which background jobs have ended, and says so on a terminal.
    pub fn reap(&mut self) {
        while let Ok(Some((pid, ended))) = task::wait(-1, WNOHANG) {
            self.note(pid, ended);
        }
        for job in self
            .jobs
            .iter()
            .filter(|job| job.at_rest() && !job.stopped())
        {
            say!(
                Out::stderr(),
                "[{}] {}  {}",
                job.number,
                job.state(),
                job.text
            );
        }
        self.jobs.retain(|job| !job.at_rest() || job.stopped());
    }

    /// `wait`: for every background job, or for the named ones (`%1` or a pid).
    pub fn wait_builtin(&mut self, names: &[String]) -> i32 {
        let mut wanted: Vec<i32> = Vec::new();
        for name in names {
            match self.find_job(name) {
                Some(at) => wanted.extend(self.jobs[at].processes.last().map(|last| last.0)),
                None => match name.parse() {
                    Ok(pid) => wanted.push(pid),
                    Err(_) => return 127,
                },
            }
        }
        let everything: Vec<i32> = self
            .jobs
            .iter()
            .filter(|job| !job.stopped())
            .flat_map(|job| &job.processes)
            .map(|process| process.0)
            .collect();
        let all = names.is_empty();
        let mut status = 0;
        for pid in if all { everything } else { wanted } {
            match self.wait_for_pid(pid) {
                Ok(ended) => status = if all { 0 } else { ended },
                Err(interrupted) => return interrupted,
            }
        }
        self.jobs.retain(|job| !job.at_rest() || job.stopped());
        status
    }

    /// The status of one of our children, or 127; `Err` when a signal came first.
    fn wait_for_pid(&mut self, pid: i32) -> Result<i32, i32> {
        loop {
            let mut processes = self.jobs.iter().flat_map(|job| &job.processes);
            match processes.find(|process| process.0 == pid) {
                Some((_, Some(ended))) => return Ok(ended.code()),
                Some((_, None)) => {}
                None => return Ok(127),
            }
            match task::wait(-1, 0) {
                Ok(Some((pid, ended))) => self.note(pid, ended),
                Ok(None) => {}
                Err(Errno::EINTR) => {
                    let interrupted = self.terminal.is_some() && metal::user::signal::take(SIGINT);
                    if interrupted || self.traps.iter().next().is_some() {
                        return Err(130);
                    }
                }
                Err(_) => return Ok(127),
            }
        }
    }

    /// Where in the table a job is: `%1`, `%%` or `%+` for the last one, or a pid.
    pub fn find_job(&self, name: &str) -> Option<usize> {
        let Some(number) = name.strip_prefix('%') else {
            let pid = name.parse().ok()?;
            return self
                .jobs
                .iter()
                .position(|job| job.processes.iter().any(|process| process.0 == pid));
        };
        match number {
            "" | "%" | "+" => self.jobs.len().checked_sub(1),
            number => {
                let number = number.parse().ok()?;
                self.jobs.iter().position(|job| job.number == number)
            }
        }
    }

    /// `jobs`.
    pub fn list_jobs(&mut self) {
        while let Ok(Some((pid, ended))) = task::wait(-1, WNOHANG) {
            self.note(pid, ended);
        }
        let mut out = Out::stdout();
        for job in &self.jobs {
            say!(out, "[{}] {}  {}", job.number, job.state(), job.text);
        }
        self.jobs.retain(|job| !job.at_rest() || job.stopped());
    }

    /// `fg` and `bg`: a stopped job goes on.
    pub fn resume(&mut self, name: &str, foreground: bool) -> i32 {
        let Some(at_index) = self.find_job(name) else {
            complain("sh", &crate::Trouble::new(format!("{name}: no such job")));
            return 1;
        };
        let job = &mut self.jobs[at_index];
        for process in &mut job.processes {
            if matches!(process.1, Some(Ended::Stopped(_))) {
                process.1 = None;
            }
        }
        job.foreground = foreground;
        let (number, group) = (job.number, job.group);
        say!(Out::stderr(), "{}", job.text);
        if let Some(terminal) = self.terminal.filter(|_| foreground) {
            let _ = file::set_foreground(terminal, group);
        }
        if let Err(why) = task::kill(-group, signal::SIGCONT) {
            complain("sh", &at(name)(why));
        }
        if foreground {
            self.wait_for_job(number, group)
        } else {
            0
        }
    }
}
