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

mod route;
mod text;

use scene::{BoxKind, Scene, StackBox};

pub use route::{Route, route};
pub use text::{fit, width};

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
/// Added to the hardware's slab for the strip of its memory.
const RAM: i32 = 30;
/// Between a slab and what stands on it.
pub const STOREY: i32 = 28;
/// Between boxes side by side.
pub const GAP: i32 = 8;
/// Width of the scale of privilege at the side.
pub const SCALE: i32 = 126;
/// Boxes drawn at most in one place; the rest are counted.
pub const CROWD: usize = 12;

const LEAF_MIN: i32 = 76;
const LEAF_MAX: i32 = 148;
const LEAF: i32 = 54;
/// Inside a frame, left and right and opposite the strip.
const PAD: i32 = 8;
const VM_STRIP: i32 = 44;
const CONTAINER_STRIP: i32 = 44;
/// Least width of a VM, or of whatever else shares a slab as an equal.
const EQUAL_MIN: i32 = 124;
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
        .map(|machine| title + Measure::of(&machine.stack, inner).height)
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
    /// The box with this path, or the innermost drawn one around it.
    pub fn nearest(&self, path: &str) -> Option<&Placed<'a>> {
        self.boxes()
            .filter(|placed| crate::state::at_or_below(path, &placed.node.path))
            .max_by_key(|placed| placed.node.path.len())
    }
}

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
    fn boxes(&self) -> impl Iterator<Item = &Placed<'a>> {
        self.stacks.iter().flat_map(|stack| &stack.boxes)
    }

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

fn shape(node: &StackBox) -> Shape {
    match node.kind {
        BoxKind::Hardware | BoxKind::Hypervisor | BoxKind::Kernel => Shape::Slab,
        BoxKind::Vm | BoxKind::Container => Shape::Frame,
        BoxKind::Firmware | BoxKind::Process if node.inside.is_empty() => Shape::Leaf,
        BoxKind::Firmware | BoxKind::Process => Shape::Frame,
    }
}

/// Whether boxes in this one share its width as equals; otherwise each takes what it needs.
fn equals(node: &StackBox) -> bool {
    node.inside.iter().any(|inner| {
        matches!(
            inner.kind,
            BoxKind::Vm | BoxKind::Kernel | BoxKind::Hypervisor | BoxKind::Firmware
        )
    })
}

/// A box's children as drawn: all, or as many as there is room for.
fn drawn(node: &StackBox) -> (&[StackBox], usize) {
    let count = node.inside.len();
    if count <= CROWD {
        (&node.inside, 0)
    } else {
        (&node.inside[..CROWD - 1], count - (CROWD - 1))
    }
}

/// How wide a box would like to be, in leaves. The same for as long as the number of its leaves is,
/// so that a picture does not jump when a bar grows.
fn leaves(node: &StackBox) -> i32 {
    let (inside, more) = drawn(node);
    let count = inside.len() as i32 + i32::from(more > 0);
    match shape(node) {
        Shape::Leaf => 1,
        Shape::Frame | Shape::Slab => count.clamp(1, 3),
    }
}

/// One row of boxes side by side: index and width of each.
type Shelf = Vec<(usize, i32)>;

/// Distributes the boxes inside `node` over shelves of this width, lowest first. Index `len` stands
/// for the crowd.
fn shelves(node: &StackBox, width: i32) -> Vec<Shelf> {
    let (inside, more) = drawn(node);
    let count = inside.len() + usize::from(more > 0);
    if count == 0 {
        return Vec::new();
    }
    if equals(node) {
        let fit = ((width + GAP) / (EQUAL_MIN + GAP)).max(1) as usize;
        let columns = count.min(fit);
        let each = (width - GAP * (columns as i32 - 1)) / columns as i32;
        return (0..count)
            .collect::<Vec<_>>()
            .chunks(columns)
            .map(|row| row.iter().map(|index| (*index, each)).collect())
            .collect();
    }
    let wants: Vec<i32> = (0..count)
        .map(|index| inside.get(index).map_or(1, leaves))
        .collect();
    let total: i32 = wants.iter().sum();
    let walls: i32 = (0..count)
        .map(|index| inside.get(index).map_or(0, padding))
        .sum::<i32>()
        + GAP * (total - 1);
    let leaf = ((width - walls) / total.max(1)).clamp(LEAF_MIN.min(width), LEAF_MAX.min(width));
    let mut rows: Vec<Shelf> = vec![Vec::new()];
    let mut left = width;
    for (index, want) in wants.iter().enumerate() {
        let pad = inside.get(index).map_or(0, padding);
        let wish = (leaf * want + GAP * (want - 1) + pad).min(width);
        let row = rows.last_mut().expect("starts with one");
        if !row.is_empty() && wish > left {
            rows.push(vec![(index, wish)]);
            left = width - wish - GAP;
        } else {
            row.push((index, wish));
            left -= wish + GAP;
        }
    }
    rows
}

fn padding(node: &StackBox) -> i32 {
    match shape(node) {
        Shape::Frame => PAD * 2,
        Shape::Slab | Shape::Leaf => 0,
    }
}

/// The height of a strip, and whether it is at the bottom: a VM is a machine that its kernel stands
/// on, a container is a wall with a name over the door.
const fn strip(kind: BoxKind) -> (i32, bool) {
    match kind {
        BoxKind::Vm | BoxKind::Firmware => (VM_STRIP, true),
        _ => (CONTAINER_STRIP, false),
    }
}

/// The height of a slab: the hardware's is taller, because it shows its memory.
const fn slab(kind: BoxKind) -> i32 {
    match kind {
        BoxKind::Hardware => SLAB + RAM,
        _ => SLAB,
    }
}

struct Measure {
    height: i32,
}

impl Measure {
    fn of(node: &StackBox, width: i32) -> Self {
        let inside = |width| {
            let rows = shelves(node, width);
            let gaps = GAP * (rows.len() as i32 - 1).max(0);
            rows.iter().map(|row| shelf_height(node, row)).sum::<i32>() + gaps
        };
        let height = match shape(node) {
            Shape::Leaf => LEAF,
            Shape::Slab if node.inside.is_empty() => slab(node.kind),
            Shape::Slab => slab(node.kind) + STOREY + inside(width),
            Shape::Frame => {
                let (strip, _) = strip(node.kind);
                strip + inside(width - PAD * 2).max(LEAF / 2) + PAD
            }
        };
        Self { height }
    }
}

fn shelf_height(node: &StackBox, row: &Shelf) -> i32 {
    row.iter()
        .map(|(index, width)| {
            node.inside[..]
                .get(*index)
                .filter(|_| *index < drawn(node).0.len())
                .map_or(LEAF / 2, |inner| Measure::of(inner, *width).height)
        })
        .max()
        .unwrap_or(0)
}

impl<'a> Stack<'a> {
    /// Places `node` with its lower left corner at (`x`, `bottom`).
    fn place(&mut self, node: &'a StackBox, x: i32, bottom: i32, width: i32, depth: usize) {
        let height = Measure::of(node, width).height;
        let all = Rect {
            x,
            y: bottom - height,
            w: width,
            h: height,
        };
        match shape(node) {
            Shape::Leaf => self.push(node, Shape::Leaf, all, all, depth),
            Shape::Slab => {
                let height = slab(node.kind);
                let floor = Rect {
                    y: bottom - height,
                    h: height,
                    ..all
                };
                let label = Rect { h: SLAB, ..floor };
                self.push(node, Shape::Slab, floor, label, depth);
                if node.kind == BoxKind::Hardware {
                    self.ram = Rect {
                        x: x + 20,
                        y: label.bottom(),
                        w: (width - 32).max(0),
                        h: RAM - 12,
                    };
                }
                if !node.inside.is_empty() {
                    self.borders.push((border(node), floor.y - STOREY / 2));
                    self.inside(node, x, floor.y - STOREY, width, depth + 1);
                }
            }
            Shape::Frame => {
                let (strip, below) = strip(node.kind);
                let label = Rect {
                    y: if below { bottom - strip } else { all.y },
                    h: strip,
                    ..all
                };
                self.push(node, Shape::Frame, all, label, depth);
                let floor = if below { bottom - strip } else { bottom - PAD };
                self.inside(node, x + PAD, floor, width - PAD * 2, depth + 1);
            }
        }
    }

    fn push(&mut self, node: &'a StackBox, shape: Shape, rect: Rect, label: Rect, depth: usize) {
        self.boxes.push(Placed {
            node,
            shape,
            rect,
            label,
            depth,
        });
    }

    fn inside(&mut self, node: &'a StackBox, x: i32, floor: i32, width: i32, depth: usize) {
        let (inside, more) = drawn(node);
        let mut bottom = floor;
        for row in shelves(node, width) {
            let mut left = x;
            for (index, width) in &row {
                match inside.get(*index) {
                    Some(inner) => self.place(inner, left, bottom, *width, depth),
                    None => self.crowds.push(Crowd {
                        rect: Rect {
                            x: left,
                            y: bottom - LEAF / 2,
                            w: *width,
                            h: LEAF / 2,
                        },
                        count: more,
                    }),
                }
                left += width + GAP;
            }
            bottom -= shelf_height(node, &row) + GAP;
        }
    }
}

fn border(node: &StackBox) -> Border {
    match node.kind {
        BoxKind::Hardware => Border::Machine,
        BoxKind::Hypervisor => Border::Guest,
        _ => Border::User,
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
