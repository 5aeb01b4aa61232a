//! The page's end of the line to the machines.
//!
//! Three ways to have an engine, tried in this order, because hosts differ: a worker by its
//! address; a worker from a blob (a sandboxed frame may not load workers by address, but may
//! import our script if the host allows it); the page's own thread in small slices.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, MessageEvent, Url, Worker, WorkerOptions, WorkerType};
use yew::Callback;

use crate::protocol::{News, Report, Request};
use crate::worker::{self, Driver};

/// How long a worker may take to say that it is there.
const PATIENCE_MS: u32 = 15_000;

/// Where the engine runs, or is being brought up.
enum Place {
    Nowhere,
    Worker(Worker),
    Page(Rc<Driver>),
}

/// The ways to start a worker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Address,
    Blob,
    Page,
}

/// The line.
pub struct Engine {
    place: RefCell<Place>,
    /// Raised with each attempt, so that a late word from an abandoned worker is not heard.
    attempt: Cell<u32>,
    ready: Cell<bool>,
    hear: Callback<Report>,
}

impl Engine {
    /// Brings an engine up; the first report is [`News::Ready`].
    pub fn start(hear: Callback<Report>) -> Rc<Self> {
        let engine = Rc::new(Self {
            place: RefCell::new(Place::Nowhere),
            attempt: Cell::new(0),
            ready: Cell::new(false),
            hear,
        });
        #[cfg(feature = "fixture")]
        if crate::fixture::wanted() {
            engine.on_page(
                Box::new(crate::fixture::Fixture::new()),
                crate::fixture::listings(),
            );
            return engine;
        }
        engine.clone().attempt(Way::Address);
        engine
    }

    /// Sends a request.
    pub fn ask(&self, request: Request) {
        match &*self.place.borrow() {
            Place::Worker(worker) => {
                let bytes = Uint8Array::from(worker::encode(&request).as_slice());
                let _ = worker.post_message(&bytes);
            }
            Place::Page(driver) => {
                // Answers must not come before the question has been put down.
                let driver = driver.clone();
                worker::after(0, move || driver.ask(request));
            }
            Place::Nowhere => {}
        }
    }

    fn attempt(self: Rc<Self>, way: Way) {
        let attempt = self.attempt.get() + 1;
        self.attempt.set(attempt);
        let next = match way {
            Way::Address => Way::Blob,
            Way::Blob | Way::Page => Way::Page,
        };
        let made = match way {
            Way::Address => by_address(),
            Way::Blob => by_blob(),
            Way::Page => {
                self.on_page(Box::new(session::Session::new()), worker::listings());
                return;
            }
        };
        let Ok(worker) = made else {
            self.attempt(next);
            return;
        };
        self.listen(&worker, attempt, next);
        // The worker gets the compiled module rather than compiling it again.
        if worker.post_message(&wasm_bindgen::module()).is_err() {
            worker.terminate();
            self.attempt(next);
            return;
        }
        *self.place.borrow_mut() = Place::Worker(worker.clone());
        let engine = self.clone();
        worker::after(PATIENCE_MS, move || {
            if engine.attempt.get() == attempt && !engine.ready.get() {
                worker.terminate();
                engine.attempt(next);
            }
        });
    }

    fn listen(self: &Rc<Self>, worker: &Worker, attempt: u32, next: Way) {
        let engine = self.clone();
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if engine.attempt.get() != attempt {
                return;
            }
            let Some(bytes) = event.data().dyn_ref::<Uint8Array>().map(Uint8Array::to_vec) else {
                return;
            };
            if let Ok(report) = postcard::from_bytes::<Report>(&bytes) {
                engine.ready.set(true);
                engine.hear.emit(report);
            }
        });
        worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
        message.forget();

        let engine = self.clone();
        let failed = worker.clone();
        let error = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
            if engine.attempt.get() != attempt {
                return;
            }
            if engine.ready.get() {
                let why = Reflect::get(&event, &"message".into())
                    .ok()
                    .and_then(|why| why.as_string())
                    .unwrap_or_else(|| "the worker stopped".to_owned());
                engine.hear.emit(Report {
                    answers: 0,
                    news: News::Failed(why),
                });
            } else {
                failed.terminate();
                engine.clone().attempt(next);
            }
        });
        worker.set_onerror(Some(error.as_ref().unchecked_ref()));
        error.forget();
    }

    fn on_page(
        &self,
        engine: Box<dyn crate::runner::Engine>,
        listings: Vec<crate::protocol::Listing>,
    ) {
        let hear = self.hear.clone();
        let post = Box::new(move |report| hear.emit(report));
        *self.place.borrow_mut() = Place::Page(worker::on_page(engine, post));
        self.ready.set(true);
        let hear = self.hear.clone();
        worker::after(0, move || {
            hear.emit(Report {
                answers: 0,
                news: News::Ready(listings),
            });
        });
    }
}

fn module_worker() -> WorkerOptions {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    options.set_name("ringside machines");
    options
}

fn by_address() -> Result<Worker, JsValue> {
    Worker::new_with_options(&beside_page("worker.js")?, &module_worker())
}

fn by_blob() -> Result<Worker, JsValue> {
    let script = format!(
        "import init from {:?};\nonmessage = (event) => init({{ module_or_path: event.data }});\n",
        beside_page("ringside.js")?
    );
    let kind = BlobPropertyBag::new();
    kind.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&script.into()), &kind)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    Worker::new_with_options(&address, &module_worker())
}

/// The absolute address of a file that lies beside the page.
fn beside_page(file: &str) -> Result<String, JsValue> {
    let base = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.base_uri().ok().flatten())
        .ok_or(JsValue::NULL)?;
    Ok(Url::new_with_base(file, &base)?.href())
}
