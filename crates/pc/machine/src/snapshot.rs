//! [`Snapshot`]: a machine at one moment, cheap to keep and to share.

use crate::board::Devices;
use crate::machine::Stopped;
use crate::memory::{self, Memory};
use crate::pages::{PAGE, Pages};
use cpu::Saved;
use probe::Moment;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Changes whenever the layout of a file does.
const VERSION: u32 = 1;
/// What every file begins with.
const MAGIC: &[u8; 8] = b"RINGSNAP";

/// All of it. The order of fields is the order in a file.
#[derive(PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    pub cpu: Saved,
    pub devices: Devices,
    pub memory: Pages,
    pub slept: Moment,
    pub ended: Option<Stopped>,
}

/// A machine at one moment. Cloning it copies a pointer.
#[derive(Clone, PartialEq)]
pub struct Snapshot(Arc<State>);

/// A file that is no snapshot, or none that this version can read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileError {
    /// It does not begin as a snapshot does.
    NotASnapshot,
    /// It was written by another version.
    Version(u32),
    /// It is cut short or damaged.
    Damaged(String),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASnapshot => f.write_str("this is not a snapshot of a machine"),
            Self::Version(version) => {
                write!(
                    f,
                    "the snapshot has format {version}, this program reads {VERSION}"
                )
            }
            Self::Damaged(why) => write!(f, "the snapshot is damaged: {why}"),
        }
    }
}

impl std::error::Error for FileError {}

impl Snapshot {
    pub(crate) fn new(state: State) -> Self {
        Self(Arc::new(state))
    }
    pub(crate) fn state(&self) -> &State {
        &self.0
    }

    /// The moment it shows.
    pub fn clock(&self) -> Moment {
        self.0.cpu.clock()
    }
    /// MiB of memory of the machine.
    pub fn ram_mib(&self) -> u32 {
        ((self.0.memory.count() * PAGE - memory::ROM) >> 20) as u32
    }
    /// The CPU at that moment.
    pub fn cpu(&self) -> &Saved {
        &self.0.cpu
    }
    /// The devices at that moment.
    pub fn devices(&self) -> &Devices {
        &self.0.devices
    }
    /// Fills `out` from physical address `at`; false if a byte of it is not memory.
    pub fn peek(&self, at: u64, out: &mut [u8]) -> bool {
        let ram = u64::from(self.ram_mib()) << 20;
        let pages = &self.0.memory;
        let bytes = |at: usize, len: usize| &pages.bytes(at / PAGE)[at % PAGE..][..len];
        memory::peek(|frame| Memory::page_of(ram, frame), bytes, at, out)
    }
    /// How many pages this one holds that `other` does not: what it costs to keep it beside.
    pub fn pages_beside(&self, other: &Self) -> usize {
        self.0.memory.differing(&other.0.memory).count()
    }

    /// As a file. Zero pages take no room; nothing is compressed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        file.extend(VERSION.to_le_bytes());
        file.extend(postcard::to_allocvec(&*self.0).expect("plain data always serialises"));
        file
    }

    /// From a file.
    ///
    /// # Errors
    /// [`FileError`], if it is none that [`to_bytes`](Self::to_bytes) of this version made.
    pub fn from_bytes(file: &[u8]) -> Result<Self, FileError> {
        let rest = file.strip_prefix(MAGIC).ok_or(FileError::NotASnapshot)?;
        let (version, body) = rest.split_first_chunk().ok_or(FileError::NotASnapshot)?;
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(FileError::Version(version));
        }
        let damaged = |why: &dyn fmt::Display| FileError::Damaged(why.to_string());
        let state: State = postcard::from_bytes(body).map_err(|why| damaged(&why))?;
        let bytes = state.memory.count() * PAGE;
        if bytes <= memory::ROM || (bytes - memory::ROM) & 0xf_ffff != 0 {
            return Err(damaged(&"its memory is no whole number of MiB"));
        }
        Ok(Self::new(state))
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot at {}", self.clock())
    }
}
