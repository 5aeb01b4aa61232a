//! Why a program could not do what it was asked, as a sentence for the person who asked.

use alloc::format;
use alloc::string::String;
use core::fmt;
use metal::user::Errno;

/// What a program ends with: an exit status, or a sentence and a status.
pub type Outcome = Result<i32, Trouble>;

/// A sentence, and the exit status that goes with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// What to say, behind the program's name and a colon.
    pub text: String,
    /// The exit status.
    pub status: i32,
}

impl Trouble {
    /// A failure with status 1.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            status: 1,
        }
    }

    /// A wrong use of the program: status 2.
    pub fn usage(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            status: 2,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// For `map_err`: "what: No such file or directory".
pub fn at(what: impl fmt::Display) -> impl FnOnce(Errno) -> Trouble {
    move |why| Trouble::new(format!("{what}: {}", why.text()))
}
