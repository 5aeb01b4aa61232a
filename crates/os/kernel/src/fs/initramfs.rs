//! What the loader brought: a cpio archive, unpacked into the first file system.
//!
//! Linux unpacks it into *rootfs*, which can never be unmounted or pivoted away, and leaves it
//! to init to move on to a proper root. Here that is done already: rootfs stays empty, a tmpfs
//! covers it, and the archive is unpacked there. So pivot_root works as it does on any
//! installed Linux.

use crate::Result;
use crate::fs::calls_path::make;
use crate::fs::cpio::{Entry, Reader};
use crate::fs::mount::{self, Source};
use crate::fs::{Node, Path, directory, mntns, super_block, tmpfs, walk};
use crate::kernel::Kernel;
use crate::log;
use crate::mm::frame;
use abi::Errno;
use abi::fs::mode::*;
use metal::phys;
use objects::kernel::fstype::{ROOTFS, TMPFS};

/// Makes the first mount namespace: rootfs, and the root that covers it. Answers that root.
///
/// # Errors
/// None that a fresh kernel could have.
pub fn mount_root(k: &mut Kernel) -> Result<Path> {
    super_block::init(k);
    let ns = mntns::create(k)?;
    let bottom = super_block::create(k, ROOTFS, 0)?;
    let root = k.super_blocks[bottom as usize].root;
    let rootfs = mount::create(
        k,
        ns,
        Source {
            super_block: bottom,
            root,
            flags: 0,
            name: b"rootfs",
        },
    )?;
    k.mnt_ns[ns as usize].root = rootfs;
    let super_block = super_block::create(k, TMPFS, 0)?;
    let root = k.super_blocks[super_block as usize].root;
    if let Node::Tmpfs(inode) = root {
        k.inodes[inode as usize].mode = S_IFDIR | 0o755;
    }
    let covered = mount::root_of(k, rootfs);
    let id = mount::mount(
        k,
        Source {
            super_block,
            root,
            flags: 0,
            name: b"tmpfs",
        },
        covered,
    )?;
    Ok(mount::root_of(k, id))
}

/// Unpacks the archives in `start..end` of physical memory below `root`; how many files
/// there were. The memory is given back.
pub fn unpack(k: &mut Kernel, root: Path, start: u64, end: u64) -> u64 {
    let mut files = 0;
    let mut links = Links {
        seen: [((0, 0, 0), 0); 64],
        count: 0,
    };
    let mut reader = Reader::new(end - start, |at, out: &mut [u8]| {
        phys::read(start + at, out)
    });
    loop {
        match reader.next_entry() {
            Ok(Some(entry)) => match put(k, root, start, &entry, &mut links) {
                Ok(()) => files += 1,
                Err(error) => {
                    let name = core::str::from_utf8(entry.name()).unwrap_or("?");
                    log::line(k, format_args!("initramfs: {name}: {}", error.text()));
                }
            },
            Ok(None) => break,
            Err(bad) => {
                log::line(
                    k,
                    format_args!("initramfs: {} (at byte {})", bad.what, bad.at),
                );
                break;
            }
        }
    }
    frame::unreserve(k, start, end);
    files
}

/// Inodes of files that have more names to come.
struct Links {
    seen: [((u32, u32, u32), u32); 64],
    count: usize,
}

impl Links {
    fn find(&self, identity: (u32, u32, u32)) -> Option<u32> {
        self.seen[..self.count]
            .iter()
            .find(|(id, _)| *id == identity)
            .map(|&(_, inode)| inode)
    }

    fn remember(&mut self, identity: (u32, u32, u32), inode: u32) {
        self.seen[self.count % 64] = (identity, inode);
        self.count = (self.count + 1).min(64);
    }
}

/// Makes one file.
fn put(k: &mut Kernel, root: Path, start: u64, entry: &Entry, links: &mut Links) -> Result<()> {
    let name = entry.name();
    if name.is_empty() {
        return Ok(());
    }
    let walked = match walk::walk(k, root, name, false) {
        // Archives may leave the directories out.
        Err(Errno::ENOENT) => {
            make_directories(k, root, name)?;
            walk::walk(k, root, name, false)?
        }
        walked => walked?,
    };
    let Node::Tmpfs(dir) = walked.parent.node else {
        return Err(Errno::EPERM);
    };
    let last = walked.name_or(Errno::EEXIST)?;
    let kind = entry.mode & S_IFMT;
    let existing = match walked.found.map(|found| found.node) {
        Some(Node::Tmpfs(inode)) => Some(inode),
        _ => None,
    };
    if kind == S_IFDIR {
        let inode = match existing {
            Some(inode) => inode,
            None => make(k, dir, last, entry.mode, 0)?,
        };
        k.inodes[inode as usize].mode = entry.mode;
        return Ok(());
    }
    // A later entry replaces an earlier one.
    if let Some(inode) = existing {
        if tmpfs::is_directory(k, inode) {
            return Err(Errno::EISDIR);
        }
        directory::remove(k, dir, last)?;
        k.inodes[inode as usize].nlink -= 1;
        tmpfs::let_go(k, inode);
    }
    let linked = if entry.nlink > 1 {
        links.find(entry.identity)
    } else {
        None
    };
    let inode = match linked {
        Some(inode) => {
            directory::add(k, dir, last, inode)?;
            k.inodes[inode as usize].nlink += 1;
            inode
        }
        None => {
            let rdev = u64::from(entry.rdev.0 << 8 | entry.rdev.1);
            let inode = make(k, dir, last, entry.mode, rdev)?;
            if entry.nlink > 1 {
                links.remember(entry.identity, inode);
            }
            inode
        }
    };
    fill(k, inode, start + entry.content_at, entry.size)?;
    let row = &mut k.inodes[inode as usize];
    (row.uid, row.gid) = (entry.uid, entry.gid);
    row.mtime = u64::from(entry.mtime) * 1_000_000_000;
    Ok(())
}

/// Copies the content from physical memory, page by page.
fn fill(k: &mut Kernel, inode: u32, from: u64, size: u64) -> Result<()> {
    let mut done = 0;
    while done < size {
        let piece = (size - done).min(phys::FRAME);
        let page = tmpfs::page(k, inode, done / phys::FRAME, true)?;
        phys::copy(page, from + done, piece);
        done += piece;
        k.inodes[inode as usize].size = done;
    }
    Ok(())
}

fn make_directories(k: &mut Kernel, root: Path, name: &[u8]) -> Result<()> {
    for (at, _) in name.iter().enumerate().filter(|(_, b)| **b == b'/') {
        let walked = walk::walk(k, root, &name[..at], true)?;
        if walked.found.is_none()
            && let Node::Tmpfs(dir) = walked.parent.node
        {
            make(k, dir, walked.name_or(Errno::EEXIST)?, S_IFDIR | 0o755, 0)?;
        }
    }
    Ok(())
}

/// Makes the device files of a fresh devtmpfs.
///
/// # Errors
/// ENOSPC, ENOMEM.
pub fn make_devices(k: &mut Kernel, dev: Path) -> Result<()> {
    const DEVICES: [(&[u8], u32, u64); 11] = [
        (b"console", 0o600, 0x501),
        (b"full", 0o666, 0x107),
        (b"null", 0o666, 0x103),
        (b"random", 0o666, 0x108),
        (b"tty", 0o666, 0x500),
        (b"ttyS0", 0o600, 0x440),
        (b"ttyS1", 0o600, 0x441),
        (b"ttyS2", 0o600, 0x442),
        (b"ttyS3", 0o600, 0x443),
        (b"urandom", 0o666, 0x109),
        (b"zero", 0o666, 0x105),
    ];
    let Node::Tmpfs(dir) = dev.node else {
        return Err(Errno::ENOTDIR);
    };
    for (name, mode, rdev) in DEVICES {
        make(k, dir, name, S_IFCHR | mode, rdev)?;
    }
    Ok(())
}
