//! A writer of `newc` cpio archives, the format that a kernel unpacks into its first file
//! system (Linux: Documentation/driver-api/early-userspace/buffer-format.rst).
//!
//! Every entry is a header of six magic characters and thirteen fields of eight hexadecimal
//! digits, the name, and the bytes, each padded to four. Archives may stand one behind the
//! other: a later entry replaces an earlier one of the same name, and that is how a scenario
//! lays its own files over the initramfs.

/// One entry, before it is written.
struct Entry {
    path: String,
    mode: u32,
    inode: u32,
    links: u32,
    device: (u32, u32),
    bytes: Vec<u8>,
}

/// An archive in the making. Paths are written without a leading slash; a directory that
/// nobody named is added before its first file.
#[derive(Default)]
pub struct Archive {
    entries: Vec<Entry>,
    inodes: u32,
}

const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;
const CHARACTER: u32 = 0o020_000;

impl Archive {
    /// An empty archive.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a regular file; `mode` is its permissions, as `0o755`.
    pub fn file(self, path: &str, mode: u32, bytes: &[u8]) -> Self {
        self.links(&[path], mode, bytes)
    }

    /// Adds one regular file under several names (hard links). The bytes stand at the first
    /// name; the other entries carry the same inode number, the same link count and no bytes.
    pub fn links<P: AsRef<str>>(mut self, paths: &[P], mode: u32, bytes: &[u8]) -> Self {
        self.inodes += 1;
        let (inode, links) = (self.inodes, paths.len() as u32);
        let mut bytes = bytes.to_vec();
        for path in paths {
            let path = path.as_ref();
            self.parents(path);
            let bytes = std::mem::take(&mut bytes);
            self.entries.push(Entry {
                path: trim(path),
                mode: REGULAR | mode,
                inode,
                links,
                device: (0, 0),
                bytes,
            });
        }
        self
    }

    /// Adds a directory, mode 755. Naming one twice is harmless.
    pub fn dir(mut self, path: &str) -> Self {
        self.parents(path);
        let path = trim(path);
        if !path.is_empty() && !self.has(&path) {
            self.push(path, DIRECTORY | 0o755, 2, (0, 0), Vec::new());
        }
        self
    }

    /// Adds a symbolic link at `path` that says `target`.
    pub fn symlink(mut self, path: &str, target: &str) -> Self {
        self.parents(path);
        self.push(trim(path), SYMLINK | 0o777, 1, (0, 0), target.into());
        self
    }

    /// Adds a character device.
    pub fn device(mut self, path: &str, mode: u32, major: u32, minor: u32) -> Self {
        self.parents(path);
        let mode = CHARACTER | mode;
        self.push(trim(path), mode, 1, (major, minor), Vec::new());
        self
    }

    /// The archive's bytes, padded to 512 as cpio does.
    pub fn finish(self) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in &self.entries {
            write(&mut out, entry);
        }
        let trailer = Entry {
            path: "TRAILER!!!".into(),
            mode: 0,
            inode: 0,
            links: 1,
            device: (0, 0),
            bytes: Vec::new(),
        };
        write(&mut out, &trailer);
        out.resize(out.len().next_multiple_of(512), 0);
        out
    }

    fn has(&self, path: &str) -> bool {
        self.entries.iter().any(|entry| entry.path == path)
    }

    fn push(&mut self, path: String, mode: u32, links: u32, device: (u32, u32), bytes: Vec<u8>) {
        self.inodes += 1;
        let inode = self.inodes;
        self.entries.push(Entry {
            path,
            mode,
            inode,
            links,
            device,
            bytes,
        });
    }

    /// Adds the directories above `path` that are not there yet: a kernel creates no parents.
    fn parents(&mut self, path: &str) {
        let path = trim(path);
        for (at, _) in path.match_indices('/') {
            if !self.has(&path[..at]) {
                self.push(path[..at].into(), DIRECTORY | 0o755, 2, (0, 0), Vec::new());
            }
        }
    }
}

fn trim(path: &str) -> String {
    path.trim_matches('/').into()
}

fn write(out: &mut Vec<u8>, entry: &Entry) {
    let fields = [
        entry.inode,
        entry.mode,
        0, // uid
        0, // gid
        entry.links,
        0, // mtime: the same input makes the same archive
        entry.bytes.len() as u32,
        0, // the device that holds the file
        0,
        entry.device.0,
        entry.device.1,
        entry.path.len() as u32 + 1,
        0, // checksum: unused in newc
    ];
    out.extend_from_slice(b"070701");
    for field in fields {
        out.extend_from_slice(format!("{field:08X}").as_bytes());
    }
    out.extend_from_slice(entry.path.as_bytes());
    out.push(0);
    pad(out);
    out.extend_from_slice(&entry.bytes);
    pad(out);
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}
