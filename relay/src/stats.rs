//! What the control side has done: numbers for metrics, without any name or address.

use crate::dropped::{Dropped, Drops};

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

    /// How often a control packet was dropped for `reason`; those of media are in
    /// [`Flows::dropped`](crate::flows::Flows::dropped).
    #[must_use]
    pub fn dropped(&self, reason: Dropped) -> u64 {
        self.drops.of(reason)
    }
}
