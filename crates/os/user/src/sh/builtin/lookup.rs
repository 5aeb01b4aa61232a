//! Builtins about names: what they stand for, where they are found.

use super::{BUILTINS, find};
use crate::io::Out;
use crate::sh::{Run, Shell};
use crate::{PROGRAMS, say};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use metal::user::fs;

/// `command`.
pub fn command(shell: &mut Shell, words: &[String]) -> Run {
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

/// `type`.
pub fn kind(shell: &mut Shell, words: &[String]) -> Run {
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

/// `help`.
pub fn help(_: &mut Shell, _: &[String]) -> Run {
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
