//! What happened, newest first; a click goes there. The filter is the legend.

use std::rc::Rc;

use scene::{Happening, HappeningKind, Moment};
use yew::prelude::*;

use super::{Act, icons};
use crate::state::{Action, State};
use crate::words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub listed: Rc<Vec<Happening>>,
    pub state: FilterState,
    pub fresh: usize,
    pub now: Moment,
    pub running: bool,
    pub act: Act,
}

/// What of the page's state decides which events are listed.
#[derive(Clone, PartialEq)]
pub struct FilterState {
    pub hidden: Vec<HappeningKind>,
    pub only_selected: bool,
    pub selected: Option<(String, String)>,
}

impl FilterState {
    /// Picks it out.
    pub fn of(state: &State) -> Self {
        Self {
            hidden: state.hidden.clone(),
            only_selected: state.only_selected,
            selected: state
                .selected_box()
                .map(|node| (node.path.clone(), words::title(node))),
        }
    }

    fn shows(&self, happening: &Happening) -> bool {
        let wanted = match (&self.selected, self.only_selected) {
            (Some((path, _)), true) => {
                crate::state::at_or_below(&happening.from, path)
                    || crate::state::at_or_below(&happening.to, path)
            }
            _ => true,
        };
        wanted && !self.hidden.contains(&happening.kind)
    }
}

/// Rows at most: more is a log, not a picture.
const MOST: usize = 120;

#[component]
pub fn Events(props: &Props) -> Html {
    let all = &props.listed;
    let first_fresh = all.len() - props.fresh.min(all.len());
    let rows: Vec<Html> = all
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, happening)| props.state.shows(happening))
        .take(MOST)
        .map(|(index, happening)| row(happening, index >= first_fresh, &props.act))
        .collect();
    let hidden = all
        .iter()
        .filter(|happening| !props.state.shows(happening))
        .count();
    let empty = rows.is_empty();
    html! {
        <div class="events">
            { legend(props) }
            if props.running {
                <p class="running-note">{ "While it runs, events are counted. Pause, and they are listed." }</p>
            }
            <ol class={classes!("event-list", props.running.then_some("running"))} aria-label="Events, newest first">
                { for rows }
            </ol>
            if empty && !props.running {
                <p class="nothing">{ "Nothing yet. Go on to the next event, or run." }</p>
            }
            if hidden > 0 {
                <p class="hidden-count">{ format!("{} hidden by the filter", words::count(hidden, "event", "events")) }</p>
            }
        </div>
    }
}

fn legend(props: &Props) -> Html {
    let filter = &props.state;
    html! {
        <div class="legend" role="group" aria-label="Show events of these kinds">
            { for HappeningKind::ALL.iter().map(|kind| {
                let kind = *kind;
                let shown = !filter.hidden.contains(&kind);
                html! {
                    <button
                        key={kind.name()}
                        class={classes!("chip", icons::kind_class(kind))}
                        aria-pressed={shown.to_string()}
                        onclick={props.act.reform(move |_| Action::ToggleKind(kind))}
                    >
                        { icons::glyph(icons::kind_path(kind), "") }
                        <span>{ kind.name() }</span>
                    </button>
                }
            }) }
            if !filter.hidden.is_empty() {
                <button class="chip plain" onclick={props.act.reform(|_| Action::AllKinds)}>{ "show all" }</button>
            }
            if let Some((_, name)) = &filter.selected {
                <label class="switch">
                    <input type="checkbox" checked={filter.only_selected} onchange={
                        let only = filter.only_selected;
                        props.act.reform(move |_: Event| Action::OnlySelected(!only))
                    } />
                    <span>{ format!("only {name}") }</span>
                </label>
            }
        </div>
    }
}

fn row(happening: &Happening, fresh: bool, act: &Act) -> Html {
    let moment = happening.moment;
    html! {
        <li
            key={format!("{moment} {} {}", happening.title, happening.from)}
            class={classes!("event", icons::kind_class(happening.kind), fresh.then_some("fresh"))}
            data-testid="event-row"
            data-kind={happening.kind.name()}
            data-moment={moment.to_string()}
        >
            <button onclick={act.reform(move |_| Action::SeekTo(moment))} title="Go to just before this">
                { icons::kind(happening.kind) }
                <span class="spoken">{ format!("{}: ", happening.kind.name()) }</span>
                <span class="event-title">{ &happening.title }</span>
                <span class="event-moment">{ words::thousands(moment) }</span>
                <span class="event-sentence">{ super::sentence(&happening.sentence) }</span>
            </button>
        </li>
    }
}
