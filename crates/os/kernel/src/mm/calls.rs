//! brk, mmap, munmap, mprotect: programs arrange their own address space.

use crate::Result;
use crate::fs::{Node, file, tmpfs};
use crate::kernel::Kernel;
use crate::mm::area::{self, EXEC, READ, WRITE};
use crate::mm::{PAGE, USER_END, USER_START, page_ceil, paging};
use abi::Errno;
use abi::fs::open::{O_ACCMODE, O_RDONLY, O_RDWR};
use metal::{phys, reg};
use objects::NONE;
use objects::kernel::{Vma, vma};
use x86::paging::pte;

const MAP_SHARED: u64 = 1;
const MAP_PRIVATE: u64 = 2;
const MAP_TYPE: u64 = 0xf;
const MAP_FIXED: u64 = 0x10;
const MAP_ANONYMOUS: u64 = 0x20;
const MAP_FIXED_NOREPLACE: u64 = 0x10_0000;
/// Mappings grow down from here; above it is the stack and its room to grow.
pub const MMAP_TOP: u64 = 0x7fff_f000_0000;

/// brk(2). Never fails: it returns where the heap ends, moved or not.
pub fn brk(k: &mut Kernel, address: u64) -> Result {
    let mm = k.tasks[k.root.current as usize].mm;
    let space = k.mms[mm as usize];
    let (old, new) = (page_ceil(space.brk), page_ceil(address));
    if address < space.brk_start || new > MMAP_TOP {
        return Ok(space.brk);
    }
    if new > old {
        let heap = Vma {
            start: old,
            end: new,
            prot: READ | WRITE,
            kind: vma::HEAP,
            inode: NONE,
            ..Vma::default()
        };
        let space = &mut k.mms[mm as usize];
        if !area::is_free(space, old, new) || area::insert(space, heap).is_err() {
            return Ok(space.brk);
        }
    } else if new < old {
        unmap_range(k, mm, new, old)?;
    }
    k.mms[mm as usize].brk = address;
    Ok(address)
}

/// mmap(2): anonymous memory, and files of a tmpfs.
pub fn mmap(
    k: &mut Kernel,
    addr: u64,
    len: u64,
    prot: u64,
    flags: u64,
    fd: u64,
    offset: u64,
) -> Result {
    let size = page_ceil(len);
    if len == 0 || size < len || !offset.is_multiple_of(PAGE) {
        return Err(if len == 0 || !offset.is_multiple_of(PAGE) {
            Errno::EINVAL
        } else {
            Errno::ENOMEM
        });
    }
    let shared = match flags & MAP_TYPE {
        MAP_SHARED | 3 => true,
        MAP_PRIVATE => false,
        _ => return Err(Errno::EINVAL),
    };
    let prot = prot as u32 & (READ | WRITE | EXEC);
    let (inode, file_bytes, anonymous_shared) = if flags & MAP_ANONYMOUS == 0 {
        let (inode, bytes) = mapped_file(k, fd, prot, shared, offset, size)?;
        (inode, bytes, false)
    } else if shared {
        // Shared memory needs a name for its pages that outlives a fork: a file without one.
        (tmpfs::create_nameless(k, size)?, size, true)
    } else {
        (NONE, 0, false)
    };
    let offset = if flags & MAP_ANONYMOUS == 0 {
        offset
    } else {
        0
    };
    let mm = k.tasks[k.root.current as usize].mm;
    let placed = place(k, mm, addr, size, flags).and_then(|start| {
        let area = Vma {
            start,
            end: start + size,
            prot,
            kind: vma::MAPPED,
            inode,
            shared: u32::from(shared),
            offset,
            file_bytes,
        };
        area::insert(&mut k.mms[mm as usize], area).map(|()| start)
    });
    if placed.is_err() && anonymous_shared {
        tmpfs::let_go(k, inode);
    }
    placed
}

/// The inode behind `fd`, if it may be mapped this way, and how many bytes of it are.
fn mapped_file(
    k: &Kernel,
    fd: u64,
    prot: u32,
    shared: bool,
    offset: u64,
    size: u64,
) -> Result<(u32, u64)> {
    let file = file::get(k, fd)?;
    let access = file.flags & O_ACCMODE;
    if access != O_RDONLY && access != O_RDWR || shared && prot & WRITE != 0 && access != O_RDWR {
        return Err(Errno::EACCES);
    }
    let Node::Tmpfs(inode) = file.path.node else {
        return Err(Errno::ENODEV);
    };
    if !tmpfs::is_regular(k, inode) {
        return Err(Errno::ENODEV);
    }
    // Up to the end of its last page; touching beyond is SIGBUS.
    let bytes = page_ceil(tmpfs::size(k, inode))
        .saturating_sub(offset)
        .min(size);
    Ok((inode, bytes))
}

fn place(k: &mut Kernel, mm: u32, addr: u64, size: u64, flags: u64) -> Result {
    let fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) != 0;
    if fixed {
        if !addr.is_multiple_of(PAGE) || addr < USER_START {
            return Err(if addr < USER_START && addr.is_multiple_of(PAGE) {
                Errno::EPERM
            } else {
                Errno::EINVAL
            });
        }
        let end = addr
            .checked_add(size)
            .filter(|&end| end <= USER_END)
            .ok_or(Errno::ENOMEM)?;
        if flags & MAP_FIXED_NOREPLACE != 0 && !area::is_free(&k.mms[mm as usize], addr, end) {
            return Err(Errno::EEXIST);
        }
        unmap_range(k, mm, addr, end)?;
        return Ok(addr);
    }
    // An address without MAP_FIXED is a wish.
    let space = &k.mms[mm as usize];
    let wish = addr & !(PAGE - 1);
    let end = wish.saturating_add(size);
    if wish >= USER_START && end <= MMAP_TOP && area::is_free(space, wish, end) {
        return Ok(wish);
    }
    area::find_gap(space, size, MMAP_TOP).ok_or(Errno::ENOMEM)
}

/// Takes areas and pages of a range away.
///
/// # Errors
/// ENOMEM if an area would have to be cut and the table is full.
pub fn unmap_range(k: &mut Kernel, mm: u32, start: u64, end: u64) -> Result<()> {
    let before = k.mms[mm as usize];
    area::remove(&mut k.mms[mm as usize], start, end)?;
    paging::unmap(k, mm, start, end);
    for area in area::areas(&before) {
        if area.inode != NONE && area::clip(area, start, end).is_some() {
            tmpfs::let_go(k, area.inode);
        }
    }
    Ok(())
}

/// munmap(2).
pub fn munmap(k: &mut Kernel, addr: u64, len: u64) -> Result {
    let end = range(addr, len).filter(|_| len > 0).ok_or(Errno::EINVAL)?;
    let mm = k.tasks[k.root.current as usize].mm;
    unmap_range(k, mm, addr, end)?;
    Ok(0)
}

/// End of the page-aligned range of `len` bytes at `addr`, if it is a program's.
fn range(addr: u64, len: u64) -> Option<u64> {
    let end = addr.checked_add(len)?.checked_next_multiple_of(PAGE)?;
    (addr.is_multiple_of(PAGE) && end <= USER_END).then_some(end)
}

/// madvise(2): advice is not needed where nothing is swapped, except that MADV_DONTNEED
/// promises zeros afterwards.
pub fn madvise(k: &mut Kernel, addr: u64, len: u64, advice: u64) -> Result {
    const MADV_DONTNEED: u64 = 4;
    let end = range(addr, len).ok_or(Errno::EINVAL)?;
    let mm = k.tasks[k.root.current as usize].mm;
    if !area::is_covered(&k.mms[mm as usize], addr, end) {
        return Err(Errno::ENOMEM);
    }
    if advice == MADV_DONTNEED {
        paging::unmap(k, mm, addr, end);
    }
    Ok(0)
}

/// mprotect(2).
pub fn mprotect(k: &mut Kernel, addr: u64, len: u64, prot: u64) -> Result {
    if !addr.is_multiple_of(PAGE) || prot > 7 {
        return Err(Errno::EINVAL);
    }
    let end = range(addr, len).ok_or(Errno::ENOMEM)?;
    let mm = k.tasks[k.root.current as usize].mm;
    let prot = prot as u32;
    area::protect(&mut k.mms[mm as usize], addr, end, prot)?;
    let root = k.mms[mm as usize].cr3;
    // Entries lose the rights that the areas lost. Rights that were gained come with the next
    // fault. An entry without any right at all must go, but its page must not be forgotten: it
    // stays, readable by nobody (not U).
    paging::for_each(k, root, addr, end, |k, at, va| {
        let entry = phys::read_u64(at);
        let mut new = entry & !(pte::W | pte::NX | pte::U);
        if prot != 0 {
            new |= pte::U;
        }
        if prot & EXEC == 0 {
            new |= pte::NX;
        }
        // Writable again only through a fault, which looks who else holds the frame.
        if entry & pte::W != 0 {
            new |= if prot & WRITE != 0 {
                pte::W
            } else {
                paging::COW
            };
        } else if prot & WRITE != 0 {
            new |= paging::COW;
        }
        phys::write_u64(at, new);
        if new != entry {
            reg::invlpg(va);
        }
        let _ = k;
        Ok(())
    })?;
    Ok(0)
}
