//! The commands about containers that exist.

use super::cgroup::Cgroup;
use super::state::{Container, IMAGES};
use crate::io::{Out, complain};
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome, proc, put, say};
use abi::task::signal::SIGKILL;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use metal::user::{STDOUT, dir, file, system, task};

/// Lists containers.
pub fn ps(_: &Args) -> Outcome {
    let mut out = Out::stdout();
    say!(
        out,
        "{:<12} {:>5} {:<10} {:<8} COMMAND",
        "NAME",
        "PID",
        "STATUS",
        "IMAGE"
    );
    for container in Container::all() {
        let (pid, status) = match container.running() {
            Some(pid) => (pid.to_string(), "running".into()),
            None => ("-".into(), format!("ended {}", container.get("status"))),
        };
        put!(out, "{:<12} {pid:>5} {status:<10} ", container.name);
        say!(
            out,
            "{:<8} {}",
            container.get("image"),
            container.get("command")
        );
    }
    out.done()
}

/// Prints what containers use: all that run, or the named ones.
pub fn stats(args: &Args) -> Outcome {
    let containers = match args.list.is_empty() {
        true => Container::all(),
        false => named(&args.list)?,
    };
    let mut out = Out::stdout();
    say!(
        out,
        "{:<12} {:>19} {:>8} {:>10} {:>9} {:>9} {:>4}",
        "NAME",
        "MEMORY KiB",
        "CPU s",
        "CPU LIMIT",
        "THROTTLED",
        "PIDS",
        "OOM"
    );
    for container in containers {
        if container.running().is_none() {
            continue;
        }
        let cgroup = Cgroup::of(&container.name)?;
        let stat = cgroup.get("cpu.stat");
        let number = |name: &str| proc::value(&stat, name).unwrap_or(0);
        let of = |now: &str, max: &str| format!("{now}/{max}");
        let memory = of(
            &kib(&cgroup.get("memory.current")),
            &kib(&cgroup.get("memory.max")),
        );
        let pids = of(&cgroup.get("pids.current"), &cgroup.get("pids.max"));
        let usage_ms = number("usage_usec") / 1000;
        let events = cgroup.get("memory.events");
        put!(out, "{:<12} {memory:>19} ", container.name);
        put!(out, "{:>4}.{:03} ", usage_ms / 1000, usage_ms % 1000);
        put!(
            out,
            "{:>10} {:>9} ",
            cpus(&cgroup.get("cpu.max")),
            number("nr_throttled")
        );
        say!(
            out,
            "{pids:>9} {:>4}",
            proc::value(&events, "oom_kill").unwrap_or(0)
        );
    }
    out.done()
}

/// Bytes as KiB; "max" and nothing stay what they are.
fn kib(text: &str) -> String {
    text.parse::<u64>()
        .map_or_else(|_| text.to_string(), |bytes| (bytes / 1024).to_string())
}

/// "50000 100000" is 0.50 of a CPU.
fn cpus(max: &str) -> String {
    let (quota, period) = max.split_once(' ').unwrap_or((max, ""));
    match (quota.parse::<u64>(), period.parse::<u64>()) {
        (Ok(quota), Ok(period)) if period > 0 => {
            let percent = quota * 100 / period;
            format!("{}.{:02}", percent / 100, percent % 100)
        }
        _ => quota.to_string(),
    }
}

/// Prints what a detached container printed.
pub fn logs(args: &Args) -> Outcome {
    for container in named(&args.list)? {
        let path = container.path("log");
        let bytes = file::read_file(&path).map_err(at(format!("{}: {path}", container.name)))?;
        file::write_all(STDOUT, &bytes).map_err(at("write error"))?;
    }
    Ok(0)
}

/// Signals the first process. When that ends, the kernel kills the rest of its namespace.
pub fn kill(args: &Args) -> Outcome {
    let (number, names) = match args.list.split_first() {
        Some((first, names)) if first.starts_with('-') => {
            (crate::system::kill::parse(&first[1..])?, names)
        }
        _ => (SIGKILL, &args.list[..]),
    };
    for container in named(names)? {
        let pid = container.must_run()?;
        task::kill(pid, number).map_err(at(format!("{}: process {pid}", container.name)))?;
    }
    Ok(0)
}

/// Forgets containers that have ended; with `-f` it ends them first.
pub fn rm(args: &Args) -> Outcome {
    let options = args.options("-f")?;
    let mut status = 0;
    for container in named(&options.rest)? {
        let name = &container.name;
        if let Some(pid) = container.running() {
            if !options.has("-f") {
                let what = format!("{name}: still running (ctr kill {name}, or ctr rm -f)");
                complain("ctr rm", &Trouble::new(what));
                status = 1;
                continue;
            }
            task::kill(pid, SIGKILL).map_err(at(name))?;
            // The `ctr` that waits for it notes its end; then the notes can go.
            for _ in 0..100 {
                if container.running().is_none() && !container.get("status").is_empty() {
                    break;
                }
                let _ = system::sleep_ns(10_000_000);
            }
        }
        if let Ok(cgroup) = Cgroup::of(name) {
            cgroup.remove().map_err(at(&cgroup.path))?;
        }
        container.forget()?;
    }
    Ok(status)
}

/// Lists images.
pub fn images(_: &Args) -> Outcome {
    let mut out = Out::stdout();
    say!(out, "{:<8} {:<10} ABOUT", "IMAGE", "COMMAND");
    for image in dir::read_dir(IMAGES).map_err(at(IMAGES))? {
        let read = |path: &str| {
            let text = file::read_text(&format!("{IMAGES}/{}/etc/{path}", image.name));
            text.unwrap_or_default()
        };
        let release = read("os-release");
        let about = release.lines().find_map(|line| line.strip_prefix("ABOUT="));
        let about = about.unwrap_or_default().trim_matches('"');
        say!(
            out,
            "{:<8} {:<10} {about}",
            image.name,
            read("command").trim()
        );
    }
    out.done()
}

fn named(names: &[String]) -> Result<Vec<Container>, Trouble> {
    match names.is_empty() {
        true => Err(Trouble::usage("a container expected (ctr ps)")),
        false => names.iter().map(|name| Container::open(name)).collect(),
    }
}
