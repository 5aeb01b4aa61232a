//! Places in a file: byte ranges, and the lines and columns that people read.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A stretch of a file, in bytes from its beginning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

impl Span {
    /// The stretch between two places.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The same stretch of a text that begins at `by` in the file.
    pub const fn shifted(self, by: usize) -> Self {
        Self {
            start: self.start + by,
            end: self.end + by,
        }
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// A text inside the file, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Text {
    /// The text, escapes resolved.
    pub value: String,
    /// The whole of it, quotes included.
    pub span: Span,
    /// Where its first byte stands, if the text stands in the file as it is.
    pub inside: Option<usize>,
}

impl Text {
    /// The place in the file of a stretch of the text; all of it if escapes blur the view.
    pub fn place(&self, part: Range<usize>) -> Span {
        match self.inside {
            Some(at) => Span::from(part).shifted(at),
            None => self.span,
        }
    }
}

/// Line and column of a byte, both from 1; a column is a character.
pub fn position(text: &str, at: usize) -> (usize, usize) {
    let at = floor(text, at);
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// The nearest character boundary at or before `at`.
pub fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Whether a character is there and cannot be seen, or makes others seem to stand elsewhere.
pub fn is_hidden(c: char) -> bool {
    let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    invisible || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn lines_and_columns_count_characters() {
        let text = "ab\nä±c\n";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, 3), (2, 1));
        assert_eq!(position(text, 7), (2, 3));
        // In the middle of `±`, and beyond the end.
        assert_eq!(position(text, 6), (2, 2));
        assert_eq!(position(text, 99), (3, 1));
    }
}
