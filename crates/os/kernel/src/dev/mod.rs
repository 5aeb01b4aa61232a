//! The devices of a PC that the kernel drives.

pub mod uart;
