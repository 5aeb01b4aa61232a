//! execve: another program in the same task.
//!
//! First everything that can be refused is looked at: the file, its headers, the arguments,
//! which go straight onto the new program's stack. Only then is the old program given up.
//! Nothing of the program is read but its headers: the areas say which part of the file is
//! where, and the page faults do the rest.

use crate::Result;
use crate::fs::{Node, Path, fd, node, tmpfs, walk};
use crate::kernel::Kernel;
use crate::limits::NAME_MAX;
use crate::mm::area::{self, EXEC, READ, WRITE};
use crate::mm::calls::MMAP_TOP;
use crate::mm::user::{self, PathBuf};
use crate::mm::{PAGE, USER_END, USER_START, page_ceil, page_floor, paging, space};
use crate::sched::{float, sleep, switch};
use crate::signal::{Action, DEFAULT, IGNORE};
use crate::task::stack::{self, Strings};
use crate::task::{current, fork, threads};
use abi::Errno;
use abi::fs::mode::{S_IFMT, S_IFREG};
use abi::fs::open::AT_FDCWD;
use elf::{Class, Header, Kind, MACHINE_X86_64, PF_R, PF_W, PF_X, Segment, SegmentKind};
use metal::trap::Frame;
use objects::kernel::{Vma, vma, wait};
use objects::{NONE, name};
use zerocopy::FromZeros;

/// Scripts whose interpreter is a script … Linux gives up at the same depth.
const MAX_INTERPRETERS: usize = 5;
/// Where position-independent programs are put (Linux without randomisation).
const DYNAMIC_BASE: u64 = 0x5555_5555_4000;

/// execve(2).
pub fn execve(k: &mut Kernel, path: u64, argv: u64, envp: u64) -> Result {
    let mut path = user::path(k, path)?;
    let (mut argv, envp) = (Strings::of_user(argv), Strings::of_user(envp));
    exec(k, AT_FDCWD as u64, &mut path, &mut argv, &envp)?;
    // RAX of a new program is zero, as is every other register.
    Ok(0)
}

/// Replaces the running task's program.
///
/// # Errors
/// ENOENT, EACCES, ENOEXEC, E2BIG, EFAULT, ENOMEM: the old program goes on.
pub fn exec(
    k: &mut Kernel,
    dir: u64,
    path: &mut PathBuf,
    argv: &mut Strings,
    envp: &Strings,
) -> Result<()> {
    let mut rounds = 0;
    let (file, header) = loop {
        let start = walk::start(k, dir, path.bytes())?;
        let file = walk::find(k, start, path.bytes(), true)?;
        let inode = check_file(k, file)?;
        let mut front = [0; 256];
        let len = tmpfs::read(k, inode, 0, &mut front);
        match front[..len].strip_prefix(b"#!") {
            None => break (file, read_header(k, inode)?),
            Some(line) => script(line, path, argv)?,
        }
        rounds += 1;
        if rounds == MAX_INTERPRETERS {
            return Err(Errno::ELOOP);
        }
    };
    let Node::Tmpfs(inode) = file.node else {
        return Err(Errno::EACCES);
    };
    let mm = space::new(k)?;
    let loaded = load(k, mm, inode, &header).and_then(|image| {
        let at = stack::build(k, mm, &image, argv, envp, path.bytes())?;
        Ok((image, at))
    });
    let (image, stack_at) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            space::release(k, mm);
            return Err(error);
        }
    };
    // The point of no return.
    threads::become_whole_group(k);
    k.mm_private[mm as usize].exe = file;
    let last = file_name(path.bytes());
    become_program(k, mm, last);
    *k.private[current(k)].stack.frame() = Frame::user(image.entry, stack_at);
    Ok(())
}

/// Where a program was put.
pub struct Image {
    /// First instruction.
    pub entry: u64,
    /// Address of the program headers, for AT_PHDR.
    pub headers_at: u64,
    /// Size of one.
    pub header_size: u16,
    /// How many.
    pub header_count: u16,
}

/// Whether the file may be executed at all; its inode.
fn check_file(k: &Kernel, file: Path) -> Result<u32> {
    let mode = node::mode(k, file.node);
    if mode & S_IFMT != S_IFREG || mode & 0o111 == 0 {
        return Err(Errno::EACCES);
    }
    if k.mounts[file.mount as usize].flags & abi::fs::mount::MS_NOEXEC != 0 {
        return Err(Errno::EACCES);
    }
    match file.node {
        Node::Tmpfs(inode) => Ok(inode),
        _ => Err(Errno::EACCES),
    }
}

/// "#! interpreter argument": the interpreter becomes the program; it gets its argument and
/// the script's path in front of the other arguments.
#[inline(never)]
fn script(line: &[u8], path: &mut PathBuf, argv: &mut Strings) -> Result<()> {
    let end = line
        .iter()
        .position(|&b| b == b'\n')
        .ok_or(Errno::ENOEXEC)?;
    let mut line = line[..end].trim_ascii();
    let mut argument = None;
    if let Some(space) = line.iter().position(|&b| b == b' ' || b == b'\t') {
        argument = Some(line[space..].trim_ascii());
        line = &line[..space];
    }
    if line.is_empty() {
        return Err(Errno::ENOEXEC);
    }
    argv.replace_first(&[Some(line), argument, Some(path.bytes())])?;
    path.set(line)
}

fn read_header(k: &Kernel, inode: u32) -> Result<Header> {
    let mut bytes = [0; Header::SIZE];
    let len = tmpfs::read(k, inode, 0, &mut bytes);
    let header = Header::parse(&bytes[..len]).map_err(|_| Errno::ENOEXEC)?;
    let kind = matches!(header.kind, Kind::Executable | Kind::Dynamic);
    if header.class != Class::Elf64 || header.machine != MACHINE_X86_64 || !kind {
        return Err(Errno::ENOEXEC);
    }
    Ok(header)
}

/// Program header number `n`, read from the file.
fn segment(k: &Kernel, inode: u32, header: &Header, n: u16) -> Result<Segment> {
    let mut bytes = [0; 56];
    let at = header.segments_at + u64::from(n) * u64::from(header.segment_size);
    tmpfs::read(k, inode, at, &mut bytes);
    // Parsed as if it were the only one of a file that begins here.
    let here = Header {
        segments_at: 0,
        segment_count: 1,
        ..*header
    };
    here.segment(&bytes, 0).map_err(|_| Errno::ENOEXEC)
}

/// Makes the areas of a program.
fn load(k: &mut Kernel, mm: u32, inode: u32, header: &Header) -> Result<Image> {
    let bias = if header.kind == Kind::Dynamic {
        DYNAMIC_BASE
    } else {
        0
    };
    let (mut end, mut headers_at) = (0, 0);
    for n in 0..header.segment_count {
        let segment = segment(k, inode, header, n)?;
        match segment.kind {
            // Dynamic linking is for another day.
            SegmentKind::Interpreter => return Err(Errno::ENOEXEC),
            SegmentKind::Load if segment.mem_size > 0 => {}
            _ => continue,
        }
        let area = area_of(&segment, bias, inode)?;
        let space = &mut k.mms[mm as usize];
        if !area::is_free(space, area.start, area.end) {
            return Err(Errno::ENOEXEC);
        }
        area::insert(space, area)?;
        end = end.max(area.end);
        let in_file = segment.offset..segment.offset.saturating_add(segment.file_size);
        if in_file.contains(&header.segments_at) {
            headers_at = bias + segment.vaddr + (header.segments_at - segment.offset);
        }
    }
    let entry = header.entry.wrapping_add(bias);
    if end == 0 || entry >= USER_END {
        return Err(Errno::ENOEXEC);
    }
    k.mms[mm as usize].brk_start = end;
    k.mms[mm as usize].brk = end;
    Ok(Image {
        entry,
        headers_at,
        header_size: header.segment_size,
        header_count: header.segment_count,
    })
}

/// The area of one PT_LOAD.
fn area_of(segment: &Segment, bias: u64, inode: u32) -> Result<Vma> {
    let vaddr = segment.vaddr.checked_add(bias).ok_or(Errno::ENOEXEC)?;
    let start = page_floor(vaddr);
    let end = page_ceil(vaddr.checked_add(segment.mem_size).ok_or(Errno::ENOEXEC)?);
    // Address and offset must agree within the page, or the file could not be mapped.
    if segment.offset % PAGE != vaddr % PAGE || start < USER_START || end > MMAP_TOP || start >= end
    {
        return Err(Errno::ENOEXEC);
    }
    let right = |flag, right| if segment.flags & flag != 0 { right } else { 0 };
    let prot = right(PF_R, READ) | right(PF_W, WRITE) | right(PF_X, EXEC);
    // Up to the last byte of the file where .bss follows in the same page; else whole pages.
    let file_bytes = vaddr - start + segment.file_size;
    let file_bytes = if segment.mem_size > segment.file_size {
        file_bytes
    } else {
        end - start
    };
    Ok(Vma {
        start,
        end,
        prot,
        kind: if prot & EXEC != 0 {
            vma::TEXT
        } else {
            vma::DATA
        },
        inode: if segment.file_size > 0 { inode } else { NONE },
        shared: 0,
        offset: page_floor(segment.offset),
        file_bytes: if segment.file_size > 0 { file_bytes } else { 0 },
    })
}

/// The last component of a path.
fn file_name(path: &[u8]) -> &[u8] {
    let name = path.rsplit(|&b| b == b'/').next().unwrap_or(path);
    &name[..name.len().min(NAME_MAX)]
}

/// The task gives up its old program.
fn become_program(k: &mut Kernel, mm: u32, program: &[u8]) {
    let me = current(k);
    let old = core::mem::replace(&mut k.tasks[me].mm, mm);
    let root = k.mms[mm as usize].cr3;
    paging::load(k, root);
    if old != NONE {
        space::release(k, old);
    }
    release_vfork_parent(k, me);
    fork::unshare_files(k, me);
    fd::close_on_exec(k);
    // Handlers were addresses in the old program; what is ignored stays so.
    let handlers = k.private[me].handlers;
    if k.handlers[handlers as usize].refs > 1 {
        k.private[me].handlers = fork::copy_handlers(k, handlers);
        k.handlers[handlers as usize].refs -= 1;
    }
    for action in &mut k.handlers[k.private[me].handlers as usize].actions {
        let handler = if action.handler == IGNORE {
            IGNORE
        } else {
            DEFAULT
        };
        *action = Action {
            handler,
            ..Action::new_zeroed()
        };
    }
    let private = &mut k.private[me];
    private.alt_stack = [0; 3];
    private.clear_tid = 0;
    private.fs_base = 0;
    private.has_executed = 1;
    switch::load_fs_base(k, me);
    float::forget(k, me);
    k.tasks[me].name = name(program);
}

/// A parent that waits in vfork goes on: its memory is its own again.
pub fn release_vfork_parent(k: &mut Kernel, slot: usize) {
    if core::mem::take(&mut k.private[slot].vfork_parent) != 0 {
        sleep::wake(k, wait::VFORK, slot as u64);
    }
}
