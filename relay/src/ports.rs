//! The numbers of relayed addresses: which are free, which rest.
//!
//! Numbers are drawn at random: for virtual addresses from 1024–65535 (browsers refuse lower ones) without those
//! on which the host listens, for real ones from the range that the operator opened. A freed
//! number rests, so that a channel bound to its last holder has ended before the next one comes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use rand::RngExt as _;
use rand::rngs::StdRng;

/// Tries for a number of the wanted parity before the search goes through all.
const EVEN_TRIES: usize = 16;

/// The pool. Two bytes per free number, some 40 per resting one. `Owner` is whoever had a resting number.
#[derive(Debug)]
pub(crate) struct Ports<Owner> {
    total: usize,
    free: Vec<u16>,
    resting: VecDeque<Resting<Owner>>,
    /// How many of the resting numbers each owner has had.
    resting_of: BTreeMap<Owner, usize>,
    quarantine: Duration,
}

#[derive(Debug)]
struct Resting<Owner> {
    until: Instant,
    port: u16,
    owner: Owner,
}

impl<Owner: Ord + Clone> Ports<Owner> {
    pub(crate) fn new(range: RangeInclusive<u16>, reserved: &[u16], quarantine: Duration) -> Self {
        let reserved: BTreeSet<u16> = reserved.iter().copied().collect();
        let free: Vec<u16> = range.filter(|port| !reserved.contains(port)).collect();
        Self {
            total: free.len(),
            free,
            resting: VecDeque::new(),
            resting_of: BTreeMap::new(),
            quarantine,
        }
    }

    /// Draws a free number, an even one if asked (RFC 8656 §7.2, EVEN-PORT). `None` if there is none.
    pub(crate) fn draw(&mut self, now: Instant, rng: &mut StdRng, even: bool) -> Option<u16> {
        self.wake(now);
        if self.free.is_empty() {
            return None;
        }
        for _ in 0..EVEN_TRIES {
            let place = rng.random_range(0..self.free.len());
            if !even || self.free.get(place).is_some_and(|port| port.is_multiple_of(2)) {
                return Some(self.free.swap_remove(place));
            }
        }
        let place = self.free.iter().position(|port| port.is_multiple_of(2))?;
        Some(self.free.swap_remove(place))
    }

    /// Puts a number to rest that `owner` had.
    pub(crate) fn rest(&mut self, now: Instant, port: u16, owner: Owner) {
        *self.resting_of.entry(owner.clone()).or_default() += 1;
        self.resting.push_back(Resting {
            until: now + self.quarantine,
            port,
            owner,
        });
    }

    /// How many numbers rest because of this owner.
    pub(crate) fn resting_of(&mut self, now: Instant, owner: &Owner) -> usize {
        self.wake(now);
        self.resting_of.get(owner).copied().unwrap_or_default()
    }

    /// Frees the numbers that have rested. They rest equally long, so they wake in order.
    fn wake(&mut self, now: Instant) {
        while let Some(resting) = self.resting.pop_front_if(|resting| resting.until <= now) {
            self.free.push(resting.port);
            if let Some(count) = self.resting_of.get_mut(&resting.owner) {
                *count -= 1;
                if *count == 0 {
                    self.resting_of.remove(&resting.owner);
                }
            }
        }
    }

    /// Numbers that are free or resting.
    pub(crate) fn unused(&self) -> usize {
        self.free.len() + self.resting.len()
    }

    /// Numbers in the pool from the beginning, those in use included.
    pub(crate) const fn total(&self) -> usize {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng as _;

    use super::*;

    fn pool(reserved: &[u16]) -> Ports<&'static str> {
        Ports::new(1024..=u16::MAX, reserved, Duration::from_secs(600))
    }

    #[test]
    fn every_number_is_drawn_once_and_reserved_ones_never() {
        let now = crate::some_instant();
        let mut rng = StdRng::from_seed([1; 32]);
        let mut ports = pool(&[3478, 5349, 80]);
        let drawn: HashSet<u16> = std::iter::from_fn(|| ports.draw(now, &mut rng, false)).collect();
        assert_eq!(drawn.len(), 64_510);
        assert!(!drawn.contains(&3478) && !drawn.contains(&5349) && drawn.iter().all(|port| *port >= 1024));
    }

    #[test]
    fn a_freed_number_rests_for_ten_minutes() {
        let now = crate::some_instant();
        let mut rng = StdRng::from_seed([1; 32]);
        let reserved: Vec<u16> = (1025..=u16::MAX).collect();
        let mut ports = pool(&reserved);
        assert_eq!(ports.draw(now, &mut rng, false), Some(1024));
        ports.rest(now, 1024, "owner");
        assert_eq!(ports.draw(now + Duration::from_secs(599), &mut rng, false), None);
        assert_eq!(ports.resting_of(now, &"owner"), 1);
        assert_eq!(
            ports.draw(now + Duration::from_secs(600), &mut rng, false),
            Some(1024)
        );
        assert_eq!(ports.resting_of(now, &"owner"), 0);
    }

    #[test]
    fn an_even_number_is_found_while_there_is_one() {
        let now = crate::some_instant();
        let mut rng = StdRng::from_seed([1; 32]);
        let even = |port: &u16| port.is_multiple_of(2) && *port != 4000;
        let reserved: Vec<u16> = (1024..=u16::MAX).filter(even).collect();
        let mut ports = pool(&reserved);
        assert_eq!(ports.draw(now, &mut rng, true), Some(4000));
        assert_eq!(ports.draw(now, &mut rng, true), None);
        assert!(ports.draw(now, &mut rng, false).is_some());
    }

    /// Numbers that can be guessed invite strangers' stray packets (coturn CVE-2025-69217).
    #[test]
    fn drawn_numbers_are_spread_and_do_not_follow_each_other() {
        let now = crate::some_instant();
        let mut rng = StdRng::from_seed([3; 32]);
        let mut ports = pool(&[]);
        let drawn: Vec<f64> = (0..10_000)
            .filter_map(|_| ports.draw(now, &mut rng, false))
            .map(f64::from)
            .collect();
        let mut bins = [0_f64; 64];
        for port in &drawn {
            bins[((port - 1024.0) / 1008.0) as usize] += 1.0;
        }
        let expected = 10_000.0 / 64.0;
        let chi_square: f64 = bins.iter().map(|n| (n - expected).powi(2) / expected).sum();
        // 63 degrees of freedom: p of 0.001 and 0.999 lie at 103.4 and 32.7.
        assert!((32.7..103.4).contains(&chi_square), "{chi_square}");
        let mean = drawn.iter().sum::<f64>() / 10_000.0;
        let variance: f64 = drawn.iter().map(|port| (port - mean).powi(2)).sum();
        let covariance: f64 = drawn
            .windows(2)
            .map(|pair| (pair[0] - mean) * (pair[1] - mean))
            .sum();
        assert!((covariance / variance).abs() < 0.05);
    }
}
