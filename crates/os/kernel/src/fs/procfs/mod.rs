//! procfs: the kernel's tables, told as text (proc(5)).
//!
//! An instance belongs to the pid namespace of whoever mounted it: it shows the tasks of
//! that namespace, by their numbers there, whoever looks.
//!
//! Every file is a row of [`FILES`]: where it is, its name, its type, and the function that
//! writes it.

mod system;
mod task;

use crate::Result;
use crate::fs::node::{Link, PathText};
use crate::fs::nsfs::LinkText;
use crate::fs::text::{NameText, Text, Window};
use crate::fs::{Node, Path, ProcNode, node};
use crate::kernel::Kernel;
use crate::ns::{self, Kind};
use crate::task::{self as tasks, ids};
use abi::Errno;
use abi::fs::mode::{S_IFDIR, S_IFLNK, S_IFREG};
use core::fmt::Write;
use objects::kernel::state;

/// No task: the file is about the whole system.
const SYSTEM: u16 = u16::MAX;

/// Which directory a file is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nowhere: the root.
    Top,
    /// /proc.
    Root,
    /// /proc/PID.
    Task,
    /// /proc/PID/ns.
    Ns,
    /// /proc/PID/fd.
    Fd,
}

/// What a file is.
#[derive(Clone, Copy)]
enum What {
    /// A directory; of these rows, or of tasks.
    Directory(Place),
    /// A text about the system.
    System(fn(&Kernel, u32, &mut Window)),
    /// A text about a task.
    Task(fn(&mut Kernel, usize, u32, &mut Window)),
    /// A symbolic link.
    Link,
}

/// A row.
struct File {
    place: Place,
    name: &'static str,
    what: What,
}

macro_rules! files {
    ($($place:ident $name:literal $what:expr;)*) => {
        static FILES: &[File] = &[$(File { place: Place::$place, name: $name, what: $what },)*];
    };
}

files! {
    Top "" What::Directory(Place::Root);
    Root "PID" What::Directory(Place::Task);
    Task "fd" What::Directory(Place::Fd);
    Task "ns" What::Directory(Place::Ns);
    Fd "N" What::Link;
    Root "self" What::Link;
    Root "mounts" What::Link;
    Root "cmdline" What::System(system::cmdline);
    Root "cpuinfo" What::System(system::cpuinfo);
    Root "filesystems" What::System(system::filesystems);
    Root "loadavg" What::System(system::loadavg);
    Root "meminfo" What::System(system::meminfo);
    Root "stat" What::System(system::stat);
    Root "uptime" What::System(system::uptime);
    Root "version" What::System(system::version);
    Task "cgroup" What::Task(task::cgroup);
    Task "cmdline" What::Task(task::cmdline);
    Task "comm" What::Task(task::comm);
    Task "cwd" What::Link;
    Task "environ" What::Task(task::environ);
    Task "exe" What::Link;
    Task "maps" What::Task(task::maps);
    Task "mountinfo" What::Task(task::mountinfo);
    Task "mounts" What::Task(task::mounts);
    Task "root" What::Link;
    Task "stat" What::Task(task::stat);
    Task "statm" What::Task(task::statm);
    Task "status" What::Task(task::status);
    Ns "mnt" What::Link;
    Ns "pid" What::Link;
    Ns "pid_for_children" What::Link;
    Ns "uts" What::Link;
}

const ROOT_FILE: u8 = 0;
const TASK_FILE: u8 = 1;
const FD_FILE: u8 = 2;
const NS_FILE: u8 = 3;
const FD_LINK: u8 = 4;

/// The root directory.
pub const ROOT: Node = Node::Proc(ProcNode {
    task: SYSTEM,
    file: ROOT_FILE,
    sub: 0,
    generation: 0,
});

fn row(p: ProcNode) -> &'static File {
    &FILES[p.file as usize]
}

/// The pid namespace whose numbers a mount shows.
fn namespace(k: &Kernel, mount: u32) -> u32 {
    k.super_blocks[k.mount_private[mount as usize].super_block as usize].pid_ns
}

/// The task that a node is about, if it is still the same one.
fn subject(k: &Kernel, p: ProcNode) -> Result<usize> {
    let slot = p.task as usize;
    let same = k.tasks[slot].state != state::FREE && k.private[slot].generation == p.generation;
    if same { Ok(slot) } else { Err(Errno::ESRCH) }
}

fn of_task(k: &Kernel, slot: usize, file: u8, sub: u8) -> ProcNode {
    ProcNode {
        task: slot as u16,
        file,
        sub,
        generation: k.private[slot].generation,
    }
}

/// Type and permissions.
pub fn mode(p: ProcNode) -> u32 {
    match row(p).what {
        What::Directory(_) => S_IFDIR | 0o555,
        What::System(_) | What::Task(_) => S_IFREG | 0o444,
        What::Link => S_IFLNK | 0o777,
    }
}

/// What the directory `dir` has under `name`.
///
/// # Errors
/// ENOENT.
pub fn lookup(k: &Kernel, mount: u32, dir: ProcNode, name: &[u8]) -> Result<ProcNode> {
    let What::Directory(place) = row(dir).what else {
        return Err(Errno::ENOTDIR);
    };
    let number = core::str::from_utf8(name)
        .ok()
        .and_then(|n| n.parse::<u32>().ok());
    match (place, number) {
        (Place::Root, Some(number)) => {
            let slot = ids::find_in(k, namespace(k, mount), number).ok_or(Errno::ENOENT)?;
            return Ok(of_task(k, slot, TASK_FILE, 0));
        }
        (Place::Fd, Some(fd)) => {
            let slot = subject(k, dir)?;
            descriptor(k, slot, fd as usize).ok_or(Errno::ENOENT)?;
            return Ok(of_task(k, slot, FD_LINK, fd as u8));
        }
        _ => {}
    }
    let file = FILES
        .iter()
        .position(|f| f.place == place && f.name.as_bytes() == name)
        .filter(|&n| n != TASK_FILE as usize && n != FD_LINK as usize)
        .ok_or(Errno::ENOENT)?;
    if dir.task != SYSTEM {
        subject(k, dir).map_err(|_| Errno::ENOENT)?;
    }
    Ok(ProcNode {
        file: file as u8,
        sub: 0,
        ..dir
    })
}

/// The directory above.
pub fn parent(p: ProcNode) -> ProcNode {
    let file = match row(p).place {
        Place::Top | Place::Root => ROOT_FILE,
        Place::Task => TASK_FILE,
        Place::Ns => NS_FILE,
        Place::Fd => FD_FILE,
    };
    if file == ROOT_FILE {
        return ProcNode {
            task: SYSTEM,
            file,
            sub: 0,
            generation: 0,
        };
    }
    ProcNode { file, sub: 0, ..p }
}

/// Puts a node's name in front of a path.
pub fn prepend_name(k: &Kernel, mount: u32, p: ProcNode, out: &mut PathText) {
    let number = match p.file {
        TASK_FILE => ids::number_in(k, p.task as usize, namespace(k, mount)),
        FD_LINK => u32::from(p.sub),
        _ => return out.prepend(row(p).name.as_bytes()),
    };
    let mut digits = Text::<16>::new();
    let _ = write!(digits, "{number}");
    out.prepend(digits.bytes());
}

/// The file description id behind a descriptor of any task.
fn descriptor(k: &Kernel, slot: usize, fd: usize) -> Option<usize> {
    if !tasks::is_alive(&k.tasks[slot]) {
        return None;
    }
    let table = &k.fd_tables[k.private[slot].files as usize];
    table.files.get(fd)?.checked_sub(1).map(usize::from)
}

/// Reads a link. Most of them lead to a thing itself.
///
/// # Errors
/// EINVAL if it is none; ENOENT, ESRCH if what it is about is gone.
pub fn read_link(k: &Kernel, mount: u32, p: ProcNode, out: &mut [u8]) -> Result<Link> {
    if !matches!(row(p).what, What::Link) {
        return Err(Errno::EINVAL);
    }
    let name = row(p).name;
    if p.task == SYSTEM {
        let mut text = Text::<16>::new();
        if name == "mounts" {
            text.push(b"self/mounts");
        } else {
            let number = ids::number_in(k, tasks::current(k), namespace(k, mount));
            if number == 0 {
                return Err(Errno::ENOENT);
            }
            let _ = write!(text, "{number}");
        }
        let len = text.bytes().len();
        out[..len].copy_from_slice(text.bytes());
        return Ok(Link::Text(len));
    }
    let slot = subject(k, p)?;
    if p.file == FD_LINK {
        let file = descriptor(k, slot, p.sub as usize).ok_or(Errno::ENOENT)?;
        return Ok(Link::Jump(k.files[file].path));
    }
    if row(p).place == Place::Ns {
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| kind.file() == name)
            .ok_or(Errno::ENOENT)?;
        let namespace = ns::of_task(k, slot, kind).ok_or(Errno::ENOENT)?;
        return Ok(Link::Jump(Path {
            mount,
            node: Node::Ns(namespace),
        }));
    }
    if !tasks::is_alive(&k.tasks[slot]) {
        return Err(Errno::ENOENT);
    }
    let context = &k.fs_contexts[k.private[slot].fs as usize];
    let place = match name {
        "cwd" => context.cwd,
        "root" => context.root,
        _ => k.mm_private[k.tasks[slot].mm as usize].exe,
    };
    if place.node == Node::None {
        Err(Errno::ENOENT)
    } else {
        Ok(Link::Jump(place))
    }
}

/// What readlink(2) says of a link that leads to a thing itself.
pub fn link_text(k: &Kernel, target: Path, out: &mut PathText) {
    match target.node {
        Node::Ns(namespace) => out.append(LinkText::of(k, namespace).bytes()),
        Node::Pipe(pipe) => {
            let mut text = Text::<32>::new();
            let _ = write!(text, "pipe:[{pipe}]");
            out.append(text.bytes());
        }
        _ => {
            if !node::path_text(k, target, out) {
                out.append(b" (deleted)");
            }
        }
    }
}

/// read(2) of a file.
///
/// # Errors
/// ESRCH if its task is gone; EISDIR, EFAULT.
pub fn read(k: &mut Kernel, mount: u32, p: ProcNode, pos: u64, address: u64, count: u64) -> Result {
    let mut text = Window::window(pos, count);
    let ns = namespace(k, mount);
    match row(p).what {
        What::Directory(_) => return Err(Errno::EISDIR),
        What::Link => return Err(Errno::EINVAL),
        What::System(write) => write(k, ns, &mut text),
        What::Task(write) => {
            let slot = subject(k, p)?;
            write(k, slot, ns, &mut text);
        }
    }
    text.give(k, address)
}

/// The entry of a directory at or after `cursor`: its name, node, and the next cursor. First
/// come the rows, then tasks or descriptors by number.
pub fn next_entry(
    k: &Kernel,
    mount: u32,
    dir: ProcNode,
    cursor: u64,
    name: &mut NameText,
) -> Option<(ProcNode, u64)> {
    let What::Directory(place) = row(dir).what else {
        return None;
    };
    let rows = FILES.len() as u64;
    for n in cursor..rows {
        let file = &FILES[n as usize];
        if file.place == place && n != u64::from(TASK_FILE) && n != u64::from(FD_LINK) {
            name.push(file.name.as_bytes());
            return Some((
                ProcNode {
                    file: n as u8,
                    sub: 0,
                    ..dir
                },
                n + 1,
            ));
        }
    }
    let from = cursor.max(rows) - rows;
    match place {
        Place::Root => {
            let ns = namespace(k, mount);
            let (number, slot) = (0..k.tasks.len())
                .map(|slot| (ids::number_in(k, slot, ns), slot))
                .filter(|&(number, slot)| {
                    number != 0 && u64::from(number) >= from && tasks::threads::is_leader(k, slot)
                })
                .min()?;
            let _ = write!(name, "{number}");
            Some((of_task(k, slot, TASK_FILE, 0), rows + u64::from(number) + 1))
        }
        Place::Fd => {
            let slot = subject(k, dir).ok()?;
            let fd = (from as usize..crate::limits::FDS)
                .find(|&fd| descriptor(k, slot, fd).is_some())?;
            let _ = write!(name, "{fd}");
            Some((of_task(k, slot, FD_LINK, fd as u8), rows + fd as u64 + 1))
        }
        _ => None,
    }
}
