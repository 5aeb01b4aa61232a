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

/// A sentence with what stands between backticks as code.
pub fn sentence(text: &str) -> yew::Html {
    let parts = text.split('`').enumerate().map(|(index, part)| {
        if index % 2 == 1 {
            yew::html! { <code>{ part.to_owned() }</code> }
        } else {
            yew::html! { { part.to_owned() } }
        }
    });
    yew::html! { <>{ for parts }</> }
}

/// Where actions go.
pub type Act = yew::Callback<crate::state::Action>;
