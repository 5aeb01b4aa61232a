//! The processor: the next instructions, the registers, the flags, with what the last step changed.

use scene::{CodeLine, CpuView};
use yew::prelude::*;

use super::icons;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub cpu: CpuView,
    pub before: Option<CpuView>,
}

/// Bit and name of the flags worth a lamp.
const FLAGS: [(u32, &str, &str); 9] = [
    (0, "CF", "carry"),
    (2, "PF", "parity"),
    (4, "AF", "adjust"),
    (6, "ZF", "zero"),
    (7, "SF", "sign"),
    (8, "TF", "trap after each instruction"),
    (9, "IF", "interrupts are let in"),
    (10, "DF", "strings go down"),
    (11, "OF", "overflow"),
];

#[component]
pub fn Cpu(props: &Props) -> Html {
    let cpu = &props.cpu;
    let before = props.before.as_ref();
    if cpu.registers.is_empty() {
        return html! { <p class="nothing">{ "No processor yet." }</p> };
    }
    html! {
        <div class="cpu">
            <p class="symbol">
                <span class="badge">{ format!("{} mode", cpu.mode) }</span>
                <span class="badge">{ format!("ring {}", cpu.cpl) }</span>
                if let Some(believed) = cpu.virtual_cpl.filter(|level| *level != cpu.cpl) {
                    <span class="badge dotted">{ format!("believes ring {believed}") }</span>
                }
                <code>{ &cpu.symbol }</code>
            </p>
            { code(&cpu.code) }
            <h2>{ "Registers" }</h2>
            { registers(&cpu.registers, before.map(|cpu| &cpu.registers)) }
            <h2>{ "Flags" }</h2>
            <ul class="flags" data-testid="flags">
                { for FLAGS.iter().map(|(bit, name, about)| flag(cpu.rflags, before.map(|cpu| cpu.rflags), *bit, name, about)) }
            </ul>
            <h2>{ "Control registers" }</h2>
            { registers(&cpu.control, before.map(|cpu| &cpu.control)) }
        </div>
    }
}

fn code(lines: &[CodeLine]) -> Html {
    html! {
        <ol class="code" aria-label="The next instructions" data-testid="code">
            { for lines.iter().enumerate().map(|(index, line)| html! {
                <li class={classes!((index == 0).then_some("next"), line.privileged.then_some("privileged"))}>
                    <span class="point" aria-hidden="true">
                        if index == 0 {
                            { icons::glyph(icons::RUN, "") }
                        }
                    </span>
                    <code class="address">{ format!("{:04x}", line.ip & 0xffff) }</code>
                    <code class="text" title={format!("{:#x}: {}", line.ip, line.bytes)}>{ &line.text }</code>
                    if line.privileged {
                        <span class="mark" title="Only ring 0 may execute this">{ "ring 0" }</span>
                    }
                    if index == 0 && !line.explain.is_empty() {
                        <p class="explain">{ &line.explain }</p>
                    }
                </li>
            }) }
        </ol>
    }
}

fn registers(now: &[(String, u64)], before: Option<&Vec<(String, u64)>>) -> Html {
    html! {
        <dl class="registers">
            { for now.iter().map(|(name, value)| {
                let old = before
                    .and_then(|before| before.iter().find(|(other, _)| other == name))
                    .map(|(_, value)| *value)
                    .filter(|old| old != value);
                html! {
                    <div key={name.clone()} class={old.map(|_| "changed")} title={old.map(|old| format!("was {old:#x}"))}>
                        <dt>{ name }</dt>
                        <dd>
                            { hexadecimal(*value) }
                            if old.is_some() {
                                <span class="spoken">{ " changed" }</span>
                            }
                        </dd>
                    </div>
                }
            }) }
        </dl>
    }
}

/// Sixteen digits in fours, with the leading zeros faint.
fn hexadecimal(value: u64) -> Html {
    let digits = format!("{value:016x}");
    let zeros = (value.leading_zeros() / 4).min(15) as usize;
    let groups = (0..4).map(|group| {
        let from = group * 4;
        let faint = zeros.saturating_sub(from).min(4);
        html! { <span class="group"><i>{ &digits[from..from + faint] }</i>{ &digits[from + faint..from + 4] }</span> }
    });
    html! { <code>{ for groups }</code> }
}

fn flag(now: u64, before: Option<u64>, bit: u32, name: &'static str, about: &'static str) -> Html {
    let set = now >> bit & 1 == 1;
    let changed = before.is_some_and(|before| (before ^ now) >> bit & 1 == 1);
    let state = if set { "set" } else { "clear" };
    html! {
        <li class={classes!(set.then_some("set"), changed.then_some("changed"))} title={format!("{about}: {state}")}>
            { name }<span class="spoken">{ format!(" {about}, {state}") }</span>
        </li>
    }
}
