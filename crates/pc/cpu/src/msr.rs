//! RDMSR and WRMSR: the model-specific registers that exist. Others are #GP(0).

use crate::Bus;
use crate::fault::{Done, Fault};
use crate::run::Run;
use crate::state::seg;
use probe::Probe;
use x86::addr::is_canonical;
use x86::msr;

/// MTRRs: none, but a kernel asks how many (CNT = 0) and sets the default type.
const MTRR_CAP: u32 = 0xfe;
const MTRR_DEF_TYPE: u32 = 0x2ff;
/// Microcode patch level, which kernels read without asking CPUID.
const PATCH_LEVEL: u32 = 0x8b;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    pub fn read_msr(&mut self, number: u32) -> Result<u64, Fault> {
        let state = &self.state;
        Ok(match number {
            msr::TSC => self.tsc(),
            msr::APIC_BASE => state.msr.apic_base,
            msr::SYSENTER_CS => state.msr.sysenter_cs,
            msr::SYSENTER_ESP => state.msr.sysenter_esp,
            msr::SYSENTER_EIP => state.msr.sysenter_eip,
            msr::PAT => state.msr.pat,
            msr::EFER => state.efer,
            msr::STAR => state.msr.star,
            msr::LSTAR => state.msr.lstar,
            msr::CSTAR => state.msr.cstar,
            msr::SFMASK => state.msr.sfmask,
            msr::FS_BASE => state.seg[seg::FS].base,
            msr::GS_BASE => state.seg[seg::GS].base,
            msr::KERNEL_GS_BASE => state.msr.kernel_gs_base,
            msr::TSC_AUX => state.msr.tsc_aux,
            msr::HWCR => state.msr.hwcr,
            MTRR_CAP | PATCH_LEVEL => 0,
            MTRR_DEF_TYPE => state.msr.mtrr_def_type,
            _ => return Err(Fault::GP0),
        })
    }

    pub fn write_msr(&mut self, number: u32, value: u64) -> Done {
        let address = |value| {
            if is_canonical(value) {
                Ok(value)
            } else {
                Err(Fault::GP0)
            }
        };
        let clock = self.clock;
        let state = &mut self.cpu.state;
        match number {
            msr::TSC => state.msr.tsc_offset = value.wrapping_sub(clock),
            msr::APIC_BASE => state.msr.apic_base = value,
            msr::SYSENTER_CS => state.msr.sysenter_cs = value,
            msr::SYSENTER_ESP => state.msr.sysenter_esp = value,
            msr::SYSENTER_EIP => state.msr.sysenter_eip = value,
            msr::PAT => {
                // Each of the eight types must be one that exists.
                if value
                    .to_le_bytes()
                    .iter()
                    .any(|kind| !matches!(kind, 0 | 1 | 4..=7))
                {
                    return Err(Fault::GP0);
                }
                state.msr.pat = value;
            }
            msr::EFER => return self.set_efer(value),
            msr::STAR => state.msr.star = value,
            msr::LSTAR => state.msr.lstar = address(value)?,
            msr::CSTAR => state.msr.cstar = address(value)?,
            msr::SFMASK => state.msr.sfmask = value & 0xffff_ffff,
            msr::FS_BASE => {
                state.seg[seg::FS].base = address(value)?;
                self.refresh();
            }
            msr::GS_BASE => {
                state.seg[seg::GS].base = address(value)?;
                self.refresh();
            }
            msr::KERNEL_GS_BASE => state.msr.kernel_gs_base = address(value)?,
            msr::TSC_AUX => state.msr.tsc_aux = value & 0xffff_ffff,
            msr::HWCR => state.msr.hwcr = value & crate::cpuid::USER_DISABLE,
            MTRR_DEF_TYPE => state.msr.mtrr_def_type = value,
            PATCH_LEVEL => {}
            _ => return Err(Fault::GP0),
        }
        Ok(())
    }
}
