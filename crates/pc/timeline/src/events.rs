//! Events as a query: run a stretch of time again, listening.
//!
//! An event of moment `at` is caused by the instruction that leads from `at` to the next
//! moment. To go to an event is to go to `at + 1`: the first moment at which it has happened.

use probe::{Event, Moment, Probe};

use crate::{Replay, Timeline};

/// An event, and which machine it happened to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heard {
    /// The moment before the instruction that caused it retired.
    pub at: Moment,
    /// Which machine.
    pub machine: usize,
    /// What happened.
    pub event: Event,
}

/// Which events are wanted: machine and event.
pub type Filter<'a> = &'a dyn Fn(usize, &Event) -> bool;

/// The first stretch that is searched is this long, later ones up to [`LONGEST`]: most events
/// are near.
const SHORTEST: Moment = 20_000;
const LONGEST: Moment = 2_000_000;

/// Keeps the first events that pass a filter, or the last.
struct Sieve<'a> {
    machine: usize,
    filter: Filter<'a>,
    /// How many to keep.
    most: usize,
    /// Keep the last ones rather than the first.
    last: bool,
    heard: Vec<Heard>,
}

impl Probe for Sieve<'_> {
    fn event(&mut self, at: Moment, make: impl FnOnce() -> Event) {
        if self.heard.len() == self.most && !self.last {
            return;
        }
        let event = make();
        if (self.filter)(self.machine, &event) {
            if self.heard.len() == self.most {
                self.heard.remove(0);
            }
            self.heard.push(Heard {
                at,
                machine: self.machine,
                event,
            });
        }
    }
}

impl<M: Replay> Timeline<M> {
    /// The first events between two moments of the known past that pass the filter, at most
    /// `limit`, in order. The timeline comes back to where it was.
    pub fn events(&mut self, from: Moment, to: Moment, limit: usize, filter: Filter) -> Vec<Heard> {
        let now = self.now();
        self.mark();
        self.seek(from.min(self.head()));
        let heard = self.listen(to.min(self.head()), limit, false, filter);
        self.seek(now);
        heard
    }

    /// Runs on to just after the next event that passes the filter, but not beyond `until`
    /// (there it stays, and returns nothing).
    pub fn step_event(&mut self, until: Moment, filter: Filter) -> Option<Heard> {
        let mut length = SHORTEST;
        while self.now() < until && !self.ended() {
            self.mark();
            let end = until.min(self.now().saturating_add(length));
            if let Some(&first) = self.listen(end, 1, false, filter).first() {
                self.seek(first.at + 1);
                return Some(first);
            }
            length = (length * 4).min(LONGEST);
        }
        None
    }

    /// Goes back to just after the last event that passes the filter and has happened before
    /// now, but not back beyond `since` (then it stays where it was, and returns nothing).
    pub fn back_event(&mut self, since: Moment, filter: Filter) -> Option<Heard> {
        let now = self.now();
        // Just after an event of `now - 1` is where we are already.
        let mut end = now.saturating_sub(1);
        let mut length = SHORTEST;
        self.mark();
        while end > since {
            let from = end.saturating_sub(length).max(since);
            self.seek(from);
            self.mark();
            if let Some(&last) = self.listen(end, 1, true, filter).last() {
                self.seek(last.at + 1);
                return Some(last);
            }
            end = from;
            length = (length * 4).min(LONGEST);
        }
        self.seek(now);
        None
    }

    /// Runs on to `until` and returns the first or last `most` events on the way, of all
    /// machines together.
    fn listen(&mut self, until: Moment, most: usize, last: bool, filter: Filter) -> Vec<Heard> {
        let sieve = |machine| Sieve {
            machine,
            filter,
            most,
            last,
            heard: Vec::new(),
        };
        let mut sieves: Vec<_> = (0..self.machines().len()).map(sieve).collect();
        self.run_to(until, &mut sieves);
        let mut heard: Vec<_> = sieves.into_iter().flat_map(|sieve| sieve.heard).collect();
        heard.sort_by_key(|heard| heard.at);
        match last {
            true => heard.split_off(heard.len().saturating_sub(most)),
            false => {
                heard.truncate(most);
                heard
            }
        }
    }
}
