//! One plain sentence an event: for the list, for screen readers, for the transcript.

use probe::{Event, Mode, Moment, Origin};
use scene::{Happening, HappeningKind};
use x86::vector;

use super::{Context, kind, names};

/// Tells an event, or `None` if it is none that a reader is told of.
pub fn tell(moment: Moment, event: &Event, context: &Context) -> Option<Happening> {
    let kind = kind(event, context.hypervisor)?;
    let (title, sentence) = words(event, kind, context);
    Some(Happening {
        moment,
        machine: context.machine.clone(),
        kind,
        title,
        sentence: capital(sentence),
        from: context.before.path.clone(),
        to: context.after.path.clone(),
    })
}

fn words(event: &Event, kind: HappeningKind, context: &Context) -> (String, String) {
    let (before, after) = (&context.before.name, &context.after.name);
    match *event {
        Event::Trap {
            vector,
            origin: Origin::External,
            ..
        } => {
            let who = names::interrupt(vector);
            let title = format!("{who} interrupt");
            let what = match context.before.layer {
                crate::look::Layer::Asleep => "the sleeping CPU".to_owned(),
                _ => before.clone(),
            };
            (
                title,
                format!("the {who} interrupted {what}; the CPU entered {after}."),
            )
        }
        Event::Trap {
            vector,
            origin: Origin::Software,
            ..
        } => {
            let title = format!("INT {vector:#x}");
            (
                title,
                format!("{before} raised software interrupt {vector:#x}; the CPU entered {after}."),
            )
        }
        Event::Trap {
            vector,
            error,
            address,
            ..
        } => exception(vector, error, address, context),
        Event::Syscall { rax, .. } => {
            let call = call(rax, &context.arguments);
            let tail = if kind == HappeningKind::Syscall && context.hypervisor {
                format!("SYSCALL entered {after}, which hands it to the guest's kernel.")
            } else {
                format!("SYSCALL entered {after}.")
            };
            let sentence = format!("{before} asked its kernel for {call}; {tail}");
            (call, sentence)
        }
        Event::Sysret { .. } | Event::Return { .. } if kind == HappeningKind::Entry => (
            format!("to {after}"),
            format!("the hypervisor let {after} go on."),
        ),
        Event::Sysret { .. } => (
            format!("to {after}"),
            format!("SYSRET took {before} back to {after}."),
        ),
        Event::Return { to_cpl, .. } => (
            format!("to {after}"),
            format!("IRET took {before} back to {after}, in ring {to_cpl}."),
        ),
        Event::Cr3 { new, .. } => (
            "address space".into(),
            format!(
                "{before} loaded CR3 with {new:#x}: from here on addresses mean another address space."
            ),
        ),
        Event::Mode { from, to } => {
            let (from, to) = (mode(from), mode(to));
            (
                format!("{from} → {to}"),
                format!("{before} took the CPU from {from} mode to {to} mode."),
            )
        }
        Event::Port {
            write,
            port,
            size,
            value,
        } => {
            let name = names::port(port);
            let title = if write {
                format!("OUT {port:#x}")
            } else {
                format!("IN {port:#x}")
            };
            let digits = usize::from(size) * 2;
            let verb = if write { "wrote" } else { "read" };
            let preposition = if write { "to" } else { "from" };
            (
                format!("{title} ({name})"),
                format!(
                    "{before} {verb} {value:#0w$x} {preposition} the {name}, port {port:#x}.",
                    w = digits + 2
                ),
            )
        }
        Event::Mmio {
            write, pa, value, ..
        } => {
            let verb = if write { "wrote" } else { "read" };
            (
                format!("device at {pa:#x}"),
                format!("{before} {verb} {value:#x} at the device register {pa:#x}."),
            )
        }
        Event::Halt => (
            "HLT".into(),
            format!("{before} has nothing to do: HLT puts the CPU to sleep until an interrupt."),
        ),
        Event::Wake => ("awake".into(), "an interrupt ended the CPU's sleep.".into()),
        Event::Shutdown => (
            "triple fault".into(),
            format!("a fault while delivering a double fault, in {before}: the CPU shut down."),
        ),
        _ => (kind.name().into(), format!("{before}: {}.", kind.name())),
    }
}

fn exception(number: u8, error: Option<u32>, address: u64, context: &Context) -> (String, String) {
    let (before, after) = (&context.before.name, &context.after.name);
    let name = vector::name(number);
    if number == vector::PF {
        let error = error.unwrap_or(0);
        let verb = if error & vector::pf::FETCH != 0 {
            "jumped to"
        } else if error & vector::pf::WRITE != 0 {
            "wrote to"
        } else {
            "read from"
        };
        let table = match (context.hypervisor, error & vector::pf::PRESENT != 0) {
            (true, false) => "which its shadow page table does not map",
            (true, true) => "which its shadow page table forbids",
            (false, false) => "which no page-table entry maps",
            (false, true) => "which the page table forbids",
        };
        let title = format!("#PF at {address:#x}");
        return (
            title,
            format!(
                "{before} {verb} {address:#x}, {table}: the CPU raised #PF and entered {after}."
            ),
        );
    }
    let instruction = &context.instruction;
    let mnemonic = super::instruction_name(instruction);
    let because = match number {
        vector::GP if context.hypervisor => {
            format!("executed `{instruction}`, which needs ring 0, in ring 3")
        }
        vector::GP => format!("did what it may not with `{instruction}`"),
        vector::UD => "executed an instruction that this CPU does not have".into(),
        vector::DE => format!("divided by zero with `{instruction}`"),
        _ => format!("executed `{instruction}`"),
    };
    (
        format!("{name} · {mnemonic}"),
        format!("{before} {because}: the CPU raised {name} and entered {after}."),
    )
}

/// `write(1, 0x7ffc10, 12)`: small numbers in decimal, others in hexadecimal.
fn call(number: u64, arguments: &[u64; 6]) -> String {
    let Some(name) = abi::syscall::name(number) else {
        return format!("system call {number}");
    };
    let shown: Vec<String> = abi::syscall::arguments(number)
        .iter()
        .zip(arguments)
        .map(|(_, &value)| match value as i64 {
            small @ -4095..=9999 => small.to_string(),
            _ => format!("{value:#x}"),
        })
        .collect();
    format!("{name}({})", shown.join(", "))
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Real => "real",
        Mode::Virtual8086 => "virtual-8086",
        Mode::Protected => "protected",
        Mode::Compatibility => "compatibility",
        Mode::Long => "long",
    }
}

/// Begins a sentence with a capital, unless it begins with the name of a program.
fn capital(sentence: String) -> String {
    if !["the ", "an ", "nobody"]
        .iter()
        .any(|start| sentence.starts_with(start))
    {
        return sentence;
    }
    let mut letters = sentence.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::{Layer, Whereabouts};

    fn at(layer: Layer, path: &str, name: &str) -> Whereabouts {
        let (path, name) = (path.into(), name.into());
        Whereabouts {
            layer,
            path,
            virtual_cpl: None,
            name,
            vm: None,
            task: None,
        }
    }

    fn context(hypervisor: bool, instruction: &str) -> Context {
        Context {
            machine: "pc".into(),
            hypervisor,
            before: at(Layer::Kernel, "pc/hv/vm0/os", "the kernel of VM web"),
            after: at(Layer::Hypervisor, "pc/hv", "the hypervisor"),
            instruction: instruction.into(),
            arguments: [1, 0x7ffc_1000, 12, 0, 0, 0],
        }
    }

    fn trap(vector: u8, error: Option<u32>) -> Event {
        let origin = Origin::Exception;
        Event::Trap {
            vector,
            origin,
            error,
            address: 0x1234,
            rip: 0,
            from_cpl: 3,
            handler: 0,
        }
    }

    #[test]
    fn a_privileged_instruction_of_a_guest_is_an_exit_with_a_reason() {
        let told = tell(7, &trap(13, Some(0)), &context(true, "cli")).unwrap();
        assert_eq!(
            (told.kind, told.title.as_str()),
            (HappeningKind::Exit, "#GP · cli")
        );
        assert_eq!(
            told.sentence,
            "The kernel of VM web executed `cli`, which needs ring 0, in ring 3: \
             the CPU raised #GP and entered the hypervisor."
        );
        assert_eq!(
            (told.from.as_str(), told.to.as_str()),
            ("pc/hv/vm0/os", "pc/hv")
        );
    }

    #[test]
    fn a_page_fault_says_what_was_touched_and_how() {
        let told = tell(7, &trap(14, Some(6)), &context(false, "mov")).unwrap();
        assert_eq!(told.kind, HappeningKind::Trap);
        assert!(
            told.sentence
                .contains("wrote to 0x1234, which no page-table entry maps")
        );
    }

    #[test]
    fn a_system_call_shows_its_arguments() {
        let told = tell(
            7,
            &Event::Syscall { rip: 0, rax: 1 },
            &context(false, "syscall"),
        )
        .unwrap();
        assert_eq!(told.title, "write(1, 0x7ffc1000, 12)");
    }
}
