//! Programs that this repository does not build: browsers, QEMU, Rust's targets and components.
//!
//! Each is looked for under its environment variable, then on the PATH. What is missing is
//! installed by name with the package manager where that is possible without asking (apt-get, as
//! root), and otherwise named in the error, so that one command suffices on a fresh machine.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use crate::workspace::{self, run};

/// A program from elsewhere.
#[derive(Debug)]
pub struct Tool {
    /// What people call it.
    pub name: &'static str,
    /// Environment variable that holds its path and goes before the PATH.
    pub variable: &'static str,
    /// Its names on the PATH, best first.
    pub commands: &'static [&'static str],
    /// The Debian package that brings it.
    pub package: &'static str,
}

/// The browser in which the page is tested.
pub const CHROMIUM: Tool = Tool {
    name: "Chromium",
    variable: "RINGSIDE_CHROMIUM",
    commands: &[
        "chromium",
        "chromium-browser",
        "google-chrome-stable",
        "google-chrome",
    ],
    package: "chromium",
};

/// What steers Chromium: WebDriver over HTTP. Its version must be the browser's.
pub const CHROMEDRIVER: Tool = Tool {
    name: "ChromeDriver",
    variable: "RINGSIDE_CHROMEDRIVER",
    commands: &["chromedriver"],
    package: "chromium-driver",
};

/// The second opinion about our images.
pub const QEMU: Tool = Tool {
    name: "QEMU",
    variable: "RINGSIDE_QEMU",
    commands: &["qemu-system-x86_64"],
    package: "qemu-system-x86",
};

impl Tool {
    /// Where it is, if it is anywhere. A variable that names no file is an error, not a hint.
    pub fn find(&self) -> Result<Option<PathBuf>> {
        if let Some(path) = env::var_os(self.variable).filter(|path| !path.is_empty()) {
            let path = PathBuf::from(path);
            if !path.is_file() {
                bail!(
                    "{} says {}, but that is not a file",
                    self.variable,
                    path.display()
                );
            }
            return Ok(Some(path));
        }
        Ok(self.commands.iter().find_map(|command| on_path(command)))
    }

    /// Where it is; an error that says what to install if it is nowhere.
    pub fn path(&self) -> Result<PathBuf> {
        self.find()?.with_context(|| self.advice())
    }

    /// Where it is, after installing it if need be.
    pub fn ensure(&self) -> Result<PathBuf> {
        if let Some(path) = self.find()? {
            return Ok(path);
        }
        if !can_install() {
            bail!(self.advice());
        }
        apt_install(self.package)?;
        self.path()
    }

    fn advice(&self) -> String {
        format!(
            "{} is needed and not on the PATH (as {}). Install it (Debian, Ubuntu: `apt-get install {}`) \
             or set {} to the program",
            self.name,
            self.commands.join(" or "),
            self.package,
            self.variable,
        )
    }
}

fn on_path(command: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(command))
        .find(|file| file.is_file())
}

/// Nothing is installed behind anyone's back on a machine where one would have to ask for rights.
fn can_install() -> bool {
    on_path("apt-get").is_some() && output("id", &["-u"]).is_ok_and(|id| id.trim() == "0")
}

fn apt_install(package: &str) -> Result<()> {
    static UPDATED: OnceLock<bool> = OnceLock::new();
    println!("{package} is missing: installing it with apt-get");
    if !*UPDATED.get_or_init(|| run(apt_get().args(["update"])).is_ok()) {
        println!("apt-get update failed; trying with the lists that are there");
    }
    run(apt_get().args(["install", "-y", "--no-install-recommends", package]))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .arg("-qq")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null());
    command
}

/// Makes sure that a compilation target's standard library is installed.
pub fn ensure_target(target: &str) -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = output_in_root(Command::new(rustc).args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(target)
        .is_dir()
    {
        return Ok(());
    }
    rustup(&["target", "add", target])
}

/// Makes sure that a cargo subcommand which is a toolchain component (`fmt`, `clippy`) is there.
pub fn ensure_component(subcommand: &str, component: &str) -> Result<()> {
    let there = workspace::cargo().args([subcommand, "--version"]).output();
    if there.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    rustup(&["component", "add", component])
}

fn rustup(args: &[&str]) -> Result<()> {
    let what = args.join(" ");
    if on_path("rustup").is_none() {
        bail!("the Rust toolchain lacks something and rustup is not here to `rustup {what}`");
    }
    println!("installing: rustup {what}");
    run(Command::new("rustup")
        .args(args)
        .current_dir(workspace::root()))
}

/// What a program prints on its standard output.
pub fn output(program: &str, args: &[&str]) -> Result<String> {
    output_in_root(Command::new(program).args(args))
}

fn output_in_root(command: &mut Command) -> Result<String> {
    let output = command
        .current_dir(workspace::root())
        .output()
        .with_context(|| format!("{} does not start", workspace::shown(command)))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed: {}", workspace::shown(command), why.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: Tool = Tool {
        name: "Nothing",
        variable: "RINGSIDE_NOTHING_OF_THAT_NAME",
        commands: &["no-such-command-anywhere"],
        package: "no-such-package",
    };

    #[test]
    fn what_is_nowhere_is_named_with_what_to_install() {
        let error = NOWHERE.path().unwrap_err().to_string();
        for word in [
            "no-such-command-anywhere",
            "no-such-package",
            NOWHERE.variable,
        ] {
            assert!(error.contains(word), "{error:?} does not say {word:?}");
        }
    }

    #[test]
    fn a_program_on_the_path_is_found() {
        let tool = Tool {
            commands: &["no-such-command-anywhere", "sh"],
            ..NOWHERE
        };
        assert!(tool.path().unwrap().ends_with("sh"));
    }
}
