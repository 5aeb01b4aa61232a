//! `env` and `pwd`.

use crate::io::Out;
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome, say};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use metal::user::{Errno, fs, task};

/// Prints the environment, or runs a command in a changed one.
pub fn main(args: &Args) -> Outcome {
    let options = args.options("+-i")?;
    let mut env = match options.has("-i") {
        true => Vec::new(),
        false => args.env.clone(),
    };
    let is_pair = |word: &&String| word.contains('=');
    let pairs = options.rest.iter().take_while(is_pair).count();
    let (pairs, command) = options.rest.split_at(pairs);
    for pair in pairs {
        let name = pair.split('=').next().unwrap_or_default();
        env.retain(|old| old.split('=').next() != Some(name));
        env.push(pair.clone());
    }
    if !command.is_empty() {
        return Err(execute(command, &env));
    }
    let mut out = Out::stdout();
    env.iter().for_each(|pair| say!(out, "{pair}"));
    out.done()
}

/// Prints the current directory.
pub fn pwd(_: &Args) -> Outcome {
    let mut out = Out::stdout();
    say!(out, "{}", fs::getcwd().map_err(at("getcwd"))?);
    out.done()
}

/// Becomes the command, looked for in `PATH` if its name has no slash. It returns only to say
/// why it could not: status 127 if there is no such command, 126 if it cannot be run.
pub fn execute(command: &[String], env: &[String]) -> Trouble {
    let Some(name) = command.first() else {
        return Trouble::usage("no command");
    };
    let why = match name.contains('/') {
        true => failed(task::execve(name, command, env)),
        false => search(name, command, env),
    };
    Trouble {
        text: match why {
            Errno::ENOENT if !name.contains('/') => format!("{name}: not found"),
            why => format!("{name}: {}", why.text()),
        },
        status: if why == Errno::ENOENT { 127 } else { 126 },
    }
}

/// The first of `PATH` that can be executed. Another error than "not there" is remembered,
/// since it says more.
fn search(name: &str, command: &[String], env: &[String]) -> Errno {
    let path = env.iter().find_map(|pair| pair.strip_prefix("PATH="));
    let mut said = Errno::ENOENT;
    for dir in path.unwrap_or("/bin").split(':') {
        let dir = if dir.is_empty() { "." } else { dir };
        match failed(task::execve(&format!("{dir}/{name}"), command, env)) {
            Errno::ENOENT | Errno::ENOTDIR => {}
            why => said = why,
        }
    }
    said
}

fn failed(done: metal::user::Result<()>) -> Errno {
    done.err().unwrap_or(Errno::ENOEXEC)
}
