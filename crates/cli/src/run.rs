//! `ringside run`: a scenario, headless.

use anyhow::{Result, bail};
use clap::Args;
use scene::{Command, Frame, Severity};
use session::Session;

/// Ticks between two looks at the consoles while waiting for a pattern.
const SLICE: u64 = 1_000_000;
/// How long to wait for a pattern: a minute of the machine's time.
const PATIENCE: u64 = 6_000_000_000;
/// How long a typed line is given before the next is typed, and before a run without
/// `--until` or `--moment` ends.
const AFTER_TYPING: u64 = 30_000_000;

#[derive(Args)]
pub struct Arguments {
    /// Which scenario: see `ringside scenarios`
    scenario: String,
    /// Run until this text appears on a console (after what was typed)
    #[arg(long, conflicts_with = "moment")]
    until: Option<String>,
    /// Run to this moment (instructions retired and slept since reset)
    #[arg(long)]
    moment: Option<u64>,
    /// Type a line into a console once all is up: `web:ls /`
    #[arg(long = "type", value_name = "CONSOLE:TEXT")]
    typed: Vec<String>,
    /// Print the final frame as JSON
    #[arg(long)]
    json: bool,
    /// Print the machines' hash
    #[arg(long)]
    hash: bool,
    /// Print the final scene as an indented tree
    #[arg(long)]
    scene: bool,
}

/// Runs the command.
///
/// # Errors
/// An unknown scenario or console, or a pattern that never came.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut session = open(&arguments.scenario)?;
    let start = session.scenario().map_or(0, |scenario| scenario.start);
    let go = |session: &mut Session, to: u64| check(session.command(Command::Seek(to)));
    if !arguments.typed.is_empty() {
        go(&mut session, start)?;
    }
    let mut skip = written(&session);
    for line in &arguments.typed {
        let Some((console, text)) = line.split_once(':') else {
            bail!("--type wants CONSOLE:TEXT, not `{line}`");
        };
        skip = written(&session);
        let text = format!("{text}\n");
        check(session.command(Command::Type {
            console: console.into(),
            text,
        }))?;
        check(session.command(Command::Run {
            budget: AFTER_TYPING,
        }))?;
    }
    match (&arguments.until, arguments.moment) {
        (Some(pattern), _) => until(&mut session, pattern, &skip)?,
        (None, Some(moment)) => {
            go(&mut session, moment)?;
        }
        (None, None) if arguments.typed.is_empty() => {
            go(&mut session, start)?;
        }
        (None, None) => {}
    }
    print(&mut session, arguments)
}

/// A session with this scenario at the reset vector.
///
/// # Errors
/// If there is no such scenario, or it cannot be built.
pub fn open(scenario: &str) -> Result<Session> {
    let mut session = Session::new();
    check(session.command(Command::Open {
        scenario: scenario.into(),
        moment: None,
    }))?;
    Ok(session)
}

/// Turns error messages into errors and prints the others.
///
/// # Errors
/// If the frame tells of one.
pub fn check(frame: Frame) -> Result<Frame> {
    for message in &frame.messages {
        match message.severity {
            Severity::Error => bail!("{}", message.text),
            _ => eprintln!("ringside: {}", message.text),
        }
    }
    Ok(frame)
}

/// How much each console has written.
fn written(session: &Session) -> Vec<(String, u64)> {
    session
        .consoles()
        .map(|id| {
            (
                id.to_owned(),
                session
                    .transcript(id)
                    .map_or(0, |transcript| transcript.total()),
            )
        })
        .collect()
}

fn until(session: &mut Session, pattern: &str, skip: &[(String, u64)]) -> Result<()> {
    let begin = session.timeline().now();
    loop {
        let seen = skip.iter().any(|(id, from)| {
            let new = session
                .transcript(id)
                .map(|transcript| transcript.since(*from).1);
            String::from_utf8_lossy(&new.unwrap_or_default())
                .replace('\r', "")
                .contains(pattern)
        });
        if seen {
            return Ok(());
        }
        if session.timeline().ended() {
            bail!("every machine stopped before `{pattern}` appeared");
        }
        if session.timeline().now() - begin > PATIENCE {
            bail!("`{pattern}` did not appear within {PATIENCE} ticks");
        }
        check(session.command(Command::Run { budget: SLICE }))?;
    }
}

fn print(session: &mut Session, arguments: &Arguments) -> Result<()> {
    if arguments.json {
        let frame = session.command(Command::Look);
        println!("{}", serde_json::to_string_pretty(&frame)?);
    }
    if arguments.scene {
        let frame = session.command(Command::Look);
        print!("{}", scene::tree::render(&frame.scene));
    }
    if arguments.hash {
        let hash = session.hash();
        println!("{} {hash:032x}", session.timeline().now());
    }
    if !(arguments.json || arguments.scene || arguments.hash) {
        let frame = session.command(Command::Look);
        for console in &frame.consoles {
            println!("── {} ──\n{}", console.title, console.text.trim_end());
        }
    }
    Ok(())
}
