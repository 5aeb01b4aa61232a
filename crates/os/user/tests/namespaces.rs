//! `unshare`, `nsenter`, `ctr` on the Linux that this test runs on, as far as it lets us.
//!
//! The tests unpack the initramfs into a directory and make that the root of mount, pid and
//! UTS namespaces of their own, so nothing on the host changes but cgroups that come and go.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod common;

use common::{Bench, Said, check, skip, unpack};
use std::path::Path;

/// Makes `$ROOT` the root of new namespaces; `$INSIDE` is then run there.
const ENTER: &str = r#"
    mount --bind $ROOT $ROOT && cd $ROOT && mount -t proc proc proc &&
    mount --rbind /dev dev && mkdir -p sys/fs/cgroup &&
    { mount -t cgroup2 cgroup2 sys/fs/cgroup || echo no cgroup2; } &&
    pivot_root . . && export PATH=/bin && umount -l . && cd / && exec sh -c "$INSIDE"
"#;

/// Whether we may make namespaces at all.
fn allowed(bench: &Bench) -> bool {
    let may = bench.sh("unshare -m -u -p -f true").status == 0;
    if !may {
        skip("no right to unshare");
    }
    may
}

/// Runs a script below a root made of the initramfs.
fn inside(bench: &Bench, script: &str) -> Said {
    let root = bench.root.join("root");
    unpack(images::INITRAMFS, &root);
    bench.sh(&format!(
        "export ROOT='{}' INSIDE='{}'; exec unshare -m -u -p -f sh -c '{}'",
        root.display(),
        script.replace('\'', r"'\''"),
        ENTER.replace('\'', r"'\''"),
    ))
}

#[test]
fn namespaces_hide_what_they_should() {
    let bench = Bench::new("unshare");
    if !allowed(&bench) {
        return;
    }
    let said = bench.sh("before=$(hostname)
         unshare -u sh -c 'hostname inside; hostname'
         [ $(hostname) = $before ] && echo same name outside
         unshare -p -f sh -c 'echo pid $$'
         unshare -p -f --mount-proc ps -o pid,name
         unshare -p -f --mount-proc sh -c 'sleep 100 & sleep 0.05; ps -o pid,name; kill $!'
         unshare -m sh -c 'mkdir -p $TMP/m; mount -t tmpfs tmpfs $TMP/m; touch $TMP/m/x; ls $TMP/m'
         ls $TMP/m");
    check(&said, &golden("unshare"));
}

#[test]
fn nsenter_comes_in_by_the_pid() {
    let bench = Bench::new("nsenter");
    if !allowed(&bench) {
        return;
    }
    let said = bench.sh(
        "unshare -u -p -f -m --mount-proc sh -c 'hostname deep; echo $TMP; exec sleep 5' > $TMP/out &
         sleep 0.3
         pid=$(ps -o ppid,pid | while read parent child; do
             [ $parent = $! ] && echo $child
         done)
         nsenter -t $pid -u hostname
         nsenter -t $pid -u -m -p ps -o pid,name
         nsenter -t 999999 -u hostname; echo $?
         kill -9 $pid; wait",
    );
    check(&said, &golden("nsenter"));
}

#[test]
fn a_container_made_by_hand() {
    let bench = Bench::new("byhand");
    if !allowed(&bench) {
        return;
    }
    let said = inside(
        &bench,
        "echo pid $$; ls /; ps -o pid,name
         chroot /images/web cat /etc/os-release
         unshare -m -u -p -f sh -c '
             mount --bind /images/base /images/base; cd /images/base
             mount -t proc proc proc; pivot_root . .; umount -l .; cd /
             hostname by-hand; hostname; ls /; ps -o pid,name'",
    );
    check(&said, &golden("byhand"));
}

#[test]
fn a_container_made_by_ctr() {
    let bench = Bench::new("ctr");
    if !allowed(&bench) {
        return;
    }
    let said = inside(
        &bench,
        "ls /sys/fs/cgroup/cgroup.procs > /dev/null || exit 99
         ctr images
         ctr run --name one web sh -c 'hostname; echo $$; ps -o pid,name; cat /etc/os-release; exit 7'
         echo status $?; ctr ps
         ctr run --name two web nosuch; echo status $?
         ctr run -d --name three web nosuch; echo status $?
         ctr run -d --name bg web ticker -i 0.02; sleep 0.1; ctr ps | grep -c running
         ctr run --name bg web; echo status $?
         ctr exec bg hostname; ctr exec bg sh -c 'ps -o pid,name; exit 5'; echo status $?
         ctr rm bg; echo status $?
         [ -d /sys/fs/cgroup/ctr/bg ] && echo has a cgroup
         ctr kill -TERM bg; sleep 0.2; ctr ps | grep -v PID; ctr logs bg | head -n 2
         ctr rm bg; ctr ps; [ -d /sys/fs/cgroup/ctr ] || echo no cgroup left
         ctr run -d --name worker worker sh -c 'stress --fork 3'; sleep 0.1; ctr rm -f worker; echo status $?; ctr ps
         ctr run --name crash base crash null; echo status $?
         ctr run --cpus 0 base; ctr run --memory lots base",
    );
    match said.status {
        99 => skip("no cgroup2 hierarchy to be had"),
        _ => check(&said, &golden("ctr")),
    }
}

fn golden(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/namespaces/{name}.out"))
}
