//! Who executes now: the rings of privilege seen from above, the one in use filled, the one that
//! the software believes in dotted.

use scene::{BoxKind, Machine};
use yew::prelude::*;

use super::Act;
use crate::state::{Action, at_or_below};
use crate::{describe, words};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub machines: Vec<Machine>,
    pub chosen: usize,
    pub act: Act,
}

/// Who executes, on the machine whose CPU is shown; with two machines, a choice of which.
#[component]
pub fn Now(props: &Props) -> Html {
    let Some(machine) = props.machines.get(props.chosen) else {
        return html! { <section class="now empty" aria-label="Who executes now"></section> };
    };
    let node = machine.stack.find(&machine.running);
    let kind = node.map_or(BoxKind::Hardware, |node| node.kind);
    let asleep = machine.cpu.halted || machine.stopped.is_some();
    let title = match (&machine.stopped, machine.cpu.halted, node) {
        (Some(_), _, _) => "stopped".to_owned(),
        (_, true, _) => "asleep".to_owned(),
        (_, _, Some(node)) => words::title(node),
        _ => "the processor".to_owned(),
    };
    html! {
        <section class={classes!("now", words::kind_class(kind), asleep.then_some("asleep"))} aria-label="Who executes now">
            { rings(machine, asleep) }
            <div class="now-words">
                if props.machines.len() > 1 {
                    { chooser(props) }
                }
                <p class="now-label">{ "executes now" }</p>
                <p class="now-title">{ title }</p>
                <p class="now-where">{ whereabouts(machine) }</p>
                <p class="now-ring">{ sentence(machine) }</p>
            </div>
        </section>
    }
}

fn sentence(machine: &Machine) -> String {
    if let Some(why) = &machine.stopped {
        return why.clone();
    }
    if machine.cpu.halted {
        return "until an interrupt".to_owned();
    }
    format!(
        "{}, {} mode",
        describe::ring(&machine.cpu),
        machine.cpu.mode
    )
}

/// The boxes around what executes, inner first.
fn whereabouts(machine: &Machine) -> String {
    let mut around = Vec::new();
    machine.stack.walk(&mut |node| {
        let outside = node.path != machine.running && at_or_below(&machine.running, &node.path);
        if outside && matches!(node.kind, BoxKind::Vm | BoxKind::Container) {
            around.push(words::title(node));
        }
    });
    around.reverse();
    if around.is_empty() {
        return String::new();
    }
    format!("in {}", around.join(" in "))
}

fn chooser(props: &Props) -> Html {
    html! {
        <div class="chooser" role="group" aria-label="Whose CPU">
            { for props.machines.iter().enumerate().map(|(index, machine)| html! {
                <button aria-pressed={(index == props.chosen).to_string()} onclick={props.act.reform(move |_| Action::Machine(index))}>
                    { &machine.title }
                </button>
            }) }
        </div>
    }
}

/// Radii of rings 0 to 3.
const RADII: [i32; 4] = [15, 27, 39, 51];

fn rings(machine: &Machine, asleep: bool) -> Html {
    let cpl = usize::from(machine.cpu.cpl.min(3));
    let believed = machine
        .cpu
        .virtual_cpl
        .map(|level| usize::from(level.min(3)));
    let label = if asleep {
        "The processor is not executing".to_owned()
    } else {
        format!("Rings of privilege: {}", describe::ring(&machine.cpu))
    };
    html! {
        <svg class="rings" viewBox="0 0 120 120" role="img" aria-label={label}>
            { for RADII.iter().enumerate().rev().map(|(level, radius)| {
                let used = level == cpl && !asleep;
                let dreamt = !asleep && believed == Some(level) && level != cpl;
                let class = classes!("ring", used.then_some("used"), dreamt.then_some("believed"));
                if level == 0 {
                    html! { <circle {class} cx="60" cy="60" r={radius.to_string()} /> }
                } else {
                    html! { <circle {class} cx="60" cy="60" r={radius.to_string()} fill="none" /> }
                }
            }) }
            { for RADII.iter().enumerate().map(|(level, radius)| {
                let used = level == cpl && !asleep;
                let y = if level == 0 { 64 } else { 60 - radius + 4 };
                html! { <text class={classes!("level", used.then_some("used"))} x="60" y={y.to_string()}>{ level }</text> }
            }) }
        </svg>
    }
}
