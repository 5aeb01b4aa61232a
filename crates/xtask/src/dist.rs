//! `dist/`: the page as a folder of static files, for any file server and any path.
//!
//! Cargo builds the root package for wasm32 (and, through the `images` crate, the guests inside
//! it); wasm-bindgen, as a library, writes the JavaScript glue; `index.html` and what lies in
//! `www/` are copied as they are. Nothing else takes part: no Node, no bundler, no downloads.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::workspace::{cargo, dist, root, run, target};
use crate::{serve, tools};

const WASM: &str = "wasm32-unknown-unknown";

/// What browsers are served. Anything else in `dist/` is a mistake: some hosts refuse it, and some
/// show it as text.
const ENDINGS: [&str; 10] = [
    "html", "js", "css", "wasm", "json", "svg", "woff2", "txt", "png", "ico",
];

/// Builds everything and prints what it weighs.
pub fn build() -> Result<()> {
    let wasm = compile()?;
    let dist = dist();
    if dist.exists() {
        fs::remove_dir_all(&dist).with_context(|| format!("cannot empty {}", dist.display()))?;
    }
    fs::create_dir_all(&dist)?;

    // In this order, so that a file of ours wins over a generated one of the same name.
    Bindgen::new()
        .input_path(&wasm)
        .web(true)?
        .typescript(false)
        // Names of functions are for debuggers, and a fifth of the file.
        .remove_name_section(true)
        .remove_producers_section(true)
        .out_name("ringside")
        .generate(&dist)
        .context("wasm-bindgen cannot make the page's JavaScript")?;
    copy_folder(&root().join("www"), &dist)?;
    let index = root().join("index.html");
    fs::copy(&index, dist.join("index.html"))
        .with_context(|| format!("cannot copy {}", index.display()))?;

    let files = files_below(&dist)?;
    check_endings(&files)?;
    check_links(&dist)?;
    print_sizes(&dist, &files)
}

/// The root package as Wasm; the answer is the file's path.
fn compile() -> Result<PathBuf> {
    tools::ensure_target(WASM)?;
    tools::ensure_target("x86_64-unknown-none")?;
    // Panic messages hold source paths. Whoever builds the page, wherever, gets the same bytes.
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=ringside", root().display())];
    flags.extend(home.map(|home| format!("--remap-path-prefix={}=cargo", home.display())));
    let flags = serde_json::to_string(&flags)?;

    run(cargo()
        .args([
            "build",
            "--package",
            "ringside",
            "--profile",
            "web",
            "--target",
            WASM,
        ])
        .args(["--config", &format!("target.{WASM}.rustflags={flags}")]))?;
    Ok(target()?.join(WASM).join("web/ringside-page.wasm"))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// All files below a folder, sorted by path.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn check_endings(files: &[PathBuf]) -> Result<()> {
    for file in files {
        let ending = file
            .extension()
            .and_then(|ending| ending.to_str())
            .unwrap_or("");
        if !ENDINGS.contains(&ending) {
            bail!(
                "{} does not belong into dist/ (allowed: {})",
                file.display(),
                ENDINGS.join(" ")
            );
        }
    }
    Ok(())
}

/// `index.html` may refer only to files that exist, by relative URLs: then any sub-path will do.
fn check_links(dist: &Path) -> Result<()> {
    let page = fs::read_to_string(dist.join("index.html"))?;
    for link in links(&page) {
        let file = link.split(['?', '#']).next().unwrap_or("");
        if link.starts_with('/') {
            bail!("index.html refers to {link}: an absolute URL breaks the page on a sub-path");
        }
        if !file.is_empty() && !link.contains(':') && !dist.join(file).is_file() {
            bail!("index.html refers to {link}, which is not in dist/");
        }
    }
    Ok(())
}

/// The values of all `href` and `src` attributes.
fn links(html: &str) -> impl Iterator<Item = &str> {
    let values = ["href=\"", "src=\""]
        .into_iter()
        .flat_map(|attribute| html.split(attribute).skip(1));
    values.filter_map(|rest| rest.split('"').next())
}

fn print_sizes(dist: &Path, files: &[PathBuf]) -> Result<()> {
    println!("{:>9} {:>9}  dist/", "bytes", "gzip");
    let (mut raw_sum, mut wire_sum) = (0, 0);
    for file in files {
        let bytes = fs::read(file)?;
        // Fonts and pictures are compressed already, and servers leave them alone.
        let wire = if serve::content_type(file).1 {
            serve::gzip(&bytes)?.len()
        } else {
            bytes.len()
        };
        println!(
            "{:>9} {:>9}  {}",
            bytes.len(),
            wire,
            file.strip_prefix(dist)?.display()
        );
        raw_sum += bytes.len();
        wire_sum += wire;
    }
    println!("{raw_sum:>9} {wire_sum:>9}  in all");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_the_values_of_href_and_src() {
        let html =
            r#"<link href="a.css"><script type=module src="./b.js"></script><a href="https://x/">"#;
        let mut found: Vec<_> = links(html).collect();
        found.sort();
        assert_eq!(found, ["./b.js", "a.css", "https://x/"]);
    }

    #[test]
    fn foreign_files_are_refused_by_name() {
        assert!(check_endings(&["dist/a.js".into(), "dist/b.wasm".into()]).is_ok());
        let error = check_endings(&["dist/x.d.ts".into()])
            .unwrap_err()
            .to_string();
        assert!(error.contains("x.d.ts"), "{error}");
    }
}
