//! `sh`: the shell.
//!
//! The way of a line: [`parse`] makes a [`syntax::List`] of it, [`run`] walks that, [`expand`]
//! turns its words into arguments, [`jobs`] forks and waits. Line editing is left to the
//! terminal: a canonical-mode tty hands over whole lines.

pub mod arith;
pub mod builtin;
pub mod compound;
pub mod expand;
pub mod glob;
pub mod jobs;
pub mod parse;
pub mod redirect;
pub mod run;
pub mod syntax;
pub mod test;
pub mod words;

use crate::io::Out;
use crate::table::Table;
use crate::trouble::at;
use crate::{Args, Outcome, Trouble, put, say};
use abi::task::signal::{SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU};
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use metal::user::{Errno, Fd, STDERR, STDIN, file, fs, signal, task};
use parse::{Parser, Wrong};

/// A variable.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Variable {
    /// Its value.
    pub value: String,
    /// Programs get it in their environment.
    pub exported: bool,
}

/// Something that ends more than one command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Flow {
    /// `break n`.
    Break(u32),
    /// `continue n`.
    Continue(u32),
    /// `return`.
    Return(i32),
    /// `exit`.
    Exit(i32),
    /// A mistake that ends a script; an interactive shell goes on with the next line.
    Abort(Trouble),
}

/// What running something comes to: its exit status, or more than that.
pub type Run = Result<i32, Flow>;

/// A shell's whole state.
pub struct Shell {
    /// Variables, exported or not.
    pub variables: Table<String, Variable>,
    /// Functions.
    pub functions: Table<String, Rc<syntax::Command>>,
    /// `$0`.
    pub name: String,
    /// `$1` and so on.
    pub arguments: Vec<String>,
    /// `$?`.
    pub status: i32,
    /// The status of the last `$(…)`: that of an assignment, if it has one.
    pub substituted: Option<i32>,
    /// `$$`: the shell's pid, also in its subshells.
    pub pid: i32,
    /// `$!`.
    pub last_background: Option<i32>,
    /// Pipelines that were started and not yet waited for.
    pub jobs: Vec<jobs::Job>,
    /// The terminal, when the shell controls jobs on it.
    pub terminal: Option<Fd>,
    /// `set -e`, and how deep in conditions it does not count.
    pub errexit: bool,
    /// See `errexit`.
    pub conditions: u32,
    /// `set -x`.
    pub xtrace: bool,
    /// `set -u`.
    pub nounset: bool,
    /// `trap` commands by signal; 0 is EXIT.
    pub traps: Table<u32, String>,
    /// Variables that `local` has hidden, a frame for every function call.
    pub locals: Vec<Vec<(String, Option<Variable>)>>,
}

/// Signals that are for the jobs of an interactive shell, not for itself.
const FOR_JOBS: [u32; 5] = [SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU];

/// Runs commands from a text, a script, or standard input.
pub fn main(args: &Args) -> Outcome {
    let options = args.options("+-c -i -s -e -x -u -l")?;
    let mut shell = Shell::new(&args.env);
    shell.errexit = options.has("-e");
    shell.xtrace = options.has("-x");
    shell.nounset = options.has("-u");
    let (text, talk) = (options.has("-c"), options.has("-i"));
    let mut rest = options.rest.into_iter();
    if text {
        let text = rest
            .next()
            .ok_or_else(|| Trouble::usage("-c needs commands"))?;
        shell.name = rest.next().unwrap_or_else(|| "sh".into());
        shell.arguments = rest.collect();
        return Ok(shell.whole(&text));
    }
    if let Some(script) = rest.next() {
        let text = file::read_text(&script).map_err(|why| Trouble {
            status: if why == Errno::ENOENT { 127 } else { 126 },
            ..at(&script)(why)
        })?;
        shell.name = script;
        shell.arguments = rest.collect();
        return Ok(shell.whole(&text));
    }
    if talk || (file::is_terminal(STDIN) && file::is_terminal(STDERR)) {
        shell.take_terminal();
    }
    Ok(shell.converse())
}

impl Shell {
    /// A shell with this environment.
    pub fn new(env: &[String]) -> Self {
        let pairs = env.iter().filter_map(|pair| pair.split_once('='));
        let exported = |value: &str| Variable {
            value: value.into(),
            exported: true,
        };
        let mut variables = Table::new();
        variables.insert(String::from("PATH"), exported("/bin"));
        for (name, value) in pairs {
            variables.insert(name.into(), exported(value));
        }
        if let Ok(cwd) = fs::getcwd() {
            variables.insert("PWD".into(), exported(&cwd));
        }
        Self {
            variables,
            functions: Table::new(),
            name: "sh".into(),
            arguments: Vec::new(),
            status: 0,
            substituted: None,
            pid: task::getpid(),
            last_background: None,
            jobs: Vec::new(),
            terminal: None,
            errexit: false,
            conditions: 0,
            xtrace: false,
            nounset: false,
            traps: Table::new(),
            locals: Vec::new(),
        }
    }

    /// Makes this an interactive shell: in a process group of its own, which the terminal's
    /// Ctrl-C reaches, and deaf to what is meant for its jobs.
    fn take_terminal(&mut self) {
        for number in FOR_JOBS {
            let _ = signal::ignore(number);
        }
        let _ = signal::catch(SIGINT);
        let _ = task::setpgid(0, 0); // a session's leader has a group already
        let terminal = file::dup_above(STDIN, 10).unwrap_or(STDIN);
        let _ = file::set_foreground(terminal, task::getpgrp());
        self.terminal = Some(terminal);
    }

    /// A child has the signals that it would have without an interactive parent.
    pub(crate) fn leave_terminal(&mut self) {
        if self.terminal.take().is_some() {
            for number in FOR_JOBS {
                let _ = signal::default(number);
            }
            let _ = signal::default(SIGINT);
        }
        for (number, command) in core::mem::take(&mut self.traps).iter() {
            if *number != 0 && !command.is_empty() {
                let _ = signal::default(*number);
            }
        }
        self.jobs.clear();
    }

    /// Runs a whole text and ends.
    fn whole(&mut self, text: &str) -> i32 {
        let ended = self.text(text);
        self.finish(ended)
    }

    /// Runs a text, line by line.
    ///
    /// # Errors
    /// [`Flow`]; wrong syntax is [`Flow::Abort`].
    pub fn text(&mut self, text: &str) -> Run {
        let mut parser = Parser::new(text);
        loop {
            match parser.line() {
                Ok(None) => return Ok(self.status),
                Ok(Some(list)) => {
                    self.list(&list)?;
                }
                Err(wrong) => {
                    let line = 1 + text[..parser.at].matches('\n').count();
                    return Err(Flow::Abort(mistake(&wrong, Some(line))));
                }
            };
        }
    }

    /// Runs lines from standard input as they come, with a prompt if there is a terminal.
    fn converse(&mut self) -> i32 {
        let mut pending = String::new();
        loop {
            if self.terminal.is_some() {
                self.reap();
                self.prompt(!pending.is_empty());
            }
            let more = match read_line(self.terminal.is_some()) {
                Ok(more) => more,
                Err(Errno::EINTR) => {
                    if signal::take(SIGINT) {
                        say!(Out::stderr(), "");
                        pending.clear();
                        self.status = 130;
                    }
                    if let Err(flow) = self.run_traps() {
                        return self.finish(Err(flow));
                    }
                    continue;
                }
                Err(why) => {
                    crate::io::complain("sh", &at("standard input")(why));
                    return self.finish(Ok(1));
                }
            };
            let ended = more.is_empty();
            pending.push_str(&more);
            let mut parser = Parser::new(&pending);
            let done = match parser.line() {
                Err(Wrong::Incomplete) if !ended => continue,
                Err(wrong) => Err(Flow::Abort(mistake(&wrong, None))),
                Ok(list) => list.map_or(Ok(0), |list| self.list(&list)),
            };
            pending.clear();
            match done {
                Err(Flow::Abort(trouble)) if self.terminal.is_some() => {
                    crate::io::complain(&self.name, &trouble);
                    self.status = trouble.status;
                }
                Err(flow @ (Flow::Exit(_) | Flow::Abort(_))) => return self.finish(Err(flow)),
                _ => {}
            }
            if ended {
                if self.terminal.is_some() {
                    say!(Out::stderr(), "exit");
                }
                return self.finish(Ok(self.status));
            }
        }
    }

    fn prompt(&self, continued: bool) {
        let mut out = Out::stderr();
        if continued {
            put!(out, "> ");
            return;
        }
        let host = crate::system::names::host();
        let cwd = fs::getcwd().unwrap_or_default();
        put!(
            out,
            "{host}:{cwd}{} ",
            if task::getuid() == 0 { '#' } else { '$' }
        );
    }

    /// The end of the shell: what `ended` comes to, and the EXIT trap.
    pub(crate) fn finish(&mut self, ended: Run) -> i32 {
        let status = match ended {
            Ok(status) | Err(Flow::Exit(status) | Flow::Return(status)) => status,
            Err(Flow::Break(_) | Flow::Continue(_)) => self.status,
            Err(Flow::Abort(trouble)) => {
                crate::io::complain(&self.name, &trouble);
                trouble.status
            }
        };
        self.status = status;
        match self.traps.remove(&0).map(|command| self.text(&command)) {
            Some(Err(Flow::Exit(status))) => status,
            _ => status,
        }
    }

    /// Runs the traps of signals that have come.
    ///
    /// # Errors
    /// What the trap's commands end with.
    pub(crate) fn run_traps(&mut self) -> Result<(), Flow> {
        let signals = self.traps.iter().map(|(number, _)| *number);
        let came: Vec<u32> = signals.filter(|number| *number != 0).collect();
        for number in came.into_iter().filter(|number| signal::take(*number)) {
            let command = self.traps.get(&number).cloned().unwrap_or_default();
            let status = self.status;
            self.text(&command)?;
            self.status = status;
        }
        Ok(())
    }

    /// The value of a variable; `None` if it is not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(|variable| variable.value.as_str())
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.entry(name.into()).value = value.into();
    }

    /// The environment for programs.
    pub fn environment(&self) -> Vec<String> {
        let exported = self
            .variables
            .iter()
            .filter(|(_, variable)| variable.exported);
        exported
            .map(|(name, variable)| format!("{name}={}", variable.value))
            .collect()
    }
}

fn mistake(wrong: &Wrong, line: Option<usize>) -> Trouble {
    let what = match wrong {
        Wrong::Incomplete => "unexpected end of file",
        Wrong::Syntax(what) => what,
    };
    let line = line.map_or(String::new(), |line| format!("{line}: "));
    Trouble::usage(format!("{line}syntax error: {what}"))
}

/// A line of standard input with its newline; empty at the end. What stands behind the line
/// belongs to the programs that it starts, so a file or pipe is read byte by byte; a terminal
/// gives no more than a line anyway.
fn read_line(terminal: bool) -> Result<String, Errno> {
    let mut line = Vec::new();
    let mut buf = [0; 256];
    let chunk = if terminal { buf.len() } else { 1 };
    loop {
        let count = file::read(STDIN, &mut buf[..chunk])?;
        line.extend_from_slice(&buf[..count]);
        if count == 0 || line.last() == Some(&b'\n') {
            return Ok(String::from_utf8_lossy(&line).into_owned());
        }
    }
}
