//! `ctr run`: how a container comes to be.
//!
//! ```text
//!   ctr run                          the first process of the container
//!   ───────                          ──────────────────────────────────
//!   cgroup: mkdir, limits
//!   clone(NEWPID|NEWUTS|NEWNS) ────▶ waits
//!   its pid into cgroup.procs
//!   "go" ──────────────────────────▶ root directory, host name
//!   waits for a word      ◀───────── execve: the pipe closes by itself; or what went wrong
//! ```
//!
//! The process is in its cgroup before it does anything, so that all it uses is counted there.
//! A detached container has a `ctr` left behind that waits for it, as containerd has its shim.

use super::cgroup::{Cgroup, Limits};
use super::rootfs;
use super::state::{Container, image};
use crate::args::{Options, fraction};
use crate::io::{Out, complain};
use crate::system::env::execute;
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome, proc, say};
use abi::fs::open::{O_CLOEXEC, O_CREAT, O_TRUNC, O_WRONLY};
use abi::task::clone::{CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS};
use abi::task::signal::{self, SIGINT, SIGKILL, SIGTERM};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use metal::user::signal::{catch, take};
use metal::user::task::Ended;
use metal::user::{Errno, Fd, STDERR, STDIN, STDOUT, file, fs, system, task};

/// What is to be run.
struct Plan {
    container: Container,
    cgroup: Cgroup,
    image: String,
    hostname: String,
    command: Vec<String>,
    env: Vec<String>,
}

/// Makes a container and runs a command in it.
pub fn main(args: &Args) -> Outcome {
    let spec = "+-d --name: --memory: --cpus: --pids: --hostname:";
    let options = args.options(spec)?;
    let limits = limits(&options)?;
    let (image_name, command) = match options.rest.split_first() {
        Some((image, command)) => (image, command.to_vec()),
        None => return Err(Trouble::usage("an image expected (ctr images)")),
    };
    let image = image(image_name)?;
    let command = if command.is_empty() {
        default_command(&image)?
    } else {
        command
    };
    let name = match options.value("--name") {
        Some(name) => name.to_string(),
        None => format!("{}-{}", crate::base_name(&image), task::getpid()),
    };
    let container = Container::create(&name)?;
    container.put("image", crate::base_name(&image))?;
    container.put("command", &command.join(" "))?;
    let plan = Plan {
        cgroup: Cgroup::of(&name).inspect_err(|_| drop(container.forget()))?,
        hostname: options.value("--hostname").unwrap_or(&name).to_string(),
        env: environment(args, &name),
        container,
        image,
        command,
    };
    match options.has("-d") {
        true => detached(&plan, &limits),
        false => foreground(&plan, &limits),
    }
}

fn limits(options: &Options) -> Result<Limits, Trouble> {
    let cpus = options
        .value("--cpus")
        .map(|text| fraction(text, 3))
        .transpose()?;
    if cpus == Some(0) {
        return Err(Trouble::usage("--cpus 0 would never run"));
    }
    Ok(Limits {
        memory: options.number("--memory")?,
        cpu_permille: cpus,
        pids: options.number("--pids")?,
    })
}

/// The command that an image runs by itself stands in its /etc/command.
fn default_command(image: &str) -> Result<Vec<String>, Trouble> {
    let path = format!("{image}/etc/command");
    let text = file::read_text(&path).map_err(at(format!("no command given, and {path}")))?;
    Ok(text.split_whitespace().map(String::from).collect())
}

fn environment(args: &Args, name: &str) -> Vec<String> {
    let mut env: Vec<String> = ["PATH=/bin", "HOME=/"].map(String::from).into();
    env.push(format!("container={name}"));
    env.extend(args.var("TERM").map(|term| format!("TERM={term}")));
    env
}

/// Runs it here: its input and output are ours, and so is its exit status.
fn foreground(plan: &Plan, limits: &Limits) -> Outcome {
    let ended = start(plan, limits).and_then(|pid| {
        // Ctrl-C is the container's affair; we wait for what it makes of it.
        let _ = catch(SIGINT);
        let _ = catch(SIGTERM);
        wait(plan, pid)
    });
    clean_up(plan);
    plan.container.forget()?;
    let ended = ended?;
    if let Ended::Killed(number) = ended {
        let what = format!("killed by SIG{}", signal::name(number));
        complain(
            "ctr",
            &Trouble::new(format!("{}: {what}", plan.container.name)),
        );
    }
    Ok(ended.code())
}

/// Leaves it running, with a process of its own that waits for it and notes how it ended.
fn detached(plan: &Plan, limits: &Limits) -> Outcome {
    let (from, to) = file::pipe(O_CLOEXEC).map_err(at("pipe"))?;
    if let Some(child) = task::fork().map_err(at("fork"))? {
        let _ = file::close(to);
        let said = file::read_to_end(from).unwrap_or_default();
        if said.is_empty() {
            say!(Out::stdout(), "{}", plan.container.name);
            return Ok(0);
        }
        let _ = task::wait_for(child);
        return Err(Trouble::new(String::from_utf8_lossy(&said)));
    }
    let _ = file::close(from);
    let _ = task::setsid();
    let done = log_output(plan).and_then(|()| start(plan, limits));
    let status = match done {
        Ok(pid) => {
            let _ = file::close(to); // nothing was said: all is well
            let ended = wait(plan, pid);
            clean_up(plan);
            let text = match ended {
                Ok(Ended::Killed(number)) => format!("killed by SIG{}", signal::name(number)),
                Ok(ended) => ended.code().to_string(),
                Err(trouble) => trouble.text,
            };
            let _ = plan.container.put("status", &text);
            0
        }
        Err(trouble) => {
            clean_up(plan);
            let _ = plan.container.forget();
            let _ = file::write_all(to, trouble.text.as_bytes());
            trouble.status
        }
    };
    task::exit(status)
}

/// Output goes to the container's log, input comes from nowhere.
fn log_output(plan: &Plan) -> Result<(), Trouble> {
    let path = plan.container.path("log");
    let log = file::open(&path, O_WRONLY | O_CREAT | O_TRUNC, 0o644).map_err(at(&path))?;
    let null = file::open("/dev/null", 0, 0).map_err(at("/dev/null"))?;
    for (fd, place) in [(null, STDIN), (log, STDOUT), (log, STDERR)] {
        file::dup2(fd, place).map_err(at(place))?;
    }
    for fd in [log, null].into_iter().filter(|fd| *fd > STDERR) {
        let _ = file::close(fd);
    }
    Ok(())
}

/// Starts the container's first process and returns its pid once it runs the command.
fn start(plan: &Plan, limits: &Limits) -> Result<i32, Trouble> {
    plan.cgroup.create(limits)?;
    let (gate, open_gate) = file::pipe(O_CLOEXEC).map_err(at("pipe"))?;
    let (report, reporter) = file::pipe(O_CLOEXEC).map_err(at("pipe"))?;
    let flags = CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNS;
    let Some(pid) = task::clone(flags).map_err(at("clone(NEWPID|NEWUTS|NEWNS)"))? else {
        let _ = file::close(open_gate);
        let _ = file::close(report);
        first_process(plan, gate, reporter)
    };
    let _ = file::close(gate);
    let _ = file::close(reporter);
    let joined = plan
        .cgroup
        .add(pid)
        .and_then(|()| plan.container.put("pid", &pid.to_string()));
    if joined.is_ok() {
        let _ = file::write_all(open_gate, b"g");
    }
    let _ = file::close(open_gate);
    let said = file::read_to_end(report).unwrap_or_default();
    let _ = file::close(report);
    let failed = match joined {
        Err(trouble) => trouble,
        Ok(()) if said.is_empty() => return Ok(pid),
        Ok(()) => Trouble {
            text: String::from_utf8_lossy(&said[1..]).into_owned(),
            status: said[0].into(),
        },
    };
    let _ = task::kill(pid, SIGKILL);
    let _ = task::wait_for(pid);
    Err(failed)
}

/// The container's first process, until it becomes the command.
fn first_process(plan: &Plan, gate: Fd, reporter: Fd) -> ! {
    if file::read(gate, &mut [0]) != Ok(1) {
        task::exit(1); // `ctr` could not put us into the cgroup, and says so itself
    }
    let name = &plan.hostname;
    let ready = rootfs::enter(&plan.image)
        .and_then(|()| system::sethostname(name).map_err(at(format!("hostname {name}"))));
    let trouble = match ready {
        Ok(()) => execute(&plan.command, &plan.env),
        Err(trouble) => trouble,
    };
    let _ = file::write_all(reporter, &[trouble.status as u8]);
    let _ = file::write_all(reporter, trouble.text.as_bytes());
    task::exit(trouble.status)
}

/// Waits until the first process ends. (When it does, the kernel ends the others: they are in
/// its pid namespace.)
fn wait(plan: &Plan, pid: i32) -> Result<Ended, Trouble> {
    let ended = loop {
        match task::wait(pid, 0) {
            Ok(Some((_, ended))) => break ended,
            // From the terminal the container has had the signal too; a TERM was for us alone.
            Err(Errno::EINTR) if take(SIGTERM) => drop(task::kill(pid, SIGTERM)),
            Ok(None) | Err(Errno::EINTR) => drop(take(SIGINT)),
            Err(why) => return Err(at("wait")(why)),
        }
    };
    let killed = proc::value(&plan.cgroup.get("memory.events"), "oom_kill").unwrap_or(0);
    if killed > 0 {
        let max = plan.cgroup.get("memory.max");
        let name = &plan.container.name;
        let what = format!("{name}: out of memory: {killed} killed (memory.max {max})");
        complain("ctr", &Trouble::new(what));
    }
    Ok(ended)
}

fn clean_up(plan: &Plan) {
    if let Err(why) = plan.cgroup.remove() {
        complain("ctr", &at(&plan.cgroup.path)(why));
    }
    // The directory for all containers goes with the last one.
    if let Some((parent, _)) = plan.cgroup.path.rsplit_once('/') {
        let _ = fs::rmdir(parent);
    }
}
