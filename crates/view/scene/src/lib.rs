//! One moment of the whole stack as plain data: everything on the screen is in a [`Frame`],
//! and nothing that is not in it is on the screen.
//!
//! The engine (`session`) makes frames out of running machines; the page, the command line
//! and the labs only read them. All types are plain, comparable and serialisable.
//!
//! | module | what |
//! |---|---|
//! | [`stack`] | the boxes: hardware, hypervisor, VM, kernel, container, process |
//! | [`cpu`] | registers and the code around RIP |
//! | [`happening`] | events as a reader sees them: what, from which box to which, one sentence |
//! | [`frame`] | all of it for one moment, with consoles and the state of time |
//! | [`command`] | what a reader can ask of the engine |
//! | [`facts`] | the same moment as typed numbers, for assertions |
//! | [`tree`] | a scene as an indented text, for goldens and the command line |

#![forbid(unsafe_code)]

pub mod command;
pub mod cpu;
pub mod facts;
pub mod frame;
pub mod happening;
pub mod stack;
pub mod tree;

pub use command::{Command, EventFilter};
pub use cpu::{CodeLine, CpuView};
pub use facts::Facts;
pub use frame::{Console, Frame, Message, Severity, Time};
pub use happening::{Happening, HappeningKind, Rate};
pub use stack::{BoxKind, Machine, Scene, StackBox, State, Stretch};

/// Instructions retired (and slept) since reset: the only clock. Same as `probe::Moment`.
pub type Moment = u64;

/// Names a box for ever: `left/hv/vm1/os/ct:web/p12`. The first part is the machine's id.
pub type Path = String;
