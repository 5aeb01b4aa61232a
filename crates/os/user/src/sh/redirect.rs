//! Redirections: open files put in the place of descriptors, for one command or for good.

use super::syntax::{Direction, Redirect};
use super::{Flow, Shell};
use crate::trouble::{Trouble, at};
use abi::fs::open::{O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY};
use alloc::format;
use alloc::vec::Vec;
use metal::user::{Errno, Fd, file};

/// Descriptors as they were before: the number, and where its file waits (`None`: it was
/// closed).
pub struct Saved(Vec<(Fd, Option<Fd>)>);

/// What redirecting comes to.
pub enum Redirected {
    /// Done; for putting it back.
    Done(Saved),
    /// One could not be done: the command is not run. The others are back already.
    Failed(Trouble),
}

impl Shell {
    /// Carries out redirections.
    ///
    /// # Errors
    /// What an expansion ends with.
    pub fn redirect(&mut self, redirects: &[Redirect]) -> Result<Redirected, Flow> {
        let mut saved = Saved(Vec::new());
        for redirect in redirects {
            let target = match self.text_of(&redirect.target) {
                Ok(target) => target,
                Err(flow) => {
                    saved.restore();
                    return Err(flow);
                }
            };
            if let Err(trouble) = one(redirect, &target, &mut saved) {
                saved.restore();
                return Ok(Redirected::Failed(trouble));
            }
        }
        Ok(Redirected::Done(saved))
    }
}

impl Saved {
    /// Puts the descriptors back as they were, the last one first.
    pub fn restore(self) {
        for (fd, old) in self.0.into_iter().rev() {
            match old {
                Some(old) => {
                    let _ = file::dup2(old, fd);
                    let _ = file::close(old);
                }
                None => {
                    let _ = file::close(fd);
                }
            }
        }
    }

    /// Leaves them as they are now.
    pub fn keep(self) {
        for old in self.0.into_iter().filter_map(|(_, old)| old) {
            let _ = file::close(old);
        }
    }

    /// Remembers what `fd` is, out of the way of scripts and closed by execve.
    fn remember(&mut self, fd: Fd) {
        self.0.push((fd, file::dup_above(fd, 10).ok()));
    }
}

fn one(redirect: &Redirect, target: &str, saved: &mut Saved) -> Result<(), Trouble> {
    let fd = redirect.fd;
    let flags = match redirect.direction {
        Direction::Read => O_RDONLY,
        Direction::Write => O_WRONLY | O_CREAT | O_TRUNC,
        Direction::Append => O_WRONLY | O_CREAT | O_APPEND,
        Direction::ReadWrite => O_RDWR | O_CREAT,
        Direction::Duplicate => return duplicate(fd, target, saved),
    };
    let opened = file::open(target, flags, 0o666).map_err(at(target))?;
    if opened == fd {
        // It was closed, so the new file took its number.
        saved.0.push((fd, None));
        return Ok(());
    }
    saved.remember(fd);
    let done = file::dup2(opened, fd).map_err(at(fd));
    let _ = file::close(opened);
    done
}

fn duplicate(fd: Fd, target: &str, saved: &mut Saved) -> Result<(), Trouble> {
    if target == "-" {
        saved.remember(fd);
        let _ = file::close(fd);
        return Ok(());
    }
    let from: Fd = target
        .parse()
        .map_err(|_| Trouble::usage(format!("{target}: a descriptor is a number")))?;
    if from == fd {
        return file::fstat(fd).map(|_| ()).map_err(at(fd));
    }
    saved.remember(fd);
    match file::dup2(from, fd) {
        Err(Errno::EBADF) => Err(at(from)(Errno::EBADF)),
        done => done.map_err(at(fd)),
    }
}
