//! What an x86-64 PC is, as far as both sides of the glass must agree.
//!
//! The emulated CPU obeys these constants, the guests program against them and the
//! inspector reads memory by them, so each fact stands once. Nothing here computes
//! more than a page walk ([`walk`]); nothing here is unsafe.
//!
//! | module | what | manual |
//! |---|---|---|
//! | [`addr`] | physical and virtual addresses that cannot be mixed | |
//! | [`reg`] | general registers, RFLAGS, CR0, CR4, EFER | APM vol. 2 ch. 3 |
//! | [`desc`] | descriptors, gates, the TSS | APM vol. 2 ch. 4, 8, 12 |
//! | [`paging`] | page-table entries and the one page walk | APM vol. 2 ch. 5 |
//! | [`vector`] | exception vectors and error codes | APM vol. 2 ch. 8 |
//! | [`msr`] | model-specific registers | APM vol. 2 app. A |

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod addr;
pub mod desc;
pub mod msr;
pub mod paging;
pub mod reg;
pub mod vector;

pub use addr::{PhysAddr, VirtAddr};
