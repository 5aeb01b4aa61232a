//! The hypervisor is a book: every file is a chapter, and no number comes twice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if !path.to_string_lossy().contains("tests") && !path.ends_with("ring.rs") {
            out.push(path);
        }
    }
}

#[test]
fn chapters_and_passages_are_numbered_once() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let contents = std::fs::read_to_string(src.join("main.rs")).unwrap();
    let mut seen = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.display().to_string();
        let number = text.strip_prefix("//! # ").and_then(|rest| rest.split_once(". "));
        let (number, _) = number.unwrap_or_else(|| panic!("{name} has no chapter number"));
        assert!(seen.insert(number.to_string(), name.clone()).is_none(), "{number} twice: {name}");
        let stem = file.file_stem().unwrap().to_string_lossy().to_string();
        let listed = contents.contains(&format!("[`{stem}`]")) || stem == "main";
        let in_a_part = file.parent().unwrap() != src;
        assert!(listed || in_a_part, "{name} is not in the table of contents");
        let mut last = 0;
        for passage in text.split("[H:").skip(1).map(|rest| rest.split_once(']').unwrap().0) {
            let (chapter, section) = passage.split_once('.').unwrap_or((passage, ""));
            assert_eq!(chapter, number, "{name}: [H:{passage}] is in another chapter");
            let section: u32 = section.parse().unwrap();
            assert_eq!(section, last + 1, "{name}: [H:{passage}] is out of order");
            last = section;
        }
    }
    assert!(seen.len() > 25);
}
