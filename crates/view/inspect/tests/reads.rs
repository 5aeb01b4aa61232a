//! The inspector reads objects through page tables, one level and two levels deep, and says
//! *unreadable* where there is nothing to read.

use inspect::{GuestMemory, HypervisorView, KernelView, Memory, Space, Unreadable};
use objects::{Table, hypervisor, kernel};
use x86::paging::{PagingMode, pte};

/// Flat memory with a bump allocator for page tables.
struct Ram {
    bytes: Vec<u8>,
    next: u64,
}

impl Memory for Ram {
    fn read(&self, at: u64, out: &mut [u8]) -> Result<(), Unreadable> {
        let range = at as usize..at as usize + out.len();
        let bytes = self.bytes.get(range).ok_or(Unreadable {
            at,
            why: "no memory",
        })?;
        out.copy_from_slice(bytes);
        Ok(())
    }
}

impl Ram {
    fn new(size: usize) -> Self {
        Self {
            bytes: vec![0; size],
            next: 0x1000,
        }
    }
    fn page(&mut self) -> u64 {
        self.next += 0x1000;
        self.next - 0x1000
    }
    fn put(&mut self, at: u64, bytes: &[u8]) {
        self.bytes[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
    }
    /// Maps a page in the tables under `root`, whose entries count from `base`.
    fn map(&mut self, base: u64, root: u64, va: u64, pa: u64) {
        let mut table = root;
        for shift in [39, 30, 21] {
            let at = base + table + (va >> shift & 511) * 8;
            let entry = self.entry(at, 8).unwrap();
            table = if entry & pte::P != 0 {
                entry & pte::FRAME
            } else {
                let new = self.page() - base;
                self.put(at, &(new | pte::P | pte::W | pte::U).to_le_bytes());
                new
            };
        }
        let at = base + table + (va >> 12 & 511) * 8;
        self.put(at, &(pa | pte::P | pte::W).to_le_bytes());
    }
}

fn words(values: &[u64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

#[test]
fn objects_that_straddle_pages_are_read_through_the_tables() {
    let mut ram = Ram::new(0x40000);
    let root = ram.page();
    let (first, second) = (ram.page(), ram.page());
    let va = 0xffff_ffff_8010_0000;
    // Neighbours in virtual memory, the other way round in physical memory.
    ram.map(0, root, va, second);
    ram.map(0, root, va + 0x1000, first);
    ram.put(second + 0xff8, &words(&[1]));
    ram.put(first, &words(&[2]));
    let space = Space::new(&ram, PagingMode::Long, root);
    let pair: [u64; 2] = space.object(va + 0xff8).unwrap();
    assert_eq!(pair, [1, 2]);
    let table = Table {
        base: va + 0xff8,
        len: 2,
        stride: 8,
    };
    assert_eq!(space.table::<u64>(table).unwrap(), [1, 2]);
}

#[test]
fn garbage_is_refused_and_named() {
    let mut ram = Ram::new(0x40000);
    let root = ram.page();
    let page = ram.page();
    ram.map(0, root, 0x5000, page);
    let space = Space::new(&ram, PagingMode::Long, root);
    let why = |table| space.table::<u64>(table).unwrap_err().why;
    assert_eq!(
        why(Table {
            base: 0x5000,
            len: 1,
            stride: 16
        }),
        "elements of another size than expected"
    );
    assert_eq!(
        why(Table {
            base: 0x5000,
            len: u64::MAX,
            stride: 8
        }),
        "absurdly many elements"
    );
    assert_eq!(
        why(Table {
            base: 0x5000,
            len: 513,
            stride: 8
        }),
        "not mapped"
    );
    assert_eq!(
        space.object::<u64>(u64::MAX - 3).unwrap_err().why,
        "not mapped"
    );
    // A door without the magic number is a kernel that has not come so far: no error.
    assert!(KernelView::read(space, 0x5000).unwrap().is_none());
    // A door with it, and tables that lead nowhere, is one.
    ram.put(page, &kernel::MAGIC.to_le_bytes());
    let space = Space::new(&ram, PagingMode::Long, root);
    assert!(KernelView::read(space, 0x5000).is_err());
}

#[test]
fn a_guest_is_read_like_a_host() {
    let mut ram = Ram::new(0x80000);
    let at = 0x40000;
    ram.next = at + 0x1000;
    let root = ram.page() - at;
    let page = ram.page() - at;
    ram.map(at, root, 0x7000, page);
    ram.put(at + page, b"in guest");
    let guest = GuestMemory::new(&ram, at, 0x20000);
    let space = Space::new(&guest, PagingMode::Long, root);
    let mut bytes = [0; 8];
    space.read(0x7000, &mut bytes).unwrap();
    assert_eq!(&bytes, b"in guest");
    // Beyond the partition there is nothing, though the host has memory there.
    assert_eq!(
        guest.read(0x20000, &mut bytes).unwrap_err().why,
        "outside the VM's memory"
    );
    assert_eq!(
        guest.read(u64::MAX, &mut bytes).unwrap_err().why,
        "outside the VM's memory"
    );
}

#[test]
fn a_hypervisor_without_vms_is_empty() {
    let mut ram = Ram::new(0x40000);
    let root = ram.page();
    let page = ram.page();
    ram.map(0, root, 0x9000, page);
    ram.put(page, &hypervisor::MAGIC.to_le_bytes());
    // Strides of empty tables must be right all the same.
    let stride = |size: usize| words(&[0, 0, size as u64]);
    ram.put(page + 8, &stride(size_of::<hypervisor::Vm>()));
    ram.put(page + 32, &stride(size_of::<hypervisor::Vcpu>()));
    let view = HypervisorView::read(Space::new(&ram, PagingMode::Long, root), 0x9000);
    let view = view.unwrap().unwrap();
    assert_eq!(view.live().count(), 0);
    assert!(view.current().is_none());
}
