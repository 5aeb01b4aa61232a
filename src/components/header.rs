//! The top of the page: the name, the scenarios as tabs with a little picture of each, the tools.

use scene::BoxKind;
use yew::prelude::*;

use super::{Act, icons};
use crate::protocol::Listing;
use crate::state::{Action, Theme};
use crate::words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub listings: Vec<Listing>,
    pub open: String,
    pub theme: Theme,
    pub large: bool,
    pub act: Act,
}

#[component]
pub fn Header(props: &Props) -> Html {
    let act = &props.act;
    let on = |action: Action| act.reform(move |_: MouseEvent| action.clone());
    let (sign, look) = match props.theme {
        Theme::System => (icons::HALF, "Light or dark: as your system"),
        Theme::Light => (icons::SUN, "Light or dark: light"),
        Theme::Dark => (icons::MOON, "Light or dark: dark"),
    };
    html! {
        <header class="top">
            <div class="brand">
                { mark() }
                <span class="brand-name">{ "Ringside" }</span>
            </div>
            <nav class="scenarios" aria-label="Scenarios">
                { for props.listings.iter().map(|listing| scenario(listing, &props.open, act)) }
            </nav>
            <div class="tools">
                <button class="tool" onclick={on(Action::Share)} title="Copy a link to this moment" aria-label="Copy a link to this moment" data-testid="share">
                    { icons::glyph(icons::SHARE, "") }
                </button>
                <button class="tool" onclick={on(Action::Larger)} title="Larger type, for a projector" aria-label="Larger type" aria-pressed={props.large.to_string()} data-testid="larger">
                    { icons::glyph(icons::LARGER, "") }
                </button>
                <button class="tool" onclick={on(Action::NextTheme)} title={look} aria-label={look} data-testid="theme" data-theme={props.theme.name()}>
                    { icons::glyph(sign, "") }
                </button>
                <button class="tool" id="help-open" onclick={on(Action::Help(true))} title="Help and keys (?)" aria-label="Help and keys" data-testid="help">
                    { icons::glyph(icons::HELP, "") }
                </button>
            </div>
        </header>
    }
}

/// Rings seen from above, and a seat at the edge.
fn mark() -> Html {
    html! {
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <circle cx="16" cy="16" r="14" class="m3" />
            <circle cx="16" cy="16" r="9.5" class="m2" />
            <circle cx="16" cy="16" r="5" class="m1" />
            <circle cx="25.9" cy="6.1" r="4" class="seat" />
        </svg>
    }
}

fn scenario(listing: &Listing, open: &str, act: &Act) -> Html {
    let current = listing.id == open;
    let id = listing.id.clone();
    html! {
        <button
            key={listing.id.clone()}
            class={classes!("scenario", current.then_some("current"))}
            aria-current={current.then_some("page")}
            title={listing.about.clone()}
            data-testid={format!("scenario-{}", listing.id)}
            onclick={act.reform(move |_| Action::Open(id.clone()))}
        >
            { pictogram(&listing.id) }
            <span>{ &listing.title }</span>
        </button>
    }
}

/// A scenario in little: layers as bars. Unknown ones get a bare machine.
fn pictogram(id: &str) -> Html {
    use BoxKind::{Container, Hardware, Hypervisor, Kernel};
    let stack: &[(BoxKind, &[(i32, i32)])] = &[(Hardware, &[(0, 24)]), (Kernel, &[(0, 24)])];
    let containers: &[(BoxKind, &[(i32, i32)])] = &[
        (Hardware, &[(0, 24)]),
        (Kernel, &[(0, 24)]),
        (Container, &[(0, 7), (8, 7), (17, 7)]),
    ];
    let vms: &[(BoxKind, &[(i32, i32)])] = &[
        (Hardware, &[(0, 24)]),
        (Hypervisor, &[(0, 24)]),
        (Kernel, &[(0, 11), (13, 11)]),
    ];
    let both: &[(BoxKind, &[(i32, i32)])] = &[
        (Hardware, &[(0, 24)]),
        (Hypervisor, &[(0, 24)]),
        (Kernel, &[(0, 11), (13, 11)]),
        (Container, &[(0, 5), (6, 5), (13, 5), (19, 5)]),
    ];
    let beside: &[(BoxKind, &[(i32, i32)])] = &[
        (Hardware, &[(0, 10), (14, 10)]),
        (Kernel, &[(0, 10)]),
        (Hypervisor, &[(14, 10)]),
        (Container, &[(0, 4), (6, 4)]),
    ];
    let layers = match id {
        "containers" => containers,
        "vms" => vms,
        "side-by-side" => beside,
        id if id.contains("vm") => both,
        _ => stack,
    };
    let mut height = [0; 24];
    let bars = layers
        .iter()
        .flat_map(|(kind, bars)| bars.iter().map(|bar| (*kind, *bar)).collect::<Vec<_>>());
    html! {
        <svg class="pictogram" viewBox="0 0 24 19" aria-hidden="true" focusable="false">
            { for bars.map(|(kind, (x, w))| {
                let columns = &mut height[x as usize..(x + w) as usize];
                let level = columns.iter().copied().max().unwrap_or(0);
                columns.fill(level + 1);
                html! { <rect class={classes!("fill", words::kind_class(kind))} x={x.to_string()} y={(15 - level * 5).to_string()} width={w.to_string()} height="4" rx="1" /> }
            }) }
        </svg>
    }
}
