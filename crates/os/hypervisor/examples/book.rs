//! Prints the hypervisor as a book: each file's opening words and its marked passages, in the
//! order of their numbers (`//! # 20. Title`, `/// [H:20.1] passage`). After lguest's
//! `extract`, which did the same for a hypervisor in C.

use std::path::Path;

fn main() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut chapters = Vec::new();
    collect(&src, &src, &mut chapters);
    chapters.sort_by_key(|c: &(u32, String)| c.0);
    for (_, text) in chapters {
        println!("{text}");
    }
}

/// Reads every file below `folder`; a chapter is its number and its text.
fn collect(root: &Path, folder: &Path, chapters: &mut Vec<(u32, String)>) {
    for entry in std::fs::read_dir(folder).expect("the source is there") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            collect(root, &path, chapters);
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a readable file");
        let number = source
            .strip_prefix("//! # ")
            .and_then(|rest| rest.split('.').next())
            .and_then(|number| number.parse().ok());
        if let Some(number) = number {
            let name = path.strip_prefix(root).expect("below src").display().to_string();
            chapters.push((number, chapter(&name, &source)));
        }
    }
}

/// The header of a file, then each marked comment with the item that it stands on.
fn chapter(name: &str, source: &str) -> String {
    let mut out = String::new();
    let mut lines = source.lines().enumerate().peekable();
    while let Some((_, line)) = lines.next_if(|(_, line)| line.starts_with("//!")) {
        out += &format!("{}\n", line.trim_start_matches("//!").trim_start_matches(' '));
    }
    out += &format!("\n({name})\n");
    let mut marked = false;
    for (number, line) in lines {
        let text = line.trim();
        let comment = text.starts_with("//");
        if comment && text.contains("[H:") {
            marked = true;
            out += &format!("\n{name}:{}\n", number + 1);
        }
        if marked {
            out += &format!("    {}\n", text.trim_start_matches('/').trim());
            marked = comment;
        }
    }
    out
}
