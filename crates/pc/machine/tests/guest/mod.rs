//! Small guests for tests, assembled on the spot into ROMs of 64 KiB.
//!
//! Each starts at F000:0000 in real mode, where the reset vector jumps to. The same bytes run
//! on QEMU (`-bios`).

#![allow(dead_code)] // each test file uses some of them

pub mod file;
pub mod firmware;
pub mod qemu;

use iced_x86::IcedError;
use iced_x86::code_asm::*;

/// Code of a ROM, by bitness and where it stands.
pub type Part = (usize, Vec<u8>);
type Program = Result<Vec<u8>, IcedError>;

/// A ROM with these parts, and the reset vector that jumps to the first byte.
pub fn rom(parts: &[Part]) -> Vec<u8> {
    let mut rom = vec![0xf4; 0x1_0000];
    for (at, bytes) in parts {
        rom[*at..at + bytes.len()].copy_from_slice(bytes);
    }
    rom[0xfff0..0xfff5].copy_from_slice(&[0xea, 0, 0, 0, 0xf0]);
    rom
}

fn assemble(
    bits: u32,
    at: u64,
    write: impl FnOnce(&mut CodeAssembler) -> Result<(), IcedError>,
) -> Program {
    let mut a = CodeAssembler::new(bits)?;
    write(&mut a)?;
    a.assemble(at)
}

/// Real mode, all segments zero, a stack below 7C00.
fn prologue(a: &mut CodeAssembler) -> Result<(), IcedError> {
    a.cli()?;
    a.cld()?;
    a.xor(ax, ax)?;
    a.mov(ds, ax)?;
    a.mov(es, ax)?;
    a.mov(ss, ax)?;
    a.mov(sp, 0x7c00)
}

/// Says one character at the debug console and on COM1.
fn say(a: &mut CodeAssembler, character: u8) -> Result<(), IcedError> {
    a.mov(al, u32::from(character))?;
    a.out(0xe9, al)?;
    a.mov(dx, 0x3f8)?;
    a.out(dx, al)
}

fn out(a: &mut CodeAssembler, port: u32, value: u8) -> Result<(), IcedError> {
    a.mov(al, u32::from(value))?;
    if port < 0x100 {
        return a.out(port, al);
    }
    a.mov(dx, port)?;
    a.out(dx, al)
}

/// The road to long mode: real and protected code, tables, and the 64-bit `code` at F3000.
fn long_mode(code: impl FnOnce(&mut CodeAssembler) -> Result<(), IcedError>) -> Vec<Part> {
    // At linear F1000: a GDT with 32-bit code (08), data (10), 64-bit code (18).
    let mut tables = Vec::new();
    for descriptor in [
        0u64,
        0x00cf_9b00_0000_ffff,
        0x00cf_9300_0000_ffff,
        0x00af_9b00_0000_ffff,
    ] {
        tables.extend(descriptor.to_le_bytes());
    }
    tables.extend(0x1fu16.to_le_bytes()); // at F1020: the pointer to it
    tables.extend(0xf_1000u32.to_le_bytes());
    let real = assemble(16, 0, |a| {
        prologue(a)?;
        say(a, b'R')?;
        a.db(&[0x2e, 0x0f, 0x01, 0x16, 0x20, 0x10])?; // LGDT CS:[1020]
        a.mov(eax, cr0)?;
        a.or(al, 1)?;
        a.mov(cr0, eax)?;
        a.db(&[0x66, 0xea, 0, 0x20, 0x0f, 0, 8, 0]) // JMP FAR 0008:000F2000
    });
    let protected = assemble(32, 0xf_2000, |a| {
        a.mov(ax, 0x10)?;
        for segment in [ds, es, ss] {
            a.mov(segment, ax)?;
        }
        a.mov(esp, 0x7c00)?;
        say(a, b'P')?;
        // Page tables at 10000: one PML4 entry, one PDPT entry, a 2-MiB page; identity.
        a.mov(dword_ptr(0x1_0000), 0x1_1003)?;
        a.mov(dword_ptr(0x1_1000), 0x1_2003)?;
        a.mov(dword_ptr(0x1_2000), 0x83)?;
        a.mov(eax, 0x1_0000)?;
        a.mov(cr3, eax)?;
        a.mov(eax, cr4)?;
        a.or(eax, 1 << 5)?; // PAE
        a.mov(cr4, eax)?;
        a.mov(ecx, 0xc000_0080u32)?; // EFER
        a.rdmsr()?;
        a.or(eax, 1 << 8)?; // LME
        a.wrmsr()?;
        a.mov(eax, cr0)?;
        a.or(eax, 0x8000_0000u32 as i32)?; // PG
        a.mov(cr0, eax)?;
        a.db(&[0xea, 0, 0x30, 0x0f, 0, 0x18, 0]) // JMP FAR 0018:000F3000
    });
    let parts = [
        (0, real),
        (0x2000, protected),
        (0x3000, assemble(64, 0xf_3000, code)),
    ];
    let mut parts: Vec<Part> = parts
        .map(|(at, code)| (at, code.expect("assembles")))
        .into();
    parts.push((0x1000, tables));
    parts
}

/// 32-bit code for address `at`: says EAX, EBX and ESI at the debug console, least byte first, then
/// ends with status 85.
pub fn tell_registers(at: u64) -> Vec<u8> {
    let code = assemble(32, at, |a| {
        a.mov(edi, eax)?;
        for register in [edi, ebx, esi] {
            for _ in 0..4 {
                a.mov(eax, register)?;
                a.out(0xe9, al)?;
                a.ror(register, 8)?;
            }
        }
        a.mov(al, 42)?;
        a.out(0xf4, al)?;
        a.hlt()
    });
    code.expect("assembles")
}

/// 16-bit code for a boot sector: greets by INT 10h, asks INT 12h and INT 13h, ends.
pub fn boot_sector() -> Vec<u8> {
    let code = assemble(16, 0x7c00, |a| {
        for character in b"hi" {
            a.mov(ax, 0x0e00 | u32::from(*character))?;
            a.int(0x10)?;
        }
        a.int(0x12)?; // AX = 640
        a.shr(ax, 4)?; // 40
        a.mov(bl, al)?;
        a.mov(ax, 0x0201)?;
        a.int(0x13)?; // there is no disk: carry
        a.adc(bl, 0)?;
        a.mov(al, bl)?;
        a.out(0xf4, al)?; // 41: status 83
        a.hlt()
    });
    let mut sector = code.expect("assembles");
    sector.resize(510, 0);
    sector.extend([0x55, 0xaa]);
    sector
}

/// Three modes, one character each: R in real, P in protected, L in long mode. Then status 85.
pub fn three_modes() -> Vec<u8> {
    rom(&long_mode(|a| {
        say(a, b'L')?;
        // That it is 64-bit code shows in a register that 32-bit code does not have.
        a.mov(r15, 0x1_0000_0000u64)?;
        a.shr(r15, 32)?;
        a.lea(eax, qword_ptr(r15 + 0x29))?; // 42
        a.out(0xf4, al)?;
        a.hlt()
    }))
}

/// 64-bit code that maps, unmaps and remaps 1024 pages without telling the TLB, mostly; that
/// page-faults all the time, and single-steps through part of it. What it reads depends on
/// what the TLB still remembers. A checksum stands at 0520, page faults at 0528, single steps
/// at 0530. It never ends.
pub fn forgetful() -> Vec<u8> {
    const PAGES: u64 = 0x1_4000; // two page tables: 1024 entries
    const IDT: u64 = 0x1_6000;
    const AREA: u64 = 0x20_0000; // what they map
    let mut parts = long_mode(|a| {
        a.mov(dword_ptr(0x1_2008), (PAGES + 3) as u32 as i32)?;
        a.mov(dword_ptr(0x1_2010), (PAGES + 0x1003) as u32 as i32)?;
        for (vector, handler) in [(1u64, 0xf_5000u64), (14, 0xf_4000)] {
            let gate = handler & 0xffff | 0x18 << 16 | 0x8e << 40 | (handler >> 16) << 48;
            a.mov(rax, gate)?;
            a.mov(qword_ptr(IDT + vector * 16), rax)?;
        }
        a.mov(rax, IDT << 16 | 0xfff)?;
        a.push(rax)?;
        a.push(rax)?;
        a.mov(qword_ptr(rsp + 8), 0)?;
        a.lidt(qword_ptr(rsp))?;
        a.mov(rbx, 1u64)?;
        let mut forever = a.create_label();
        let mut read = a.create_label();
        let mut steps = a.create_label();
        a.set_label(&mut forever)?;
        // A small generator of numbers (Knuth's).
        a.mov(rax, 6_364_136_223_846_793_005u64)?;
        a.imul_2(rbx, rax)?;
        a.add(rbx, 12345)?;
        a.mov(rsi, rbx)?;
        a.shr(rsi, 40)?;
        a.and(esi, 0x3ff)?; // the page
        a.mov(rdi, rsi)?;
        a.shl(rdi, 12)?;
        a.add(rdi, AREA as i32)?; // its address
        a.test(ebx, 0x70_0000)?;
        a.jne(read)?;
        // Sometimes the entry changes: absent, or another frame.
        a.mov(rcx, rbx)?;
        a.shr(rcx, 52)?;
        a.and(ecx, 0x3f)?;
        a.shl(ecx, 12)?;
        a.add(ecx, 0x4_0003)?;
        a.test(ebx, 0x80_0000)?;
        a.cmovne(ecx, esi)?; // bits 0 and up of a page number: present or not by chance
        a.and(ecx, 0x7_ffff)?;
        a.or(ecx, 0x4_0000)?;
        a.mov(qword_ptr(PAGES + rsi * 8), rcx)?;
        a.test(ebx, 0x300_0000)?;
        a.jne(read)?;
        a.invlpg(byte_ptr(rdi))?; // the honest quarter
        a.set_label(&mut read)?;
        a.mov(rax, qword_ptr(rdi))?;
        a.add(qword_ptr(0x520), rax)?;
        a.rol(qword_ptr(0x520), 1)?;
        a.mov(qword_ptr(rdi + 8), rbx)?;
        a.add(qword_ptr(rdi), rbx)?;
        a.test(ebx, 0x3fc_0000)?;
        a.jne(steps)?;
        a.pushfq()?;
        a.xor(word_ptr(rsp), 0x100)?; // TF on or off
        a.popfq()?;
        a.set_label(&mut steps)?;
        a.jmp(forever)
    });
    let fault = assemble(64, 0xf_4000, |a| {
        a.push(rax)?;
        a.push(rcx)?;
        a.mov(rax, cr2)?;
        a.shr(rax, 12)?;
        a.mov(ecx, eax)?;
        a.and(ecx, 0x1f)?;
        a.shl(ecx, 12)?;
        a.add(ecx, 0x6_0003)?;
        a.and(eax, 0x3ff)?;
        a.xor(eax, (AREA >> 12) as i32 & 0x3ff)?;
        a.mov(qword_ptr(PAGES + rax * 8), rcx)?;
        a.inc(qword_ptr(0x528))?;
        a.pop(rcx)?;
        a.pop(rax)?;
        a.add(rsp, 8)?; // the error code
        a.iretq()
    });
    let step = assemble(64, 0xf_5000, |a| {
        a.inc(qword_ptr(0x530))?;
        a.iretq()
    });
    parts
        .extend([(0x4000, fault), (0x5000, step)].map(|(at, code)| (at, code.expect("assembles"))));
    rom(&parts)
}

/// A timer of about 1000 Hz, COM1 echoed by interrupt, memory written all the time, sleep in
/// between. `q` ends it with status 35. Ticks are counted at 0500, a dot each 64 at port E9h.
pub fn busy_and_idle() -> Vec<u8> {
    const TICKS: u32 = 0x500;
    let main = assemble(16, 0, |a| {
        prologue(a)?;
        for (vector, handler) in [(0x20u32, 0x1000u32), (0x24, 0x1100)] {
            a.mov(word_ptr(vector * 4), handler)?;
            a.mov(word_ptr(vector * 4 + 2), 0xf000u32)?;
        }
        for (port, value) in [
            (0x20, 0x11),
            (0x21, 0x20),
            (0x21, 4),
            (0x21, 1),
            (0x21, 0xee), // master: 0 and 4
            (0x43, 0x34),
            (0x40, 0xa9),
            (0x40, 0x04), // mode 2, 1193
            (0x3fb, 0x83),
            (0x3f8, 1),
            (0x3f9, 0),
            (0x3fb, 3),
            (0x3fa, 7),
            (0x3f9, 1),
        ] {
            out(a, port, value)?;
        }
        let mut forever = a.create_label();
        a.set_label(&mut forever)?;
        a.sti()?;
        a.hlt()?;
        // Fill 512 bytes somewhere in 20000..A0000, by the tick.
        a.mov(ax, word_ptr(TICKS))?;
        a.and(ax, 0x7f)?;
        a.shl(ax, 8)?;
        a.add(ax, 0x2000)?;
        a.mov(es, ax)?;
        a.mov(di, word_ptr(TICKS))?;
        a.and(di, 0xffe)?;
        a.mov(ax, word_ptr(TICKS))?;
        a.mov(cx, 256)?;
        a.rep().stosw()?;
        // And add some numbers up, with interrupts on.
        a.mov(cx, 5000)?;
        let mut sum = a.create_label();
        a.set_label(&mut sum)?;
        a.add(bx, cx)?;
        a.rol(bx, 3)?;
        a.loop_(sum)?;
        a.mov(word_ptr(0x510), bx)?;
        a.jmp(forever)
    });
    let tick = assemble(16, 0x1000, |a| {
        a.push(ax)?;
        a.inc(word_ptr(TICKS))?;
        let mut quiet = a.create_label();
        a.test(byte_ptr(TICKS), 0x3f)?;
        a.jne(quiet)?;
        a.mov(al, u32::from(b'.'))?;
        a.out(0xe9, al)?;
        a.set_label(&mut quiet)?;
        a.mov(al, 0x20)?;
        a.out(0x20, al)?;
        a.pop(ax)?;
        a.iret()
    });
    let serial = assemble(16, 0x1100, |a| {
        a.push(ax)?;
        a.push(dx)?;
        a.mov(dx, 0x3f8)?;
        a.in_(al, dx)?;
        a.out(dx, al)?;
        let mut stay = a.create_label();
        a.cmp(al, u32::from(b'q'))?;
        a.jne(stay)?;
        a.mov(al, 0x11)?;
        a.out(0xf4, al)?;
        a.set_label(&mut stay)?;
        a.mov(al, 0x20)?;
        a.out(0x20, al)?;
        a.pop(dx)?;
        a.pop(ax)?;
        a.iret()
    });
    rom(&[(0, main), (0x1000, tick), (0x1100, serial)]
        .map(|(at, code)| (at, code.expect("assembles"))))
}
