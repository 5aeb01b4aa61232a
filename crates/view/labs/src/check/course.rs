//! What can only be told of several labs together.

use std::collections::BTreeMap;

use crate::diagnostic::{Complaints, Diagnostic};
use crate::lab::Lab;
use crate::rules;
use crate::source::Span;

/// Complains of labs that require themselves in the end. Each lab comes with its file's name
/// and text.
pub fn course(labs: &[(&Lab, &str, &str)]) -> Vec<Diagnostic> {
    let requires: BTreeMap<&str, &[String]> = labs
        .iter()
        .map(|(lab, ..)| (lab.id.as_str(), lab.requires.as_slice()))
        .collect();
    let mut found = Vec::new();
    for (lab, name, text) in labs {
        let Some(way) = way_back(&lab.id, &requires) else {
            continue;
        };
        let mut complaints = Complaints::about(name, text);
        let at = text.find("requires").unwrap_or(0);
        let span = Span::new(at, at + "requires".len());
        let message = format!("`{}` requires itself in the end", lab.id);
        complaints
            .add(rules::CYCLE, span, message)
            .label(way.join(" → "));
        found.extend(complaints.list);
    }
    found
}

/// The shortest way from a lab back to itself.
fn way_back(id: &str, requires: &BTreeMap<&str, &[String]>) -> Option<Vec<String>> {
    let mut ways = vec![vec![id.to_owned()]];
    let mut seen: Vec<String> = Vec::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let last = way.last().map(String::as_str).unwrap_or_default();
            for next in requires.get(last).copied().unwrap_or_default() {
                let mut way = way.clone();
                way.push(next.clone());
                if next == id {
                    return Some(way);
                }
                if !seen.contains(next) {
                    seen.push(next.clone());
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}
