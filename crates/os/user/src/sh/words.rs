//! Words: quotes, `$`, backquotes.

use super::parse::{Parser, Wrong};
use super::syntax::{Change, Part, Word};
use alloc::string::String;
use alloc::vec::Vec;

/// Whether `text` can name a variable.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(in_name)
}

fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn ends_word(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\n' | '\r' | ';' | '&' | '|' | '(' | ')' | '<' | '>'
    )
}

/// Parts in the making: neighbouring text becomes one part.
#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn text(&mut self, add: &str, now_quoted: bool) {
        match self.0.last_mut() {
            Some(Part::Text { text, quoted }) if *quoted == now_quoted => text.push_str(add),
            _ => self.0.push(Part::Text {
                text: add.into(),
                quoted: now_quoted,
            }),
        }
    }

    fn char(&mut self, c: char, quoted: bool) {
        self.text(c.encode_utf8(&mut [0; 4]), quoted);
    }
}

impl Parser<'_> {
    /// The word that starts here; `None` if none does.
    pub(super) fn word(&mut self) -> Result<Option<Word>, Wrong> {
        let word = self.word_until(ends_word)?;
        Ok((!word.0.is_empty()).then_some(word))
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// A word up to an unquoted character of which `ends` is true (or the end of the text).
    fn word_until(&mut self, ends: impl Fn(char) -> bool) -> Result<Word, Wrong> {
        let mut parts = Parts::default();
        while let Some(c) = self.peek() {
            if ends(c) {
                break;
            }
            match c {
                '\'' => {
                    self.at += 1;
                    let rest = &self.text[self.at..];
                    let len = rest.find('\'').ok_or(Wrong::Incomplete)?;
                    parts.text(&rest[..len], true);
                    self.at += len + 1;
                }
                '"' => {
                    self.at += 1;
                    parts.text("", true); // "" is a word
                    self.double_quoted(&mut parts, '"')?;
                    self.at += 1;
                }
                '\\' => {
                    self.at += 1;
                    match self.next() {
                        None => return Err(Wrong::Incomplete),
                        Some('\n') => {}
                        Some(c) => parts.char(c, true),
                    }
                }
                '$' => self.dollar(&mut parts, false)?,
                '`' => self.backquoted(&mut parts, false)?,
                c => {
                    self.at += c.len_utf8();
                    parts.char(c, false);
                }
            }
        }
        Ok(Word(parts.0))
    }

    /// What stands in double quotes, up to `end`, which stays.
    fn double_quoted(&mut self, parts: &mut Parts, end: char) -> Result<(), Wrong> {
        loop {
            match self.peek().ok_or(Wrong::Incomplete)? {
                c if c == end => return Ok(()),
                '$' => self.dollar(parts, true)?,
                '`' => self.backquoted(parts, true)?,
                '\\' => {
                    self.at += 1;
                    match self.next().ok_or(Wrong::Incomplete)? {
                        '\n' => {}
                        c @ ('$' | '`' | '"' | '\\') => parts.char(c, true),
                        c => {
                            parts.char('\\', true);
                            parts.char(c, true);
                        }
                    }
                }
                c => {
                    self.at += c.len_utf8();
                    parts.char(c, true);
                }
            }
        }
    }

    /// A `$` and what it introduces.
    fn dollar(&mut self, parts: &mut Parts, quoted: bool) -> Result<(), Wrong> {
        self.at += 1;
        if self.eat("((") {
            let word = self.arithmetic()?;
            parts.0.push(Part::Arithmetic { word, quoted });
        } else if self.eat("(") {
            let list = self.list()?;
            self.expect(")")?;
            parts.0.push(Part::Output { list, quoted });
        } else if self.eat("{") {
            let part = self.braced(quoted)?;
            parts.0.push(part);
        } else {
            match self.parameter(false) {
                Some(name) => parts.0.push(Part::Parameter {
                    name,
                    change: None,
                    quoted,
                }),
                None => parts.char('$', quoted),
            }
        }
        Ok(())
    }

    /// The name of a parameter: a variable, a number (one digit unless braced), a sign.
    fn parameter(&mut self, braced: bool) -> Option<String> {
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        let len = match first {
            '?' | '$' | '!' | '#' | '@' | '*' | '-' => 1,
            '0'..='9' if !braced => 1,
            '0'..='9' => rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len()),
            c if is_name(c.encode_utf8(&mut [0; 4])) => {
                rest.find(|c| !in_name(c)).unwrap_or(rest.len())
            }
            _ => return None,
        };
        self.at += len;
        Some(rest[..len].into())
    }

    /// `${…}`, behind its brace.
    fn braced(&mut self, quoted: bool) -> Result<Part, Wrong> {
        let length = self.starts("#") && !self.starts("#}");
        self.at += usize::from(length);
        let name = self.parameter(true).ok_or_else(|| self.unexpected())?;
        let empty = self.eat(":");
        let change = match self.peek().ok_or(Wrong::Incomplete)? {
            '}' if !empty => length.then_some(Change::Length),
            how @ ('-' | '=' | '?' | '+') => {
                self.at += 1;
                let word = self.braced_word(quoted)?;
                Some(Change::Default { how, empty, word })
            }
            mark @ ('#' | '%') if !empty => {
                self.at += 1;
                let longest = self.eat(if mark == '#' { "#" } else { "%" });
                let word = self.word_until(|c| c == '}')?;
                Some(Change::Trim {
                    end: mark == '%',
                    longest,
                    word,
                })
            }
            _ => return Err(self.unexpected()),
        };
        match self.eat("}") {
            true => Ok(Part::Parameter {
                name,
                change,
                quoted,
            }),
            false => Err(self.unexpected()),
        }
    }

    fn braced_word(&mut self, quoted: bool) -> Result<Word, Wrong> {
        if !quoted {
            return self.word_until(|c| c == '}');
        }
        let mut parts = Parts::default();
        self.double_quoted(&mut parts, '}')?;
        Ok(Word(parts.0))
    }

    /// `$((…))`, behind its parentheses: everything up to the pair that closes it, in which `$`
    /// still counts.
    fn arithmetic(&mut self) -> Result<Word, Wrong> {
        let mut parts = Parts::default();
        let mut depth = 0;
        loop {
            match self.peek().ok_or(Wrong::Incomplete)? {
                ')' if depth == 0 => {
                    self.expect("))")?;
                    return Ok(Word(parts.0));
                }
                '$' => self.dollar(&mut parts, true)?,
                c => {
                    depth += i32::from(c == '(') - i32::from(c == ')');
                    self.at += c.len_utf8();
                    parts.char(c, true);
                }
            }
        }
    }

    /// `` `list` ``, the old way to write `$(list)`.
    fn backquoted(&mut self, parts: &mut Parts, quoted: bool) -> Result<(), Wrong> {
        self.at += 1;
        let mut inner = String::new();
        loop {
            match self.next().ok_or(Wrong::Incomplete)? {
                '`' => break,
                '\\' => match self.next().ok_or(Wrong::Incomplete)? {
                    c @ ('$' | '`' | '\\') => inner.push(c),
                    c => {
                        inner.push('\\');
                        inner.push(c);
                    }
                },
                c => inner.push(c),
            }
        }
        inner.push_str("\n)"); // list() wants an end
        let mut parser = Parser::new(&inner);
        let list = parser.list()?;
        match parser.at == inner.len() - 1 {
            true => parts.0.push(Part::Output { list, quoted }),
            false => return Err(parser.unexpected()),
        }
        Ok(())
    }
}
