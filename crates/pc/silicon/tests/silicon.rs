//! The emulated CPU against the host's own: random instructions with edge-biased operands, run on
//! both; registers, memory, faults and all *defined* flags must agree.
//!
//! `SILICON=5000000 cargo test -p silicon --release` for a long run; `SILICON_SEED` for another one.

mod emulated;
mod generate;
mod undefined;

use emulated::Emulated;
use generate::{Case, Random};
use iced_x86::Mnemonic;
use silicon::{Registers, Silicon, Trap};

/// The status flags and DF.
const FLAGS: u64 = 0x8d5 | 0x400;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[test]
fn every_user_instruction_does_what_silicon_does() {
    let mut silicon = match Silicon::new() {
        Ok(silicon) => silicon,
        Err(why) => {
            println!("skipped: {why}");
            return;
        }
    };
    let mut emulated = Emulated::new();
    let mut random = Random::new(number("SILICON_SEED", 1));
    let mut covered = std::collections::BTreeMap::<String, u64>::new();
    let mut different = std::collections::BTreeMap::<String, (u64, String)>::new();
    for _ in 0..number("SILICON", 100_000) {
        let case = generate::case(&mut random);
        *covered
            .entry(format!("{:?}", case.insn.mnemonic()))
            .or_default() += 1;
        if let Err(report) = compare(&mut silicon, &mut emulated, &case) {
            let entry = different
                .entry(format!("{:?}", case.insn.code()))
                .or_insert((0, report));
            entry.0 += 1;
        }
    }
    println!("{} mnemonics: {covered:?}", covered.len());
    for (code, (count, report)) in different.iter().take(40) {
        println!("--- {code}: {count} times, first\n{report}");
    }
    assert!(
        different.is_empty(),
        "{} instruction forms differ",
        different.len()
    );
    // The generator reaches what the CPU claims to have, but for what a program may not do.
    let missing: Vec<_> = generate::wanted()
        .filter(|name| !covered.contains_key(&format!("{name:?}")))
        .collect();
    assert!(missing.is_empty(), "never generated: {missing:?}");
}

/// Runs a case on both and describes the first difference.
fn compare(silicon: &mut Silicon, emulated: &mut Emulated, case: &Case) -> Result<(), String> {
    let mut data = case.data.clone();
    let (mut real, trap) = silicon.run(&case.bytes, case.wide, &case.before, &mut data);
    let (mut ours, our_trap, our_data) = emulated.run(case);
    // Misaligned SSE: the host has it, this CPU does not.
    if real.mxcsr & 1 << 17 != 0 {
        return Ok(());
    }
    let undefined = undefined::flags(&case.insn, &case.before);
    let mut differences = String::new();
    let mut note = |what: String| {
        differences.push_str("  ");
        differences.push_str(&what);
        differences.push('\n');
    };
    for registers in [&mut real, &mut ours] {
        registers.rflags &= FLAGS & !undefined;
        if !case.wide {
            // 32-bit code sees 32 bits; what is above them is not defined.
            registers
                .gpr
                .iter_mut()
                .for_each(|value| *value &= 0xffff_ffff);
        }
    }
    let (trap, our_trap) = (comparable(trap), comparable(our_trap));
    if trap != our_trap {
        note(format!("ended in {trap:x?}, ours {our_trap:x?}"));
    }
    if real.rip != ours.rip {
        note(format!("rip {:#x}, ours {:#x}", real.rip, ours.rip));
    }
    for n in 0..16 {
        if real.gpr[n] != ours.gpr[n] {
            note(format!("r{n} {:#x}, ours {:#x}", real.gpr[n], ours.gpr[n]));
        }
        if real.xmm[n] != ours.xmm[n] {
            note(format!(
                "xmm{n} {:#x}, ours {:#x}",
                real.xmm[n], ours.xmm[n]
            ));
        }
    }
    if real.rflags != ours.rflags {
        note(format!(
            "flags {:#x}, ours {:#x}, not compared {undefined:#x}",
            real.rflags, ours.rflags
        ));
    }
    if real.mxcsr != ours.mxcsr {
        note(format!("mxcsr {:#x}, ours {:#x}", real.mxcsr, ours.mxcsr));
    }
    // PUSHA that fails may have written some of it.
    let partly = trap.vector != 3
        && matches!(
            case.insn.mnemonic(),
            Mnemonic::Pusha | Mnemonic::Pushad | Mnemonic::Enter
        );
    if data != our_data && !partly {
        let at = data
            .iter()
            .zip(&our_data)
            .position(|(a, b)| a != b)
            .unwrap();
        note(format!(
            "data at {:#x}: {:x?}, ours {:x?}",
            silicon::DATA.start + at as u64,
            &data[at..(at + 16).min(data.len())],
            &our_data[at..(at + 16).min(data.len())]
        ));
    }
    if differences.is_empty() {
        Ok(())
    } else {
        Err(format!("{case}{differences}"))
    }
}

/// CR2 is a page fault's only; whether a page around the data is missing or the kernel's is not
/// told apart.
fn comparable(trap: Trap) -> Trap {
    if trap.vector == 14 {
        Trap {
            error: trap.error & !1,
            ..trap
        }
    } else {
        Trap { address: 0, ..trap }
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Registers {
            gpr, rflags, xmm, ..
        } = &self.before;
        let bits = if self.wide { 64 } else { 32 };
        writeln!(f, "  {bits}-bit {:02x?}  {}", self.bytes, self.insn)?;
        writeln!(f, "  before {gpr:x?} flags {rflags:#x}")?;
        if self.insn.has_xmm() {
            writeln!(f, "  xmm {xmm:x?}")
        } else {
            Ok(())
        }
    }
}

/// Whether an instruction names an XMM register.
trait HasXmm {
    fn has_xmm(&self) -> bool;
}

impl HasXmm for iced_x86::Instruction {
    fn has_xmm(&self) -> bool {
        (0..self.op_count())
            .any(|n| self.op_kind(n) == iced_x86::OpKind::Register && self.op_register(n).is_xmm())
    }
}
