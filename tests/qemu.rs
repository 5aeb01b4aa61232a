//! Our images do in QEMU what they do here: the same words on every serial port, the same end.
//!
//! A second opinion about both sides at once: a kernel that only our own processor believes in, or
//! a processor that only our own kernel believes in, would be found out.

use images::cpio::Archive;
use promises::boot::{Boot, Operator};

/// A script for init to run, laid over the initramfs.
fn initramfs(script: &str) -> Vec<u8> {
    let overlay = Archive::new().file("etc/rc", 0o755, script.as_bytes());
    [images::INITRAMFS, &overlay.finish()].concat()
}

#[test]
#[ignore = "needs QEMU: cargo xtask test --only qemu"]
fn the_kernel_runs_its_programs() {
    let initrd = initramfs(include_str!("qemu/kernel.sh"));
    let boot = Boot {
        name: "kernel",
        image: images::KERNEL,
        initrd: &initrd,
        append: "console=ttyS0 hostname=ringside quiet",
        ram_mib: 32,
        ports: 1,
        operator: None,
    };
    let here = boot.here();
    promises::check(&here.ports[0], "qemu/kernel.txt");
    assert_eq!(here, boot.in_qemu());
}

#[test]
#[ignore = "needs QEMU: cargo xtask test --only qemu"]
fn the_hypervisor_runs_three_vms() {
    let mut archive = Archive::new().file("kernel", 0o644, images::KERNEL).file(
        "initramfs.cpio",
        0o644,
        images::INITRAMFS,
    );
    for (at, name) in ["web", "worker", "db"].into_iter().enumerate() {
        let uart = at + 1;
        let conf = format!(
            "name={name}\nmemory=12M\nuart={uart}\nappend=console=ttyS0 hostname={name} quiet\n"
        );
        let script = format!("echo {name} begins\n{}", include_str!("qemu/vm.sh"));
        let overlay = Archive::new()
            .file("etc/rc", 0o755, script.as_bytes())
            .finish();
        archive = archive
            .file(&format!("vm/{uart}.conf"), 0o644, conf.as_bytes())
            .file(&format!("vm/{uart}.cpio"), 0o644, &overlay);
    }
    let initrd = archive.finish();
    let boot = Boot {
        name: "hypervisor",
        image: images::HYPERVISOR,
        initrd: &initrd,
        append: "quiet",
        ram_mib: 64,
        ports: 4,
        operator: Some(Operator {
            awaits: "] stopped: ",
            times: 3,
            types: "poweroff\r",
        }),
    };
    let (here, there) = (boot.here(), boot.in_qemu());
    for port in 1..4 {
        promises::check(&here.ports[port], &format!("qemu/vm{port}.txt"));
    }
    // On COM1 the monitor tells in which order the VMs ended, and that is up to the clock.
    assert_eq!(here.ports[1..], there.ports[1..]);
    assert_eq!(here.status, there.status);
}
