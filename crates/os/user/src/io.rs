//! Buffered output and input by lines.

use crate::trouble::{Outcome, Trouble, at};
use alloc::vec::Vec;
use core::fmt::{self, Write};
use metal::user::{Errno, Fd, STDERR, STDOUT, file};

/// Writes a line to an [`Out`].
#[macro_export]
macro_rules! say {
    ($out:expr, $($arg:tt)*) => {{
        use core::fmt::Write as _;
        let _ = writeln!($out, $($arg)*); // `Out` keeps its error for `done`
    }};
}

/// Writes to an [`Out`] without ending the line.
#[macro_export]
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{
        use core::fmt::Write as _;
        let _ = write!($out, $($arg)*);
    }};
}

/// When a buffer is written out by itself.
const FULL: usize = 4096;

/// Output that is gathered and written in few system calls: when it is full, at
/// [`Out::flush`], and when it goes away.
pub struct Out {
    fd: Fd,
    buf: Vec<u8>,
    failed: Option<Errno>,
}

impl Out {
    /// To an open file.
    pub fn new(fd: Fd) -> Self {
        Self {
            fd,
            buf: Vec::new(),
            failed: None,
        }
    }

    /// To standard output.
    pub fn stdout() -> Self {
        Self::new(STDOUT)
    }

    /// To standard error.
    pub fn stderr() -> Self {
        Self::new(STDERR)
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.buf.extend_from_slice(bytes);
        if self.buf.len() >= FULL {
            self.flush();
        }
    }

    /// Writes what has gathered.
    pub fn flush(&mut self) {
        if let Err(why) = file::write_all(self.fd, &self.buf) {
            self.failed.get_or_insert(why);
        }
        self.buf.clear();
    }

    /// The end of a program that only prints: success, or what went wrong while writing.
    pub fn done(mut self) -> Outcome {
        self.flush();
        match self.failed {
            None => Ok(0),
            Some(why) => Err(at("write error")(why)),
        }
    }
}

impl Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Says a trouble on standard error, behind the program's name.
pub fn complain(program: &str, trouble: &Trouble) {
    say!(Out::stderr(), "{program}: {trouble}");
}

/// Input by lines.
pub struct Lines {
    fd: Fd,
    buf: Vec<u8>,
    at: usize,
}

impl Lines {
    /// From an open file.
    pub fn new(fd: Fd) -> Self {
        Self {
            fd,
            buf: Vec::new(),
            at: 0,
        }
    }

    /// The next line without its newline, or `None` at the end. A last line that has no
    /// newline counts.
    ///
    /// # Errors
    /// read(2).
    pub fn next_line(&mut self) -> Result<Option<Vec<u8>>, Errno> {
        let mut line = Vec::new();
        loop {
            let rest = &self.buf[self.at..];
            if let Some(len) = rest.iter().position(|&byte| byte == b'\n') {
                line.extend_from_slice(&rest[..len]);
                self.at += len + 1;
                return Ok(Some(line));
            }
            line.extend_from_slice(rest);
            self.at = 0;
            self.buf.resize(1024, 0);
            let got = file::read(self.fd, &mut self.buf);
            self.buf.truncate(*got.as_ref().unwrap_or(&0));
            if got? == 0 {
                return Ok((!line.is_empty()).then_some(line));
            }
        }
    }
}

/// Calls `each` with every named file, opened; with standard input if there is none or for
/// `-`. A file that does not open is complained about, and the rest go on; that is status 1.
pub fn for_each_file(
    program: &str,
    files: &[alloc::string::String],
    mut each: impl FnMut(&str, Fd) -> Result<(), Errno>,
) -> i32 {
    let stdin = [alloc::string::String::from("-")];
    let files = if files.is_empty() { &stdin } else { files };
    let mut status = 0;
    for name in files {
        let done = match name.as_str() {
            "-" => each(name, metal::user::STDIN),
            path => file::open(path, abi::fs::open::O_CLOEXEC, 0).and_then(|fd| {
                let done = each(path, fd);
                let _ = file::close(fd);
                done
            }),
        };
        if let Err(why) = done {
            complain(program, &at(name)(why));
            status = 1;
        }
    }
    status
}
