//! Physical memory as a strip: stretches of frames become a fixed number of cells, each with the
//! owner of most of it, and cells in a row with one owner become one run.

use scene::{BoxKind, Machine, Path};

use crate::words;

/// Who owns some of the memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The box; empty for free memory.
    pub path: Path,
    /// What the legend calls it.
    pub name: String,
    /// Its layer, for the colour; `None` for free memory and for owners that left.
    pub kind: Option<BoxKind>,
    /// All that it has, bytes.
    pub bytes: u64,
    /// What for, most first: `anon`, `table` …
    pub uses: Vec<(String, u64)>,
}

/// Cells in a row with one owner: `from..to`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// First cell.
    pub from: u32,
    /// One past the last.
    pub to: u32,
    /// Index of the owner.
    pub owner: usize,
}

/// The memory of one machine.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Map {
    /// Who owns what, in the order of their first frame.
    pub owners: Vec<Owner>,
    /// The strip.
    pub runs: Vec<Run>,
    /// Cells in the strip.
    pub cells: u32,
    /// Bytes in all.
    pub bytes: u64,
}

const FRAME: u64 = 4096;

/// Draws up the map of a machine in this many cells.
pub fn map(machine: &Machine, cells: u32) -> Map {
    let frames: u64 = machine
        .memory
        .iter()
        .map(|part| u64::from(part.frames))
        .sum();
    let cells = u64::from(cells).min(frames);
    let mut map = Map {
        cells: cells as u32,
        bytes: frames * FRAME,
        ..Map::default()
    };
    let mut cell = 0;
    let mut at = 0;
    // How much of the current cell each owner has.
    let mut shares: Vec<(usize, u64)> = Vec::new();
    for part in &machine.memory {
        let owner = map.owner(machine, &part.owner, &part.kind, u64::from(part.frames));
        let end = at + u64::from(part.frames);
        while at < end {
            let cell_end = (cell + 1) * frames / cells;
            let upto = end.min(cell_end);
            match shares.iter_mut().find(|(who, _)| *who == owner) {
                Some((_, share)) => *share += upto - at,
                None => shares.push((owner, upto - at)),
            }
            at = upto;
            if at == cell_end {
                let most = shares.iter().map(|(_, share)| *share).max();
                let winner = shares.iter().find(|(_, share)| Some(*share) == most);
                map.extend(cell as u32, winner.map_or(owner, |(who, _)| *who));
                shares.clear();
                cell += 1;
            }
        }
    }
    for owner in &mut map.owners {
        owner
            .uses
            .sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    }
    map
}

impl Map {
    fn owner(&mut self, machine: &Machine, path: &str, what: &str, frames: u64) -> usize {
        let index = match self.owners.iter().position(|owner| owner.path == path) {
            Some(index) => index,
            None => {
                let node = machine.stack.find(path);
                let name = match node {
                    Some(node) => words::title(node),
                    None if path.is_empty() => "free".to_owned(),
                    None => path.rsplit('/').next().unwrap_or(path).to_owned(),
                };
                self.owners.push(Owner {
                    path: path.to_owned(),
                    name,
                    kind: node.map(|node| node.kind),
                    bytes: 0,
                    uses: Vec::new(),
                });
                self.owners.len() - 1
            }
        };
        let owner = &mut self.owners[index];
        owner.bytes += frames * FRAME;
        match owner.uses.iter_mut().find(|(use_, _)| use_ == what) {
            Some((_, bytes)) => *bytes += frames * FRAME,
            None => owner.uses.push((what.to_owned(), frames * FRAME)),
        }
        index
    }

    fn extend(&mut self, cell: u32, owner: usize) {
        match self.runs.last_mut() {
            Some(run) if run.owner == owner => run.to = cell + 1,
            _ => self.runs.push(Run {
                from: cell,
                to: cell + 1,
                owner,
            }),
        }
    }
}

/// Cuts the runs into rows of this many cells: row, first and last column in it, owner.
pub fn rows(map: &Map, columns: u32) -> Vec<(u32, u32, u32, usize)> {
    let mut out = Vec::new();
    for run in &map.runs {
        let mut from = run.from;
        while from < run.to {
            let row = from / columns;
            let to = run.to.min((row + 1) * columns);
            out.push((row, from - row * columns, to - row * columns, run.owner));
            from = to;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use scene::{StackBox, Stretch};

    use super::*;

    fn machine(parts: &[(u32, &str, &str)]) -> Machine {
        Machine {
            stack: StackBox {
                path: "pc".into(),
                name: "PC".into(),
                inside: vec![StackBox {
                    path: "pc/os".into(),
                    kind: BoxKind::Kernel,
                    name: "tern".into(),
                    ..StackBox::default()
                }],
                ..StackBox::default()
            },
            memory: parts
                .iter()
                .map(|(frames, owner, kind)| Stretch {
                    frames: *frames,
                    owner: (*owner).into(),
                    kind: (*kind).into(),
                })
                .collect(),
            ..Machine::default()
        }
    }

    fn runs(map: &Map) -> Vec<(u32, u32, &str)> {
        map.runs
            .iter()
            .map(|run| (run.from, run.to, map.owners[run.owner].path.as_str()))
            .collect()
    }

    #[test]
    fn the_most_of_a_cell_wins() {
        let map = map(
            &machine(&[
                (30, "pc/os", "kernel"),
                (4, "", "free"),
                (6, "pc/os", "table"),
                (60, "", "free"),
            ]),
            10,
        );
        assert_eq!(runs(&map), [(0, 4, "pc/os"), (4, 10, "")]);
        assert_eq!(map.bytes, 100 * 4096);
        assert_eq!(map.owners[0].bytes, 36 * 4096);
        assert_eq!(map.owners[0].name, "kernel tern");
        assert_eq!(
            map.owners[0].uses,
            [
                ("kernel".to_owned(), 30 * 4096),
                ("table".to_owned(), 6 * 4096)
            ]
        );
    }

    #[test]
    fn little_memory_has_few_cells() {
        let map = map(&machine(&[(1, "pc/os", "kernel"), (2, "", "free")]), 100);
        assert_eq!(map.cells, 3);
        assert_eq!(runs(&map), [(0, 1, "pc/os"), (1, 3, "")]);
    }

    #[test]
    fn no_memory_is_no_map() {
        assert_eq!(map(&machine(&[]), 100), Map::default());
    }

    #[test]
    fn an_owner_that_left_keeps_its_name() {
        let map = map(&machine(&[(4, "pc/os/p7", "anon")]), 4);
        assert_eq!(
            (map.owners[0].name.as_str(), map.owners[0].kind),
            ("p7", None)
        );
    }

    #[test]
    fn rows_break_runs() {
        let map = map(&machine(&[(5, "pc/os", "kernel"), (3, "", "free")]), 8);
        assert_eq!(rows(&map, 4), [(0, 0, 4, 0), (1, 0, 1, 0), (1, 1, 4, 1)]);
    }
}
