//! `ctr`: a small container runtime, in the manner of runc.
//!
//! A container is no thing that the kernel knows. It is a process that was started in new
//! namespaces ([`run`]), in a cgroup of its own ([`cgroup`]), with another root directory
//! ([`rootfs`]), and a few notes about it below /run/ctr ([`state`]). Everything here is
//! plain system calls in an order that matters; the order is the lesson.

pub mod cgroup;
pub mod exec;
pub mod list;
pub mod rootfs;
pub mod run;
pub mod state;

use crate::io::Out;
use crate::{Args, Outcome, Trouble, say};
use alloc::format;

/// A subcommand.
struct Command {
    name: &'static str,
    help: &'static str,
    main: fn(&Args) -> Outcome,
}

const COMMANDS: [Command; 8] = [
    Command {
        name: "run",
        help: "run [-d] [--name NAME] [--memory BYTES] [--cpus N] [--pids N] [--hostname NAME] IMAGE [COMMAND...]",
        main: run::main,
    },
    Command {
        name: "ps",
        help: "ps: list containers",
        main: list::ps,
    },
    Command {
        name: "exec",
        help: "exec NAME COMMAND...: run a command inside",
        main: exec::main,
    },
    Command {
        name: "stats",
        help: "stats [NAME...]: what they use, and their limits",
        main: list::stats,
    },
    Command {
        name: "logs",
        help: "logs NAME: what a detached container printed",
        main: list::logs,
    },
    Command {
        name: "kill",
        help: "kill [-SIGNAL] NAME...: signal the first process (KILL)",
        main: list::kill,
    },
    Command {
        name: "rm",
        help: "rm [-f] NAME...: forget ended containers",
        main: list::rm,
    },
    Command {
        name: "images",
        help: "images: what can be run",
        main: list::images,
    },
];

/// Runs the subcommand that the first argument names.
pub fn main(args: &Args) -> Outcome {
    let Some((name, rest)) = args.list.split_first() else {
        return help();
    };
    if name == "help" {
        return help();
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Err(Trouble::usage(format!(
            "{name}: no such command (ctr help)"
        )));
    };
    let args = Args {
        list: rest.to_vec(),
        env: args.env.clone(),
    };
    (command.main)(&args).map_err(|trouble| Trouble {
        text: format!("{name}: {trouble}"),
        ..trouble
    })
}

fn help() -> Outcome {
    let mut out = Out::stdout();
    for command in &COMMANDS {
        say!(out, "ctr {}", command.help);
    }
    out.done()
}
