//! Reading directories: the records of getdents64.
//!
//! ```text
//!   d_ino: u64 · d_off: i64 · d_reclen: u16 · d_type: u8 · d_name, zero-ended
//! ```

use super::{Result, call, file};
use abi::fs::open::{O_CLOEXEC, O_DIRECTORY};
use alloc::string::String;
use alloc::vec::Vec;

/// One name in a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// `abi::fs::dirent::DT_*`.
    pub kind: u8,
    /// The inode number.
    pub inode: u64,
}

/// The names in the directory at `path`, without `.` and `..`, sorted.
///
/// # Errors
/// open(2), getdents64(2).
pub fn read_dir(path: &str) -> Result<Vec<Entry>> {
    let fd = file::open(path, O_DIRECTORY | O_CLOEXEC, 0)?;
    let mut buf = [0u8; 1024];
    let mut out = Vec::new();
    let ended = loop {
        // SAFETY: the kernel writes inside `buf`.
        let got = unsafe { call::getdents64(fd as u64, buf.as_mut_ptr() as u64, buf.len() as u64) };
        match got {
            Ok(0) => break Ok(()),
            Ok(len) => parse(&buf[..len as usize], &mut out),
            Err(why) => break Err(why),
        }
    };
    let _ = file::close(fd);
    ended.map(|()| out)
}

fn parse(mut records: &[u8], out: &mut Vec<Entry>) {
    const NAME: usize = 19;
    while records.len() > NAME {
        let reclen = u16::from_le_bytes([records[16], records[17]]) as usize;
        let (record, rest) = records.split_at(reclen.clamp(NAME, records.len()));
        let name = record[NAME..].split(|&byte| byte == 0).next();
        let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
        if name != "." && name != ".." {
            let mut inode = [0; 8];
            inode.copy_from_slice(&record[..8]);
            let kind = record[18];
            let inode = u64::from_le_bytes(inode);
            // Names come by the hundred at most, and nearly in order: no need of a sort.
            let at = out.partition_point(|other| other.name < name);
            out.insert(at, Entry { name, kind, inode });
        }
        records = rest;
    }
}
