//! The same one instruction on the emulated CPU: ring 3 under Linux' descriptors, with the same
//! pages at the same addresses.

use crate::generate::Case;
use cpu::{Bus, Cpu, Moment, Page, Segment, TableRegister, seg};
use probe::{Event, Probe, Recorder};
use silicon::{CODE, CODE_32, CODE_64, DATA, DATA_SEGMENT, Registers, SLOT, Trap};

/// Memory from address 0; page tables and descriptors at its start.
struct Board(Vec<u8>);

const PML4: u64 = 0x1000;
const GDT: u64 = 0x8000;
const IDT: u64 = 0x9000;
const HANDLER: u64 = 0xa000;
const STACK: u64 = 0xc000;

pub struct Emulated {
    cpu: Cpu,
    board: Board,
}

impl Board {
    fn write(&mut self, at: u64, value: u64) {
        self.0[at as usize..][..8].copy_from_slice(&value.to_le_bytes());
    }
}

impl Emulated {
    pub fn new() -> Self {
        let mut board = Board(vec![0; 2 << 20]);
        // One page table for the first 2 MiB: the test's pages are the user's.
        board.write(PML4, 0x2007);
        board.write(0x2000, 0x3007);
        board.write(0x3000, 0x4007);
        for page in 0..512 {
            let at = page << 12;
            let bits = match at {
                at if CODE.contains(&at) => 7,
                at if DATA.contains(&at) => 7 | 1 << 63,
                _ => 3,
            };
            board.write(0x4000 + 8 * page, at | bits);
        }
        // What Linux gives to programs, as it stands in its GDT.
        let gdt: [u64; 16] = [
            0,
            0x00cf_9b00_0000_ffff,
            0x00af_9b00_0000_ffff,
            0x00cf_9300_0000_ffff,
            0x00cf_fb00_0000_ffff,
            0x00cf_f300_0000_ffff,
            0x00af_fb00_0000_ffff,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            // The number of the CPU, in a limit.
            0x0040_f500_0000_0000,
        ];
        for (n, entry) in gdt.into_iter().enumerate() {
            board.write(GDT + 8 * n as u64, entry);
        }
        for vector in 0..32 {
            let dpl = if matches!(vector, 3 | 4) { 3 } else { 0 };
            board.write(
                IDT + 16 * vector,
                HANDLER | 0x10 << 16 | 0x8e00 << 32 | dpl << 45,
            );
            board.write(IDT + 16 * vector + 8, 0);
        }
        board.0[HANDLER as usize] = 0xf4;
        board.write(0xb004, STACK);
        let mut cpu = Cpu::new();
        let state = cpu.state_mut();
        state.gdtr = TableRegister {
            base: GDT,
            limit: 0x7f,
        };
        state.idtr = TableRegister {
            base: IDT,
            limit: 0x1ff,
        };
        state.tr = Segment {
            selector: 0x40,
            attributes: 0x8b,
            limit: 0x67,
            base: 0xb000,
        };
        state.ldtr = Segment::default();
        state.cr0 = 0x8005_0033;
        state.cr3 = PML4;
        state.cr4 = 0x6b0;
        state.efer = 0xd01;
        Self { cpu, board }
    }

    /// Runs until the instruction is done (each iteration of a REP is one step) or traps.
    pub fn run(&mut self, case: &Case) -> (Registers, Trap, Vec<u8>) {
        let code = CODE.start as usize..CODE.end as usize;
        self.board.0[code].fill(0xcc);
        self.board.0[SLOT as usize..][..case.bytes.len()].copy_from_slice(&case.bytes);
        self.board.0[DATA.start as usize..][..case.data.len()].copy_from_slice(&case.data);
        for page in CODE.step_by(0x1000) {
            self.cpu.memory_changed(page as usize);
        }
        self.cpu.state_mut().cpl = 3;
        let state = self.cpu.state_mut();
        let data = Segment {
            selector: DATA_SEGMENT,
            attributes: 0xcf3,
            limit: u32::MAX,
            base: 0,
        };
        state.seg = [data; 6];
        // Linux leaves FS and GS null.
        state.seg[seg::FS] = Segment::default();
        state.seg[seg::GS] = Segment::default();
        let (selector, attributes) = if case.wide {
            (CODE_64, 0xafb)
        } else {
            (CODE_32, 0xcfb)
        };
        state.seg[seg::CS] = Segment {
            selector,
            attributes,
            limit: u32::MAX,
            base: 0,
        };
        state.halted = false;
        state.gpr = case.before.gpr;
        state.rip = SLOT;
        state.rflags = case.before.rflags;
        state.fpu.xmm = case.before.xmm;
        state.fpu.mxcsr = case.before.mxcsr as u32;
        if !case.wide {
            state.gpr[8..].fill(0);
        }
        let mut after = None;
        let mut trap = None;
        for _ in 0..10_000 {
            let before = self.cpu.save();
            let mut probe = Recorder::default();
            let until = self.cpu.clock + 1;
            self.cpu.run(&mut self.board, &mut probe, until);
            trap = probe.events.iter().find_map(|(_, event)| match *event {
                Event::Trap {
                    vector,
                    error,
                    address,
                    ..
                } => Some(Trap {
                    vector,
                    error: error.unwrap_or(0),
                    address,
                }),
                _ => None,
            });
            if let Some(trap) = trap {
                // The registers at the trap are those before it, as the fault changes nothing.
                let mut state = before.state().clone();
                if trap.vector == 19 {
                    // But for the flags that tell what #XF was about.
                    state.fpu.mxcsr = self.cpu.state().fpu.mxcsr;
                }
                if trap.vector == 3 && state.rip != SLOT {
                    after = Some(state);
                    break;
                }
                if trap.vector == 3 || trap.vector == 4 {
                    // The instruction itself was INT3 or INTO.
                    state.rip += case.bytes.len() as u64;
                }
                after = Some(state);
                break;
            }
        }
        let state = after.expect("it ends");
        let trap = trap.expect("it ends in a trap");
        let mut gpr = state.gpr;
        if !case.wide {
            gpr[8..].copy_from_slice(&case.before.gpr[8..]);
        }
        let registers = Registers {
            gpr,
            rflags: state.rflags,
            rip: state.rip,
            mxcsr: u64::from(state.fpu.mxcsr),
            unused: 0,
            xmm: state.fpu.xmm,
        };
        let data = self.board.0[DATA.start as usize..][..case.data.len()].to_vec();
        (registers, trap, data)
    }
}

impl Bus for Board {
    fn memory(&self) -> &[u8] {
        &self.0
    }
    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
    fn page(&self, frame: u64) -> Page {
        let at = (frame as usize) << 12;
        if at < self.0.len() {
            Page::Ram(at)
        } else {
            Page::Nothing
        }
    }
    fn touch(&mut self, _: usize) {}
    fn device_read(&mut self, _: Moment, _: u64, _: u8) -> u64 {
        0
    }
    fn device_write(&mut self, _: Moment, _: u64, _: u8, _: u64, _: &mut impl Probe) {}
    fn port_read(&mut self, _: Moment, _: u16, _: u8, _: &mut impl Probe) -> u32 {
        0
    }
    fn port_write(&mut self, _: Moment, _: u16, _: u8, _: u32, _: &mut impl Probe) {}
    fn interrupt_requested(&self) -> bool {
        false
    }
    fn acknowledge(&mut self, _: Moment, _: &mut impl Probe) -> u8 {
        0
    }
}
