//! `if`, `while`, `until`, `for`, `case`: commands made of lists, between reserved words.

use super::parse::{Parsed, Parser};
use super::syntax::{Kind, List};
use super::words::is_name;
use alloc::string::String;
use alloc::vec::Vec;

impl Parser<'_> {
    pub(super) fn if_command(&mut self) -> Parsed<Kind> {
        self.expect("if")?;
        let mut arms = Vec::new();
        loop {
            let condition = self.body()?;
            self.expect("then")?;
            arms.push((condition, self.body()?));
            match self.reserved() {
                Some("elif") => self.at += 4,
                Some("else") => {
                    self.at += 4;
                    let otherwise = self.body()?;
                    self.expect("fi")?;
                    return Ok(Kind::If { arms, otherwise });
                }
                _ => {
                    self.expect("fi")?;
                    let otherwise = List::default();
                    return Ok(Kind::If { arms, otherwise });
                }
            }
        }
    }

    pub(super) fn loop_command(&mut self, word: &str) -> Parsed<Kind> {
        self.expect(word)?;
        let condition = self.body()?;
        Ok(Kind::Loop {
            condition,
            until: word == "until",
            body: self.do_group()?,
        })
    }

    pub(super) fn for_command(&mut self) -> Parsed<Kind> {
        self.expect("for")?;
        self.blanks();
        let name: String = match self.reserved() {
            Some(name) if is_name(name) => name.into(),
            _ => return Err(self.unexpected()),
        };
        self.at += name.len();
        self.newlines();
        let words = match self.reserved() {
            Some("in") => {
                self.at += 2;
                let mut words = Vec::new();
                loop {
                    self.blanks();
                    match self.word()? {
                        Some(word) => words.push(word),
                        None => break,
                    }
                }
                Some(words)
            }
            _ => None,
        };
        let _ = self.eat(";");
        self.newlines();
        let body = self.do_group()?;
        Ok(Kind::For { name, words, body })
    }

    fn do_group(&mut self) -> Parsed<List> {
        self.expect("do")?;
        let body = self.body()?;
        self.expect("done")?;
        Ok(body)
    }

    pub(super) fn case_command(&mut self) -> Parsed<Kind> {
        self.expect("case")?;
        self.blanks();
        let word = self.word()?.ok_or_else(|| self.unexpected())?;
        self.newlines();
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.newlines();
            if self.reserved() == Some("esac") {
                self.at += 4;
                return Ok(Kind::Case { word, arms });
            }
            let _ = self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                patterns.push(self.word()?.ok_or_else(|| self.unexpected())?);
                self.blanks();
                if !self.eat("|") {
                    break;
                }
            }
            self.expect(")")?;
            arms.push((patterns, self.list()?));
            self.newlines();
            if !self.eat(";;") && self.reserved() != Some("esac") {
                return Err(self.unexpected());
            }
        }
    }
}
