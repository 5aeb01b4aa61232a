//! From boxes to rectangles. Pure and in whole pixels, so that the same scene gives the same
//! picture everywhere, and a test can say which.
//!
//! The picture stands on the ground and grows upward, as the layers do:
//!
//! ```text
//!   ┌ VM ───────────────────┐ ┌ VM ──────────┐
//!   │ ┌ container ┐ ┌─────┐ │ │ ┌────┐       │   containers are frames, processes are leaves
//!   │ │ ┌──┐ ┌──┐ │ │ sh  │ │ │ │ sh │       │
//!   │ └─└──┘─└──┘─┘ └─────┘ │ │ └────┘       │
//!   │ ───── storey ──────── │ │              │   storeys leave room for what crosses a border
//!   │ [ kernel            ] │ │ [ kernel   ] │   hardware, hypervisor and kernel are slabs
//!   └─ its name ────────────┘ └──────────────┘   a VM is a frame with its name at the bottom
//!   ───── storey ─────────────────────────────
//!   [ hypervisor                             ]
//!   ───── storey ─────────────────────────────
//!   [ hardware                               ]
//! ```

mod place;
mod route;
mod text;
mod walk;

use scene::{Scene, StackBox};

use place::height;
pub use route::{Route, route};
pub use text::{fit, width};
pub use walk::Direction;

/// A rectangle in pixels, y downwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Upper edge.
    pub y: i32,
    /// Width.
    pub w: i32,
    /// Height.
    pub h: i32,
}

impl Rect {
    /// The right edge.
    pub const fn right(self) -> i32 {
        self.x + self.w
    }

    /// The lower edge.
    pub const fn bottom(self) -> i32 {
        self.y + self.h
    }

    /// The middle, across.
    pub const fn middle(self) -> i32 {
        self.x + self.w / 2
    }

    /// Whether the other lies within this one.
    #[cfg(test)]
    pub const fn contains(self, other: Rect) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && self.right() >= other.right()
            && self.bottom() >= other.bottom()
    }

    /// Whether the two share any area.
    pub const fn overlaps(self, other: Rect) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }
}

/// How a box is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A floor that others stand on.
    Slab,
    /// A wall around others, with its name on a strip.
    Frame,
    /// A box with nothing inside.
    Leaf,
}

/// A box and where it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Placed<'a> {
    /// What it shows.
    pub node: &'a StackBox,
    /// How.
    pub shape: Shape,
    /// All of it.
    pub rect: Rect,
    /// Where its own words go; for a frame, the strip with its name.
    pub label: Rect,
    /// How deep it is: the hardware is 0.
    pub depth: usize,
}

/// Boxes for which there was no room.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crowd {
    /// Where their number stands.
    pub rect: Rect,
    /// How many.
    pub count: usize,
}

/// What lies on either side of a storey.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Border {
    /// Programs above, a kernel below.
    User,
    /// Virtual machines above, the hypervisor below.
    Guest,
    /// Software above, the PC below.
    Machine,
}

/// One machine's part of the picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Stack<'a> {
    /// Index of the machine in the scene.
    pub index: usize,
    /// Where its title stands.
    pub title: Rect,
    /// Everything of it, without the scale.
    pub rect: Rect,
    /// Outermost first: the order of painting, of Tab and of reading.
    pub boxes: Vec<Placed<'a>>,
    /// Where the strip of physical memory goes, in the hardware's slab.
    pub ram: Rect,
    /// Where boxes are too many.
    pub crowds: Vec<Crowd>,
    /// Height of the middle of each border, upper first; on which the scale at the side hangs.
    pub borders: Vec<(Border, i32)>,
    /// Left edge of the scale, if there is room for one.
    pub scale: Option<i32>,
}

/// The whole picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Layout<'a> {
    /// As asked for.
    pub width: i32,
    /// As needed.
    pub height: i32,
    /// One for each machine.
    pub stacks: Vec<Stack<'a>>,
}

/// Height of a slab.
pub const SLAB: i32 = 48;
/// Between a slab and what stands on it.
pub const STOREY: i32 = 28;
/// Between boxes side by side.
pub const GAP: i32 = 8;
/// Width of the scale of privilege at the side.
pub const SCALE: i32 = 126;
/// Boxes drawn at most in one place; the rest are counted.
pub const CROWD: usize = 12;

const TITLE: i32 = 30;
/// Between two machines.
const APART: i32 = 28;
/// Narrowest stack that can spare the room of a scale.
const SCALE_FROM: i32 = 560;
/// Narrowest stack that stands beside another.
const BESIDE_FROM: i32 = 380;

/// Arranges a scene in this width.
pub fn arrange(scene: &Scene, width: i32) -> Layout<'_> {
    let count = scene.machines.len() as i32;
    let each = if count > 1 {
        (width - APART * (count - 1)) / count
    } else {
        width
    };
    let beside = count < 2 || each >= BESIDE_FROM;
    let each = if beside { each } else { width };
    let scaled = each >= SCALE_FROM;
    let inner = if scaled { each - SCALE } else { each };
    let title = if count > 1 { TITLE } else { 0 };

    let heights: Vec<i32> = scene
        .machines
        .iter()
        .map(|machine| title + height(&machine.stack, inner))
        .collect();
    let tallest = heights.iter().copied().max().unwrap_or(0);

    let mut stacks = Vec::new();
    let mut y = 0;
    for (index, machine) in scene.machines.iter().enumerate() {
        let height = heights[index];
        let (x, bottom) = if beside {
            ((each + APART) * index as i32, tallest)
        } else {
            (0, y + height)
        };
        let mut stack = Stack {
            index,
            title: Rect {
                x,
                y: bottom - height,
                w: inner,
                h: title,
            },
            rect: Rect {
                x,
                y: bottom - height,
                w: inner,
                h: height,
            },
            boxes: Vec::new(),
            ram: Rect::default(),
            crowds: Vec::new(),
            borders: Vec::new(),
            scale: scaled.then_some(x + inner),
        };
        stack.place(&machine.stack, x, bottom, inner, 0);
        stack.borders.sort();
        stack.borders.dedup();
        stacks.push(stack);
        y = bottom + APART;
    }
    let height = if beside { tallest } else { (y - APART).max(0) };
    Layout {
        width,
        height,
        stacks,
    }
}

/// Sizes at which a picture may be drawn, per cent, largest first.
const SIZES: [i32; 7] = [150, 140, 130, 120, 110, 100, 92];

/// The largest size, at most `most` per cent, at which the scene fits into `room` pixels of height
/// at this width; the smallest if none does. On a projector the picture grows, in a crowd it
/// shrinks a little, before anything must be scrolled.
pub fn size(scene: &Scene, width: i32, room: i32, most: i32) -> i32 {
    SIZES
        .into_iter()
        .filter(|size| *size <= most)
        .find(|size| arrange(scene, width * 100 / size).height * size / 100 <= room)
        .unwrap_or(SIZES[SIZES.len() - 1])
}

/// The size at which nothing is enlarged, and the largest.
pub const NORMAL: i32 = 100;
/// See [`size`].
pub const LARGEST: i32 = SIZES[0];

impl<'a> Layout<'a> {
    /// All boxes.
    pub fn boxes(&self) -> impl Iterator<Item = &Placed<'a>> {
        self.stacks.iter().flat_map(|stack| &stack.boxes)
    }

    /// The box with this path, or the innermost drawn one around it.
    pub fn nearest(&self, path: &str) -> Option<&Placed<'a>> {
        self.boxes()
            .filter(|placed| crate::state::at_or_below(path, &placed.node.path))
            .max_by_key(|placed| placed.node.path.len())
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
