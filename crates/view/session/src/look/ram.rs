//! The map of physical memory: who owns which stretch, down to a guest's processes.

use inspect::{GuestMemory, KernelView, Space};
use objects::kernel::{Frame, frame};
use scene::Stretch;
use x86::paging::PagingMode;

use super::Sight;
use super::kernel::Prefix;
use crate::scenario::ImageKind;

const FRAME_BYTES: u64 = 4096;

/// Memory from address 0 to the end of RAM.
pub fn stretches(sight: &Sight<'_>) -> Vec<Stretch> {
    let total = sight.ram_bytes / FRAME_BYTES;
    let mut map = Map::default();
    match sight.spec.image {
        ImageKind::Kernel => {
            let prefix = Prefix::bare(&sight.spec.id);
            match sight.kernel() {
                Some(Ok(view)) => kernel(&mut map, &prefix, sight.space(), &view),
                _ => map.push(total, &prefix.kernel, "booting"),
            }
        }
        ImageKind::Hypervisor => hypervisor(&mut map, sight),
    }
    map.fill_to(total);
    map.stretches
}

fn hypervisor(map: &mut Map, sight: &Sight<'_>) {
    let own = format!("{}/hv", sight.spec.id);
    let Some(Ok(view)) = sight.hypervisor() else {
        return map.push(sight.ram_bytes / FRAME_BYTES, &own, "booting");
    };
    let mut vms: Vec<_> = view.live().collect();
    vms.sort_by_key(|(_, vm, _)| vm.memory_at);
    for (slot, vm, vcpu) in vms {
        map.fill_with(vm.memory_at / FRAME_BYTES, &own, "hypervisor");
        let end = (vm.memory_at + vm.memory_bytes) / FRAME_BYTES;
        let prefix = Prefix::guest(&sight.spec.id, slot, objects::text(&vm.name));
        let mode = PagingMode::of(vcpu.cr0, vcpu.cr4, vcpu.efer);
        let memory = GuestMemory::new(&*sight.memory, vm.memory_at, vm.memory_bytes);
        let space = Space::new(&memory, mode, vcpu.cr3);
        if mode == PagingMode::Long
            && let Some(at) = sight.guests.kernel.symbol("KERNEL_ROOT")
            && let Ok(Some(guest)) = KernelView::read(space, at)
        {
            kernel(map, &prefix, space, &guest);
        }
        map.truncate(end);
        map.fill_with(end, &format!("{}/hv/vm{slot}", sight.spec.id), "VM memory");
    }
}

/// A kernel's frames, one after another, from where the map ends.
fn kernel(map: &mut Map, prefix: &Prefix, space: Space<'_>, view: &KernelView) {
    let Ok(frames) = KernelView::frames(space, &view.root) else {
        return;
    };
    let owners = owners(prefix, view);
    for this in &frames {
        let (owner, kind) = owner(this, prefix, &owners);
        map.push(1, owner, kind);
    }
}

/// Paths of the boxes by [`Mm`](objects::kernel::Mm) id.
fn owners(prefix: &Prefix, view: &KernelView) -> Vec<Option<String>> {
    let mut owners = vec![None; view.mms.len()];
    for container in inspect::containers(view) {
        for this in &container.tasks {
            if let Some(owner) = owners.get_mut(this.task.mm as usize) {
                *owner = Some(super::kernel::task_path(
                    prefix,
                    this.task,
                    Some(container.pid_ns),
                ));
            }
        }
    }
    for this in view.live() {
        if let Some(owner @ None) = owners.get_mut(this.task.mm as usize) {
            *owner = Some(super::kernel::task_path(prefix, this.task, None));
        }
    }
    owners
}

fn owner<'a>(
    this: &Frame,
    prefix: &'a Prefix,
    owners: &'a [Option<String>],
) -> (&'a str, &'static str) {
    let process = owners.get(usize::from(this.mm)).and_then(Option::as_deref);
    let kernel = prefix.kernel.as_str();
    match this.kind {
        frame::FREE => ("", "free"),
        frame::RESERVED => (kernel, "reserved"),
        frame::KERNEL => (kernel, "kernel"),
        frame::TABLE => (process.unwrap_or(kernel), "page table"),
        frame::STACK => (kernel, "kernel stack"),
        frame::ANON => (process.unwrap_or(kernel), "anonymous"),
        frame::FILE => (kernel, "file"),
        frame::INITRD => (kernel, "initramfs"),
        _ => (kernel, "kernel data"),
    }
}

/// A run-length list that grows upwards.
#[derive(Default)]
struct Map {
    stretches: Vec<Stretch>,
    /// Frames so far.
    len: u64,
}

impl Map {
    fn push(&mut self, frames: u64, owner: &str, kind: &str) {
        if frames == 0 {
            return;
        }
        self.len += frames;
        if let Some(last) = self.stretches.last_mut()
            && last.owner == owner
            && last.kind == kind
        {
            last.frames += frames as u32;
            return;
        }
        let (owner, kind) = (owner.to_owned(), kind.to_owned());
        self.stretches.push(Stretch {
            frames: frames as u32,
            owner,
            kind,
        });
    }

    /// Grows to `end` frames with one owner; does nothing if it is as long already.
    fn fill_with(&mut self, end: u64, owner: &str, kind: &str) {
        self.push(end.saturating_sub(self.len), owner, kind);
    }

    /// Cuts to `end` frames: a guest's own table may tell of more than its partition has.
    fn truncate(&mut self, end: u64) {
        while self.len > end {
            let Some(last) = self.stretches.last_mut() else {
                return;
            };
            let cut = (self.len - end).min(u64::from(last.frames));
            last.frames -= cut as u32;
            self.len -= cut;
            if last.frames == 0 {
                self.stretches.pop();
            }
        }
    }

    /// The rest, up to the end of RAM, is nobody's.
    fn fill_to(&mut self, end: u64) {
        self.truncate(end);
        self.fill_with(end, "", "free");
    }
}
