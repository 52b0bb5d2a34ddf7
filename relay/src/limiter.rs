//! How many unauthenticated UDP packets are answered, per source and in all.
//!
//! Source addresses of UDP can be forged, so an unanswered packet must not cost memory: the table has a
//! fixed size, is keyed with a secret so that nobody can aim at somebody else's place in it, and forgets the
//! longest idle entry when it is full. Forgetting gives a source its whole budget back, which errs towards
//! answering; the limit of the whole server stands above that. A source that has authenticated gets back
//! what it spent, and keeps being answered when the server's limit is reached.

use std::hash::{DefaultHasher, Hasher as _};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::dropped::Dropped;

/// Entries that share one hash; each source has two such places to be.
const WAYS: usize = 4;
/// How long a source counts as known after it authenticated.
const KNOWN_FOR: Duration = Duration::from_secs(600);

/// The limiter. Its memory is [`Config::tracked_sources`] times 24 bytes, from the beginning.
pub(crate) struct Limiter {
    epoch: Instant,
    secret: [u8; 16],
    sets: Vec<[Entry; WAYS]>,
    per_source: Pace,
    per_server: Pace,
    /// The server's own state, as in [`Entry::full_at`].
    server_full_at: u64,
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Limiter({} sets)", self.sets.len())
    }
}

/// Times in nanoseconds since the limiter was made.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// Keyed hash of the source; zero for none.
    source: u64,
    /// When the source's budget will be whole again.
    full_at: u64,
    known_until: u64,
}

impl Limiter {
    pub(crate) fn new(now: Instant, config: &Config, secret: [u8; 16]) -> Self {
        let sets = (config.tracked_sources / WAYS).max(1);
        Self {
            epoch: now,
            secret,
            sets: vec![[Entry::default(); WAYS]; sets],
            per_source: Pace::new(config.replies_per_source, config.reply_burst_per_source),
            per_server: Pace::new(config.replies_per_server, config.replies_per_server),
            server_full_at: 0,
        }
    }

    /// Takes one answer from the budgets of this source and of the server, or says which is exhausted.
    pub(crate) fn admit(&mut self, now: Instant, source: IpAddr) -> Result<(), Dropped> {
        let now = self.nanos(now);
        let (per_source, per_server, server_full_at) =
            (self.per_source, self.per_server, self.server_full_at);
        let entry = self.entry(now, source);
        let full_at = per_source.take(entry.full_at, now).ok_or(Dropped::SourceLimit)?;
        match per_server.take(server_full_at, now) {
            Some(server_full_at) => {
                entry.full_at = full_at;
                self.server_full_at = server_full_at;
            }
            None if now < entry.known_until => entry.full_at = full_at,
            None => return Err(Dropped::ServerLimit),
        }
        Ok(())
    }

    /// Gives the last answer back: this source has proved who it is.
    pub(crate) fn refund(&mut self, now: Instant, source: IpAddr) {
        let now = self.nanos(now);
        let interval = self.per_source.interval;
        let entry = self.entry(now, source);
        entry.full_at = entry.full_at.saturating_sub(interval);
        entry.known_until = now.saturating_add(u64::try_from(KNOWN_FOR.as_nanos()).unwrap_or(u64::MAX));
    }

    /// The source's entry, made if need be in place of the one that is missed least.
    fn entry(&mut self, now: u64, source: IpAddr) -> &mut Entry {
        let hash = self.hash(source);
        let sets = self.sets.len() as u64;
        let places = [(hash % sets) as usize, ((hash >> 32) % sets) as usize];
        let mut best = (0, 0);
        let mut least = (true, u64::MAX);
        for set in places {
            for (way, entry) in self.sets.get(set).into_iter().flatten().enumerate() {
                if entry.source == hash {
                    best = (set, way);
                    least = (false, 0);
                    break;
                }
                // Unknown before known, longest recovered first; an empty entry is all of that.
                let missed = (now < entry.known_until, entry.full_at);
                if missed < least {
                    (best, least) = ((set, way), missed);
                }
            }
            if self
                .sets
                .get(best.0)
                .and_then(|set| set.get(best.1))
                .is_some_and(|entry| entry.source == hash)
            {
                break;
            }
        }
        let entry = self.sets.get_mut(best.0).and_then(|set| set.get_mut(best.1));
        let entry = entry.expect("there is at least one set, and places are taken modulo their number");
        if entry.source != hash {
            *entry = Entry {
                source: hash,
                full_at: 0,
                known_until: 0,
            };
        }
        entry
    }

    /// IPv4 addresses count whole, IPv6 by the /64 that one subscriber has.
    fn hash(&self, source: IpAddr) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.secret);
        match source.to_canonical() {
            IpAddr::V4(ip) => hasher.write_u32(ip.to_bits()),
            IpAddr::V6(ip) => hasher.write_u64((ip.to_bits() >> 64) as u64),
        }
        hasher.finish().max(1)
    }

    fn nanos(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.epoch).as_nanos()).unwrap_or(u64::MAX)
    }
}

/// A rate of events with a burst, its state kept elsewhere as the moment when the budget is whole again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    interval: u64,
    depth: u64,
}

impl Pace {
    /// `per_second` events, `burst` at once. Zero of either lets none pass.
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        if per_second == 0 || burst == 0 {
            return Self {
                interval: 1,
                depth: 0,
            };
        }
        let interval = 1_000_000_000 / u64::from(per_second);
        Self {
            interval,
            depth: interval * u64::from(burst),
        }
    }

    /// The new state after one event at `now`, or `None` if it must not happen.
    pub(crate) fn take(self, full_at: u64, now: u64) -> Option<u64> {
        let after = full_at.max(now) + self.interval;
        (after - now <= self.depth).then_some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(tracked_sources: usize) -> (Instant, Limiter) {
        let now = crate::some_instant();
        (
            now,
            Limiter::new(
                now,
                &Config {
                    tracked_sources,
                    ..Config::default()
                },
                [5; 16],
            ),
        )
    }

    fn v4(n: u32) -> IpAddr {
        IpAddr::V4(std::net::Ipv4Addr::from_bits(n))
    }

    #[test]
    fn twenty_at_once_then_ten_a_second() {
        let (now, mut limiter) = limiter(64);
        let admitted =
            |limiter: &mut Limiter, at| (0..100).filter(|_| limiter.admit(at, v4(1)).is_ok()).count();
        assert_eq!(admitted(&mut limiter, now), 20);
        assert_eq!(admitted(&mut limiter, now + Duration::from_secs(1)), 10);
        assert_eq!(admitted(&mut limiter, now + Duration::from_secs(60)), 20);
    }

    #[test]
    fn a_64_is_one_source_and_a_mapped_address_is_its_ipv4() {
        let (now, limiter) = limiter(64);
        let _ = now;
        let hash = |ip: &str| limiter.hash(ip.parse().unwrap());
        assert_eq!(hash("2001:db8:1:2::1"), hash("2001:db8:1:2:ffff::9"));
        assert_ne!(hash("2001:db8:1:2::1"), hash("2001:db8:1:3::1"));
        assert_eq!(hash("::ffff:198.51.100.1"), hash("198.51.100.1"));
    }

    #[test]
    fn above_the_servers_limit_only_those_who_have_authenticated_are_answered() {
        let (now, mut limiter) = limiter(65_536);
        limiter.admit(now, v4(1)).unwrap();
        limiter.refund(now, v4(1));
        let admitted = (100..10_100)
            .filter(|n| limiter.admit(now, v4(*n)).is_ok())
            .count();
        assert_eq!(admitted, 1999);
        assert_eq!(limiter.admit(now, v4(2)), Err(Dropped::ServerLimit));
        assert_eq!(limiter.admit(now, v4(1)), Ok(()));
    }

    #[test]
    fn who_authenticates_each_time_never_runs_dry() {
        let (now, mut limiter) = limiter(64);
        for _ in 0..1000 {
            limiter.admit(now, v4(1)).unwrap();
            limiter.refund(now, v4(1));
        }
    }

    #[test]
    fn honest_sources_pass_among_sixty_thousand_attackers_in_fixed_memory() {
        let now = crate::some_instant();
        let config = Config {
            replies_per_server: u32::MAX,
            ..Config::default()
        };
        let mut limiter = Limiter::new(now, &config, [5; 16]);
        let size = limiter.sets.len();
        let (mut dropped, rounds) = (0, 4);
        for round in 0..rounds {
            let at = now + Duration::from_secs(round);
            for attacker in 0..60_000 {
                let _ = limiter.admit(at, v4(0x0A00_0000 + attacker));
            }
            dropped += u32::from(limiter.admit(at, v4(0xC633_6401)).is_err());
        }
        assert_eq!(dropped, 0);
        assert_eq!(limiter.sets.len(), size);
    }

    #[test]
    fn a_known_source_is_not_forgotten_for_a_flood_of_strangers() {
        let (now, mut limiter) = limiter(64);
        limiter.refund(now, v4(1));
        for stranger in 1000..100_000 {
            let _ = limiter.admit(now, v4(stranger));
        }
        let now_nanos = limiter.nanos(now);
        assert!(limiter.entry(now_nanos, v4(1)).known_until > now_nanos);
    }

    #[test]
    fn a_pace_of_zero_lets_nothing_pass() {
        assert_eq!(Pace::new(0, 20).take(0, 5), None);
        assert_eq!(Pace::new(10, 0).take(0, 5), None);
        assert!(Pace::new(10, 1).take(0, 5).is_some());
    }
}
