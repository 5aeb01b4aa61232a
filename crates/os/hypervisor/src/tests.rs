//! A guest without a PC: its memory is a vector, its CPU a struct, and each test says what the
//! real CPU reported and looks at what became of the guest.

use metal::world::{Exit, Ram, SYSCALL};
use objects::hypervisor::{Vcpu, Vm, exit, state};
use x86::desc::{Descriptor, Gate, system};
use x86::paging::{PagingMode, pte, walk};
use x86::reg::{cr0, cr4, efer, rflags};
use x86::vector::{self, pf};

use crate::guest::{Guest, Own};
use crate::segment::{CS, SS, TR};
use crate::shadow::{Shadow, View};
use crate::{exit as exits, reflect};

const MEMORY_AT: u64 = 0x40_0000;
const MEMORY: u64 = 4 << 20;
const POOL_AT: u64 = MEMORY_AT + MEMORY;

// Where the test guest keeps its things (guest-physical; mapped one to one).
const PML4: u64 = 0x1_0000;
const GDT: u64 = 0x2_0000;
const IDT: u64 = 0x2_1000;
const TSS: u64 = 0x2_2000;
const CODE: u64 = 0x3_0000;
const STACK: u64 = 0x3_8000;
const KERNEL_STACK: u64 = 0x3_a000;
const HANDLER: u64 = 0x3_1000;

const KERNEL_CS: u16 = 0x08;
const KERNEL_SS: u16 = 0x10;
const USER_SS: u16 = 0x1b;
const USER_CS: u16 = 0x23;

/// Code, and registers to set before it.
type Step = (&'static [u8], [(usize, u64); 3]);
/// A way to spoil a guest, and what it says then.
type Way = (fn(&mut Bench), &'static str);

/// The three parts of a VM, and a guest in 64-bit kernel mode in them.
pub struct Bench {
    vm: Vm,
    cpu: Vcpu,
    own: Own,
}

impl Bench {
    fn new() -> Self {
        let bytes = Box::leak(vec![0; (MEMORY + (512 << 10)) as usize].into_boxed_slice());
        Self::in_memory(Ram::host(MEMORY_AT, bytes))
    }

    fn in_memory(ram: Ram) -> Self {
        ram.zero(MEMORY_AT, 0x8_0000); // nothing of interest lies above
        let shadow = Shadow::new(ram, POOL_AT, 512 << 10, pte::P);
        let vm =
            Vm { state: state::RUNNING, memory_at: MEMORY_AT, memory_bytes: MEMORY, ..Vm::FREE };
        let cpu = Vcpu {
            rip: CODE,
            rflags: rflags::FIXED,
            cr0: cr0::PE | cr0::PG | cr0::WP,
            cr3: PML4,
            cr4: cr4::PAE,
            efer: efer::LME | efer::LMA | efer::SCE | efer::NXE,
            gdt: [GDT, 0x3f],
            idt: [IDT, 0xfff],
            tss: TSS,
            long: 1,
            ..Vcpu::ZERO
        };
        let mut b = Self { vm, cpu, own: Own { ram, shadow, ..Own::NEW } };
        b.cpu.selectors[CS] = KERNEL_CS;
        b.cpu.selectors[SS] = KERNEL_SS;
        b.cpu.selectors[TR] = 0x28;
        b.cpu.gpr[4] = STACK;
        let code = Descriptor::CODE | Descriptor::RW | Descriptor::L;
        for (i, d) in [
            Descriptor(0),
            Descriptor::flat(code, 0),
            Descriptor::flat(Descriptor::RW, 0),
            Descriptor::flat(Descriptor::RW, 3),
            Descriptor::flat(code, 3),
            Descriptor(0x67 | TSS << 16 | u64::from(system::TSS_AVAILABLE) << 40 | Descriptor::P),
        ]
        .into_iter()
        .enumerate()
        {
            b.put(GDT + 8 * i as u64, d.0);
        }
        for number in 0..256 {
            b.gate(number, Gate::new(HANDLER, KERNEL_CS, system::INTERRUPT_GATE, 0, 0));
        }
        b.put(TSS + 4, KERNEL_STACK);
        b.put(PML4, (PML4 + 0x1000) | 7);
        b.put(PML4 + 0x1000, (PML4 + 0x2000) | 7);
        b.put(PML4 + 0x2000, (PML4 + 0x3000) | 7);
        for page in 0..512 {
            b.put(PML4 + 0x3000 + 8 * page, page << 12 | 7);
        }
        b
    }

    fn guest(&mut self) -> Guest<'_> {
        Guest { vm: &mut self.vm, cpu: &mut self.cpu, own: &mut self.own }
    }
    fn put(&mut self, gpa: u64, value: u64) {
        self.own.ram.write_u64(MEMORY_AT + gpa, value);
    }
    fn get(&self, gpa: u64) -> u64 {
        self.own.ram.read_u64(MEMORY_AT + gpa)
    }
    /// The entry that maps the page at `va`.
    fn pte(&mut self, va: u64, flags: u64) {
        self.put(PML4 + 0x3000 + (va >> 12) * 8, va & !0xfff | flags);
        self.own.walks.clear();
    }
    fn gate(&mut self, number: u64, gate: Gate) {
        self.put(IDT + 16 * number, gate.low);
        self.put(IDT + 16 * number + 8, gate.high);
    }
    fn exit(&mut self, vector: u16, error: u32, address: u64) {
        exits::handle(&mut self.guest(), Exit { vector, error }, address);
    }
    /// The guest executes `code` at RIP, and the real CPU says #GP.
    fn privileged(&mut self, code: &[u8]) {
        let at = self.cpu.rip;
        self.own.ram.write_bytes(MEMORY_AT + at, code);
        self.exit(vector::GP.into(), 0, 0);
    }
    fn reason(&self) -> &str {
        objects::text(&self.vm.reason)
    }
    fn user(&mut self) {
        (self.cpu.cpl, self.cpu.interrupts) = (3, 1);
        self.cpu.selectors[CS] = USER_CS;
        self.cpu.selectors[SS] = USER_SS;
    }
    /// What the real MMU would find.
    fn shadow(&self, view: View, va: u64) -> Option<(u64, bool, bool)> {
        let read = |at, _| Some(self.own.ram.read_u64(at));
        let w = walk(PagingMode::Long, self.own.shadow.root(view), va, true, read).ok()?;
        Some((w.phys - MEMORY_AT, w.writable, !w.no_execute))
    }
    /// The frame that delivery left: RIP, CS, RFLAGS, RSP, SS.
    fn frame(&self, at: u64) -> [u64; 5] {
        core::array::from_fn(|i| self.get(at + 8 * i as u64))
    }
}

#[test]
fn a_kernel_makes_its_own_way_to_long_mode() {
    let mut b = Bench::new();
    b.cpu = Vcpu { rip: CODE, rflags: 2, cr0: cr0::PE | cr0::ET, gdt: b.cpu.gdt, ..Vcpu::ZERO };
    let steps: [Step; 5] = [
        (&[0x0f, 0x22, 0xe0], [(0, cr4::PAE), (1, 0), (2, 0)]), // mov cr4, eax
        (&[0x0f, 0x22, 0xd8], [(0, PML4), (1, 0), (2, 0)]),     // mov cr3, eax
        (&[0x0f, 0x30], [(0, 0x901), (1, 0xc000_0080), (2, 0)]), // wrmsr
        (&[0x0f, 0x22, 0xc0], [(0, cr0::PE | cr0::PG | cr0::WP), (1, 0), (2, 0)]), // mov cr0, eax
        (&[0xea, 0, 0, 4, 0, 8, 0], [(0, 0), (1, 0), (2, 0)]),  // ljmp 8:0x40000
    ];
    for (code, registers) in steps {
        assert_eq!((b.cpu.long, b.cpu.rip < 0x4_0000), (0, true));
        for (register, value) in registers {
            b.cpu.gpr[register] = value;
        }
        b.privileged(code);
        assert_eq!(b.vm.state, state::RUNNING, "{}", b.reason());
    }
    assert_eq!((b.cpu.long, b.cpu.rip, b.cpu.cpl), (1, 0x4_0000, 0));
    assert_eq!(b.cpu.efer, efer::SCE | efer::LME | efer::LMA | efer::NXE);
    assert_eq!(b.vm.exits[exit::CR3] + b.vm.exits[exit::CR] + b.vm.exits[exit::MSR], 4);
}

/// One line a case: the guest's entry, CR0.WP and CR4.SMEP, who does what; then either the error
/// code of a true fault, or what the shadow entry allows.
#[test]
fn page_faults_are_hidden_or_true() {
    const P: u64 = pte::P;
    const RW: u64 = pte::P | pte::W;
    const RU: u64 = pte::P | pte::U;
    const RWU: u64 = pte::P | pte::W | pte::U;
    const NX: u64 = pte::NX;
    const D: u64 = pte::D;
    enum Is {
        True(u32),
        Hidden { w: bool, x: bool },
    }
    use Is::{Hidden, True};
    const READ: u32 = 0;
    const WRITE: u32 = pf::WRITE;
    const FETCH: u32 = pf::FETCH;
    const NONE: (bool, bool) = (true, false);
    let cases = [
        (0, NONE, 0, READ, True(0)),
        (0, NONE, 3, WRITE, True(pf::USER | pf::WRITE)),
        (RW, NONE, 3, READ, True(pf::PRESENT | pf::USER)),
        (RU, NONE, 3, WRITE, True(pf::PRESENT | pf::USER | pf::WRITE)),
        (RU, NONE, 0, WRITE, True(pf::PRESENT | pf::WRITE)),
        (RWU | NX, NONE, 3, FETCH, True(pf::PRESENT | pf::USER | pf::FETCH)),
        (RWU, NONE, 3, READ, Hidden { w: false, x: true }), // clean: the first write must show
        (RWU, NONE, 3, WRITE, Hidden { w: true, x: true }),
        (RWU | D, NONE, 3, READ, Hidden { w: true, x: true }),
        (RW | D | NX, NONE, 0, READ, Hidden { w: true, x: false }),
        (P, (false, false), 0, WRITE, Hidden { w: true, x: true }), // CR0.WP = 0
        (RWU, (true, true), 0, FETCH, True(pf::PRESENT | pf::FETCH)),
        (RWU, (true, true), 0, READ, Hidden { w: false, x: false }),
        (RWU, (true, true), 3, FETCH, Hidden { w: false, x: true }),
    ];
    for (number, (entry, (wp, smep), cpl, access, expected)) in cases.into_iter().enumerate() {
        let mut b = Bench::new();
        let va = 0x5_0000;
        b.pte(va, entry);
        if cpl == 3 {
            b.user();
        }
        b.cpu.cr0 = if wp { b.cpu.cr0 } else { b.cpu.cr0 & !cr0::WP };
        b.cpu.cr4 |= if smep { cr4::SMEP } else { 0 };
        // The real error code: always from ring 3, and P says what the shadow said.
        b.exit(vector::PF.into(), access | pf::USER, va + 0x123);
        let view = if cpl == 3 { View::User } else { View::Kernel };
        match expected {
            True(error) => {
                assert_eq!((b.cpu.rip, b.cpu.cr2), (HANDLER, va + 0x123), "case {number}");
                assert_eq!(b.get(b.cpu.gpr[4]), u64::from(error), "case {number}");
                assert_eq!(b.shadow(view, va), None, "case {number}");
                assert_eq!((b.vm.exits[exit::TRUE_FAULT], b.vm.exits[exit::HIDDEN_FAULT]), (1, 0));
            }
            Hidden { w, x } => {
                assert_eq!(b.cpu.rip, CODE, "case {number}");
                assert_eq!(b.shadow(view, va), Some((va, w, x)), "case {number}");
                let entry = b.get(PML4 + 0x3000 + (va >> 12) * 8);
                assert_ne!(entry & pte::A, 0, "case {number}");
                let other = if cpl == 3 { View::Kernel } else { View::User };
                assert_eq!(b.shadow(other, va), None, "case {number}");
            }
        }
    }
}

#[test]
fn a_large_page_is_one_entry_and_invlpg_takes_it_away() {
    let mut b = Bench::new();
    b.put(PML4 + 0x2008, 0x20_0000 | pte::P | pte::W | pte::PS | pte::D);
    b.exit(vector::PF.into(), pf::USER, 0x20_1234);
    assert_eq!(b.shadow(View::Kernel, 0x3f_f000), Some((0x3f_f000, true, true)));
    b.cpu.gpr[1] = 0x20_5000;
    b.privileged(&[0x0f, 0x01, 0x39]); // invlpg [rcx]
    assert_eq!(b.shadow(View::Kernel, 0x3f_f000), None);
    assert_eq!(b.vm.exits[exit::INVLPG], 1);
}

#[test]
fn an_exception_from_a_program_and_back() {
    let mut b = Bench::new();
    b.user();
    b.cpu.rflags |= rflags::ZF | rflags::IF;
    let before = b.cpu;
    b.exit(vector::DE.into(), 0, 0);
    assert_eq!((b.cpu.rip, b.cpu.cpl, b.cpu.interrupts), (HANDLER, 0, 0));
    assert_eq!(b.cpu.gpr[4], KERNEL_STACK - 40);
    let flags = rflags::IF | rflags::ZF | rflags::FIXED;
    let frame = [CODE, USER_CS.into(), flags, STACK, USER_SS.into()];
    assert_eq!(b.frame(KERNEL_STACK - 40), frame);
    b.privileged(&[0x48, 0xcf]); // iretq
    assert_eq!((b.cpu.rip, b.cpu.cpl, b.cpu.interrupts), (CODE, 3, 1));
    assert_eq!(b.cpu.gpr, before.gpr);
    assert_eq!(b.cpu.selectors, before.selectors);
}

#[test]
fn an_exception_in_the_kernel_uses_its_own_stack_aligned() {
    let mut b = Bench::new();
    b.cpu.gpr[4] = STACK - 8;
    b.cpu.interrupts = 1;
    b.privileged(&[0xcd, 0x40]); // int 0x40
    assert_eq!(b.cpu.gpr[4], STACK - 16 - 40);
    assert_eq!(b.frame(b.cpu.gpr[4])[..2], [CODE + 2, KERNEL_CS.into()]);
    assert_eq!(b.vm.exits[exit::INT], 1);
    // IST overrides.
    b.put(TSS + 36, 0x3_c000);
    b.gate(13, Gate::new(HANDLER, KERNEL_CS, system::TRAP_GATE, 0, 1));
    b.cpu.interrupts = 1;
    b.privileged(&[0x0f, 0x32]); // rdmsr of an MSR that is none
    assert_eq!((b.cpu.gpr[4], b.get(0x3_c000 - 48)), (0x3_c000 - 48, 0));
    assert_eq!(b.cpu.interrupts, 1, "a trap gate leaves IF");
}

#[test]
fn programs_may_not() {
    for code in
        [&[0xfa][..], &[0xf4], &[0xec], &[0x0f, 0x22, 0xd8], &[0x0f, 0x32], &[0x0f, 0x01, 0xf8]]
    {
        let mut b = Bench::new();
        b.user();
        b.privileged(code);
        assert_eq!((b.cpu.rip, b.get(KERNEL_STACK - 48)), (HANDLER, 0), "{code:02x?}");
        assert_eq!(b.vm.exits[exit::EXCEPTION], 1);
    }
    // INT n is up to the guest's gate.
    let mut b = Bench::new();
    b.user();
    b.privileged(&[0xcd, 0x80]);
    assert_eq!(b.get(KERNEL_STACK - 48), 0x80 << 3 | 2, "its DPL is 0: #GP");
    let mut b = Bench::new();
    b.user();
    b.gate(0x80, Gate::new(HANDLER + 4, KERNEL_CS, system::INTERRUPT_GATE, 3, 0));
    b.privileged(&[0xcd, 0x80]);
    assert_eq!((b.cpu.rip, b.get(KERNEL_STACK - 40)), (HANDLER + 4, CODE + 2));
}

#[test]
fn system_calls_go_through() {
    let mut b = Bench::new();
    b.cpu.syscall = [0x13 << 48 | 0x08 << 32, HANDLER, 0, rflags::IF | rflags::DF];
    b.user();
    b.cpu.rflags = rflags::IF | rflags::DF | rflags::CF | rflags::FIXED;
    b.cpu.rip = CODE + 2;
    b.exit(SYSCALL, 0, 0);
    assert_eq!((b.cpu.rip, b.cpu.cpl, b.cpu.interrupts), (HANDLER, 0, 0));
    assert_eq!(b.cpu.gpr[1], CODE + 2);
    assert_eq!(b.cpu.gpr[11], rflags::IF | rflags::DF | rflags::CF | rflags::FIXED);
    assert_eq!(b.cpu.rflags & rflags::DF, 0);
    assert_eq!(b.cpu.selectors[CS], 0x08);
    b.privileged(&[0x48, 0x0f, 0x07]); // sysretq
    assert_eq!((b.cpu.rip, b.cpu.cpl, b.cpu.interrupts), (CODE + 2, 3, 1));
    assert_eq!((b.cpu.selectors[CS], b.cpu.selectors[SS]), (0x23, 0x1b));
    assert_eq!(b.cpu.rflags & rflags::DF, rflags::DF);
}

#[test]
fn sti_covers_one_instruction() {
    let mut b = Bench::new();
    b.privileged(&[0xfb]); // sti
    assert_eq!((b.cpu.interrupts, b.cpu.shadow), (1, 1));
    // A hidden fault on the way does not end the shadow, the instruction does.
    b.exit(vector::PF.into(), pf::USER | pf::FETCH, CODE);
    assert_eq!(b.cpu.shadow, 1);
    b.privileged(&[0xf4]); // hlt
    assert_eq!((b.cpu.shadow, b.cpu.halted), (0, 1));
    // HLT without IF is the end.
    b.cpu.interrupts = 0;
    b.privileged(&[0xf4]);
    assert_eq!((b.vm.state, b.reason().contains("never wake")), (state::STOPPED, true));
}

#[test]
fn a_pending_interrupt_waits_for_exactly_one_instruction() {
    let mut b = Bench::new();
    for (port, value) in [(0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1)] {
        b.own.devices.write(port, value, 0);
    }
    b.own.devices.pics.set(0, true);
    b.privileged(&[0xfb]);
    exits::step_one(&mut b.guest());
    assert_ne!(b.cpu.rflags & rflags::TF, 0);
    b.cpu.rip += 1; // it executes one instruction
    b.exit(vector::DB.into(), 0, 0);
    assert_eq!((b.cpu.rflags & rflags::TF, b.cpu.shadow), (0, 0));
    reflect::interrupt(&mut b.guest()).unwrap();
    assert_eq!((b.cpu.rip, b.frame(b.cpu.gpr[4])[0]), (HANDLER, CODE + 2));
}

#[test]
fn string_input_restarts_where_it_faulted() {
    let mut b = Bench::new();
    for byte in b"abcd" {
        b.own.devices.receive(*byte);
    }
    b.pte(0x6_0000, 0);
    (b.cpu.gpr[1], b.cpu.gpr[2], b.cpu.gpr[7]) = (4, 0x3f8, 0x5_fffe);
    b.privileged(&[0xf3, 0x6c]); // rep insb
    assert_eq!((b.cpu.rip, b.cpu.cr2), (HANDLER, 0x6_0000));
    assert_eq!((b.cpu.gpr[1], b.cpu.gpr[7]), (2, 0x6_0000));
    b.pte(0x6_0000, 7);
    b.cpu.rip = CODE;
    b.privileged(&[0xf3, 0x6c]);
    assert_eq!((b.cpu.rip, b.cpu.gpr[1]), (CODE + 2, 0));
    assert_eq!(b.get(0x5_fffe) as u32, u32::from_le_bytes(*b"abcd"), "no byte twice, none lost");
}

#[test]
fn what_cannot_be_delivered_ends_the_guest_and_says_why() {
    let ways: [Way; 6] = [
        (|b| b.cpu.idt = [IDT, 0], "triple fault: #UD at RIP 0x30000"),
        (|b| b.cpu.gdt = [GDT, 0], "triple fault: #UD"),
        (|b| b.cpu.gpr[4] = 1 << 63, "triple fault: #UD"),
        (|b| b.put(PML4, 0), "triple fault: #UD"),
        (|b| b.put(PML4, 0x7777_0000 | 7), "outside its memory"),
        (|b| b.cpu.efer = 0, "#UD at RIP 0x30000 before long mode"),
    ];
    for (spoil, why) in ways {
        let mut b = Bench::new();
        spoil(&mut b);
        b.exit(vector::UD.into(), 0, 0);
        assert_eq!(b.vm.state, state::KILLED, "{why}");
        assert!(b.reason().contains(why), "{} / {why}", b.reason());
    }
}

#[test]
fn memory_that_is_not_there() {
    let mut b = Bench::new();
    b.put(PML4 + 0x3000 + 0x50 * 8, 0x1000_0000 | 7);
    b.exit(vector::PF.into(), pf::USER, 0x5_0000);
    let ones = b.shadow(View::Kernel, 0x5_0000).unwrap();
    assert_eq!((b.own.ram.read_u64(ones.0 + MEMORY_AT), ones.1), (u64::MAX, false));
    b.exit(vector::PF.into(), pf::USER | pf::WRITE, 0x5_0000);
    assert!(b.reason().contains("physical 0x10000000: outside its 4 MiB"), "{}", b.reason());
}

#[test]
fn the_hypervisors_slot_is_taken() {
    let mut b = Bench::new();
    b.put(PML4 + 509 * 8, 7);
    b.cpu.gpr[0] = PML4;
    b.privileged(&[0x0f, 0x22, 0xd8]); // mov cr3, rax
    assert!(b.reason().contains("slot 509"), "{}", b.reason());
}

/// Whatever a guest holds in memory and registers, and whatever the CPU reports, the worst that
/// happens is that the guest ends. (Overflow checks are on in this build.)
#[test]
fn no_guest_can_make_us_panic() {
    let mut seed = 0x1234_5678_9abc_def1u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let opcodes: [&[u8]; 24] = [
        &[0x48, 0xcf],
        &[0xcf],
        &[0xcb],
        &[0xca, 8, 0],
        &[0x0f, 0x01],
        &[0x0f, 0x00],
        &[0x0f, 0x22],
        &[0x0f, 0x20],
        &[0x0f, 0x23],
        &[0x0f, 0x30],
        &[0x0f, 0x32],
        &[0xff],
        &[0x8e],
        &[0xf3, 0x6c],
        &[0xf3, 0x6f],
        &[0xcd],
        &[0x48, 0x0f, 0x07],
        &[0x0f, 0x07],
        &[0x0f, 0xa1],
        &[0x67, 0xf3, 0x6d],
        &[0xef],
        &[0xfb],
        &[0x66, 0xff],
        &[0x0f, 0x06],
    ];
    let ram = Bench::new().own.ram;
    for round in 0..20_000u32 {
        let mut b = Bench::in_memory(ram);
        let interesting = |r: u64| match r % 8 {
            0 => r >> 8,
            1 => u64::MAX - (r >> 8) % 64,
            2 => (1 << 47) - (r >> 8) % 16,
            3 => MEMORY - (r >> 8) % 32,
            4 => 0xffff_fe80_0000_0000 + (r >> 8) % 0x1000,
            5 => GDT + (r >> 8) % 0x3000,
            6 => (r >> 8) % 0x1_0000,
            _ => STACK - (r >> 8) % 64,
        };
        for register in 0..16 {
            b.cpu.gpr[register] = interesting(random());
        }
        if round % 2 == 0 {
            b.cpu.gpr[4] = STACK - random() % 64;
        }
        if round % 3 == 0 {
            b.user();
        }
        if round % 5 == 0 {
            b.cpu.long = 0;
            b.cpu.efer = if round % 2 == 0 { 0 } else { b.cpu.efer };
        }
        for _ in 0..random() % 4 {
            let at = [PML4, PML4 + 0x1000, PML4 + 0x2000, PML4 + 0x3180, GDT, IDT, TSS, STACK - 64];
            let at = at[random() as usize % at.len()] + random() % 64 * 8;
            b.put(at, interesting(random()) | (random() & 1));
        }
        match random() % 16 {
            0 => b.cpu.rip = interesting(random()),
            1 => b.cpu.gdt = [interesting(random()), random() & 0xffff],
            2 => b.cpu.idt = [interesting(random()), random() & 0xffff],
            3 => b.cpu.tss = interesting(random()),
            4 => b.cpu.cr3 = interesting(random()),
            5 => b.cpu.cr4 &= !cr4::PAE,
            6 => b.cpu.fs_base = interesting(random()),
            7 => b.cpu.syscall = [random(), interesting(random()), random(), random()],
            _ => {}
        }
        let opcode = opcodes[random() as usize % opcodes.len()];
        let mut code = opcode.to_vec();
        code.extend(random().to_le_bytes());
        if b.cpu.rip < MEMORY - 32 {
            b.own.ram.write_bytes(MEMORY_AT + b.cpu.rip, &code);
        }
        for _ in 0..4 {
            if b.vm.state != state::RUNNING {
                assert!(!b.reason().is_empty());
                break;
            }
            match random() % 4 {
                0 => b.exit(vector::PF.into(), random() as u32 & 0x1f, interesting(random())),
                1 => b.exit(SYSCALL + (random() % 2) as u16, 0, 0),
                2 => b.exit((random() % 32) as u16, random() as u32 & 0xffff, 0),
                _ => b.exit(vector::GP.into(), 0, 0),
            }
        }
    }
}

/// An ELF64 file with a PVH note and one segment of `code`, 16 bytes longer in memory.
fn elf(code: &[u8], at: u64) -> Vec<u8> {
    let mut file = vec![0; 0x100];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"\x7fELF\x02\x01\x01");
    put(16, &[2, 0, 62, 0, 1]);
    put(32, &64u64.to_le_bytes()); // program headers
    put(52, &[64, 0, 56, 0, 2, 0]);
    let (size, long) = (code.len() as u64, code.len() as u64 + 16);
    for (at, kind, fields) in
        [(64, 1u32, [0x100, at, at, size, long, 0x1000]), (120, 4, [0xc0, 0, 0, 24, 24, 4])]
    {
        put(at, &kind.to_le_bytes());
        for (i, field) in fields.into_iter().enumerate() {
            put(at + 8 + 8 * i, &field.to_le_bytes());
        }
    }
    for (at, word) in [(0xc0, 4u32), (0xc4, 8), (0xc8, 18), (0xd0, at as u32 + 2)] {
        put(at, &word.to_le_bytes());
    }
    put(0xcc, b"Xen\0");
    file.extend(code);
    file
}

#[test]
fn a_kernel_is_loaded_as_pvh_says() {
    let mut b = Bench::new();
    b.put(0x10_0008, u64::MAX); // where .bss must come out as zeros
    let kernel = elf(&[0x90; 6], 0x10_0000);
    let parts: [&[u8]; 2] = [b"070701abc", b"extra"];
    crate::loader::load(&mut b.guest(), &kernel, &parts, "quiet hostname=x").unwrap();
    assert_eq!((b.cpu.rip, b.cpu.cr0 & cr0::PG, b.cpu.long), (0x10_0002, 0, 0));
    assert_eq!(b.get(0x10_0000), 0x0000_9090_9090_9090);
    assert_eq!(b.get(0x10_0008), 0);
    let start = b.cpu.gpr[3];
    assert_eq!(b.get(start) as u32, abi::boot::START_MAGIC);
    let (module, text, map) = (b.get(start + 16), b.get(start + 24), b.get(start + 40));
    let (at, size) = (b.get(module), b.get(module + 8));
    assert_eq!((at & 0xfff, size), (0, 12 + 8), "each part begins at a multiple of four");
    assert_eq!(b.get(at + 12) & 0xff_ffff_ffff, u64::from_le_bytes(*b"extra\0\0\0"));
    assert_eq!(b.get(text), u64::from_le_bytes(*b"quiet ho"));
    assert_eq!((b.get(map + 48), b.get(map + 56)), (0x10_0000, MEMORY - 0x10_0000));

    let refused = |kernel: &[u8]| crate::loader::load(&mut Bench::new().guest(), kernel, &[], "");
    assert!(refused(b"\x7fELF").is_err());
    assert_eq!(refused(&elf(&[0; 8], MEMORY - 4)), Err("its kernel does not fit"));
    for cut in 0..kernel.len() {
        let _ = refused(&kernel[..cut]);
    }
}
