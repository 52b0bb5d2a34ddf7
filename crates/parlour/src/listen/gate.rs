//! Who has how many connections open, and who gives way when there are too many.
//!
//! A connection waits until it has become a WebSocket or TURN: those that wait have proved nothing, and a flood of
//! them must not keep honest people out. So when there is no place, the one that has waited longest is shed. While a
//! poll's GET is under way on it, a connection does not wait either.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::limits::Limits;

/// The table of open connections.
#[derive(Debug)]
pub(crate) struct Gate {
    limits: Limits,
    open: Mutex<Open>,
}

/// Every entry belongs to at least one connection, so the total bounds all of it.
#[derive(Debug, Default)]
struct Open {
    all: usize,
    next: u64,
    by_source: HashMap<IpAddr, Held>,
    /// By age: numbers are given in order.
    waiting: BTreeMap<u64, Waiting>,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    waiting: BTreeSet<u64>,
}

#[derive(Debug)]
struct Waiting {
    source: Option<IpAddr>,
    shed: Arc<Notify>,
}

/// A place at the gate, given back when dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Arc<Gate>,
    /// Changes under the gate's lock only.
    number: AtomicU64,
    /// `None` for a trusted proxy, whose connections are counted in all only.
    source: Option<IpAddr>,
    shed: Arc<Notify>,
}

/// A connection that does not wait for now; when this is dropped it waits again, behind all others.
#[derive(Debug)]
pub(crate) struct Settled(Arc<Pass>);

impl Gate {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            open: Mutex::default(),
        })
    }

    /// A place for a connection from `from` (`None`: from a trusted proxy), if need be that of one that waits.
    pub(crate) fn enter(gate: &Arc<Self>, from: Option<IpAddr>) -> Option<Pass> {
        let source = from.map(prefix);
        let mut open = gate.lock();
        if let Some(held) = source.and_then(|source| open.by_source.get(&source)) {
            let oldest = held.waiting.first().copied();
            if held.waiting.len() >= gate.limits.waiting_per_source || held.all >= gate.limits.per_source {
                open.shed(oldest?);
            }
        }
        if open.all >= gate.limits.connections {
            let oldest = open.waiting.first_key_value().map(|(number, _)| *number)?;
            open.shed(oldest);
        }
        let shed = Arc::new(Notify::new());
        open.all += 1;
        if let Some(source) = source {
            open.by_source.entry(source).or_default().all += 1;
        }
        let number = open.wait(source, &shed);
        Some(Pass {
            gate: Arc::clone(gate),
            number: AtomicU64::new(number),
            source,
            shed,
        })
    }

    /// Sheds the `count` that have waited longest; the system has no more open files for us. Returns how many there were.
    pub(crate) fn shed_oldest(&self, count: usize) -> usize {
        let mut open = self.lock();
        let oldest: Vec<u64> = open.waiting.keys().copied().take(count).collect();
        for number in &oldest {
            open.shed(*number);
        }
        oldest.len()
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// The connection is a WebSocket or TURN now: it is not shed any more. `false` if that has just happened.
    pub(crate) fn settle(&self) -> bool {
        let mut open = self.gate.lock();
        let number = self.number.load(Ordering::Relaxed);
        let waited = open.waiting.remove(&number).is_some();
        if let Some(held) = self.source.and_then(|source| open.by_source.get_mut(&source)) {
            held.waiting.remove(&number);
        }
        waited
    }

    /// As [`Self::settle`], until the result is dropped. `None` if the connection has just been shed.
    pub(crate) fn settle_for_now(pass: &Arc<Self>) -> Option<Settled> {
        pass.settle().then(|| Settled(Arc::clone(pass)))
    }

    /// Returns when the connection must give way.
    pub(crate) async fn shed(&self) {
        self.shed.notified().await;
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut open = self.gate.lock();
        let number = self.number.load(Ordering::Relaxed);
        open.waiting.remove(&number);
        open.all -= 1;
        open.leave(self.source, number);
    }
}

impl Drop for Settled {
    fn drop(&mut self) {
        let Self(pass) = self;
        let mut open = pass.gate.lock();
        let number = open.wait(pass.source, &pass.shed);
        pass.number.store(number, Ordering::Relaxed);
    }
}

impl Open {
    /// The youngest of those who wait; returns its number.
    fn wait(&mut self, source: Option<IpAddr>, shed: &Arc<Notify>) -> u64 {
        let number = self.next;
        self.next += 1;
        if let Some(held) = source.and_then(|source| self.by_source.get_mut(&source)) {
            held.waiting.insert(number);
        }
        let shed = Arc::clone(shed);
        self.waiting.insert(number, Waiting { source, shed });
        number
    }

    /// Tells a waiting connection to go. It is counted until its task has dropped its place: a moment.
    fn shed(&mut self, number: u64) {
        if let Some(waiting) = self.waiting.remove(&number) {
            if let Some(held) = waiting.source.and_then(|source| self.by_source.get_mut(&source)) {
                held.waiting.remove(&number);
            }
            waiting.shed.notify_one();
        }
    }

    fn leave(&mut self, source: Option<IpAddr>, number: u64) {
        let Some(source) = source else { return };
        if let Some(held) = self.by_source.get_mut(&source) {
            held.waiting.remove(&number);
            held.all -= 1;
            if held.all == 0 {
                self.by_source.remove(&source);
            }
        }
    }
}

/// What one household or one server has: an IPv4 address, or an IPv6 /64.
fn prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "2001:db8::1";
    const NEIGHBOUR: &str = "2001:db8::ffff:2";
    const OTHER: &str = "198.51.100.7";

    fn gate(connections: usize, per_source: usize, waiting_per_source: usize) -> Arc<Gate> {
        Gate::new(Limits {
            connections,
            per_source,
            waiting_per_source,
            ..Limits::default()
        })
    }

    fn enter(gate: &Arc<Gate>, from: &str) -> Option<Pass> {
        Gate::enter(gate, Some(from.parse().unwrap()))
    }

    /// Whether the connection has been told to go; telling is remembered once.
    fn is_shed(pass: &Pass) -> bool {
        let mut shed = std::pin::pin!(pass.shed());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        shed.as_mut().poll(&mut context).is_ready()
    }

    #[test]
    fn one_source_cannot_take_every_place() {
        let gate = gate(100, 3, 3);
        let mut held: Vec<_> = (0..3).map(|_| enter(&gate, ONE).unwrap()).collect();
        assert!(held.iter().all(Pass::settle));
        assert!(
            enter(&gate, NEIGHBOUR).is_none(),
            "the same /64 shares one allowance, and nobody waits"
        );
        assert!(enter(&gate, OTHER).is_some());
        assert!(Gate::enter(&gate, None).is_some(), "a proxy speaks for many");
        held.pop();
        assert!(enter(&gate, NEIGHBOUR).is_some());
        held.clear();
        let open = gate.lock();
        assert!(
            open.all == 0 && open.by_source.is_empty() && open.waiting.is_empty(),
            "nothing is kept of who has left"
        );
    }

    #[test]
    fn whoever_waits_longest_gives_way_to_a_newcomer_of_the_same_source() {
        let gate = gate(100, 10, 2);
        let (first, second) = (enter(&gate, ONE).unwrap(), enter(&gate, ONE).unwrap());
        let stranger = enter(&gate, OTHER).unwrap();
        let third = enter(&gate, ONE).unwrap();
        assert!(is_shed(&first) && !is_shed(&second) && !is_shed(&third) && !is_shed(&stranger));
        assert!(!first.settle(), "too late");
        assert!(second.settle());
        let _fourth = enter(&gate, ONE).unwrap();
        assert!(
            !is_shed(&second) && !is_shed(&third),
            "one that has settled does not count as waiting"
        );
    }

    #[test]
    fn whoever_settled_for_a_while_waits_again_as_the_youngest() {
        let gate = gate(100, 10, 2);
        let poll = Arc::new(enter(&gate, ONE).unwrap());
        let second = enter(&gate, ONE).unwrap();
        let asking = Pass::settle_for_now(&poll).unwrap();
        let third = enter(&gate, ONE).unwrap();
        assert!(!is_shed(&poll) && !is_shed(&second), "two wait, as many as may");
        drop(asking);
        let fourth = enter(&gate, ONE).unwrap();
        assert!(is_shed(&second) && !is_shed(&poll));
        let fifth = enter(&gate, ONE).unwrap();
        assert!(is_shed(&third) && !is_shed(&poll));
        let sixth = enter(&gate, ONE).unwrap();
        assert!(is_shed(&poll) && Pass::settle_for_now(&poll).is_none());
        drop((poll, second, third, fourth, fifth, sixth));
        let open = gate.lock();
        assert!(open.all == 0 && open.by_source.is_empty() && open.waiting.is_empty());
    }

    #[test]
    fn a_full_house_lets_a_newcomer_in_for_the_oldest_who_waits_whoever_it_is() {
        let gate = gate(2, 10, 10);
        let settled = enter(&gate, ONE).unwrap();
        settled.settle();
        let waiting = enter(&gate, ONE).unwrap();
        let newcomer = enter(&gate, OTHER).unwrap();
        assert!(is_shed(&waiting) && !is_shed(&settled) && !is_shed(&newcomer));
        newcomer.settle();
        assert!(
            enter(&gate, OTHER).is_none(),
            "nobody waits: those inside stay, and the newcomer does not get in"
        );
        assert_eq!(gate.shed_oldest(8), 0);
    }
}
