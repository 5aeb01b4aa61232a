//! Commands that the shell runs itself: those that change it, and a few that would be slow as
//! programs.

use super::expand::normal;
use super::words::is_name;
use super::{Flow, Run, Shell, Variable};
use crate::io::{Out, complain};
use crate::system::env::execute;
use crate::system::kill;
use crate::trouble::{Trouble, at};
use crate::{Args, PROGRAMS, say};
use abi::task::signal as number;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use metal::user::{Errno, STDIN, file, fs, signal};

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

/// `NAME` or `NAME=value`.
fn pair(word: &str) -> Result<(&str, Option<&str>), Trouble> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    match is_name(name) {
        true => Ok((name, value)),
        false => Err(Trouble::new(format!("{name}: not a name"))),
    }
}

fn export(shell: &mut Shell, words: &[String]) -> Run {
    if words.len() == 1 {
        let mut out = Out::stdout();
        shell
            .environment()
            .iter()
            .for_each(|pair| say!(out, "export {pair}"));
        return Ok(0);
    }
    for word in &words[1..] {
        match pair(word) {
            Ok((name, value)) => {
                let variable = shell.variables.entry(name.into());
                variable.exported = true;
                if let Some(value) = value {
                    variable.value = value.into();
                }
            }
            Err(trouble) => return failed(words, &trouble),
        }
    }
    Ok(0)
}

fn local(shell: &mut Shell, words: &[String]) -> Run {
    for word in &words[1..] {
        let (name, value) = match pair(word) {
            Ok(pair) => pair,
            Err(trouble) => return failed(words, &trouble),
        };
        let old = shell.variables.get(name).cloned();
        let Some(frame) = shell.locals.last_mut() else {
            return failed(words, &Trouble::new("not in a function"));
        };
        let exported = old.as_ref().is_some_and(|old| old.exported);
        frame.push((name.into(), old));
        let value = value.unwrap_or_default().into();
        shell
            .variables
            .insert(name.into(), Variable { value, exported });
    }
    Ok(0)
}

fn unset(shell: &mut Shell, words: &[String]) -> Run {
    let (functions, names) = match words.get(1).map(String::as_str) {
        Some("-f") => (true, &words[2..]),
        Some("-v") => (false, &words[2..]),
        _ => (false, &words[1..]),
    };
    for name in names {
        if functions || shell.variables.remove(name).is_none() {
            shell.functions.remove(name);
        }
    }
    Ok(0)
}

fn set(shell: &mut Shell, words: &[String]) -> Run {
    if words.len() == 1 {
        let mut out = Out::stdout();
        for (name, variable) in shell.variables.iter() {
            say!(out, "{name}='{}'", variable.value.replace('\'', "'\\''"));
        }
        return Ok(0);
    }
    for (index, word) in words.iter().enumerate().skip(1) {
        let on = match word.chars().next() {
            Some('-') => true,
            Some('+') => false,
            _ => {
                shell.arguments = words[index..].to_vec();
                break;
            }
        };
        if word == "--" {
            shell.arguments = words[index + 1..].to_vec();
            break;
        }
        for letter in word.chars().skip(1) {
            match letter {
                'e' => shell.errexit = on,
                'x' => shell.xtrace = on,
                'u' => shell.nounset = on,
                letter => {
                    let what = format!("-{letter}: no such option");
                    return failed(words, &Trouble::usage(what));
                }
            }
        }
    }
    Ok(0)
}

fn shift(shell: &mut Shell, words: &[String]) -> Run {
    let count = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(1);
    if count > shell.arguments.len() {
        return failed(words, &Trouble::new("there are not so many"));
    }
    shell.arguments.drain(..count);
    Ok(0)
}

/// Reads a line, byte by byte since what follows it belongs to others, and splits it; the last
/// name gets the rest. The status is 1 at the end of the input.
fn read(shell: &mut Shell, words: &[String]) -> Run {
    let raw = words.get(1).is_some_and(|word| word == "-r");
    let names = &words[1 + usize::from(raw)..];
    let mut line = Vec::new();
    let mut complete = false;
    let mut byte = [0];
    loop {
        match file::read(STDIN, &mut byte) {
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => {
                complete = true;
                break;
            }
            Ok(_) if byte[0] == b'\\' && !raw => match file::read(STDIN, &mut byte) {
                Ok(1) if byte[0] == b'\n' => {}
                Ok(1) => line.push(byte[0]),
                _ => break,
            },
            Ok(_) => line.push(byte[0]),
            Err(Errno::EINTR) if signal::take(number::SIGINT) => return Ok(130),
            Err(Errno::EINTR) => shell.run_traps()?,
            Err(why) => return failed(words, &at("standard input")(why)),
        }
    }
    let line = String::from_utf8_lossy(&line).into_owned();
    let separators = shell.get("IFS").unwrap_or(" \t\n").to_string();
    let blank = |c: char| separators.contains(c) && c.is_ascii_whitespace();
    let mut rest = line.trim_matches(blank);
    let default = [String::from("REPLY")];
    let names = if names.is_empty() { &default } else { names };
    for (index, name) in names.iter().enumerate() {
        let end = match index + 1 < names.len() {
            true => rest.find(|c| separators.contains(c)).unwrap_or(rest.len()),
            false => rest.len(),
        };
        shell.set(name, &rest[..end]);
        rest = rest[end..].trim_start_matches(blank);
        // One separator that is no blank stands between two fields.
        if let Some(c) = rest.chars().next()
            && separators.contains(c)
            && end > 0
        {
            rest = rest[c.len_utf8()..].trim_start_matches(blank);
        }
    }
    Ok(i32::from(!complete))
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

fn command(shell: &mut Shell, words: &[String]) -> Run {
    match words.get(1).map(String::as_str) {
        Some("-v") => describe(shell, words, 2, true),
        Some(_) => match find(&words[1]) {
            Some(builtin) => builtin(shell, &words[1..]),
            None => {
                let line: Vec<String> = words[1..].iter().map(|word| quoted(word)).collect();
                let functions = core::mem::take(&mut shell.functions);
                let ended = shell.text(&line.join(" "));
                shell.functions = functions;
                ended
            }
        },
        None => Ok(0),
    }
}

fn kind(shell: &mut Shell, words: &[String]) -> Run {
    describe(shell, words, 1, false)
}

fn describe(shell: &Shell, words: &[String], from: usize, short: bool) -> Run {
    let mut out = Out::stdout();
    let mut status = 0;
    for name in &words[from..] {
        let what = match () {
            () if shell.functions.get(name).is_some() => "a function".into(),
            () if find(name).is_some() => "a shell builtin".into(),
            () => match which(shell, name) {
                Some(path) => path,
                None => {
                    status = 127;
                    if !short {
                        say!(out, "{name}: not found");
                    }
                    continue;
                }
            },
        };
        match (short, what.starts_with('/')) {
            (true, true) => say!(out, "{what}"),
            (true, false) => say!(out, "{name}"),
            (false, _) => say!(out, "{name} is {what}"),
        }
    }
    Ok(status)
}

/// Where `PATH` finds a program.
fn which(shell: &Shell, name: &str) -> Option<String> {
    if name.contains('/') {
        return fs::access(name, 1).is_ok().then(|| name.into());
    }
    let mut dirs = shell.get("PATH").unwrap_or_default().split(':');
    dirs.find_map(|dir| {
        let path = format!("{dir}/{name}");
        fs::access(&path, 1).is_ok().then_some(path)
    })
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn help(_: &mut Shell, _: &[String]) -> Run {
    let mut out = Out::stdout();
    say!(out, "In the shell:");
    for (_, _, help) in BUILTINS {
        say!(out, "  {help}");
    }
    say!(out, "Programs (each with --help):");
    for program in PROGRAMS
        .iter()
        .filter(|program| find(program.name).is_none())
    {
        say!(out, "  {}", program.help);
    }
    Ok(0)
}
