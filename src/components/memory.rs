//! Physical memory, byte 0 at the left, coloured by whose it is.

use scene::{BoxKind, Machine, Path};
use yew::prelude::*;

use super::Act;
use crate::memory::{self, Map};
use crate::state::Action;
use crate::{layout, words};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub machine: Machine,
    pub several: bool,
    pub pointed: Option<Path>,
    pub act: Act,
}

const COLUMNS: u32 = 200;
const ROWS: u32 = 3;
const CELL: u32 = 5;
const HEIGHT: u32 = 18;

#[component]
pub fn Memory(props: &Props) -> Html {
    let map = memory::map(&props.machine, COLUMNS * ROWS);
    if map.cells == 0 {
        return Html::default();
    }
    let columns = map.cells.div_ceil(ROWS).max(1);
    let title = if props.several {
        format!("Memory: {}", props.machine.title)
    } else {
        "Memory".to_owned()
    };
    html! {
        <section class="memory" aria-label={title.clone()}>
            <h2>{ title }<small>{ words::size(map.bytes) }</small></h2>
            <svg
                class="ram"
                viewBox={format!("0 0 {} {}", columns * CELL, ROWS * (HEIGHT + 3) - 3)}
                preserveAspectRatio="none"
                role="img"
                aria-label="Physical memory by owner; the list below says the same"
            >
                { for memory::rows(&map, columns).into_iter().map(|run| stretch(&map, run, props)) }
            </svg>
            <ul class="owners">
                { for map.owners.iter().enumerate().map(|(index, _)| owner(&map, index, props)) }
            </ul>
        </section>
    }
}

fn stretch(map: &Map, (row, from, to, owner): (u32, u32, u32, usize), props: &Props) -> Html {
    let whose = &map.owners[owner];
    let pointed = !whose.path.is_empty() && props.pointed.as_ref() == Some(&whose.path);
    let class = classes!("stretch", class(map, owner), pointed.then_some("pointed"));
    let path = whose.path.clone();
    let enter = props
        .act
        .reform(move |_: PointerEvent| Action::Point((!path.is_empty()).then(|| path.clone())));
    html! {
        <rect
            {class}
            x={(from * CELL).to_string()}
            y={(row * (HEIGHT + 3)).to_string()}
            width={((to - from) * CELL).to_string()}
            height={HEIGHT.to_string()}
            onpointerenter={enter}
            onpointerleave={props.act.reform(|_| Action::Point(None))}
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

/// Layer for the colour; owners of the same layer alternate in shade.
fn class(map: &Map, owner: usize) -> Classes {
    let whose = &map.owners[owner];
    let Some(kind) = whose.kind else {
        return classes!(if whose.path.is_empty() {
            "free"
        } else {
            "gone"
        });
    };
    let before = map.owners[..owner]
        .iter()
        .filter(|other| other.kind == Some(kind))
        .count();
    let shade = ["shade-0", "shade-1", "shade-2"][before % 3];
    classes!(words::kind_class(kind), shade)
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
            <span>{ layout::fit(&name, 200, 13) }</span>
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
