//! What is counted: how many, never who.

use std::collections::BTreeMap;

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
