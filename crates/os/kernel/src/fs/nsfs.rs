//! Namespaces as files: what the links in /proc/PID/ns lead to. Opening one holds the
//! namespace; setns joins it.

use crate::fs::NsNode;
use crate::fs::node::PathText;
use crate::kernel::Kernel;
use crate::ns::{self, Kind};
use core::fmt::{self, Write};

/// Device number that stat shows.
pub const DEV: u64 = 4;

/// The text of a namespace's link: `pid:[4026531836]`.
pub struct LinkText {
    bytes: [u8; 32],
    len: usize,
}

impl LinkText {
    /// The text for `node`.
    pub fn of(k: &Kernel, node: NsNode) -> Self {
        let mut out = Self {
            bytes: [0; 32],
            len: 0,
        };
        let _ = write!(
            out,
            "{}:[{}]",
            Kind::of(node.kind).name(),
            ns::inum(k, node)
        );
        out
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Write for LinkText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes
            .get_mut(self.len..end)
            .ok_or(fmt::Error)?
            .copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// A namespace file has no path: its text stands for it.
pub fn prepend_name(k: &Kernel, node: NsNode, out: &mut PathText) {
    out.append(LinkText::of(k, node).bytes());
}
