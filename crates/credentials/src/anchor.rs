//! What time it is in the world, for machines that only know moments.
//!
//! Expiry times of shared-secret credentials are UNIX seconds, while everything else here counts from an
//! [`Instant`]. The program reads both clocks once and hands the pair in; after that the wall clock may jump
//! without anybody being thrown out. A suspended host stretches lifetimes by the suspension.

use std::time::Instant;

/// One moment, named in both ways.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    instant: Instant,
    unix_seconds: u64,
}

impl Anchor {
    /// `instant` and `unix_seconds` (since 1970-01-01T00:00:00Z) are the same moment.
    #[must_use]
    pub const fn new(instant: Instant, unix_seconds: u64) -> Self {
        Self {
            instant,
            unix_seconds,
        }
    }

    /// UNIX seconds at `now`; moments before the anchor count as the anchor.
    #[must_use]
    pub fn unix_at(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.instant);
        self.unix_seconds.saturating_add(since.as_secs())
    }
}
