//! How numbers, sizes and kinds are written, in one place, so that the picture, the side panel and
//! the screen reader say the same.

use scene::{BoxKind, Moment, StackBox, State};

/// `1234567` as `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Three significant digits and a letter: `940`, `12.3 k`, `4.56 M`.
pub fn short(number: u64) -> String {
    for (unit, letter) in [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")] {
        if number >= unit {
            return format!("{} {letter}", significant(number, unit));
        }
    }
    number.to_string()
}

/// A number given in tenths; the tenth is told of small ones only.
pub fn tenths(number: u64) -> String {
    match (number / 10, number % 10) {
        (whole @ 0..10, tenth @ 1..) => format!("{whole}.{tenth}"),
        (whole, _) => short(whole),
    }
}

/// Bytes, by powers of 1024: `64 MiB`, `12.5 MiB`, `812 KiB`.
pub fn size(bytes: u64) -> String {
    for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] {
        if bytes >= unit {
            return format!("{} {name}", significant(bytes, unit));
        }
    }
    format!("{bytes} B")
}

/// Bytes in the least room: `812K`, `3.1M`.
pub fn size_brief(bytes: u64) -> String {
    for (unit, letter) in [(1 << 30, 'G'), (1 << 20, 'M'), (1 << 10, 'K')] {
        if bytes >= unit {
            let tenths = (u128::from(bytes) * 10 / (unit as u128)) as u64;
            return match (tenths / 10, tenths % 10) {
                (whole, 0) | (whole @ 10.., _) => format!("{whole}{letter}"),
                (whole, tenth) => format!("{whole}.{tenth}{letter}"),
            };
        }
    }
    bytes.to_string()
}

/// `number / unit` with three significant digits, and no zeros at the end.
fn significant(number: u64, unit: u64) -> String {
    let hundredths = (u128::from(number) * 100 / u128::from(unit)) as u64;
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    match (whole, rest) {
        (100.., _) | (_, 0) => whole.to_string(),
        (10.., _) if rest < 10 => whole.to_string(),
        (10.., _) => format!("{whole}.{}", rest / 10),
        (_, _) if rest.is_multiple_of(10) => format!("{whole}.{}", rest / 10),
        _ => format!("{whole}.{rest:02}"),
    }
}

/// Used, or used of limit, with one unit where both have the same: `12.3 / 64 MiB`.
pub fn used(bytes: u64, limit: Option<u64>) -> String {
    let Some(limit) = limit else {
        return size(bytes);
    };
    let (used, limit) = (size(bytes), size(limit));
    match (used.split_once(' '), limit.split_once(' ')) {
        (Some((number, unit)), Some((_, same))) if unit == same => format!("{number} / {limit}"),
        _ => format!("{used} / {limit}"),
    }
}

/// Per mille as per cent: `437` is `44 %`, `4` is `0.4 %`.
pub fn share(per_mille: u32) -> String {
    match per_mille {
        0 => "0 %".to_owned(),
        1..=99 => format!("{}.{} %", per_mille / 10, per_mille % 10),
        _ => format!("{} %", (per_mille + 5) / 10),
    }
}

/// Per mille as per cent in the least room: `44%`.
pub fn share_brief(per_mille: u32) -> String {
    format!("{}%", (per_mille + 5) / 10)
}

/// A moment as the guest's seconds, to the microsecond where that says something.
pub fn seconds(moment: Moment, hz: u64) -> String {
    if hz == 0 {
        return String::new();
    }
    let micros = u128::from(moment) * 1_000_000 / u128::from(hz);
    let (whole, part) = (micros / 1_000_000, micros % 1_000_000);
    match whole {
        0..10 => format!("{whole}.{part:06} s"),
        10..1000 => format!("{whole}.{:03} s", part / 1_000),
        _ => format!("{} s", thousands(whole as u64)),
    }
}

/// What a kind of box is called.
pub const fn kind(kind: BoxKind) -> &'static str {
    match kind {
        BoxKind::Hardware => "hardware",
        BoxKind::Firmware => "firmware",
        BoxKind::Hypervisor => "hypervisor",
        BoxKind::Vm => "virtual machine",
        BoxKind::Kernel => "kernel",
        BoxKind::Container => "container",
        BoxKind::Process => "process",
    }
}

/// The same as a CSS class and a token.
pub const fn kind_class(kind: BoxKind) -> &'static str {
    match kind {
        BoxKind::Hardware => "hardware",
        BoxKind::Firmware => "firmware",
        BoxKind::Hypervisor => "hypervisor",
        BoxKind::Vm => "vm",
        BoxKind::Kernel => "kernel",
        BoxKind::Container => "container",
        BoxKind::Process => "process",
    }
}

/// What a kind of box is, for someone who meets it first.
pub const fn kind_about(kind: BoxKind) -> &'static str {
    match kind {
        BoxKind::Hardware => {
            "One emulated PC: a processor, its memory and its devices. Everything above is machine code that it executes."
        }
        BoxKind::Firmware => {
            "The program in the boot ROM. It runs first, finds the system to load, and is gone."
        }
        BoxKind::Hypervisor => {
            "Shares one real machine among several virtual ones. It has the highest privilege and keeps the hardware for itself."
        }
        BoxKind::Vm => {
            "A machine made by the hypervisor: it has its own memory and its own devices, and a whole operating system boots on it."
        }
        BoxKind::Kernel => {
            "Shares one machine among processes. Programs ask it by system calls, and it alone touches the devices it believes in."
        }
        BoxKind::Container => {
            "Processes that see the same names and live under the same limits. The kernel has no such object: this box is inferred from namespaces and a cgroup."
        }
        BoxKind::Process => {
            "A running program: its own address space, at the lowest privilege, ring 3."
        }
    }
}

/// What a state is called.
pub const fn state(state: State) -> &'static str {
    match state {
        State::Running => "running",
        State::Waiting => "waiting",
        State::Throttled => "throttled",
        State::Paused => "paused",
        State::Booting => "booting",
        State::Ended => "ended",
        State::Killed => "killed",
    }
}

/// One or many.
pub fn count(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// The fill of a memory bar, per mille of `scale`; a bar is never quite empty when something is in
/// it.
pub fn fill(used: u64, scale: u64) -> u32 {
    if scale == 0 || used == 0 {
        return 0;
    }
    (u128::from(used) * 1000 / u128::from(scale)).clamp(8, 1000) as u32
}

/// Name and kind of a box in running text: `container web`; just the name if it says what it is.
pub fn title(node: &StackBox) -> String {
    let kind = kind(node.kind);
    if node.name.to_lowercase().contains(kind) {
        node.name.clone()
    } else {
        format!("{kind} {}", node.name)
    }
}

/// A sentence without the marks around its code.
pub fn plain(sentence: &str) -> String {
    sentence.replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1234567, "1,234,567"),
        ] {
            assert_eq!(thousands(number), expected);
        }
        for (number, expected) in [
            (999, "999"),
            (1000, "1 k"),
            (1234, "1.23 k"),
            (12_345, "12.3 k"),
            (1_500_000, "1.5 M"),
            (123_456_789, "123 M"),
            (10_050, "10 k"),
        ] {
            assert_eq!(short(number), expected);
        }
        for (bytes, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (64 << 20, "64 MiB"),
            (u64::MAX, "17179869183 GiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn sizes_in_little_room() {
        for (bytes, expected) in [
            (12, "12"),
            (4096, "4K"),
            (3 << 20, "3M"),
            ((3 << 20) + (1 << 19), "3.5M"),
            (812 << 10, "812K"),
            (5 << 30, "5G"),
        ] {
            assert_eq!(size_brief(bytes), expected);
        }
    }

    #[test]
    fn small_rates_keep_their_tenth() {
        for (number, expected) in [
            (0, "0"),
            (3, "0.3"),
            (40, "4"),
            (99, "9.9"),
            (123, "12"),
            (15_000, "1.5 k"),
        ] {
            assert_eq!(tenths(number), expected);
        }
    }

    #[test]
    fn of_a_limit() {
        assert_eq!(used(12 << 20, Some(64 << 20)), "12 / 64 MiB");
        assert_eq!(used(800 << 10, Some(64 << 20)), "800 KiB / 64 MiB");
        assert_eq!(used(4096, None), "4 KiB");
    }

    #[test]
    fn shares() {
        for (per_mille, expected) in [
            (0, "0 %"),
            (4, "0.4 %"),
            (99, "9.9 %"),
            (100, "10 %"),
            (437, "44 %"),
            (1000, "100 %"),
        ] {
            assert_eq!(share(per_mille), expected);
        }
    }

    #[test]
    fn guest_time() {
        assert_eq!(seconds(1_234_567, 100_000_000), "0.012345 s");
        assert_eq!(seconds(1_234_567_890, 100_000_000), "12.345 s");
        assert_eq!(seconds(5, 0), "");
    }

    #[test]
    fn titles_do_not_say_it_twice() {
        for (kind, name, expected) in [
            (BoxKind::Container, "web", "container web"),
            (BoxKind::Hardware, "PC hardware", "PC hardware"),
            (BoxKind::Kernel, "kernel · web", "kernel · web"),
            (BoxKind::Hypervisor, "Hypervisor", "Hypervisor"),
        ] {
            let node = StackBox {
                kind,
                name: name.into(),
                ..StackBox::default()
            };
            assert_eq!(title(&node), expected);
        }
    }

    #[test]
    fn bars() {
        assert_eq!(fill(0, 100), 0);
        assert_eq!(fill(1, 1_000_000), 8);
        assert_eq!(fill(50, 100), 500);
        assert_eq!(fill(500, 100), 1000);
        assert_eq!(fill(5, 0), 0);
    }
}
