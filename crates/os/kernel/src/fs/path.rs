//! Taking a path apart.
//!
//! A walk consumes a path from the front. When it meets a symbolic link, the link's target is
//! put in front of what remains. [`Pending`] keeps the remaining path right-aligned in its
//! buffer, so that there is always room in front without moving anything:
//!
//! ```text
//!  |          free          | usr/bin/sh |      a/link/c   ->  link -> x/y
//!  |          free          …     | x/y/c |
//! ```

use crate::limits::{NAME_MAX, PATH_MAX};
use abi::Errno;

/// Links that one walk may follow (Linux: MAXSYMLINKS).
pub const MAX_LINKS: u32 = 40;

/// What remains of a path that is being walked.
pub struct Pending {
    bytes: [u8; PATH_MAX],
    start: usize,
    links: u32,
}

/// One step of a walk. Its name is in the path's buffer, behind what remains, until a link is
/// followed: see [`Pending::name`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Component {
    at: u16,
    len: u8,
    /// Nothing but slashes comes after it.
    pub last: bool,
    /// A slash comes after it, so it must be a directory.
    pub directory: bool,
}

/// A file name, apart from the path that it came from.
#[derive(Clone, Copy)]
pub struct Name {
    bytes: [u8; NAME_MAX],
    len: u8,
}

impl Name {
    /// The name.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len as usize]
    }
}

impl Pending {
    /// An empty path. (It is filled in place: a kilobyte is a lot to move on a kernel stack.)
    pub const fn new() -> Self {
        Self {
            bytes: [0; PATH_MAX],
            start: PATH_MAX,
            links: 0,
        }
    }

    /// Starts with `path`. Says whether it is absolute.
    ///
    /// # Errors
    /// ENOENT for an empty path, ENAMETOOLONG for one that is too long.
    pub fn begin(&mut self, path: &[u8]) -> Result<bool, Errno> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        self.prepend(path)?;
        Ok(self.take_slashes())
    }

    fn prepend(&mut self, part: &[u8]) -> Result<(), Errno> {
        let start = self
            .start
            .checked_sub(part.len())
            .ok_or(Errno::ENAMETOOLONG)?;
        self.bytes[start..self.start].copy_from_slice(part);
        self.start = start;
        Ok(())
    }

    /// Takes leading slashes off, and says whether there were any: the path is absolute.
    fn take_slashes(&mut self) -> bool {
        let before = self.start;
        while self.bytes.get(self.start) == Some(&b'/') {
            self.start += 1;
        }
        self.start > before
    }

    /// Takes the next component; `None` when the path is used up.
    ///
    /// # Errors
    /// ENAMETOOLONG if it is longer than a name may be.
    pub fn next_component(&mut self) -> Result<Option<Component>, Errno> {
        self.take_slashes();
        let rest = &self.bytes[self.start..];
        if rest.is_empty() {
            return Ok(None);
        }
        let len = rest.iter().position(|&b| b == b'/').unwrap_or(rest.len());
        if len > NAME_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let at = self.start as u16;
        self.start += len;
        let directory = self.take_slashes();
        let last = self.start == PATH_MAX;
        Ok(Some(Component {
            at,
            len: len as u8,
            last,
            directory,
        }))
    }

    /// The name of the last component that was taken.
    pub fn name(&self, component: &Component) -> &[u8] {
        &self.bytes[component.at as usize..][..component.len as usize]
    }

    /// The same, to keep.
    pub fn copy_name(&self, component: &Component) -> Name {
        let mut bytes = [0; NAME_MAX];
        bytes[..component.len as usize].copy_from_slice(self.name(component));
        Name {
            bytes,
            len: component.len,
        }
    }

    /// Puts a link's target in front of what remains; `directory` if a slash came after the
    /// link. Says whether the target is absolute, so that the walk goes back to the root.
    ///
    /// # Errors
    /// ELOOP after [`MAX_LINKS`] links, ENOENT for an empty target, ENAMETOOLONG.
    pub fn follow(&mut self, target: &[u8], directory: bool) -> Result<bool, Errno> {
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(Errno::ELOOP);
        }
        if target.is_empty() {
            return Err(Errno::ENOENT);
        }
        if directory || self.start < PATH_MAX {
            self.prepend(b"/")?;
        }
        self.prepend(target)?;
        Ok(self.take_slashes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks `path`; names that `links` has are followed. Shows the steps.
    fn walk(path: &str, links: &[(&str, &str)]) -> String {
        let mut out = Vec::new();
        let mut pending = Pending::new();
        match pending.begin(path.as_bytes()) {
            Ok(true) => out.push("ROOT".to_string()),
            Ok(false) => {}
            Err(error) => return error.name().into(),
        }
        loop {
            match pending.next_component() {
                Err(error) => return error.name().into(),
                Ok(None) => return out.join(" "),
                Ok(Some(c)) => {
                    let name = String::from_utf8(pending.name(&c).to_vec()).unwrap();
                    if let Some((_, target)) = links.iter().find(|(link, _)| *link == name) {
                        match pending.follow(target.as_bytes(), c.directory) {
                            Ok(true) => out.push("ROOT".into()),
                            Ok(false) => {}
                            Err(error) => return error.name().into(),
                        }
                        continue;
                    }
                    let slash = if c.directory { "/" } else { "" };
                    let last = if c.last { "." } else { "" };
                    out.push(format!("{name}{slash}{last}"));
                }
            }
        }
    }

    #[test]
    fn components() {
        assert_eq!(walk("a", &[]), "a.");
        assert_eq!(walk("/", &[]), "ROOT");
        assert_eq!(walk("//usr//bin/sh", &[]), "ROOT usr/ bin/ sh.");
        assert_eq!(walk("a/b/", &[]), "a/ b/.");
        assert_eq!(walk("../.", &[]), "../ ..");
        assert_eq!(walk("", &[]), "ENOENT");
        assert_eq!(walk(&"n".repeat(255), &[]).len(), 256);
        assert_eq!(walk(&"n".repeat(256), &[]), "ENAMETOOLONG");
        assert_eq!(walk(&"a/".repeat(PATH_MAX), &[]), "ENAMETOOLONG");
    }

    #[test]
    fn links() {
        let links = [
            ("rel", "x/y"),
            ("abs", "/z"),
            ("loop", "loop"),
            ("none", ""),
            ("dir", "d/"),
        ];
        assert_eq!(walk("a/rel/c", &links), "a/ x/ y/ c.");
        assert_eq!(walk("a/rel", &links), "a/ x/ y.");
        assert_eq!(walk("a/rel/", &links), "a/ x/ y/.");
        assert_eq!(walk("a/abs/c", &links), "a/ ROOT z/ c.");
        assert_eq!(walk("a/dir", &links), "a/ d/.");
        assert_eq!(walk("loop", &links), "ELOOP");
        assert_eq!(walk("none", &links), "ENOENT");
    }
}
