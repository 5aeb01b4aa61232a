//! A hand-made file, read back, and then damaged in every byte.

use super::*;

/// A tiny ELF64: header, one PT_LOAD, one PT_NOTE (PVH), a symbol table with one symbol.
fn sample() -> Vec<u8> {
    let mut f = vec![0u8; 64];
    f[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    let put =
        |f: &mut Vec<u8>, at: usize, bytes: &[u8]| f[at..at + bytes.len()].copy_from_slice(bytes);
    put(&mut f, 16, &2u16.to_le_bytes());
    put(&mut f, 18, &62u16.to_le_bytes());
    put(&mut f, 24, &0xffff_ffff_8010_0000u64.to_le_bytes());
    put(&mut f, 32, &64u64.to_le_bytes());
    put(&mut f, 54, &56u16.to_le_bytes());
    put(&mut f, 56, &2u16.to_le_bytes());
    let segment = |kind: u32, flags: u32, offset: u64, va: u64, pa: u64, file: u64, mem: u64| {
        let mut s = Vec::new();
        s.extend(kind.to_le_bytes());
        s.extend(flags.to_le_bytes());
        for long in [offset, va, pa, file, mem, 4u64] {
            s.extend(long.to_le_bytes());
        }
        s
    };
    // 64 + 2 * 56 = 176: note (24 bytes), then "code" (4), then symbols.
    f.extend(segment(4, PF_R, 176, 0, 0, 24, 24));
    f.extend(segment(
        1,
        PF_R | PF_X,
        200,
        0xffff_ffff_8010_0000,
        0x10_0000,
        4,
        16,
    ));
    f.extend(4u32.to_le_bytes());
    f.extend(8u32.to_le_bytes());
    f.extend(18u32.to_le_bytes());
    f.extend(b"Xen\0");
    f.extend(0x10_0010u64.to_le_bytes());
    f.extend(b"code");
    let names_at = f.len();
    f.extend(b"\0KERNEL_ROOT\0pad");
    let symbols_at = f.len();
    f.extend([0; 24]);
    f.extend(1u32.to_le_bytes());
    f.extend([1, 0, 1, 0]);
    f.extend(0xffff_ffff_8010_0004u64.to_le_bytes());
    f.extend(8u64.to_le_bytes());
    let sections_at = f.len();
    let section = |kind: u32, offset: usize, size: usize, link: u32| {
        let mut s = vec![0u8; 64];
        s[4..8].copy_from_slice(&kind.to_le_bytes());
        s[24..32].copy_from_slice(&(offset as u64).to_le_bytes());
        s[32..40].copy_from_slice(&(size as u64).to_le_bytes());
        s[40..44].copy_from_slice(&link.to_le_bytes());
        s
    };
    f.extend(section(3, names_at, 16, 0));
    f.extend(section(2, symbols_at, 48, 0));
    put(&mut f, 40, &(sections_at as u64).to_le_bytes());
    put(&mut f, 58, &64u16.to_le_bytes());
    put(&mut f, 60, &2u16.to_le_bytes());
    f
}

#[test]
fn reads_what_was_written() {
    let file = sample();
    let elf = Elf::parse(&file).unwrap();
    assert_eq!(elf.header().class, Class::Elf64);
    assert_eq!(elf.header().kind, Kind::Executable);
    assert_eq!(elf.header().machine, MACHINE_X86_64);
    let loads: Vec<_> = elf.loads().map(Result::unwrap).collect();
    assert_eq!(loads.len(), 1);
    assert_eq!(
        (loads[0].paddr, loads[0].file_size, loads[0].mem_size),
        (0x10_0000, 4, 16)
    );
    assert_eq!(elf.segment_bytes(&loads[0]).unwrap(), b"code");
    assert_eq!(elf.pvh_entry().unwrap(), Some(0x10_0010));
    assert_eq!(elf.note(b"GNU\0", 18).unwrap(), None);
    let root = elf.symbol("KERNEL_ROOT").unwrap();
    assert_eq!(
        (root.value, root.size, root.kind),
        (0xffff_ffff_8010_0004, 8, SymbolKind::Object)
    );
    assert_eq!(
        elf.symbol_at(0xffff_ffff_8010_000b).unwrap().name,
        "KERNEL_ROOT"
    );
    assert!(elf.symbol_at(0xffff_ffff_8010_000c).is_none());
}

#[test]
fn errors_say_what_and_where() {
    let refuse = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = sample();
        change(&mut file);
        let first = Elf::parse(&file).and_then(|elf| {
            for s in elf.segments() {
                elf.segment_bytes(&s?)?;
            }
            elf.pvh_entry()
        });
        first.unwrap_err().to_string()
    };
    assert_eq!(
        refuse(&|f| f[0] = 0),
        "ELF: the ELF magic is missing (at offset 0x0)"
    );
    assert_eq!(
        refuse(&|f| f[4] = 3),
        "ELF: the class is neither 32 nor 64 bits (at offset 0x4)"
    );
    assert_eq!(
        refuse(&|f| f.truncate(40)),
        "ELF: the file ends inside its header (at offset 0x28)"
    );
    assert_eq!(
        refuse(&|f| f.truncate(100)),
        "ELF: the file ends inside its program headers (at offset 0x60)"
    );
    assert_eq!(
        refuse(&|f| f[120 + 40] = 2),
        "ELF: a segment has more bytes in the file than in memory (at offset 0x78)"
    );
    assert_eq!(
        refuse(&|f| f[120 + 8 + 3] = 0xff),
        "ELF: segment reaches beyond the end of the file (at offset 0xff0000c8)"
    );
    assert_eq!(
        refuse(&|f| f[176 + 3] = 0x7f),
        "ELF: the file ends inside a note (at offset 0xbc)"
    );
}

/// Whatever one byte says, nothing panics and every iteration ends.
#[test]
fn survives_damage() {
    let good = sample();
    for at in 0..good.len() {
        for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut file = good.clone();
            file[at] = value;
            if let Ok(elf) = Elf::parse(&file) {
                for segment in elf.segments().flatten() {
                    let _ = elf.segment_bytes(&segment);
                }
                let _ = elf.pvh_entry();
                assert!(elf.symbols().count() < 10);
            }
        }
    }
}
