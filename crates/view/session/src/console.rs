//! Serial ports as text: what a terminal would show of the bytes.

/// How much text a frame carries: about two hundred lines.
const MOST_BYTES: usize = 16 * 1024;

/// The end of a transcript as lines: carriage returns and backspaces obeyed, other control
/// characters dropped, bytes that are not UTF-8 shown as `�`.
pub fn render(bytes: &[u8]) -> String {
    let tail = &bytes[bytes.len().saturating_sub(MOST_BYTES)..];
    let text = String::from_utf8_lossy(tail);
    let mut out = String::with_capacity(text.len());
    let mut line: Vec<char> = Vec::new();
    let mut column = 0usize;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => {
                out.extend(line.drain(..));
                out.push('\n');
                column = 0;
            }
            '\r' => column = 0,
            '\u{8}' => column = column.saturating_sub(1),
            '\u{1b}' => skip_escape(&mut letters),
            '\t' => {
                for _ in column % 8..8 {
                    put(&mut line, &mut column, ' ');
                }
            }
            control if control.is_control() => {}
            letter => put(&mut line, &mut column, letter),
        }
    }
    out.extend(line);
    out
}

fn put(line: &mut Vec<char>, column: &mut usize, letter: char) {
    match line.get_mut(*column) {
        Some(place) => *place = letter,
        None => line.push(letter),
    }
    *column += 1;
}

/// Drops a control sequence: ESC [ parameters, then one letter.
fn skip_escape(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    if letters.next_if_eq(&'[').is_none() {
        return;
    }
    while letters.next_if(|c| !('@'..='~').contains(c)).is_some() {}
    letters.next();
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn control_characters_do_what_a_terminal_does() {
        for (bytes, text) in [
            (&b"a\r\nb"[..], "a\nb"),
            (b"abc\rX", "Xbc"),
            (b"abx\x08 \x08c", "abc"),
            (b"\x1b[1;31mred\x1b[0m", "red"),
            (b"a\tb", "a       b"),
            (b"\xff!", "\u{fffd}!"),
            (b"bell\x07", "bell"),
        ] {
            assert_eq!(render(bytes), text);
        }
    }
}
