//! [`Keyframes`]: snapshots, dense lately and sparse long ago.

use probe::Moment;

/// Distance between new keyframes, in ticks: what a seek runs again at most, if it is recent.
const SPACING: Moment = 2_000_000;
/// How many are kept. The price of one is the pages written since the one before.
const MOST: usize = 96;

/// Snapshots of all machines at some moments, in order. The first is the beginning.
#[derive(Debug)]
pub struct Keyframes<S> {
    frames: Vec<(Moment, Vec<S>)>,
    /// One more, put where it is needed and forgotten when another is.
    mark: Option<(Moment, Vec<S>)>,
}

impl<S> Keyframes<S> {
    /// Only the beginning.
    pub fn new(at: Moment, first: Vec<S>) -> Self {
        Self {
            frames: vec![(at, first)],
            mark: None,
        }
    }

    /// When the next keyframe is due.
    pub fn due(&self) -> Moment {
        self.frames[self.frames.len() - 1].0 + SPACING
    }

    /// Adds one behind all others, and thins out the old ones if there are too many.
    pub fn push(&mut self, at: Moment, snapshots: Vec<S>) {
        self.frames.push((at, snapshots));
        if self.frames.len() > MOST {
            self.frames.remove(self.dispensable());
        }
    }

    /// Puts the one free mark at `at`.
    pub fn mark(&mut self, at: Moment, snapshots: Vec<S>) {
        self.mark = Some((at, snapshots));
    }

    /// Whether there is a snapshot at exactly this moment.
    pub fn has(&self, at: Moment) -> bool {
        self.before(at).is_some_and(|(moment, _)| moment == at)
    }

    /// The last snapshot at or before `at`.
    pub fn before(&self, at: Moment) -> Option<(Moment, &[S])> {
        let after = self.frames.partition_point(|(moment, _)| *moment <= at);
        let frame = self.frames[..after].last();
        let mark = self.mark.as_ref().filter(|(moment, _)| *moment <= at);
        let later = match (frame, mark) {
            (Some(frame), Some(mark)) if mark.0 > frame.0 => Some(mark),
            (frame, mark) => frame.or(mark),
        };
        later.map(|(moment, snapshots)| (*moment, &snapshots[..]))
    }

    /// Forgets all after `at`.
    pub fn forget_after(&mut self, at: Moment) {
        self.frames.retain(|(moment, _)| *moment <= at);
        self.mark.take_if(|(moment, _)| *moment > at);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Never: the beginning stays.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Which one hurts least to lose: the one whose gap, once it is gone, is smallest in
    /// proportion to its age. So gaps grow with age, and the first and last stay.
    fn dispensable(&self) -> usize {
        let now = self.frames[self.frames.len() - 1].0;
        (1..self.frames.len() - 1)
            .min_by_key(|&n| {
                let gap = self.frames[n + 1].0 - self.frames[n - 1].0;
                let age = (now - self.frames[n].0).max(1);
                u128::from(gap) * (1 << 32) / u128::from(age)
            })
            .unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframes_are_bounded_dense_lately_and_sparse_long_ago() {
        let mut frames = Keyframes::new(0, vec![()]);
        for n in 1..5000 {
            frames.push(n * SPACING, vec![()]);
        }
        assert_eq!(frames.len(), MOST);
        assert_eq!(frames.frames[0].0, 0, "the beginning stays");
        let gaps: Vec<u64> = frames
            .frames
            .windows(2)
            .map(|pair| pair[1].0 - pair[0].0)
            .collect();
        assert!(
            gaps.iter().rev().take(10).all(|gap| *gap == SPACING),
            "{gaps:?}"
        );
        // No gap is longer than a fraction of its age, so a seek's price grows slowly.
        let now = frames.frames[MOST - 1].0;
        for (pair, gap) in frames.frames.windows(2).zip(&gaps) {
            assert!(
                *gap <= SPACING + (now - pair[0].0) / 8,
                "{gap} at age {}",
                now - pair[0].0
            );
        }
    }

    #[test]
    fn a_mark_is_found_where_it_is_nearer() {
        let mut frames = Keyframes::new(0, vec!['a']);
        frames.push(SPACING, vec!['b']);
        frames.mark(100, vec!['m']);
        assert_eq!(frames.before(99).unwrap().1, ['a']);
        assert_eq!(frames.before(100).unwrap().1, ['m']);
        assert_eq!(frames.before(SPACING).unwrap().1, ['b']);
        frames.forget_after(99);
        assert_eq!(frames.before(SPACING).unwrap().1, ['a']);
    }
}
