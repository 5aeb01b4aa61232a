//! `poweroff`.

use crate::trouble::at;
use crate::{Args, Outcome};
use metal::user::system;

/// Asks the kernel to switch the machine off. In a pid namespace of its own that ends only the
/// namespace (pid_namespaces(7)).
pub fn main(_: &Args) -> Outcome {
    system::power_off().map_err(at("reboot"))?;
    Ok(0)
}
