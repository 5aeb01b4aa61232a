//! The chosen box: what it is, how it is doing, everything that was read out of it.

use scene::StackBox;
use yew::prelude::*;

use super::Act;
use crate::state::Action;
use crate::{describe, words};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub node: Option<StackBox>,
    pub act: Act,
}

#[component]
pub fn Details(props: &Props) -> Html {
    let Some(node) = &props.node else {
        return html! { <p class="nothing">{ "Choose a box in the picture to see what is in it." }</p> };
    };
    let act = &props.act;
    html! {
        <div class={classes!("details", words::kind_class(node.kind))} data-testid="details" data-path={node.path.clone()}>
            <header>
                <p class="kind">{ words::kind(node.kind) }</p>
                <h2>{ &node.name }</h2>
                <p class="state">{ standing(node) }</p>
            </header>
            <p class="about">{ words::kind_about(node.kind) }</p>
            { meters(node) }
            if let Some(since) = node.since {
                <p class="since">{ "since moment " }<b>{ words::thousands(since) }</b></p>
            }
            if !node.facts.is_empty() {
                <dl class="facts">
                    { for node.facts.iter().map(|(label, value)| html! {
                        <div key={label.clone()}><dt>{ label }</dt><dd>{ value }</dd></div>
                    }) }
                </dl>
            }
            if !node.counts.is_empty() {
                <table class="counts">
                    <caption>{ "Counted so far" }</caption>
                    <tbody>
                        { for node.counts.iter().map(|(name, count)| html! {
                            <tr key={name.clone()}><th scope="row">{ name }</th><td>{ words::thousands(*count) }</td></tr>
                        }) }
                    </tbody>
                </table>
            }
            { inside(node, act) }
            <p class="buttons">
                if let Some(console) = node.console.clone() {
                    <button class="plain" onclick={act.reform(move |_| Action::Console(console.clone()))}>{ "Go to its console" }</button>
                }
                <button class="plain" onclick={act.reform(|_| Action::OnlySelected(true))}>{ "List only its events" }</button>
            </p>
        </div>
    }
}

fn standing(node: &StackBox) -> String {
    match describe::state(node) {
        empty if empty.is_empty() => words::state(node.state).to_owned(),
        text => text,
    }
}

fn meters(node: &StackBox) -> Html {
    html! {
        <div class="meters">
            if let Some(bytes) = node.memory_bytes {
                { meter("Memory", words::used(bytes, node.memory_limit), node.memory_limit.map(|limit| words::fill(bytes, limit)), None) }
            }
            if let Some(share) = node.cpu_share {
                { meter("CPU, lately", words::share(share), Some(share.min(1000)), node.cpu_limit) }
            }
            if let Some(ticks) = node.cpu_ticks {
                { meter("CPU, in all", format!("{} instructions", words::short(ticks)), None, None) }
            }
            if let Some(limit) = node.cpu_limit {
                { meter("CPU, at most", words::share(limit), None, None) }
            }
        </div>
    }
}

fn meter(label: &str, text: String, fill: Option<u32>, limit: Option<u32>) -> Html {
    html! {
        <div class="meter">
            <span>{ label }</span><b>{ text }</b>
            if let Some(fill) = fill {
                <i class="track">
                    <i class="fill" style={format!("width:{}.{}%", fill / 10, fill % 10)}></i>
                    if let Some(limit) = limit.filter(|limit| *limit < 1000) {
                        <i class="notch" style={format!("left:{}.{}%", limit / 10, limit % 10)}></i>
                    }
                </i>
            }
        </div>
    }
}

fn inside(node: &StackBox, act: &Act) -> Html {
    if node.inside.is_empty() {
        return Html::default();
    }
    html! {
        <div class="inside">
            <h3>{ words::count(node.inside.len(), "box stands on it", "boxes stand on it") }</h3>
            <ul>
                { for node.inside.iter().map(|inner| {
                    let path = inner.path.clone();
                    html! {
                        <li key={inner.path.clone()}>
                            <button class={classes!("inner", words::kind_class(inner.kind))} onclick={act.reform(move |_| Action::Select(Some(path.clone())))}>
                                <i class="swatch"></i>{ words::title(inner) }
                            </button>
                        </li>
                    }
                }) }
            </ul>
        </div>
    }
}
