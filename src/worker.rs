//! The engine's end: a [`Runner`] driven by the event loop it finds itself in. In a Web Worker it
//! has that thread to itself; where no worker can be had, the page drives one on its own thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort};

use crate::protocol::{Listing, News, Report, Request};
use crate::runner::{Engine, Next, Runner};

/// How long a slice takes in a worker: long enough that frames cost little, short enough that a
/// command is answered at once.
const WORKER_SLICE_MS: f64 = 24.0;
/// And on the page's own thread, which must also draw.
const PAGE_SLICE_MS: f64 = 7.0;

/// Whether this is a worker.
pub fn inside() -> bool {
    scope().is_some()
}

fn scope() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}

/// Makes this worker an engine.
pub fn start() {
    let Some(scope) = scope() else { return };
    let post = {
        let scope = scope.clone();
        move |report: Report| {
            let bytes = Uint8Array::from(encode(&report).as_slice());
            let buffer = js_sys::Array::of1(&bytes.buffer());
            // Nobody is left to tell if the page is gone.
            let _ = scope.post_message_with_transfer(&bytes, &buffer);
        }
    };
    let told = post.clone();
    std::panic::set_hook(Box::new(move |info| {
        told(Report {
            answers: 0,
            news: News::Failed(info.to_string()),
        });
    }));
    let ready = post.clone();
    let driver = Driver::new(
        Box::new(session::Session::new()),
        WORKER_SLICE_MS,
        Box::new(post),
    );
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(request) = decode_request(&event.data()) {
            driver.ask(request);
        }
    });
    scope.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    // Lives as long as the worker.
    listen.forget();
    ready(Report {
        answers: 0,
        news: News::Ready(listings()),
    });
}

/// An engine on the page's own thread.
pub fn on_page(engine: Box<dyn Engine>, post: Box<dyn Fn(Report)>) -> Rc<Driver> {
    Driver::new(engine, PAGE_SLICE_MS, post)
}

/// The scenarios that are built in.
pub fn listings() -> Vec<Listing> {
    session::scenarios()
        .into_iter()
        .map(|(id, title, about)| Listing { id, title, about })
        .collect()
}

/// A report as bytes.
pub fn encode<T: serde::Serialize>(value: &T) -> Vec<u8> {
    // Plain data in memory: there is nothing that could fail.
    postcard::to_allocvec(value).unwrap_or_default()
}

fn decode_request(data: &JsValue) -> Option<Request> {
    let bytes = data.dyn_ref::<Uint8Array>()?.to_vec();
    postcard::from_bytes(&bytes).ok()
}

/// A runner, and the event loop's promise to come back to it.
pub struct Driver {
    runner: RefCell<Runner>,
    post: Box<dyn Fn(Report)>,
    /// Each promise has a number; a new one makes older ones void.
    promise: Cell<u32>,
    /// A message to oneself comes back sooner than a timer, which browsers hold for 4 ms.
    to_self: MessagePort,
}

impl Driver {
    fn new(engine: Box<dyn Engine>, slice_ms: f64, post: Box<dyn Fn(Report)>) -> Rc<Self> {
        let channel = MessageChannel::new().expect("every browser with wasm has channels");
        let driver = Rc::new(Self {
            runner: RefCell::new(Runner::new(engine, slice_ms)),
            post,
            promise: Cell::new(0),
            to_self: channel.port1(),
        });
        let again = driver.clone();
        let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if event.data().as_f64() == Some(f64::from(again.promise.get())) {
                again.slice();
            }
        });
        channel
            .port2()
            .set_onmessage(Some(listen.as_ref().unchecked_ref()));
        listen.forget();
        driver
    }

    /// Takes a request.
    pub fn ask(self: &Rc<Self>, request: Request) {
        let report = self.runner.borrow_mut().ask(request, now_ms());
        if let Some(report) = report {
            (self.post)(report);
        }
        self.promise(Next::Now);
    }

    fn slice(self: &Rc<Self>) {
        let (report, next) = self.runner.borrow_mut().slice(&now_ms);
        if let Some(report) = report {
            (self.post)(report);
        }
        self.promise(next);
    }

    fn promise(self: &Rc<Self>, next: Next) {
        let number = self.promise.get().wrapping_add(1);
        self.promise.set(number);
        match next {
            Next::Idle => {}
            Next::Now => {
                let _ = self.to_self.post_message(&JsValue::from(number));
            }
            Next::After(ms) => {
                let driver = self.clone();
                after(ms, move || {
                    if driver.promise.get() == number {
                        driver.slice();
                    }
                });
            }
        }
    }
}

/// Milliseconds since this thread began, in a window or a worker.
pub fn now_ms() -> f64 {
    let performance = match scope() {
        Some(scope) => scope.performance(),
        None => web_sys::window().and_then(|window| window.performance()),
    };
    performance.map_or(0.0, |performance| performance.now())
}

/// Calls back in so many milliseconds, in a window or a worker.
pub fn after(ms: u32, call: impl FnOnce() + 'static) {
    let call = Closure::once_into_js(call);
    let call = call.unchecked_ref();
    let ms = i32::try_from(ms).unwrap_or(i32::MAX);
    let _ = match scope() {
        Some(scope) => scope.set_timeout_with_callback_and_timeout_and_arguments_0(call, ms),
        None => match web_sys::window() {
            Some(window) => window.set_timeout_with_callback_and_timeout_and_arguments_0(call, ms),
            None => Ok(0),
        },
    };
}
