//! A trap-and-emulate hypervisor that can be read in an afternoon.

fn main() {}
