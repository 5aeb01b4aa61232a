//! `stress`: use up CPU, memory or process numbers, to see what a limit does.
//!
//! Each worker is a process of its own and says what became of it; the first one waits for all.

use super::{Numbers, listen, told_to_stop};
use crate::io::{Out, complain};
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome, args, say};
use abi::task::signal::{self, SIGTERM};
use alloc::vec::Vec;
use metal::user::task::Ended;
use metal::user::{Errno, memory, system, task};

/// Steps of arithmetic in a round of a CPU worker, about a million instructions.
const ROUND: u64 = 100_000;
const PAGE: usize = 4096;

/// Starts the workers and waits until the time is over or all have ended.
pub fn main(args: &Args) -> Outcome {
    let options = args.options("--cpu: --vm: --fork: --timeout:")?;
    let cpus = options.number("--cpu")?.unwrap_or(0);
    let bytes = options.number("--vm")?;
    let forks = options.number("--fork")?.unwrap_or(0);
    if cpus + forks == 0 && bytes.is_none() {
        return Err(Trouble::usage("one of --cpu, --vm, --fork (try --help)"));
    }
    let timeout = options
        .value("--timeout")
        .map(|text| args::fraction(text, 9));
    let end = timeout
        .transpose()?
        .map_or(u64::MAX, |ns| system::monotonic_ns() + ns);
    listen()?;

    let mut workers = Vec::new();
    for number in 1..=cpus {
        start(&mut workers, || cpu(number, end))?;
    }
    if let Some(bytes) = bytes {
        start(&mut workers, || vm(bytes as usize, end))?;
    }
    for number in 1..=forks {
        let idle = || {
            rest_until(end);
            0
        };
        if let Err(trouble) = start(&mut workers, idle) {
            say!(
                Out::stdout(),
                "stress: process {number} of {forks}: {trouble}"
            );
            break;
        }
    }
    if forks > 0 {
        say!(Out::stdout(), "stress: {} processes started", workers.len());
    }
    wait_for(workers)
}

fn start(workers: &mut Vec<i32>, work: impl FnOnce() -> i32) -> Result<(), Trouble> {
    match task::fork().map_err(at("fork"))? {
        None => task::exit(work()),
        Some(pid) => workers.push(pid),
    }
    Ok(())
}

/// Waits for all workers; the status is that of the worst. A signal to stop is passed on.
fn wait_for(mut workers: Vec<i32>) -> Outcome {
    let mut status = 0;
    while let Some(&pid) = workers.first() {
        if told_to_stop().is_some() {
            workers.iter().for_each(|pid| _ = task::kill(*pid, SIGTERM));
        }
        match task::wait(pid, 0) {
            Ok(Some((_, ended))) => {
                if let Ended::Killed(number) = ended {
                    let name = signal::name(number);
                    let what = alloc::format!("worker {pid} was killed by SIG{name}");
                    complain("stress", &Trouble::new(what));
                }
                status = status.max(ended.code());
                workers.remove(0);
            }
            Ok(None) | Err(Errno::EINTR) => {}
            Err(why) => return Err(at("wait")(why)),
        }
    }
    Ok(status)
}

/// Adds and multiplies until the time is over.
fn cpu(number: u64, end: u64) -> i32 {
    let mut numbers = Numbers(number);
    let mut rounds = 0u64;
    let mut sum = 0u64;
    while system::monotonic_ns() < end && told_to_stop().is_none() {
        for _ in 0..ROUND {
            sum = sum.wrapping_add(numbers.next());
        }
        rounds += 1;
    }
    say!(
        Out::stdout(),
        "stress: cpu worker {number}: {rounds} rounds, checksum {sum:016x}"
    );
    0
}

/// Touches every page, then keeps on doing so until the time is over.
fn vm(bytes: usize, end: u64) -> i32 {
    let memory = match memory::map(bytes.max(1)) {
        Ok(memory) => memory,
        Err(why) => {
            complain("stress", &at(alloc::format!("{bytes} bytes"))(why));
            return 1;
        }
    };
    let mut rounds = 0u64;
    while told_to_stop().is_none() {
        for page in memory.chunks_mut(PAGE) {
            page[0] = page[0].wrapping_add(1);
        }
        rounds += 1;
        if rounds == 1 {
            say!(
                Out::stdout(),
                "stress: {} pages touched",
                bytes.div_ceil(PAGE)
            );
        }
        if system::monotonic_ns() >= end {
            break;
        }
        let _ = system::sleep_ns(100_000_000);
    }
    0
}

fn rest_until(end: u64) {
    while told_to_stop().is_none() {
        let now = system::monotonic_ns();
        if now >= end {
            return;
        }
        let _ = system::sleep_ns((end - now).min(3_600_000_000_000));
    }
}
