//! The devices of a PC that the kernel drives.

pub mod pic;
pub mod pit;
pub mod rtc;
pub mod uart;
