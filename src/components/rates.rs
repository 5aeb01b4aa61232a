//! How often each border is crossed: counters with little curves, on the scale beside the stack
//! (or under it, where the page is narrow).

use std::collections::BTreeMap;

use scene::{HappeningKind, Machine, Rate};
use yew::prelude::*;

use super::icons;
use crate::layout::{Border, Rect, SCALE, SLAB, STOREY, Stack};
use crate::state::{Trend, tenths_per_million};
use crate::words;

/// Trends by machine and family.
pub type Trends = BTreeMap<(String, HappeningKind), Trend>;

const ROW: i32 = 16;

/// Which families cross which border.
const fn crossing(border: Border) -> &'static [HappeningKind] {
    match border {
        Border::User => &[
            HappeningKind::Syscall,
            HappeningKind::Trap,
            HappeningKind::Switch,
        ],
        Border::Guest => &[
            HappeningKind::Exit,
            HappeningKind::Entry,
            HappeningKind::World,
        ],
        Border::Machine => &[
            HappeningKind::Interrupt,
            HappeningKind::Device,
            HappeningKind::Sleep,
        ],
    }
}

const fn sides(border: Border) -> (&'static str, &'static str) {
    match border {
        Border::User => ("programs", "kernel"),
        Border::Guest => ("guests", "hypervisor"),
        Border::Machine => ("software", "hardware"),
    }
}

/// The scale of privilege at the right of a stack.
pub fn scale(stack: &Stack<'_>, machine: &Machine, rates: &[Rate], trends: &Trends) -> Html {
    let Some(x) = stack.scale else {
        return Html::default();
    };
    let right = x + SCALE;
    let rates: Vec<&Rate> = rates
        .iter()
        .filter(|rate| rate.machine == machine.id)
        .collect();
    // Kernels side by side have a border each, at about the same height: one sign is enough.
    let mut signs: Vec<(Border, i32)> = Vec::new();
    for (border, y) in &stack.borders {
        if signs.last().is_none_or(|(last, _)| last != border) {
            signs.push((*border, *y));
        }
    }
    html! {
        <g class="scale" aria-hidden="true">
            <line class="axis" x1={(right - 1).to_string()} x2={(right - 1).to_string()} y1={(stack.rect.y + 6).to_string()} y2={(stack.rect.bottom() - 6).to_string()} />
            <path class="axis-end" d={format!("M{} {}l5 -9h-10z", right - 1, stack.rect.bottom() - 2)} />
            if !rates.is_empty() {
                <text class="side" x={(right - 8).to_string()} y={(stack.rect.bottom() - 4).to_string()}>{ "per million instr." }</text>
            }
            { for signs.iter().map(|(border, y)| sign(*border, *y, x, right, machine, &rates, trends)) }
        </g>
    }
}

fn sign(
    border: Border,
    y: i32,
    x: i32,
    right: i32,
    machine: &Machine,
    rates: &[&Rate],
    trends: &Trends,
) -> Html {
    let (above, below) = sides(border);
    let rows: Vec<&&Rate> = crossing(border)
        .iter()
        .filter_map(|kind| {
            rates
                .iter()
                .find(|rate| rate.kind == *kind && rate.total > 0)
        })
        .collect();
    // The words sit on the line, the counters hang under it, in the height of the slab below.
    let area = Rect {
        x: x + 14,
        y: y + STOREY / 2 - 8,
        w: right - x - 24,
        h: SLAB,
    };
    html! {
        <g class="border" key={above}>
            <line class="reach" x1={(x + 4).to_string()} x2={right.to_string()} y1={y.to_string()} y2={y.to_string()} />
            <text class="side" x={(right - 8).to_string()} y={(y - 6).to_string()}>{ format!("{above} / {below}") }</text>
            { for rows.iter().enumerate().map(|(index, rate)| counter(rate, area, index as i32, machine, trends)) }
        </g>
    }
}

fn counter(rate: &Rate, area: Rect, row: i32, machine: &Machine, trends: &Trends) -> Html {
    let y = area.y + row * ROW;
    let trend = trends.get(&(machine.id.clone(), rate.kind));
    html! {
        <g class={classes!("counter", icons::kind_class(rate.kind))} key={rate.kind.name()}>
            <title>{ tip(rate) }</title>
            <svg x={area.x.to_string()} y={y.to_string()} width="12" height="12" viewBox="0 0 16 16">
                <path class="sign" d={icons::kind_path(rate.kind)} />
            </svg>
            <text class="count" x={(area.x + 54).to_string()} y={(y + 10).to_string()}>{ often(rate) }</text>
            if let Some(points) = trend.and_then(|trend| curve(trend, area.x + 61, y + 1, area.w - 63, 11)) {
                <polyline class="curve" {points} />
            }
        </g>
    }
}

/// How many in a million instructions.
fn often(rate: &Rate) -> String {
    words::tenths(tenths_per_million(rate.count, rate.window))
}

fn tip(rate: &Rate) -> String {
    format!(
        "{}: {} in the last million instructions, {} in all",
        rate.kind.name(),
        often(rate),
        words::thousands(rate.total)
    )
}

/// A trend as points in a rectangle; its own largest value is the top.
fn curve(trend: &Trend, x: i32, y: i32, w: i32, h: i32) -> Option<String> {
    let top = trend.iter().copied().max().filter(|top| *top > 0)?;
    if trend.len() < 2 {
        return None;
    }
    let last = trend.len() as u64 - 1;
    let points = trend.iter().enumerate().map(|(index, count)| {
        let across = index as u64 * w as u64 / last;
        let up = u128::from(*count) * h as u128 / u128::from(top);
        format!("{},{}", x + across as i32, y + h - up as i32)
    });
    Some(points.collect::<Vec<_>>().join(" "))
}

/// Families in the order of the borders that they cross, top down.
fn families() -> impl Iterator<Item = HappeningKind> {
    [Border::User, Border::Guest, Border::Machine]
        .into_iter()
        .flat_map(crossing)
        .copied()
}

fn find<'a>(rates: &'a [Rate], machine: &Machine, kind: HappeningKind) -> Option<&'a Rate> {
    rates
        .iter()
        .find(|rate| rate.machine == machine.id && rate.kind == kind && rate.total > 0)
}

/// The same counters as a table, where there is no room for a scale, and where machines are to be
/// compared. Machines are its rows if there is room across, else its columns.
pub fn table(machines: &[Machine], rates: &[Rate], across: bool) -> Html {
    let kinds: Vec<HappeningKind> = families()
        .filter(|kind| {
            machines
                .iter()
                .any(|machine| find(rates, machine, *kind).is_some())
        })
        .collect();
    if kinds.is_empty() {
        return Html::default();
    }
    let head = |kind: HappeningKind, scope: &'static str| {
        html! {
            <th {scope} class={icons::kind_class(kind)} key={kind.name()}>
                <span>{ icons::glyph(icons::kind_path(kind), "") }{ kind.name() }</span>
            </th>
        }
    };
    let cell = |machine: &Machine, kind| match find(rates, machine, kind) {
        Some(rate) => {
            html! { <td title={tip(rate)}>{ often(rate) }</td> }
        }
        None => html! { <td>{ "–" }</td> },
    };
    let body = if across {
        html! {
            <>
                <tr><td></td>{ for kinds.iter().map(|kind| head(*kind, "col")) }</tr>
                { for machines.iter().map(|machine| html! {
                    <tr>
                        <th scope="row">{ &machine.title }</th>
                        { for kinds.iter().map(|kind| cell(machine, *kind)) }
                    </tr>
                }) }
            </>
        }
    } else {
        html! {
            <>
                if machines.len() > 1 {
                    <tr><td></td>{ for machines.iter().map(|machine| html! { <th scope="col">{ &machine.title }</th> }) }</tr>
                }
                { for kinds.iter().map(|kind| html! {
                    <tr>{ head(*kind, "row") }{ for machines.iter().map(|machine| cell(machine, *kind)) }</tr>
                }) }
            </>
        }
    };
    html! {
        <table class={classes!("rates", across.then_some("across"))} data-testid="rates">
            <caption>{ "Events per million instructions" }</caption>
            <tbody>{ body }</tbody>
        </table>
    }
}
