//! `matches`: a pattern with `*` for any text and `?` for one character.
//!
//! Not a regular expression: a pattern of n letters meets a text of m in at most n·m steps,
//! whatever an author writes.

/// Whether the whole text is as the pattern says.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stands, and how much of the text it takes for now.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(letter) if *letter == '?' || *letter == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                // One letter more for the star, and on behind it.
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_take_what_they_must() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbbd", false),
            ("*cli*", "#GP · cli", true),
            ("?GP*", "#GP · cli", true),
            ("a*b*c", "aXbYbZc", true),
            ("a", "ab", false),
            ("*.sh", "x.sh.sh", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_bad_pattern_is_not_slow() {
        let text = "a".repeat(2_000);
        assert!(!matches(&format!("{}b", "a*".repeat(500)), &text));
    }
}
