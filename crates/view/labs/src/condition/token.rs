//! From letters to tokens.

use std::ops::Range;

use super::Fault;
use crate::rules;

/// A word of the language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Token {
    /// A name: `kernel`, `in`, `true`.
    Name(String),
    /// A number; `16M` and `0x3f8` are numbers too.
    Int(i128),
    /// `'text'`.
    Text(String),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// A token and where it stands.
pub type Placed = (Token, Range<usize>);

/// Longer ones first: the first that fits is taken.
const SIGNS: [&str; 20] = [
    "==", "!=", "<=", ">=", "+-", "±", "=", "<", ">", "~", "+", "-", "*", "/", "(", ")", "[", "]",
    ".", ",",
];

/// No assertion needs to be longer, in bytes.
const LONGEST: usize = 500;

/// The tokens of an assertion.
///
/// # Errors
/// A letter that begins nothing, a text without an end, a number that is too large.
pub fn tokens(text: &str) -> Result<Vec<Placed>, Fault> {
    let fault = |at, message: &str| Fault::new(rules::SYNTAX, at, message);
    if text.len() > LONGEST {
        let what = format!("an assertion has {LONGEST} bytes at most");
        return Err(fault(0..text.len(), &what));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        let length_of = |is: fn(char) -> bool| rest.find(|c: char| !is(c)).unwrap_or(rest.len());
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (token, length) = if letter.is_whitespace() {
            at += letter.len_utf8();
            continue;
        } else if letter.is_ascii_digit() {
            let length = length_of(is_word);
            let number = number(&rest[..length]);
            let number = number.ok_or_else(|| {
                fault(at..at + length, "this is not a number")
                    .help("write `42`, `1_000`, `0x3f8`, or a size: `512K`, `16M`, `1G`")
            })?;
            (Token::Int(number), length)
        } else if letter.is_ascii_alphabetic() || letter == '_' {
            let length = length_of(is_word);
            (Token::Name(rest[..length].to_owned()), length)
        } else if letter == '\'' {
            let inner = rest[1..].find('\'').ok_or_else(|| {
                fault(at..text.len(), "this text has no end").help("end it with another `'`")
            })?;
            (Token::Text(rest[1..=inner].to_owned()), inner + 2)
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            let mut fault = fault(
                at..at + letter.len_utf8(),
                &format!("`{letter}` means nothing in an assertion"),
            );
            if letter == '"' {
                fault = fault.help("texts stand in single quotes: `'web'`");
            }
            return Err(fault);
        };
        tokens.push((token, at..at + length));
        at += length;
    }
    Ok(tokens)
}

/// `42`, `1_000`, `0x3f8`, `16M`; not more than 64 bits, so that sums of them fit.
fn number(word: &str) -> Option<i128> {
    let plain = word.replace('_', "");
    let number = match plain.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => {
            let (digits, shift) = match plain.chars().last()? {
                'K' => (&plain[..plain.len() - 1], 10),
                'M' => (&plain[..plain.len() - 1], 20),
                'G' => (&plain[..plain.len() - 1], 30),
                _ => (plain.as_str(), 0),
            };
            digits.parse::<u64>().ok()?.checked_mul(1 << shift)?
        }
    };
    Some(number.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_what_they_look_like() {
        let found = tokens("a_1['x y']>=16M ± 0x10+-1_000").unwrap();
        let found: Vec<_> = found.into_iter().map(|(token, _)| token).collect();
        let name = |text: &str| Token::Name(text.into());
        assert_eq!(
            found,
            [
                name("a_1"),
                Token::Sign("["),
                Token::Text("x y".into()),
                Token::Sign("]"),
                Token::Sign(">="),
                Token::Int(16 << 20),
                Token::Sign("±"),
                Token::Int(16),
                Token::Sign("+-"),
                Token::Int(1000),
            ]
        );
    }

    #[test]
    fn what_is_no_token_is_shown() {
        for (text, at) in [
            ("a == 'x", 5..7),
            ("3x", 0..2),
            ("a # b", 2..3),
            ("\"a\"", 0..1),
        ] {
            assert_eq!(tokens(text).unwrap_err().at, at, "{text}");
        }
        assert!(tokens(&"a ".repeat(300)).is_err());
    }
}
