//! Programs about tasks, the machine and its mounts.

pub mod clock;
pub mod env;
pub mod kill;
pub mod mount;
pub mod names;
pub mod power;
pub mod ps;
pub mod top;
pub mod yes_no;
