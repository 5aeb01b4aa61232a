//! The repository's own commands: serve, test, build.

fn main() {}
