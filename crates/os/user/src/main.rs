//! The programs that run inside: init, sh, ctr and friends.

fn main() {}
