//! Files in memory. The page cache *is* the file system: a file's pages are its only copy, and
//! the same frames are mapped into the programs that run from it.
//!
//! An inode finds its pages like a classic Unix one: eight directly, 1,024 through an index
//! frame, and a million through an index of indexes.
//!
//! There is no count of holders. When the last name of a file goes, or somebody lets go of a
//! file without a name, [`let_go`] looks whether anybody still holds it: a descriptor, a
//! mapping, a working directory. The tables are small, nameless files are rare, and there is
//! no count that could be wrong.

use crate::Result;
use crate::fs::{Node, super_block};
use crate::kernel::Kernel;
use crate::limits::INODES;
use crate::mm::frame::{self, NOBODY, Owner};
use crate::mm::{PAGE, page_ceil, user};
use abi::Errno;
use abi::fs::mode::{S_IFDIR, S_IFMT, S_IFREG};
use metal::phys;
use objects::kernel::frame as kind;
use zerocopy::FromZeros;

const DIRECT: u64 = 8;
/// Page numbers in an index frame, four bytes each.
const INDEX: u64 = PAGE / 4;
/// Largest file: what the indexes can address.
pub const MAX_SIZE: u64 = (DIRECT + INDEX + INDEX * INDEX) * PAGE;

/// A file, directory, link or device file.
#[derive(Clone, Copy, FromZeros)]
#[repr(C)]
pub struct Inode {
    /// Type and permissions; 0 = free slot.
    pub mode: u32,
    /// Names it has (for a directory: its own "." and its children's ".." count too).
    pub nlink: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes.
    pub size: u64,
    /// Device number, for a device file.
    pub rdev: u64,
    /// Modification time, nanoseconds since 1970.
    pub mtime: u64,
    /// Which file system it belongs to.
    pub super_block: u32,
    /// A directory that has a name for it.
    pub parent: u32,
    /// How many mounts cover it.
    pub mounted: u32,
    /// Pages it has.
    pub pages: u32,
    direct: [u32; DIRECT as usize],
    index: u32,
    index_of_indexes: u32,
}

/// A new inode with one name less than it needs: the caller links it.
///
/// # Errors
/// ENOSPC.
pub fn create(k: &mut Kernel, super_block: u32, mode: u32, parent: u32) -> Result<u32> {
    let id = (1..INODES)
        .find(|&n| k.inodes[n].mode == 0)
        .ok_or(Errno::ENOSPC)?;
    let mtime = k.time.realtime_ns();
    k.inodes[id] = Inode {
        mode,
        super_block,
        parent,
        mtime,
        ..Inode::new_zeroed()
    };
    Ok(id as u32)
}

/// A file of `size` zeros that has no name and belongs to no mount: shared anonymous memory.
///
/// # Errors
/// ENOSPC.
pub fn create_nameless(k: &mut Kernel, size: u64) -> Result<u32> {
    let id = create(k, super_block::NAMELESS, S_IFREG | 0o600, 0)?;
    k.inodes[id as usize].size = size;
    Ok(id)
}

/// The file's size.
pub fn size(k: &Kernel, inode: u32) -> u64 {
    k.inodes[inode as usize].size
}

/// Whether it is a regular file.
pub fn is_regular(k: &Kernel, inode: u32) -> bool {
    k.inodes[inode as usize].mode & S_IFMT == S_IFREG
}

/// Whether it is a directory.
pub fn is_directory(k: &Kernel, inode: u32) -> bool {
    k.inodes[inode as usize].mode & S_IFMT == S_IFDIR
}

/// Notes that the content changed now.
pub fn touch(k: &mut Kernel, inode: u32) {
    k.inodes[inode as usize].mtime = k.time.realtime_ns();
}

/// Frame of page number `page`, if the file has it; a hole reads as zeros.
pub fn find_page(k: &Kernel, inode: u32, page: u64) -> Option<u64> {
    let inode = &k.inodes[inode as usize];
    let at = |n: u32| u64::from(n) * PAGE;
    let number = if page < DIRECT {
        inode.direct[page as usize]
    } else if page < DIRECT + INDEX {
        match inode.index {
            0 => 0,
            index => phys::read_u32(at(index) + (page - DIRECT) * 4),
        }
    } else {
        let page = page - DIRECT - INDEX;
        match inode.index_of_indexes {
            0 => 0,
            outer => match phys::read_u32(at(outer) + page / INDEX % INDEX * 4) {
                0 => 0,
                inner => phys::read_u32(at(inner) + page % INDEX * 4),
            },
        }
    };
    (number != 0).then(|| at(number))
}

/// Frame of page number `page`; with `create` a hole is filled.
///
/// # Errors
/// ENOMEM, ENOSPC, EFBIG.
pub fn page(k: &mut Kernel, inode: u32, page: u64, create: bool) -> Result<u64> {
    if let Some(at) = find_page(k, inode, page) {
        return Ok(at);
    }
    if !create || page >= MAX_SIZE / PAGE {
        return Err(Errno::EFBIG);
    }
    // The page cache belongs to no address space, but to whoever brought the page in.
    let owner = Owner {
        mm: NOBODY,
        ..frame::current_owner(k)
    };
    let super_block = k.inodes[inode as usize].super_block;
    super_block::take_page(k, super_block)?;
    let made = slot(k, inode, page, owner)
        .and_then(|slot| Ok((slot, frame::alloc(k, kind::FILE, owner)?)));
    let (slot, at) = made.inspect_err(|_| super_block::give_page(k, super_block))?;
    let number = (at / PAGE) as u32;
    match slot {
        Slot::Direct(n) => k.inodes[inode as usize].direct[n] = number,
        Slot::At(at) => phys::write_u32(at, number),
    }
    k.inodes[inode as usize].pages += 1;
    Ok(at)
}

enum Slot {
    Direct(usize),
    At(u64),
}

/// Where the number of page `page` is kept; missing index frames are made.
fn slot(k: &mut Kernel, inode: u32, page: u64, owner: Owner) -> Result<Slot> {
    if page < DIRECT {
        return Ok(Slot::Direct(page as usize));
    }
    let id = inode as usize;
    let page = page - DIRECT;
    if page < INDEX {
        if k.inodes[id].index == 0 {
            k.inodes[id].index = (frame::alloc(k, kind::BUFFER, owner)? / PAGE) as u32;
        }
        return Ok(Slot::At(u64::from(k.inodes[id].index) * PAGE + page * 4));
    }
    let page = page - INDEX;
    if k.inodes[id].index_of_indexes == 0 {
        k.inodes[id].index_of_indexes = (frame::alloc(k, kind::BUFFER, owner)? / PAGE) as u32;
    }
    let outer = u64::from(k.inodes[id].index_of_indexes) * PAGE + page / INDEX * 4;
    if phys::read_u32(outer) == 0 {
        let inner = frame::alloc(k, kind::BUFFER, owner)?;
        phys::write_u32(outer, (inner / PAGE) as u32);
    }
    Ok(Slot::At(
        u64::from(phys::read_u32(outer)) * PAGE + page % INDEX * 4,
    ))
}

/// Copies from the file into the program's memory; how many bytes there were.
///
/// # Errors
/// EFAULT.
pub fn read_to_user(k: &mut Kernel, inode: u32, pos: u64, address: u64, count: u64) -> Result {
    let count = size(k, inode).saturating_sub(pos).min(count);
    let mut done = 0;
    while done < count {
        let at = pos + done;
        let piece = (PAGE - at % PAGE).min(count - done);
        match find_page(k, inode, at / PAGE) {
            Some(page) => user::from_frame(k, address + done, page + at % PAGE, piece)?,
            None => user::zero(k, address + done, piece)?,
        }
        done += piece;
    }
    Ok(done)
}

/// Copies from the program's memory into the file, which grows as needed.
///
/// # Errors
/// EFAULT, ENOMEM, EFBIG; what was written before that is returned instead, if anything was.
pub fn write_from_user(k: &mut Kernel, inode: u32, pos: u64, address: u64, count: u64) -> Result {
    let mut done = 0;
    while done < count {
        let at = pos + done;
        let piece = (PAGE - at % PAGE).min(count - done);
        let copied = page(k, inode, at / PAGE, true)
            .and_then(|page| user::to_frame(k, address + done, page + at % PAGE, piece));
        match copied {
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
            Ok(()) => {}
        }
        done += piece;
        let file = &mut k.inodes[inode as usize];
        file.size = file.size.max(at + piece);
    }
    if done > 0 {
        touch(k, inode);
    }
    Ok(done)
}

/// Copies from the file into the kernel's memory; how many bytes there were.
pub fn read(k: &Kernel, inode: u32, pos: u64, out: &mut [u8]) -> usize {
    let count = size(k, inode).saturating_sub(pos).min(out.len() as u64) as usize;
    let mut done = 0;
    while done < count {
        let at = pos + done as u64;
        let piece = ((PAGE - at % PAGE) as usize).min(count - done);
        match find_page(k, inode, at / PAGE) {
            Some(page) => phys::read(page + at % PAGE, &mut out[done..done + piece]),
            None => out[done..done + piece].fill(0),
        }
        done += piece;
    }
    count
}

/// Copies from the kernel's memory into the file.
///
/// # Errors
/// ENOMEM, EFBIG.
pub fn write(k: &mut Kernel, inode: u32, pos: u64, bytes: &[u8]) -> Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        let at = pos + done as u64;
        let piece = ((PAGE - at % PAGE) as usize).min(bytes.len() - done);
        let page = page(k, inode, at / PAGE, true)?;
        phys::write(page + at % PAGE, &bytes[done..done + piece]);
        done += piece;
        let file = &mut k.inodes[inode as usize];
        file.size = file.size.max(at + piece as u64);
    }
    touch(k, inode);
    Ok(())
}

/// Sets the size; pages beyond it go, and what remains of the last one is zeroed.
///
/// # Errors
/// EFBIG.
pub fn truncate(k: &mut Kernel, inode: u32, size: u64) -> Result<()> {
    if size > MAX_SIZE {
        return Err(Errno::EFBIG);
    }
    let id = inode as usize;
    let old = k.inodes[id].size;
    k.inodes[id].size = size;
    if size < old {
        drop_pages_from(k, inode, page_ceil(size) / PAGE);
        if let Some(page) = find_page(k, inode, size / PAGE)
            && !size.is_multiple_of(PAGE)
        {
            phys::zero(page + size % PAGE, PAGE - size % PAGE);
        }
    }
    touch(k, inode);
    Ok(())
}

/// Drops every page from number `page` on. A sparse file may be far larger than memory, so
/// what has no index is skipped at once.
fn drop_pages_from(k: &mut Kernel, inode: u32, mut page: u64) {
    while page < MAX_SIZE / PAGE && k.inodes[inode as usize].pages > 0 {
        let row = &k.inodes[inode as usize];
        let beyond = page.checked_sub(DIRECT + INDEX);
        let missing = match beyond {
            _ if page < DIRECT => false,
            None => row.index == 0,
            Some(_) if row.index_of_indexes == 0 => return,
            Some(n) => phys::read_u32(u64::from(row.index_of_indexes) * PAGE + n / INDEX * 4) == 0,
        };
        if missing {
            // On to the first page of the next index frame.
            page = (page - DIRECT) / INDEX * INDEX + INDEX + DIRECT;
            continue;
        }
        drop_page(k, inode, page);
        page += 1;
    }
}

fn drop_page(k: &mut Kernel, inode: u32, page: u64) {
    let Some(at) = find_page(k, inode, page) else {
        return;
    };
    // The page exists, so its slot does, and finding it allocates nothing.
    match slot(k, inode, page, Owner::KERNEL) {
        Ok(Slot::Direct(n)) => k.inodes[inode as usize].direct[n] = 0,
        Ok(Slot::At(at)) => phys::write_u32(at, 0),
        Err(_) => return,
    }
    k.inodes[inode as usize].pages -= 1;
    super_block::give_page(k, k.inodes[inode as usize].super_block);
    frame::release(k, at);
}

/// Frees an inode and its pages.
fn free(k: &mut Kernel, inode: u32) {
    let id = inode as usize;
    drop_pages_from(k, inode, 0);
    let (index, outer) = (k.inodes[id].index, k.inodes[id].index_of_indexes);
    if outer != 0 {
        for n in 0..INDEX {
            let inner = phys::read_u32(u64::from(outer) * PAGE + n * 4);
            if inner != 0 {
                frame::release(k, u64::from(inner) * PAGE);
            }
        }
        frame::release(k, u64::from(outer) * PAGE);
    }
    if index != 0 {
        frame::release(k, u64::from(index) * PAGE);
    }
    k.inodes[id] = Inode::new_zeroed();
}

/// Somebody no longer holds the file, or its last name went: if it has no name and nobody
/// holds it, it is freed.
pub fn let_go(k: &mut Kernel, inode: u32) {
    let row = &k.inodes[inode as usize];
    if row.mode != 0 && row.nlink == 0 && !is_held(k, inode) {
        free(k, inode);
    }
}

fn is_held(k: &Kernel, inode: u32) -> bool {
    let node = Node::Tmpfs(inode);
    k.files.iter().any(|f| f.refs > 0 && f.path.node == node)
        || k.fs_contexts
            .iter()
            .any(|c| c.refs > 0 && (c.cwd.node == node || c.root.node == node))
        || is_mapped(k, |n| n == inode)
}

/// Whether an inode that `wanted` wants is mapped somewhere, or is the program of somebody.
pub fn is_mapped(k: &Kernel, wanted: impl Fn(u32) -> bool) -> bool {
    k.mms.iter().zip(&k.mm_private).any(|(mm, private)| {
        mm.refs > 0
            && (mm.areas[..mm.count as usize]
                .iter()
                .any(|a| a.inode != objects::NONE && wanted(a.inode))
                || matches!(private.exe.node, Node::Tmpfs(n) if wanted(n)))
    })
}

/// The file system is gone: all its inodes go, those that are still mapped when they are let
/// go of.
pub fn free_all(k: &mut Kernel, super_block: u32) {
    for id in 1..INODES {
        if k.inodes[id].mode != 0 && k.inodes[id].super_block == super_block {
            k.inodes[id].nlink = 0;
            let_go(k, id as u32);
        }
    }
}
