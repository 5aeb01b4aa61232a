//! # 71. The monitor
//!
//! Who sits at COM1 is the operator of the machine: sees which VMs there are and why they
//! leave the CPU, and may pause, resume, stop and start them. The commands act on the objects
//! that everything else acts on; there is no other state.

use metal::port::out8;
use objects::hypervisor::{Vm, exit, state};

use crate::console::say;
use crate::machine::{Hypervisor, MAX};

const PROMPT: &str = "hv> ";

/// A line being typed.
pub struct Line {
    bytes: [u8; 80],
    used: usize,
}

impl Line {
    /// Empty.
    pub const NEW: Self = Self { bytes: [0; 80], used: 0 };
}

fn print(text: &str) {
    let _ = core::fmt::Write::write_str(&mut crate::console::Screen, text);
}

impl Hypervisor {
    /// Shows that it listens.
    pub fn prompt(&self) {
        print(PROMPT);
    }

    /// A key was typed at COM1.
    pub fn monitor(&mut self, byte: u8) {
        match byte {
            b'\r' | b'\n' => {
                print("\n");
                let line = core::mem::replace(&mut self.line, Line::NEW);
                match core::str::from_utf8(&line.bytes[..line.used]) {
                    Ok(text) => self.command(text),
                    Err(_) => say!("?"),
                }
                self.prompt();
            }
            8 | 0x7f if self.line.used > 0 => {
                self.line.used -= 1;
                print("\x08 \x08");
            }
            b' '..=b'~' if self.line.used < self.line.bytes.len() => {
                self.line.bytes[self.line.used] = byte;
                self.line.used += 1;
                print(core::str::from_utf8(&[byte]).unwrap_or("?"));
            }
            _ => {}
        }
    }

    /// [H:71.1] The commands.
    fn command(&mut self, text: &str) {
        let mut words = text.split_whitespace();
        let verb = (words.next(), words.next(), words.next());
        match verb {
            (None, ..) => {}
            (Some("help"), ..) => help(),
            (Some("vm"), Some("list"), None) => self.list(),
            (Some("vm"), Some(verb), Some(name)) => match self.find(name) {
                Some(slot) => self.act(verb, slot),
                None => say!("there is no VM \"{name}\""),
            },
            (Some("poweroff"), ..) => out8(0xf4, 0),
            _ => say!("what? (try: help)"),
        }
    }

    /// A VM by its name or number.
    fn find(&self, name: &str) -> Option<usize> {
        let is = |vm: &Vm| vm.state != state::FREE && objects::text(&vm.name) == name;
        let number = name.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        let number = number.filter(|n| self.vms.get(*n).is_some_and(|vm| vm.state != state::FREE));
        self.vms.iter().position(is).or(number)
    }

    fn act(&mut self, verb: &str, slot: usize) {
        let vm = &mut self.vms[slot];
        let alive = matches!(vm.state, state::RUNNING | state::IDLE | state::PAUSED);
        match verb {
            "stats" => return self.stats(slot),
            "pause" if matches!(vm.state, state::RUNNING | state::IDLE) => vm.state = state::PAUSED,
            "resume" if vm.state == state::PAUSED => {
                vm.state = state::RUNNING;
                self.owns[slot].share.wake(self.virtual_time);
            }
            "stop" if alive => {
                let _ = self.guest(slot).stop(format_args!("by the operator"));
                self.report_end(slot);
                return;
            }
            "start" if !alive => return self.start(slot),
            "pause" | "resume" | "stop" | "start" => {
                say!("it is {} already", state_name(vm.state));
                return;
            }
            _ => {
                say!("what? (try: help)");
                return;
            }
        }
        say!("{}: {}", objects::text(&vm.name), state_name(vm.state));
    }

    fn list(&self) {
        say!(" # name       state    memory  weight  cap  console  cpu ms     exits  reason");
        for slot in 0..MAX {
            let vm = &self.vms[slot];
            if vm.state == state::FREE {
                continue;
            }
            let exits: u64 = vm.exits.iter().sum();
            let ms = (vm.guest_ticks + vm.hypervisor_ticks) / (self.root.tsc_hz / 1000).max(1);
            let console = ["-", "COM2", "COM3", "COM4"].get(vm.uart as usize).unwrap_or(&"-");
            say!(
                "{:2} {:<10} {:<8} {:4}M {:7} {:5}  {:<7} {:7} {:9}  {}",
                slot + 1,
                objects::text(&vm.name),
                state_name(vm.state),
                vm.memory_bytes >> 20,
                vm.weight,
                vm.cap,
                console,
                ms,
                exits,
                objects::text(&vm.reason)
            );
        }
    }

    /// [H:71.2] Why a VM left the CPU: the numbers that everything else here is about.
    fn stats(&self, slot: usize) {
        let vm = &self.vms[slot];
        let total = (vm.guest_ticks + vm.hypervisor_ticks).max(1);
        let exits: u64 = vm.exits.iter().sum();
        say!(
            "{}: {}, POST {:#04x}",
            objects::text(&vm.name),
            state_name(vm.state),
            self.owns[slot].devices.post
        );
        for (reason, count) in vm.exits.iter().enumerate() {
            if *count > 0 {
                say!("  {:<20}{count:10}", exit::name(reason));
            }
        }
        say!("  {:<20}{exits:10}", "all exits");
        say!(
            "  guest ticks {}, hypervisor ticks {} ({} per mille, {} an exit)",
            vm.guest_ticks,
            vm.hypervisor_ticks,
            vm.hypervisor_ticks * 1000 / total,
            vm.hypervisor_ticks / exits.max(1)
        );
        say!("  shadow frames {}, world switches {}", vm.shadow_frames, self.root.switches);
    }
}

fn help() {
    say!("vm list | vm stats NAME | vm pause NAME | vm resume NAME | vm stop NAME | vm start NAME");
    say!("poweroff");
}

const fn state_name(number: u32) -> &'static str {
    match number {
        state::RUNNING => "running",
        state::IDLE => "idle",
        state::PAUSED => "paused",
        state::STOPPED => "stopped",
        state::KILLED => "killed",
        _ => "free",
    }
}
