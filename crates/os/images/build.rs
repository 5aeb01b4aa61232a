//! Cross-builds the guests with an inner cargo and leaves their files in OUT_DIR.
//!
//! The guests are built for another target and another profile than whoever asks for them, so
//! an ordinary dependency cannot express them. The inner cargo has a target directory of its
//! own, `target/guests`; it is incremental, so a run with nothing to do costs a second.

#[path = "src/cpio.rs"]
#[allow(dead_code)]
mod cpio;
#[path = "build/guest.rs"]
mod guest;
#[path = "build/initramfs.rs"]
mod initramfs;
#[path = "build/rom.rs"]
mod rom;

use std::path::{Path, PathBuf};
use std::{env, fs, process};

fn main() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let workspace = workspace.canonicalize().expect("the workspace is there");
    for source in [
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        "crates/shared",
        "crates/os/metal",
        "crates/os/firmware",
        "crates/os/hypervisor",
        "crates/os/kernel",
        "crates/os/user",
        "crates/os/images/build.rs",
        "crates/os/images/build",
        "crates/os/images/src/cpio.rs",
    ] {
        println!(
            "cargo:rerun-if-changed={}",
            workspace.join(source).display()
        );
    }
    println!("cargo:rerun-if-env-changed={}", guest::LAST_GOOD);

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let built = |name: &str| guest::build(&workspace, name).unwrap_or_else(|why| fail(name, &why));
    let put = |name: &str, bytes: &[u8]| {
        fs::write(out.join(name), bytes).unwrap_or_else(|why| fail(name, &why.to_string()));
    };

    put("hypervisor", &built("hypervisor"));
    put("kernel", &built("kernel"));
    let user = built("user");
    let archive = initramfs::archive(&user);
    put("initramfs", &archive);
    put("user-range.rs", user_range(&archive, &user).as_bytes());
    let rom = rom::flatten(&built("firmware")).unwrap_or_else(|why| fail("firmware", &why));
    put("firmware", &rom);
}

/// Where the program file stands in the archive, as Rust. The bytes stand there only once, and that
/// once is enough: they are the most of what a browser has to fetch.
fn user_range(archive: &[u8], user: &[u8]) -> String {
    let start = archive
        .windows(user.len())
        .position(|window| window == user)
        .expect("the archive holds the program file as it is");
    format!("({start}, {})", user.len())
}

fn fail(guest: &str, why: &str) -> ! {
    for line in why.lines() {
        println!("cargo::error={guest}: {line}");
    }
    process::exit(1);
}
