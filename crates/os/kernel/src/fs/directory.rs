//! Directories of a tmpfs: names for inodes, kept in the directory's own pages.
//!
//! Records as in ext2: they fill each page exactly and never cross into the next one, and a
//! free record is one with inode 0.
//!
//! ```text
//!  | inode: 4 | record length: 2 | name length: 1 | type: 1 | name, padded to 8 |
//! ```
//!
//! "." and ".." are not stored: the walk and getdents64 know them.

use crate::Result;
use crate::fs::tmpfs;
use crate::kernel::Kernel;
use crate::limits::NAME_MAX;
use crate::mm::PAGE;
use abi::Errno;
use abi::fs::mode::S_IFMT;
use metal::phys;

#[derive(Clone, Copy)]
struct Record {
    inode: u32,
    len: u16,
    name_len: u8,
    kind: u8,
}

impl Record {
    fn read(at: u64) -> Self {
        let raw = phys::read_u64(at);
        Self {
            inode: raw as u32,
            len: (raw >> 32) as u16,
            name_len: (raw >> 48) as u8,
            kind: (raw >> 56) as u8,
        }
    }

    fn write(self, at: u64) {
        let raw = u64::from(self.inode)
            | u64::from(self.len) << 32
            | u64::from(self.name_len) << 48
            | u64::from(self.kind) << 56;
        phys::write_u64(at, raw);
    }

    /// Bytes that a record with this name needs.
    fn needed(name_len: usize) -> u16 {
        (8 + name_len.next_multiple_of(8)) as u16
    }
}

/// A name in a directory.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What it names.
    pub inode: u32,
    name: [u8; NAME_MAX],
    name_len: u8,
    /// Where the next one stands.
    pub next: u64,
}

impl Entry {
    /// The name.
    pub fn name(&self) -> &[u8] {
        &self.name[..self.name_len as usize]
    }
}

/// The first entry at or after byte `from` of the directory.
pub fn next(k: &Kernel, dir: u32, from: u64) -> Option<Entry> {
    let mut at = from;
    while at < tmpfs::size(k, dir) {
        let frame = tmpfs::find_page(k, dir, at / PAGE)?;
        let record = Record::read(frame + at % PAGE);
        if record.inode != 0 {
            let mut entry = Entry {
                inode: record.inode,
                name: [0; NAME_MAX],
                name_len: record.name_len,
                next: at + u64::from(record.len),
            };
            phys::read(
                frame + at % PAGE + 8,
                &mut entry.name[..record.name_len as usize],
            );
            return Some(entry);
        }
        at += u64::from(record.len);
    }
    None
}

/// What `name` names, and where the record is (physical).
fn find_record(k: &Kernel, dir: u32, name: &[u8]) -> Option<(Record, u64)> {
    for page in 0..tmpfs::size(k, dir) / PAGE {
        let frame = tmpfs::find_page(k, dir, page)?;
        let mut place = frame;
        while place < frame + PAGE {
            let record = Record::read(place);
            let fits = record.inode != 0 && record.name_len as usize == name.len();
            if fits && phys::equals(place + 8, name) {
                return Some((record, place));
            }
            place += u64::from(record.len);
        }
    }
    None
}

/// The inode that `name` names.
pub fn find(k: &Kernel, dir: u32, name: &[u8]) -> Option<u32> {
    find_record(k, dir, name).map(|(record, _)| record.inode)
}

/// Gives `inode` a name in `dir`. Counts of links are the caller's.
///
/// # Errors
/// EEXIST, ENOMEM.
pub fn add(k: &mut Kernel, dir: u32, name: &[u8], inode: u32) -> Result<()> {
    if find(k, dir, name).is_some() {
        return Err(Errno::EEXIST);
    }
    let needed = Record::needed(name.len());
    let place = match find_room(k, dir, needed) {
        Some(place) => place,
        None => {
            let end = tmpfs::size(k, dir);
            let frame = tmpfs::page(k, dir, end / PAGE, true)?;
            Record {
                inode: 0,
                len: PAGE as u16,
                name_len: 0,
                kind: 0,
            }
            .write(frame);
            k.inodes[dir as usize].size = end + PAGE;
            frame
        }
    };
    let room = Record::read(place).len;
    let len = if room - needed >= Record::needed(1) {
        Record {
            inode: 0,
            len: room - needed,
            name_len: 0,
            kind: 0,
        }
        .write(place + u64::from(needed));
        needed
    } else {
        room
    };
    let kind = ((k.inodes[inode as usize].mode & S_IFMT) >> 12) as u8;
    Record {
        inode,
        len,
        name_len: name.len() as u8,
        kind,
    }
    .write(place);
    phys::write(place + 8, name);
    tmpfs::touch(k, dir);
    Ok(())
}

/// A free record of at least `needed` bytes; free neighbours are joined on the way.
fn find_room(k: &Kernel, dir: u32, needed: u16) -> Option<u64> {
    for page in 0..tmpfs::size(k, dir) / PAGE {
        let frame = tmpfs::find_page(k, dir, page)?;
        let mut at = 0;
        while at < PAGE {
            let mut record = Record::read(frame + at);
            if record.inode == 0 {
                while at + u64::from(record.len) < PAGE {
                    let next = Record::read(frame + at + u64::from(record.len));
                    if next.inode != 0 {
                        break;
                    }
                    record.len += next.len;
                    record.write(frame + at);
                }
                if record.len >= needed {
                    return Some(frame + at);
                }
            }
            at += u64::from(record.len);
        }
    }
    None
}

/// Takes a name away.
///
/// # Errors
/// ENOENT.
pub fn remove(k: &mut Kernel, dir: u32, name: &[u8]) -> Result<()> {
    let (record, place) = find_record(k, dir, name).ok_or(Errno::ENOENT)?;
    Record { inode: 0, ..record }.write(place);
    tmpfs::touch(k, dir);
    Ok(())
}

/// Makes an existing name stand for another inode.
///
/// # Errors
/// ENOENT.
pub fn replace(k: &mut Kernel, dir: u32, name: &[u8], inode: u32) -> Result<()> {
    let (record, place) = find_record(k, dir, name).ok_or(Errno::ENOENT)?;
    let kind = ((k.inodes[inode as usize].mode & S_IFMT) >> 12) as u8;
    Record {
        inode,
        kind,
        ..record
    }
    .write(place);
    tmpfs::touch(k, dir);
    Ok(())
}

/// Whether nothing is in it.
pub fn is_empty(k: &Kernel, dir: u32) -> bool {
    next(k, dir, 0).is_none()
}

/// The name that `dir` has for `inode`.
pub fn name_of(k: &Kernel, dir: u32, inode: u32) -> Option<Entry> {
    let mut at = 0;
    while let Some(entry) = next(k, dir, at) {
        if entry.inode == inode {
            return Some(entry);
        }
        at = entry.next;
    }
    None
}
