//! Clocks. The time-stamp counter tells time; the 8254 only knocks a hundred times a second.
//!
//! How fast the counter counts is told by CPUID leaf 15h, or else measured: channel 2 of the
//! 8254 counts down a known time, at 1,193,182 Hz, while we watch.

use crate::dev::{pit, rtc};
use crate::kernel::Kernel;
use metal::reg;

/// What the clocks know.
#[derive(Clone, Copy, zerocopy::FromZeros)]
#[repr(C)]
pub struct Time {
    /// TSC at boot: monotonic time zero.
    start: u64,
    /// Nanoseconds a tick, times 2^32.
    scale: u64,
    /// Ticks a nanosecond, times 2^32.
    inverse: u64,
    /// Nanoseconds from 1970 to boot.
    epoch: u64,
    /// Ticks a second.
    pub hz: u64,
}

const NS: u64 = 1_000_000_000;

/// The product of a number and a 32.32 fixed-point factor.
fn scaled(value: u64, factor: u64) -> u64 {
    ((u128::from(value) * u128::from(factor)) >> 32) as u64
}

impl Time {
    /// The counter now.
    pub fn now(&self) -> u64 {
        reg::tsc()
    }

    /// Ticks as nanoseconds.
    pub fn ns_of(&self, ticks: u64) -> u64 {
        scaled(ticks, self.scale)
    }

    /// Ticks as microseconds.
    pub fn us_of(&self, ticks: u64) -> u64 {
        self.ns_of(ticks) / 1000
    }

    /// Nanoseconds as ticks.
    pub fn ticks_of_ns(&self, ns: u64) -> u64 {
        scaled(ns, self.inverse)
    }

    /// Nanoseconds since boot.
    pub fn monotonic_ns(&self) -> u64 {
        self.ns_of(reg::tsc().saturating_sub(self.start))
    }

    /// Nanoseconds since 1970.
    pub fn realtime_ns(&self) -> u64 {
        self.epoch + self.monotonic_ns()
    }
}

/// Learns the counter's frequency and the date.
pub fn init(k: &mut Kernel, boot_tsc: u64) {
    let hz = told_hz().unwrap_or_else(pit::measure_tsc_hz);
    k.time = Time {
        start: boot_tsc,
        scale: ((u128::from(NS) << 32) / u128::from(hz)) as u64,
        inverse: ((u128::from(hz) << 32) / u128::from(NS)) as u64,
        epoch: 0,
        hz,
    };
    k.time.epoch = (rtc::seconds_since_1970() * NS).saturating_sub(k.time.monotonic_ns());
    k.root.tsc_hz = hz;
    k.root.boot_tsc = boot_tsc;
    k.random = k.time.epoch;
}

/// CPUID leaf 15h: EAX and EBX are denominator and numerator of TSC to crystal clock, ECX the
/// crystal's frequency.
fn told_hz() -> Option<u64> {
    if reg::cpuid(0, 0)[0] < 0x15 {
        return None;
    }
    let [denominator, numerator, crystal, _] = reg::cpuid(0x15, 0);
    if denominator == 0 || numerator == 0 || crystal == 0 {
        return None;
    }
    Some(u64::from(crystal) * u64::from(numerator) / u64::from(denominator))
}
