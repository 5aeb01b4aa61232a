//! Imports go down only, `unsafe` has an address, and every file says what it is.
//!
//! The rules that a reader of ARCHITECTURE.md relies on, checked against `cargo metadata` and the
//! sources. A rule that is in the way is changed here, in the open, with its reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use promises::source::{code_of, words};
use serde_json::Value;
use xtask::workspace;

/// Who may import whom, of our own. Everything that is not allowed is forbidden, and a crate that
/// is not here has no place yet.
const IMPORTS: &[(&str, &str)] = &[
    // Both sides of the glass.
    ("x86", ""),
    ("abi", ""),
    ("elf", ""),
    ("objects", "x86"),
    // The emulated machine.
    ("probe", "x86"),
    ("cpu", "probe x86"),
    ("machine", "cpu probe x86 elf"),
    ("timeline", "machine probe"),
    ("silicon", "cpu probe x86"),
    // What runs inside it.
    ("metal", "x86 abi"),
    ("firmware", "metal abi x86 elf"),
    ("hypervisor", "metal objects abi x86 elf"),
    ("kernel", "metal objects abi x86 elf"),
    ("user", "metal abi"),
    ("images", "user"),
    // What looks.
    ("inspect", "objects x86 elf"),
    ("scene", ""),
    (
        "session",
        "scene timeline machine cpu probe inspect images objects abi x86 elf",
    ),
    ("labs", "scene session timeline probe"),
    // Doors.
    ("ringside", "labs scene session timeline images"),
    (
        "cli",
        "labs scene session timeline machine probe elf images",
    ),
    // The repository's own.
    ("xtask", ""),
    ("promises", "xtask machine scene session images"),
];

/// `unsafe` code lives in the guests' bare-metal crate, and in the tests that run instructions on
/// the host's own processor.
const UNSAFE: [&str; 2] = ["metal", "silicon"];

/// Assembly outside functions is not called unsafe by the language, and is no less so. The boot ROM
/// is nothing else: no compiler speaks real mode.
const ASSEMBLY: [&str; 3] = ["metal", "silicon", "firmware"];
/// And so is the guest that misbehaves: it runs in a VM, for the hypervisor to withstand.
const ROGUE: &str = "hypervisor/guests/rogue.rs";

struct Package {
    name: String,
    folder: PathBuf,
    /// Of our own: name and kind (normal, build or dev).
    imports: Vec<(String, String)>,
    /// The files that crates start with: `lib.rs`, `main.rs`.
    roots: Vec<PathBuf>,
}

fn packages() -> Vec<Package> {
    let metadata = workspace::metadata().expect("cargo describes the workspace");
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let package = |package: &Value| Package {
        name: text(&package["name"]),
        folder: PathBuf::from(text(&package["manifest_path"]))
            .parent()
            .expect("it is a file")
            .into(),
        imports: list(&package["dependencies"])
            .iter()
            .filter(|import| import["path"].is_string())
            .map(|import| {
                (
                    text(&import["name"]),
                    import["kind"].as_str().unwrap_or("normal").to_owned(),
                )
            })
            .collect(),
        roots: list(&package["targets"])
            .iter()
            .filter(|target| {
                list(&target["kind"])
                    .iter()
                    .any(|kind| kind == "lib" || kind == "bin")
            })
            .map(|target| PathBuf::from(text(&target["src_path"])))
            .collect(),
    };
    list(&metadata["packages"]).iter().map(package).collect()
}

impl Package {
    fn is_below(&self, folder: &str) -> bool {
        self.folder.starts_with(workspace::root().join(folder))
    }

    /// All its Rust files.
    fn sources(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        rust_files(&self.folder, &mut files);
        // A package's folder may hold others: the root package's holds them all.
        files.retain(|file| innermost_package(file) == self.folder);
        files
    }
}

fn innermost_package(file: &Path) -> PathBuf {
    let folder = file
        .ancestors()
        .skip(1)
        .find(|folder| folder.join("Cargo.toml").is_file());
    folder
        .expect("every source belongs to a package")
        .to_path_buf()
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|why| panic!("{}: {why}", folder.display()))
        .map(|entry| entry.expect("a folder can be read to its end").path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !name.starts_with('.') && name != "target" && name != "dist" {
            rust_files(&path, files);
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|why| panic!("{}: {why}", file.display()))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(workspace::root())
        .unwrap_or(file)
        .display()
        .to_string()
}

/// Fails with all complaints at once.
#[track_caller]
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn imports_go_down_only() {
    let mut complaints = Vec::new();
    for package in packages() {
        let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == package.name) else {
            complaints.push(format!(
                "{} has no line in IMPORTS: say what it may import",
                package.name
            ));
            continue;
        };
        let allowed: BTreeSet<_> = allowed.split(' ').collect();
        // What only tests import is their own affair, but for the rule below.
        let imports = package.imports.iter().filter(|(_, kind)| kind != "dev");
        for (import, _) in imports.filter(|(import, _)| !allowed.contains(import.as_str())) {
            complaints.push(format!("{} may not import {import}", package.name));
        }
    }
    none(complaints);
}

#[test]
fn what_runs_inside_never_knows_what_is_outside() {
    let packages = packages();
    let outside: BTreeSet<_> = packages
        .iter()
        .filter(|package| package.is_below("crates/pc") || package.is_below("crates/view"))
        .map(|package| package.name.as_str())
        .collect();
    let inside = packages
        .iter()
        .filter(|package| package.is_below("crates/os") || package.is_below("crates/shared"));
    none(
        inside
            .flat_map(|package| {
                package
                    .imports
                    .iter()
                    .map(move |(import, _)| (package, import))
            })
            .filter(|(_, import)| outside.contains(import.as_str()))
            .map(|(package, import)| {
                format!("{} imports {import}, not even for its tests", package.name)
            })
            .collect(),
    );
}

#[test]
fn unsafe_has_an_address() {
    let mut complaints = Vec::new();
    for package in packages() {
        let name = package.name.as_str();
        for file in package.sources() {
            // The attribute that gives a door its name is the one thing that needs the word.
            let code = code_of(&read(&file)).replace("#[unsafe(no_mangle)]", "");
            let lines = words(&code).filter(|(_, word)| match *word {
                "unsafe" => !UNSAFE.contains(&name),
                "asm" | "global_asm" | "naked_asm" => {
                    !ASSEMBLY.contains(&name) && !file.ends_with(ROGUE)
                }
                _ => false,
            });
            complaints.extend(lines.map(|(line, word)| format!("{}:{line}: {word}", shown(&file))));
        }
        for root in package.roots.iter().filter(|_| !UNSAFE.contains(&name)) {
            let code = code_of(&read(root));
            let lints = ["forbid(unsafe_code)", "deny(unsafe_code)"];
            if !lints.iter().any(|lint| code.contains(lint)) {
                let root = shown(root);
                complaints.push(format!("{root}: neither forbids nor denies unsafe code"));
            }
        }
    }
    none(complaints);
}

#[test]
fn every_file_says_what_it_is() {
    let mut complaints = Vec::new();
    for file in packages().iter().flat_map(Package::sources) {
        if !read(&file).starts_with("//! ") {
            complaints.push(format!("{}: opens without a //! header", shown(&file)));
        }
    }
    none(complaints);
}

/// The emulated PC is a function of its images and inputs. Clippy says so too (crates/pc/clippy.toml),
/// about types; this is about words, in tests as well.
#[test]
fn the_pc_has_no_clock_no_chance_and_no_floats() {
    const BANNED: [&str; 8] = [
        "Instant",
        "SystemTime",
        "HashMap",
        "HashSet",
        "RandomState",
        "rand",
        "f32",
        "f64",
    ];
    let mut complaints = Vec::new();
    let packages = packages();
    let pc = packages
        .iter()
        .filter(|package| package.is_below("crates/pc") && package.name != "silicon");
    for file in pc.flat_map(Package::sources) {
        // Measuring how fast it is needs a clock; that is what benches and examples are for.
        if ["benches", "examples"]
            .iter()
            .any(|part| file.iter().any(|folder| folder == *part))
        {
            continue;
        }
        let code = code_of(&read(&file));
        let found = words(&code).filter(|(_, word)| BANNED.contains(word));
        complaints.extend(found.map(|(line, word)| format!("{}:{line}: {word}", shown(&file))));
    }
    none(complaints);
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    let root = workspace::root();
    let mut complaints = Vec::new();
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = read(&root.join(name));
        for link in links(&text) {
            let file = link.split('#').next().unwrap_or_default();
            if !file.is_empty() && !root.join(file).exists() {
                complaints.push(format!("{name}: {link} leads nowhere"));
            }
        }
    }
    none(complaints);
}

/// The targets of all Markdown links to files.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://"))
}
