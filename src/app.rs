//! The page as a whole: it holds the [`State`], lets [`reduce`](crate::reduce) change it, and carries out what
//! follows.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, Window};
use yew::prelude::*;

use crate::components::caption::Caption;
use crate::components::consoles::Consoles;
use crate::components::header::Header;
use crate::components::outline::Outline;
use crate::components::side::Panels;
use crate::components::stage::Stage;
use crate::components::transport::Transport;
use crate::components::{Act, dialogs, notices};
use crate::engine::Engine;
use crate::keys::{self, Focus};
use crate::link;
use crate::reduce::reduce;
use crate::state::{self, Action, Effect, State, Theme, open_console};
use crate::worker;

/// From this width on, in a reader's normal size of type, events have a column of their own. The
/// stylesheet has the same number.
const WIDE_EM: f64 = 130.0;

/// Draws the page in place of its shell.
pub fn start() {
    std::panic::set_hook(Box::new(|info| fatal(&info.to_string())));
    let root = document().and_then(|document| document.get_element_by_id("app"));
    if let Some(root) = root {
        yew::Renderer::<App>::with_root(root).render();
    }
}

/// The last word of a page that broke: without it, it would only stop answering.
fn fatal(why: &str) {
    let Some(document) = document() else { return };
    let (Ok(note), Some(body)) = (document.create_element("p"), document.body()) else {
        return;
    };
    note.set_class_name("fatal");
    let _ = note.set_attribute("role", "alert");
    note.set_text_content(Some(&format!(
        "The page broke, and must be loaded again. {why}"
    )));
    let _ = body.append_child(&note);
}

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

/// Gives the keyboard to an element.
pub fn focus(id: &str) {
    let element = document().and_then(|document| document.get_element_by_id(id));
    if let Some(element) = element {
        // SVG elements can be focused too, but are no `HtmlElement`.
        let _ = element.unchecked_ref::<HtmlElement>().focus();
    }
}

/// What can reach the page.
pub enum Message {
    /// Something for the reducer.
    Act(Action),
    /// The window has another width, in a reader's normal size of type.
    Resized(f64),
}

/// The page.
pub struct App {
    state: Rc<State>,
    engine: Rc<Engine>,
    width_em: f64,
    /// What must wait until the picture that it is about is on the screen.
    after_render: Vec<Effect>,
}

impl Component for App {
    type Message = Message;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let window = web_sys::window();
        let query = window
            .as_ref()
            .and_then(|window| window.location().search().ok())
            .unwrap_or_default();
        let (link, warnings) = link::parse(&query);
        let theme = Theme::from_name(&remembered("theme").unwrap_or_default());
        let large = remembered("large").as_deref() == Some("true");
        show_look(theme, large);
        let hear = ctx
            .link()
            .callback(|report| Message::Act(Action::Heard(report, worker::now_ms())));
        if let Some(window) = &window {
            listen(window, ctx);
        }
        Self {
            state: Rc::new(State::new(link, warnings, theme, large)),
            engine: Engine::start(hear),
            width_em: window.as_ref().map_or(80.0, width_em),
            after_render: Vec::new(),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Resized(width) => {
                let changed = (width >= WIDE_EM) != (self.width_em >= WIDE_EM);
                self.width_em = width;
                changed
            }
            Message::Act(action) => {
                let effects = reduce(Rc::make_mut(&mut self.state), action);
                for effect in effects {
                    self.carry_out(effect, ctx);
                }
                true
            }
        }
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        for effect in std::mem::take(&mut self.after_render) {
            match effect {
                Effect::Focus(id) => focus(id),
                Effect::Ask(request) => self.engine.ask(request),
                _ => {}
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let state = &self.state;
        let act: Act = ctx.link().callback(Message::Act);
        let frame = &state.frame;
        let fresh = state.fresh().to_vec();
        let title = if frame.title.is_empty() {
            "Ringside"
        } else {
            &frame.title
        };
        let wide = self.width_em >= WIDE_EM;
        html! {
            <div class={classes!("page", wide.then_some("wide"))} data-phase={phase(state)} data-scenario={frame.scenario.clone()}>
                <a class="skip" href="#picture">{ "Skip to the picture" }</a>
                <Header listings={state.listings.clone()} open={open_id(state)} theme={state.theme} large={state.large} act={act.clone()} />
                <main>
                    <div class="floor">
                    <section class="stage" id="picture" tabindex="-1" aria-label="The picture">
                        <div class="intro">
                            <h1>{ title }</h1>
                            <Outline frame={frame.clone()} running={state.moving()} act={act.clone()} />
                        </div>
                        <Caption frame={frame.clone()} fresh={fresh.clone()} running={state.running} going={state.going} phase={state.phase.clone()} />
                        <Stage
                            frame={frame.clone()}
                            {fresh}
                            running={state.moving()}
                            selected={state.selected.clone()}
                            pointed={state.pointed.clone()}
                            trends={state.trends.clone()}
                            large={state.large}
                            act={act.clone()}
                        />
                    </section>
                    <Consoles
                        consoles={frame.consoles.clone()}
                        open={open_console(state)}
                        type_paused={state.type_paused}
                        running={state.running}
                        act={act.clone()}
                    />
                    </div>
                    <Panels state={state.clone()} {wide} act={act.clone()} />
                </main>
                <Transport state={state.clone()} act={act.clone()} />
                { notices::draw(&state.notices, &act) }
                <p class="spoken" role="status" aria-live="polite" data-testid="spoken">{ &state.spoken }</p>
                { dialogs::help(state, &act) }
                { dialogs::share(state, address(state), &act) }
            </div>
        }
    }
}

impl App {
    fn carry_out(&mut self, effect: Effect, ctx: &Context<Self>) {
        match effect {
            Effect::Ask(request) => match request.ask {
                crate::protocol::Ask::Shown => self.after_render.push(Effect::Ask(request)),
                _ => self.engine.ask(request),
            },
            Effect::Focus(_) => self.after_render.push(effect),
            Effect::Title(title) => {
                if let Some(document) = document() {
                    document.set_title(&format!("{title} · Ringside"));
                }
            }
            Effect::Address(query) => set_address(&query),
            Effect::Look(theme, large) => {
                show_look(theme, large);
                remember("theme", theme.name());
                remember("large", &large.to_string());
            }
            Effect::Copy => copy(
                &address(&self.state),
                ctx.link().callback(|ok| Message::Act(Action::Copied(ok))),
            ),
        }
    }
}

fn phase(state: &State) -> &'static str {
    match &state.phase {
        state::Phase::Loading => "loading",
        state::Phase::Ready => "ready",
        state::Phase::Failed(_) => "failed",
    }
}

/// The scenario whose tab is lit.
fn open_id(state: &State) -> String {
    state.frame.scenario.clone()
}

/// The whole address of this moment.
fn address(state: &State) -> String {
    let query = link::format(&state.frame.scenario, state.frame.time.now);
    web_sys::window()
        .and_then(|window| window.location().href().ok())
        .and_then(|href| web_sys::Url::new_with_base(&query, &href).ok())
        .map_or(query, |url| url.href())
}

/// Sandboxed frames may refuse; the page does not depend on it.
fn set_address(query: &str) {
    let history = web_sys::window().and_then(|window| window.history().ok());
    if let Some(history) = history {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(query));
    }
}

fn copy(text: &str, done: Callback<bool>) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let clipboard = js_sys::Reflect::get(&window.navigator(), &"clipboard".into());
    if !clipboard.is_ok_and(|clipboard| clipboard.is_object()) {
        done.emit(false);
        return;
    }
    let promise = window.navigator().clipboard().write_text(text);
    let refused = done.clone();
    let yes = Closure::once(move |_: JsValue| done.emit(true));
    let no = Closure::once(move |_: JsValue| refused.emit(false));
    let _ = promise.then2(&yes, &no);
    // One of the two is called, once; both are then garbage of a few bytes.
    yes.forget();
    no.forget();
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn remembered(name: &str) -> Option<String> {
    storage()?
        .get_item(&format!("ringside-{name}"))
        .ok()
        .flatten()
}

fn remember(name: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(&format!("ringside-{name}"), value);
    }
}

fn show_look(theme: Theme, large: bool) {
    let root = document().and_then(|document| document.document_element());
    if let Some(root) = root {
        let _ = root.set_attribute("data-theme", theme.name());
        let _ = root.set_attribute("data-large", &large.to_string());
    }
}

fn width_em(window: &Window) -> f64 {
    let width = window.inner_width().ok().and_then(|width| width.as_f64());
    width.unwrap_or(1280.0) / 16.0
}

/// The window's own events. They are never taken off: the page is the window.
fn listen(window: &Window, ctx: &Context<App>) {
    let link = ctx.link().clone();
    let resized = {
        let window = window.clone();
        Closure::<dyn FnMut()>::new(move || link.send_message(Message::Resized(width_em(&window))))
    };
    let _ = window.add_event_listener_with_callback("resize", resized.as_ref().unchecked_ref());
    resized.forget();
    let link = ctx.link().clone();
    let key = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        let modified = event.ctrl_key() || event.alt_key() || event.meta_key();
        let focus = where_is(&event);
        if event.default_prevented() {
            return;
        }
        if let Some(action) = keys::action(&event.key(), event.shift_key(), modified, focus) {
            if action != Action::Close {
                event.prevent_default();
            }
            link.send_message(Message::Act(action));
        }
    });
    let _ = window.add_event_listener_with_callback("keydown", key.as_ref().unchecked_ref());
    key.forget();
}

/// Where the keyboard's focus is.
fn where_is(event: &KeyboardEvent) -> Focus {
    let Some(target) = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
    else {
        return Focus::Page;
    };
    let within = |selector| target.closest(selector).ok().flatten().is_some();
    if within("textarea, input:not([type=range]):not([type=checkbox])") {
        Focus::Text
    } else if within("dialog, button, select, input, a, [role=tab], pre, ol[tabindex]") {
        Focus::Control
    } else if within("[role=option]") {
        Focus::Picture
    } else {
        Focus::Page
    }
}
