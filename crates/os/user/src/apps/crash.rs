//! `crash`: commits the fault that is asked for, so that one can watch what follows.

use crate::io::Out;
use crate::{Args, Outcome, Trouble, say};
use alloc::format;
use metal::user::memory::{Crime, commit};

const CRIMES: [(&str, Crime, &str); 7] = [
    ("null", Crime::Null, "reading address 0"),
    ("ud2", Crime::Ud2, "executing an instruction that is none"),
    ("div0", Crime::Div0, "dividing by zero"),
    ("stack", Crime::Stack, "pushing until the stack is full"),
    ("hlt", Crime::Hlt, "executing HLT, which ring 3 may not"),
    ("text", Crime::Text, "writing into my own code"),
    ("kernel", Crime::Kernel, "writing into the kernel's memory"),
];

/// Commits the named fault; a null pointer if none is named.
pub fn main(args: &Args) -> Outcome {
    let options = args.options("")?;
    let name = options.rest.first().map_or("null", |name| name.as_str());
    let Some((_, crime, what)) = CRIMES.iter().find(|(known, ..)| *known == name) else {
        return Err(Trouble::usage(format!(
            "{name}: no such fault (try --help)"
        )));
    };
    say!(Out::stdout(), "crash: {what}");
    commit(*crime);
    Err(Trouble::new("and nothing happened"))
}
