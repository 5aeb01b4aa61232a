//! The hypervisor's boxes: itself, and each VM with the kernel in it.

use inspect::{GuestMemory, HypervisorView, KernelView, Space, Unreadable};
use objects::hypervisor::{Vcpu, Vm, exit, state};
use scene::{BoxKind, StackBox, State};
use x86::paging::PagingMode;

use super::kernel::{Prefix, kernel_box};
use super::{Shares, Sight};

/// The hypervisor with its VMs.
pub fn boxes(sight: &Sight<'_>, shares: &mut Shares) -> StackBox {
    let mut this = StackBox {
        path: format!("{}/hv", sight.spec.id),
        kind: BoxKind::Hypervisor,
        name: "hypervisor".into(),
        state: State::Booting,
        why: "its tables are not filled in yet".into(),
        ..StackBox::default()
    };
    match sight.hypervisor() {
        Some(Ok(view)) => describe(&mut this, sight, &view, shares),
        Some(Err(error)) => this.why = error.to_string(),
        None => {}
    }
    this
}

fn describe(this: &mut StackBox, sight: &Sight<'_>, view: &HypervisorView, shares: &mut Shares) {
    let root = &view.root;
    (this.state, this.why) = match root.idle {
        0 => (State::Running, String::new()),
        _ => (State::Waiting, "every vCPU sleeps".into()),
    };
    this.memory_bytes = Some(root.own_bytes);
    let on_behalf: u64 = view.vms.iter().map(|vm| vm.hypervisor_ticks).sum();
    let had = root.own_ticks + on_behalf;
    this.cpu_ticks = Some(had);
    this.cpu_share = shares.of(&this.path, sight.moment, had);
    this.facts = vec![
        (
            "configuration".into(),
            "trap: guest kernels run in ring 3 on shadow page tables".into(),
        ),
        ("VMs".into(), view.live().count().to_string()),
    ];
    let exits: u64 = view.vms.iter().flat_map(|vm| vm.exits).sum();
    this.counts = vec![
        ("VM exits".into(), exits),
        ("world switches".into(), root.switches),
        ("timer interrupts".into(), root.ticks),
        ("ticks of its own".into(), root.own_ticks),
        ("ticks on behalf of VMs".into(), on_behalf),
    ];
    for (slot, vm, vcpu) in view.live() {
        this.inside.push(vm_box(sight, slot, vm, vcpu, shares));
    }
}

fn vm_box(sight: &Sight<'_>, slot: u32, vm: &Vm, vcpu: &Vcpu, shares: &mut Shares) -> StackBox {
    let name = objects::text(&vm.name).to_owned();
    let path = format!("{}/hv/vm{slot}", sight.spec.id);
    let (state, why) = match vm.state {
        state::IDLE => (State::Waiting, "its vCPU sleeps in HLT".to_owned()),
        state::PAUSED => (State::Paused, "paused".to_owned()),
        state::STOPPED => (State::Ended, objects::text(&vm.reason).to_owned()),
        state::KILLED => (State::Killed, objects::text(&vm.reason).to_owned()),
        _ => (State::Running, String::new()),
    };
    let mut counts: Vec<(String, u64)> = vec![("VM exits".into(), vm.exits.iter().sum())];
    counts.extend(
        (0..exit::COUNT)
            .filter(|&reason| vm.exits[reason] > 0)
            .map(|reason| (format!("exits: {}", exit::name(reason)), vm.exits[reason])),
    );
    counts.push(("shadow page-table frames".into(), vm.shadow_frames));
    counts.push(("ticks as a guest".into(), vm.guest_ticks));
    counts.push(("ticks of the hypervisor for it".into(), vm.hypervisor_ticks));
    let mut this = StackBox {
        cpu_share: shares.of(&path, sight.moment, vm.guest_ticks),
        cpu_limit: (vm.cap < 1000).then_some(vm.cap as u32),
        kind: BoxKind::Vm,
        state,
        why,
        memory_bytes: Some(vm.memory_bytes),
        since: Some(vm.start_tsc),
        cpu_ticks: Some(vm.guest_ticks),
        facts: vec![
            ("memory".into(), partition(vm)),
            ("weight".into(), vm.weight.to_string()),
            ("guest CR3".into(), format!("{:#x}", vcpu.cr3)),
            (
                "shadow roots".into(),
                format!("{:#x} {:#x}", vcpu.kernel_root, vcpu.user_root),
            ),
            ("virtual CPL".into(), vcpu.cpl.to_string()),
            ("virtual IF".into(), vcpu.interrupts.to_string()),
        ],
        counts,
        console: sight
            .spec
            .vms
            .iter()
            .any(|spec| spec.name == name)
            .then(|| name.clone()),
        ..StackBox::default()
    };
    let prefix = Prefix::guest(&sight.spec.id, slot, &name);
    let mut kernel = kernel_box(&prefix, guest_kernel(sight, vm, vcpu), shares);
    if matches!(this.state, State::Ended | State::Killed | State::Paused) {
        kernel.state = this.state;
        kernel.inside.clear();
    }
    this.inside.push(kernel);
    this.path = path;
    this.name = name;
    this
}

fn partition(vm: &Vm) -> String {
    let mib = vm.memory_bytes >> 20;
    format!(
        "{mib} MiB of host-physical memory from {:#x} on",
        vm.memory_at
    )
}

/// The tables of the kernel in a VM, through the guest's own page tables.
fn guest_kernel(sight: &Sight<'_>, vm: &Vm, vcpu: &Vcpu) -> Option<Result<KernelView, Unreadable>> {
    let at = sight.guests.kernel.symbol("KERNEL_ROOT")?;
    let mode = PagingMode::of(vcpu.cr0, vcpu.cr4, vcpu.efer);
    if mode != PagingMode::Long {
        return None;
    }
    let memory = GuestMemory::new(&*sight.memory, vm.memory_at, vm.memory_bytes);
    KernelView::read(Space::new(&memory, mode, vcpu.cr3), at).transpose()
}
