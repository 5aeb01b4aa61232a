//! `true` and `false`.

use crate::{Args, Outcome};

/// Succeeds.
pub fn yes(_: &Args) -> Outcome {
    Ok(0)
}

/// Fails.
pub fn no(_: &Args) -> Outcome {
    Ok(1)
}
