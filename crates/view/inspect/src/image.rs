//! [`Image`]: an executable's symbols, as an inspector needs them: by name, and by address.

use std::collections::BTreeMap;

use elf::{Elf, SymbolKind};

/// A named stretch of code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// First address.
    pub at: u64,
    /// Bytes.
    pub size: u64,
    /// The name as the linker saw it.
    pub name: String,
}

/// The symbols of one executable. A stripped or broken file simply has none.
#[derive(Clone, Default, Debug)]
pub struct Image {
    by_name: BTreeMap<String, u64>,
    functions: Vec<Symbol>,
}

impl Image {
    /// Collects the symbols of an ELF file.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut this = Self::default();
        let Ok(elf) = Elf::parse(bytes) else {
            return this;
        };
        for symbol in elf.symbols() {
            this.by_name.insert(symbol.name.to_owned(), symbol.value);
            if symbol.kind == SymbolKind::Function {
                let name = symbol.name.to_owned();
                this.functions.push(Symbol {
                    at: symbol.value,
                    size: symbol.size,
                    name,
                });
            }
        }
        this.functions.sort_by_key(|symbol| symbol.at);
        this
    }

    /// The address of a symbol by its exact name.
    pub fn symbol(&self, name: &str) -> Option<u64> {
        self.by_name.get(name).copied()
    }

    /// The function that covers `address`.
    pub fn function_at(&self, address: u64) -> Option<&Symbol> {
        let after = self
            .functions
            .partition_point(|symbol| symbol.at <= address);
        let symbol = self.functions[..after].last()?;
        (address - symbol.at < symbol.size.max(1)).then_some(symbol)
    }

    /// `kernel::sched::switch+0x1c`: the demangled function and the offset in it.
    pub fn describe(&self, address: u64) -> Option<String> {
        let symbol = self.function_at(address)?;
        let name = rustc_demangle::demangle(&symbol.name);
        Some(match address - symbol.at {
            0 => format!("{name:#}"),
            offset => format!("{name:#}+{offset:#x}"),
        })
    }
}
