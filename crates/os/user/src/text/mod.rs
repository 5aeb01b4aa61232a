//! Programs about text.

pub mod echo;
pub mod grep;
pub mod head;
pub mod seq;
pub mod wc;
