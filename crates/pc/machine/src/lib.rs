//! The PC around the CPU: RAM, bus, devices, loaders, snapshots.
//!
//! A [`Machine`] is a [`cpu::Cpu`] on a [`Board`]. There is no time in it but the CPU's clock,
//! and no input but [`Machine::input`], so the same images and the same inputs at the same
//! moments give the same machine, bit for bit: [`Machine::hash`] says so.
//!
//! | module | what |
//! |---|---|
//! | `machine` | the run loop; input; snapshot, restore, hash |
//! | [`board`] | memory and devices, wired to the CPU's pins |
//! | [`ports`] | which device answers at which port |
//! | [`device`] | the devices, one a file |
//! | [`load`] | what is in memory at power-on |
//! | [`memory`], [`pages`] | flat RAM, and its pages shared between moments |
//! | [`snapshot`] | a moment, kept or written to a file |
//! | [`console`] | what the guest has said |
//! | [`screen`] | the text screen, read from memory |
//! | [`time`] | how moments divide into the ticks of real hardware |

#![forbid(unsafe_code)]

pub mod board;
pub mod console;
pub mod device;
pub mod load;
mod machine;
pub mod memory;
pub mod pages;
pub mod ports;
pub mod screen;
pub mod snapshot;
pub mod time;

pub use board::{Board, Devices};
pub use console::Transcript;
pub use load::{Boot, Error, Module};
pub use machine::{Config, Input, Machine, Stopped};
pub use probe::Moment;
pub use snapshot::{FileError, Snapshot};
