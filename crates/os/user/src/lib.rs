//! The programs that run inside: one file with many names.
//!
//! They speak Linux's system calls and nothing else, so the very same file runs on a real
//! Linux, where `tests/host.rs` holds it against what Linux answers. [`PROGRAMS`] is the table
//! of contents; a program is a function from its [`Args`] to an exit status or a [`Trouble`].
//! They are built without floating point or SSE, and link into one file because twenty
//! programs share most of what they are.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod apps;
pub mod args;
pub mod ctr;
pub mod files;
pub mod init;
pub mod io;
pub mod namespaces;
pub mod proc;
pub mod sh;
pub mod system;
pub mod table;
pub mod text;
pub mod trouble;

pub use args::Args;
pub use trouble::{Outcome, Trouble};

use alloc::string::String;
use io::Out;
use metal::user::Start;

/// A program: its name, one line of help, and what it does.
pub struct Program {
    /// What it is called.
    pub name: &'static str,
    /// How to call it, and what it does: `USAGE: what`.
    pub help: &'static str,
    /// What it does.
    pub main: fn(&Args) -> Outcome,
}

macro_rules! programs {
    ($($name:literal $main:path, $help:literal;)*) => {
        /// Every program, by name.
        pub static PROGRAMS: &[Program] = &[$(Program { name: $name, help: $help, main: $main },)*];
    };
}

programs! {
    "[" sh::test::main, "[ EXPRESSION ]: test an expression (see test)";
    "cat" files::cat::main, "cat [FILE...]: print files";
    "chmod" files::make::chmod, "chmod MODE FILE...: set permissions, in octal";
    "chroot" namespaces::chroot, "chroot DIR [COMMAND...]: run a command with another root directory";
    "cp" files::copy::cp, "cp [-r] FROM... TO: copy files";
    "crash" apps::crash::main, "crash [null|ud2|div0|stack|hlt|text|kernel]: commit a fault";
    "ctr" ctr::main, "ctr COMMAND...: run containers (ctr help)";
    "date" system::clock::date, "date [+%s]: print the time, in UTC";
    "echo" text::echo::main, "echo [-n] TEXT...: print a line";
    "env" system::env::main, "env [NAME=VALUE...] [COMMAND...]: print or change the environment";
    "false" system::yes_no::no, "false: fail";
    "free" system::clock::free, "free: print how much memory is in use, in KiB";
    "grep" text::grep::main, "grep [-v] [-i] [-n] [-c] [-q] PATTERN [FILE...]: print lines with PATTERN (. * ^ $)";
    "head" text::head::head, "head [-n LINES] [FILE...]: print the first lines";
    "hostname" system::names::hostname, "hostname [NAME]: print or set the host's name";
    "id" system::names::id, "id: print user and group";
    "init" init::main, "init: the first process: mount, name, /etc/rc, a shell for ever";
    "kill" system::kill::main, "kill [-SIGNAL] PID...: send a signal";
    "ln" files::make::ln, "ln [-s] TARGET NAME: make a link";
    "ls" files::ls::main, "ls [-l] [-a] [-d] [-i] [FILE...]: list directories";
    "matrix" apps::matrix::main, "matrix [-n ROUNDS]: multiply integer matrices for ever";
    "mkdir" files::make::mkdir, "mkdir [-p] DIR...: make directories";
    "mount" system::mount::mount, "mount [-t TYPE] [-o OPTIONS] [SOURCE] [DIR]: mount, or list mounts";
    "mv" files::copy::mv, "mv FROM... TO: move files";
    "nsenter" namespaces::nsenter, "nsenter -t PID [-m] [-u] [-p] [-i] [-n] [-C] [COMMAND...]: enter namespaces";
    "pivot_root" namespaces::pivot_root, "pivot_root NEW OLD: make NEW the root, and mount the old one at OLD";
    "poweroff" system::power::main, "poweroff: switch the machine off";
    "primes" apps::primes::main, "primes [-n LINES]: count primes for ever";
    "ps" system::ps::main, "ps [-o COLUMNS]: list processes (pid ppid pgid stat name args rss time)";
    "pwd" system::env::pwd, "pwd: print the current directory";
    "rm" files::remove::rm, "rm [-r] [-f] FILE...: remove files";
    "rmdir" files::remove::rmdir, "rmdir DIR...: remove empty directories";
    "seq" text::seq::main, "seq [FIRST [STEP]] LAST: print numbers";
    "sh" sh::main, "sh [-c COMMANDS | SCRIPT] [ARGUMENT...]: the shell";
    "sleep" system::clock::sleep, "sleep SECONDS: wait; a fraction is allowed";
    "sorter" apps::sorter::main, "sorter [-n ROUNDS]: sort rows for ever";
    "stress" apps::stress::main, "stress [--cpu N] [--vm BYTES] [--fork N] [--timeout SECONDS]: use up what there is";
    "tail" text::head::tail, "tail [-n LINES] [FILE...]: print the last lines";
    "test" sh::test::main, "test EXPRESSION: -e -f -d -s -x -L -n -z = != -eq -ne -lt -le -gt -ge ! -a -o ( )";
    "ticker" apps::ticker::main, "ticker [-n LINES] [-i SECONDS]: a line each second";
    "top" system::top::main, "top [-n TIMES] [-d SECONDS]: who uses the CPU";
    "touch" files::make::touch, "touch FILE...: make files that are not there";
    "true" system::yes_no::yes, "true: succeed";
    "umount" system::mount::umount, "umount [-l] DIR...: unmount";
    "uname" system::names::uname, "uname [-a]: print what kernel this is";
    "unshare" namespaces::unshare, "unshare [-m] [-u] [-p] [-i] [-n] [-C] [-f] [--mount-proc] [COMMAND...]: new namespaces";
    "uptime" system::clock::uptime, "uptime: how long the machine has been up";
    "wc" text::wc::main, "wc [-l] [-w] [-c] [FILE...]: count lines, words and bytes";
}

/// The program of this name.
pub fn find(name: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.name == name)
}

/// Runs a program: answers `--help`, and says its trouble on standard error.
pub fn run(program: &Program, args: &Args) -> i32 {
    if args.list.first().is_some_and(|arg| arg == "--help") {
        let mut out = Out::stdout();
        say!(out, "{}", program.help);
        return 0;
    }
    match (program.main)(args) {
        Ok(status) => status,
        Err(trouble) => {
            io::complain(program.name, &trouble);
            trouble.status
        }
    }
}

/// Where every program starts: the first argument says which one it is.
pub fn main(start: Start) -> i32 {
    let mut args = start.args.into_iter();
    let called = args.next().unwrap_or_default();
    let mut name = String::from(base_name(&called).trim_start_matches('-'));
    if find(&name).is_none() {
        // Called by the file's own name, as `user ls -l`.
        name = args.next().unwrap_or_default();
    }
    let args = Args {
        list: args.collect(),
        env: start.env,
    };
    match find(&name) {
        Some(program) => run(program, &args),
        None => {
            let mut out = Out::stderr();
            say!(out, "usage: PROGRAM [ARGUMENT...], where PROGRAM is one of");
            for program in PROGRAMS {
                say!(out, "  {}", program.help);
            }
            127
        }
    }
}

/// What stands behind the last slash.
pub fn base_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}
