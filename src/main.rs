//! The page. One wasm file is both the page and its engine: loaded by a window it draws, loaded by
//! a worker it runs the machines. Everything between is [`protocol`].
//!
//! | module | what |
//! |---|---|
//! | [`state`] | what the page knows, what can happen to it |
//! | [`reduce`](crate::reduce), [`hear`](crate::hear) | what follows from that (pure) |
//! | [`app`], [`components`] | the picture: functions of [`state`] |
//! | [`layout`], [`memory`] | boxes to rectangles, frames of RAM to stripes (pure, whole numbers) |
//! | [`describe`], [`words`] | the picture in sentences; how numbers are written |
//! | [`keys`], [`link`], [`speed`] | keyboard, address bar, how fast to run |
//! | [`engine`] | the page's end of the line to the machines: the only effect |
//! | [`worker`], [`runner`] | the machines' end: slices of a running session |

#![forbid(unsafe_code)]

mod app;
mod components;
mod describe;
mod engine;
#[cfg(any(test, feature = "fixture"))]
mod fixture;
mod hear;
mod keys;
mod layout;
mod link;
mod memory;
mod protocol;
mod reduce;
mod runner;
mod speed;
mod state;
mod words;
mod worker;

fn main() {
    if worker::inside() {
        worker::start();
    } else {
        app::start();
    }
}
