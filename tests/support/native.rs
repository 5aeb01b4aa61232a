//! The `ringside` command line, built and called as a person does it.

use std::env;
use std::ffi::OsStr;
use std::fmt::Debug;
use std::process::{Command, Output};

use xtask::workspace::cargo;

/// Runs `ringside` with these words and waits for its end.
///
/// Through cargo, so that what runs is never older than the sources; `RINGSIDE_CLI` names a
/// program to take instead.
pub fn ringside<S: AsRef<OsStr>>(words: &[S]) -> Output {
    let mut command = match env::var_os("RINGSIDE_CLI") {
        Some(program) => Command::new(program),
        None => {
            let mut cargo = cargo();
            cargo.args([
                "run",
                "--quiet",
                "--package",
                "cli",
                "--bin",
                "ringside",
                "--",
            ]);
            cargo
        }
    };
    command.args(words).output().expect("it starts")
}

/// What `ringside` prints, if it is content.
#[track_caller]
pub fn printed<S: AsRef<OsStr> + Debug>(words: &[S]) -> String {
    let output = ringside(words);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "ringside {words:?} ends with {}: {error}",
        output.status
    );
    String::from_utf8(output.stdout).expect("ringside prints text")
}
