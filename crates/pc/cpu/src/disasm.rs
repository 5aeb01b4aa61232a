//! Instructions for people: text and a one-line explanation.

use crate::decode::OPTIONS;
pub use crate::insn::COVERED;
use iced_x86::{Decoder, Formatter, Instruction, IntelFormatter};

/// One disassembled instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its address.
    pub ip: u64,
    /// Its length in bytes.
    pub len: u8,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Intel syntax, lower case; `(bad)` if it is none.
    pub text: String,
    /// What it does, if this CPU knows it.
    pub meaning: Option<&'static str>,
    /// Whether it needs CPL 0 (or an I/O privilege).
    pub privileged: bool,
}

/// Disassembles all of `bytes`, which stand at `ip`, as 16-, 32- or 64-bit code. The last
/// instruction may be cut off: it is left out.
pub fn disassemble(bytes: &[u8], ip: u64, bitness: u32) -> Vec<Line> {
    let mut decoder = Decoder::with_ip(bitness, bytes, ip, OPTIONS);
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_small_hex_numbers_in_decimal(true);
    options.set_space_after_operand_separator(true);
    options.set_branch_leading_zeros(false);
    let mut lines = Vec::new();
    let mut instruction = Instruction::default();
    while decoder.can_decode() {
        let from = decoder.position();
        decoder.decode_out(&mut instruction);
        if decoder.last_error() == iced_x86::DecoderError::NoMoreBytes {
            break;
        }
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        lines.push(Line {
            ip: instruction.ip(),
            len: instruction.len() as u8,
            bytes: bytes[from..from + instruction.len()].to_vec(),
            text,
            meaning: explain(&instruction),
            privileged: instruction.is_privileged(),
        });
    }
    lines
}

/// What an instruction does, in one line; `None` if this CPU does not have it.
pub fn explain(instruction: &Instruction) -> Option<&'static str> {
    crate::insn::explain(instruction.mnemonic())
}
