//! From box to box by arrow keys: the way is the picture's, up to what stands on a box, down to what
//! it stands on, left and right along its floor.

use super::{Layout, Placed};

/// A way to go from box to box.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// To what stands on it.
    Up,
    /// To what it stands on.
    Down,
    /// To what stands beside it, left.
    Left,
    /// The same, right.
    Right,
}

impl<'a> Layout<'a> {
    /// The box to go to from this one.
    pub fn neighbour(&self, path: &str, direction: Direction) -> Option<&Placed<'a>> {
        let here = self.boxes().find(|placed| placed.node.path == path)?;
        match direction {
            Direction::Up => {
                let first = here.node.inside.first()?;
                self.boxes().find(|placed| placed.node.path == first.path)
            }
            Direction::Down => self
                .boxes()
                .find(|placed| placed.node.inside.iter().any(|inner| inner.path == path)),
            Direction::Left => self
                .level(here)
                .filter(|placed| placed.rect.x < here.rect.x)
                .max_by_key(|placed| placed.rect.x),
            Direction::Right => self
                .level(here)
                .filter(|placed| placed.rect.x > here.rect.x)
                .min_by_key(|placed| placed.rect.x),
        }
    }

    /// Boxes at about the same height as this one.
    fn level(&self, here: &Placed<'a>) -> impl Iterator<Item = &Placed<'a>> {
        let middle = here.label.y + here.label.h / 2;
        let (kind, depth) = (here.node.kind, here.depth);
        self.boxes().filter(move |placed| {
            let same = placed.depth == depth || placed.node.kind == kind;
            same && (placed.label.y..=placed.label.bottom()).contains(&middle)
        })
    }
}
