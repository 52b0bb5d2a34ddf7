//! What is counted: how many, never who.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::message::{ByeCode, ErrorCode};

/// Counters since the start, and what stands now. Nothing here tells one person or room from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections open now.
    pub connections: usize,
    /// Sessions standing now, held ones included.
    pub sessions: usize,
    /// Bytes kept now for all sessions until they acknowledge them.
    pub kept_bytes: usize,
    /// Blobs of rooms in standard mode held now.
    pub blobs: usize,
    /// Their bytes, each counting 256 more than it has.
    pub blob_bytes: usize,
    /// Rooms held now.
    pub rooms: usize,
    /// Of these, those that everybody left and that are kept.
    pub kept_rooms: usize,
    /// Seats taken now, held ones included.
    pub seats: usize,
    /// People on porches now.
    pub porch: usize,
    /// Sources remembered now.
    pub sources: usize,
    /// Ended rooms and links remembered now.
    pub tombstones: usize,

    /// Connections that came.
    pub connections_total: u64,
    /// Sessions that began.
    pub sessions_total: u64,
    /// Sessions that went on after a connection broke.
    pub resumed_total: u64,
    /// Resumptions of sessions that were not there any more.
    pub gone_total: u64,
    /// Rooms that were made.
    pub rooms_total: u64,
    /// Seats that were given.
    pub seats_opened_total: u64,
    /// Seats that ended.
    pub seats_closed_total: u64,
    /// How long those lasted.
    pub stays: Stays,
    /// Frames that came from pages.
    pub frames_total: u64,
    /// Frames that came a second time after a resumption.
    pub repeated_total: u64,
    /// Signals that were passed on.
    pub signals_total: u64,
    /// Views that were sent, each recipient counted.
    pub views_total: u64,
    /// Blobs that came.
    pub blobs_put_total: u64,
    /// Requests about blobs that were refused.
    pub blobs_refused_total: u64,
    /// Connections whose outbox was full.
    pub overflows_total: u64,
    /// Refusals by code.
    pub errors: BTreeMap<ErrorCode, u64>,
    /// Sessions ended by the server, by code.
    pub byes: BTreeMap<ByeCode, u64>,
    /// Connections closed by the server, by WebSocket close code.
    pub closes: BTreeMap<u16, u64>,
}

/// How long people had a seat, as coarse as serves planning: a seat's length is forgotten as soon as it is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stays {
    counts: [u64; Self::BOUNDS.len() + 1],
    minutes: u64,
}

impl Stays {
    /// Longest stay of each class in seconds; one more class has no end.
    pub const BOUNDS: [u64; 7] = [60, 300, 900, 1800, 3600, 7200, 14_400];

    /// How many there were of each class, and in the last of those that lasted longer.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// All of them together; each counts as whole minutes, rounded up.
    #[must_use]
    pub fn minutes(&self) -> u64 {
        self.minutes
    }

    pub(crate) fn add(&mut self, stay: Duration) {
        let seconds = stay.as_secs();
        let class = Self::BOUNDS.iter().position(|bound| seconds <= *bound);
        if let Some(count) = self.counts.get_mut(class.unwrap_or(Self::BOUNDS.len())) {
            *count += 1;
        }
        self.minutes = self.minutes.saturating_add(seconds.div_ceil(60));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stay_counts_in_the_first_class_that_holds_it() {
        let mut stays = Stays::default();
        for seconds in [0, 60, 61, 3600, 14_400, 14_401, 1_000_000] {
            stays.add(Duration::from_secs(seconds));
        }
        assert_eq!(stays.counts(), [2, 1, 0, 0, 1, 0, 1, 2]);
        assert_eq!(stays.minutes(), 1 + 2 + 60 + 240 + 241 + 16_667);
    }
}
