//! The boot ROM, built on the spot: it is one crate of assembly, so that takes a second, and
//! these tests need none of the other guests.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

/// The firmware's ELF file.
pub static FIRMWARE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    const TARGET: &str = "x86_64-unknown-none";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("firmware");
    let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "build",
            "--quiet",
            "--package",
            "firmware",
            "--profile",
            "guest",
        ])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&folder)
        .output()
        .expect("cargo starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs::read(folder.join(TARGET).join("guest/firmware")).expect("it was just built")
});
