//! [`Space`]: virtual memory to read, through the page tables that the CPU uses.

use objects::Table;
use x86::paging::{PagingMode, walk};
use zerocopy::FromBytes;

use crate::{Memory, Unreadable};

/// More elements than any of our tables has: a length beyond it is garbage.
const MOST_ELEMENTS: u64 = 1 << 20;

/// An address space: memory, and the tables that translate to it.
#[derive(Clone, Copy)]
pub struct Space<'a> {
    memory: &'a dyn Memory,
    mode: PagingMode,
    cr3: u64,
}

impl<'a> Space<'a> {
    /// The space that `cr3` roots, walked in `mode`.
    pub fn new(memory: &'a dyn Memory, mode: PagingMode, cr3: u64) -> Self {
        Self { memory, mode, cr3 }
    }

    /// The physical address behind a virtual one.
    ///
    /// # Errors
    /// [`Unreadable`] if it is not mapped, or a table lies outside memory.
    pub fn translate(&self, va: u64) -> Result<u64, Unreadable> {
        walk(self.mode, self.cr3, va, true, |at, size| {
            self.memory.entry(at, size)
        })
        .map(|walk| walk.phys)
        .map_err(|_| Unreadable {
            at: va,
            why: "not mapped",
        })
    }

    /// Fills `out` from virtual address `va`, page by page.
    ///
    /// # Errors
    /// [`Unreadable`] at the first page that is not mapped.
    pub fn read(&self, va: u64, out: &mut [u8]) -> Result<(), Unreadable> {
        let mut done = 0;
        while done < out.len() {
            let at = va.wrapping_add(done as u64);
            let room = (0x1000 - (at & 0xfff)) as usize;
            let take = room.min(out.len() - done);
            self.memory
                .read(self.translate(at)?, &mut out[done..done + take])?;
            done += take;
        }
        Ok(())
    }

    /// One object at `va`.
    ///
    /// # Errors
    /// [`Unreadable`] if it is not mapped whole.
    pub fn object<T: FromBytes>(&self, va: u64) -> Result<T, Unreadable> {
        let mut bytes = vec![0; size_of::<T>()];
        self.read(va, &mut bytes)?;
        T::read_from_bytes(&bytes).map_err(|_| Unreadable {
            at: va,
            why: "wrong size",
        })
    }

    /// All elements of a table.
    ///
    /// # Errors
    /// [`Unreadable`] if the table is not one of `T`s, is absurdly long, or is not mapped.
    pub fn table<T: FromBytes>(&self, table: Table) -> Result<Vec<T>, Unreadable> {
        let at = table.base;
        if table.stride != size_of::<T>() as u64 {
            return Err(Unreadable {
                at,
                why: "elements of another size than expected",
            });
        }
        if table.len > MOST_ELEMENTS {
            return Err(Unreadable {
                at,
                why: "absurdly many elements",
            });
        }
        let mut bytes = vec![0; table.len as usize * size_of::<T>()];
        self.read(at, &mut bytes)?;
        bytes
            .chunks_exact(size_of::<T>())
            .map(|chunk| T::read_from_bytes(chunk))
            .collect::<Result<_, _>>()
            .map_err(|_| Unreadable {
                at,
                why: "wrong size",
            })
    }
}
