//! [`Blocks`]: decoded basic blocks, found by where their first byte stands in memory.
//!
//! A block is a run of instructions that can only be entered at its head and left at its end,
//! never longer than a page allows. It is found by offset in [`Bus::memory`](crate::Bus::memory) and not
//! by address, so two mappings of one page share it and a store finds it whichever way it came.

use crate::decode::Insn;
use std::collections::BTreeMap;

/// A block's number in the arena.
pub(crate) type Id = u32;
/// No block.
pub(crate) const NONE: Id = u32::MAX;
/// The most instructions in a block.
const MAX_INSNS: usize = 64;
/// `second` of a block inside one page.
pub(crate) const ONE_PAGE: usize = usize::MAX;

const BUCKETS: usize = 1 << 14;
/// When the arena holds this many instructions it is emptied: dead ones are not reused.
const MAX_ARENA: usize = 1 << 18;
/// A page dropped this often is decoded in small bites from then on: code that writes beside
/// itself all the time would have whole blocks decoded for nothing.
const RESTLESS: u32 = 16;

/// One basic block.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    /// Where its first byte stands in memory; `usize::MAX` once it is dead.
    pub offset: usize,
    /// Code size that it was decoded for.
    pub bits: u8,
    /// Instructions.
    pub count: u8,
    /// Bytes.
    pub bytes: u16,
    /// First instruction in the arena.
    first: u32,
    /// Next block in the same bucket.
    chain: Id,
    /// Where the second page stands, for the one instruction that straddles two.
    pub second: usize,
    /// Guesses for the blocks that follow: branch not taken, taken.
    pub follow: [Id; 2],
}

/// All blocks.
#[derive(Default)]
pub(crate) struct Blocks {
    buckets: Vec<Id>,
    blocks: Vec<Block>,
    insns: Vec<Insn>,
    /// Blocks by page.
    pages: BTreeMap<usize, Vec<Id>>,
    /// How often each page's blocks were dropped.
    drops: BTreeMap<usize, u32>,
}

fn bucket(offset: usize) -> usize {
    (offset ^ offset >> 13) % BUCKETS
}

impl Blocks {
    pub fn get(&self, id: Id) -> &Block {
        &self.blocks[id as usize]
    }
    /// A block's first `count` instructions.
    #[inline]
    pub fn insns(&self, id: Id, count: usize) -> &[Insn] {
        let first = self.blocks[id as usize].first as usize;
        &self.insns[first..first + count]
    }
    /// Whether `id` is a live block for this place.
    #[inline]
    pub fn is_at(&self, id: Id, offset: usize, bits: u8) -> bool {
        self.blocks
            .get(id as usize)
            .is_some_and(|b| b.offset == offset && b.bits == bits)
    }
    /// The block at this place.
    pub fn find(&self, offset: usize, bits: u8) -> Id {
        let mut id = self.buckets.get(bucket(offset)).copied().unwrap_or(NONE);
        while id != NONE && !self.is_at(id, offset, bits) {
            id = self.blocks[id as usize].chain;
        }
        id
    }
    /// Notes which block came after `from`.
    pub fn link(&mut self, from: Id, way: usize, to: Id) {
        if let Some(block) = self.blocks.get_mut(from as usize) {
            block.follow[way] = to;
        }
    }
    /// Whether the arena must be emptied before more is added.
    pub fn is_full(&self) -> bool {
        self.insns.len() > MAX_ARENA
    }
    /// How many instructions a block at `offset` may have.
    pub fn most_insns(&self, offset: usize) -> usize {
        match self.drops.get(&(offset & !0xfff)) {
            Some(&drops) if drops > RESTLESS => 2,
            _ => MAX_INSNS,
        }
    }
    /// Adds a block.
    pub fn add(&mut self, offset: usize, bits: u8, insns: &[Insn], second: usize) -> Id {
        if self.buckets.is_empty() {
            self.buckets = vec![NONE; BUCKETS];
        }
        let id = self.blocks.len() as Id;
        let head = &mut self.buckets[bucket(offset)];
        self.blocks.push(Block {
            offset,
            bits,
            count: insns.len() as u8,
            bytes: insns.iter().map(|insn| u16::from(insn.len)).sum(),
            first: self.insns.len() as u32,
            chain: *head,
            second,
            follow: [NONE; 2],
        });
        *head = id;
        self.insns.extend_from_slice(insns);
        self.pages.entry(offset & !0xfff).or_default().push(id);
        if second != ONE_PAGE {
            self.pages.entry(second & !0xfff).or_default().push(id);
        }
        id
    }
    /// Drops every block with bytes in the page at `offset`.
    pub fn drop_page(&mut self, offset: usize) {
        let Some(ids) = self.pages.remove(&offset) else {
            return;
        };
        *self.drops.entry(offset).or_default() += 1;
        for id in ids {
            let Block { offset, chain, .. } = self.blocks[id as usize];
            if offset == usize::MAX {
                continue;
            }
            // Unlink it from its bucket.
            let bucket = bucket(offset);
            let mut at = self.buckets[bucket];
            if at == id {
                self.buckets[bucket] = chain;
            } else {
                while self.blocks[at as usize].chain != id {
                    at = self.blocks[at as usize].chain;
                }
                self.blocks[at as usize].chain = chain;
            }
            self.blocks[id as usize].offset = usize::MAX;
        }
    }
}
