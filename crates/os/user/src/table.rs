//! A small sorted table: what a few dozen names need, in a tenth of a B-tree's code.

use alloc::vec::Vec;
use core::borrow::Borrow;

/// Values by key, in the keys' order.
pub struct Table<K, V>(Vec<(K, V)>);

impl<K: Ord, V> Table<K, V> {
    /// An empty one.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Where the key is, or would be.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0
            .binary_search_by(|(known, _)| known.borrow().cmp(key))
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    /// Sets the value of a key, and gives back the one that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => Some(core::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// The value of a key, which is made if it is not there.
    pub fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let at = match self.find(&key) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (key, V::default()));
                at
            }
        };
        &mut self.0[at].1
    }

    /// Takes a key out.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().map(|at| self.0.remove(at).1)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.0.iter()
    }
}

impl<K: Ord, V> Default for Table<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn keys_stay_in_order() {
        let mut table: Table<String, u32> = Table::new();
        for (key, value) in [("b", 2), ("a", 1), ("c", 3)] {
            assert_eq!(table.insert(key.into(), value), None);
        }
        assert_eq!(table.insert("b".into(), 4), Some(2));
        *table.entry("d".into()) += 5;
        assert_eq!(table.remove("a"), Some(1));
        assert_eq!(table.get("a"), None);
        let all: Vec<_> = table
            .iter()
            .map(|(key, value)| (key.as_str(), *value))
            .collect();
        assert_eq!(all, [("b", 4), ("c", 3), ("d", 5)]);
    }
}
