//! How often each border is crossed: counters with little curves, on the scale beside the stack
//! (or under it, where the page is narrow).

use std::collections::BTreeMap;

use scene::{HappeningKind, Machine, Rate};
use yew::prelude::*;

use super::icons;
use crate::layout::{Border, Rect, SCALE, SLAB, STOREY, Stack};
use crate::state::{Trend, per_million};
use crate::words;

/// Trends by machine and family.
pub type Trends = BTreeMap<(String, HappeningKind), Trend>;

const ROW: i32 = 17;

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
            <path class="axis-end" d={format!("M{} {}l5 -8h-10z", right - 1, stack.rect.bottom() - 2).replace("-8", "-9")} />
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
        y: y + STOREY / 2 - 6,
        w: right - x - 22,
        h: SLAB,
    };
    html! {
        <g class="border" key={above}>
            <line class="reach" x1={(x + 4).to_string()} x2={right.to_string()} y1={y.to_string()} y2={y.to_string()} />
            <text class="side" x={(right - 8).to_string()} y={(y - 6).to_string()}>{ format!("{above} ↑ ↓ {below}").replace("↑ ↓", "/") }</text>
            { for rows.iter().enumerate().map(|(index, rate)| counter(rate, area, index as i32, machine, trends)) }
        </g>
    }
}

fn counter(rate: &Rate, area: Rect, row: i32, machine: &Machine, trends: &Trends) -> Html {
    let y = area.y + row * ROW;
    let now = per_million(rate.count, rate.window);
    let trend = trends.get(&(machine.id.clone(), rate.kind));
    html! {
        <g class={classes!("counter", icons::kind_class(rate.kind))} key={rate.kind.name()}>
            <title>{ tip(rate) }</title>
            <svg x={area.x.to_string()} y={y.to_string()} width="12" height="12" viewBox="0 0 16 16">
                <path class="sign" d={icons::kind_path(rate.kind)} />
            </svg>
            <text class="count" x={(area.x + 60).to_string()} y={(y + 10).to_string()}>{ words::short(now) }</text>
            if let Some(points) = trend.and_then(|trend| curve(trend, area.x + 68, y + 1, area.w - 70, 11)) {
                <polyline class="curve" {points} />
            }
        </g>
    }
}

fn tip(rate: &Rate) -> String {
    format!(
        "{}: {} in the last million instructions, {} in all",
        rate.kind.name(),
        words::thousands(per_million(rate.count, rate.window)),
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

/// The same counters as a row of words, where there is no room for a scale.
pub fn row(machine: &Machine, rates: &[Rate]) -> Html {
    let rates: Vec<&Rate> = rates
        .iter()
        .filter(|rate| {
            rate.machine == machine.id && rate.total > 0 && rate.kind != HappeningKind::Return
        })
        .collect();
    if rates.is_empty() {
        return Html::default();
    }
    html! {
        <ul class="rates" aria-label="Events per million instructions">
            { for rates.iter().map(|rate| html! {
                <li class={icons::kind_class(rate.kind)} key={rate.kind.name()} title={tip(rate)}>
                    { icons::glyph(icons::kind_path(rate.kind), "") }
                    <span>{ rate.kind.name() }</span>
                    <b>{ words::short(per_million(rate.count, rate.window)) }</b>
                </li>
            }) }
        </ul>
    }
}
