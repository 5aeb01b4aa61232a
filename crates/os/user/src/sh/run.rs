//! Running what was parsed.

use super::redirect::Redirected;
use super::syntax::{Command, Item, Kind, List, Pipeline, Word};
use super::{Flow, Run, Shell, Variable, builtin, glob};
use crate::io::{Out, complain};
use crate::say;
use crate::system::env::execute;
use crate::trouble::at;
use abi::fs::open::O_CLOEXEC;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use metal::user::{STDIN, STDOUT, file};

impl Shell {
    /// Runs commands in order; the status is that of the last.
    ///
    /// # Errors
    /// [`Flow`].
    pub fn list(&mut self, list: &List) -> Run {
        for item in &list.0 {
            self.item(item)?;
            self.run_traps()?;
        }
        Ok(self.status)
    }

    fn item(&mut self, item: &Item) -> Run {
        if !item.background {
            return self.chain(item);
        }
        let status = match item.rest.is_empty() && !item.first.negate {
            true => self.spawn(&item.first.commands, &item.text, false)?,
            false => {
                let mut job = self.new_job(&item.text, false);
                let body = |shell: &mut Self| {
                    let ended = shell.chain(item);
                    shell.finish(ended)
                };
                match self.start(&mut job, (STDIN, STDOUT), body) {
                    Ok(()) => self.launch(job),
                    Err(why) => self.cannot_fork(why),
                }
            }
        };
        self.status = status;
        Ok(status)
    }

    /// `a && b || c`.
    fn chain(&mut self, item: &Item) -> Run {
        let mut last = &item.first;
        // A failure that decides what runs next is no failure for `set -e`.
        let deciding = |rest: usize| rest < item.rest.len();
        let mut status = self.guarded(last, deciding(0))?;
        for (index, (and, pipeline)) in item.rest.iter().enumerate() {
            if (status == 0) == *and {
                last = pipeline;
                status = self.guarded(last, deciding(index + 1))?;
            } else {
                last = &item.first;
            }
        }
        // What failed inside a compound command has counted there, or was a condition.
        let simple =
            |command: &Command| matches!(command.kind, Kind::Simple { .. } | Kind::Subshell(_));
        let counts = last.commands.len() > 1 || simple(&last.commands[0]);
        let is_last = item
            .rest
            .last()
            .is_none_or(|(_, pipeline)| core::ptr::eq(pipeline, last));
        if status != 0 && self.errexit && self.conditions == 0 && !last.negate && counts && is_last
        {
            return Err(Flow::Exit(status));
        }
        Ok(status)
    }

    fn guarded(&mut self, pipeline: &Pipeline, condition: bool) -> Run {
        self.conditions += u32::from(condition || pipeline.negate);
        let ended = self.pipeline(pipeline);
        self.conditions -= u32::from(condition || pipeline.negate);
        ended
    }

    /// A list whose failure is an answer, not a mistake.
    fn condition(&mut self, list: &List) -> Run {
        self.conditions += 1;
        let ended = self.list(list);
        self.conditions -= 1;
        ended
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Run {
        let status = match &pipeline.commands[..] {
            [command] => self.command(command)?,
            commands => self.spawn(commands, "", true)?,
        };
        self.status = if pipeline.negate {
            i32::from(status == 0)
        } else {
            status
        };
        Ok(self.status)
    }

    /// Starts a process for each command, joined by pipes.
    fn spawn(&mut self, commands: &[Command], text: &str, foreground: bool) -> Run {
        let mut job = self.new_job(text, foreground);
        let mut input = STDIN;
        for (index, command) in commands.iter().enumerate() {
            let (next, output) = match index + 1 < commands.len() {
                true => match file::pipe(O_CLOEXEC) {
                    Ok(ends) => ends,
                    Err(why) => return Ok(self.cannot_fork(why)),
                },
                false => (STDIN, STDOUT),
            };
            let started = self.start(&mut job, (input, output), |shell| {
                // Whoever holds a pipe's read end keeps its writers from ever being told.
                if next != STDIN {
                    let _ = file::close(next);
                }
                let ended = shell.last_command(command);
                shell.finish(ended)
            });
            for fd in [input, output].into_iter().filter(|fd| *fd > STDOUT) {
                let _ = file::close(fd);
            }
            input = next;
            if let Err(why) = started {
                if input != STDIN {
                    let _ = file::close(input);
                }
                self.cannot_fork(why);
                break;
            }
        }
        match job.processes.is_empty() {
            true => Ok(1),
            false => Ok(self.launch(job)),
        }
    }

    fn cannot_fork(&mut self, why: metal::user::Errno) -> i32 {
        complain(&self.name, &at("fork")(why));
        1
    }

    /// Runs the one command that this process is for: a program replaces it.
    fn last_command(&mut self, command: &Command) -> Run {
        if let Kind::Simple { assigns, words } = &command.kind {
            return self.simple(assigns, words, command, true);
        }
        self.command(command)
    }

    fn command(&mut self, command: &Command) -> Run {
        if let Kind::Simple { assigns, words } = &command.kind {
            return self.simple(assigns, words, command, false);
        }
        if let Kind::Function { name, body } = &command.kind {
            self.functions.insert(name.clone(), Rc::clone(body));
            return Ok(0);
        }
        if let Kind::Subshell(list) = &command.kind {
            return self.subshell(list, command);
        }
        match self.redirect(&command.redirects)? {
            Redirected::Done(saved) => {
                let ended = self.compound(&command.kind);
                saved.restore();
                ended
            }
            Redirected::Failed(trouble) => {
                complain(&self.name, &trouble);
                Ok(1)
            }
        }
    }

    fn subshell(&mut self, list: &List, command: &Command) -> Run {
        let mut job = self.new_job("( … )", true);
        let body = |shell: &mut Self| {
            let ended = match shell.redirect(&command.redirects) {
                Ok(Redirected::Done(_)) => shell.list(list),
                Ok(Redirected::Failed(trouble)) => Err(Flow::Abort(trouble)),
                Err(flow) => Err(flow),
            };
            shell.finish(ended)
        };
        match self.start(&mut job, (STDIN, STDOUT), body) {
            Ok(()) => Ok(self.launch(job)),
            Err(why) => Ok(self.cannot_fork(why)),
        }
    }

    fn compound(&mut self, kind: &Kind) -> Run {
        match kind {
            Kind::Group(list) => self.list(list),
            Kind::If { arms, otherwise } => {
                for (condition, body) in arms {
                    if self.condition(condition)? == 0 {
                        return self.list(body);
                    }
                }
                if otherwise.0.is_empty() {
                    self.status = 0;
                }
                self.list(otherwise)
            }
            Kind::Loop {
                condition,
                until,
                body,
            } => {
                let mut status = 0;
                while (self.condition(condition)? == 0) != *until {
                    if self.turn(body)? {
                        status = 0;
                        break;
                    }
                    status = self.status;
                }
                self.status = status;
                Ok(status)
            }
            Kind::For { name, words, body } => {
                let values = match words {
                    Some(words) => self.arguments_of(words)?,
                    None => self.arguments.clone(),
                };
                self.status = 0;
                for value in values {
                    self.set(name, value);
                    if self.turn(body)? {
                        break;
                    }
                }
                Ok(self.status)
            }
            Kind::Case { word, arms } => {
                let value = self.text_of(word)?;
                for (patterns, body) in arms {
                    for pattern in patterns {
                        let pattern = self.pattern_of(pattern)?;
                        if glob::matches(&pattern, &value) {
                            self.status = 0;
                            return self.list(body);
                        }
                    }
                }
                Ok(0)
            }
            Kind::Simple { .. } | Kind::Subshell(_) | Kind::Function { .. } => Ok(0),
        }
    }

    /// One turn of a loop; `true` if it was the last. An outer loop's `break` goes on out.
    fn turn(&mut self, body: &List) -> Result<bool, Flow> {
        match self.list(body) {
            Ok(_) | Err(Flow::Continue(1)) => Ok(false),
            Err(Flow::Break(1)) => Ok(true),
            Err(Flow::Break(loops)) => Err(Flow::Break(loops - 1)),
            Err(Flow::Continue(loops)) => Err(Flow::Continue(loops - 1)),
            Err(flow) => Err(flow),
        }
    }

    /// Assignments, or a function, a builtin, a program. `last`: nothing comes after it in
    /// this process, so a program need not be forked for.
    fn simple(
        &mut self,
        assigns: &[(String, Word)],
        words: &[Word],
        command: &Command,
        last: bool,
    ) -> Run {
        self.substituted = None;
        let arguments = self.arguments_of(words)?;
        let mut values = Vec::new();
        for (name, word) in assigns {
            values.push((name.clone(), self.text_of(word)?));
        }
        if self.xtrace {
            let pairs = values
                .iter()
                .map(|(name, value)| alloc::format!("{name}={value}"));
            let line: Vec<String> = pairs.chain(arguments.iter().cloned()).collect();
            say!(Out::stderr(), "+ {}", line.join(" "));
        }
        let Some(name) = arguments.first() else {
            values
                .into_iter()
                .for_each(|(name, value)| self.set(&name, value));
            let status = self.substituted.unwrap_or(0);
            return match self.redirect(&command.redirects)? {
                Redirected::Done(saved) => {
                    saved.restore();
                    Ok(status)
                }
                Redirected::Failed(trouble) => {
                    complain(&self.name, &trouble);
                    Ok(1)
                }
            };
        };
        let function = self.functions.get(name).cloned();
        let builtin = builtin::find(name);
        if function.is_some() || builtin.is_some() {
            let keeps = name == "exec" && arguments.len() == 1;
            return match self.redirect(&command.redirects)? {
                Redirected::Done(saved) => {
                    let hidden = self.assign_for_now(values);
                    let ended = match (function, builtin) {
                        (Some(body), _) => self.call(&body, &arguments[1..]),
                        (None, Some(builtin)) => builtin(self, &arguments),
                        (None, None) => Ok(0),
                    };
                    self.assign_back(hidden);
                    if keeps {
                        saved.keep()
                    } else {
                        saved.restore()
                    }
                    ended
                }
                Redirected::Failed(trouble) => {
                    complain(&self.name, &trouble);
                    Ok(1)
                }
            };
        }
        let body = |shell: &mut Self| match shell.redirect(&command.redirects) {
            Ok(Redirected::Done(_)) => {
                for (name, value) in values {
                    let exported = true;
                    shell.variables.insert(name, Variable { value, exported });
                }
                let trouble = execute(&arguments, &shell.environment());
                complain(&shell.name, &trouble);
                trouble.status
            }
            Ok(Redirected::Failed(trouble)) => shell.finish(Err(Flow::Abort(trouble))),
            Err(flow) => shell.finish(Err(flow)),
        };
        if last {
            return Ok(body(self));
        }
        let mut job = self.new_job(&arguments.join(" "), true);
        match self.start(&mut job, (STDIN, STDOUT), body) {
            Ok(()) => Ok(self.launch(job)),
            Err(why) => Ok(self.cannot_fork(why)),
        }
    }

    fn call(&mut self, body: &Command, arguments: &[String]) -> Run {
        let outer = mem::replace(&mut self.arguments, arguments.to_vec());
        self.locals.push(Vec::new());
        let ended = self.command(body);
        let hidden = self.locals.pop().unwrap_or_default();
        self.assign_back(hidden);
        self.arguments = outer;
        match ended {
            Err(Flow::Return(status)) => Ok(status),
            ended => ended,
        }
    }

    /// `NAME=value builtin`: sets variables and gives back what they hid.
    fn assign_for_now(&mut self, values: Vec<(String, String)>) -> Vec<(String, Option<Variable>)> {
        let mut hidden = Vec::new();
        for (name, value) in values {
            let exported = true;
            let old = self
                .variables
                .insert(name.clone(), Variable { value, exported });
            hidden.push((name, old));
        }
        hidden
    }

    fn assign_back(&mut self, hidden: Vec<(String, Option<Variable>)>) {
        for (name, old) in hidden.into_iter().rev() {
            match old {
                Some(variable) => drop(self.variables.insert(name, variable)),
                None => drop(self.variables.remove(&name)),
            }
        }
    }
}
