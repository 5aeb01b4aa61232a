//! What is in the first file system.
//!
//! There is one program file. It stands in the archive once and has many names: `/init`,
//! every command below `/bin`, and the same again inside every container image, so four images
//! cost no memory but their directories.

use crate::cpio::Archive;

/// A container image: a directory below `/images`, the command that it runs when none is
/// given, and which commands it has.
struct Image {
    name: &'static str,
    about: &'static str,
    command: &'static str,
    programs: &'static [&'static str],
}

const IMAGES: [Image; 4] = [
    Image {
        name: "base",
        about: "every command",
        command: "sh",
        programs: &[],
    },
    Image {
        name: "web",
        about: "a service that says a line each second",
        command: "ticker",
        programs: &["ticker"],
    },
    Image {
        name: "worker",
        about: "a worker that counts primes",
        command: "primes",
        programs: &["primes", "matrix", "stress"],
    },
    Image {
        name: "db",
        about: "a store that sorts its rows over and over",
        command: "sorter",
        programs: &["sorter", "stress"],
    },
];

/// What every image has, so that a person can look around in it.
const COMMON: [&str; 18] = [
    "sh", "cat", "crash", "echo", "env", "grep", "head", "hostname", "id", "kill", "ls", "mount",
    "ps", "pwd", "seq", "sleep", "stress", "wc",
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
            let mut wanted = COMMON.iter().chain(image.programs);
            if image.programs.is_empty() || wanted.any(|name| *name == program.name) {
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
