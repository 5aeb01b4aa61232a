//! [`Pages`]: the memory of one moment, shared page by page with the moments around it.
//!
//! ```text
//!   Pages ──▶ leaf 0 ──▶ page 0, page 1 … page 127      each arrow an Arc,
//!        ╲──▶ leaf 1 ──▶ page 128 …                     each box with its hash
//! ```
//!
//! Putting a page in copies its leaf (128 pointers) unless nobody else holds it; everything
//! else stays shared. So keeping a moment, comparing two, and hashing one cost what has
//! changed, not what there is.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::sync::{Arc, LazyLock};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of a page.
pub const PAGE: usize = 4096;
/// Pages of a leaf.
const FAN: usize = 128;

/// One page's bytes, never changed again.
#[derive(Debug)]
struct Page {
    hash: u64,
    bytes: [u8; PAGE],
}

impl Page {
    fn new(bytes: &[u8]) -> Arc<Self> {
        let bytes: [u8; PAGE] = bytes.try_into().expect("a whole page");
        Arc::new(Self {
            hash: xxh3_64(&bytes),
            bytes,
        })
    }
}

/// The page of zeroes: one for all machines, so that it is equal at a glance.
static ZERO: LazyLock<Arc<Page>> = LazyLock::new(|| Page::new(&[0; PAGE]));

#[derive(Clone, Debug)]
struct Leaf {
    hash: u64,
    pages: Vec<Arc<Page>>,
}

impl Leaf {
    fn new(pages: Vec<Arc<Page>>) -> Self {
        let mut leaf = Self { hash: 0, pages };
        leaf.rehash();
        leaf
    }
    fn rehash(&mut self) {
        let hashes: Vec<u8> = self
            .pages
            .iter()
            .flat_map(|page| page.hash.to_le_bytes())
            .collect();
        self.hash = xxh3_64(&hashes);
    }
}

/// All pages of a memory, by number.
#[derive(Clone, Debug)]
pub struct Pages {
    leaves: Vec<Arc<Leaf>>,
    count: usize,
}

impl Pages {
    /// `count` pages of zeroes.
    pub fn zeroed(count: usize) -> Self {
        let leaf = Arc::new(Leaf::new(vec![ZERO.clone(); FAN]));
        Self {
            leaves: vec![leaf; count.div_ceil(FAN)],
            count,
        }
    }

    /// How many pages there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The bytes of page `number`.
    pub fn bytes(&self, number: usize) -> &[u8; PAGE] {
        &self.leaves[number / FAN].pages[number % FAN].bytes
    }

    /// Takes over the pages with these numbers, in rising order, from flat memory. Returns how
    /// many of them were copied: those that have really changed.
    pub fn take(&mut self, numbers: &[u32], memory: &[u8]) -> usize {
        let mut copied = 0;
        for group in numbers.chunk_by(|a, b| *a as usize / FAN == *b as usize / FAN) {
            let slot = &mut self.leaves[group[0] as usize / FAN];
            let changed: Vec<_> = group
                .iter()
                .map(|&number| (number as usize % FAN, page_of(memory, number as usize)))
                .filter(|(at, bytes)| slot.pages[*at].bytes != **bytes)
                .collect();
            if changed.is_empty() {
                continue;
            }
            copied += changed.len();
            let leaf = Arc::make_mut(slot);
            for (at, bytes) in changed {
                let zero = *bytes == ZERO.bytes;
                leaf.pages[at] = if zero { ZERO.clone() } else { Page::new(bytes) };
            }
            leaf.rehash();
        }
        copied
    }

    /// The numbers of the pages that are not one and the same here and there, in rising order.
    /// Pages that are equal by accident may be among them.
    pub fn differing<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = u32> + 'a {
        let leaves = self.leaves.iter().zip(&other.leaves).enumerate();
        leaves
            .filter(|(_, (a, b))| !Arc::ptr_eq(a, b))
            .flat_map(|(at, (a, b))| {
                let pages = a.pages.iter().zip(&b.pages).enumerate();
                pages
                    .filter(|(_, (a, b))| !Arc::ptr_eq(a, b))
                    .map(move |(page, _)| (at * FAN + page) as u32)
            })
    }

    /// A hash of all bytes, whatever road they came by.
    pub fn hash(&self) -> u64 {
        let hashes: Vec<u8> = self
            .leaves
            .iter()
            .flat_map(|leaf| leaf.hash.to_le_bytes())
            .collect();
        xxh3_64(&hashes)
    }
}

/// The bytes of page `number` of flat memory.
fn page_of(memory: &[u8], number: usize) -> &[u8] {
    &memory[number * PAGE..(number + 1) * PAGE]
}

impl PartialEq for Pages {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count
            && self
                .differing(other)
                .all(|number| self.bytes(number as usize) == other.bytes(number as usize))
    }
}

/// Bytes that a file keeps as one run.
struct Run<B>(B);

impl<B: AsRef<[u8]>> Serialize for Run<B> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_bytes(self.0.as_ref())
    }
}

impl<'de> Deserialize<'de> for Run<Vec<u8>> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut from: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = from.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes)
            }
        }
        from.deserialize_byte_buf(Visitor).map(Run)
    }
}

/// In a file: how many pages, and those that are not zero.
impl Serialize for Pages {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let held: Vec<_> = (0..self.count)
            .filter(|&number| self.bytes(number) != &ZERO.bytes)
            .map(|number| (number as u32, Run(&self.bytes(number)[..])))
            .collect();
        (self.count as u32, held).serialize(out)
    }
}

impl<'de> Deserialize<'de> for Pages {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        /// A machine of 4 GiB; what claims more is no snapshot.
        const MOST: u32 = 1 << 20;
        let (count, held) = <(u32, Vec<(u32, Run<Vec<u8>>)>)>::deserialize(from)?;
        if count > MOST {
            return Err(de::Error::custom("more pages than a machine can have"));
        }
        let mut pages = Self::zeroed(count as usize);
        for (number, Run(bytes)) in held {
            if number >= count || bytes.len() != PAGE {
                return Err(de::Error::custom("a page of the wrong size or number"));
            }
            let leaf = Arc::make_mut(&mut pages.leaves[number as usize / FAN]);
            leaf.pages[number as usize % FAN] = Page::new(&bytes);
        }
        for leaf in &mut pages.leaves {
            // A leaf that is still shared is the one of zeroes.
            if let Some(leaf) = Arc::get_mut(leaf) {
                leaf.rehash();
            }
        }
        Ok(pages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(pages: usize) -> Vec<u8> {
        vec![0; pages * PAGE]
    }

    #[test]
    fn only_what_changed_is_copied_and_the_rest_is_shared() {
        let mut bytes = memory(1000);
        let mut now = Pages::zeroed(1000);
        let before = now.clone();
        bytes[5 * PAGE] = 1;
        bytes[900 * PAGE + 7] = 2;
        assert_eq!(
            now.take(&[5, 6, 900], &bytes),
            2,
            "6 was touched and is the same"
        );
        assert_eq!(now.differing(&before).collect::<Vec<_>>(), [5, 900]);
        assert_eq!(before.bytes(5)[0], 0);
        assert_eq!(now.bytes(5)[0], 1);
        let shared = now
            .leaves
            .iter()
            .zip(&before.leaves)
            .filter(|(a, b)| Arc::ptr_eq(a, b));
        assert_eq!(shared.count(), 1000usize.div_ceil(FAN) - 2);
    }

    #[test]
    fn the_hash_is_of_the_bytes_and_not_of_the_road() {
        let mut bytes = memory(300);
        let mut a = Pages::zeroed(300);
        let mut b = Pages::zeroed(300);
        let zero = a.hash();
        bytes[130 * PAGE] = 9;
        a.take(&[130], &bytes);
        assert_ne!(a.hash(), zero);
        bytes[2 * PAGE] = 3;
        a.take(&[2], &bytes);
        b.take(&[2, 130], &bytes);
        assert_eq!(a.hash(), b.hash());
        assert_eq!(a, b);
        let mut swapped = Pages::zeroed(300);
        let mut other = memory(300);
        (other[130 * PAGE], other[2 * PAGE]) = (3, 9);
        swapped.take(&[2, 130], &other);
        assert_ne!(a.hash(), swapped.hash(), "which page holds which matters");
        bytes[130 * PAGE] = 0;
        bytes[2 * PAGE] = 0;
        a.take(&[2, 130], &bytes);
        assert_eq!(a.hash(), zero);
    }

    #[test]
    fn a_file_holds_the_pages_that_are_not_zero() {
        let mut bytes = memory(200);
        bytes[199 * PAGE + 4095] = 7;
        let mut pages = Pages::zeroed(200);
        pages.take(&[199], &bytes);
        let file = postcard::to_allocvec(&pages).expect("serialises");
        assert!(file.len() < 2 * PAGE);
        let back: Pages = postcard::from_bytes(&file).expect("comes back");
        assert_eq!(back, pages);
        assert_eq!(back.hash(), pages.hash());
        assert!(postcard::from_bytes::<Pages>(&file[..file.len() - 1]).is_err());
    }
}
