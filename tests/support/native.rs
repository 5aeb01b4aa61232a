//! The `ringside` command line, built and called as a person does it.

use std::process::Output;

use xtask::workspace::cargo;

/// Runs `ringside` with these words and waits for its end.
///
/// Through cargo, so that what runs is never older than the sources.
pub fn ringside<S: AsRef<std::ffi::OsStr>>(words: &[S]) -> Output {
    cargo()
        .args([
            "run",
            "--quiet",
            "--package",
            "cli",
            "--bin",
            "ringside",
            "--",
        ])
        .args(words)
        .output()
        .expect("cargo starts")
}

/// What `ringside` prints, if it is content.
#[track_caller]
pub fn printed<S: AsRef<std::ffi::OsStr> + std::fmt::Debug>(words: &[S]) -> String {
    let output = ringside(words);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "ringside {words:?} ends with {}: {error}",
        output.status
    );
    String::from_utf8(output.stdout).expect("ringside prints text")
}
