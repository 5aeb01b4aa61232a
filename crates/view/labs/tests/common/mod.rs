//! Golden files, and a world that does not change with the course.
#![allow(dead_code)] // each test uses a part of it

use std::path::{Path, PathBuf};
use std::{env, fs};

use labs::World;

/// A file of this crate's tests.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(path)
}

/// Compares a text with the golden file at `path`, relative to `tests/`; with `UPDATE=1` in the
/// environment the file is written instead, to be looked at with `git diff`.
#[track_caller]
pub fn check(actual: &str, path: &str) {
    let file = file(path);
    if env::var_os("UPDATE").is_some_and(|update| update == "1") {
        fs::write(&file, actual).expect("a golden can be written");
        return;
    }
    let expected = fs::read_to_string(&file)
        .unwrap_or_else(|why| panic!("{}: {why}. UPDATE=1 writes it:\n{actual}", file.display()));
    assert!(
        expected == actual,
        "{} differs (UPDATE=1 rewrites it). It should be\n{expected}\nand is\n{actual}",
        file.display()
    );
}

/// Two scenarios, two labs, and one misconception.
pub fn world() -> World {
    let mut places = World::built_in().places;
    places.retain(|place| ["containers", "vms"].contains(&place.id.as_str()));
    World {
        places,
        labs: vec!["example".into(), "modes".into()],
        misconceptions: vec!["walls".into()],
    }
}
