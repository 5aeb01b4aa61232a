//! # 3. The loop
//!
//! Choose a VM, put it on the CPU, enter it; it leaves; see why; enter it again, until the
//! timer says that it is another's turn. That is all that a hypervisor does.
//!
//! ```text
//!   choose ─▶ switch ─▶ ┌ deliver a pending interrupt ◀─┐
//!     ▲                 │ bring real registers up to date│ exit::handle
//!     │                 └ world::run ── the guest ───────┘
//!     └──────────────── an interrupt of the PC, HLT, or the end
//! ```

use metal::reg::{invlpg, read_cr2, tsc};
use metal::world::{self, Exit};
use objects::hypervisor::{exit, state};
use x86::reg::cr0;
use x86::vector;

use crate::guest::{Guest, Stale};
use crate::machine::{Hypervisor, LINES, MAX, TICK_HZ, end_of_interrupt};
use crate::schedule::{PERIOD_TICKS, pick};
use crate::{exit as exits, reflect};

/// What ended a VM's turn on the CPU.
enum End {
    /// An interrupt of the PC, with its vector.
    Interrupt(u16),
    /// It sleeps, or has ended.
    Nothing,
}

impl Hypervisor {
    /// For ever.
    pub fn run(&mut self) -> ! {
        let mut mark = tsc();
        loop {
            let end = match self.choose(mark) {
                Some(slot) => {
                    self.virtual_time = self.virtual_time.max(self.owns[slot].share.time());
                    self.switch(slot);
                    let begin = tsc();
                    self.root.own_ticks += begin - mark;
                    let end = self.turn(slot, begin);
                    mark = tsc();
                    self.owns[slot].share.charge(mark - begin);
                    end
                }
                None => {
                    self.root.own_ticks += tsc() - mark;
                    let vector = self.idle();
                    mark = tsc();
                    End::Interrupt(vector)
                }
            };
            if let End::Interrupt(vector) = end {
                self.interrupt(vector);
            }
        }
    }

    /// [H:3.1] Who wants the CPU, and who of them gets it. A sleeper wants it when one of its
    /// devices has an interrupt.
    fn choose(&mut self, now: u64) -> Option<usize> {
        let period = self.period();
        for slot in 0..MAX {
            if self.vms[slot].state == state::IDLE {
                let own = &mut self.owns[slot];
                own.devices.advance(now);
                if own.devices.pics.offers() {
                    own.share.wake(self.virtual_time);
                    self.vms[slot].state = state::RUNNING;
                }
            }
        }
        let (vms, owns) = (&self.vms, &self.owns);
        let waiting = (0..MAX)
            .filter(|slot| vms[*slot].state == state::RUNNING && !owns[*slot].share.capped(period))
            .map(|slot| (slot, owns[slot].share.time()));
        pick(waiting, self.root.current as usize, MAX)
    }

    /// TSC ticks in a period of the caps.
    fn period(&self) -> u64 {
        self.root.tsc_hz / TICK_HZ * PERIOD_TICKS
    }

    /// [H:3.2] Puts another VM on the CPU: the registers that an entry does not load anyway.
    fn switch(&mut self, slot: usize) {
        self.root.idle = 0;
        if self.root.current == slot as u32 {
            return;
        }
        self.owns[slot].stale = Stale::ALL;
        self.root.current = slot as u32;
        self.root.switches += 1;
    }

    /// [H:3.3] Entries and exits of one VM, until it has to give the CPU away. `mark` is now;
    /// from exit to entry the time is ours on the VM's behalf, from entry to exit its own.
    fn turn(&mut self, slot: usize, mut mark: u64) -> End {
        loop {
            let (mut loaded, has_fpu) = (self.loaded_root, self.fpu_of == Some(slot));
            let mut g = self.guest(slot);
            g.own.now = mark;
            prepare(&mut g, mark);
            if g.vm.state != state::RUNNING {
                self.report_end(slot);
                return End::Nothing;
            }
            if g.cpu.halted != 0 {
                g.vm.state = state::IDLE;
                g.vm.hypervisor_ticks += tsc() - mark;
                return End::Nothing;
            }
            bring_up_to_date(&mut g, &mut loaded, has_fpu);
            let entry = tsc();
            g.vm.hypervisor_ticks += entry - mark;
            let long = g.in_long_code();
            let exit = world::run(&mut g.cpu.gpr, &mut g.cpu.rip, &mut g.cpu.rflags, long);
            mark = tsc();
            g.vm.guest_ticks += mark - entry;
            g.own.now = mark;
            let wants_fpu = exit.vector == u16::from(vector::NM) && !has_fpu && !stops_fpu(&g);
            let end = if wants_fpu { None } else { after(&mut g, exit) };
            let output = g.own.devices.output;
            self.loaded_root = loaded;
            if wants_fpu {
                self.bring_fpu(slot);
            }
            if output {
                self.carry_output(slot);
            }
            if let Some(vector) = end {
                return End::Interrupt(vector);
            }
        }
    }

    /// [H:3.4] The VM uses x87 or SSE for the first time since another did. Only now their state is
    /// exchanged, because most VMs on most turns do not (CR0.TS is made for this).
    fn bring_fpu(&mut self, slot: usize) {
        self.guest(slot).count(exit::OTHER);
        world::set_task_switched(false);
        if let Some(other) = self.fpu_of {
            self.fpus[other].save();
        }
        self.fpus[slot].load();
        self.fpu_of = Some(slot);
    }

    /// Nobody wants the CPU, or may have it. (The last guest's root is as good as any: we are in all of them.)
    fn idle(&mut self) -> u16 {
        self.root.idle = 1;
        let begin = tsc();
        let vector = world::idle();
        self.root.idle_ticks += tsc() - begin;
        vector
    }

    /// [H:3.5] An interrupt of the PC. It is the hypervisor's, whoever was on the CPU.
    fn interrupt(&mut self, vector: u16) {
        let line = vector.wrapping_sub(LINES);
        match line {
            0 => {
                end_of_interrupt(line);
                self.tick();
            }
            3 | 4 => {
                end_of_interrupt(line);
                self.receive();
            }
            // What the 8259 says when a line fell again before it was looked at.
            _ => {}
        }
    }

    fn tick(&mut self) {
        self.root.ticks += 1;
        if self.root.ticks.is_multiple_of(PERIOD_TICKS) {
            let period = self.period();
            for own in self.owns.iter_mut() {
                own.share.renew(period);
            }
        }
        for slot in 0..MAX {
            if self.owns[slot].devices.output {
                self.carry_output(slot);
            }
        }
    }

    /// [H:3.6] Bytes have arrived at some serial port: the monitor's, or a VM's. The lines are
    /// edge-triggered and shared, so all ports are emptied before the next edge can come.
    fn receive(&mut self) {
        while let Some(byte) = self.ports.receive(0) {
            self.monitor(byte);
        }
        for slot in 0..MAX {
            let port = self.vms[slot].uart as usize;
            if port >= crate::console::PORTS {
                continue;
            }
            while let Some(byte) = self.ports.receive(port) {
                self.owns[slot].devices.receive(byte);
            }
        }
    }

    /// [H:3.7] What a guest has sent goes out at its port, as far as that is ready.
    fn carry_output(&mut self, slot: usize) {
        let devices = &mut self.owns[slot].devices;
        while let Some(byte) = devices.debug.pop() {
            metal::port::out8(0xe9, byte);
        }
        let port = self.vms[slot].uart as usize;
        if port >= crate::console::PORTS {
            devices.uart.sent = crate::devices::ring::Ring::NEW;
        }
        while !devices.uart.sent.is_empty() && self.ports.ready(port) {
            if let Some(byte) = devices.uart.sent.pop() {
                self.ports.send(port, byte);
                self.vms[slot].console_bytes += 1;
            }
        }
        devices.output = !devices.uart.sent.is_empty();
    }
}

/// [H:3.8] Before an entry: time passes for the virtual devices, and an interrupt that waits is
/// delivered if the guest takes interrupts now.
fn prepare(g: &mut Guest<'_>, now: u64) {
    g.own.devices.advance(now);
    if g.cpu.interrupts == 0 || !g.own.devices.pics.offers() {
        return;
    }
    if g.cpu.shadow != 0 {
        exits::step_one(g);
        return;
    }
    g.cpu.halted = 0;
    // If it could not be delivered, the guest has ended, and that is in its state.
    let _ = reflect::interrupt(g);
}

/// [H:3.9] The real registers follow the virtual ones.
fn bring_up_to_date(g: &mut Guest<'_>, loaded_root: &mut u64, has_fpu: bool) {
    let root = g.root();
    if root != *loaded_root || g.own.stale.tlb {
        world::load_root(root);
        *loaded_root = root;
    } else if let Some(page) = g.own.stale.page {
        invlpg(page);
    }
    if g.own.stale.segments && !g.in_long_code() {
        world::load_flat_segments();
        g.own.stale.bases = true;
    }
    if g.own.stale.bases {
        world::load_fs_gs(g.cpu.fs_base, g.cpu.gs_base);
    }
    if g.own.stale.task_switched {
        world::set_task_switched(!has_fpu || stops_fpu(g));
    }
    g.own.stale = Stale::NONE;
}

/// Whether the guest itself wants #NM for x87 and SSE instructions.
fn stops_fpu(g: &Guest<'_>) -> bool {
    g.cpu.cr0 & (cr0::TS | cr0::EM) != 0
}

/// After an exit: an interrupt of the PC is returned, all else is the VM's own affair.
fn after(g: &mut Guest<'_>, exit: Exit) -> Option<u16> {
    if (LINES..LINES + 16).contains(&exit.vector) {
        g.count(exit::INTERRUPT);
        return Some(exit.vector);
    }
    let address = if exit.vector == u16::from(vector::PF) { read_cr2() } else { 0 };
    exits::handle(g, exit, address);
    None
}
