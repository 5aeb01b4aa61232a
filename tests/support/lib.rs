//! What the tests of the whole share.
//!
//! - [`check`]: a text against a golden file
//! - [`boot`]: an image on our machine and on QEMU's
//! - [`browser`]: a browser that does as it is told, over WebDriver
//! - [`source`]: Rust source without its comments and strings
//! - [`native`]: the `ringside` command line as a person calls it

#![forbid(unsafe_code)]

pub mod boot;
pub mod browser;
mod golden;
pub mod native;
pub mod source;
mod webdriver;

pub use golden::check;
