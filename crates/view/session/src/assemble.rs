//! From a scenario's words to a machine's bytes: which files the boot loader finds.

use images::cpio::Archive;
use machine::{Boot, Config, Machine, Module};

use crate::scenario::{ImageKind, MachineSpec, VmSpec};

/// The machine that a scenario describes, at the reset vector.
///
/// # Errors
/// If the image cannot be loaded: what and why.
pub fn assemble(spec: &MachineSpec) -> Result<Machine, String> {
    let (image, initrd) = match spec.image {
        ImageKind::Kernel => (images::KERNEL, initramfs(&spec.rc)),
        ImageKind::Hypervisor => (images::HYPERVISOR, hypervisor_archive(&spec.vms)),
    };
    Machine::new(Config {
        ram_mib: (spec.ram.0 >> 20) as u32,
        firmware: Some(images::FIRMWARE),
        boot: Boot::Pvh {
            image,
            modules: &[Module::new(&initrd)],
            command_line: &spec.append,
        },
    })
    .map_err(|error| format!("machine `{}`: {error}", spec.id))
}

/// The common initramfs, with `/etc/rc` laid over it if there is one.
fn initramfs(rc: &str) -> Vec<u8> {
    let mut bytes = images::INITRAMFS.to_vec();
    if !rc.is_empty() {
        bytes.extend(rc_archive(rc));
    }
    bytes
}

fn rc_archive(rc: &str) -> Vec<u8> {
    Archive::new().file("etc/rc", 0o755, rc.as_bytes()).finish()
}

/// What the hypervisor boots its VMs from: one kernel and one initramfs for all, and for each
/// VM its configuration and what is its own.
fn hypervisor_archive(vms: &[VmSpec]) -> Vec<u8> {
    let mut archive = Archive::new()
        .file("kernel", 0o644, images::KERNEL)
        .file("initramfs.cpio", 0o644, images::INITRAMFS)
        .dir("vm");
    for (n, vm) in vms.iter().enumerate() {
        archive = archive.file(
            &format!("vm/{}.conf", n + 1),
            0o644,
            configuration(n, vm).as_bytes(),
        );
        if !vm.rc.is_empty() {
            archive = archive.file(&format!("vm/{}.cpio", n + 1), 0o644, &rc_archive(&vm.rc));
        }
    }
    archive.finish()
}

fn configuration(n: usize, vm: &VmSpec) -> String {
    format!(
        "name={}\nmemory={}K\nweight={}\ncap={}\nuart={}\nappend={}\n",
        vm.name,
        vm.memory.0 >> 10,
        vm.weight,
        vm.cap,
        n + 1,
        vm.append
    )
}
