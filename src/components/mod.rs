//! The parts of the picture. Each is a function from data to markup; what a reader does goes up as
//! an [`Action`](crate::state::Action), and nothing else comes out.

pub mod arrows;
pub mod boxes;
pub mod caption;
pub mod consoles;
pub mod cpu;
pub mod details;
pub mod dialogs;
pub mod events;
pub mod gauge;
pub mod header;
pub mod icons;
pub mod memory;
pub mod notices;
pub mod outline;
pub mod rates;
pub mod side;
pub mod stage;
pub mod transport;

/// Where actions go.
pub type Act = yew::Callback<crate::state::Action>;
