//! [`State`]: everything that a program, or a replay, could ever notice about the CPU.
//!
//! Whatever is derived from it (decoded blocks, fast TLB tags, lazy flags) lives in
//! [`Cpu`](crate::Cpu) and may be thrown away at any time.

use crate::tlb::Tlb;
use serde::{Deserialize, Serialize};
use x86::reg::rflags;

/// Numbers of the general registers, as instructions encode them.
pub mod gpr {
    #![allow(missing_docs)]
    pub const RAX: usize = 0;
    pub const RCX: usize = 1;
    pub const RDX: usize = 2;
    pub const RBX: usize = 3;
    pub const RSP: usize = 4;
    pub const RBP: usize = 5;
    pub const RSI: usize = 6;
    pub const RDI: usize = 7;
    pub const R8: usize = 8;
    pub const R11: usize = 11;
}

/// Numbers of the segment registers, as instructions encode them.
pub mod seg {
    #![allow(missing_docs)]
    pub const ES: usize = 0;
    pub const CS: usize = 1;
    pub const SS: usize = 2;
    pub const DS: usize = 3;
    pub const FS: usize = 4;
    pub const GS: usize = 5;
}

/// A segment register: the visible selector and the hidden part that was loaded with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Segment {
    /// The selector.
    pub selector: u16,
    /// Descriptor bits 55:52 and 47:40, squeezed together as a VMCB stores them:
    /// `G D L AVL | P DPL DPL S | type`.
    pub attributes: u16,
    /// The last valid offset, in bytes.
    pub limit: u32,
    /// Base address. 64-bit code ignores it, FS and GS excepted.
    pub base: u64,
}

impl Segment {
    /// Accessed (attribute bit).
    pub const ACCESSED: u16 = 1 << 0;
    /// Readable code or writable data.
    pub const RW: u16 = 1 << 1;
    /// Conforming code or expand-down data.
    pub const CE: u16 = 1 << 2;
    /// Code.
    pub const CODE: u16 = 1 << 3;
    /// Code or data rather than a system segment.
    pub const S: u16 = 1 << 4;
    /// Present. A null selector clears it.
    pub const P: u16 = 1 << 7;
    /// 64-bit code.
    pub const L: u16 = 1 << 9;
    /// Default size 32 (code), big (stack).
    pub const D: u16 = 1 << 10;
    /// Limit counts pages.
    pub const G: u16 = 1 << 11;

    /// Whether all of `bits` are set in the attributes.
    pub const fn has(&self, bits: u16) -> bool {
        self.attributes & bits == bits
    }
    /// Descriptor privilege level.
    pub const fn dpl(&self) -> u8 {
        (self.attributes >> 5 & 3) as u8
    }
    /// What a load of `selector` gives in real mode: base = selector * 16.
    pub const fn real(selector: u16, code: bool) -> Self {
        let kind = if code { Self::CODE } else { 0 };
        Self {
            selector,
            attributes: Self::P | Self::S | Self::RW | Self::ACCESSED | kind,
            limit: 0xffff,
            base: (selector as u64) << 4,
        }
    }
}

/// GDTR or IDTR.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TableRegister {
    /// Linear address of the table.
    pub base: u64,
    /// Offset of its last byte.
    pub limit: u16,
}

/// The x87 and SSE registers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fpu {
    /// XMM0..15.
    pub xmm: [u128; 16],
    /// The eight 80-bit x87 registers by physical number; MMX uses the low 64 bits.
    pub st: [u128; 8],
    /// x87 control word.
    pub control: u16,
    /// x87 status word, TOP included.
    pub status: u16,
    /// One bit a register, 1 = in use (the abridged tag word of FXSAVE).
    pub tags: u8,
    /// Opcode of the last x87 instruction.
    pub opcode: u16,
    /// Address of the last x87 instruction.
    pub ip: u64,
    /// Address of its operand.
    pub dp: u64,
    /// SSE control and status.
    pub mxcsr: u32,
}

impl Default for Fpu {
    /// After RESET (APM vol. 2 table 14-1).
    fn default() -> Self {
        Self {
            xmm: [0; 16],
            st: [0; 8],
            control: 0x0040,
            status: 0,
            tags: 0xff,
            opcode: 0,
            ip: 0,
            dp: 0,
            mxcsr: 0x1f80,
        }
    }
}

/// The model-specific registers that exist here, but for EFER and the segment bases.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // named after the constants in x86::msr
pub struct Msrs {
    pub star: u64,
    pub lstar: u64,
    pub cstar: u64,
    pub sfmask: u64,
    pub kernel_gs_base: u64,
    pub tsc_aux: u64,
    /// Added to the clock to give the time-stamp counter (a WRMSR to TSC changes it).
    pub tsc_offset: u64,
    pub apic_base: u64,
    pub pat: u64,
    pub hwcr: u64,
    pub sysenter_cs: u64,
    pub sysenter_esp: u64,
    pub sysenter_eip: u64,
    pub mtrr_def_type: u64,
    pub vm_cr: u64,
    pub vm_hsave_pa: u64,
}

/// The architectural state, the TLB included: what a snapshot keeps and a replay compares.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct State {
    /// General registers in encoding order, see [`gpr`].
    pub gpr: [u64; 16],
    /// Address of the next instruction, an offset into CS.
    pub rip: u64,
    /// RFLAGS.
    pub rflags: u64,
    /// ES, CS, SS, DS, FS, GS, see [`seg`].
    pub seg: [Segment; 6],
    /// Local descriptor table register.
    pub ldtr: Segment,
    /// Task register.
    pub tr: Segment,
    /// Global descriptor table register.
    pub gdtr: TableRegister,
    /// Interrupt descriptor table register.
    pub idtr: TableRegister,
    /// Current privilege level, 0..=3.
    pub cpl: u8,
    /// CR0.
    pub cr0: u64,
    /// CR2: address of the last page fault.
    pub cr2: u64,
    /// CR3: the page-table root.
    pub cr3: u64,
    /// CR4.
    pub cr4: u64,
    /// CR8: task priority.
    pub cr8: u64,
    /// DR0..3.
    pub dr: [u64; 4],
    /// DR6.
    pub dr6: u64,
    /// DR7.
    pub dr7: u64,
    /// EFER.
    pub efer: u64,
    /// The other model-specific registers.
    pub msr: Msrs,
    /// x87 and SSE.
    pub fpu: Fpu,
    /// The instruction before was STI or a load of SS: no interrupt before the next one.
    pub shadow: bool,
    /// HLT was executed and nothing has ended it.
    pub halted: bool,
    /// A triple fault stopped the CPU until reset.
    pub shutdown: bool,
    /// Translations for instruction fetches.
    pub itlb: Tlb,
    /// Translations for loads and stores.
    pub dtlb: Tlb,
}

impl Default for State {
    /// After RESET (APM vol. 2 §14.1.3): real mode, first instruction at FFFF_FFF0.
    fn default() -> Self {
        let mut seg = [Segment::real(0, false); 6];
        seg[seg::CS] = Segment {
            selector: 0xf000,
            base: 0xffff_0000,
            ..Segment::real(0, true)
        };
        let system = |kind| Segment {
            attributes: Segment::P | kind,
            limit: 0xffff,
            ..Segment::default()
        };
        let mut gpr = [0; 16];
        gpr[gpr::RDX] = u64::from(crate::cpuid::SIGNATURE);
        Self {
            gpr,
            rip: 0xfff0,
            rflags: rflags::FIXED,
            seg,
            ldtr: system(2),
            tr: system(0xb),
            gdtr: TableRegister {
                base: 0,
                limit: 0xffff,
            },
            idtr: TableRegister {
                base: 0,
                limit: 0xffff,
            },
            cpl: 0,
            cr0: 0x6000_0010,
            cr2: 0,
            cr3: 0,
            cr4: 0,
            cr8: 0,
            dr: [0; 4],
            dr6: 0xffff_0ff0,
            dr7: 0x400,
            efer: 0,
            msr: Msrs {
                apic_base: 0xfee0_0900,
                pat: 0x0007_0406_0007_0406,
                ..Msrs::default()
            },
            fpu: Fpu::default(),
            shadow: false,
            halted: false,
            shutdown: false,
            itlb: Tlb::default(),
            dtlb: Tlb::default(),
        }
    }
}
