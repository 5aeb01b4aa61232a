//! `$((…))`: 64-bit integers with C's operators.

use alloc::format;
use alloc::string::{String, ToString};

/// Where the names in an expression have their values.
pub trait Names {
    /// The value of a variable, as text; empty if it has none.
    fn get(&self, name: &str) -> String;
    /// Gives a variable a value.
    fn set(&mut self, name: &str, value: String);
}

/// Operators from the weakest to the strongest, a row for each strength.
const ROWS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// The value of an expression.
///
/// # Errors
/// A sentence about what is wrong with it.
pub fn evaluate(text: &str, names: &mut impl Names) -> Result<i64, String> {
    let mut at = Reader { rest: text, names };
    let value = at.assignment()?;
    at.blanks();
    match at.rest {
        "" => Ok(value),
        rest => Err(format!("arithmetic: unexpected \"{rest}\"")),
    }
}

struct Reader<'a, N> {
    rest: &'a str,
    names: &'a mut N,
}

impl<'a, N: Names> Reader<'a, N> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn name(&self) -> Option<&'a str> {
        let len = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let name = &self.rest[..len.unwrap_or(self.rest.len())];
        super::words::is_name(name).then_some(name)
    }

    /// `name = expression`, `name += expression` and the like, or a plain expression.
    fn assignment(&mut self) -> Result<i64, String> {
        self.blanks();
        let before = self.rest;
        if let Some(name) = self.name() {
            self.rest = &self.rest[name.len()..];
            self.blanks();
            for operator in ["", "+", "-", "*", "/", "%"] {
                let Some(rest) = self.rest.strip_prefix(operator) else {
                    continue;
                };
                if let Some(rest) = rest.strip_prefix('=')
                    && !rest.starts_with('=')
                {
                    self.rest = rest;
                    let right = self.assignment()?;
                    let value = match operator {
                        "" => right,
                        _ => apply(operator, self.value(name)?, right)?,
                    };
                    self.names.set(name, value.to_string());
                    return Ok(value);
                }
            }
            self.rest = before;
        }
        self.choice()
    }

    /// `a ? b : c`.
    fn choice(&mut self) -> Result<i64, String> {
        let condition = self.binary(0)?;
        self.blanks();
        let Some(rest) = self.rest.strip_prefix('?') else {
            return Ok(condition);
        };
        self.rest = rest;
        let yes = self.assignment()?;
        self.blanks();
        self.rest = self
            .rest
            .strip_prefix(':')
            .ok_or("arithmetic: \":\" expected")?;
        let no = self.assignment()?;
        Ok(if condition != 0 { yes } else { no })
    }

    fn binary(&mut self, row: usize) -> Result<i64, String> {
        let Some(operators) = ROWS.get(row) else {
            return self.unary();
        };
        let mut left = self.binary(row + 1)?;
        loop {
            self.blanks();
            let here = operators
                .iter()
                .find(|operator| self.rest.starts_with(**operator));
            let Some(operator) = here.filter(|operator| !self.is_longer(operator)) else {
                return Ok(left);
            };
            self.rest = &self.rest[operator.len()..];
            let right = self.binary(row + 1)?;
            left = apply(operator, left, right)?;
        }
    }

    /// `|` is not the beginning of `||`, nor `<` of `<<`.
    fn is_longer(&self, operator: &str) -> bool {
        let next = self.rest[operator.len()..].chars().next();
        match operator {
            "|" | "&" => next == operator.chars().next(),
            "<" | ">" => next == operator.chars().next() || next == Some('='),
            _ => false,
        }
    }

    fn unary(&mut self) -> Result<i64, String> {
        self.blanks();
        let first = self
            .rest
            .chars()
            .next()
            .ok_or("arithmetic: the expression ends too early")?;
        if let '-' | '+' | '!' | '~' = first {
            self.rest = &self.rest[1..];
            let value = self.unary()?;
            return Ok(match first {
                '-' => value.wrapping_neg(),
                '!' => i64::from(value == 0),
                '~' => !value,
                _ => value,
            });
        }
        if let Some(rest) = self.rest.strip_prefix('(') {
            self.rest = rest;
            let value = self.assignment()?;
            self.blanks();
            self.rest = self
                .rest
                .strip_prefix(')')
                .ok_or("arithmetic: \")\" expected")?;
            return Ok(value);
        }
        if let Some(name) = self.name() {
            self.rest = &self.rest[name.len()..];
            return self.value(name);
        }
        let len = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(len);
        self.rest = rest;
        parse(digits)
    }

    fn value(&self, name: &str) -> Result<i64, String> {
        match self.names.get(name).trim() {
            "" => Ok(0),
            text => parse(text),
        }
    }
}

fn parse(text: &str) -> Result<i64, String> {
    let (digits, sign) = match text.strip_prefix('-') {
        Some(digits) => (digits, -1),
        None => (text, 1),
    };
    let number = match digits.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16),
        None => match digits.strip_prefix('0') {
            Some(octal) if !octal.is_empty() => i64::from_str_radix(octal, 8),
            _ => digits.parse(),
        },
    };
    number
        .map(|number| sign * number)
        .map_err(|_| format!("arithmetic: \"{text}\" is no number"))
}

fn apply(operator: &str, left: i64, right: i64) -> Result<i64, String> {
    Ok(match operator {
        "||" => i64::from(left != 0 || right != 0),
        "&&" => i64::from(left != 0 && right != 0),
        "|" => left | right,
        "^" => left ^ right,
        "&" => left & right,
        "==" => i64::from(left == right),
        "!=" => i64::from(left != right),
        "<=" => i64::from(left <= right),
        ">=" => i64::from(left >= right),
        "<" => i64::from(left < right),
        ">" => i64::from(left > right),
        "<<" => left.wrapping_shl(right as u32),
        ">>" => left.wrapping_shr(right as u32),
        "+" => left.wrapping_add(right),
        "-" => left.wrapping_sub(right),
        "*" => left.wrapping_mul(right),
        _ if right == 0 => return Err("arithmetic: division by zero".into()),
        "/" => left.wrapping_div(right),
        _ => left.wrapping_rem(right),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;

    impl Names for BTreeMap<String, String> {
        fn get(&self, name: &str) -> String {
            BTreeMap::get(self, name).cloned().unwrap_or_default()
        }
        fn set(&mut self, name: &str, value: String) {
            self.insert(name.into(), value);
        }
    }

    #[test]
    fn operators_bind_as_in_c() {
        let mut names = BTreeMap::from([("x".to_string(), "7".to_string())]);
        for (text, value) in [
            ("1 + 2 * 3", 7),
            ("(1 + 2) * 3", 9),
            ("-x % 4", -3),
            ("x == 7 && 2 < 3", 1),
            ("1 << 4 | 1", 17),
            ("0x10 + 010", 24),
            ("x > 3 ? 10 : 20", 10),
            ("y = x + 1", 8),
            ("y *= 2", 16),
            ("y", 16),
            ("!0 + ~0", 0),
            ("unset", 0),
        ] {
            assert_eq!(evaluate(text, &mut names), Ok(value), "{text}");
        }
        for text in ["1 +", "1 / 0", "1 2", "(1", "08", "a b"] {
            assert!(evaluate(text, &mut names).is_err(), "{text}");
        }
    }
}
