//! The wall clock: the one place that reads it. Everything else that measures time does so by `Instant`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time since 1970; zero by a clock that is wrong enough to be before it.
#[must_use]
pub fn unix() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The same in seconds, signed as in certificates.
#[must_use]
pub fn unix_seconds() -> i64 {
    i64::try_from(unix().as_secs()).unwrap_or(i64::MAX)
}
