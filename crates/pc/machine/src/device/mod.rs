//! The devices of the board, one a file.
//!
//! Each is a small struct that is told of port reads and writes with the moment at which they
//! happen, says by `next_deadline` when it wants to be called again, and does by `act` what is
//! due. None of them knows another: the [`Board`](crate::Board) carries interrupt lines from
//! one to the next.
//!
//! The local APIC, the I/O APIC and virtio come here later; they answer in physical address
//! space, see [`Memory::page`](crate::memory::Memory::page).

pub mod calendar;
pub mod debug;
pub mod keyboard;
pub mod pic;
pub mod pit;
pub mod rtc;
pub mod uart;
pub mod vga;
