//! Who wants to be woken, and when.
//!
//! One time per owner: setting another replaces it. What happens then is the owner's business.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Deadlines of owners `K`, in order of time, then of owner.
pub(crate) struct Deadlines<K> {
    queue: BTreeSet<(Instant, K)>,
    set: BTreeMap<K, Instant>,
}

impl<K: Copy + Ord> Deadlines<K> {
    pub(crate) fn new() -> Self {
        Self {
            queue: BTreeSet::new(),
            set: BTreeMap::new(),
        }
    }

    /// Wakes `owner` at `at` and at no other time; `None` for never.
    pub(crate) fn set(&mut self, owner: K, at: Option<Instant>) {
        let before = match at {
            Some(at) => self.set.insert(owner, at),
            None => self.set.remove(&owner),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.queue.remove(&(before, owner));
        }
        if let Some(at) = at {
            self.queue.insert((at, owner));
        }
    }

    /// When `owner` is to be woken.
    pub(crate) fn at(&self, owner: K) -> Option<Instant> {
        self.set.get(&owner).copied()
    }

    /// The next time at which anybody is to be woken.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes the next owner whose time has come.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<K> {
        let (at, owner) = *self.queue.first()?;
        if at > now {
            return None;
        }
        self.queue.pop_first();
        self.set.remove(&owner);
        Some(owner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_owner_is_woken_once_at_the_last_time_that_was_set() {
        #[expect(clippy::disallowed_methods, reason = "an Instant can be had in no other way")]
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut deadlines = Deadlines::new();
        deadlines.set('a', Some(at(1)));
        deadlines.set('a', Some(at(5)));
        deadlines.set('b', Some(at(3)));
        deadlines.set('c', Some(at(2)));
        deadlines.set('c', None);
        assert_eq!(deadlines.next(), Some(at(3)));
        assert_eq!(deadlines.pop_due(at(2)), None);
        assert_eq!(deadlines.pop_due(at(9)), Some('b'));
        assert_eq!(deadlines.pop_due(at(9)), Some('a'));
        assert_eq!(deadlines.pop_due(at(9)), None);
        assert_eq!(deadlines.next(), None);
    }
}
