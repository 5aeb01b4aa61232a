//! The repository's own commands, as a library.
//!
//! `cargo xtask` is the only way in that a person needs; the tests under `tests/` use the same
//! server and the same search for browsers and emulators, so that what is tested is what is served.
//!
//! - [`dist`]: the page as static files
//! - [`serve`]: those files on localhost
//! - [`stages`]: everything that must hold, in order
//! - [`tools`]: programs that this repository does not build, found or installed
//! - [`workspace`]: where things are, and cargo as a command

#![forbid(unsafe_code)]

pub mod count;
pub mod dist;
pub mod serve;
pub mod stages;
pub mod tools;
pub mod workspace;
