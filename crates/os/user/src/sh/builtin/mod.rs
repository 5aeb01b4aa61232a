//! Commands that the shell runs itself: those that change it, and a few that would be slow as
//! programs.

mod lookup;
mod variables;

use self::lookup::{command, help, kind};
use self::variables::{export, local, read, set, shift, unset};
use super::expand::normal;
use super::{Flow, Run, Shell};
use crate::io::{Out, complain};
use crate::system::env::execute;
use crate::system::kill;
use crate::trouble::{Trouble, at};
use crate::{Args, say};
use abi::task::signal as number;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use metal::user::{file, fs, signal};

/// A builtin: the shell, and its words, the first of which is its name.
pub type Builtin = fn(&mut Shell, &[String]) -> Run;

macro_rules! builtins {
    ($($name:literal $run:expr, $help:literal;)*) => {
        /// Names, functions and one line of help each.
        const BUILTINS: &[(&str, Builtin, &str)] = &[$(($name, $run, $help),)*];
    };
}

builtins! {
    "." source, ". FILE: run the commands of a file here";
    ":" |_, _| Ok(0), ":: do nothing";
    "[" program, "[ EXPRESSION ]: test";
    "bg" |shell, words| Ok(shell.resume(words.get(1).map_or("%%", String::as_str), false)), "bg [%JOB]: a stopped job goes on in the background";
    "break" |_, words| Err(Flow::Break(loops(words))), "break [N]: leave a loop";
    "cd" cd, "cd [DIR | -]: change the current directory";
    "command" command, "command [-v] NAME: run a program, or say what NAME is";
    "continue" |_, words| Err(Flow::Continue(loops(words))), "continue [N]: begin a loop's next turn";
    "echo" program, "echo [-n] TEXT...: print a line";
    "eval" |shell, words| shell.text(&words[1..].join(" ")), "eval TEXT...: run a text";
    "exec" exec, "exec [COMMAND...]: become a program, or keep redirections";
    "exit" |shell, words| Err(Flow::Exit(status_of(shell, words))), "exit [STATUS]: leave the shell";
    "export" export, "export NAME[=VALUE]...: give variables to programs";
    "false" |_, _| Ok(1), "false: fail";
    "fg" |shell, words| Ok(shell.resume(words.get(1).map_or("%%", String::as_str), true)), "fg [%JOB]: a job goes on in the foreground";
    "help" help, "help: this list";
    "jobs" jobs, "jobs: what runs in the background";
    "kill" kill_jobs, "kill [-SIGNAL] PID | %JOB: send a signal";
    "local" local, "local NAME[=VALUE]...: variables of a function";
    "pwd" program, "pwd: print the current directory";
    "read" read, "read [-r] NAME...: a line of input into variables";
    "return" |shell, words| Err(Flow::Return(status_of(shell, words))), "return [STATUS]: leave a function";
    "set" set, "set [-e] [-u] [-x] [-- ARGUMENT...]: options and arguments";
    "shift" shift, "shift [N]: forget the first arguments";
    "source" source, "source FILE: run the commands of a file here";
    "test" program, "test EXPRESSION: see test --help";
    "trap" trap, "trap COMMANDS SIGNAL...: when a signal or EXIT comes";
    "true" |_, _| Ok(0), "true: succeed";
    "type" kind, "type NAME...: say what a name is";
    "unset" unset, "unset NAME...: forget variables or functions";
    "wait" |shell, words| Ok(shell.wait_builtin(&words[1..])), "wait [PID | %JOB]: until background jobs have ended";
}

/// The builtin of this name.
pub fn find(name: &str) -> Option<Builtin> {
    BUILTINS
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, run, _)| *run)
}

/// Says what went wrong and fails.
fn failed(words: &[String], trouble: &Trouble) -> Run {
    complain(&words[0], trouble);
    Ok(trouble.status)
}

/// A program of ours, run without a process of its own.
fn program(shell: &mut Shell, words: &[String]) -> Run {
    let Some(program) = crate::find(&words[0]) else {
        return Ok(127);
    };
    let args = Args {
        list: words[1..].to_vec(),
        env: shell.environment(),
    };
    Ok(crate::run(program, &args))
}

fn status_of(shell: &Shell, words: &[String]) -> i32 {
    words
        .get(1)
        .and_then(|word| word.parse().ok())
        .map_or(shell.status, |status: i32| status & 0xff)
}

fn loops(words: &[String]) -> u32 {
    words
        .get(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or(1)
        .max(1)
}

fn cd(shell: &mut Shell, words: &[String]) -> Run {
    let to = match words.get(1).map(String::as_str) {
        None => shell.get("HOME").unwrap_or("/").to_string(),
        Some("-") => shell.get("OLDPWD").unwrap_or("/").to_string(),
        Some(to) => to.to_string(),
    };
    if let Err(why) = fs::chdir(&to) {
        return failed(words, &at(&to)(why));
    }
    let old = shell.get("PWD").unwrap_or_default().to_string();
    let new = fs::getcwd().unwrap_or_else(|_| normal(&to, &old));
    if words.get(1).is_some_and(|word| word == "-") {
        say!(Out::stdout(), "{new}");
    }
    shell.set("OLDPWD", old);
    shell.set("PWD", new);
    Ok(0)
}

fn source(shell: &mut Shell, words: &[String]) -> Run {
    let Some(path) = words.get(1) else {
        return failed(words, &Trouble::usage("a file expected"));
    };
    match file::read_text(path) {
        Ok(text) => match shell.text(&text) {
            Err(Flow::Return(status)) => Ok(status),
            ended => ended,
        },
        Err(why) => failed(words, &at(path)(why)),
    }
}

fn exec(shell: &mut Shell, words: &[String]) -> Run {
    if words.len() == 1 {
        return Ok(0); // the redirections stay: see Shell::simple
    }
    shell.leave_terminal();
    let trouble = execute(&words[1..], &shell.environment());
    complain("exec", &trouble);
    Err(Flow::Exit(trouble.status))
}

fn trap(shell: &mut Shell, words: &[String]) -> Run {
    if words.len() < 3 {
        let mut out = Out::stdout();
        for (number, command) in shell.traps.iter() {
            let name = if *number == 0 {
                "EXIT"
            } else {
                number::name(*number)
            };
            say!(out, "trap -- '{command}' {name}");
        }
        return Ok(0);
    }
    let command = &words[1];
    for name in &words[2..] {
        if name == "EXIT" || name == "0" {
            match command.as_str() {
                "-" => drop(shell.traps.remove(&0)),
                command => drop(shell.traps.insert(0, command.into())),
            }
            continue;
        }
        let number = match kill::parse(name) {
            Ok(number) => number,
            Err(trouble) => return failed(words, &trouble),
        };
        let done = match command.as_str() {
            "-" => {
                shell.traps.remove(&number);
                signal::default(number)
            }
            "" => {
                shell.traps.remove(&number);
                signal::ignore(number)
            }
            command => {
                shell.traps.insert(number, command.into());
                signal::catch(number)
            }
        };
        if let Err(why) = done {
            return failed(words, &at(name)(why));
        }
    }
    Ok(0)
}

fn jobs(shell: &mut Shell, _: &[String]) -> Run {
    shell.list_jobs();
    Ok(0)
}

/// `kill`, which knows `%1` too.
fn kill_jobs(shell: &mut Shell, words: &[String]) -> Run {
    let mut plain = Vec::new();
    for word in words {
        let job = word
            .starts_with('%')
            .then(|| shell.find_job(word))
            .flatten();
        match job.map(|at| &shell.jobs[at]) {
            Some(job) if job.group != 0 => plain.push(format!("-{}", job.group)),
            Some(job) => plain.extend(job.processes.iter().map(|process| process.0.to_string())),
            None => plain.push(word.clone()),
        }
    }
    // A negative pid would look like a signal, so the signal must stand there.
    if plain.get(1).is_some_and(|word| word.starts_with('-')) && words[1].starts_with('%') {
        plain.insert(1, "-TERM".into());
    }
    program(shell, &plain)
}
