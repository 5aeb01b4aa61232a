//! `test` and `[`: conditions.

use crate::{Args, Outcome, Trouble};
use abi::fs::mode::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG};
use alloc::format;
use alloc::string::String;
use metal::user::{file, fs};

/// Succeeds if the expression is true. Called as `[`, it wants a `]` at the end.
pub fn main(args: &Args) -> Outcome {
    // The two names share this function; only `[` is ever called with a last `]`.
    let words = match args.list.split_last() {
        Some((last, words)) if last == "]" => words,
        _ => &args.list[..],
    };
    if words.is_empty() {
        return Ok(1);
    }
    let mut at = Reader { words };
    let value = at.any()?;
    match at.words.first() {
        None => Ok(i32::from(!value)),
        Some(word) => Err(Trouble::usage(format!("unexpected \"{word}\""))),
    }
}

struct Reader<'a> {
    words: &'a [String],
}

impl Reader<'_> {
    fn any(&mut self) -> Result<bool, Trouble> {
        let mut value = self.all()?;
        while self.eat("-o") {
            value |= self.all()?;
        }
        Ok(value)
    }

    fn all(&mut self) -> Result<bool, Trouble> {
        let mut value = self.not()?;
        while self.eat("-a") {
            value &= self.not()?;
        }
        Ok(value)
    }

    fn not(&mut self) -> Result<bool, Trouble> {
        // `[ ! ]` and `[ ! = x ]` are about the text "!".
        if self.words.len() > 1 && !is_binary(&self.words[1]) && self.eat("!") {
            return Ok(!self.not()?);
        }
        self.primary()
    }

    fn eat(&mut self, word: &str) -> bool {
        let there = self.words.first().is_some_and(|first| first == word);
        if there {
            self.words = &self.words[1..];
        }
        there
    }

    fn primary(&mut self) -> Result<bool, Trouble> {
        match self.words {
            [left, operator, right, rest @ ..] if is_binary(operator) => {
                self.words = rest;
                binary(left, operator, right)
            }
            [open, ..] if open == "(" && self.words.len() > 1 => {
                self.words = &self.words[1..];
                let value = self.any()?;
                match self.eat(")") {
                    true => Ok(value),
                    false => Err(Trouble::usage("\")\" expected")),
                }
            }
            [operator, operand, rest @ ..] if operator.len() == 2 && operator.starts_with('-') => {
                self.words = rest;
                unary(operator, operand)
            }
            [text, rest @ ..] => {
                self.words = rest;
                Ok(!text.is_empty())
            }
            [] => Err(Trouble::usage("an operand is missing")),
        }
    }
}

fn is_binary(word: &str) -> bool {
    matches!(
        word,
        "=" | "==" | "!=" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge"
    )
}

fn binary(left: &str, operator: &str, right: &str) -> Result<bool, Trouble> {
    match operator {
        "=" | "==" => return Ok(left == right),
        "!=" => return Ok(left != right),
        _ => {}
    }
    let number = |text: &str| {
        let bad = || Trouble::usage(format!("\"{text}\" is not a number"));
        text.trim().parse::<i64>().map_err(|_| bad())
    };
    let order = number(left)?.cmp(&number(right)?);
    Ok(match operator {
        "-eq" => order.is_eq(),
        "-ne" => order.is_ne(),
        "-lt" => order.is_lt(),
        "-le" => order.is_le(),
        "-gt" => order.is_gt(),
        _ => order.is_ge(),
    })
}

fn unary(operator: &str, operand: &str) -> Result<bool, Trouble> {
    let kind = |kind| fs::stat(operand).is_ok_and(|stat| stat.mode & S_IFMT == kind);
    Ok(match operator {
        "-n" => !operand.is_empty(),
        "-z" => operand.is_empty(),
        "-e" => fs::stat(operand).is_ok(),
        "-f" => kind(S_IFREG),
        "-d" => kind(S_IFDIR),
        "-c" => kind(S_IFCHR),
        "-b" => kind(S_IFBLK),
        "-p" => kind(S_IFIFO),
        "-L" | "-h" => fs::lstat(operand).is_ok_and(|stat| stat.mode & S_IFMT == S_IFLNK),
        "-s" => fs::stat(operand).is_ok_and(|stat| stat.size > 0),
        "-r" => fs::access(operand, 4).is_ok(),
        "-w" => fs::access(operand, 2).is_ok(),
        "-x" => fs::access(operand, 1).is_ok(),
        "-t" => operand.parse().is_ok_and(file::is_terminal),
        _ => return Err(Trouble::usage(format!("{operator}: no such test"))),
    })
}
