//! What the control side has done: numbers for metrics, without any name or address.

use crate::dropped::{Dropped, Drops};
use crate::reception::{Asked, Changed};

/// Counters since the relay was made, and gauges.
#[derive(Debug, Default)]
pub struct Stats {
    /// Gauge: live allocations.
    pub allocations: usize,
    /// Gauge: seats whose credentials are valid.
    pub seats: usize,
    /// Allocations ever made.
    pub opened: u64,
    /// Requests that were answered with success.
    pub successes: u64,
    /// Requests that were answered with an error after authentication.
    pub rejections: u64,
    /// Answers 401 and 438, and other errors before authentication.
    pub challenges: u64,
    /// Of them 438: a client inside a running allocation was given a new nonce.
    pub stale_nonces: u64,
    /// Refresh requests that were answered with success, deletions included.
    pub refreshes: u64,
    /// CreatePermission requests that were.
    pub permissions: u64,
    /// ChannelBind requests that were.
    pub channels: u64,
    /// Silent allocations that made room for a new one of their seat.
    pub retired: u64,
    pub(crate) drops: Drops,
}

impl Stats {
    /// Counts what an authenticated request came to.
    pub(crate) fn count<T, E>(&mut self, result: &Result<T, E>) {
        match result {
            Ok(_) => self.successes += 1,
            Err(_) => self.rejections += 1,
        }
    }

    /// Counts a request that was answered with success, if it was about something that runs out.
    pub(crate) fn count_renewal(&mut self, asked: Asked) {
        match asked {
            Asked::Allocate => {}
            Asked::Change(Changed::Lifetime) => self.refreshes += 1,
            Asked::Change(Changed::Permission) => self.permissions += 1,
            Asked::Change(Changed::Channel) => self.channels += 1,
        }
    }

    /// How often a control packet was dropped for `reason`; those of media are in
    /// [`Flows::dropped`](crate::flows::Flows::dropped).
    #[must_use]
    pub fn dropped(&self, reason: Dropped) -> u64 {
        self.drops.of(reason)
    }
}
