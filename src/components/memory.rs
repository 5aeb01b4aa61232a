//! Physical memory, coloured by whose it is: a strip in the hardware's box, and a panel with room
//! for all of it.

use scene::{BoxKind, Machine, Path};
use yew::prelude::*;

use super::Act;
use crate::layout::{self, Rect};
use crate::memory::{self, Map};
use crate::state::Action;
use crate::words;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub machine: Machine,
    pub pointed: Option<Path>,
    pub act: Act,
}

const COLUMNS: u32 = 64;
const ROWS: u32 = 16;
const CELL: u32 = 6;
const HEIGHT: u32 = 11;

/// The panel: memory as a page of cells, read like text, and who owns how much.
#[component]
pub fn Memory(props: &Props) -> Html {
    let map = memory::map(&props.machine, COLUMNS * ROWS);
    if map.cells == 0 {
        return html! { <p class="nothing">{ "No memory yet." }</p> };
    }
    let rows = map.cells.div_ceil(COLUMNS);
    html! {
        <div class="memory" data-testid="memory">
            <p class="about">{ format!("All {} of the machine's memory, by owner. The first byte is at the upper left.", words::size(map.bytes)) }</p>
            <svg
                class="ram"
                viewBox={format!("0 0 {} {}", COLUMNS * CELL, rows * HEIGHT)}
                role="img"
                aria-label="Physical memory by owner; the list below says the same"
            >
                { for memory::rows(&map, COLUMNS).into_iter().map(|(row, from, to, owner)| {
                    let area = Rect {
                        x: (from * CELL) as i32,
                        y: (row * HEIGHT) as i32,
                        w: ((to - from) * CELL) as i32,
                        h: HEIGHT as i32 - 1,
                    };
                    stretch(&map, area, owner, &props.pointed, &props.act)
                }) }
            </svg>
            <ul class="owners">
                { for map.owners.iter().enumerate().map(|(index, _)| owner(&map, index, props)) }
            </ul>
        </div>
    }
}

/// The strip in the hardware's own box.
pub fn strip(machine: &Machine, area: Rect, pointed: &Option<Path>, act: &Act) -> Html {
    let cell = 3;
    let map = memory::map(machine, (area.w / cell).max(0) as u32);
    if map.cells == 0 {
        return Html::default();
    }
    let at =
        |cell: u32| area.x + (i64::from(cell) * i64::from(area.w) / i64::from(map.cells)) as i32;
    html! {
        <g class="ram-strip" aria-hidden="true">
            <rect class="ram-ground" x={(area.x - 1).to_string()} y={(area.y - 1).to_string()} width={(area.w + 2).to_string()} height={(area.h + 2).to_string()} rx="2" />
            { for map.runs.iter().map(|run| {
                let whole = Rect { x: at(run.from), w: at(run.to) - at(run.from), ..area };
                html! {
                    <>
                        { stretch(&map, whole, run.owner, pointed, act) }
                        { initials(&map, whole, run.owner) }
                    </>
                }
            }) }
        </g>
    }
}

/// The owner's name on a stretch with room for it.
fn initials(map: &Map, area: Rect, owner: usize) -> Html {
    let whose = &map.owners[owner];
    let name = match whose.name.rsplit_once(' ') {
        Some((_, name)) => name,
        None => &whose.name,
    };
    if layout::width(name, 10) + 9 > area.w {
        return Html::default();
    }
    let class = if shade(map, owner) == Some("shade-0") {
        "ram-name"
    } else {
        "ram-name on-pale"
    };
    html! { <text {class} x={(area.x + 5).to_string()} y={(area.y + 13).to_string()}>{ name.to_owned() }</text> }
}

fn stretch(map: &Map, area: Rect, owner: usize, pointed: &Option<Path>, act: &Act) -> Html {
    let whose = &map.owners[owner];
    let pointed = !whose.path.is_empty() && pointed.as_ref() == Some(&whose.path);
    let path = whose.path.clone();
    let enter =
        act.reform(move |_: PointerEvent| Action::Point((!path.is_empty()).then(|| path.clone())));
    html! {
        <rect
            class={classes!("stretch", class(map, owner), pointed.then_some("pointed"))}
            x={area.x.to_string()}
            y={area.y.to_string()}
            width={area.w.to_string()}
            height={area.h.to_string()}
            onpointerenter={enter}
            onpointerleave={act.reform(|_| Action::Point(None))}
        >
            <title>{ tip(map, owner) }</title>
        </rect>
    }
}

fn tip(map: &Map, owner: usize) -> String {
    let whose = &map.owners[owner];
    let uses: Vec<String> = whose
        .uses
        .iter()
        .map(|(what, bytes)| format!("{what} {}", words::size(*bytes)))
        .collect();
    format!("{}: {}", whose.name, uses.join(", "))
}

/// Layer for the colour.
fn class(map: &Map, owner: usize) -> Classes {
    let whose = &map.owners[owner];
    match whose.kind {
        Some(kind) => classes!(words::kind_class(kind), shade(map, owner)),
        None if whose.path.is_empty() => classes!("free"),
        None => classes!("gone"),
    }
}

/// Owners of the same layer alternate in shade.
fn shade(map: &Map, owner: usize) -> Option<&'static str> {
    let kind = map.owners[owner].kind?;
    let earlier = map.owners[..owner]
        .iter()
        .filter(|other| other.kind == Some(kind));
    Some(["shade-0", "shade-1", "shade-2"][earlier.count() % 3])
}

fn owner(map: &Map, index: usize, props: &Props) -> Html {
    let whose = &map.owners[index];
    let free = whose.path.is_empty();
    let path = whose.path.clone();
    let entered = path.clone();
    let name = match whose.kind {
        Some(BoxKind::Hardware) => "hardware: ROM and devices".to_owned(),
        _ => whose.name.clone(),
    };
    let body = html! {
        <>
            <i class={classes!("swatch", class(map, index))}></i>
            <span>{ layout::fit(&name, 210, 13) }</span>
            <b>{ words::size(whose.bytes) }</b>
        </>
    };
    html! {
        <li key={whose.path.clone()} title={tip(map, index)}>
            if free {
                <span class="owner">{ body }</span>
            } else {
                <button
                    class="owner"
                    onclick={props.act.reform(move |_| Action::Select(Some(path.clone())))}
                    onpointerenter={props.act.reform(move |_| Action::Point(Some(entered.clone())))}
                    onpointerleave={props.act.reform(|_| Action::Point(None))}
                >
                    { body }
                </button>
            }
        </li>
    }
}
