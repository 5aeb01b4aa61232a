//! A small kernel with Linux's ABI, namespaces and cgroups.

fn main() {}
