//! What the CPU says about instructions: text, meaning, and which ones it has at all.

use cpu::disasm::{COVERED, disassemble, explain};
use iced_x86::{Decoder, DecoderOptions};

#[test]
fn lines_have_text_and_meaning() {
    // mov eax, [rbx + 16]; cli; an instruction that does not exist; the start of one that is cut off
    let lines = disassemble(&[0x8b, 0x43, 0x10, 0xfa, 0x06, 0x48, 0xb8, 1], 0x1000, 64);
    let short: Vec<_> = lines
        .iter()
        .map(|l| (l.ip, l.len, l.text.as_str(), l.privileged))
        .collect();
    assert_eq!(
        short,
        [
            (0x1000, 3, "mov eax, [rbx+0x10]", false),
            (0x1003, 1, "cli", true),
            (0x1004, 2, "(bad)", false),
        ]
    );
    assert!(lines[1].meaning.is_some_and(|text| text.contains("IF")));
    assert_eq!(lines[2].meaning, None);
}

#[test]
fn what_is_covered_is_explained_once() {
    let mut seen = std::collections::BTreeSet::new();
    for name in COVERED {
        assert!(seen.insert(*name), "{name:?} has two rows");
    }
    assert!(COVERED.len() > 350);
    // popcnt is here, tzcnt is not.
    let explained =
        |bytes: &[u8]| explain(&Decoder::new(64, bytes, DecoderOptions::AMD).decode()).is_some();
    assert!(explained(&[0xf3, 0x0f, 0xb8, 0xc1]));
    assert!(!explained(&[0xf3, 0x0f, 0xbc, 0xc1]));
}
