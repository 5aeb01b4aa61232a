//! [`HypervisorView`]: everything that the hypervisor keeps, at one moment.

use objects::hypervisor::{MAGIC, Root, Vcpu, Vm, state};

use crate::{Space, Unreadable};

/// The hypervisor's tables, copied out. vCPU n belongs to VM n.
pub struct HypervisorView {
    /// Its door.
    pub root: Root,
    /// Every slot, used or not.
    pub vms: Vec<Vm>,
    /// Every slot, used or not.
    pub vcpus: Vec<Vcpu>,
}

impl HypervisorView {
    /// Reads a hypervisor whose door is at `root_at`. `Ok(None)` while it has not filled it in.
    ///
    /// # Errors
    /// [`Unreadable`] if the door or a table is not mapped or is not what it should be.
    pub fn read(space: Space<'_>, root_at: u64) -> Result<Option<Self>, Unreadable> {
        let root: Root = space.object(root_at)?;
        if root.magic != MAGIC {
            return Ok(None);
        }
        Ok(Some(Self {
            vms: space.table(root.vms)?,
            vcpus: space.table(root.vcpus)?,
            root,
        }))
    }

    /// The VMs that exist, with their slots and vCPUs.
    pub fn live(&self) -> impl Iterator<Item = (u32, &Vm, &Vcpu)> {
        (0u32..)
            .zip(self.vms.iter().zip(&self.vcpus))
            .filter(|(_, (vm, _))| vm.state != state::FREE)
            .map(|(slot, (vm, vcpu))| (slot, vm, vcpu))
    }

    /// The VM whose vCPU is on the CPU, unless all idle.
    pub fn current(&self) -> Option<(u32, &Vm, &Vcpu)> {
        let slot = self.root.current;
        let vm = self.vms.get(slot as usize)?;
        let vcpu = self.vcpus.get(slot as usize)?;
        (self.root.idle == 0 && vm.state != state::FREE).then_some((slot, vm, vcpu))
    }
}
