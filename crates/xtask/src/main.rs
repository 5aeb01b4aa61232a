//! `cargo xtask`: build the page, serve it, test everything.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::{dist, serve, stages, workspace};

/// The repository's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build guests, Wasm and page into dist/, ready for any file server
    Build,
    /// Build everything and serve it on localhost
    Serve {
        /// Port to listen on; 0 takes a free one
        #[arg(long, default_value_t = 8000)]
        port: u16,
    },
    /// Check everything that must hold
    Test {
        /// Only this stage (may be given several times)
        #[arg(long, value_name = "STAGE")]
        only: Vec<String>,
        /// Name the stages and stop
        #[arg(long)]
        list: bool,
    },
}

fn main() -> ExitCode {
    match run(Args::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// False if something was found not to hold.
fn run(command: Command) -> Result<bool> {
    match command {
        Command::Build => dist::build()?,
        Command::Serve { port } => {
            dist::build()?;
            let server = serve::Server::open(&workspace::dist(), port, "/")?;
            println!("\nRingside is at {}  (Ctrl-C stops it)", server.url());
            server.wait();
        }
        Command::Test { list: true, .. } => stages::list(),
        Command::Test { only, .. } => return stages::run(&only),
    }
    Ok(true)
}
