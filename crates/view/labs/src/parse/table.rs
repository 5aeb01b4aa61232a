//! Reading a TOML table key by key, with complaints that point at the character.
//!
//! A derived deserialiser stops at the first mistake and does not know which key was meant.
//! Here a reader asks for each key in turn; what it asked for is what is known, and what is
//! left over at the end is unknown.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::Complaints;
use crate::near::nearest;
use crate::rules;
use crate::source::{Span, Text};

/// TOML somewhere in the file.
#[derive(Clone, Copy)]
pub struct Toml<'a> {
    /// Its text.
    pub text: &'a str,
    /// Where the text begins in the file.
    pub at: usize,
}

impl<'a> Toml<'a> {
    /// Its table; what cannot be read is complained of.
    pub fn table(self, complaints: &mut Complaints<'_>) -> Option<DeTable<'a>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table.into_inner()),
            Err(error) => {
                let at = error.span().unwrap_or(0..self.text.len());
                let message = error.message().lines().next().unwrap_or_default();
                complaints.add(rules::TOML, Span::from(at).shifted(self.at), message);
                None
            }
        }
    }
}

/// A table, asked key by key.
pub struct Reader<'a, 'c, 't> {
    toml: Toml<'a>,
    table: &'a DeTable<'a>,
    /// Where complaints about what is missing point.
    whole: Span,
    /// What it is, for complaints: `a check`.
    what: &'static str,
    asked: Vec<&'static str>,
    /// Where complaints go.
    pub complaints: &'c mut Complaints<'t>,
}

/// Makes something of a text that stands where a table could.
type FromText<'f, 't, T> = &'f mut dyn FnMut(Text, &mut Complaints<'t>) -> T;

type Found<'a> = Option<&'a Spanned<DeValue<'a>>>;

impl<'a, 'c, 't> Reader<'a, 'c, 't> {
    /// Begins with a table.
    pub fn new(
        toml: Toml<'a>,
        table: &'a DeTable<'a>,
        whole: Span,
        what: &'static str,
        complaints: &'c mut Complaints<'t>,
    ) -> Self {
        Self {
            toml,
            table,
            whole,
            what,
            asked: Vec::new(),
            complaints,
        }
    }

    /// Where complaints about the whole of it point.
    pub fn whole(&self) -> Span {
        self.whole
    }

    /// Whether the key is there. (This asks for it, too.)
    pub fn has(&mut self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    fn get(&mut self, key: &'static str) -> Found<'a> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.table
            .iter()
            .find(|(name, _)| name.get_ref() == key)
            .map(|(_, value)| value)
    }

    fn span(&self, value: &Spanned<DeValue<'_>>) -> Span {
        Span::from(value.span()).shifted(self.toml.at)
    }

    /// Complains that the value of a key is not what it should be.
    pub fn bad(&mut self, span: Span, key: &str, wanted: &str) {
        let message = format!("`{key}` should be {wanted}");
        self.complaints.add(rules::BAD_VALUE, span, message);
    }

    fn missing(&mut self, key: &str) {
        let message = format!("{} needs `{key}`", self.what);
        self.complaints.add(rules::MISSING_KEY, self.whole, message);
    }

    fn as_text(&self, value: &Spanned<DeValue<'_>>) -> Option<Text> {
        let text = value.get_ref().as_str()?.to_owned();
        let range = value.span();
        let raw = self.toml.text.get(range.clone()).unwrap_or_default();
        let inside = raw
            .find(text.as_str())
            .map(|offset| self.toml.at + range.start + offset);
        Some(Text {
            value: text,
            span: self.span(value),
            inside,
        })
    }

    /// A text, if the key is there.
    pub fn text(&mut self, key: &'static str) -> Option<Text> {
        let value = self.get(key)?;
        let text = self.as_text(value);
        if text.is_none() {
            self.bad(self.span(value), key, "a text");
        }
        text
    }

    /// A text that has to be there and to say something.
    pub fn need_text(&mut self, key: &'static str) -> Text {
        if !self.has(key) {
            self.missing(key);
        }
        let text = self.text(key).unwrap_or_default();
        if text.value.trim().is_empty() && text.span != Span::default() {
            self.bad(text.span, key, "something, and is empty");
        }
        text
    }

    /// A number from a range, or the default if the key is not there.
    pub fn number(&mut self, key: &'static str, range: (i64, i64), default: i64) -> i64 {
        let Some(value) = self.get(key) else {
            return default;
        };
        let (least, most) = range;
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|it| i64::from_str_radix(&it.as_str().replace('_', ""), it.radix()).ok());
        match number.filter(|it| (least..=most).contains(it)) {
            Some(number) => number,
            None => {
                let wanted = format!("a whole number from {least} to {most}");
                self.bad(self.span(value), key, &wanted);
                default
            }
        }
    }

    /// A number that has to be there.
    pub fn need_number(&mut self, key: &'static str, range: (i64, i64)) -> i64 {
        if !self.has(key) {
            self.missing(key);
        }
        self.number(key, range, range.0)
    }

    /// A share between 0 and 1 in thousandths, or the default.
    pub fn per_mille(&mut self, key: &'static str, default: u32) -> u32 {
        let Some(value) = self.get(key) else {
            return default;
        };
        let text = match value.get_ref() {
            DeValue::Float(it) => it.as_str().to_owned(),
            DeValue::Integer(it) => it.as_str().to_owned(),
            _ => String::new(),
        };
        let share = text.parse::<f64>().ok();
        match share.filter(|it| (0.0..=1.0).contains(it)) {
            Some(share) => (share * 1000.0).round() as u32,
            None => {
                self.bad(self.span(value), key, "a share from 0 to 1, as `0.8`");
                default
            }
        }
    }

    /// Yes or no, or the default.
    pub fn flag(&mut self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.get(key) else {
            return default;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.bad(self.span(value), key, "`true` or `false`");
            default
        })
    }

    /// One of some words, or the first of them if the key is not there.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> T {
        let default = words[0].1;
        let Some(text) = self.text(key) else {
            return default;
        };
        match words.iter().find(|(word, _)| *word == text.value) {
            Some((_, meaning)) => *meaning,
            None => {
                let known = words.iter().map(|(word, _)| *word);
                let list: Vec<_> = known.clone().collect();
                let message = format!("`{key}` should be one of {}", list.join(", "));
                self.complaints
                    .add(rules::BAD_VALUE, text.span, message)
                    .meant(nearest(&text.value, known));
                default
            }
        }
    }

    /// A list of texts; empty if the key is not there. A single text is a list of one.
    pub fn texts(&mut self, key: &'static str) -> Vec<Text> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        if let Some(text) = self.as_text(value) {
            return vec![text];
        }
        let Some(array) = value.get_ref().as_array() else {
            self.bad(self.span(value), key, "a list of texts");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for part in array.iter() {
            match self.as_text(part) {
                Some(text) => texts.push(text),
                None => self.bad(self.span(part), key, "a list of texts"),
            }
        }
        texts
    }

    /// A table inside.
    pub fn table<'s>(
        &'s mut self,
        key: &'static str,
        what: &'static str,
    ) -> Option<Reader<'a, 's, 't>> {
        let value = self.get(key)?;
        let span = self.span(value);
        match value.get_ref().as_table() {
            Some(table) => Some(Reader::new(self.toml, table, span, what, self.complaints)),
            None => {
                self.bad(span, key, "a table, as `{ … }`");
                None
            }
        }
    }

    /// Reads each table of a list; a single table, or a text if `or_text` knows what to make of
    /// it, is a list of one.
    pub fn each<T>(
        &mut self,
        key: &'static str,
        what: &'static str,
        read: &mut dyn FnMut(&mut Reader<'a, '_, 't>) -> T,
        or_text: Option<FromText<'_, 't, T>>,
    ) -> Vec<T> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let single = std::slice::from_ref(value);
        let parts: Vec<&Spanned<DeValue<'a>>> = match value.get_ref().as_array() {
            Some(array) => array.iter().collect(),
            None => single.iter().collect(),
        };
        let mut list = Vec::new();
        let mut or_text = or_text;
        for part in parts {
            let span = self.span(part);
            if let Some(table) = part.get_ref().as_table() {
                let mut reader = Reader::new(self.toml, table, span, what, self.complaints);
                list.push(read(&mut reader));
                reader.end();
            } else if let (Some(text), Some(or_text)) = (self.as_text(part), or_text.as_mut()) {
                list.push(or_text(text, self.complaints));
            } else {
                self.bad(span, key, "a list of tables");
            }
        }
        list
    }

    /// Complains of what was not asked for.
    pub fn end(&mut self) {
        for (key, _) in self.table.iter() {
            let name = key.get_ref().as_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let span = Span::from(key.span()).shifted(self.toml.at);
            let message = format!("{} has no key `{name}`", self.what);
            let mut known = self.asked.clone();
            known.sort_unstable();
            self.complaints
                .add(rules::UNKNOWN_KEY, span, message)
                .label(format!("keys: {}", known.join(", ")))
                .meant(nearest(name, known));
        }
    }
}
