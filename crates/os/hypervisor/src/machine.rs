//! # 2. The PC, divided
//!
//! All that there is to share: the CPU's time ([`crate::schedule`]), and memory. Memory is simply
//! cut: after our image come the shadow pools, then each VM's memory in one piece, at a
//! multiple of 2 MiB so that large pages stay large in the shadow tables. The initrd stays
//! where the loader put it, so that a VM can be started again.
//!
//! ```text
//!  0        1 MiB                                                        end of RAM
//!  | loader | hypervisor | pool 1 | pool 2 | .. | VM 1 | VM 2 | .. | initrd |
//! ```

use abi::boot::{MemoryRange, Module, RAM, START_MAGIC, StartInfo};
use metal::Global;
use metal::global::Held;
use metal::port::{in8, out8};
use metal::reg::{cpuid, tsc};
use metal::world::{self, Fpu, Ram};
use objects::hypervisor::{MAGIC, Root, Vcpu, Vm, state};
use objects::{NONE, Table};

use crate::config::{self, Config};
use crate::console::{Ports, say};
use crate::devices::pit;
use crate::guest::{Guest, Own};
use crate::loader;
use crate::monitor::{Line, console_name};
use crate::shadow::Shadow;

/// VMs at most.
pub const MAX: usize = 8;
/// Timer interrupts in a second: the grain of the time slices.
pub const TICK_HZ: u64 = 250;
/// Bytes of shadow tables, log included, per VM.
const POOL_BYTES: u64 = 512 << 10;
const LARGE: u64 = 2 << 20;

/// The door for an outside reader, found by its symbol.
#[allow(unsafe_code)] // the attribute only: the name has to be this one
#[unsafe(no_mangle)]
static HYPERVISOR_ROOT: Global<Root> = Global::new(Root::CLOSED);
static VMS: Global<[Vm; MAX]> = Global::new([Vm::FREE; MAX]);
static VCPUS: Global<[Vcpu; MAX]> = Global::new([Vcpu::ZERO; MAX]);
static OWNS: Global<[Own; MAX]> = Global::new([Own::NEW; MAX]);
static FPUS: Global<[Fpu; MAX]> = Global::new([Fpu::new(); MAX]);

/// Everything that the hypervisor has. There is one, and it lives as long as the PC.
pub struct Hypervisor {
    /// What it tells an outside reader.
    pub root: Held<'static, Root>,
    /// The VMs, by slot.
    pub vms: Held<'static, [Vm; MAX]>,
    /// Their CPUs.
    pub vcpus: Held<'static, [Vcpu; MAX]>,
    /// The rest of them.
    pub owns: Held<'static, [Own; MAX]>,
    /// Their x87 and SSE state, except of the one that is `fpu_of`.
    pub fpus: Held<'static, [Fpu; MAX]>,
    /// Whose x87 and SSE state is in the CPU.
    pub fpu_of: Option<usize>,
    /// What they were made from.
    pub configs: [Option<Config<'static>>; MAX],
    /// The initrd.
    pub archive: &'static [u8],
    /// The PC's serial ports.
    pub ports: Ports,
    /// What is being typed at the monitor.
    pub line: Line,
    /// The root that CR3 holds.
    pub loaded_root: u64,
    /// How far virtual time has come: no VM that wakes or starts is behind it.
    pub virtual_time: u64,
}

impl Hypervisor {
    /// Takes the PC over. `start` is the physical address of the loader's StartInfo.
    ///
    /// # Panics
    /// If the loader told nothing that makes sense: there is nobody to go on for.
    pub fn take_over(start: u32) -> Self {
        world::init();
        let ports = Ports::open();
        let (memory_bytes, archive, ram) = divide(u64::from(start));
        let tsc_hz = tsc_hz();
        say!("Ringside hypervisor (trap-and-emulate, shadow paging)");
        let mib = memory_bytes.div_ceil(1 << 20);
        say!(
            "PC: {mib} MiB of memory, TSC {} MHz, initrd {} KiB",
            tsc_hz / 1_000_000,
            archive.len() >> 10
        );
        trap_what_can_be();
        let mut hypervisor = Self {
            root: HYPERVISOR_ROOT.lock(),
            vms: VMS.lock(),
            vcpus: VCPUS.lock(),
            owns: OWNS.lock(),
            fpus: FPUS.lock(),
            fpu_of: None,
            configs: [None; MAX],
            archive,
            ports,
            line: Line::NEW,
            loaded_root: world::own_root(),
            virtual_time: 0,
        };
        let image = world::image();
        *hypervisor.root = Root {
            magic: MAGIC,
            vms: table(VMS.address(), MAX, size_of::<Vm>()),
            vcpus: table(VCPUS.address(), MAX, size_of::<Vcpu>()),
            memory_bytes,
            own_bytes: image.end - image.start,
            tsc_hz,
            ..Root::CLOSED
        };
        hypervisor.make_vms(ram);
        init_pics();
        init_timer();
        hypervisor
    }

    /// [H:2.1] Cuts memory up and starts every VM that the initrd describes.
    fn make_vms(&mut self, ram: Ram) {
        for slot in 0..MAX {
            let Some(text) = config::file_of_vm(self.archive, slot, "conf") else {
                continue;
            };
            match core::str::from_utf8(text).map_err(|_| "not UTF-8").and_then(config::parse) {
                Ok(config) => self.configs[slot] = Some(config),
                Err(line) => say!("vm/{}.conf: cannot read \"{line}\"", slot + 1),
            }
        }
        let wanted = self.configs.iter().flatten().count() as u64;
        let pools = ram.start().next_multiple_of(0x1000);
        let mut memory = (pools + wanted * POOL_BYTES).next_multiple_of(LARGE);
        let mut pool = pools;
        for slot in 0..MAX {
            let Some(config) = self.configs[slot] else {
                continue;
            };
            let end = memory + config.memory;
            if end > ram.end() {
                say!("vm {}: {} MiB do not fit any more", slot + 1, config.memory >> 20);
                self.configs[slot] = None;
                continue;
            }
            self.vms[slot] = Vm {
                memory_at: memory,
                memory_bytes: config.memory,
                uart: config.uart.unwrap_or(NONE),
                weight: config.weight,
                cap: config.cap,
                name: vm_name(slot, &config),
                ..Vm::FREE
            };
            let shadow = Shadow::new(ram, pool, POOL_BYTES, world::own_root_entry());
            self.owns[slot] = Own { ram, shadow, ..Own::NEW };
            pool += POOL_BYTES;
            self.root.own_bytes += POOL_BYTES;
            memory = end.next_multiple_of(LARGE);
            self.start(slot);
        }
        if wanted == 0 {
            say!("no vm/N.conf in the initrd: nothing to run");
        }
    }

    /// Starts, or starts again, the VM in `slot`.
    pub fn start(&mut self, slot: usize) {
        let Some(config) = self.configs[slot] else {
            return;
        };
        let now = tsc();
        let clock = pit::Clock::new(now, self.root.tsc_hz);
        let (archive, time) = (self.archive, self.virtual_time);
        let mut g = self.guest(slot);
        let result = loader::start(&mut g, archive, slot, &config, clock, time);
        g.vm.exits = [0; objects::hypervisor::exit::COUNT];
        (g.vm.guest_ticks, g.vm.hypervisor_ticks, g.vm.console_bytes) = (0, 0, 0);
        g.vm.start_tsc = now;
        g.vm.reason = [0; 96];
        g.vm.state = state::RUNNING;
        if let Err(why) = result {
            let _ = g.kill(format_args!("{why}"));
        }
        self.fpus[slot] = Fpu::new();
        self.fpu_of = self.fpu_of.filter(|other| *other != slot);
        let vm = &self.vms[slot];
        let console = console_name(vm.uart);
        let (name, mib) = (objects::text(&vm.name), vm.memory_bytes >> 20);
        say!(
            "vm {}: {name}, {mib} MiB at {:#x}, weight {}, cap {}, console {console}",
            slot + 1,
            vm.memory_at,
            vm.weight,
            vm.cap
        );
        self.report_end(slot);
    }

    /// One VM, to work for it.
    pub fn guest(&mut self, slot: usize) -> Guest<'_> {
        Guest { vm: &mut self.vms[slot], cpu: &mut self.vcpus[slot], own: &mut self.owns[slot] }
    }

    /// Tells the monitor if the VM has ended.
    pub fn report_end(&self, slot: usize) {
        let vm = &self.vms[slot];
        let (name, why) = (objects::text(&vm.name), objects::text(&vm.reason));
        match vm.state {
            state::KILLED => say!("[{name}] killed: {why}"),
            state::STOPPED => say!("[{name}] stopped: {why}"),
            _ => {}
        }
    }
}

fn table<T>(base: *const T, len: usize, stride: usize) -> Table {
    Table { base: base.addr() as u64, len: len as u64, stride: stride as u64 }
}

fn vm_name(slot: usize, config: &Config<'_>) -> objects::Name<32> {
    let mut name = objects::name(config.name.as_bytes());
    if config.name.is_empty() {
        name[..2].copy_from_slice(b"vm");
        name[2] = b'1' + slot as u8;
    }
    name
}

/// [H:2.2] Reads the loader's StartInfo: how much memory there is, and where the initrd.
fn divide(start: u64) -> (u64, &'static [u8], Ram) {
    let low = world::low_memory();
    let word = |at: u64| low.read_u32(at);
    let long = |at: u64| low.read_u64(at);
    assert_eq!(word(start), START_MAGIC, "the loader's StartInfo is at {start:#x}");
    let info = StartInfo {
        magic: START_MAGIC,
        modules: word(start + 12),
        modules_at: long(start + 16),
        memory_map_at: long(start + 40),
        memory_ranges: word(start + 48),
        ..StartInfo::default()
    };
    let file = match info.modules {
        0 => 0..0,
        _ => {
            let (at, size) = (long(info.modules_at), long(info.modules_at + 8));
            at..at + size
        }
    };
    const _: () = assert!(size_of::<Module>() == 32);
    // The RAM above 1 MiB is one piece, and only what is below 4 GiB is mapped.
    let image = world::image();
    let end = (0..u64::from(info.memory_ranges))
        .map(|i| info.memory_map_at + i * size_of::<MemoryRange>() as u64)
        .map(|row| (long(row), long(row + 8), word(row + 16)))
        .find(|(at, size, kind)| *kind == RAM && *at <= image.start && at + size >= image.end)
        .map(|(at, size, _)| (at + size).min(4 << 30))
        .expect("the loader's memory map holds our own image");
    let (archive, ram) = world::divide(end, file);
    (end, archive, ram)
}

/// [H:2.3] The two holes that some CPUs can close: UMIP hides our descriptor tables from
/// ring 3, CPUID faulting lets us answer CPUID. Without them a guest sees what is real.
fn trap_what_can_be() {
    let umip = cpuid(7, 0)[2] & 1 << 2 != 0;
    let faulting =
        cpuid(0x8000_0000, 0)[0] >= 0x8000_0021 && cpuid(0x8000_0021, 0)[0] & 1 << 17 != 0;
    if umip {
        world::set_umip();
    }
    if faulting {
        world::set_cpuid_faulting();
    }
    let yes = |b| if b { "yes" } else { "no" };
    say!("CPU: UMIP {}, CPUID faulting {}", yes(umip), yes(faulting));
}

/// [H:2.4] Ticks of the TSC in a second: as CPUID says, or measured against the 8254.
fn tsc_hz() -> u64 {
    if cpuid(0, 0)[0] >= 0x15 {
        let [denominator, numerator, crystal, _] = cpuid(0x15, 0).map(u64::from);
        if denominator != 0 && numerator != 0 && crystal != 0 {
            return crystal * numerator / denominator;
        }
    }
    // Counter 2 counts down from 10 ms; its output is bit 5 of port 0x61.
    const TICKS: u64 = pit::HZ / 100;
    out8(0x61, in8(0x61) & !3);
    out8(0x43, 0xb0);
    out8(0x42, TICKS as u8);
    out8(0x42, (TICKS >> 8) as u8);
    out8(0x61, in8(0x61) | 1);
    let begin = tsc();
    while in8(0x61) & 0x20 == 0 {}
    (tsc() - begin) * 100
}

/// First vector of the PC's interrupt lines.
pub const LINES: u16 = 0x20;

/// [H:2.5] The real 8259s: lines at vectors 0x20 to 0x2F; open are timer and serial ports.
fn init_pics() {
    for (port, base, wiring) in [(0x20, LINES, 4), (0xa0, LINES + 8, 2)] {
        out8(port, 0x11);
        out8(port + 1, base as u8);
        out8(port + 1, wiring);
        out8(port + 1, 1);
    }
    out8(0x21, !(1 << 0 | 1 << 3 | 1 << 4));
    out8(0xa1, 0xff);
}

/// Tells the real 8259s that a line has been served.
pub fn end_of_interrupt(line: u16) {
    if line >= 8 {
        out8(0xa0, 0x20);
    }
    out8(0x20, 0x20);
}

/// The real 8254 interrupts [`TICK_HZ`] times a second.
fn init_timer() {
    let reload = pit::HZ / TICK_HZ;
    out8(0x43, 0x34);
    out8(0x40, reload as u8);
    out8(0x40, (reload >> 8) as u8);
}
