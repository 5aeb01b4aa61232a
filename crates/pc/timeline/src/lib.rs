//! Time: keyframes, recorded input, seek and step in both directions.
//!
//! A machine's past is never stored as a film. It is a few snapshots ([`Keyframes`]) and the
//! list of inputs; every other moment is made again by running from the snapshot before it.
//! That works because a machine is a function of its start and its inputs: the same moment,
//! reached by whatever road, is the same machine to the last bit, and [`Timeline::hash`]
//! shows it.
//!
//! ```text
//!  moment  0 ────────┬─────────┬────┬──┬─┬┬ now ─ ─ ─ head
//!          keyframe  │         │    │  │ ││        furthest moment reached:
//!          (older ones thinned out) │  │ ││        typing before it forgets it
//! ```
//!
//! Machines that stand side by side share one [`Timeline`]: they are always at the same
//! moment. What it needs of a machine is the trait [`Replay`].

#![forbid(unsafe_code)]

mod events;
mod keyframes;
mod pc;
mod replay;
mod step;
mod timeline;

pub use events::{Filter, Heard};
pub use keyframes::Keyframes;
pub use probe::Moment;
pub use replay::Replay;
pub use timeline::{Recorded, Timeline};
