//! The page in a real browser: what a person does, and what they must see.
