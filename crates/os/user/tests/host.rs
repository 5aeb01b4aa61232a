//! Our programs on the Linux that this test runs on: they speak its system calls, so it can
//! say whether they are right.
//!
//! Every script below `tests/shell`, `tests/tools` and `tests/own` is run by our shell with
//! our programs, and what it prints is compared with the golden beside it (`UPDATE=1` rewrites
//! it). Scripts in `shell` are run by the host's /bin/sh with our programs as well, and those
//! in `tools` by /bin/sh with the host's programs: so a golden is not just our own opinion.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod common;

use common::{Bench, check, skip};
use std::path::Path;

/// Every script in a folder: ours against the golden, and the golden against `others`.
fn scripts(folder: &str, others: impl Fn(&Bench) -> Option<(&'static str, String)>) {
    let bench = Bench::new(folder);
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut paths: Vec<_> = dir
        .read_dir()
        .expect("scripts")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let mut count = 0;
    let mut wrong = Vec::new();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "sh"))
    {
        let script = std::fs::read_to_string(path).expect("a script");
        let ours = bench.run(&bench.program("sh"), &bench.path(), &["-c", &script]);
        check(&ours, &path.with_extension("out"));
        match others(&bench) {
            Some((shell, path_variable)) => {
                let theirs = bench.run(Path::new(shell), &path_variable, &["-c", &script]);
                // What is said on standard error is worded differently everywhere.
                let mut lines = ours.stdout.lines().zip(theirs.stdout.lines());
                if let Some((ours, theirs)) = lines.find(|(ours, theirs)| ours != theirs) {
                    wrong.push(format!(
                        "{}: ours {ours:?}, {shell} {theirs:?}",
                        path.display()
                    ));
                } else if ours.stdout != theirs.stdout {
                    wrong.push(format!("{}: one of the two says more", path.display()));
                }
            }
            None => skip("there is no /bin/sh to compare with"),
        }
        count += 1;
    }
    assert!(count > 0, "no scripts in {folder}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn host_shell() -> Option<&'static str> {
    Path::new("/bin/dash").exists().then_some("/bin/dash")
}

#[test]
fn the_shell_does_what_shells_do() {
    scripts("shell", |bench| Some((host_shell()?, bench.path())));
}

#[test]
fn the_tools_do_what_the_hosts_tools_do() {
    scripts("tools", |_| Some((host_shell()?, "/usr/bin:/bin".into())));
}

#[test]
fn our_own_programs_say_what_they_said() {
    let bench = Bench::new("own");
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/own");
    let script = std::fs::read_to_string(dir.join("programs.sh")).expect("a script");
    let ours = bench.run(&bench.program("sh"), &bench.path(), &["-c", &script]);
    check(&ours, &dir.join("programs.out"));
}

#[test]
fn every_program_has_a_line_of_help() {
    let bench = Bench::new("help");
    for program in user::PROGRAMS {
        let said = bench.run(&bench.program(program.name), &bench.path(), &["--help"]);
        assert_eq!(
            (said.stdout.as_str(), said.status),
            (format!("{}\n", program.help).as_str(), 0)
        );
        assert!(program.help.starts_with(program.name), "{}", program.help);
        assert!(program.help.contains(':'), "{}", program.help);
    }
}

#[test]
fn the_file_is_small_and_has_no_writable_code() {
    let header =
        |at: usize| u64::from_le_bytes(images::USER[at..at + 8].try_into().expect("8 bytes"));
    let (table, count) = (header(0x20) as usize, images::USER[0x38] as usize);
    let mut loads = Vec::new();
    for index in 0..count {
        let at = table + index * 56;
        let kind = images::USER[at];
        let flags = images::USER[at + 4];
        if kind == 1 {
            loads.push((header(at + 16), header(at + 40), flags));
        }
    }
    let (r, w, x) = (4, 2, 1);
    assert_eq!(
        loads.iter().map(|load| load.2).collect::<Vec<_>>(),
        [r | x, r | w]
    );
    assert_eq!(loads[0].0, 0x40_0000);
    assert_eq!(loads[1].0 % 4096, 0, "data begins a page");
    assert!(loads[0].0 + loads[0].1 <= loads[1].0);
    let loaded: u64 = loads.iter().map(|load| load.1).sum();
    assert!(loaded < 250 * 1024, "{loaded} bytes are loaded");
}
