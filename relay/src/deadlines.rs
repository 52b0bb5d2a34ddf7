//! When allocations end: each at its own moment, and all of them when a draining relay does.
//!
//! Moments only. What an end means for sockets, numbers and quotas is the machine's affair; both relays have one
//! of these in their table of allocations.

use std::collections::BTreeSet;
use std::time::Instant;

/// The ends of all allocations, in order.
#[derive(Debug)]
pub(crate) struct Deadlines<Id> {
    /// Exactly one entry per allocation, so that freeing and allocating in a circle does not grow it.
    ends: BTreeSet<(Instant, Id)>,
    /// Set when the relay drains: no allocation lives beyond it.
    last: Option<Instant>,
}

impl<Id> Default for Deadlines<Id> {
    fn default() -> Self {
        Self {
            ends: BTreeSet::new(),
            last: None,
        }
    }
}

impl<Id: Copy + Ord> Deadlines<Id> {
    pub(crate) fn insert(&mut self, dies: Instant, id: Id) {
        self.ends.insert((dies, id));
    }

    pub(crate) fn remove(&mut self, dies: Instant, id: Id) {
        self.ends.remove(&(dies, id));
    }

    pub(crate) fn contains(&self, dies: Instant, id: Id) -> bool {
        self.ends.contains(&(dies, id))
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// From now on nothing new begins, and nothing lives beyond `last`.
    pub(crate) fn drain(&mut self, last: Instant) {
        self.last = Some(last);
    }

    pub(crate) const fn is_draining(&self) -> bool {
        self.last.is_some()
    }

    /// When the next allocation ends; `None` if there is none.
    pub(crate) fn next(&self) -> Option<Instant> {
        let (dies, _) = self.ends.first()?;
        Some(self.last.map_or(*dies, |last| last.min(*dies)))
    }

    /// An allocation that has to end by `now`. Whoever asks ends it before asking again.
    pub(crate) fn due(&self, now: Instant) -> Option<Id> {
        let (_, id) = self.ends.first()?;
        (self.next()? <= now).then_some(*id)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn allocations_end_in_order_and_all_of_them_with_a_draining_relay() {
        let start = crate::some_instant();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut deadlines = Deadlines::default();
        assert_eq!((deadlines.next(), deadlines.due(at(99))), (None, None));
        for (dies, id) in [(30, 'c'), (10, 'a'), (20, 'b')] {
            deadlines.insert(at(dies), id);
        }
        assert_eq!((deadlines.next(), deadlines.due(at(9))), (Some(at(10)), None));
        assert_eq!(deadlines.due(at(10)), Some('a'));
        deadlines.remove(at(10), 'a');
        assert_eq!(deadlines.due(at(10)), None);
        deadlines.drain(at(15));
        assert_eq!((deadlines.next(), deadlines.due(at(14))), (Some(at(15)), None));
        for id in ['b', 'c'] {
            assert_eq!(deadlines.due(at(15)), Some(id));
            deadlines.remove(at(if id == 'b' { 20 } else { 30 }), id);
        }
        assert_eq!((deadlines.next(), deadlines.is_draining()), (None, true));
    }
}
