//! Executing a run of instructions: the loop that everything else serves.
//!
//! What an instruction may look at or change beyond the general registers and the flags is
//! written back before it: RIP for faults and RIP-relative addresses, the clock for devices. So arms that touch
//! neither memory nor anything slow write back nothing.

use crate::Bus;
use crate::cpu::{Cpu, attention};
use crate::decode::Insn;
use crate::fault::{Done, Fault};
use crate::flags::signed;
use crate::hot::Hot;
use crate::insn::{sar, shl, shr};
use crate::memory::{quick_load, quick_store};
use crate::run::Run;
use crate::state::{gpr::RSP, seg};
use probe::{Event, Probe};
use x86::addr::is_canonical;
use x86::reg::rflags::{self, CF, OF};

/// The stack segment.
const STACK: u8 = seg::SS as u8;

impl<B: Bus, P: Probe> Run<'_, B, P> {
    /// Executes instructions that follow each other. Stops early, and happily, when there is
    /// something to attend to.
    #[inline(always)]
    pub fn execute(&mut self, insns: &[Insn]) -> Done {
        let shadow = self.state.shadow;
        let trap = self.state.rflags & rflags::TF != 0;
        if shadow {
            self.state.shadow = false;
        }
        self.execute_run(insns)?;
        if shadow {
            self.attention |= attention::INTERRUPT;
        }
        // The single-step trap comes after the instruction, but not after one that went
        // through a gate (that cleared TF) nor inside an interrupt shadow.
        if trap && !self.state.shadow && self.state.rflags & rflags::TF != 0 {
            self.state.dr6 |= 1 << 14;
            self.fault(Fault::DB);
        }
        Ok(())
    }

    #[inline(always)]
    fn execute_run(&mut self, insns: &[Insn]) -> Done {
        // Apart they stay in registers; together again for whatever is not quick.
        let Run { cpu, bus, probe } = self;
        let (cpu, bus, probe) = (&mut **cpu, &mut **bus, &mut **probe);
        macro_rules! run {
            () => {
                Run {
                    cpu: &mut *cpu,
                    bus: &mut *bus,
                    probe: &mut *probe,
                }
            };
        }
        let mut ip = cpu.state.rip;
        let mut next = ip;
        let mut clock = cpu.clock;
        let start = clock;
        let mut outcome = Ok(());
        // Iterations of REP, which count for themselves.
        let mut inside = 0;
        for i in insns {
            next = ip.wrapping_add(u64::from(i.len));

            // Before anything that may fault, or look at RIP or the clock.
            macro_rules! commit {
                () => {
                    cpu.state.rip = ip;
                    cpu.clock = clock;
                };
            }
            // After it.
            macro_rules! finish {
                ($done:expr) => {
                    if let Err(fault) = $done {
                        outcome = Err(fault);
                        break;
                    }
                    if cpu.attention != 0 {
                        retire(probe, clock, ip, i);
                        clock += 1;
                        break;
                    }
                };
            }
            macro_rules! load {
                ($size:literal) => {{
                    commit!();
                    let ea = cpu.ea(&i.mem);
                    match load::<$size>(cpu, bus, probe, i.mem.seg, ea) {
                        Ok(value) => value,
                        Err(fault) => {
                            outcome = Err(fault);
                            break;
                        }
                    }
                }};
            }
            macro_rules! store {
                ($size:literal, $value:expr) => {{
                    commit!();
                    let ea = cpu.ea(&i.mem);
                    let value = $value;
                    finish!(store::<$size>(cpu, bus, probe, i.mem.seg, ea, value));
                }};
            }
            // After a load that a device may have answered.
            macro_rules! loaded {
                () => {
                    if cpu.attention != 0 {
                        retire(probe, clock, ip, i);
                        clock += 1;
                        break;
                    }
                };
            }
            // Two operands: compute and write back.
            macro_rules! alu {
                ($op:ident, $size:literal, $b:expr) => {{
                    let b = $b;
                    let a = cpu.reg(i.x, $size);
                    let r = cpu.flags.$op($size, a, b);
                    cpu.set_reg(i.x, $size, r);
                }};
            }
            macro_rules! bits {
                ($op:tt, $size:literal, $b:expr) => {{
                    let b = $b;
                    let a = cpu.reg(i.x, $size);
                    let r = cpu.flags.logic($size, a $op b);
                    cpu.set_reg(i.x, $size, r);
                }};
            }
            macro_rules! test {
                ($size:literal, $b:expr) => {{
                    let (a, b) = (cpu.reg(i.x, $size), $b);
                    cpu.flags.logic($size, a & b);
                }};
            }
            macro_rules! step {
                ($op:ident, $size:literal) => {{
                    let a = cpu.reg(i.x, $size);
                    let r = cpu.flags.$op($size, a);
                    cpu.set_reg(i.x, $size, r);
                }};
            }
            macro_rules! compare {
                ($size:literal, $a:expr, $b:expr) => {{
                    let (a, b) = ($a, $b);
                    cpu.flags.sub($size, a, b);
                }};
            }
            macro_rules! shift {
                ($size:literal, $function:ident) => {{
                    let count = i.imm as u32 & if $size == 8 { 63 } else { 31 };
                    let (r, bits) = $function($size, cpu.reg(i.x, $size), count);
                    cpu.flags = crate::flags::Flags::known(bits);
                    cpu.set_reg(i.x, $size, r);
                }};
            }
            macro_rules! jump_if {
                ($condition:literal) => {
                    if cpu.flags.condition($condition) {
                        let to = ip.wrapping_add(i.imm);
                        if !is_canonical(to) {
                            commit!();
                            outcome = Err(Fault::GP0);
                            break;
                        }
                        next = to;
                    }
                };
            }
            match i.hot {
                Hot::Slow => {
                    commit!();
                    cpu.next = next;
                    let done = run!().execute_one(i);
                    next = cpu.next;
                    inside += cpu.clock - clock;
                    clock = cpu.clock;
                    finish!(done);
                }
                Hot::Nop => {}
                Hot::Mov4RR => {
                    let value = cpu.reg(i.y, 4);
                    cpu.set_reg(i.x, 4, value);
                }
                Hot::Mov8RR => {
                    let value = cpu.reg(i.y, 8);
                    cpu.set_reg(i.x, 8, value);
                }
                Hot::MovRI => cpu.set_reg(i.x, 8, i.imm),
                Hot::Mov4RM => {
                    let value = load!(4);
                    cpu.set_reg(i.x, 4, value);
                    loaded!();
                }
                Hot::Mov8RM => {
                    let value = load!(8);
                    cpu.set_reg(i.x, 8, value);
                    loaded!();
                }
                Hot::Mov1MR => store!(1, cpu.reg(i.y, 1)),
                Hot::Mov4MR => store!(4, cpu.reg(i.y, 4)),
                Hot::Mov8MR => store!(8, cpu.reg(i.y, 8)),
                Hot::Mov1MI => store!(1, i.imm),
                Hot::Mov4MI => store!(4, i.imm),
                Hot::Mov8MI => store!(8, i.imm),
                Hot::Movzx1RR => {
                    let value = cpu.reg(i.y, 1);
                    cpu.set_reg(i.x, 8, value);
                }
                Hot::Movzx2RR => {
                    let value = cpu.reg(i.y, 2);
                    cpu.set_reg(i.x, 8, value);
                }
                Hot::Movzx1RM => {
                    let value = load!(1);
                    cpu.set_reg(i.x, 8, value);
                    loaded!();
                }
                Hot::Movzx2RM => {
                    let value = load!(2);
                    cpu.set_reg(i.x, 8, value);
                    loaded!();
                }
                Hot::Movsxd8RR => {
                    let value = signed(4, cpu.reg(i.y, 4)) as u64;
                    cpu.set_reg(i.x, 8, value);
                }
                Hot::Movsxd8RM => {
                    let value = signed(4, load!(4)) as u64;
                    cpu.set_reg(i.x, 8, value);
                    loaded!();
                }
                Hot::Lea4 => {
                    cpu.state.rip = ip;
                    let ea = cpu.ea(&i.mem);
                    cpu.set_reg(i.x, 4, ea);
                }
                Hot::Lea8 => {
                    cpu.state.rip = ip;
                    let ea = cpu.ea(&i.mem);
                    cpu.set_reg(i.x, 8, ea);
                }
                Hot::Add4RR => alu!(add, 4, cpu.reg(i.y, 4)),
                Hot::Add8RR => alu!(add, 8, cpu.reg(i.y, 8)),
                Hot::Add4RI => alu!(add, 4, i.imm),
                Hot::Add8RI => alu!(add, 8, i.imm),
                Hot::Add4RM => {
                    alu!(add, 4, load!(4));
                    loaded!();
                }
                Hot::Add8RM => {
                    alu!(add, 8, load!(8));
                    loaded!();
                }
                Hot::Add4MR | Hot::Add8MR => {
                    commit!();
                    let b = cpu.reg(i.y, i.size);
                    finish!(run!().modify(i, |flags, a| flags.add(i.size, a, b)));
                }
                Hot::Sub4RR => alu!(sub, 4, cpu.reg(i.y, 4)),
                Hot::Sub8RR => alu!(sub, 8, cpu.reg(i.y, 8)),
                Hot::Sub4RI => alu!(sub, 4, i.imm),
                Hot::Sub8RI => alu!(sub, 8, i.imm),
                Hot::Sub4RM => {
                    alu!(sub, 4, load!(4));
                    loaded!();
                }
                Hot::Sub8RM => {
                    alu!(sub, 8, load!(8));
                    loaded!();
                }
                Hot::And4RR => bits!(&, 4, cpu.reg(i.y, 4)),
                Hot::And8RR => bits!(&, 8, cpu.reg(i.y, 8)),
                Hot::And4RI => bits!(&, 4, i.imm),
                Hot::And8RI => bits!(&, 8, i.imm),
                Hot::And4RM => {
                    bits!(&, 4, load!(4));
                    loaded!();
                }
                Hot::And8RM => {
                    bits!(&, 8, load!(8));
                    loaded!();
                }
                Hot::Or4RR => bits!(|, 4, cpu.reg(i.y, 4)),
                Hot::Or8RR => bits!(|, 8, cpu.reg(i.y, 8)),
                Hot::Or4RI => bits!(|, 4, i.imm),
                Hot::Or8RI => bits!(|, 8, i.imm),
                Hot::Or4RM => {
                    bits!(|, 4, load!(4));
                    loaded!();
                }
                Hot::Or8RM => {
                    bits!(|, 8, load!(8));
                    loaded!();
                }
                Hot::Xor4RR => bits!(^, 4, cpu.reg(i.y, 4)),
                Hot::Xor8RR => bits!(^, 8, cpu.reg(i.y, 8)),
                Hot::Xor4RI => bits!(^, 4, i.imm),
                Hot::Xor8RI => bits!(^, 8, i.imm),
                Hot::Xor4RM => {
                    bits!(^, 4, load!(4));
                    loaded!();
                }
                Hot::Xor8RM => {
                    bits!(^, 8, load!(8));
                    loaded!();
                }
                Hot::Cmp1RR => compare!(1, cpu.reg(i.x, 1), cpu.reg(i.y, 1)),
                Hot::Cmp4RR => compare!(4, cpu.reg(i.x, 4), cpu.reg(i.y, 4)),
                Hot::Cmp8RR => compare!(8, cpu.reg(i.x, 8), cpu.reg(i.y, 8)),
                Hot::Cmp1RI => compare!(1, cpu.reg(i.x, 1), i.imm),
                Hot::Cmp4RI => compare!(4, cpu.reg(i.x, 4), i.imm),
                Hot::Cmp8RI => compare!(8, cpu.reg(i.x, 8), i.imm),
                Hot::Cmp1RM => {
                    compare!(1, cpu.reg(i.x, 1), load!(1));
                    loaded!();
                }
                Hot::Cmp4RM => {
                    compare!(4, cpu.reg(i.x, 4), load!(4));
                    loaded!();
                }
                Hot::Cmp8RM => {
                    compare!(8, cpu.reg(i.x, 8), load!(8));
                    loaded!();
                }
                Hot::Cmp1MR => {
                    compare!(1, load!(1), cpu.reg(i.y, 1));
                    loaded!();
                }
                Hot::Cmp4MR => {
                    compare!(4, load!(4), cpu.reg(i.y, 4));
                    loaded!();
                }
                Hot::Cmp8MR => {
                    compare!(8, load!(8), cpu.reg(i.y, 8));
                    loaded!();
                }
                Hot::Cmp1MI => {
                    compare!(1, load!(1), i.imm);
                    loaded!();
                }
                Hot::Cmp4MI => {
                    compare!(4, load!(4), i.imm);
                    loaded!();
                }
                Hot::Cmp8MI => {
                    compare!(8, load!(8), i.imm);
                    loaded!();
                }
                Hot::Test1RR => test!(1, cpu.reg(i.y, 1)),
                Hot::Test4RR => test!(4, cpu.reg(i.y, 4)),
                Hot::Test8RR => test!(8, cpu.reg(i.y, 8)),
                Hot::Test1RI => test!(1, i.imm),
                Hot::Test4RI => test!(4, i.imm),
                Hot::Test8RI => test!(8, i.imm),
                Hot::Inc4 => step!(inc, 4),
                Hot::Inc8 => step!(inc, 8),
                Hot::Dec4 => step!(dec, 4),
                Hot::Dec8 => step!(dec, 8),
                Hot::Shl4 => shift!(4, shl),
                Hot::Shl8 => shift!(8, shl),
                Hot::Shr4 => shift!(4, shr),
                Hot::Shr8 => shift!(8, shr),
                Hot::Sar4 => shift!(4, sar),
                Hot::Sar8 => shift!(8, sar),
                Hot::Imul4RR => {
                    let (a, b) = (signed(4, cpu.reg(i.x, 4)), signed(4, cpu.reg(i.y, 4)));
                    let product = a * b;
                    let wide = i64::from(product as i32) != product;
                    cpu.flags.write(CF | OF, if wide { CF | OF } else { 0 });
                    cpu.set_reg(i.x, 4, product as u64);
                }
                Hot::Imul8RR => {
                    let (a, b) = (cpu.reg(i.x, 8) as i64, cpu.reg(i.y, 8) as i64);
                    let (product, wide) = a.overflowing_mul(b);
                    cpu.flags.write(CF | OF, if wide { CF | OF } else { 0 });
                    cpu.set_reg(i.x, 8, product as u64);
                }
                Hot::Push8 => {
                    commit!();
                    let value = cpu.reg(i.x, 8);
                    finish!(push_64(cpu, bus, probe, value));
                }
                Hot::Pop8 => {
                    commit!();
                    let sp = cpu.state.gpr[RSP];
                    match load::<8>(cpu, bus, probe, STACK, sp) {
                        Ok(value) => {
                            cpu.state.gpr[RSP] = sp.wrapping_add(8);
                            cpu.set_reg(i.x, 8, value);
                        }
                        Err(fault) => {
                            outcome = Err(fault);
                            break;
                        }
                    }
                    loaded!();
                }
                Hot::Call => {
                    commit!();
                    let to = ip.wrapping_add(i.imm);
                    if !is_canonical(to) {
                        // Of two faults that of the stack comes first: the general way knows.
                        cpu.next = next;
                        outcome = run!().execute_one(i);
                        break;
                    }
                    if let Err(fault) = push_64(cpu, bus, probe, next) {
                        outcome = Err(fault);
                        break;
                    }
                    next = to;
                }
                Hot::Ret => {
                    commit!();
                    let sp = cpu.state.gpr[RSP];
                    let to = match load::<8>(cpu, bus, probe, STACK, sp) {
                        Ok(to) if is_canonical(to) => to,
                        Ok(_) => {
                            outcome = Err(Fault::GP0);
                            break;
                        }
                        Err(fault) => {
                            outcome = Err(fault);
                            break;
                        }
                    };
                    cpu.state.gpr[RSP] = sp.wrapping_add(8);
                    next = to;
                }
                Hot::Jmp => {
                    let to = ip.wrapping_add(i.imm);
                    if !is_canonical(to) {
                        commit!();
                        outcome = Err(Fault::GP0);
                        break;
                    }
                    next = to;
                }
                Hot::Jo => jump_if!(0),
                Hot::Jno => jump_if!(1),
                Hot::Jb => jump_if!(2),
                Hot::Jae => jump_if!(3),
                Hot::Je => jump_if!(4),
                Hot::Jne => jump_if!(5),
                Hot::Jbe => jump_if!(6),
                Hot::Ja => jump_if!(7),
                Hot::Js => jump_if!(8),
                Hot::Jns => jump_if!(9),
                Hot::Jp => jump_if!(10),
                Hot::Jnp => jump_if!(11),
                Hot::Jl => jump_if!(12),
                Hot::Jge => jump_if!(13),
                Hot::Jle => jump_if!(14),
                Hot::Jg => jump_if!(15),
            }
            retire(probe, clock, ip, i);
            clock += 1;
            ip = next;
        }
        cpu.clock = clock;
        cpu.retired += clock - start - inside;
        if outcome.is_ok() {
            cpu.state.rip = if cpu.env.is_long() {
                next
            } else {
                next & 0xffff_ffff
            };
        }
        outcome
    }
}

/// A load with an address that needs no segment.
#[inline(always)]
fn load<const SIZE: u8>(
    cpu: &mut Cpu,
    bus: &mut impl Bus,
    probe: &mut impl Probe,
    segment: u8,
    va: u64,
) -> Result<u64, Fault> {
    match quick_load(cpu, bus, probe, va, SIZE) {
        Some(value) => Ok(value),
        None => Run { cpu, bus, probe }.load_slow(segment, va, SIZE),
    }
}

/// A store with an address that needs no segment.
#[inline(always)]
fn store<const SIZE: u8>(
    cpu: &mut Cpu,
    bus: &mut impl Bus,
    probe: &mut impl Probe,
    segment: u8,
    va: u64,
    value: u64,
) -> Done {
    if quick_store(cpu, bus, probe, va, SIZE, value) {
        return Ok(());
    }
    Run { cpu, bus, probe }.store_slow(segment, va, SIZE, value)
}

#[inline(always)]
fn push_64(cpu: &mut Cpu, bus: &mut impl Bus, probe: &mut impl Probe, value: u64) -> Done {
    let sp = cpu.state.gpr[RSP].wrapping_sub(8);
    store::<8>(cpu, bus, probe, STACK, sp, value)?;
    cpu.state.gpr[RSP] = sp;
    Ok(())
}

/// Tells a probe that wants every instruction.
#[inline(always)]
fn retire<P: Probe>(probe: &mut P, at: u64, rip: u64, i: &Insn) {
    if P::EVERY_INSTRUCTION {
        let len = i.len;
        probe.event(at, || Event::Retire { rip, len });
    }
}
