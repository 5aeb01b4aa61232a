//! From hardware events to what a reader is told.
//!
//! An event alone says "#GP, vector 13". With who was executing before it and who after it,
//! it becomes a sentence: which kernel of which VM executed what, and where that led.

mod names;
mod sentence;

use probe::{Event, Moment, Origin};
use scene::{EventFilter, Happening, HappeningKind};

use crate::look::{Layer, Whereabouts};

pub use names::instruction_name;
pub use sentence::tell;

/// What was going on around an event.
pub struct Context {
    /// Which machine, by id.
    pub machine: String,
    /// Whether it has a hypervisor.
    pub hypervisor: bool,
    /// Who executed before.
    pub before: Whereabouts,
    /// Who executed after.
    pub after: Whereabouts,
    /// The instruction at RIP before, in Intel syntax.
    pub instruction: String,
    /// RDI RSI RDX R10 R8 R9 before: a system call's arguments.
    pub arguments: [u64; 6],
}

/// The family of an event, or `None` for those that a reader is not told of one by one.
pub fn kind(event: &Event, hypervisor: bool) -> Option<HappeningKind> {
    Some(match event {
        Event::Trap {
            origin: Origin::External,
            ..
        } => HappeningKind::Interrupt,
        Event::Trap { from_cpl: 3, .. } if hypervisor => HappeningKind::Exit,
        Event::Trap { .. } => HappeningKind::Trap,
        Event::Syscall { .. } => HappeningKind::Syscall,
        Event::Return { to_cpl: 3, .. } | Event::Sysret { .. } if hypervisor => {
            HappeningKind::Entry
        }
        Event::Return { .. } | Event::Sysret { .. } => HappeningKind::Return,
        Event::Cr3 { old, new } if old != new && !hypervisor => HappeningKind::Switch,
        Event::Mode { .. } => HappeningKind::Mode,
        Event::Port { .. } | Event::Mmio { .. } => HappeningKind::Device,
        Event::Halt | Event::Wake => HappeningKind::Sleep,
        Event::Shutdown => HappeningKind::Life,
        _ => return None,
    })
}

/// Whether a reader who asked for `filter` wants this family.
pub fn wanted(filter: &EventFilter, kind: HappeningKind) -> bool {
    if filter.kinds.is_empty() {
        !matches!(kind, HappeningKind::Device | HappeningKind::Return)
    } else {
        filter.kinds.contains(&kind)
    }
}

/// Whether an event between these boxes is one at or below the filter's path.
pub fn within(filter: &EventFilter, happening: &Happening) -> bool {
    let below = |path: &str| {
        path.strip_prefix(filter.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    filter.path.is_empty() || below(&happening.from) || below(&happening.to)
}

/// The world switch or task switch that shows between two looks, if there was one: each event
/// is told with who ran before it, so a change of VM or task between two events is seen here.
pub fn switch(
    moment: Moment,
    machine: &str,
    was: &Whereabouts,
    is: &Whereabouts,
) -> Option<Happening> {
    let told = |kind, title: String, sentence: String| {
        Some(Happening {
            moment,
            machine: machine.to_owned(),
            kind,
            title,
            sentence,
            from: was.path.clone(),
            to: is.path.clone(),
        })
    };
    if let (Some(old), Some(new)) = (was.vm, is.vm)
        && old != new
    {
        return told(
            HappeningKind::World,
            "world switch".into(),
            format!(
                "The hypervisor put another virtual machine on the CPU: now runs {}.",
                is.name
            ),
        );
    }
    let programs = was.layer == Layer::User && is.layer == Layer::User;
    if programs && was.task != is.task && was.vm == is.vm {
        return told(
            HappeningKind::Switch,
            format!("{} → {}", was.name, is.name),
            format!(
                "The kernel took {} off the CPU and put {} on it.",
                was.name, is.name
            ),
        );
    }
    None
}
