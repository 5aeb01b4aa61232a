//! [`Machine`]: a CPU on a board, and the loop that runs them.

use crate::board::{Board, Devices};
use crate::console::Transcript;
use crate::load::{self, Boot, Error};
use crate::memory::Memory;
use crate::snapshot::{Snapshot, State};
use cpu::{Cpu, Stop};
use probe::{Moment, Probe};
use serde::{Deserialize, Serialize};
use x86::reg::rflags;
use xxhash_rust::xxh3::Xxh3;

/// What a machine is made of.
#[derive(Clone, Copy, Debug)]
pub struct Config<'a> {
    /// MiB of memory, the 384 KiB of holes below 1 MiB counted in. 1..=3072.
    pub ram_mib: u32,
    /// The boot ROM, 64 KiB flat or as the ELF file that `crates/os/firmware` builds. Needed
    /// for everything but [`Boot::Rom`].
    pub firmware: Option<&'a [u8]>,
    /// What it shall start.
    pub boot: Boot<'a>,
}

/// Why [`Machine::run`] came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Stopped {
    /// The moment asked for.
    Reached,
    /// HLT, and no device will ever wake the CPU. If interrupts are enabled,
    /// [`input`](Machine::input) still can.
    Halted,
    /// The guest wrote to the exit port; the status as QEMU would end with.
    Exited(u32),
    /// Triple fault.
    Shutdown,
    /// The guest asked for a reset. Like `qemu -no-reboot`, the machine ends here.
    Reset,
}

/// What a person does to a machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Input {
    /// Bytes typed at the other end of a serial line.
    Serial {
        /// 0..=3 for COM1 to COM4.
        uart: u8,
        /// What was typed.
        bytes: Vec<u8>,
    },
    /// Keys of the keyboard, as scan codes of set 1.
    Keys {
        /// Make and break codes.
        scan_codes: Vec<u8>,
    },
}

/// An emulated PC.
pub struct Machine {
    cpu: Cpu,
    board: Board,
    /// Ticks of the clock that passed in HLT.
    slept: Moment,
    /// How it ended, if it did.
    ended: Option<Stopped>,
}

impl Machine {
    /// A machine that has just been switched on, with everything in place that `config` wants.
    ///
    /// # Errors
    /// An image that cannot be loaded, and where in it the trouble is.
    pub fn new(config: Config<'_>) -> Result<Self, Error> {
        let Config {
            ram_mib,
            firmware,
            boot,
        } = config;
        if !(1..=3072).contains(&ram_mib) {
            return Err(Error::RamSize { ram_mib });
        }
        let mut memory = Memory::new(ram_mib);
        load::load(&mut memory, firmware, boot)?;
        let devices = Devices::new(ram_mib);
        Ok(Self {
            cpu: Cpu::new(),
            board: Board { memory, devices },
            slept: 0,
            ended: None,
        })
    }

    /// Now: see [`Moment`].
    pub fn clock(&self) -> Moment {
        self.cpu.clock
    }
    /// Instructions retired so far.
    pub fn retired(&self) -> u64 {
        self.cpu.retired
    }
    /// Ticks that the CPU was awake: instructions retired, and faults that took the place of
    /// one. What a step counts.
    pub fn awake(&self) -> u64 {
        self.cpu.clock - self.slept
    }
    /// The CPU, to look at.
    pub fn cpu(&self) -> &Cpu {
        &self.cpu
    }
    /// Memory and devices, to look at.
    pub fn board(&self) -> &Board {
        &self.board
    }
    /// The devices, to look at.
    pub fn devices(&self) -> &Devices {
        &self.board.devices
    }
    /// What the guest said on COM1 (0) to COM4 (3).
    pub fn console(&self, uart: usize) -> &Transcript {
        &self.board.devices.uarts[uart].output
    }
    /// What the guest said at port E9h.
    pub fn debug_console(&self) -> &Transcript {
        &self.board.devices.debug.console
    }
    /// Fills `out` from physical address `at`, without any effect on the machine. False if a
    /// byte of it is not memory.
    pub fn peek(&self, at: u64, out: &mut [u8]) -> bool {
        self.board.memory.peek(at, out)
    }
    /// How it ended, if it did for good.
    pub fn ended(&self) -> Option<Stopped> {
        self.ended
    }
    /// Whether the CPU sleeps and no device will ever wake it. An input may.
    pub fn sleeps_for_ever(&self) -> bool {
        self.asleep() && self.wake_up_call().is_none() && !self.is_woken()
    }
    /// Whether the CPU sleeps in HLT.
    pub fn asleep(&self) -> bool {
        self.cpu.state().halted
    }

    /// Runs until the clock reaches `until` or the machine stops.
    ///
    /// A moment has one state, whatever road leads there: the one in which the clock shows
    /// that moment (or, if a single step jumped over it, the next) and nothing has happened yet
    /// that belongs to the next instruction: no device due at this moment has acted and no
    /// interrupt has been delivered. A sleeping CPU is at every moment of its sleep.
    pub fn run(&mut self, probe: &mut impl Probe, until: Moment) -> Stopped {
        self.run_while(probe, until, u64::MAX, &mut |_| true)
    }

    /// As [`run`](Self::run), but comes back as soon as [`awake`](Self::awake) has reached
    /// `awake` or, after the CPU used a device, `go_on` says false.
    pub fn run_while(
        &mut self,
        probe: &mut impl Probe,
        until: Moment,
        awake: u64,
        go_on: &mut dyn FnMut(&Board) -> bool,
    ) -> Stopped {
        loop {
            if let Some(ended) = self.ended {
                return ended;
            }
            let left = awake.saturating_sub(self.awake());
            if self.cpu.clock >= until || left == 0 {
                return Stopped::Reached;
            }
            self.board.devices.act(self.cpu.clock, probe);
            let mut next = self
                .board
                .devices
                .next_deadline()
                .unwrap_or(until)
                .min(until);
            if left < u64::MAX / 2 {
                next = next.min(self.cpu.clock + left);
            }
            match self.cpu.run(&mut self.board, probe, next) {
                Stop::Deadline => {}
                Stop::Device => {
                    if !go_on(&self.board) {
                        self.notice_the_end();
                        return self.ended.unwrap_or(Stopped::Reached);
                    }
                }
                Stop::Halt => match self.wake_up_call() {
                    Some(call) => self.sleep_until(call.min(until)),
                    None => return Stopped::Halted,
                },
                Stop::Shutdown => {}
            }
            self.notice_the_end();
        }
    }

    fn sleep_until(&mut self, moment: Moment) {
        let before = self.cpu.clock;
        self.cpu.sleep_until(moment);
        self.slept += self.cpu.clock - before;
    }

    /// When the sleeping CPU next has a reason to look up.
    fn wake_up_call(&self) -> Option<Moment> {
        let listens = self.cpu.state().rflags & rflags::IF != 0;
        self.board.devices.next_deadline().filter(|_| listens)
    }

    /// Whether an interrupt waits that will end the sleep.
    fn is_woken(&self) -> bool {
        self.cpu.state().rflags & rflags::IF != 0 && self.board.devices.pic.requested()
    }

    fn notice_the_end(&mut self) {
        if self.cpu.state().shutdown {
            self.ended = Some(Stopped::Shutdown);
        } else if let Some(status) = self.board.devices.debug.exit {
            self.ended = Some(Stopped::Exited(status));
        } else if self.board.devices.keyboard.reset {
            self.ended = Some(Stopped::Reset);
        }
    }

    /// A person does something at moment `at`: now, or, if the machine sleeps for ever, any
    /// later moment, to which it then wakes. A machine that has ended takes no notice.
    pub fn input(&mut self, at: Moment, input: &Input) {
        if self.ended.is_some() {
            return;
        }
        if self.asleep() && self.wake_up_call().is_none() {
            self.sleep_until(at);
        }
        let at = self.cpu.clock;
        match input {
            Input::Serial { uart, bytes } => {
                if let Some(uart) = self.board.devices.uarts.get_mut(usize::from(*uart)) {
                    uart.type_bytes(at, bytes);
                }
            }
            Input::Keys { scan_codes } => self.board.devices.keyboard.press(at, scan_codes),
        }
    }

    /// Types at the other end of COM1 (0) to COM4 (3), now.
    pub fn type_bytes(&mut self, uart: u8, bytes: &[u8]) {
        self.input(
            self.cpu.clock,
            &Input::Serial {
                uart,
                bytes: bytes.to_vec(),
            },
        );
    }

    /// Brings the shared pages up to date; what follows costs what was written since.
    fn fold(&mut self) {
        if !self.board.memory.is_folded() {
            self.board.memory.fold();
            self.cpu.forget_writable();
        }
    }

    /// This moment, to come back to. Costs the pages written since the last snapshot.
    pub fn snapshot(&mut self) -> Snapshot {
        self.fold();
        Snapshot::new(State {
            cpu: self.cpu.save(),
            devices: self.board.devices.clone(),
            memory: self.board.memory.kept().clone(),
            slept: self.slept,
            ended: self.ended,
        })
    }

    /// Back (or forward) to `snapshot`. Costs the pages that differ.
    ///
    /// # Panics
    /// If it is of a machine with another size of memory.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        let State {
            cpu,
            devices,
            memory,
            slept,
            ended,
        } = snapshot.state();
        let mine = self.board.memory.kept().count();
        assert_eq!(
            mine,
            memory.count(),
            "a snapshot of a machine with another size of memory"
        );
        let own = &mut self.cpu;
        self.board
            .memory
            .restore(memory, |at| own.memory_changed(at));
        self.cpu.restore(cpu);
        self.cpu.forget_writable();
        self.board.devices.clone_from(devices);
        self.slept = *slept;
        self.ended = *ended;
    }

    /// A machine that is at `snapshot`.
    pub fn from_snapshot(snapshot: &Snapshot) -> Self {
        let ram_mib = snapshot.ram_mib();
        let board = Board {
            memory: Memory::new(ram_mib),
            devices: Devices::new(ram_mib),
        };
        let mut machine = Self {
            cpu: Cpu::new(),
            board,
            slept: 0,
            ended: None,
        };
        machine.restore(snapshot);
        machine
    }

    /// A hash of everything that running on depends on, and of everything said on the way. Two
    /// machines with the same hash are the same machine, whatever road they took.
    pub fn hash(&mut self) -> u64 {
        self.fold();
        let mut hash = Xxh3::new();
        hash.update(&self.board.memory.kept().hash().to_le_bytes());
        let rest = (self.cpu.save(), &self.board.devices, self.slept, self.ended);
        hash.update(&postcard::to_allocvec(&rest).expect("plain data always serialises"));
        hash.digest()
    }

    /// The earliest moment at which anything but the CPU does something.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.board.devices.next_deadline()
    }
}
