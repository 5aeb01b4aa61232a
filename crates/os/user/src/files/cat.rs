//! `cat`: from files to standard output.

use crate::io::for_each_file;
use crate::{Args, Outcome};
use metal::user::{STDOUT, file};

/// Prints every file in order.
pub fn main(args: &Args) -> Outcome {
    let files = args.options("")?.rest;
    Ok(for_each_file("cat", &files, |_, fd| {
        let mut buf = [0; 4096];
        loop {
            match file::read(fd, &mut buf)? {
                0 => return Ok(()),
                count => file::write_all(STDOUT, &buf[..count])?,
            }
        }
    }))
}
