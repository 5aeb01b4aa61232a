//! `ctr exec`: one more process inside a container.
//!
//! There is no door to knock at. Whoever may, opens the namespaces of a process that is
//! inside, enters them one after the other, and is inside as well.

use super::cgroup::Cgroup;
use super::state::Container;
use crate::namespaces::enter;
use crate::system::env::execute;
use crate::trouble::{Trouble, at};
use crate::{Args, Outcome};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use metal::user::{fs, task};

/// Runs a command in a container that runs.
pub fn main(args: &Args) -> Outcome {
    let options = args.options("+")?;
    let [name, command @ ..] = options.need(2, "a container and a command")? else {
        return Err(Trouble::usage("a container and a command, please"));
    };
    let container = Container::open(name)?;
    let pid = container.must_run()?;
    // Into the cgroup first, while its directory can still be seen. The child inherits it.
    Cgroup::of(name)?.add(0)?;
    enter(pid as u64, |option| matches!(option, "-u" | "-p" | "-m"))?;
    fs::chdir("/").map_err(at("/"))?;
    let mut env: Vec<String> = ["PATH=/bin", "HOME=/"].map(String::from).into();
    env.push(format!("container={name}"));
    env.extend(args.var("TERM").map(|term| format!("TERM={term}")));
    // The pid namespace is entered by children only.
    match task::fork().map_err(at("fork"))? {
        None => {
            let trouble = execute(command, &env);
            crate::io::complain("ctr exec", &trouble);
            task::exit(trouble.status)
        }
        Some(child) => Ok(task::wait_for(child).map_err(at("wait"))?.code()),
    }
}
