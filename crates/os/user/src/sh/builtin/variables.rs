//! Builtins about variables and arguments.

use super::failed;
use crate::io::Out;
use crate::say;
use crate::sh::words::is_name;
use crate::sh::{Run, Shell, Variable};
use crate::trouble::{Trouble, at};
use abi::task::signal::SIGINT;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use metal::user::{Errno, STDIN, file, signal};

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

/// `export`.
pub fn export(shell: &mut Shell, words: &[String]) -> Run {
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

/// `local`.
pub fn local(shell: &mut Shell, words: &[String]) -> Run {
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

/// `unset`.
pub fn unset(shell: &mut Shell, words: &[String]) -> Run {
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

/// `set`.
pub fn set(shell: &mut Shell, words: &[String]) -> Run {
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

/// `shift`.
pub fn shift(shell: &mut Shell, words: &[String]) -> Run {
    let count = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(1);
    if count > shell.arguments.len() {
        return failed(words, &Trouble::new("there are not so many"));
    }
    shell.arguments.drain(..count);
    Ok(0)
}

/// Reads a line, byte by byte since what follows it belongs to others, and splits it; the last
/// name gets the rest. The status is 1 at the end of the input.
pub fn read(shell: &mut Shell, words: &[String]) -> Run {
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
            Err(Errno::EINTR) if signal::take(SIGINT) => return Ok(130),
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
