//! What is in the first file system.
//!
//! There is one program file. It stands in the archive once and has many names: `/init`,
//! every command below `/bin`, and the same again inside every container image, so four images
//! cost no memory but their directories.

use crate::cpio::Archive;

/// A container image: a directory below `/images`, and the command that it runs when none is
/// given.
struct Image {
    name: &'static str,
    about: &'static str,
    command: &'static str,
}

/// The first one has every command, the others have [`COMMON`].
const IMAGES: [Image; 4] = [
    Image {
        name: "base",
        about: "every command",
        command: "sh",
    },
    Image {
        name: "web",
        about: "a service that says a line each second",
        command: "ticker",
    },
    Image {
        name: "worker",
        about: "a worker that counts primes",
        command: "primes",
    },
    Image {
        name: "db",
        about: "a store that sorts its rows over and over",
        command: "sorter",
    },
];

/// What every image has: work to do, and enough to look around with.
const COMMON: [&str; 22] = [
    "cat", "crash", "echo", "env", "grep", "head", "hostname", "id", "kill", "ls", "matrix",
    "mount", "primes", "ps", "pwd", "seq", "sh", "sleep", "sorter", "stress", "ticker", "wc",
];

/// The archive, around the one program file.
pub fn archive(user: &[u8]) -> Vec<u8> {
    let mut names = vec!["/init".to_string()];
    names.extend(
        user::PROGRAMS
            .iter()
            .map(|program| format!("/bin/{}", program.name)),
    );
    for image in &IMAGES {
        for program in user::PROGRAMS {
            if image.name == IMAGES[0].name || COMMON.contains(&program.name) {
                names.push(format!("/images/{}/bin/{}", image.name, program.name));
            }
        }
    }
    let mut archive = Archive::new();
    for directory in ["dev", "etc", "proc", "root", "run", "sys", "tmp"] {
        archive = archive.dir(directory);
    }
    // A kernel opens this one for init before anything is mounted.
    archive = archive.device("dev/console", 0o600, 5, 1);
    archive = archive
        .file("etc/os-release", 0o644, b"NAME=ringside\n")
        .file("etc/passwd", 0o644, b"root:x:0:0:root:/root:/bin/sh\n")
        .links(&names, 0o755, user);
    for Image {
        name,
        about,
        command,
        ..
    } in &IMAGES
    {
        let root = format!("images/{name}");
        for directory in ["dev", "proc", "tmp"] {
            archive = archive.dir(&format!("{root}/{directory}"));
        }
        let release = format!("NAME={name}\nABOUT=\"{about}\"\n");
        archive = archive
            .file(&format!("{root}/etc/os-release"), 0o644, release.as_bytes())
            .file(
                &format!("{root}/etc/command"),
                0o644,
                format!("{command}\n").as_bytes(),
            );
    }
    archive.finish()
}
