//! Boot, in order: what `metal`'s entry code calls, down to the first program.

use crate::dev::{pic, pit};
use crate::fs::{Node, Path, fd, file, initramfs, super_block, tty, walk};
use crate::kernel::{KERNEL_ROOT, Kernel, open_door};
use crate::mm::frame;
use crate::mm::user::PathBuf;
use crate::sched::switch;
use crate::task::stack::Strings;
use crate::task::{exec, fork};
use crate::{cgroup, log, ns, time, uts};
use abi::Errno;
use abi::boot::{MemoryRange, Module, RAM, START_MAGIC, StartInfo};
use abi::fs::open::{AT_FDCWD, O_RDWR};
use metal::trap::Frame;
use metal::{kmap, phys, port, reg};
use objects::kernel::{NsProxy, PidNs, Task, UtsNs, fstype, state};
use objects::{NONE, name};
use zerocopy::FromZeros;

/// The kernel begins. `start_info` is where the loader left its notes.
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
extern "C" fn kernel_main(start_info: u64) -> ! {
    let boot_tsc = reg::tsc();
    port::post(0x20);
    let k = &mut *KERNEL_ROOT.lock();
    let loaded = Loaded::read(start_info);
    read_command_line(k, loaded.info.command_line_at);

    metal::trap::init();
    kmap::init();
    k.float.present = u32::from(metal::fpu::init());
    pic::init();
    tty::init(k);
    time::init(k, boot_tsc);
    port::post(0x21);
    log::line(
        k,
        format_args!("{} on a {} MHz clock", uts::RELEASE, k.time.hz / 1_000_000),
    );

    init_memory(k, &loaded);
    port::post(0x22);
    let root = init_namespaces(k);
    let files = unpack(k, root, &loaded);
    log::line(
        k,
        format_args!(
            "initramfs: {files} files, {} KiB",
            (loaded.initrd.1 - loaded.initrd.0) / 1024
        ),
    );
    port::post(0x23);
    open_door(k);

    pit::init();
    for line in [0, 3, 4] {
        pic::unmask(line);
    }
    port::post(0x24);
    start_init(k)
}

/// What the loader left in memory.
struct Loaded {
    info: StartInfo,
    /// Start and end of the initramfs, physical; both 0 if there is none.
    initrd: (u64, u64),
}

fn read_words<const N: usize>(at: u64) -> [u64; N] {
    core::array::from_fn(|n| phys::read_u64(at + 8 * n as u64))
}

impl Loaded {
    fn read(at: u64) -> Self {
        let w: [u64; 7] = read_words(at);
        let info = StartInfo {
            magic: w[0] as u32,
            version: (w[0] >> 32) as u32,
            flags: w[1] as u32,
            modules: (w[1] >> 32) as u32,
            modules_at: w[2],
            command_line_at: w[3],
            rsdp_at: w[4],
            memory_map_at: w[5],
            memory_ranges: w[6] as u32,
            reserved: 0,
        };
        assert!(
            info.magic == START_MAGIC,
            "the loader is no PVH loader: no magic at {at:#x}"
        );
        let mut initrd = (0, 0);
        if info.modules > 0 {
            let w: [u64; 4] = read_words(info.modules_at);
            let module = Module {
                at: w[0],
                size: w[1],
                command_line_at: w[2],
                reserved: w[3],
            };
            initrd = (module.at, module.at + module.size);
        }
        Self { info, initrd }
    }

    /// Start and end of each stretch of usable memory that the direct map reaches.
    fn memory(&self) -> impl Iterator<Item = (u64, u64)> + use<'_> {
        (0..u64::from(self.info.memory_ranges)).filter_map(|n| {
            let w: [u64; 3] = read_words(self.info.memory_map_at + 24 * n);
            let range = MemoryRange {
                at: w[0],
                size: w[1],
                kind: w[2] as u32,
                reserved: 0,
            };
            let end = (range.at + range.size).min(metal::boot::DIRECT_MAP_SIZE);
            (range.kind == RAM && range.at < end).then_some((range.at, end))
        })
    }
}

fn read_command_line(k: &mut Kernel, at: u64) {
    if at == 0 {
        return;
    }
    let line = &mut k.command_line;
    while (line.len as usize) < line.bytes.len() {
        let mut byte = [0];
        phys::read(at + line.len, &mut byte);
        if byte[0] == 0 {
            break;
        }
        line.bytes[line.len as usize] = byte[0];
        line.len += 1;
    }
    k.log.quiet = u64::from(k.command_line.has("quiet"));
}

/// The allocator, and what must not be allocated.
fn init_memory(k: &mut Kernel, loaded: &Loaded) {
    let end = loaded.memory().map(|(_, end)| end).max().unwrap_or(0) & !4095;
    let image = metal::boot::image();
    phys::init(image.end, end);
    // The tables must not be carved out of where the initramfs lies.
    let (start, initrd_end) = loaded.initrd;
    assert!(
        start == 0 || start >= image.end + (2 << 20) || initrd_end <= image.start,
        "the initramfs at {start:#x} lies too close behind the kernel"
    );
    frame::init(k, loaded.memory(), end);
    frame::reserve(k, start, initrd_end);
    k.loaded_cr3 = metal::boot::boot_tables();
    log::line(
        k,
        format_args!(
            "memory: {} KiB, {} KiB free, kernel {} KiB",
            end / 1024,
            k.root.free_frames * 4,
            (image.end - image.start) / 1024
        ),
    );
}

/// The first namespaces, the root cgroup, and the task that will be init. Answers its root.
fn init_namespaces(k: &mut Kernel) -> Path {
    cgroup::init(k);
    k.pid_ns[0] = PidNs {
        refs: 2,
        inum: ns::PID_INUM,
        parent: NONE,
        level: 0,
        init: 0,
        last: 1,
    };
    let hostname = k.command_line.value("hostname").unwrap_or("ringside");
    k.uts_ns[0] = UtsNs {
        refs: 1,
        inum: ns::UTS_INUM,
        nodename: name(hostname.as_bytes()),
        domainname: name(b"(none)"),
    };
    k.nsproxies[0] = NsProxy {
        refs: 1,
        mnt: 0,
        uts: 0,
        pid_for_children: 0,
    };
    k.tasks[0] = Task {
        state: state::RUNNING,
        numbers: [1, 0, 0, 0],
        parent: NONE,
        nsproxy: 0,
        mm: NONE,
        tty: NONE,
        name: name(b"init"),
        start_tsc: k.time.now(),
        in_syscall: u64::MAX,
        ..Task::new_zeroed()
    };
    crate::cgroup::pids::charge(k, 0);
    cgroup::task_entered(k, 0);
    k.private[0].generation = 1;
    let root = initramfs::mount_root(k).expect("an empty kernel has room for its root");
    k.mnt_ns[0].inum = ns::MNT_INUM;
    k.handlers[0].refs = 1;
    let context = &mut k.fs_contexts[0];
    (context.refs, context.umask, context.root, context.cwd) = (1, 0o022, root, root);
    k.private[0].fs = 0;
    k.private[0].handlers = 0;
    k.private[0].files = fd::create(k);
    root
}

#[inline(never)]
fn unpack(k: &mut Kernel, root: Path, loaded: &Loaded) -> u64 {
    let devices = super_block::create(k, fstype::DEVTMPFS, 0).and_then(|id| {
        let node = k.super_blocks[id as usize].root;
        initramfs::make_devices(
            k,
            Path {
                mount: root.mount,
                node,
            },
        )
    });
    devices.expect("an empty kernel has room for its devices");
    let (start, end) = loaded.initrd;
    if start == end {
        0
    } else {
        initramfs::unpack(k, root, start, end)
    }
}

/// The first program: /init, /sbin/init, /bin/init or /bin/sh, with the console as its
/// descriptors 0, 1 and 2.
fn start_init(k: &mut Kernel) -> ! {
    fork::ensure_stack(k, 0).expect("an empty kernel has room for a stack");
    fork::start_at(k, 0, &Frame::user(0, 0));
    open_console(k).expect("an empty kernel has room for a file");
    let mut started = false;
    for program in ["/init", "/sbin/init", "/bin/init", "/bin/sh"] {
        match run(k, program.as_bytes()) {
            Ok(()) => {
                log::line(k, format_args!("run {program} as init"));
                started = true;
                break;
            }
            Err(Errno::ENOENT) => {}
            Err(error) => log::line(k, format_args!("{program}: {}", error.text())),
        }
    }
    assert!(
        started,
        "no program to run: there is no /init, /sbin/init, /bin/init or /bin/sh"
    );
    k.scheduler.add(0);
    k.scheduler.mark = k.time.now();
    k.root.init_tsc = k.scheduler.mark;
    k.tasks[0].switches = 1;
    port::post(0x2f);
    switch::enter_first(k)
}

fn run(k: &mut Kernel, program: &[u8]) -> crate::Result<()> {
    let mut argv = Strings::of_kernel(&[program])?;
    let envp = Strings::of_kernel(&[b"HOME=/", b"TERM=linux"])?;
    let mut path = PathBuf::from_bytes(program)?;
    exec::exec(k, AT_FDCWD as u64, &mut path, &mut argv, &envp)
}

/// Opens the console as descriptors 0, 1 and 2.
fn open_console(k: &mut Kernel) -> crate::Result<()> {
    let path = walk::find(k, walk::root(k), b"/dev/console", true).unwrap_or(Path {
        mount: walk::root(k).mount,
        node: Node::None,
    });
    let file = file::create(k, file::Kind::Tty(0), path, O_RDWR)?;
    for fd in 0..3 {
        k.files[file as usize].refs += u32::from(fd > 0);
        fd::install(k, file, 0, false)?;
    }
    Ok(())
}
