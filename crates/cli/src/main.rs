//! `ringside`: the machine without a browser.
//!
//! | command | what |
//! |---|---|
//! | `scenarios` | lists what is built in |
//! | `run` | runs a scenario, prints its consoles, its scene or its hash |
//! | `boot` | boots an image: PVH, Multiboot 1, Linux, a boot sector or a raw ROM |
//! | `trace` | tells the events of a stretch of time, for reading or for Perfetto |

#![forbid(unsafe_code)]

mod boot;
mod run;
mod trace;

use clap::{Parser, Subcommand};

/// A PC, a hypervisor, kernels and containers, executed instruction by instruction.
#[derive(Parser)]
#[command(name = "ringside", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the scenarios that are built in
    Scenarios,
    /// Run a scenario headless; print its consoles, its scene or its hash
    Run(run::Arguments),
    /// Boot an image of your own: PVH, Multiboot 1, Linux, a boot sector or a raw ROM
    Boot(boot::Arguments),
    /// Tell the events between two moments of a scenario
    Trace(trace::Arguments),
}

fn main() -> std::process::ExitCode {
    let result = match Arguments::parse().command {
        Command::Scenarios => {
            scenarios();
            Ok(())
        }
        Command::Run(arguments) => run::run(&arguments),
        Command::Boot(arguments) => boot::run(&arguments),
        Command::Trace(arguments) => trace::run(&arguments),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ringside: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn scenarios() {
    for (id, title, about) in session::scenarios() {
        println!("{id:20} {title}\n{:20} {about}", "");
    }
}
