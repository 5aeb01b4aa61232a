//! ringside: the machine without a browser.

fn main() {}
