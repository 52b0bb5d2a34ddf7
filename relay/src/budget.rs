//! Bandwidth budgets that many data-plane workers share without a lock.
//!
//! A [`Bucket`] is a leaky bucket kept as one moment: when everything taken so far will have drained
//! ("theoretical arrival time"). What is taken above the rate moves that moment into the future; the
//! distance from now to it is the backlog. One atomic word, so replicas of `Flows` on several cores draw on
//! the same budget; two cores racing may overshoot by a packet each, which no budget minds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::dropped::Dropped;

/// A rate with a burst, in nanoseconds of drain time.
#[derive(Debug)]
pub(crate) struct Bucket {
    epoch: Instant,
    /// Nanoseconds that one byte takes to drain, in 1/65536 ns.
    byte_cost: AtomicU64,
    /// Backlog at which the bucket is full.
    capacity: u64,
    /// When the bucket will be empty, in nanoseconds since `epoch`.
    empty_at: AtomicU64,
    /// When something was last put in, in nanoseconds since `epoch`.
    used_at: AtomicU64,
}

impl Bucket {
    /// A full budget from `now` on: `bits` per second, `burst` bytes at once. Zero bits lets nothing pass.
    pub(crate) fn new(now: Instant, bits: u64, burst: u64) -> Self {
        let byte_cost = byte_cost(bits);
        Self {
            epoch: now,
            byte_cost: AtomicU64::new(byte_cost),
            capacity: drain_time(byte_cost, burst),
            empty_at: AtomicU64::new(0),
            used_at: AtomicU64::new(0),
        }
    }

    /// Changes the rate; the burst stays the drain time it was.
    pub(crate) fn set_rate(&self, bits: u64) {
        self.byte_cost.store(byte_cost(bits), Ordering::Relaxed);
    }

    /// Whether `bytes` more would fill the bucket above this percentage.
    fn would_exceed(&self, percent: u64, now: Instant, bytes: usize) -> bool {
        if self.byte_cost.load(Ordering::Relaxed) == NEVER {
            return true;
        }
        let backlog = self
            .empty_at
            .load(Ordering::Relaxed)
            .saturating_sub(self.nanos(now));
        let after = backlog.saturating_add(self.cost(bytes));
        after.saturating_mul(100) > self.capacity.saturating_mul(percent)
    }

    /// Puts `bytes` in. A bucket that is meant to measure only may be overfilled, up to twice its size.
    fn charge(&self, now: Instant, bytes: usize) {
        let (now, cost) = (self.nanos(now), self.cost(bytes));
        let limit = now.saturating_add(self.capacity.saturating_mul(2));
        let _ = self
            .empty_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |empty_at| {
                Some(empty_at.max(now).saturating_add(cost).min(limit))
            });
        self.used_at.store(now, Ordering::Relaxed);
    }

    /// When bytes were last put in; the moment of creation if never.
    pub(crate) fn last_used(&self) -> Instant {
        self.epoch + Duration::from_nanos(self.used_at.load(Ordering::Relaxed))
    }

    /// Whole seconds and nanoseconds apart: the detour over 128 bits would cost more than the rest.
    fn nanos(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.epoch);
        since
            .as_secs()
            .saturating_mul(1_000_000_000)
            .saturating_add(u64::from(since.subsec_nanos()))
    }

    fn cost(&self, bytes: usize) -> u64 {
        drain_time(self.byte_cost.load(Ordering::Relaxed), bytes as u64)
    }
}

/// What one allocation's packets are charged to.
#[derive(Clone, Debug)]
pub(crate) struct Budgets {
    /// The allocation's own cap.
    pub(crate) allocation: Arc<Bucket>,
    /// Measures whether the seat sends more than its even share of the room's cap.
    pub(crate) share: Arc<Bucket>,
    /// The room's cap.
    pub(crate) room: Arc<Bucket>,
}

/// From this level of the room's bucket on, senders above their even share lose packets.
const STRAINED: u64 = 50;
/// From this level of any bucket on, only packets of audio size pass.
const RESERVED: u64 = 75;
const FULL: u64 = 100;

impl Budgets {
    /// Takes `bytes` from all budgets, or says which one refuses. Under strain the largest senders go first
    /// and audio last: a screen share must not silence a room.
    pub(crate) fn take(&self, now: Instant, bytes: usize, is_audio: bool) -> Result<(), Dropped> {
        let limit = if is_audio { FULL } else { RESERVED };
        if self.allocation.would_exceed(limit, now, bytes) {
            return Err(Dropped::AllocationBandwidth);
        }
        let loses_first = !is_audio && self.share.would_exceed(FULL, now, bytes);
        if self
            .room
            .would_exceed(if loses_first { STRAINED } else { limit }, now, bytes)
        {
            return Err(Dropped::RoomBandwidth);
        }
        for bucket in [&self.allocation, &self.share, &self.room] {
            bucket.charge(now, bytes);
        }
        Ok(())
    }
}

/// The byte cost of a budget that lets nothing pass.
const NEVER: u64 = u64::MAX;

fn byte_cost(bits: u64) -> u64 {
    match bits {
        0 => NEVER,
        bits => (8_000_000_000_u64 << 16) / bits,
    }
}

fn drain_time(byte_cost: u64, bytes: u64) -> u64 {
    u64::try_from((u128::from(byte_cost) * u128::from(bytes)) >> 16).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One megabyte per second, ten kilobytes at once.
    fn budgets(now: Instant) -> Budgets {
        let bucket = || Arc::new(Bucket::new(now, 8_000_000, 10_000));
        Budgets {
            allocation: bucket(),
            share: bucket(),
            room: bucket(),
        }
    }

    fn passed(budgets: &Budgets, now: Instant, bytes: usize, is_audio: bool) -> usize {
        (0..1000)
            .take_while(|_| budgets.take(now, bytes, is_audio).is_ok())
            .count()
    }

    #[test]
    fn a_quarter_of_the_burst_is_kept_for_audio() {
        let now = crate::some_instant();
        let budgets = budgets(now);
        assert_eq!(passed(&budgets, now, 1000, false), 7);
        assert_eq!(passed(&budgets, now, 100, true), 30);
        assert_eq!(passed(&budgets, now, 100, true), 0);
    }

    #[test]
    fn what_was_taken_drains_at_the_rate() {
        let now = crate::some_instant();
        let budgets = budgets(now);
        assert_eq!(passed(&budgets, now, 1000, false), 7);
        assert_eq!(passed(&budgets, now + Duration::from_millis(3), 1000, false), 3);
        assert_eq!(passed(&budgets, now + Duration::from_secs(3600), 1000, false), 7);
    }

    #[test]
    fn a_rate_of_zero_lets_nothing_pass() {
        let now = crate::some_instant();
        let mut budgets = budgets(now);
        budgets.room = Arc::new(Bucket::new(now, 0, 10_000));
        assert_eq!(budgets.take(now, 1, true), Err(Dropped::RoomBandwidth));
    }

    #[test]
    fn a_measuring_bucket_forgets_within_two_bursts() {
        let now = crate::some_instant();
        let bucket = Bucket::new(now, 8_000_000, 10_000);
        for _ in 0..1000 {
            bucket.charge(now, 1000);
        }
        assert!(bucket.would_exceed(199, now, 0) && !bucket.would_exceed(200, now, 0));
        assert!(!bucket.would_exceed(0, now + Duration::from_millis(20), 0));
    }
}
