//! # 26. Model-specific registers, CPUID, the time
//!
//! A file of virtual MSRs. What is not in it does not exist: #GP, which is how a kernel finds
//! out. The ones behind FS and GS have a real counterpart that follows at the next entry;
//! those behind SYSCALL have not, because real SYSCALLs come to us.

use x86::addr::is_canonical;
use x86::msr;
use x86::reg::{cr0, efer};

use crate::decode::Insn;
use crate::emulate::Op;
use crate::guest::{Guest, Outcome, general_protection};
use crate::vtlb;

const EFER_ALLOWED: u64 = efer::SCE | efer::LME | efer::NXE;

/// RDMSR.
pub fn rdmsr(g: &mut Guest<'_>, _: &Insn) -> Outcome {
    let value = match g.cpu.gpr[1] as u32 {
        msr::TSC => g.own.now,
        // A local APIC that is switched off, at the usual place; this is the boot CPU.
        msr::APIC_BASE => 0xfee0_0100,
        msr::EFER => g.cpu.efer,
        msr::STAR => g.cpu.syscall[0],
        msr::LSTAR => g.cpu.syscall[1],
        msr::CSTAR => g.cpu.syscall[2],
        msr::SFMASK => g.cpu.syscall[3],
        msr::FS_BASE => g.cpu.fs_base,
        msr::GS_BASE => g.cpu.gs_base,
        msr::KERNEL_GS_BASE => g.cpu.kernel_gs_base,
        number => match kept(number) {
            Some(index) => g.own.msrs[index],
            None => return general_protection(0),
        },
    };
    g.set_register(0, 4, value);
    g.set_register(2, 4, value >> 32);
    Ok(())
}

/// WRMSR.
pub fn wrmsr(g: &mut Guest<'_>, _: &Insn) -> Outcome {
    let value = g.cpu.gpr[0] & 0xffff_ffff | g.cpu.gpr[2] << 32;
    let number = g.cpu.gpr[1] as u32;
    let address = matches!(
        number,
        msr::LSTAR | msr::CSTAR | msr::FS_BASE | msr::GS_BASE | msr::KERNEL_GS_BASE
    );
    if address && !is_canonical(value) {
        return general_protection(0);
    }
    match number {
        msr::EFER => return write_efer(g, value),
        msr::STAR => g.cpu.syscall[0] = value,
        msr::LSTAR => g.cpu.syscall[1] = value,
        msr::CSTAR => g.cpu.syscall[2] = value,
        msr::SFMASK => g.cpu.syscall[3] = value & 0xffff_ffff,
        msr::FS_BASE => g.cpu.fs_base = value,
        msr::GS_BASE => g.cpu.gs_base = value,
        msr::KERNEL_GS_BASE => g.cpu.kernel_gs_base = value,
        msr::APIC_BASE if value & 0x800 == 0 => {}
        number => match kept(number) {
            Some(index) => g.own.msrs[index] = value,
            None => return general_protection(0),
        },
    }
    g.own.stale.bases |= matches!(number, msr::FS_BASE | msr::GS_BASE);
    Ok(())
}

/// MSRs that are remembered and otherwise without effect: memory types are not modelled,
/// SYSENTER is #UD in long mode on AMD, and RDTSCP reads the real TSC_AUX.
const fn kept(number: u32) -> Option<usize> {
    Some(match number {
        msr::SYSENTER_CS => 0,
        msr::SYSENTER_ESP => 1,
        msr::SYSENTER_EIP => 2,
        msr::PAT => 3,
        msr::TSC_AUX => 4,
        _ => return None,
    })
}

fn write_efer(g: &mut Guest<'_>, value: u64) -> Outcome {
    let changed = (g.cpu.efer ^ value) & EFER_ALLOWED;
    if value & !(EFER_ALLOWED | efer::LMA) != 0
        || changed & efer::LME != 0 && g.cpu.cr0 & cr0::PG != 0
    {
        return general_protection(0);
    }
    g.cpu.efer ^= changed; // LMA is the CPU's to write
    if changed & efer::NXE != 0 {
        vtlb::flush_all(g);
    }
    Ok(())
}

/// RDTSC and RDTSCP, if something makes them trap: the real time.
pub fn rdtsc(g: &mut Guest<'_>, insn: &Insn) -> Outcome {
    let now = g.own.now;
    g.set_register(0, 4, now);
    g.set_register(2, 4, now >> 32);
    if insn.op == Op::Rdtscp {
        let aux = g.own.msrs[4];
        g.set_register(1, 4, aux);
    }
    Ok(())
}

/// RDPMC and XSETBV: features that a guest's CPU has not.
pub fn none(_: &mut Guest<'_>, _: &Insn) -> Outcome {
    general_protection(0)
}

/// [H:26.1] CPUID, on a CPU that lets us trap it: without what we do not serve. On any other the
/// guest sees the real answer, and must be told by other means.
pub fn cpuid(g: &mut Guest<'_>, _: &Insn) -> Outcome {
    let (leaf, sub) = (g.cpu.gpr[0] as u32, g.cpu.gpr[1] as u32);
    let mut r = metal::reg::cpuid(leaf, sub);
    match leaf {
        // How fast the TSC is (leaf 0x15), so that no guest has to measure it on a shared CPU.
        0 => r[0] = r[0].max(0x15),
        0x15 => r = [1, 1, g.own.devices.clock.tsc_hz as u32, 0],
        1 => {
            const MONITOR_VMX_X2APIC_PCID: u32 = 1 << 3 | 1 << 5 | 1 << 17 | 1 << 21;
            const XSAVE_AVX_F16C: u32 = 7 << 26 | 1 << 29;
            const HYPERVISOR: u32 = 1 << 31;
            const APIC: u32 = 1 << 9;
            r[2] = r[2] & !(MONITOR_VMX_X2APIC_PCID | XSAVE_AVX_F16C) | HYPERVISOR;
            r[3] &= !APIC;
        }
        7 => {
            const FSGSBASE_INVPCID_SMAP: u32 = 1 | 1 << 10 | 1 << 20;
            const UMIP: u32 = 1 << 2;
            r[1] &= !FSGSBASE_INVPCID_SMAP;
            r[2] &= !UMIP;
        }
        // The leaf by which a guest asks who serves it.
        0x4000_0000 => {
            let name = |at: usize| {
                let n = b"RingsideTrap";
                u32::from_le_bytes([n[at], n[at + 1], n[at + 2], n[at + 3]])
            };
            r = [0x4000_0000, name(0), name(4), name(8)];
        }
        0x8000_0001 => r[2] &= !(1 << 2), // SVM
        _ => {}
    }
    for (register, value) in [(0, r[0]), (3, r[1]), (1, r[2]), (2, r[3])] {
        g.set_register(register, 4, u64::from(value));
    }
    Ok(())
}
