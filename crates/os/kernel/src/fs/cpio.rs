//! The archive format of an initramfs: cpio "newc" (Linux: initramfs-buffer-format).
//!
//! ```text
//!  | "070701" | 13 fields of 8 hex digits | name, 0 | pad to 4 | content | pad to 4 |  … TRAILER!!!
//! ```
//!
//! Archives may follow one another, with zeros between; later entries win. Hard links share
//! an inode number, and only the last of them carries the content.
//!
//! The reader takes the archive through a function, because in the kernel it lies in
//! physical memory that is copied out bit by bit.

use crate::limits::PATH_MAX;

/// Bytes of a header.
const HEADER: u64 = 110;
/// The name that ends an archive.
const TRAILER: &[u8] = b"TRAILER!!!";

/// One file of an archive.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    name: [u8; PATH_MAX],
    name_len: usize,
    /// Type and permissions.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Names that the file has in the archive.
    pub nlink: u32,
    /// Modification time, seconds.
    pub mtime: u32,
    /// Inode and device number: the same for hard links.
    pub identity: (u32, u32, u32),
    /// Device number of a device file, major and minor.
    pub rdev: (u32, u32),
    /// Where the content begins.
    pub content_at: u64,
    /// Bytes of content.
    pub size: u64,
}

impl Entry {
    /// The file's path, without leading slashes and dots.
    pub fn name(&self) -> &[u8] {
        let mut name = &self.name[..self.name_len];
        while let Some(rest) = name.strip_prefix(b"/").or(name.strip_prefix(b"./")) {
            name = rest;
        }
        if name == b"." { b"" } else { name }
    }
}

/// Why reading ends before the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bad {
    /// What is wrong.
    pub what: &'static str,
    /// Where, as an offset in the whole.
    pub at: u64,
}

/// Reads archives one entry after another.
pub struct Reader<R> {
    read: R,
    at: u64,
    len: u64,
}

impl<R: FnMut(u64, &mut [u8])> Reader<R> {
    /// A reader of `len` bytes, which `read(offset, out)` gives.
    pub fn new(len: u64, read: R) -> Self {
        Self { read, at: 0, len }
    }

    /// The next file; `None` at the end.
    ///
    /// # Errors
    /// If what follows is neither an entry nor zeros.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, Bad> {
        loop {
            if !self.skip_zeros() {
                return Ok(None);
            }
            let entry = self.entry()?;
            self.at = (entry.content_at + entry.size).next_multiple_of(4);
            if &entry.name[..entry.name_len] != TRAILER {
                return Ok(Some(entry));
            }
        }
    }

    /// Between archives there may be zeros, in whole words. Says whether anything follows.
    fn skip_zeros(&mut self) -> bool {
        let mut word = [0; 4];
        while self.at + 4 <= self.len {
            (self.read)(self.at, &mut word);
            if word != [0; 4] {
                return true;
            }
            self.at += 4;
        }
        false
    }

    fn entry(&mut self) -> Result<Entry, Bad> {
        let at = self.at;
        let bad = |what| Bad { what, at };
        let mut header = [0; HEADER as usize];
        if at + HEADER > self.len {
            return Err(bad("the archive ends inside a header"));
        }
        (self.read)(at, &mut header);
        if &header[..6] != b"070701" && &header[..6] != b"070702" {
            return Err(bad("no newc header where one must be"));
        }
        let field = |n: usize| {
            hex(&header[6 + 8 * n..14 + 8 * n]).ok_or(bad("a header field is not hexadecimal"))
        };
        let size = u64::from(field(6)?);
        let name_size = field(11)? as usize;
        let content_at = (at + HEADER + name_size as u64).next_multiple_of(4);
        if name_size == 0 || name_size > PATH_MAX {
            return Err(bad("the length of a name is out of bounds"));
        }
        if content_at
            .checked_add(size)
            .is_none_or(|end| end > self.len)
        {
            return Err(bad("the archive ends inside a file"));
        }
        let mut entry = Entry {
            name: [0; PATH_MAX],
            name_len: name_size - 1,
            mode: field(1)?,
            uid: field(2)?,
            gid: field(3)?,
            nlink: field(4)?,
            mtime: field(5)?,
            identity: (field(0)?, field(7)?, field(8)?),
            rdev: (field(9)?, field(10)?),
            content_at,
            size,
        };
        (self.read)(at + HEADER, &mut entry.name[..name_size]);
        Ok(entry)
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    let mut value = 0;
    for &digit in digits {
        value = value << 4 | (digit as char).to_digit(16)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(out: &mut Vec<u8>, ino: u32, mode: u32, nlink: u32, name: &str, content: &str) {
        let fields = [
            ino,
            mode,
            0,
            0,
            nlink,
            5,
            content.len() as u32,
            0,
            0,
            1,
            3,
            name.len() as u32 + 1,
            0,
        ];
        out.extend(b"070701");
        for field in fields {
            out.extend(format!("{field:08x}").bytes());
        }
        out.extend(name.bytes());
        out.push(0);
        out.resize(out.len().next_multiple_of(4), 0);
        out.extend(content.bytes());
        out.resize(out.len().next_multiple_of(4), 0);
    }

    fn list(archive: &[u8]) -> Result<Vec<String>, Bad> {
        let mut reader = Reader::new(archive.len() as u64, |at, out: &mut [u8]| {
            out.copy_from_slice(&archive[at as usize..at as usize + out.len()]);
        });
        let mut out = Vec::new();
        while let Some(e) = reader.next_entry()? {
            let content = &archive[e.content_at as usize..(e.content_at + e.size) as usize];
            out.push(format!(
                "{} {:o} {} {:?}",
                std::str::from_utf8(e.name()).unwrap(),
                e.mode,
                e.identity.0,
                std::str::from_utf8(content).unwrap()
            ));
        }
        Ok(out)
    }

    #[test]
    fn two_archives_and_their_hard_links() {
        let mut archive = Vec::new();
        put(&mut archive, 1, 0o40755, 2, ".", "");
        put(&mut archive, 2, 0o100755, 2, "./bin/ls", "");
        put(&mut archive, 2, 0o100755, 2, "/bin/cat", "ELF");
        put(&mut archive, 0, 0, 1, "TRAILER!!!", "");
        archive.resize(archive.len().next_multiple_of(512), 0);
        put(&mut archive, 1, 0o100644, 1, "etc/rc", "echo hi\n");
        put(&mut archive, 0, 0, 1, "TRAILER!!!", "");
        assert_eq!(
            list(&archive).unwrap(),
            [
                " 40755 1 \"\"",
                "bin/ls 100755 2 \"\"",
                "bin/cat 100755 2 \"ELF\"",
                "etc/rc 100644 1 \"echo hi\\n\""
            ]
        );
    }

    #[test]
    fn garbage_is_refused_where_it_is() {
        let mut archive = Vec::new();
        put(&mut archive, 1, 0o100644, 1, "a", "content");
        let whole = archive.len();
        let what = |bytes: &[u8]| list(bytes).unwrap_err();
        assert_eq!(
            what(&archive[..100]),
            Bad {
                what: "the archive ends inside a header",
                at: 0
            }
        );
        assert_eq!(
            what(&archive[..whole - 4]),
            Bad {
                what: "the archive ends inside a file",
                at: 0
            }
        );
        archive.extend(b"junk".repeat(40));
        assert_eq!(what(&archive).at, whole as u64);
        archive[10] = b'x';
        assert_eq!(what(&archive).what, "a header field is not hexadecimal");
        assert_eq!(list(b""), Ok(vec![]));
    }
}
