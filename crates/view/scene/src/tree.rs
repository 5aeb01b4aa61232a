//! A scene as an indented text: what goldens hold and the command line prints.

use std::fmt::Write;

use crate::{Machine, Scene, StackBox};

/// The whole scene, one box a line.
pub fn render(scene: &Scene) -> String {
    let mut out = String::new();
    for machine in &scene.machines {
        render_machine(machine, &mut out);
    }
    out
}

fn render_machine(machine: &Machine, out: &mut String) {
    let _ = writeln!(
        out,
        "{} \"{}\" at {}",
        machine.id, machine.title, machine.moment
    );
    render_box(&machine.stack, &machine.running, 1, out);
    if let Some(why) = &machine.stopped {
        let _ = writeln!(out, "  stopped: {why}");
    }
}

fn render_box(this: &StackBox, running: &str, depth: usize, out: &mut String) {
    let lit = if this.path == running { "▶ " } else { "" };
    let kind = format!("{:?}", this.kind).to_lowercase();
    let state = format!("{:?}", this.state).to_lowercase();
    let _ = write!(
        out,
        "{:indent$}{lit}{kind} {} [{state}",
        "",
        this.name,
        indent = depth * 2
    );
    if !this.why.is_empty() {
        let _ = write!(out, ": {}", this.why);
    }
    out.push(']');
    if let Some(bytes) = this.memory_bytes {
        let _ = write!(out, " {} KiB", bytes / 1024);
        if let Some(limit) = this.memory_limit {
            let _ = write!(out, " of {}", limit / 1024);
        }
    }
    if let Some(share) = this.cpu_share {
        let _ = write!(out, " cpu {}.{} %", share / 10, share % 10);
    }
    out.push('\n');
    for inner in &this.inside {
        render_box(inner, running, depth + 1, out);
    }
}
