//! The devices of a PC that the kernel drives.

#[cfg(target_os = "none")]
pub mod pic;
#[cfg(target_os = "none")]
pub mod pit;
pub mod rtc;
#[cfg(target_os = "none")]
pub mod uart;
