//! Who executes now: the innermost box, told from CPL, CR3 and a few words of memory.

use inspect::{GuestMemory, Space};
use objects::hypervisor::{Vcpu, Vm};
use objects::kernel::{Task, state};
use objects::{NONE, Table, hypervisor, kernel};
use x86::paging::PagingMode;

use super::Sight;
use super::kernel::{Prefix, task_path};
use crate::scenario::ImageKind;

/// Which layer executes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layer {
    /// The boot ROM, or an image before it has set itself up.
    Firmware,
    /// The hypervisor.
    Hypervisor,
    /// A kernel, bare or a guest's.
    Kernel,
    /// A program.
    User,
    /// Nobody: the CPU sleeps.
    Asleep,
}

/// Who executes now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Whereabouts {
    /// The layer.
    pub layer: Layer,
    /// The innermost box that it is known to be in.
    pub path: String,
    /// The privilege level that a guest believes in.
    pub virtual_cpl: Option<u8>,
    /// What to call it in a sentence.
    pub name: String,
    /// The VM's slot, if it is in one.
    pub vm: Option<u32>,
    /// The task's slot in its kernel, if a kernel has one on the CPU.
    pub task: Option<u32>,
}

/// Who executes at this moment.
pub fn whereabouts(sight: &Sight<'_>) -> Whereabouts {
    let id = &sight.spec.id;
    let mut here = Whereabouts {
        layer: Layer::Firmware,
        path: format!("{id}/fw"),
        virtual_cpl: None,
        name: "the boot ROM".into(),
        vm: None,
        task: None,
    };
    if sight.cpu.halted {
        here.layer = Layer::Asleep;
        here.path.clone_from(id);
        here.name = "nobody: the CPU sleeps".into();
        return here;
    }
    let in_rom = sight.cpu.cr0 & x86::reg::cr0::PG == 0 && in_firmware(sight);
    if in_rom {
        return here;
    }
    match sight.spec.image {
        ImageKind::Kernel => {
            here.layer = Layer::Kernel;
            here.path = format!("{id}/os");
            here.name = "the kernel".into();
            let prefix = Prefix::bare(id);
            let current = sight
                .long_mode()
                .then(|| current_task(sight.space(), sight))
                .flatten();
            in_kernel(&mut here, &prefix, current, sight.cpu.cpl);
        }
        ImageKind::Hypervisor => {
            here.layer = Layer::Hypervisor;
            here.path = format!("{id}/hv");
            here.name = "the hypervisor".into();
            if sight.cpu.cpl == 3 {
                in_guest(&mut here, sight);
            } else if sight.long_mode() {
                here.vm = current_vm(sight).map(|(slot, ..)| slot);
            }
        }
    }
    here
}

fn in_firmware(sight: &Sight<'_>) -> bool {
    let linear = sight.cpu.seg[cpu::seg::CS].base.wrapping_add(sight.cpu.rip);
    (0xf_0000..0x10_0000).contains(&linear) || linear >= 0xffff_0000
}

/// Refines "in the kernel" to the task, if CPL says that a program runs.
fn in_kernel(here: &mut Whereabouts, prefix: &Prefix, current: Option<Current>, cpl: u8) {
    let Some(current) = current else { return };
    here.task = Some(current.slot);
    if cpl == 3 {
        here.layer = Layer::User;
        here.path = task_path(prefix, &current.task, current.container_ns);
        here.name = objects::text(&current.task.name).to_owned();
    }
}

fn in_guest(here: &mut Whereabouts, sight: &Sight<'_>) {
    let Some((slot, vm, vcpu)) = current_vm(sight) else {
        return;
    };
    let name = objects::text(&vm.name).to_owned();
    let prefix = Prefix::guest(&sight.spec.id, slot, &name);
    here.layer = Layer::Kernel;
    here.vm = Some(slot);
    here.virtual_cpl = Some(vcpu.cpl as u8);
    here.path.clone_from(&prefix.kernel);
    here.name = format!("the kernel of VM {name}");
    let mode = PagingMode::of(vcpu.cr0, vcpu.cr4, vcpu.efer);
    if mode != PagingMode::Long {
        return;
    }
    let memory = GuestMemory::new(&*sight.memory, vm.memory_at, vm.memory_bytes);
    let current = current_task(Space::new(&memory, mode, vcpu.cr3), sight);
    in_kernel(here, &prefix, current, vcpu.cpl as u8);
}

/// Slot, VM and vCPU that are on the CPU.
pub fn current_vm(sight: &Sight<'_>) -> Option<(u32, Vm, Vcpu)> {
    let at = sight.guests.hypervisor.symbol("HYPERVISOR_ROOT")?;
    let space = sight.space();
    let root: hypervisor::Root = space.object(at).ok()?;
    if root.magic != hypervisor::MAGIC || root.current == NONE {
        return None;
    }
    let vm = element(space, root.vms, root.current)?;
    let vcpu = element(space, root.vcpus, root.current)?;
    Some((root.current, vm, vcpu))
}

/// A kernel's current task.
struct Current {
    slot: u32,
    task: Task,
    /// The outermost pid namespace that it is behind, if any.
    container_ns: Option<u32>,
}

fn current_task(space: Space<'_>, sight: &Sight<'_>) -> Option<Current> {
    let at = sight.guests.kernel.symbol("KERNEL_ROOT")?;
    let root: kernel::Root = space.object(at).ok()?;
    if root.magic != kernel::MAGIC || root.idle != 0 || root.current == NONE {
        return None;
    }
    let task: Task = element(space, root.tasks, root.current)?;
    if task.state == state::FREE {
        return None;
    }
    let mut container_ns = None;
    let mut id = task.pid_ns;
    while let Some(ns) = element::<kernel::PidNs>(space, root.pid_ns, id) {
        if ns.level == 0 || ns.level as usize > kernel::PID_LEVELS {
            break;
        }
        container_ns = Some(id);
        id = ns.parent;
    }
    Some(Current {
        slot: root.current,
        task,
        container_ns,
    })
}

fn element<T: zerocopy::FromBytes>(space: Space<'_>, table: Table, index: u32) -> Option<T> {
    (u64::from(index) < table.len).then_some(())?;
    space
        .object(
            table
                .base
                .checked_add(u64::from(index).checked_mul(table.stride)?)?,
        )
        .ok()
}

/// Reads a stretch of memory for the disassembler; short if the page after is missing.
pub fn code_at(space: Space<'_>, va: u64, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; most];
    if space.read(va, &mut bytes).is_ok() {
        return bytes;
    }
    bytes.truncate((0x1000 - (va & 0xfff)) as usize);
    if space.read(va, &mut bytes).is_err() {
        bytes.clear();
    }
    bytes
}
