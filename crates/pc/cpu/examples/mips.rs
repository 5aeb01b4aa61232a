//! How fast: millions of emulated instructions a second, on four small loops with paging on.
//!
//! `cargo run --release -p cpu --example mips`

#![allow(clippy::disallowed_types)] // this one looks at the clock on the wall

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Flat, long_mode};
use cpu::Stop;
use iced_x86::IcedError;
use iced_x86::code_asm::*;

type Program = fn(&mut CodeAssembler) -> Result<(), IcedError>;

/// A checksum over 64 KiB, byte by byte.
fn checksum(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let (mut outer, mut inner) = (a.create_label(), a.create_label());
    a.set_label(&mut outer)?;
    a.mov(esi, 0x10_0000)?;
    a.mov(ecx, 0x1_0000)?;
    a.set_label(&mut inner)?;
    a.movzx(edx, byte_ptr(rsi))?;
    a.xor(eax, edx)?;
    a.rol(eax, 5)?;
    a.add(rsi, 1)?;
    a.sub(ecx, 1)?;
    a.jne(inner)?;
    a.jmp(outer)
}

/// Recursive Fibonacci: calls, returns, pushes.
fn fibonacci(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let (mut outer, mut fib, mut small) = (a.create_label(), a.create_label(), a.create_label());
    a.set_label(&mut outer)?;
    a.mov(edi, 20)?;
    a.call(fib)?;
    a.jmp(outer)?;
    a.set_label(&mut fib)?;
    a.cmp(rdi, 2)?;
    a.jb(small)?;
    a.push(rbx)?;
    a.push(rdi)?;
    a.sub(rdi, 1)?;
    a.call(fib)?;
    a.mov(rbx, rax)?;
    a.pop(rdi)?;
    a.sub(rdi, 2)?;
    a.call(fib)?;
    a.add(rax, rbx)?;
    a.pop(rbx)?;
    a.ret()?;
    a.set_label(&mut small)?;
    a.mov(rax, rdi)?;
    a.ret()
}

/// A sieve over 256 KiB: stores with a stride, and a scan.
fn sieve(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let (mut outer, mut prime, mut strike) = (a.create_label(), a.create_label(), a.create_label());
    a.set_label(&mut outer)?;
    a.mov(ebx, 2)?;
    a.set_label(&mut prime)?;
    a.mov(rcx, rbx)?;
    a.set_label(&mut strike)?;
    a.mov(byte_ptr(rcx + 0x10_0000), 1)?;
    a.add(rcx, rbx)?;
    a.cmp(rcx, 0x4_0000)?;
    a.jb(strike)?;
    a.inc(rbx)?;
    a.cmp(rbx, 500)?;
    a.jb(prime)?;
    a.jmp(outer)
}

/// An insertion sort's inner loop: loads, compares, branches that are hard to guess.
fn sort(a: &mut CodeAssembler) -> Result<(), IcedError> {
    let (mut outer, mut next, mut skip) = (a.create_label(), a.create_label(), a.create_label());
    a.set_label(&mut outer)?;
    a.xor(ecx, ecx)?;
    a.imul_3(r8, r8, 0x5851_f42d)?;
    a.add(r8, 0x1405_7b7e)?;
    a.set_label(&mut next)?;
    a.mov(rax, qword_ptr(rcx * 8 + 0x10_0000))?;
    a.mov(rdx, qword_ptr(rcx * 8 + 0x10_0008))?;
    a.xor(rax, r8)?;
    a.cmp(rax, rdx)?;
    a.jle(skip)?;
    a.mov(qword_ptr(rcx * 8 + 0x10_0000), rdx)?;
    a.mov(qword_ptr(rcx * 8 + 0x10_0008), rax)?;
    a.set_label(&mut skip)?;
    a.inc(rcx)?;
    a.cmp(rcx, 4000)?;
    a.jb(next)?;
    a.jmp(outer)
}

fn main() {
    let programs: [(&str, Program); 4] = [
        ("checksum", checksum),
        ("fibonacci", fibonacci),
        ("sieve", sieve),
        ("sort", sort),
    ];
    for (name, program) in programs {
        let mut a = CodeAssembler::new(64).expect("64 is a bitness");
        program(&mut a).expect("it assembles");
        let mut bus = Flat::new(4 << 20);
        let mut cpu = long_mode(&mut bus, 0x9000);
        bus.load(0x9000, &a.assemble(0x9000).expect("it assembles"));
        let count = 200_000_000;
        let start = std::time::Instant::now();
        let stop = cpu.run(&mut bus, &mut (), count);
        assert_eq!(stop, Stop::Deadline);
        let micros = start.elapsed().as_micros() as u64;
        println!("{name:10} {:4} MIPS", count / micros);
    }
}
