//! The boot ROM: from the reset vector to the kernel's door.

fn main() {}
