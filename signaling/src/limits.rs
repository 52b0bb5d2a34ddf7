//! What one source and one session may do in a time: token buckets, and a book for each source.
//!
//! A source is an IPv4 address or an IPv6 /64, since whoever has one address of a /64 has all of them. The numbers
//! are in `config`. What may be held at once per room stands in `room` and `rooms`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::config::{Config, Rate};
use crate::id::RoomId;

/// A token bucket as the time at which it will be full again (the generic cell rate algorithm).
#[derive(Clone, Copy)]
pub(crate) struct Gauge {
    full_at: Instant,
}

impl Gauge {
    /// A full bucket.
    pub(crate) fn new(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes one token.
    ///
    /// # Errors
    /// How long until there is one.
    pub(crate) fn take(&mut self, now: Instant, rate: Rate) -> Result<(), Duration> {
        let after = self.full_at.max(now) + rate.every;
        let excess = (after - now).saturating_sub(rate.every * rate.burst);
        if excess.is_zero() {
            self.full_at = after;
            Ok(())
        } else {
            Err(excess)
        }
    }

    fn is_full(self, now: Instant) -> bool {
        self.full_at <= now
    }
}

/// An address as far as it tells people apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Prefix(IpAddr);

impl Prefix {
    pub(crate) fn of(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V4(ip) => IpAddr::V4(ip),
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        })
    }
}

/// What is remembered of each source.
#[derive(Default)]
pub(crate) struct Sources {
    books: BTreeMap<Prefix, Book>,
}

/// What is remembered of one source.
pub(crate) struct Book {
    /// Open now.
    pub(crate) connections: usize,
    /// Standing now, held ones included.
    pub(crate) sessions: usize,
    /// Rooms made.
    pub(crate) rooms: Gauge,
    /// Joins.
    pub(crate) joins: Gauge,
    /// Rooms asked for in vain, each once, oldest first; at most [`Config::misses`].
    missed: Vec<(Instant, RoomId)>,
}

impl Book {
    fn new(now: Instant) -> Self {
        Self {
            connections: 0,
            sessions: 0,
            rooms: Gauge::new(now),
            joins: Gauge::new(now),
            missed: Vec::new(),
        }
    }

    /// Whether `room` may be asked for. A page that waits for its host asks for the same room again and again; that
    /// finds out nothing new and is always allowed.
    ///
    /// # Errors
    /// How long to wait.
    pub(crate) fn may_ask(&mut self, now: Instant, config: &Config, room: RoomId) -> Result<(), Duration> {
        self.missed.retain(|(at, _)| now < *at + config.misses_within);
        let known = self.missed.iter().any(|(_, missed)| *missed == room);
        match self.missed.first() {
            Some((oldest, _)) if !known && self.missed.len() >= config.misses => {
                Err(*oldest + config.misses_within - now)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Notes that `room`, which [`Self::may_ask`] allowed, was asked for in vain.
    pub(crate) fn miss(&mut self, now: Instant, room: RoomId) {
        if self.missed.iter().all(|(_, missed)| *missed != room) {
            self.missed.push((now, room));
        }
    }

    fn is_idle(&self) -> bool {
        self.connections == 0 && self.sessions == 0
    }

    fn is_blank(&self, now: Instant, config: &Config) -> bool {
        self.is_idle()
            && self.rooms.is_full(now)
            && self.joins.is_full(now)
            && self
                .missed
                .iter()
                .all(|(at, _)| now >= *at + config.misses_within)
    }
}

impl Sources {
    /// The book of a source that may be new; `None` if there are too many with connections or sessions.
    pub(crate) fn open(&mut self, now: Instant, config: &Config, prefix: Prefix) -> Option<&mut Book> {
        if self.books.len() >= config.sources && !self.books.contains_key(&prefix) {
            self.books.retain(|_, book| !book.is_idle());
            if self.books.len() >= config.sources {
                return None;
            }
        }
        Some(self.books.entry(prefix).or_insert_with(|| Book::new(now)))
    }

    /// The book of a source that has a connection or session.
    pub(crate) fn book(&mut self, now: Instant, prefix: Prefix) -> &mut Book {
        self.books.entry(prefix).or_insert_with(|| Book::new(now))
    }

    /// Forgets sources of which there is nothing to remember.
    pub(crate) fn sweep(&mut self, now: Instant, config: &Config) {
        self.books.retain(|_, book| !book.is_blank(now, config));
    }

    pub(crate) fn len(&self) -> usize {
        self.books.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        #[expect(clippy::disallowed_methods, reason = "an Instant can be had in no other way")]
        let start = Instant::now();
        let rate = Rate {
            burst: 3,
            every: Duration::from_millis(100),
        };
        let mut gauge = Gauge::new(start);
        assert!((0..3).all(|_| gauge.take(start, rate).is_ok()));
        assert_eq!(gauge.take(start, rate), Err(Duration::from_millis(100)));
        assert!(gauge.take(start + Duration::from_millis(100), rate).is_ok());
        assert!(gauge.take(start + Duration::from_millis(100), rate).is_err());
    }

    #[test]
    fn an_address_counts_as_its_network() {
        let prefix = |text: &str| Prefix::of(text.parse().unwrap());
        assert!(prefix("2001:db8:1:2:3::4") == prefix("2001:db8:1:2:ffff::"));
        assert!(prefix("2001:db8:1:2::") != prefix("2001:db8:1:3::"));
        assert!(prefix("::ffff:192.0.2.1") == prefix("192.0.2.1"));
        assert!(prefix("192.0.2.1") != prefix("192.0.2.2"));
    }
}
