//! `cargo xtask test`: everything that must hold, as a list of stages.
//!
//! A stage is a row. All rows are run even after one has failed, so that one run tells all; the
//! summary counts tests where a runner counts them, and one for any other stage.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::count::Count;
use crate::tools::{self, CHROMEDRIVER, CHROMIUM, QEMU};
use crate::workspace::{cargo, run as run_command, shown};

/// Something that must hold.
struct Stage {
    name: &'static str,
    about: &'static str,
    check: fn() -> Result<Count>,
}

/// Cheap answers first; then each builds on what the one before has compiled.
const STAGES: &[Stage] = &[
    Stage {
        name: "fmt",
        about: "every file is as rustfmt writes it",
        check: fmt,
    },
    Stage {
        name: "guests",
        about: "firmware, hypervisor, kernel and programs build",
        check: guests,
    },
    Stage {
        name: "clippy",
        about: "no warnings, in any target of any crate",
        check: clippy,
    },
    Stage {
        name: "tests",
        about: "unit and integration tests",
        check: tests,
    },
    Stage {
        name: "page",
        about: "the page builds into dist/",
        check: page,
    },
    Stage {
        name: "chromium",
        about: "the page works in Chromium",
        check: chromium,
    },
    Stage {
        name: "qemu",
        about: "our images do in QEMU what they do here",
        check: qemu,
    },
];

/// Prints the stages' names.
pub fn list() {
    for Stage { name, about, .. } in STAGES {
        println!("{name:10} {about}");
    }
}

/// Runs the stages named (all, if none is) and prints a summary. True if everything held.
pub fn run(only: &[String]) -> Result<bool> {
    if let Some(stranger) = only
        .iter()
        .find(|name| !STAGES.iter().any(|stage| stage.name == **name))
    {
        let names: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        bail!(
            "there is no stage {stranger:?}: the stages are {}",
            names.join(", ")
        );
    }
    let chosen = STAGES
        .iter()
        .filter(|stage| only.is_empty() || only.iter().any(|name| name == stage.name));
    let outcomes: Vec<_> = chosen.map(outcome).collect();
    Ok(summary(&outcomes))
}

struct Outcome {
    stage: &'static str,
    count: Count,
    time: Duration,
    error: Option<anyhow::Error>,
}

fn outcome(stage: &'static Stage) -> Outcome {
    println!("\n=== {}: {}", stage.name, stage.about);
    let start = Instant::now();
    let (count, error) = match (stage.check)() {
        Ok(count) => (count, None),
        Err(error) => match error.downcast::<Failed>() {
            Ok(Failed { count, what }) => (count, Some(anyhow::anyhow!(what))),
            Err(error) => (
                Count {
                    passed: 0,
                    failed: 1,
                },
                Some(error),
            ),
        },
    };
    let time = start.elapsed();
    match &error {
        None => println!("=== {} holds ({:.1} s)", stage.name, time.as_secs_f64()),
        Some(error) => println!(
            "=== {} FAILED ({:.1} s): {error:#}",
            stage.name,
            time.as_secs_f64()
        ),
    }
    Outcome {
        stage: stage.name,
        count,
        time,
        error,
    }
}

fn summary(outcomes: &[Outcome]) -> bool {
    println!("\n=== summary");
    let mut sum = Count::default();
    for Outcome {
        stage,
        count,
        time,
        error,
    } in outcomes
    {
        let word = if error.is_none() { "ok" } else { "FAILED" };
        println!(
            "{stage:10} {word:6} {:7.1} s  {} passed, {} failed",
            time.as_secs_f64(),
            count.passed,
            count.failed
        );
        sum += *count;
    }
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    sum.failed == 0
}

/// A test runner ended badly, but counted.
#[derive(Debug)]
struct Failed {
    count: Count,
    what: String,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Failed {}

/// Runs a test runner, passes its output on as it comes, and counts.
fn count_tests(command: &mut Command) -> Result<Count> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} does not start", shown(command)))?;
    let count = Mutex::new(Count::default());
    let pass_on = |stream: Option<Box<dyn Read + Send>>| {
        for line in BufReader::new(stream.expect("both are piped"))
            .split(b'\n')
            .map_while(Result::ok)
        {
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            count
                .lock()
                .expect("nobody panics while counting")
                .read(&line);
        }
    };
    let (out, err) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(|| pass_on(out.map(|out| Box::new(out) as _)));
        scope.spawn(|| pass_on(err.map(|err| Box::new(err) as _)));
    });

    let status = child.wait()?;
    let mut count = count.into_inner().expect("nobody panics while counting");
    if status.success() && count.failed == 0 {
        return Ok(count);
    }
    // A runner that ends badly without a failed test did not compile or did not come to its end.
    count.failed = count.failed.max(1);
    let what = format!("`{}` failed ({status})", shown(command));
    Err(Failed { count, what }.into())
}

fn fmt() -> Result<Count> {
    tools::ensure_component("fmt", "rustfmt")?;
    run_command(cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Count::ONE)
}

fn guests() -> Result<Count> {
    tools::ensure_target("x86_64-unknown-none")?;
    run_command(cargo().args(["build", "--package", "images"]))?;
    Ok(Count::ONE)
}

fn clippy() -> Result<Count> {
    tools::ensure_component("clippy", "clippy")?;
    run_command(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))?;
    Ok(Count::ONE)
}

/// All that needs nothing but Rust. What does is `#[ignore]`d there and has a stage of its own.
fn tests() -> Result<Count> {
    let nextest = cargo()
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !nextest {
        return count_tests(cargo().args(["test", "--workspace", "--no-fail-fast"]));
    }
    let mut count = count_tests(cargo().args(["nextest", "run", "--workspace", "--no-fail-fast"]))?;
    // nextest leaves out the examples in the documentation.
    count += count_tests(cargo().args(["test", "--workspace", "--doc", "--quiet"]))?;
    Ok(count)
}

fn page() -> Result<Count> {
    crate::dist::build()?;
    Ok(Count::ONE)
}

fn chromium() -> Result<Count> {
    let (browser, driver) = (CHROMIUM.ensure()?, CHROMEDRIVER.ensure()?);
    count_tests(
        ignored("browser")
            .env(CHROMIUM.variable, browser)
            .env(CHROMEDRIVER.variable, driver),
    )
}

fn qemu() -> Result<Count> {
    count_tests(ignored("qemu").env(QEMU.variable, QEMU.ensure()?))
}

/// The tests of one file below `tests/` that need a program from elsewhere, one at a time: each
/// keeps the whole machine busy.
fn ignored(test: &str) -> Command {
    let mut command = cargo();
    command.args([
        "test",
        "--workspace",
        "--test",
        test,
        "--",
        "--ignored",
        "--test-threads=1",
        "--nocapture",
    ]);
    command
}
