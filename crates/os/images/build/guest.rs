//! One inner cargo run: a guest crate for the bare machine.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

const TARGET: &str = "x86_64-unknown-none";

/// When this variable is set, a guest that fails to build is replaced, with a warning, by the
/// last one that did: so one broken guest does not stop the work on another.
pub const LAST_GOOD: &str = "RINGSIDE_LAST_GOOD";

/// What the outer cargo tells its own rustc and the inner one must not hear.
const REMOVED: [&str; 8] = [
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_RUSTFLAGS",
];

/// Builds the crate `name` and returns its ELF file.
///
/// Each guest has an inner cargo of its own: built together, they would share one `metal`
/// with the features of all of them.
///
/// # Errors
/// What to tell the person: cargo's own words, and what to do about a missing target.
pub fn build(workspace: &Path, name: &str) -> Result<Vec<u8>, String> {
    let guests = workspace.join("target/guests");
    let elf = guests.join(TARGET).join("guest").join(name);
    let last_good = guests.join(format!("{name}.last-good"));
    // Two outer cargos may be at it at once: one builds, and takes its file, before the other.
    fs::create_dir_all(&guests).map_err(|why| format!("{}: {why}", guests.display()))?;
    let lock = guests.join(".images-lock");
    let lock = fs::File::create(&lock).map_err(|why| format!("{}: {why}", lock.display()))?;
    lock.lock()
        .map_err(|why| format!("the lock of {}: {why}", guests.display()))?;
    match cargo(workspace, &guests, name) {
        Ok(()) => {
            let bytes = read(&elf)?;
            fs::write(&last_good, &bytes)
                .map_err(|why| format!("{}: {why}", last_good.display()))?;
            Ok(bytes)
        }
        Err(why) if env::var_os(LAST_GOOD).is_some() && last_good.exists() => {
            println!("cargo::warning={name} does not build; this is the last one that did");
            for line in why.lines().filter(|line| line.starts_with("error")).take(5) {
                println!("cargo::warning={name}: {line}");
            }
            read(&last_good)
        }
        Err(why) => Err(format!(
            "{why}\n(to go on with the last {name} that did build, set {LAST_GOOD}=1)"
        )),
    }
}

fn cargo(workspace: &Path, guests: &Path, name: &str) -> Result<(), String> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    for variable in REMOVED {
        command.env_remove(variable);
    }
    let output = command
        .current_dir(workspace)
        .env("RUSTFLAGS", "-C relocation-model=pic")
        .args(["build", "--quiet", "--package", name, "--bin", name])
        .args(["--profile", "guest", "--target", TARGET])
        .arg("--target-dir")
        .arg(guests)
        .output()
        .map_err(|why| format!("the inner cargo does not start: {why}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut why = format!("does not build for {TARGET}:\n{}", said.trim_end());
    if said.contains("target may not be installed") {
        why += &format!("\nhelp: rustup target add {TARGET}");
    }
    Err(why)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|why| format!("{}: {why}", path.display()))
}
