//! [`Keyframes`]: snapshots, dense lately and sparse long ago.
//!
//! Distance is measured in work, not in moments: what a keyframe saves is running again, and
//! a machine that sleeps through a second of its clock is run again in no time.

use std::collections::VecDeque;

use probe::Moment;

/// Work between new keyframes, in ticks: what a seek runs again at most, if it is recent.
pub const SPACING: u64 = 2_000_000;
/// How many are kept at most.
const MOST: usize = 96;
/// Bytes that all of them may take, unless told otherwise.
const BUDGET: usize = 256 << 20;
/// How many passing marks are kept.
const MARKS: usize = 8;

/// All machines at one moment.
#[derive(Debug)]
struct Frame<S> {
    at: Moment,
    /// Work done since the beginning.
    work: u64,
    snapshots: Vec<S>,
    /// Bytes that it takes beside the frame before.
    cost: usize,
}

/// Snapshots of all machines at some moments, in order. The first is the beginning.
#[derive(Debug)]
pub struct Keyframes<S> {
    frames: Vec<Frame<S>>,
    /// Some more, put where they are needed and forgotten when others are.
    marks: VecDeque<(Moment, Vec<S>)>,
    /// What it costs to keep one snapshot beside another.
    price: fn(&S, &S) -> usize,
    budget: usize,
}

impl<S> Keyframes<S> {
    /// Only the beginning.
    pub fn new(at: Moment, first: Vec<S>, price: fn(&S, &S) -> usize) -> Self {
        let frame = Frame {
            at,
            work: 0,
            snapshots: first,
            cost: 0,
        };
        Self {
            frames: vec![frame],
            marks: VecDeque::new(),
            price,
            budget: BUDGET,
        }
    }

    /// How many bytes all keyframes together may take. The beginning and the newest stay.
    pub fn set_budget(&mut self, bytes: usize) {
        self.budget = bytes;
        self.thin_out();
    }

    /// Whether a keyframe is due at a moment with that much work behind it.
    pub fn is_due(&self, at: Moment, work: u64) -> bool {
        let last = self.last();
        at > last.at && work >= last.work + SPACING
    }

    /// Adds one behind all others, and thins out the old ones if there are too many.
    pub fn push(&mut self, at: Moment, work: u64, snapshots: Vec<S>) {
        let cost = self.cost(&self.last().snapshots, &snapshots);
        self.frames.push(Frame {
            at,
            work,
            snapshots,
            cost,
        });
        self.thin_out();
    }

    /// Puts a passing mark at `at`.
    pub fn mark(&mut self, at: Moment, snapshots: Vec<S>) {
        self.marks.push_back((at, snapshots));
        if self.marks.len() > MARKS {
            self.marks.pop_front();
        }
    }

    /// Whether there is a snapshot at exactly this moment.
    pub fn has(&self, at: Moment) -> bool {
        self.before(at).is_some_and(|(moment, _)| moment == at)
    }

    /// The last snapshot at or before `at`.
    pub fn before(&self, at: Moment) -> Option<(Moment, &[S])> {
        let frames = self
            .frames
            .iter()
            .map(|frame| (frame.at, &frame.snapshots[..]));
        let marks = self
            .marks
            .iter()
            .map(|(moment, snapshots)| (*moment, &snapshots[..]));
        frames
            .chain(marks)
            .filter(|(moment, _)| *moment <= at)
            .max_by_key(|(moment, _)| *moment)
    }

    /// Forgets all after `at`.
    pub fn forget_after(&mut self, at: Moment) {
        self.frames.retain(|frame| frame.at <= at);
        self.marks.retain(|(moment, _)| *moment <= at);
    }

    /// How many there are, marks left out.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Bytes that they take, marks left out.
    pub fn bytes(&self) -> usize {
        self.frames.iter().map(|frame| frame.cost).sum()
    }

    /// Never: the beginning stays.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    fn last(&self) -> &Frame<S> {
        &self.frames[self.frames.len() - 1]
    }

    fn cost(&self, before: &[S], after: &[S]) -> usize {
        after
            .iter()
            .zip(before)
            .map(|(a, b)| (self.price)(a, b))
            .sum()
    }

    fn thin_out(&mut self) {
        while self.frames.len() > 2 && (self.frames.len() > MOST || self.bytes() > self.budget) {
            let gone = self.dispensable();
            self.frames.remove(gone);
            // What the one after it shared with it alone is now its own.
            let [before, after] = [gone - 1, gone].map(|n| &self.frames[n].snapshots[..]);
            self.frames[gone].cost = self.cost(before, after);
        }
    }

    /// Which one hurts least to lose: the one whose gap, once it is gone, is smallest in
    /// proportion to its age. So gaps grow with age, and the first and last stay.
    fn dispensable(&self) -> usize {
        let now = self.last().work;
        (1..self.frames.len() - 1)
            .min_by_key(|&n| {
                let gap = self.frames[n + 1].work - self.frames[n - 1].work;
                let age = (now - self.frames[n].work).max(1);
                u128::from(gap) * (1 << 32) / u128::from(age)
            })
            .unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beginning<S>(first: S) -> Keyframes<S> {
        Keyframes::new(0, vec![first], |_, _| 1000)
    }

    #[test]
    fn keyframes_are_bounded_dense_lately_and_sparse_long_ago() {
        let mut frames = beginning(());
        for n in 1..5000 {
            assert!(frames.is_due(n, n * SPACING));
            frames.push(n, n * SPACING, vec![()]);
            assert!(!frames.is_due(n + 1, (n + 1) * SPACING - 1));
        }
        assert_eq!(frames.len(), MOST);
        assert_eq!(frames.frames[0].at, 0, "the beginning stays");
        let work: Vec<u64> = frames.frames.iter().map(|frame| frame.work).collect();
        let gaps: Vec<u64> = work.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(
            gaps.iter().rev().take(10).all(|gap| *gap == SPACING),
            "{gaps:?}"
        );
        // No gap is longer than a fraction of its age, so a seek's price grows slowly.
        let now = work[MOST - 1];
        for (start, gap) in work.iter().zip(&gaps) {
            assert!(
                *gap <= SPACING + (now - start) / 8,
                "{gap} at age {}",
                now - start
            );
        }
    }

    #[test]
    fn memory_is_bounded_too() {
        let mut frames = beginning(());
        frames.set_budget(20_000);
        for n in 1..200 {
            frames.push(n, n * SPACING, vec![()]);
            assert!(frames.bytes() <= 20_000);
        }
        assert_eq!(frames.len(), 21, "each costs 1000, but for the beginning");
        frames.set_budget(0);
        assert_eq!(frames.len(), 2);
    }

    #[test]
    fn a_mark_is_found_where_it_is_nearer() {
        let mut frames = beginning('a');
        frames.push(5000, SPACING, vec!['b']);
        frames.mark(100, vec!['m']);
        assert_eq!(frames.before(99).unwrap().1, ['a']);
        assert_eq!(frames.before(100).unwrap().1, ['m']);
        assert_eq!(frames.before(5000).unwrap().1, ['b']);
        frames.forget_after(99);
        assert_eq!(frames.before(5000).unwrap().1, ['a']);
        for n in 0..100 {
            frames.mark(n, vec!['n']);
        }
        assert_eq!(
            frames.before(100 - MARKS as u64 - 1).unwrap().1,
            ['a'],
            "old marks go"
        );
    }
}
