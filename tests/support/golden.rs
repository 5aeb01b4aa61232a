//! Golden files: what was right once, kept as text. A diff of one is the review of a change.

use std::path::Path;
use std::{env, fs};

/// Compares a text with the golden file at `path`, relative to `tests/`.
///
/// With `UPDATE=1` in the environment the file is written instead, to be looked at with `git diff`.
#[track_caller]
pub fn check(actual: &str, path: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var_os("UPDATE").is_some_and(|update| update == "1") {
        let folder = file.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder).expect("the folder of goldens can be made");
        fs::write(&file, actual).expect("a golden can be written");
        return;
    }
    let expected = fs::read_to_string(&file)
        .unwrap_or_else(|why| panic!("{}: {why}. UPDATE=1 writes it:\n{actual}", file.display()));
    if let Some(difference) = difference(&expected, actual) {
        panic!(
            "{} differs (UPDATE=1 rewrites it)\n{difference}",
            file.display()
        );
    }
}

/// The lines around the first that differs: `-` as expected, `+` as it is.
fn difference(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    let same = old
        .iter()
        .zip(&new)
        .take_while(|(old, new)| old == new)
        .count();
    let mut text = format!("first difference in line {}:\n", same + 1);
    for line in &old[same.saturating_sub(3)..same] {
        text += &format!("  {line}\n");
    }
    for line in old.iter().skip(same).take(8) {
        text += &format!("- {line}\n");
    }
    for line in new.iter().skip(same).take(8) {
        text += &format!("+ {line}\n");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_difference_shows_where_it_begins() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        let text = difference("a\nb\nc\n", "a\nB\nc\n").unwrap();
        assert!(
            text.contains("line 2") && text.contains("  a\n- b\n") && text.contains("+ B\n"),
            "{text}"
        );
        assert!(difference("a\n", "a\nb\n").unwrap().contains("+ b"));
    }
}
