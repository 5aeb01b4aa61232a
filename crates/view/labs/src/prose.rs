//! Prose as a small tree that can be drawn without trusting it.
//!
//! Markdown may hold HTML, and a lab may come from anywhere. So the page never sees Markdown:
//! it gets this tree, of which every node is one element that the page makes itself, with text
//! in it that is only ever text. What does not fit into the tree is a diagnostic.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};

use crate::diagnostic::Complaints;
use crate::rules;
use crate::source::Span;

/// A piece of prose that stands by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Block {
    Paragraph(Vec<Inline>),
    /// A heading below a step's own.
    Heading(Vec<Inline>),
    /// A list: the number of its first item if it is numbered.
    List {
        start: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    Quote(Vec<Block>),
    Code {
        language: String,
        text: String,
    },
    Table {
        head: Vec<Vec<Inline>>,
        rows: Vec<Vec<Vec<Inline>>>,
    },
    Rule,
}

/// A piece of a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Inline {
    Text(String),
    Code(String),
    Emphasis(Vec<Inline>),
    Strong(Vec<Inline>),
    Link {
        /// `https://…`, `#step`, `../other-lab/lab.md`.
        to: String,
        inside: Vec<Inline>,
    },
    Break,
}

/// A Markdown event and where it stands.
pub type Placed<'a> = (Event<'a>, Range<usize>);

/// How deep lists, quotations and emphasis may nest.
const DEEPEST: usize = 8;

/// The events of a text.
pub fn events(text: &str) -> Vec<Placed<'_>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES;
    Parser::new_ext(text, options).into_offset_iter().collect()
}

/// Reads one line of Markdown, as it stands in a TOML value: `place` says where in the file a
/// stretch of it is.
pub fn line(
    text: &str,
    place: &dyn Fn(Range<usize>) -> Span,
    complaints: &mut Complaints<'_>,
) -> Vec<Inline> {
    let events = events(text);
    let mut reader = Reader::new(&events, place, complaints);
    let mut out: Vec<Inline> = Vec::new();
    while let Some(block) = reader.block() {
        if !out.is_empty() {
            out.push(Inline::Break);
        }
        match block {
            Block::Paragraph(inlines) | Block::Heading(inlines) => out.extend(inlines),
            _ => {
                let what = "only a paragraph fits here";
                reader.complain(rules::MARKDOWN, 0..text.len(), what);
            }
        }
    }
    out
}

/// The text of inlines, marks left out.
pub fn plain(inlines: &[Inline]) -> String {
    let mut out = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Code(text) => out += text,
            Inline::Emphasis(inside) | Inline::Strong(inside) | Inline::Link { inside, .. } => {
                out += &plain(inside);
            }
            Inline::Break => out.push(' '),
        }
    }
    out
}

/// The text of a block, marks left out.
pub fn plain_block(block: &Block) -> String {
    let blocks = |blocks: &[Block]| {
        let texts: Vec<_> = blocks.iter().map(plain_block).collect();
        texts.join("\n")
    };
    match block {
        Block::Paragraph(inlines) | Block::Heading(inlines) => plain(inlines),
        Block::List { items, .. } => {
            let texts: Vec<_> = items.iter().map(|item| blocks(item)).collect();
            texts.join("\n")
        }
        Block::Quote(inside) => blocks(inside),
        Block::Code { text, .. } => text.clone(),
        Block::Table { head, rows } => {
            let lines = std::iter::once(head).chain(rows);
            let texts: Vec<_> = lines
                .map(|cells| cells.iter().map(|cell| plain(cell)).collect::<Vec<_>>())
                .map(|cells| cells.join(" "))
                .collect();
            texts.join("\n")
        }
        Block::Rule => String::new(),
    }
}

/// The same inlines with every text and code changed by `change`.
pub fn map(inlines: &[Inline], change: &dyn Fn(&str) -> String) -> Vec<Inline> {
    let inside = |inlines: &[Inline]| map(inlines, change);
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::Text(text) => Inline::Text(change(text)),
            Inline::Code(text) => Inline::Code(change(text)),
            Inline::Emphasis(it) => Inline::Emphasis(inside(it)),
            Inline::Strong(it) => Inline::Strong(inside(it)),
            Inline::Link { to, inside: it } => Inline::Link {
                to: to.clone(),
                inside: inside(it),
            },
            Inline::Break => Inline::Break,
        })
        .collect()
}

/// Whether a link leads to a page: a scheme that only ever loads one, or none at all.
pub fn is_safe_link(to: &str) -> bool {
    // Browsers skip spaces and control characters in front of a scheme and inside it.
    if to.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return false;
    }
    match to.split_once(':') {
        None => !to.starts_with("//") && !to.starts_with('\\'),
        Some((scheme, _)) => {
            let relative = scheme.contains(['/', '#', '?']);
            let scheme = scheme.to_ascii_lowercase();
            relative || scheme == "https" || scheme == "http"
        }
    }
}

/// What comes next.
pub enum Next {
    /// A block.
    Block(Block),
    /// Something that does not fit into the tree, and has been complained of.
    Skipped,
    /// The end of what holds the blocks.
    End,
}

/// Reads events into the tree.
pub struct Reader<'a, 'c, 't> {
    events: &'a [Placed<'a>],
    /// The next event.
    pub at: usize,
    place: &'a dyn Fn(Range<usize>) -> Span,
    complaints: &'c mut Complaints<'t>,
    depth: usize,
}

impl<'a, 'c, 't> Reader<'a, 'c, 't> {
    /// At the first event.
    pub fn new(
        events: &'a [Placed<'a>],
        place: &'a dyn Fn(Range<usize>) -> Span,
        complaints: &'c mut Complaints<'t>,
    ) -> Self {
        Self {
            events,
            at: 0,
            place,
            complaints,
            depth: 0,
        }
    }

    fn complain(&mut self, rule: rules::Rule, at: Range<usize>, message: &str) {
        let span = (self.place)(at);
        self.complaints.add(rule, span, message);
    }

    /// The next block; `None` at the end of what holds it. What does not fit is complained of
    /// and left out.
    pub fn block(&mut self) -> Option<Block> {
        loop {
            match self.advance() {
                Next::Block(block) => return Some(block),
                Next::Skipped => {}
                Next::End => return None,
            }
        }
    }

    /// The next block, or what is there instead of one.
    pub fn advance(&mut self) -> Next {
        let Some((event, range)) = self.events.get(self.at) else {
            return Next::End;
        };
        let range = range.clone();
        match event {
            Event::End(_) => return Next::End,
            // The items of a tight list hold their text without a paragraph.
            Event::Text(_)
            | Event::Code(_)
            | Event::Start(Tag::Emphasis | Tag::Strong | Tag::Link { .. } | Tag::Image { .. })
            | Event::InlineHtml(_)
            | Event::SoftBreak
            | Event::HardBreak => return Next::Block(Block::Paragraph(self.inlines())),
            _ => self.at += 1,
        }
        match event {
            Event::Rule => Next::Block(Block::Rule),
            Event::Start(tag) => match self.started(tag, range) {
                Some(block) => Next::Block(block),
                None => Next::Skipped,
            },
            Event::Html(_) => {
                self.html(range);
                Next::Skipped
            }
            _ => {
                self.complain(rules::MARKDOWN, range, "the page cannot draw this");
                Next::Skipped
            }
        }
    }

    fn html(&mut self, range: Range<usize>) {
        self.complain(rules::HTML, range, "prose holds no HTML");
    }

    /// A block that has just begun.
    fn started(&mut self, tag: &Tag<'_>, range: Range<usize>) -> Option<Block> {
        if self.depth >= DEEPEST {
            self.complain(rules::MARKDOWN, range, "this nests too deep");
            self.skip();
            return None;
        }
        let block = match tag {
            Tag::Paragraph => Block::Paragraph(self.inlines()),
            Tag::Heading { .. } => Block::Heading(self.inlines()),
            Tag::BlockQuote(_) => Block::Quote(self.blocks()),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                if language.starts_with("toml ") {
                    let message = "a block stands by itself, not in a list or quotation";
                    self.complain(rules::NESTED_BLOCK, range, message);
                }
                let text = self.verbatim();
                Block::Code { language, text }
            }
            Tag::List(start) => {
                let start = *start;
                let mut items = Vec::new();
                while let Some((Event::Start(Tag::Item), _)) = self.events.get(self.at) {
                    self.at += 1;
                    items.push(self.blocks());
                    self.at += 1;
                }
                Block::List { start, items }
            }
            Tag::Table(_) => self.table(),
            Tag::HtmlBlock => {
                self.html(range);
                self.skip();
                return None;
            }
            _ => {
                self.complain(rules::MARKDOWN, range, "the page cannot draw this");
                self.skip();
                return None;
            }
        };
        // Over the end of what we read.
        self.at += 1;
        Some(block)
    }

    fn blocks(&mut self) -> Vec<Block> {
        self.depth += 1;
        let mut blocks = Vec::new();
        while let Some(block) = self.block() {
            blocks.push(block);
        }
        self.depth -= 1;
        blocks
    }

    /// Over the end of what has just begun, whatever is in it.
    fn skip(&mut self) {
        let mut open = 1;
        while open > 0 {
            match self.events.get(self.at) {
                Some((Event::Start(_), _)) => open += 1,
                Some((Event::End(_), _)) => open -= 1,
                Some(_) => {}
                None => return,
            }
            self.at += 1;
        }
    }

    fn verbatim(&mut self) -> String {
        let mut text = String::new();
        while let Some((Event::Text(part), _)) = self.events.get(self.at) {
            text += part;
            self.at += 1;
        }
        text
    }

    fn table(&mut self) -> Block {
        let (mut head, mut rows) = (Vec::new(), Vec::new());
        while let Some((Event::Start(tag), _)) = self.events.get(self.at) {
            let is_head = matches!(tag, Tag::TableHead);
            self.at += 1;
            let mut cells = Vec::new();
            while let Some((Event::Start(Tag::TableCell), _)) = self.events.get(self.at) {
                self.at += 1;
                cells.push(self.inlines());
                self.at += 1;
            }
            self.at += 1;
            match is_head {
                true => head = cells,
                false => rows.push(cells),
            }
        }
        Block::Table { head, rows }
    }

    /// Inlines up to an end or to the next block, which are left where they are.
    pub fn inlines(&mut self) -> Vec<Inline> {
        let mut out: Vec<Inline> = Vec::new();
        while let Some((event, range)) = self.events.get(self.at) {
            let range = range.clone();
            match event {
                Event::End(_) => break,
                Event::Start(
                    Tag::Emphasis | Tag::Strong | Tag::Link { .. } | Tag::Image { .. },
                ) => self.nested(&mut out, range),
                Event::Start(_) | Event::Rule | Event::Html(_) => break,
                Event::Text(text) => {
                    self.at += 1;
                    match out.last_mut() {
                        Some(Inline::Text(last)) => *last += text,
                        _ => out.push(Inline::Text(text.to_string())),
                    }
                }
                Event::Code(text) => {
                    self.at += 1;
                    out.push(Inline::Code(text.to_string()));
                }
                Event::SoftBreak => {
                    self.at += 1;
                    match out.last_mut() {
                        Some(Inline::Text(last)) => last.push(' '),
                        _ => out.push(Inline::Text(" ".into())),
                    }
                }
                Event::HardBreak => {
                    self.at += 1;
                    out.push(Inline::Break);
                }
                Event::InlineHtml(_) => {
                    self.at += 1;
                    self.html(range);
                }
                _ => {
                    self.at += 1;
                    self.complain(rules::MARKDOWN, range, "the page cannot draw this");
                }
            }
        }
        out
    }

    fn nested(&mut self, out: &mut Vec<Inline>, range: Range<usize>) {
        let Some((Event::Start(tag), _)) = self.events.get(self.at) else {
            return;
        };
        self.at += 1;
        if self.depth >= DEEPEST {
            self.complain(rules::MARKDOWN, range, "this nests too deep");
            return self.skip();
        }
        if matches!(tag, Tag::Image { .. }) {
            self.complain(
                rules::MARKDOWN,
                range,
                "there are no images: the page draws the machine itself",
            );
            return self.skip();
        }
        self.depth += 1;
        let inside = self.inlines();
        self.depth -= 1;
        if matches!(
            self.events.get(self.at),
            Some((
                Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link),
                _
            ))
        ) {
            self.at += 1;
        }
        out.push(match tag {
            Tag::Emphasis => Inline::Emphasis(inside),
            Tag::Strong => Inline::Strong(inside),
            Tag::Link { dest_url, .. } if is_safe_link(dest_url) => Inline::Link {
                to: dest_url.to_string(),
                inside,
            },
            _ => {
                let message = "this link does not lead to a page";
                self.complain(rules::LINK, range, message);
                return;
            }
        });
    }
}
