//! How wide words are, without asking a browser: good to a few per cent for the page's own type,
//! which is all that cutting a name short needs.

/// Width of a text at this size of type, pixels.
pub fn width(text: &str, size: i32) -> i32 {
    let thousandths: i32 = text.chars().map(advance).sum();
    (thousandths * size + 999) / 1000
}

/// The text, cut short with an ellipsis if it is wider than `room` pixels; empty if even that does
/// not fit.
pub fn fit(text: &str, room: i32, size: i32) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let ellipsis = width("…", size);
    let mut taken = 0;
    let mut out = String::new();
    for char in text.chars() {
        taken += advance(char);
        if (taken * size + 999) / 1000 + ellipsis > room {
            break;
        }
        out.push(char);
    }
    let kept = out.trim_end().len();
    out.truncate(kept);
    if out.is_empty() {
        return out;
    }
    out.push('…');
    out
}

/// Thousandths of the size of type.
const fn advance(char: char) -> i32 {
    match char {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | 'I' => 290,
        ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' | '·' => 380,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 880,
        'K' | 'B' | 'P' => 630,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' => 525,
        'A'..='Z' | '…' | '→' => 680,
        _ => 590,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_enough_or_cut() {
        assert_eq!(fit("kernel", 200, 14), "kernel");
        assert_eq!(fit("", 0, 14), "");
        assert_eq!(fit("kernel", 3, 14), "");
        let cut = fit("a very long name of a process", 80, 14);
        assert!(cut.ends_with('…') && width(&cut, 14) <= 80, "{cut}");
        assert!(!cut.contains(" …"));
    }

    #[test]
    fn letters_of_any_script_are_counted_not_bytes() {
        assert_eq!(width("ддд", 10), width("ooo", 10));
        let _ = fit("контейнер", 30, 12);
    }
}
