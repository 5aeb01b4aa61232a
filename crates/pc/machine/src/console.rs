//! [`Transcript`]: what a serial port or the debug console has said.
//!
//! It is part of the machine's state, so that a machine that went back in time also takes back
//! its words. Full chunks are shared between snapshots; only the last is copied.

use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, sync::Arc};

const CHUNK: usize = 4096;
/// Chunks kept: the last 256 KiB. A guest that prints for ever must not fill the host.
const KEPT: usize = 64;

/// Bytes in the order in which they were sent; the oldest are forgotten at some length.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Transcript {
    /// Full chunks, oldest first.
    #[serde(with = "chunks")]
    full: VecDeque<Arc<[u8]>>,
    tail: Vec<u8>,
    /// How many bytes were ever sent.
    total: u64,
}

impl Transcript {
    /// Appends one byte.
    pub fn push(&mut self, byte: u8) {
        self.tail.push(byte);
        self.total += 1;
        if self.tail.len() == CHUNK {
            self.full.push_back(Arc::from(self.tail.as_slice()));
            self.tail.clear();
            if self.full.len() > KEPT {
                self.full.pop_front();
            }
        }
    }
    /// How many bytes were ever sent, the forgotten ones included.
    pub fn total(&self) -> u64 {
        self.total
    }
    /// All that is kept.
    pub fn bytes(&self) -> Vec<u8> {
        self.since(0).1
    }
    /// All that is kept, as text; what is not UTF-8 becomes U+FFFD.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
    /// What was sent from position `from` on, and the position where that really begins: later
    /// than `from` if the bytes in between are forgotten.
    pub fn since(&self, from: u64) -> (u64, Vec<u8>) {
        let kept = self.full.len() * CHUNK + self.tail.len();
        let first = self.total - kept as u64;
        let start = from.clamp(first, self.total);
        let mut skip = (start - first) as usize;
        let mut out = Vec::with_capacity(kept - skip);
        for chunk in self
            .full
            .iter()
            .map(|chunk| &chunk[..])
            .chain([&self.tail[..]])
        {
            out.extend_from_slice(chunk.get(skip..).unwrap_or(&[]));
            skip = skip.saturating_sub(chunk.len());
        }
        (start, out)
    }
    /// Whether the last bytes sent are `text`.
    pub fn ends_with(&self, text: &[u8]) -> bool {
        match self.tail.len() >= text.len() {
            true => self.tail.ends_with(text),
            false => self.since(self.total - self.total.min(text.len() as u64)).1 == text,
        }
    }
}

/// Shared slices, to a file and back.
mod chunks {
    use super::{Arc, Deserialize, Serialize, VecDeque};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(
        chunks: &VecDeque<Arc<[u8]>>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        let plain: Vec<&[u8]> = chunks.iter().map(|chunk| &chunk[..]).collect();
        plain.serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<VecDeque<Arc<[u8]>>, D::Error> {
        let plain = Vec::<Vec<u8>>::deserialize(from)?;
        Ok(plain.into_iter().map(Arc::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_chunks_and_forgetting() {
        let mut said = Transcript::default();
        let byte = |at: u64| (at * 7 % 251) as u8;
        let sent = (CHUNK * (KEPT + 2) + 100) as u64;
        for at in 0..sent {
            said.push(byte(at));
        }
        assert_eq!(said.total(), sent);
        for from in [0, 5000, sent - 5000, sent - 100, sent - 1, sent, sent + 9] {
            let (start, bytes) = said.since(from);
            assert_eq!(start + bytes.len() as u64, sent);
            assert!(start >= from.min(sent));
            assert!((start..sent).map(byte).eq(bytes));
        }
        assert_eq!(said.bytes().len(), CHUNK * KEPT + 100);
    }

    #[test]
    fn the_end_is_found_across_a_chunk_boundary() {
        let mut said = Transcript::default();
        for _ in 0..CHUNK - 2 {
            said.push(b'.');
        }
        for &byte in b"login:" {
            said.push(byte);
        }
        assert!(said.ends_with(b"login:"));
        assert!(said.ends_with(b".login:"));
        assert!(!said.ends_with(b"login"));
        assert!(!Transcript::default().ends_with(b"x"));
        assert!(Transcript::default().ends_with(b""));
    }
}
