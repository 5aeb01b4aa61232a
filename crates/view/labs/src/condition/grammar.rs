//! From tokens to a tree, names as yet unexplained.
//!
//! ```text
//! condition = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=") sum
//!                 | "in" "[" literal { "," literal } "]"
//!                 | "matches" text
//!                 | "~" sum ("±" | "+-") sum ]
//! sum       = product { ("+" | "-") product }
//! product   = atom { ("*" | "/") atom }
//! atom      = literal | path | "(" sum ")"
//! path      = name { "." name | "[" text "]" | "[" filter { "," filter } "]" }
//! filter    = name [ op literal | "matches" text ]
//! literal   = number | text | "true" | "false" | "max"
//! ```

use std::ops::Range;

use super::Fault;
use super::token::{Placed, Token, tokens};
use crate::rules;

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Op {
    Equal,
    Differs,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// A sum or product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Arithmetic {
    Plus,
    Minus,
    Times,
    Over,
}

/// A value that is written out.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Literal {
    Int(i128),
    Bool(bool),
    Text(String),
}

/// A path, a literal, or a calculation, and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub what: What,
    /// Where it stands.
    pub at: Range<usize>,
}

/// See [`Node`].
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum What {
    Literal(Literal),
    Path(Vec<Part>),
    Calculation(Box<Node>, Arithmetic, Box<Node>),
}

/// A piece of a path.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is.
    pub what: PartWhat,
    /// Where it stands.
    pub at: Range<usize>,
}

/// See [`Part`].
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum PartWhat {
    Name(String),
    Key(String),
    Filter(Vec<RawFilter>),
}

/// `field >= 3`, in brackets.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct RawFilter {
    pub field: String,
    pub at: Range<usize>,
    pub test: FilterTest,
    pub value_at: Range<usize>,
}

/// What a filter asks of a field.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum FilterTest {
    Is(Op, Literal),
    Matches(String),
}

/// A whole assertion.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Sentence {
    Holds(Node),
    Compare(Node, Op, Node),
    In(Node, Vec<(Literal, Range<usize>)>),
    Matches(Node, String),
    Near(Node, Node, Node),
}

/// How deep brackets may nest, and how many values one assertion may speak of.
const DEEPEST: usize = 8;
const MOST: usize = 24;

/// Reads an assertion.
///
/// # Errors
/// Where it cannot be read, and what was expected there.
pub fn sentence(text: &str) -> Result<Sentence, Fault> {
    let tokens = tokens(text)?;
    let mut reader = Reader::new(&tokens, text.len());
    let left = reader.sum()?;
    let sentence = if let Some(op) = reader.comparison()? {
        Sentence::Compare(left, op, reader.sum()?)
    } else if reader.take_word("in") {
        Sentence::In(left, reader.list()?)
    } else if reader.take_word("matches") {
        Sentence::Matches(left, reader.text("a pattern, as in `matches '*web*'`")?)
    } else if reader.take("~") {
        let middle = reader.sum()?;
        if !reader.take("±") && !reader.take("+-") {
            return Err(reader.expected("`±` and how far off it may be"));
        }
        Sentence::Near(left, middle, reader.sum()?)
    } else {
        Sentence::Holds(left)
    };
    reader.end()?;
    Ok(sentence)
}

/// Reads a value: a path or a calculation.
///
/// # Errors
/// See [`sentence`].
pub fn value(text: &str) -> Result<Node, Fault> {
    let tokens = tokens(text)?;
    let mut reader = Reader::new(&tokens, text.len());
    let node = reader.sum()?;
    reader.end()?;
    Ok(node)
}

struct Reader<'a> {
    tokens: &'a [Placed],
    at: usize,
    /// Where the text ends.
    end: usize,
    depth: usize,
    atoms: usize,
}

impl<'a> Reader<'a> {
    fn new(tokens: &'a [Placed], end: usize) -> Self {
        Self {
            tokens,
            at: 0,
            end,
            depth: 0,
            atoms: 0,
        }
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    /// Where the next token stands.
    fn place(&self) -> Range<usize> {
        self.tokens
            .get(self.at)
            .map_or(self.end..self.end, |(_, at)| at.clone())
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(it)) if *it == sign);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(it)) if it == word);
        self.at += usize::from(found);
        found
    }

    fn expected(&self, what: &str) -> Fault {
        let message = match self.peek() {
            Some(_) => "this does not belong here",
            None => "the assertion breaks off",
        };
        Fault::new(rules::SYNTAX, self.place(), message).label(format!("expected {what}"))
    }

    fn need(&mut self, sign: &str) -> Result<(), Fault> {
        match self.take(sign) {
            true => Ok(()),
            false => Err(self.expected(&format!("`{sign}`"))),
        }
    }

    fn end(&self) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(Token::Name(word)) if word == "and" || word == "or" || word == "not" => Err(self
                .expected("the end")
                .help("several assertions go into `all = [...]`, `any = [...]` or `none = [...]`")),
            Some(_) => Err(self.expected("the end")),
        }
    }

    fn comparison(&mut self) -> Result<Option<Op>, Fault> {
        let op = match self.peek() {
            Some(Token::Sign("==")) => Op::Equal,
            Some(Token::Sign("!=")) => Op::Differs,
            Some(Token::Sign("<=")) => Op::AtMost,
            Some(Token::Sign(">=")) => Op::AtLeast,
            Some(Token::Sign("<")) => Op::Less,
            Some(Token::Sign(">")) => Op::More,
            Some(Token::Sign("=")) => {
                return Err(self.expected("`==`").help("equality is written `==`"));
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(op))
    }

    fn sum(&mut self) -> Result<Node, Fault> {
        let mut left = self.product()?;
        loop {
            let sign = if self.take("+") {
                Arithmetic::Plus
            } else if self.take("-") {
                Arithmetic::Minus
            } else {
                return Ok(left);
            };
            left = calculation(left, sign, self.product()?);
        }
    }

    fn product(&mut self) -> Result<Node, Fault> {
        let mut left = self.atom()?;
        loop {
            let sign = if self.take("*") {
                Arithmetic::Times
            } else if self.take("/") {
                Arithmetic::Over
            } else {
                return Ok(left);
            };
            left = calculation(left, sign, self.atom()?);
        }
    }

    fn atom(&mut self) -> Result<Node, Fault> {
        let at = self.place();
        self.atoms += 1;
        if self.atoms > MOST {
            let message = format!("an assertion speaks of {MOST} values at most");
            return Err(Fault::new(rules::SYNTAX, at, message));
        }
        if self.take("(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(Fault::new(rules::SYNTAX, at, "too many brackets"));
            }
            let inner = self.sum()?;
            self.need(")")?;
            self.depth -= 1;
            return Ok(inner);
        }
        if let Some(literal) = self.literal() {
            let what = What::Literal(literal);
            return Ok(Node { what, at });
        }
        match self.peek() {
            Some(Token::Name(_)) => self.path(),
            _ => Err(self.expected("a path or a value")),
        }
    }

    fn literal(&mut self) -> Option<Literal> {
        let literal = match self.peek()? {
            Token::Int(number) => Literal::Int(*number),
            Token::Text(text) => Literal::Text(text.clone()),
            Token::Name(name) if name == "true" => Literal::Bool(true),
            Token::Name(name) if name == "false" => Literal::Bool(false),
            Token::Name(name) if name == "max" => Literal::Int(u64::MAX.into()),
            _ => return None,
        };
        self.at += 1;
        Some(literal)
    }

    fn text(&mut self, what: &str) -> Result<String, Fault> {
        match self.peek() {
            Some(Token::Text(text)) => {
                self.at += 1;
                Ok(text.clone())
            }
            _ => Err(self.expected(what)),
        }
    }

    fn list(&mut self) -> Result<Vec<(Literal, Range<usize>)>, Fault> {
        self.need("[")?;
        let mut list = Vec::new();
        loop {
            let at = self.place();
            let literal = self.literal().ok_or_else(|| self.expected("a value"))?;
            list.push((literal, at));
            if !self.take(",") {
                break;
            }
        }
        self.need("]")?;
        Ok(list)
    }

    fn path(&mut self) -> Result<Node, Fault> {
        let start = self.place().start;
        let mut parts = vec![self.name("a name")?];
        loop {
            let open = self.place();
            if self.take(".") {
                parts.push(self.name("the name of a field")?);
            } else if self.take("[") {
                let what = match self.peek() {
                    Some(Token::Text(text)) => {
                        self.at += 1;
                        PartWhat::Key(text.clone())
                    }
                    _ => PartWhat::Filter(self.filters()?),
                };
                let end = self.place().end;
                self.need("]")?;
                parts.push(Part {
                    what,
                    at: open.start..end,
                });
            } else {
                let end = parts.last().map_or(start, |part| part.at.end);
                let what = What::Path(parts);
                return Ok(Node {
                    what,
                    at: start..end,
                });
            }
        }
    }

    fn name(&mut self, what: &str) -> Result<Part, Fault> {
        match self.peek() {
            Some(Token::Name(name)) => {
                let at = self.place();
                self.at += 1;
                let what = PartWhat::Name(name.clone());
                Ok(Part { what, at })
            }
            _ => Err(self.expected(what)),
        }
    }

    fn filters(&mut self) -> Result<Vec<RawFilter>, Fault> {
        let mut filters = Vec::new();
        loop {
            let at = self.place();
            let Some(Token::Name(field)) = self.peek() else {
                return Err(
                    Fault::new(rules::SYNTAX, at, "these brackets hold no filter")
                        .label("expected `'name'` or `field = value`"),
                );
            };
            self.at += 1;
            let field = field.clone();
            let value_at = self.place();
            let test = if self.take_word("matches") {
                FilterTest::Matches(self.text("a pattern")?)
            } else {
                let op = match self.take("=") {
                    true => Some(Op::Equal),
                    false => self.comparison()?,
                };
                match op {
                    None => FilterTest::Is(Op::Equal, Literal::Bool(true)),
                    Some(op) => {
                        let literal = self.literal();
                        FilterTest::Is(op, literal.ok_or_else(|| self.expected("a value"))?)
                    }
                }
            };
            let end = self.tokens[self.at - 1].1.end;
            filters.push(RawFilter {
                field,
                at,
                test,
                value_at: value_at.start..end.max(value_at.start),
            });
            if !self.take(",") {
                return Ok(filters);
            }
        }
    }
}

fn calculation(left: Node, sign: Arithmetic, right: Node) -> Node {
    let at = left.at.start..right.at.end;
    let what = What::Calculation(Box::new(left), sign, Box::new(right));
    Node { what, at }
}
