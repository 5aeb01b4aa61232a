//! The guests' only unsafe code: boot, ports, registers, traps, context switch.

#![cfg_attr(not(test), no_std)]

#[cfg(feature = "user")]
pub mod user;
