//! # 71. The monitor
//!
//! Who sits at COM1 is the operator of the machine: sees which VMs there are and why they
//! leave the CPU, and may pause, resume, stop and start them. The commands act on the objects
//! that everything else acts on; there is no other state.

use metal::port::out8;
use objects::hypervisor::{Vm, exit, state};

use crate::console::say;
use crate::machine::Hypervisor;

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
            "pause" | "resume" | "stop" | "start" => {}
            _ => return say!("what? (try: help)"),
        }
        say!("{}: {}", objects::text(&vm.name), state_name(vm.state));
    }

    fn list(&self) {
        let ms = |ticks: u64| ticks / (self.root.tsc_hz / 1000).max(1);
        say!(" # name       state    memory  weight  cap  console  cpu ms     exits  reason");
        for (slot, vm) in self.vms.iter().enumerate().filter(|(_, vm)| vm.state != state::FREE) {
            let (name, reason) = (objects::text(&vm.name), objects::text(&vm.reason));
            let (state, console) = (state_name(vm.state), console_name(vm.uart));
            let (mib, weight, cap) = (vm.memory_bytes >> 20, vm.weight, vm.cap);
            let (ms, exits) = (ms(vm.guest_ticks + vm.hypervisor_ticks), exits(vm));
            say!(
                "{:2} {name:<10} {state:<8} {mib:4}M {weight:7} {cap:5}  {console:<7} {ms:7} \
                 {exits:9}  {reason}",
                slot + 1
            );
        }
        let r = &self.root;
        let (own, idle) = (ms(r.own_ticks), ms(r.idle_ticks));
        say!("hypervisor {own} ms, idle {idle} ms, {} world switches", r.switches);
    }

    /// [H:71.2] Why a VM left the CPU: the numbers that everything else here is about.
    fn stats(&self, slot: usize) {
        let vm = &self.vms[slot];
        let (name, state) = (objects::text(&vm.name), state_name(vm.state));
        say!("{name}: {state}, POST {:#04x}", self.owns[slot].devices.post);
        for (reason, count) in vm.exits.iter().enumerate().filter(|(_, count)| **count > 0) {
            say!("  {:<20}{count:10}", exit::name(reason));
        }
        let (exits, guest, ours) = (exits(vm), vm.guest_ticks, vm.hypervisor_ticks);
        let share = ours * 1000 / (guest + ours).max(1);
        say!("  {:<20}{exits:10}", "all exits");
        say!("  guest ticks {guest}, hypervisor ticks {ours}: {share} per mille of its time");
        let (each, frames) = (ours / exits.max(1), vm.shadow_frames);
        say!("  {each} ticks an exit, {frames} shadow frames");
    }
}

fn exits(vm: &Vm) -> u64 {
    vm.exits.iter().sum()
}

/// The name of a serial port's number.
pub fn console_name(uart: u32) -> &'static str {
    ["COM1", "COM2", "COM3", "COM4"].get(uart as usize).unwrap_or(&"-")
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
