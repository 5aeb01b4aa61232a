//! Archives are what Debian's cpio takes them for.

use images::cpio::Archive;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What `cpio` prints when it is given the archive, or `None` where there is no cpio.
fn cpio(options: &[&str], archive: &[u8], dir: &Path) -> Option<String> {
    let mut child = Command::new("cpio")
        .args(options)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .inspect_err(|why| println!("skipped: no cpio to compare with: {why}"))
        .ok()?;
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(archive).expect("cpio reads it");
    drop(stdin);
    let output = child.wait_with_output().expect("cpio ends");
    assert!(
        output.status.success(),
        "cpio {options:?}: {}",
        output.status
    );
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn cpio_lists_what_we_wrote() {
    let archive = Archive::new()
        .file("/etc/deep/rc", 0o755, b"echo hello\n")
        .dir("etc")
        .dir("empty/")
        .symlink("bin/link", "../etc/deep/rc")
        .links(&["a", "bin/b"], 0o644, b"twice")
        .device("dev/console", 0o600, 5, 1)
        .finish();
    assert_eq!(archive.len() % 512, 0);
    let Some(list) = cpio(&["-t", "--quiet"], &archive, Path::new(".")) else {
        return;
    };
    let expected = "etc etc/deep etc/deep/rc empty bin bin/link a bin/b dev dev/console";
    assert_eq!(
        list.split_whitespace().collect::<Vec<_>>().join(" "),
        expected
    );
    let long = cpio(&["-tv", "--quiet"], &archive, Path::new(".")).expect("as before");
    for line in [
        "-rwxr-xr-x   1 root",
        "-rw-r--r--   2 root",
        "crw-------   1 root     root       5,   1",
        "../etc/deep/rc",
    ] {
        assert!(long.contains(line), "{line} in\n{long}");
    }
}

#[test]
fn cpio_unpacks_hard_links() {
    let dir = std::env::temp_dir().join(format!("ringside-cpio-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let archive = Archive::new()
        .links(&["x/one", "two", "three"], 0o640, b"same bytes")
        .finish();
    if cpio(&["-id", "--quiet"], &archive, &dir).is_some() {
        for name in ["x/one", "two", "three"] {
            let path = dir.join(name);
            assert_eq!(
                std::fs::read(&path).expect("the file"),
                b"same bytes",
                "{name}"
            );
            #[cfg(unix)]
            {
                use std::os::unix::fs::MetadataExt;
                let meta = path.metadata().expect("the file");
                assert_eq!((meta.nlink(), meta.mode() & 0o777), (3, 0o640), "{name}");
            }
        }
    }
    std::fs::remove_dir_all(&dir).expect("removed");
}

#[test]
fn the_initramfs_is_an_archive_with_an_init() {
    let Some(list) = cpio(&["-t", "--quiet"], images::INITRAMFS, Path::new(".")) else {
        return;
    };
    let names: Vec<_> = list.lines().collect();
    for name in [
        "init",
        "bin/sh",
        "bin/ctr",
        "images/web/bin/ticker",
        "images/db/etc/command",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    assert!(
        images::INITRAMFS.len() < images::USER.len() + 64 * 1024,
        "the bytes stand there once"
    );
}

#[test]
fn the_guests_are_what_they_should_be() {
    assert_eq!(images::FIRMWARE.len(), 0x1_0000);
    for elf in [images::HYPERVISOR, images::KERNEL, images::USER] {
        assert_eq!(&elf[..5], b"\x7fELF\x02");
    }
}
