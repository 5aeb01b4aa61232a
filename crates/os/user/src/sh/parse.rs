//! From text to [`List`]: one pass, by recursive descent, without a separate lexer, because
//! what is a token in a shell depends on where one stands. Words are read in `words.rs`, `if`
//! and its like in `compound.rs`.

use super::syntax::{Command, Direction, Item, Kind, List, Part, Pipeline, Redirect, Word};
use super::words::is_name;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

/// Why a text is no list of commands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// It ends too early: a next line may complete it.
    Incomplete,
    /// It cannot become one.
    Syntax(String),
}

pub(super) type Parsed<T> = Result<T, Wrong>;

/// Words that end a list when they stand where a command could.
const ENDS: [&str; 8] = ["then", "do", "done", "fi", "else", "elif", "esac", "}"];

/// A place in a text.
pub struct Parser<'a> {
    pub(super) text: &'a str,
    /// How far it has been read, in bytes.
    pub at: usize,
}

impl<'a> Parser<'a> {
    /// From the start of `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The commands of the next line (and of the lines that belong to it); `None` at the end.
    ///
    /// # Errors
    /// [`Wrong`].
    pub fn line(&mut self) -> Parsed<Option<List>> {
        self.blanks();
        if self.peek().is_none() {
            return Ok(None);
        }
        let mut items = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                None => break,
                Some('\n') => {
                    self.at += 1;
                    break;
                }
                Some(_) => items.push(self.item()?),
            }
        }
        Ok(Some(List(items)))
    }

    /// Commands up to a word of [`ENDS`], `)` or `;;`, over as many lines as it takes.
    pub(super) fn list(&mut self) -> Parsed<List> {
        let mut items = Vec::new();
        loop {
            self.newlines();
            match self.peek() {
                None => return Err(Wrong::Incomplete),
                Some(')') => break,
                Some(_) if self.starts(";;") => break,
                Some(_) if self.reserved().is_some_and(|word| ENDS.contains(&word)) => break,
                Some(_) => items.push(self.item()?),
            }
        }
        Ok(List(items))
    }

    /// A list that must have something in it.
    pub(super) fn body(&mut self) -> Parsed<List> {
        let list = self.list()?;
        match list.0.is_empty() {
            true => Err(self.unexpected()),
            false => Ok(list),
        }
    }

    fn item(&mut self) -> Parsed<Item> {
        let from = self.at;
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let and = match () {
                () if self.eat("&&") => true,
                () if self.eat("||") => false,
                () => break,
            };
            self.newlines();
            rest.push((and, self.pipeline()?));
        }
        let text = self.text[from..self.at].trim().into();
        let background = !self.starts("&&") && self.eat("&");
        if !background && !self.starts(";;") {
            let _ = self.eat(";");
        }
        Ok(Item {
            first,
            rest,
            background,
            text,
        })
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        self.blanks();
        let mut negate = false;
        while self.reserved() == Some("!") {
            self.at += 1;
            self.blanks();
            negate = !negate;
        }
        let mut commands = Vec::from([self.command()?]);
        loop {
            self.blanks();
            if self.starts("||") || !self.eat("|") {
                return Ok(Pipeline { negate, commands });
            }
            self.newlines();
            commands.push(self.command()?);
        }
    }

    fn command(&mut self) -> Parsed<Command> {
        self.blanks();
        if self.peek().is_none() {
            return Err(Wrong::Incomplete);
        }
        let compound = match self.reserved() {
            Some("if") => Some(self.if_command()?),
            Some(word @ ("while" | "until")) => Some(self.loop_command(word)?),
            Some("for") => Some(self.for_command()?),
            Some("case") => Some(self.case_command()?),
            Some("{") => {
                self.at += 1;
                let list = self.body()?;
                self.expect("}")?;
                Some(Kind::Group(list))
            }
            Some(word) if ENDS.contains(&word) => return Err(self.unexpected()),
            _ if self.eat("(") => {
                let list = self.body()?;
                self.expect(")")?;
                Some(Kind::Subshell(list))
            }
            _ => None,
        };
        let Some(kind) = compound else {
            return self.simple();
        };
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        Ok(Command { kind, redirects })
    }

    fn simple(&mut self) -> Parsed<Command> {
        let (mut assigns, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            self.blanks();
            let Some(mut word) = self.word()? else {
                break;
            };
            if words.is_empty() {
                word = match assignment(word) {
                    Ok(assign) => {
                        assigns.push(assign);
                        continue;
                    }
                    Err(word) => word,
                };
                if let Some(name) = word.bare()
                    && is_name(name)
                    && assigns.is_empty()
                    && self.eat("(")
                {
                    let name = name.into();
                    self.expect(")")?;
                    self.newlines();
                    let body = Rc::new(self.command()?);
                    let kind = Kind::Function { name, body };
                    return Ok(Command { kind, redirects });
                }
            }
            words.push(word);
        }
        if assigns.is_empty() && words.is_empty() && redirects.is_empty() {
            return Err(self.unexpected());
        }
        let kind = Kind::Simple { assigns, words };
        Ok(Command { kind, redirects })
    }

    fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        self.blanks();
        let rest = &self.text[self.at..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let operator = &rest[digits..];
        let (mark, direction, usual) = match operator.as_bytes() {
            [b'<', b'<', ..] => {
                return Err(Wrong::Syntax(
                    "here-documents (<<) are not supported".into(),
                ));
            }
            [b'<', b'>', ..] => ("<>", Direction::ReadWrite, 0),
            [b'<', b'&', ..] => ("<&", Direction::Duplicate, 0),
            [b'<', ..] => ("<", Direction::Read, 0),
            [b'>', b'>', ..] => (">>", Direction::Append, 1),
            [b'>', b'&', ..] => (">&", Direction::Duplicate, 1),
            [b'>', b'|', ..] => (">|", Direction::Write, 1),
            [b'>', ..] => (">", Direction::Write, 1),
            _ => return Ok(None),
        };
        let fd = match &rest[..digits] {
            "" => usual,
            digits => digits.parse().map_err(|_| self.unexpected())?,
        };
        self.at += digits + mark.len();
        self.blanks();
        let Some(target) = self.word()? else {
            return Err(self.unexpected());
        };
        Ok(Some(Redirect {
            fd,
            direction,
            target,
        }))
    }

    /// The bare word that stands here, if what follows it ends a word. It is not consumed.
    pub(super) fn reserved(&self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let len = rest.find([' ', '\t', '\n', ';', '&', '|', '(', ')', '<', '>']);
        let word = &rest[..len.unwrap_or(rest.len())];
        let plain = !word.is_empty() && !word.contains(['\'', '"', '\\', '$', '`']);
        plain.then_some(word)
    }

    /// Consumes a reserved word or an operator that must stand here.
    pub(super) fn expect(&mut self, what: &str) -> Parsed<()> {
        self.newlines();
        let word = what.starts_with(|c: char| c.is_ascii_alphabetic()) || what == "}";
        let there = if word {
            self.reserved() == Some(what)
        } else {
            self.starts(what)
        };
        match there {
            true => {
                self.at += what.len();
                Ok(())
            }
            false => Err(self.unexpected()),
        }
    }

    pub(super) fn unexpected(&self) -> Wrong {
        match self.text[self.at..].chars().next() {
            None => Wrong::Incomplete,
            Some('\n') => Wrong::Syntax("unexpected end of line".into()),
            Some(c) => match self.reserved() {
                Some(word) => Wrong::Syntax(format!("unexpected \"{word}\"")),
                None => Wrong::Syntax(format!("unexpected \"{c}\"")),
            },
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    pub(super) fn starts(&self, what: &str) -> bool {
        self.text[self.at..].starts_with(what)
    }

    pub(super) fn eat(&mut self, what: &str) -> bool {
        let there = self.starts(what);
        self.at += if there { what.len() } else { 0 };
        there
    }

    /// Skips blanks, continued lines and comments.
    pub(super) fn blanks(&mut self) {
        loop {
            if self.starts(" ") || self.starts("\t") || self.starts("\r") {
                self.at += 1;
            } else if self.starts("\\\n") {
                self.at += 2;
            } else if self.starts("#") {
                let rest = &self.text[self.at..];
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else {
                return;
            }
        }
    }

    /// The same, and ends of lines.
    pub(super) fn newlines(&mut self) {
        loop {
            self.blanks();
            if !self.eat("\n") {
                return;
            }
        }
    }
}

/// `NAME=…` at the start of a command; the word itself if it is none.
fn assignment(mut word: Word) -> Result<(String, Word), Word> {
    let Some(Part::Text {
        text,
        quoted: false,
    }) = word.0.first_mut()
    else {
        return Err(word);
    };
    let Some(at) = text.find('=').filter(|at| is_name(&text[..*at])) else {
        return Err(word);
    };
    let value = text.split_off(at + 1);
    let mut name = core::mem::replace(text, value);
    name.truncate(at);
    if text.is_empty() {
        word.0.remove(0);
    }
    Ok((name, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Parsed<List> {
        Parser::new(text).line().map(Option::unwrap_or_default)
    }

    #[test]
    fn lists_pipelines_and_backgrounds() {
        let List(items) = parse("a | b && ! c & d; e").unwrap();
        assert_eq!(items.len(), 3);
        assert!(items[0].background && !items[1].background);
        assert_eq!(items[0].text, "a | b && ! c");
        assert_eq!(items[0].first.commands.len(), 2);
        assert!(items[0].rest[0].0 && items[0].rest[0].1.negate);
    }

    #[test]
    fn a_line_that_goes_on_is_incomplete() {
        for text in [
            "if true",
            "while x; do",
            "echo 'a",
            "a &&",
            "a |",
            "echo \"$(ls",
            "f() {",
            "case x in",
            "echo ${a",
            "( a",
        ] {
            assert_eq!(parse(text), Err(Wrong::Incomplete), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "fi",
            ")",
            "if ; then",
            "a | ; b",
            "for 1 in a; do b; done",
            "> ; a",
            ";; a",
            "& a",
            "case x y",
        ] {
            assert!(
                matches!(parse(text), Err(Wrong::Syntax(_))),
                "{text}: {:?}",
                parse(text)
            );
        }
    }

    #[test]
    fn reserved_words_are_plain_elsewhere() {
        let List(items) = parse("echo if then }").unwrap();
        let Kind::Simple { words, .. } = &items[0].first.commands[0].kind else {
            panic!("a simple command");
        };
        assert_eq!(words.len(), 4);
    }

    #[test]
    fn no_text_makes_the_parser_panic() {
        let pieces = [
            "if", "then", "fi", "for", "in", "do", "done", "case", "esac", "{", "}", "(", ")",
            "$(", "$((", "))", "${", "${x", ":-", "#", "##", "%", "\"", "'", "`", "\\", "\n", " ",
            " ", ";", ";;", "&", "&&", "|", "||", "<", ">>", "2>&1", "x=", "$x", "$@", "a", "é",
            "*", "!", "=", "1",
        ];
        let mut state = 1u64;
        for _ in 0..50_000 {
            let mut text = String::new();
            for _ in 0..12 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                text += pieces[(state >> 33) as usize % pieces.len()];
            }
            let mut parser = Parser::new(&text);
            while let Ok(Some(_)) = parser.line() {}
        }
    }
}
