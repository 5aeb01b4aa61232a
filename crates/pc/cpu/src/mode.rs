//! Changes of privilege level, mode and control registers: what hangs on them is derived anew,
//! and told.

use crate::Bus;
use crate::cpu::{CR4_PAGING, Env, Fetch};
use crate::fault::{Done, Fault};
use crate::run::Run;
use crate::state::{Segment, seg};
use probe::{Event, Flush, Probe};
use x86::reg::{cr0, cr4, efer};

/// CR4 bits that exist here; setting another is #GP.
const CR4_KNOWN: u64 = cr4::TSD
    | cr4::DE
    | cr4::PSE
    | cr4::PAE
    | cr4::MCE
    | cr4::PGE
    | cr4::PCE
    | cr4::OSFXSR
    | cr4::OSXMMEXCPT
    | cr4::UMIP
    | cr4::FSGSBASE
    | cr4::SMEP
    | cr4::SMAP;
/// EFER bits that exist here.
const EFER_KNOWN: u64 = efer::SCE | efer::LME | efer::LMA | efer::NXE;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// Derives again what follows from control registers and segments.
    pub fn refresh(&mut self) {
        let before = self.env;
        let after = Env::of(&self.state);
        self.env = after;
        if after.mode != before.mode {
            self.fetch = Fetch::NONE;
            let (from, to) = (before.mode, after.mode);
            self.probe
                .event(self.cpu.clock, || Event::Mode { from, to });
        }
        if after.align != before.align {
            self.tags.forget();
        }
    }
    /// Changes the privilege level. Fetches are checked anew.
    pub fn set_cpl(&mut self, cpl: u8) {
        let from = self.state.cpl;
        if from != cpl {
            self.state.cpl = cpl;
            self.fetch = Fetch::NONE;
            self.probe
                .event(self.cpu.clock, || Event::Cpl { from, to: cpl });
            self.refresh();
        }
    }
    /// #GP(0) unless CPL is 0.
    #[inline(always)]
    pub fn privileged(&self) -> Done {
        if self.state.cpl == 0 {
            Ok(())
        } else {
            Err(Fault::GP0)
        }
    }

    pub fn set_cr0(&mut self, value: u64) -> Done {
        let old = self.state.cr0;
        let on = |bit| value & bit != 0;
        if value >> 32 != 0 || on(cr0::PG) && !on(cr0::PE) || on(cr0::NW) && !on(cr0::CD) {
            return Err(Fault::GP0);
        }
        let turns_on = on(cr0::PG) && old & cr0::PG == 0;
        let turns_off = !on(cr0::PG) && old & cr0::PG != 0;
        if turns_on && self.state.efer & efer::LME != 0 {
            // Long mode begins here: with PAE paging, from a segment that is not 64-bit yet.
            if self.state.cr4 & cr4::PAE == 0 || self.state.seg[seg::CS].has(Segment::L) {
                return Err(Fault::GP0);
            }
            self.set_efer_bits(self.state.efer | efer::LMA);
        }
        if turns_off && self.state.efer & efer::LMA != 0 {
            if self.env.is_long() {
                return Err(Fault::GP0);
            }
            self.set_efer_bits(self.state.efer & !efer::LMA);
        }
        let new = value & 0xe005_003f | cr0::ET;
        self.state.cr0 = new;
        if new != old {
            self.probe.event(self.cpu.clock, || Event::Control {
                register: 0,
                old,
                new,
            });
        }
        if (old ^ new) & cr0::PE != 0 && new & cr0::PE == 0 {
            self.set_cpl(0);
        }
        self.refresh();
        if (old ^ new) & (cr0::PG | cr0::WP | cr0::PE) != 0 {
            self.flush(Flush::All);
        }
        Ok(())
    }

    pub fn set_cr3(&mut self, value: u64) -> Done {
        let old = self.state.cr3;
        if value >> 52 != 0 {
            return Err(Fault::GP0);
        }
        self.state.cr3 = value;
        self.probe
            .event(self.cpu.clock, || Event::Cr3 { old, new: value });
        self.flush(Flush::Cr3);
        Ok(())
    }

    pub fn set_cr4(&mut self, value: u64) -> Done {
        let old = self.state.cr4;
        let long = self.state.efer & efer::LMA != 0;
        if value & !CR4_KNOWN != 0 || long && value & cr4::PAE == 0 {
            return Err(Fault::GP0);
        }
        self.state.cr4 = value;
        if value != old {
            self.probe.event(self.cpu.clock, || Event::Control {
                register: 4,
                old,
                new: value,
            });
        }
        self.refresh();
        if (old ^ value) & CR4_PAGING != 0 {
            self.flush(Flush::All);
        }
        Ok(())
    }

    /// WRMSR to EFER. LME cannot change under paging; LMA cannot be written at all.
    pub fn set_efer(&mut self, value: u64) -> Done {
        let old = self.state.efer;
        if value & !EFER_KNOWN != 0 {
            return Err(Fault::GP0);
        }
        if (old ^ value) & efer::LME != 0 && self.state.cr0 & cr0::PG != 0 {
            return Err(Fault::GP0);
        }
        self.set_efer_bits(value & !efer::LMA | old & efer::LMA);
        self.refresh();
        if (old ^ value) & efer::NXE != 0 {
            self.flush(Flush::All);
        }
        Ok(())
    }
    fn set_efer_bits(&mut self, new: u64) {
        let old = self.state.efer;
        self.state.efer = new;
        if new != old {
            self.probe.event(self.cpu.clock, || Event::Control {
                register: 0xe,
                old,
                new,
            });
        }
    }
}
