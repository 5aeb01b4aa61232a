//! Is this a lab that can be played, and one that teaches?
//!
//! What can be told while reading (form, references, safety) the parser has told already; here
//! follow the rules about the lab as a whole. See `labs/RULES.md` for each of them.

mod course;
mod pedagogy;

use crate::diagnostic::{Complaints, Diagnostic};
use crate::lab::Lab;
use crate::parse;
use crate::rules::{self, Severity};
use crate::source::Span;
use crate::world::World;

pub use course::course;

/// Everything that is wrong with a lab, in the order of the file. `name` is the file's name: a
/// lab called `FOLDER/lab.md` must have that folder's name as its id.
pub fn check(text: &str, name: &str) -> Vec<Diagnostic> {
    read(text, name, &World::built_in()).1
}

/// The lab, and everything that is wrong with it. There is a lab, more or less, even if
/// something is wrong: enough for a preview.
pub fn read(text: &str, name: &str, world: &World) -> (Option<Lab>, Vec<Diagnostic>) {
    let mut complaints = Complaints::about(name, text);
    let lab = parse::parse(text, world, &mut complaints);
    if let Some(lab) = &lab {
        folder(lab, name, text, &mut complaints);
        let is_sound = complaints
            .list
            .iter()
            .all(|it| it.severity < Severity::Error);
        // Half a lab teaches badly for reasons that have been told already.
        if is_sound {
            pedagogy::check(lab, text, &mut complaints);
        }
    }
    (lab, complaints.sorted())
}

/// The lab, if nothing is wrong with it that would keep it from being played.
///
/// # Errors
/// What is wrong.
pub fn playable(text: &str, name: &str) -> Result<Lab, Vec<Diagnostic>> {
    match read(text, name, &World::built_in()) {
        (Some(lab), list) if list.iter().all(|it| it.severity < Severity::Error) => Ok(lab),
        (_, list) => Err(list),
    }
}

fn folder(lab: &Lab, name: &str, text: &str, complaints: &mut Complaints<'_>) {
    let path = name.replace('\\', "/");
    let Some(folder) = path
        .strip_suffix("/lab.md")
        .and_then(|path| path.rsplit('/').next())
    else {
        return;
    };
    if folder != lab.id && !lab.id.is_empty() {
        let at = text.find(&lab.id).unwrap_or(0);
        let span = Span::new(at, at + lab.id.len());
        let message = format!("the lab is called `{}`, and its folder `{folder}`", lab.id);
        complaints.add(rules::FOLDER, span, message);
    }
}
