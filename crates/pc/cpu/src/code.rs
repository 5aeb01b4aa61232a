//! [`CodeMap`]: which bytes of memory have been decoded, so that a store to them is noticed.

/// Granules of 64 bytes, 64 to a page: data beside code does not count as code.
#[derive(Default)]
pub(crate) struct CodeMap {
    /// One word a page of [`Bus::memory`](crate::Bus::memory), one bit a granule.
    granules: Vec<u64>,
    /// Pages whose blocks must go, by offset in memory.
    written: Vec<usize>,
}

/// The granules that `len` bytes from `offset` touch, inside one page.
fn bits(offset: usize, len: usize) -> u64 {
    let first = (offset & 0xfff) >> 6;
    let last = ((offset & 0xfff) + len.max(1) - 1).min(0xfff) >> 6;
    (u64::MAX >> (63 - (last - first))) << first
}

impl CodeMap {
    /// Whether the page at `offset` holds any decoded code.
    #[inline]
    pub fn in_page(&self, offset: usize) -> bool {
        self.granules
            .get(offset >> 12)
            .is_some_and(|&page| page != 0)
    }
    /// Code was decoded. Returns whether it is the first in its page.
    pub fn add(&mut self, offset: usize, len: usize) -> bool {
        let page = offset >> 12;
        if self.granules.len() <= page {
            self.granules.resize(page + 1, 0);
        }
        let first = self.granules[page] == 0;
        self.granules[page] |= bits(offset, len);
        first
    }
    /// Bytes are being written. Returns whether they had been decoded.
    pub fn store(&mut self, offset: usize, len: usize) -> bool {
        let Some(&granules) = self.granules.get(offset >> 12) else {
            return false;
        };
        if granules & bits(offset, len) == 0 {
            return false;
        }
        self.page_written(offset);
        true
    }
    /// The page at `offset` was written, nobody knows where.
    pub fn page_written(&mut self, offset: usize) {
        if let Some(granules) = self.granules.get_mut(offset >> 12)
            && *granules != 0
        {
            *granules = 0;
            self.written.push(offset & !0xfff);
        }
    }
    /// Whether blocks must go.
    pub fn has_written(&self) -> bool {
        !self.written.is_empty()
    }
    /// Hands over one page whose blocks must go.
    pub fn take_written(&mut self) -> Option<usize> {
        self.written.pop()
    }
}
