//! What the tests share: a directory with our programs in it, running them, goldens.

#![allow(dead_code)] // each test file is a crate of its own and uses its part

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// What a program said, and its exit status.
pub struct Said {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
}

impl Said {
    fn text(&self) -> String {
        let Self {
            stdout,
            stderr,
            status,
        } = self;
        format!("{stdout}---- standard error\n{stderr}---- status {status}\n")
    }
}

/// A directory `bin` with our programs in it, and a `tmp` for what a test makes.
pub struct Bench {
    pub root: PathBuf,
}

impl Bench {
    pub fn new(name: &str) -> Self {
        let root = env::temp_dir().join(format!("ringside-user-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let bench = Self { root };
        fs::create_dir_all(bench.root.join("bin")).expect("a directory for programs");
        let file = bench.root.join("bin/user");
        fs::write(&file, images::USER).expect("the program file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("permissions");
        for program in user::PROGRAMS {
            fs::hard_link(&file, bench.program(program.name)).expect("a name for it");
        }
        bench
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.root.join("bin").join(name)
    }

    /// `PATH` with our programs only.
    pub fn path(&self) -> String {
        self.root.join("bin").display().to_string()
    }

    /// Runs a program in an empty directory, which the script knows as `$TMP`.
    pub fn run(&self, program: &Path, path: &str, args: &[&str]) -> Said {
        let tmp = self.root.join("tmp");
        let _ = fs::remove_dir_all(&tmp);
        fs::create_dir_all(&tmp).expect("a directory to work in");
        let output = Command::new(program)
            .args(args)
            .env_clear()
            .env("PATH", path)
            .env("TMP", &tmp)
            .current_dir(&tmp)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|why| panic!("{}: {why}", program.display()));
        let root = self.root.display().to_string();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&root, "ROOT");
        Said {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            status: output.status.code().unwrap_or(-1),
        }
    }

    /// Runs a script in our shell.
    pub fn sh(&self, script: &str) -> Said {
        self.run(&self.program("sh"), &self.path(), &["-c", script])
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Compares with the golden file, or with `UPDATE=1` writes it.
pub fn check(actual: &Said, golden: &Path) {
    let actual = actual.text();
    if env::var_os("UPDATE").is_some() {
        return fs::write(golden, actual).expect("the golden file");
    }
    let expected = fs::read_to_string(golden).unwrap_or_default();
    assert!(
        actual == expected,
        "{} is not what came out (UPDATE=1 takes it over):\n{actual}",
        golden.display(),
    );
}

/// Says why a test was not run.
pub fn skip(why: &str) {
    println!("skipped: {why}");
}

/// Unpacks a `newc` archive without device files; enough of a reader to know that ours can be
/// read.
pub fn unpack(archive: &[u8], root: &Path) {
    let mut links = std::collections::BTreeMap::new();
    let mut at = 0;
    loop {
        assert_eq!(&archive[at..at + 6], b"070701", "a header at {at}");
        let field = |index: usize| {
            let from = at + 6 + index * 8;
            let text = std::str::from_utf8(&archive[from..from + 8]).expect("digits");
            usize::from_str_radix(text, 16).expect("hexadecimal")
        };
        let (inode, mode, count, size, name_len) =
            (field(0), field(1), field(4), field(6), field(11));
        let name = std::str::from_utf8(&archive[at + 110..at + 109 + name_len]).expect("a name");
        if name == "TRAILER!!!" {
            return;
        }
        let data = (at + 110 + name_len).next_multiple_of(4);
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        match mode & 0o170_000 {
            0o040_000 => fs::create_dir_all(&path).expect("a directory"),
            0o100_000 if links.contains_key(&inode) => {
                fs::hard_link(&links[&inode], &path).expect("a hard link");
            }
            0o100_000 => {
                fs::write(&path, &archive[data..data + size]).expect("a file");
                let mode = fs::Permissions::from_mode(mode as u32 & 0o7777);
                fs::set_permissions(&path, mode).expect("permissions");
                if count > 1 {
                    links.insert(inode, path);
                }
            }
            _ => {} // a device needs rights, and /dev is the host's anyway
        }
        at = (data + size).next_multiple_of(4);
    }
}
