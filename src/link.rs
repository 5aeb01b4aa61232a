//! The address bar: `?scenario=vms&moment=123456` names a scenario and a moment in it.
//!
//! A link that cannot be understood is never a blank page: what is wrong is said, the rest works.

use scene::Moment;

/// What a link asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Link {
    /// The scenario's id.
    pub scenario: Option<String>,
    /// Where in its time.
    pub moment: Option<Moment>,
}

/// Reads the query part of an address (with or without its `?`), and says what it ignored.
pub fn parse(query: &str) -> (Link, Vec<String>) {
    let mut link = Link::default();
    let mut ignored = Vec::new();
    let query = query.strip_prefix('?').unwrap_or(query);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decode(value);
        match name {
            "scenario" if is_id(&value) => link.scenario = Some(value),
            "scenario" => ignored.push(format!(
                "The link names a scenario “{value}”, which cannot be one: an id is made of small letters, digits and hyphens."
            )),
            "moment" => match digits(&value) {
                Some(moment) => link.moment = Some(moment),
                None => ignored.push(format!(
                    "The link's moment “{value}” is not a number of instructions, so it starts where the scenario does."
                )),
            },
            // The development build's own.
            "fixture" => {}
            other => ignored.push(format!(
                "The link has a part “{}” that this page does not know.",
                decode(other)
            )),
        }
    }
    (link, ignored)
}

/// The query part for a scenario and a moment.
pub fn format(scenario: &str, moment: Moment) -> String {
    format!("?scenario={scenario}&moment={moment}")
}

fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

/// A number, also with separators: people paste `1,234,567`.
fn digits(text: &str) -> Option<Moment> {
    let plain: String = text
        .chars()
        .filter(|char| !matches!(char, ',' | '_' | ' ' | '\u{202f}'))
        .collect();
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Past what the slider can hold exactly is not a moment that anybody reached.
    plain.parse().ok().filter(|moment| *moment < 1 << 53)
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(scenario: Option<&str>, moment: Option<Moment>) -> Link {
        Link {
            scenario: scenario.map(str::to_owned),
            moment,
        }
    }

    #[test]
    fn links_are_read() {
        let cases: [(&str, Link, usize); 12] = [
            ("", link(None, None), 0),
            ("?", link(None, None), 0),
            ("?scenario=vms", link(Some("vms"), None), 0),
            (
                "scenario=vms&moment=123456",
                link(Some("vms"), Some(123_456)),
                0,
            ),
            ("?moment=0", link(None, Some(0)), 0),
            (
                "?scenario=containers-in-vms&moment=1,234",
                link(Some("containers-in-vms"), Some(1234)),
                0,
            ),
            (
                "?scenario=vms&moment=1%2C234",
                link(Some("vms"), Some(1234)),
                0,
            ),
            ("?scenario=vms&moment=soon", link(Some("vms"), None), 1),
            ("?scenario=vms&moment=-1", link(Some("vms"), None), 1),
            ("?moment=99999999999999999999", link(None, None), 1),
            ("?scenario=%3Cscript%3E", link(None, None), 1),
            (
                "?scenario=vms&colour=red&fixture=vms",
                link(Some("vms"), None),
                1,
            ),
        ];
        for (query, expected, ignored) in cases {
            let (actual, messages) = parse(query);
            assert_eq!(actual, expected, "{query}");
            assert_eq!(messages.len(), ignored, "{query}: {messages:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (actual, messages) = parse(&format("side-by-side", 42_000_000));
        assert_eq!(actual, link(Some("side-by-side"), Some(42_000_000)));
        assert!(messages.is_empty());
    }

    #[test]
    fn broken_escapes_do_no_harm() {
        for query in ["?moment=%", "?moment=%4", "?scenario=%ff%fe", "?=&&=&%"] {
            let _ = parse(query);
        }
    }
}
