//! What a program is called with, and a small option parser.

use crate::trouble::Trouble;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The arguments behind the program's name, and the environment as `NAME=value`.
pub struct Args {
    /// The arguments.
    pub list: Vec<String>,
    /// The environment.
    pub env: Vec<String>,
}

impl Args {
    /// The value of an environment variable.
    pub fn var(&self, name: &str) -> Option<&str> {
        let mut pairs = self.env.iter().filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Separates options from operands. `spec` names the options: `"-l -n: --cpu:"`; a colon
    /// says that a value follows (`-n 5`, `-n5`, `--cpu 2`, `--cpu=2`). A spec that begins with
    /// `+` ends the options at the first operand, for programs that run a command.
    ///
    /// # Errors
    /// An option that is not in `spec`, or one without its value.
    pub fn options(&self, spec: &str) -> Result<Options, Trouble> {
        let (stop, spec) = match spec.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, spec),
        };
        let mut out = Options::default();
        let mut list = self.list.iter();
        while let Some(arg) = list.next() {
            if arg == "--" {
                out.rest.extend(list.cloned());
                break;
            }
            if arg.starts_with("--") {
                let (name, given) = match arg.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_string())),
                    None => (arg.as_str(), None),
                };
                let value = match (takes_value(spec, name)?, given) {
                    (true, None) => Some(value_of(name, list.next())?),
                    (true, given) => given,
                    (false, None) => None,
                    (false, Some(_)) => {
                        return Err(Trouble::usage(format!("{name} takes no value")));
                    }
                };
                out.given.push((name.into(), value));
            } else if arg.len() > 1 && arg.starts_with('-') {
                for (at, letter) in arg.char_indices().skip(1) {
                    let name = format!("-{letter}");
                    if !takes_value(spec, &name)? {
                        out.given.push((name, None));
                        continue;
                    }
                    let attached = &arg[at + letter.len_utf8()..];
                    let value = match attached.is_empty() {
                        true => value_of(&name, list.next())?,
                        false => attached.to_string(),
                    };
                    out.given.push((name, Some(value)));
                    break;
                }
            } else {
                out.rest.push(arg.clone());
                if stop {
                    out.rest.extend(list.cloned());
                    break;
                }
            }
        }
        Ok(out)
    }
}

fn takes_value(spec: &str, name: &str) -> Result<bool, Trouble> {
    for word in spec.split(' ') {
        match word.strip_suffix(':') {
            Some(with_value) if with_value == name => return Ok(true),
            None if word == name => return Ok(false),
            _ => {}
        }
    }
    Err(Trouble::usage(format!(
        "unknown option {name} (try --help)"
    )))
}

fn value_of(name: &str, value: Option<&String>) -> Result<String, Trouble> {
    value
        .cloned()
        .ok_or_else(|| Trouble::usage(format!("{name} needs a value")))
}

/// Options that were given, and what is not an option.
#[derive(Default)]
pub struct Options {
    given: Vec<(String, Option<String>)>,
    /// The operands.
    pub rest: Vec<String>,
}

impl Options {
    /// Whether the option was given.
    pub fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| given == name)
    }

    /// The value of the option; the last one wins.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut given = self.given.iter().rev();
        let (_, value) = given.find(|(given, _)| given == name)?;
        value.as_deref()
    }

    /// The value as a number of things, bytes and the like: `64K`, `8M`, `1G` are allowed.
    ///
    /// # Errors
    /// A value that is no number.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Trouble> {
        self.value(name).map(number).transpose()
    }

    /// At least `least` operands, or a usage error that says what is missing.
    ///
    /// # Errors
    /// Fewer operands.
    pub fn need(&self, least: usize, what: &str) -> Result<&[String], Trouble> {
        match self.rest.len() >= least {
            true => Ok(&self.rest),
            false => Err(Trouble::usage(format!("{what} expected (try --help)"))),
        }
    }
}

/// `"8M"` is 8,388,608.
///
/// # Errors
/// No number, or one that does not fit.
pub fn number(text: &str) -> Result<u64, Trouble> {
    let (digits, shift) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number = digits.parse::<u64>().ok();
    number
        .and_then(|number| number.checked_mul(1 << shift))
        .ok_or_else(|| Trouble::usage(format!("\"{text}\" is not a number")))
}

/// `"0.5"` with three places is 500: decimal fractions without floating point.
///
/// # Errors
/// No number, or one that does not fit.
pub fn fraction(text: &str, places: u32) -> Result<u64, Trouble> {
    let bad = || Trouble::usage(format!("\"{text}\" is not a number"));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + part.len() == 0 || !all_digits(whole) || !all_digits(part) {
        return Err(bad());
    }
    let mut digits = String::from(whole);
    digits.extend(
        part.chars()
            .chain(core::iter::repeat('0'))
            .take(places as usize),
    );
    digits.parse().map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &str) -> Args {
        Args {
            list: words.split_whitespace().map(String::from).collect(),
            env: Vec::new(),
        }
    }

    #[test]
    fn options_bundle_and_attach() {
        let given = args("-la -n5 --cpu=2 x --vm 8M y");
        let options = given.options("-l -a -n: --cpu: --vm:").unwrap();
        assert!(options.has("-l") && options.has("-a"));
        assert_eq!(options.value("-n"), Some("5"));
        assert_eq!(options.number("--cpu").unwrap(), Some(2));
        assert_eq!(options.number("--vm").unwrap(), Some(8 << 20));
        assert_eq!(options.rest, ["x", "y"]);
    }

    #[test]
    fn a_command_keeps_its_own_options() {
        let options = args("-f ls -l").options("+-f").unwrap();
        assert_eq!(options.rest, ["ls", "-l"]);
        assert!(args("-z").options("-f").is_err());
        assert!(args("-n").options("-n:").is_err());
    }

    #[test]
    fn fractions_are_integers() {
        assert_eq!(fraction("0.5", 3).unwrap(), 500);
        assert_eq!(fraction("2", 3).unwrap(), 2000);
        assert_eq!(fraction(".25", 2).unwrap(), 25);
        assert_eq!(fraction("1.23456", 2).unwrap(), 123);
        assert!(fraction("", 2).is_err());
        assert!(fraction("a", 2).is_err());
    }
}
