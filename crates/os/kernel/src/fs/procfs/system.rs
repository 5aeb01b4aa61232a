//! Files about the whole system.

use crate::fs::super_block::type_name;
use crate::fs::text::Window;
use crate::kernel::Kernel;
use crate::mm::PAGE;
use crate::uts::RELEASE;
use core::fmt::Write;
use metal::reg;
use objects::kernel::{frame, fstype, state};

/// /proc/cmdline: what the loader told the kernel.
pub fn cmdline(k: &Kernel, _ns: u32, out: &mut Window) {
    let _ = writeln!(out, "{}", k.command_line.text());
}

/// /proc/cpuinfo: what CPUID tells.
pub fn cpuinfo(k: &Kernel, _ns: u32, out: &mut Window) {
    let [_, b, c, d] = reg::cpuid(0, 0);
    let mut vendor = [0; 12];
    for (n, word) in [b, d, c].into_iter().enumerate() {
        vendor[4 * n..4 * n + 4].copy_from_slice(&word.to_le_bytes());
    }
    let vendor = core::str::from_utf8(&vendor).unwrap_or("?");
    let signature = reg::cpuid(1, 0)[0];
    let family = (signature >> 8 & 0xf)
        + if signature >> 8 & 0xf == 0xf {
            signature >> 20 & 0xff
        } else {
            0
        };
    let model = signature >> 4 & 0xf | (signature >> 16 & 0xf) << 4;
    let _ = write!(
        out,
        "processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel\t\t: {model}\nstepping\t: {}\ncpu MHz\t\t: {}.{:03}\n",
        signature & 0xf,
        k.time.hz / 1_000_000,
        k.time.hz / 1000 % 1000
    );
}

/// /proc/filesystems.
pub fn filesystems(_: &Kernel, _ns: u32, out: &mut Window) {
    for kind in [
        fstype::TMPFS,
        fstype::PROC,
        fstype::CGROUP2,
        fstype::DEVTMPFS,
    ] {
        let _ = writeln!(out, "nodev\t{}", type_name(kind));
    }
}

/// /proc/loadavg: how many wanted to run, averaged over 1, 5 and 15 minutes.
pub fn loadavg(k: &Kernel, ns: u32, out: &mut Window) {
    for load in k.load.averages() {
        let _ = write!(out, "{}.{:02} ", load / 100, load % 100);
    }
    let tasks = k.tasks.iter().filter(|t| t.state != state::FREE).count();
    let _ = writeln!(
        out,
        "{}/{tasks} {}",
        k.scheduler.len, k.pid_ns[ns as usize].last
    );
}

/// /proc/meminfo: the ledger of frames, by what they are for.
pub fn meminfo(k: &Kernel, _ns: u32, out: &mut Window) {
    let kib = |frames: u64| frames * PAGE / 1024;
    let kind = |kind: u8| kib(k.allocator.by_kind[kind as usize]);
    let free = kib(k.root.free_frames);
    for (name, value) in [
        ("MemTotal:", k.root.memory_bytes / 1024),
        ("MemFree:", free),
        ("MemAvailable:", free),
        ("Buffers:", 0),
        ("Cached:", kind(frame::FILE)),
        ("SwapTotal:", 0),
        ("SwapFree:", 0),
        ("AnonPages:", kind(frame::ANON)),
        ("Shmem:", kind(frame::FILE)),
        ("KernelStack:", kind(frame::STACK)),
        ("PageTables:", kind(frame::TABLE)),
    ] {
        let _ = writeln!(out, "{name:15} {value:8} kB");
    }
}

/// /proc/stat: where the time went, in hundredths of a second.
pub fn stat(k: &Kernel, _ns: u32, out: &mut Window) {
    let hundredths = |ticks: u64| k.time.us_of(ticks) / 10_000;
    // The root cgroup has everybody's time, those who ended included.
    let (user, system) = (
        hundredths(k.cgroups[0].cpu.user),
        hundredths(k.cgroups[0].cpu.system),
    );
    let idle = hundredths(k.root.idle_ticks);
    for cpu in ["cpu ", "cpu0"] {
        let _ = writeln!(out, "{cpu} {user} 0 {system} {idle} 0 0 0 0 0 0");
    }
    let boot = (k.time.realtime_ns() - k.time.monotonic_ns()) / 1_000_000_000;
    let _ = write!(
        out,
        "intr {}\nctxt {}\nbtime {boot}\nprocesses {}\nprocs_running {}\nprocs_blocked 0\n",
        k.root.ticks, k.root.switches, k.pid_ns[0].last, k.scheduler.len
    );
}

/// /proc/uptime: seconds since boot, and seconds idle.
pub fn uptime(k: &Kernel, _ns: u32, out: &mut Window) {
    let (up, idle) = (
        k.time.monotonic_ns() / 10_000_000,
        k.time.us_of(k.root.idle_ticks) / 10_000,
    );
    let _ = writeln!(
        out,
        "{}.{:02} {}.{:02}",
        up / 100,
        up % 100,
        idle / 100,
        idle % 100
    );
}

/// /proc/version.
pub fn version(_: &Kernel, _ns: u32, out: &mut Window) {
    let _ = writeln!(
        out,
        "Linux version {RELEASE} (Ringside, a small kernel with Linux's ABI) #1"
    );
}
