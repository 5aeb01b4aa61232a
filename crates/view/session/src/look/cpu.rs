//! The CPU's panel: registers, flags, and the code around RIP.

use scene::{CodeLine, CpuView};
use x86::reg::{cr0, efer, rflags};

use super::whereabouts::code_at;
use super::{Sight, Whereabouts};
use crate::scenario::ImageKind;

/// How many instructions the panel shows.
const LINES: usize = 12;

/// Flag bits by name, high to low.
const FLAGS: [(u64, &str); 10] = [
    (rflags::AC, "AC"),
    (rflags::OF, "OF"),
    (rflags::DF, "DF"),
    (rflags::IF, "IF"),
    (rflags::TF, "TF"),
    (rflags::SF, "SF"),
    (rflags::ZF, "ZF"),
    (rflags::AF, "AF"),
    (rflags::PF, "PF"),
    (rflags::CF, "CF"),
];

/// General registers in encoding order.
const NAMES: [&str; 16] = [
    "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8", "R9", "R10", "R11", "R12", "R13",
    "R14", "R15",
];

/// What the panel shows now.
pub fn view(sight: &Sight<'_>, at: &Whereabouts) -> CpuView {
    let cpu = sight.cpu;
    let mut registers = vec![("RIP".to_owned(), cpu.rip)];
    registers.extend(
        NAMES
            .iter()
            .zip(cpu.gpr)
            .map(|(name, value)| ((*name).to_owned(), value)),
    );
    let set: Vec<&str> = FLAGS
        .iter()
        .filter(|(bit, _)| cpu.rflags & bit != 0)
        .map(|(_, name)| *name)
        .collect();
    CpuView {
        mode: mode(sight).into(),
        cpl: cpu.cpl,
        virtual_cpl: at.virtual_cpl,
        halted: cpu.halted,
        registers,
        rflags: cpu.rflags,
        flags: set.join(" "),
        control: [
            ("CR0", cpu.cr0),
            ("CR2", cpu.cr2),
            ("CR3", cpu.cr3),
            ("CR4", cpu.cr4),
        ]
        .into_iter()
        .chain([("EFER", cpu.efer)])
        .map(|(name, value)| (name.to_owned(), value))
        .collect(),
        code: code(sight, LINES),
        symbol: symbol(sight, at),
    }
}

/// The operating mode in a word.
pub fn mode(sight: &Sight<'_>) -> &'static str {
    let cpu = sight.cpu;
    let code = &cpu.seg[cpu::seg::CS];
    if cpu.cr0 & cr0::PE == 0 {
        "real"
    } else if cpu.efer & efer::LMA == 0 {
        "protected"
    } else if code.has(cpu::Segment::L) {
        "long"
    } else {
        "compatibility"
    }
}

/// Bits of the code segment: 16, 32 or 64.
pub fn bitness(sight: &Sight<'_>) -> u32 {
    let code = &sight.cpu.seg[cpu::seg::CS];
    match mode(sight) {
        "long" => 64,
        _ if code.has(cpu::Segment::D) => 32,
        _ => 16,
    }
}

/// `lines` instructions from RIP on.
pub fn code(sight: &Sight<'_>, lines: usize) -> Vec<CodeLine> {
    let bits = bitness(sight);
    // 64-bit code ignores the base of CS.
    let base = if bits == 64 {
        0
    } else {
        sight.cpu.seg[cpu::seg::CS].base
    };
    let at = base.wrapping_add(sight.cpu.rip);
    let bytes = code_at(sight.space(), at, lines * 15);
    cpu::disasm::disassemble(&bytes, sight.cpu.rip, bits)
        .into_iter()
        .take(lines)
        .map(|line| CodeLine {
            ip: line.ip,
            bytes: line
                .bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            text: line.text,
            explain: line.meaning.unwrap_or_default().into(),
            privileged: line.privileged,
        })
        .collect()
}

/// The function that RIP is in, if it is one of ours.
fn symbol(sight: &Sight<'_>, at: &Whereabouts) -> String {
    use super::Layer;
    let image = match (at.layer, sight.spec.image) {
        (Layer::Hypervisor, _) => &sight.guests.hypervisor,
        (Layer::Kernel, _) => &sight.guests.kernel,
        (Layer::User, _) => &sight.guests.user,
        (Layer::Asleep, ImageKind::Kernel) => &sight.guests.kernel,
        (Layer::Asleep, ImageKind::Hypervisor) => &sight.guests.hypervisor,
        (Layer::Firmware, _) => return String::new(),
    };
    image.describe(sight.cpu.rip).unwrap_or_default()
}
