//! The scripts on our own kernel, in QEMU: every file below `machine`, `shell` and `tools`.
//!
//! What they must print is in the goldens. Those of `shell` and `tools` come from the Linux
//! that ran `host.rs`. Those of `machine` were printed by Debian's Linux 6.1 with this very
//! initramfs, and can be again: with `REFERENCE_KERNEL=/path/to/vmlinuz`, that kernel is booted
//! instead of ours, and `UPDATE=1` then takes over what it says. Nothing else may write them.
//!
//! With `RINGSIDE=/path/to/ringside` the machine is our own PC instead of QEMU; `UNDER=trap`
//! puts our hypervisor in between. `ONLY=cgroups` runs the scripts of that name.

mod common;

use common::skip;
use images::cpio::Archive;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// What the machine runs instead of waiting for somebody to type.
const RC: &str = r#"
export TMP=/tmp/work
for script in /tests/*/*.sh; do
    mkdir -p $TMP; cd $TMP
    echo "<<<< $script"
    case $script in
        */machine/*) sh $script < /dev/null 2>&1 ;;
        *) sh $script < /dev/null 2> /dev/null ;;
    esac
    echo ">>>>"
    cd /; rm -r $TMP
done
poweroff
"#;

#[test]
fn our_kernel_does_what_linux_does() {
    let ours = env::var_os("RINGSIDE").is_some();
    if !ours
        && Command::new("qemu-system-x86_64")
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_err()
    {
        return skip("no qemu-system-x86_64");
    }
    let only = env::var("ONLY").unwrap_or_default();
    let reference = env::var_os("REFERENCE_KERNEL").map(PathBuf::from);
    let mut archive = Archive::new().file("etc/rc", 0o755, RC.as_bytes());
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut scripts = Vec::new();
    for folder in ["machine", "shell", "tools"] {
        for entry in tests.join(folder).read_dir().expect("scripts") {
            let path = entry.expect("an entry").path();
            let name = format!("{folder}/{}", path.file_name().expect("a name").display());
            if name.ends_with(".sh") && name.contains(&only) {
                archive = archive.file(
                    &format!("tests/{name}"),
                    0o644,
                    &fs::read(&path).expect("a script"),
                );
                scripts.push((format!("/tests/{name}"), path.with_extension("out")));
            }
        }
    }
    scripts.sort();
    let mut initrd = images::INITRAMFS.to_vec();
    initrd.extend(archive.finish());
    let console = boot(reference.as_deref(), &initrd);

    let mut wrong = Vec::new();
    for (script, golden) in scripts {
        let said = between(&console, &format!("<<<< {script}\n"), ">>>>\n");
        let Some(said) = said else {
            wrong.push(format!("{script}: did not end"));
            continue;
        };
        if script.contains("/machine/") && reference.is_some() && env::var_os("UPDATE").is_some() {
            fs::write(&golden, said).expect("the golden file");
            continue;
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        let expected = expected
            .split("---- standard error")
            .next()
            .unwrap_or_default();
        let expected = expected.replace("ROOT/tmp", "/tmp/work");
        if said != expected {
            let mut lines = said.lines().zip(expected.lines());
            let line = lines.position(|(said, expected)| said != expected);
            let line = line.unwrap_or(said.lines().count().min(expected.lines().count()));
            let at = |text: &str| text.lines().nth(line).map(String::from);
            wrong.push(format!(
                "{script}: line {}: said {:?}, expected {:?}",
                line + 1,
                at(said),
                at(&expected)
            ));
        }
    }
    let log = env::temp_dir().join("ringside-machine.log");
    fs::write(&log, &console).expect("the log");
    assert!(
        wrong.is_empty(),
        "{}\n(the console is in {})",
        wrong.join("\n"),
        log.display()
    );
}

/// Boots a kernel until it switches the machine off, and returns what the console said.
fn boot(reference: Option<&Path>, initrd: &[u8]) -> String {
    let dir = env::temp_dir().join(format!("ringside-machine-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a directory");
    let kernel = match reference {
        Some(path) => path.to_path_buf(),
        None => {
            fs::write(dir.join("kernel"), images::KERNEL).expect("the kernel");
            dir.join("kernel")
        }
    };
    fs::write(dir.join("initrd"), initrd).expect("the initramfs");
    const APPEND: &str = "console=ttyS0 quiet loglevel=1 panic=-1 hostname=ringside";
    let mut command = Command::new("timeout");
    let initrd = dir.join("initrd");
    match env::var_os("RINGSIDE") {
        Some(ringside) => {
            command.arg("600").arg(ringside).arg("boot").arg(kernel);
            command
                .arg("--initrd")
                .arg(initrd)
                .args(["--append", APPEND, "--ram", "128"]);
            if let Ok(under) = env::var("UNDER") {
                // A hypervisor goes on when its VM has switched itself off.
                command.args(["--under", &under, "--max-insns", "8000000000"]);
            }
        }
        None => {
            command.args(["300", "qemu-system-x86_64", "-accel", "tcg", "-m", "128"]);
            command.args([
                "-nodefaults",
                "-no-reboot",
                "-nographic",
                "-serial",
                "stdio",
            ]);
            // The guest's clock counts instructions, so that a busy host does not disturb it.
            command.args(["-icount", "shift=3,sleep=off"]);
            command.args(["-device", "isa-debug-exit,iobase=0xf4"]);
            command
                .arg("-kernel")
                .arg(kernel)
                .arg("-initrd")
                .arg(initrd);
            command.args(["-append", APPEND]);
        }
    }
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("timeout starts");
    fs::remove_dir_all(&dir).expect("removed");
    String::from_utf8_lossy(&output.stdout).replace('\r', "")
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(inner, _)| inner)
}
