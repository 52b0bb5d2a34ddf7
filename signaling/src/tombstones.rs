//! Ended rooms: what is left of them is that they have ended.
//!
//! A keyed hash of the host key refuses the room for good, one of each room id lets `look` say why. Neither can be
//! turned back into what it was. Bounded in number and time; a restarted server has forgotten them.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crate::encoding::hash;
use crate::id::{HostPk, RoomId};

/// Half a hash: enough to tell rooms apart, too little to care about.
type Mark = [u8; 16];

pub(crate) struct Tombstones {
    key: [u8; 32],
    marks: BTreeMap<Mark, Instant>,
    /// Oldest first; as long as `marks`.
    order: VecDeque<(Instant, Mark)>,
}

impl Tombstones {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            marks: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Buries a room and all its links until `now + keep`, forgetting the oldest beyond `most`.
    pub(crate) fn bury(
        &mut self,
        now: Instant,
        (keep, most): (Duration, usize),
        host: HostPk,
        names: impl Iterator<Item = RoomId>,
    ) {
        let marks: Vec<Mark> = std::iter::once(self.mark(b'h', &host.0))
            .chain(names.map(|name| self.mark(b'n', &name.0)))
            .collect();
        for mark in marks {
            if self.marks.insert(mark, now + keep).is_none() {
                self.order.push_back((now + keep, mark));
            }
        }
        self.forget(now);
        while self.order.len() > most {
            if let Some((_, mark)) = self.order.pop_front() {
                self.marks.remove(&mark);
            }
        }
    }

    /// Whether the room of this host key has ended.
    pub(crate) fn host(&self, now: Instant, host: HostPk) -> bool {
        self.holds(now, self.mark(b'h', &host.0))
    }

    /// Whether a room of this id has ended.
    pub(crate) fn name(&self, now: Instant, name: RoomId) -> bool {
        self.holds(now, self.mark(b'n', &name.0))
    }

    /// Gives up what has expired.
    pub(crate) fn forget(&mut self, now: Instant) {
        while let Some((until, mark)) = self.order.front().copied() {
            if until > now {
                break;
            }
            self.order.pop_front();
            // Buried again in the meantime: the later time stands, with a place in the order of its own.
            match self.marks.get(&mark).copied() {
                Some(later) if later > now => self.order.push_back((later, mark)),
                Some(_) | None => drop(self.marks.remove(&mark)),
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.marks.len()
    }

    fn holds(&self, now: Instant, mark: Mark) -> bool {
        self.marks.get(&mark).is_some_and(|until| *until > now)
    }

    /// Inputs have fixed lengths for each kind and the result is secret, so a key in front is enough of a MAC.
    fn mark(&self, kind: u8, bytes: &[u8]) -> Mark {
        let mut input = self.key.to_vec();
        input.push(kind);
        input.extend_from_slice(bytes);
        let [mark @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = hash(&input);
        mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn start() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "an Instant can be had in no other way")]
        Instant::now()
    }

    #[test]
    fn the_dead_are_remembered_for_a_time() {
        let (start, mut graves) = (start(), Tombstones::new([7; 32]));
        graves.bury(start, (DAY, 10), HostPk([1; 32]), [RoomId([2; 12])].into_iter());
        assert!(graves.host(start, HostPk([1; 32])) && graves.name(start, RoomId([2; 12])));
        assert!(!graves.host(start, HostPk([3; 32])) && !graves.name(start, RoomId([3; 12])));
        assert!(!graves.host(start + DAY, HostPk([1; 32])));
        graves.forget(start + DAY);
        assert_eq!(graves.len(), 0);
    }

    #[test]
    fn the_oldest_are_forgotten_beyond_the_bound() {
        let (start, mut graves) = (start(), Tombstones::new([7; 32]));
        for n in 0..20 {
            graves.bury(start, (DAY, 10), HostPk([n; 32]), std::iter::empty());
        }
        assert_eq!(graves.len(), 10);
        assert!(!graves.host(start, HostPk([9; 32])) && graves.host(start, HostPk([10; 32])));
    }
}
