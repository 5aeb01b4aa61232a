//! `hostname`, `uname`, `id`.

use crate::io::Out;
use crate::trouble::at;
use crate::{Args, Outcome, say};
use alloc::string::String;
use metal::user::{system, task};

/// Prints the host's name, or sets it.
pub fn hostname(args: &Args) -> Outcome {
    let options = args.options("")?;
    if let Some(name) = options.rest.first() {
        system::sethostname(name).map_err(at(name))?;
        return Ok(0);
    }
    let mut out = Out::stdout();
    say!(out, "{}", host());
    out.done()
}

/// The host's name; empty if the kernel does not say.
pub fn host() -> String {
    system::uname()
        .map(|names| text(&names.nodename))
        .unwrap_or_default()
}

/// Prints the kernel's name, or with `-a` all there is to say.
pub fn uname(args: &Args) -> Outcome {
    let options = args.options("-a -s -n -r -v -m")?;
    let names = system::uname().map_err(at("uname"))?;
    let fields = [
        ("-s", &names.sysname),
        ("-n", &names.nodename),
        ("-r", &names.release),
        ("-v", &names.version),
        ("-m", &names.machine),
    ];
    let asked = fields.iter().any(|(option, _)| options.has(option));
    let mut line = String::new();
    for (option, field) in fields {
        let default = !asked && option == "-s";
        if options.has("-a") || options.has(option) || default {
            line += if line.is_empty() { "" } else { " " };
            line += &text(field);
        }
    }
    let mut out = Out::stdout();
    say!(out, "{line}");
    out.done()
}

fn text(field: &[u8]) -> String {
    let len = field
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(field.len());
    String::from_utf8_lossy(&field[..len]).into_owned()
}

/// Prints user and group.
pub fn id(_: &Args) -> Outcome {
    let name = |id| if id == 0 { "(root)" } else { "" };
    let (user, group) = (task::getuid(), task::getgid());
    let mut out = Out::stdout();
    say!(out, "uid={user}{} gid={group}{}", name(user), name(group));
    out.done()
}
