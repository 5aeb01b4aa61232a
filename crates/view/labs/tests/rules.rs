//! Every rule has a page, and an example that breaks it.
//!
//! `rules/rsNNN*.md` are labs that are sound but for one thing; the file beside each says what
//! the checker makes of it.

mod common;

use std::fs;
use std::path::PathBuf;

use common::{check, file, world};
use labs::diagnostic::{json, render};
use labs::rules::ALL;
use labs::{check_course, read};

/// The examples, in order: name without `.md`, and text.
fn examples() -> Vec<(String, String)> {
    let folder = fs::read_dir(file("rules")).expect("there is a folder of examples");
    let mut paths: Vec<PathBuf> = folder
        .map(|entry| entry.expect("a folder can be read to its end").path())
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(&path).expect("an example can be read");
            (name.into_owned(), text)
        })
        .collect()
}

#[test]
fn an_example_breaks_its_rule_and_no_other() {
    for (name, text) in examples() {
        let (_, list) = read(&text, "labs/example/lab.md", &world());
        check(&render(&list, &text), &format!("rules/{name}.txt"));
        if name == "sound" {
            assert_eq!(list, [], "{}", render(&list, &text));
            continue;
        }
        let code = name[..5].to_uppercase();
        for it in &list {
            assert_eq!(it.rule.code(), code, "{name}:\n{}", render(&list, &text));
        }
        assert!(!list.is_empty(), "{name} breaks no rule");
        assert!(json(&list).contains(&format!("\"rule\": \"{code}\"")));
    }
}

#[test]
fn every_rule_has_an_example_and_a_page() {
    let examples = examples();
    let pages = fs::read_to_string(file("../../../../labs/RULES.md")).expect("there is a page");
    for rule in ALL {
        let name = rule.code().to_lowercase();
        // Their examples are made below: a large file, and two files.
        let made = ["rs703", "rs210"].contains(&name.as_str());
        let found = examples.iter().any(|(it, _)| it.starts_with(&name));
        assert!(made || found, "tests/rules has no {name}*.md");
        let heading = format!("### {}: {}\n", rule.code(), rule.title);
        assert!(pages.contains(&heading), "labs/RULES.md has no `{heading}`");
    }
    let headings = pages.lines().filter(|line| line.starts_with("### RS"));
    assert_eq!(headings.count(), ALL.len(), "a page explains no rule");
}

#[test]
fn a_large_file_is_not_looked_at() {
    let text = "<script>".repeat(1 << 17);
    let (lab, list) = read(&text, "large.md", &world());
    assert_eq!((lab.is_none(), list.len()), (true, 1));
    assert_eq!(list[0].rule.code(), "RS703");
}

#[test]
fn a_cycle_is_shown() {
    let sound = fs::read_to_string(file("rules/sound.md")).expect("there is a sound lab");
    let text = |id: &str, requires: &str| {
        let id = format!("id = \"{id}\"\nrequires = [\"{requires}\"]");
        sound.replacen("id = \"example\"", &id, 1)
    };
    let texts = [text("example", "modes"), text("modes", "example")];
    let labs = texts.each_ref().map(|text| read(text, "x.md", &world()).0);
    let labs: Vec<_> = labs
        .iter()
        .zip(&texts)
        .map(|(lab, text)| (lab.as_ref().expect("it is sound"), "x.md", text.as_str()))
        .collect();
    let list = check_course(&labs);
    assert_eq!(list.len(), 2);
    assert_eq!(list[0].rule.code(), "RS210");
    assert_eq!(list[0].label, "example → modes → example");
    assert_eq!(check_course(&labs[..1]), []);
}
