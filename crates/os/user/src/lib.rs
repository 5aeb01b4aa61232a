//! The programs that run inside: one file, many names.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

use metal::user::{STDOUT, Start, file};

/// A program: its name, how it is called, what it does.
pub struct Program {
    /// What it is called.
    pub name: &'static str,
    /// Its one line of help.
    pub help: &'static str,
    /// What it does; returns its exit status.
    pub main: fn(Start) -> i32,
}

/// All programs.
pub static PROGRAMS: &[Program] = &[Program {
    name: "echo",
    help: "echo TEXT",
    main: echo,
}];

fn echo(start: Start) -> i32 {
    for arg in &start.args[1..] {
        let _ = file::write_all(STDOUT, arg.as_bytes());
        let _ = file::write_all(STDOUT, b" ");
    }
    let _ = file::write_all(STDOUT, b"\n");
    0
}

/// Runs the program that the first argument names.
pub fn main(start: Start) -> i32 {
    (PROGRAMS[0].main)(start)
}
