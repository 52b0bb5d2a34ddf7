//! What an operator may set, with the defaults and why they are what they are.
//!
//! Every bound on what strangers can make the server hold or do has its name here and a test in `tests/limits.rs`.

use std::time::Duration;

/// Settings of [`crate::Signaling`].
#[derive(Clone, Debug)]
pub struct Config {
    /// What pages are told to use for ICE.
    pub ice_servers: Vec<IceTemplate>,

    /// Time for `hello` on a new connection.
    pub hello_within: Duration,
    /// Quiet time after which a connection is pinged.
    pub ping_every: Duration,
    /// Quiet time after which a connection counts as dead.
    pub silent_after: Duration,
    /// How long a seat outlives its connection.
    pub hold: Duration,
    /// The same for hosts.
    pub hold_host: Duration,

    /// Longest frame, bytes of UTF-8.
    pub frame_bytes: usize,
    /// Longest body of a signal, bytes of UTF-8.
    pub body_bytes: usize,
    /// Frames kept for a session until it acknowledges them; one more ends it.
    pub kept_frames: usize,
    /// Bytes of those frames.
    pub kept_bytes: usize,
    /// Bytes of those frames of all sessions together; when half of it is used, each may keep an eighth only, so
    /// that those who acknowledge nothing go first.
    pub kept_bytes_total: usize,
    /// Acknowledge after so many frames …
    pub ack_after_frames: u32,
    /// … or so long after the first of them.
    pub ack_after: Duration,

    /// Frames of one session; beyond it the connection is closed (1008).
    pub frames: Rate,
    /// Signals of one session; beyond it they are refused.
    pub signals: Rate,
    /// Requests of one session that cost a signature check: create, restore, join, state.
    pub costly: Rate,

    /// Connections on the whole server, greeted or not.
    pub connections: usize,
    /// Connections of one source: an IPv4 address or an IPv6 /64.
    pub connections_per_source: usize,
    /// Sessions on the whole server, held ones included.
    pub sessions: usize,
    /// Sessions of one source.
    pub sessions_per_source: usize,
    /// Sources remembered; of those without a connection or session the memory is given up first.
    pub sources: usize,
    /// Rooms made by one source.
    pub rooms_per_source: Rate,
    /// Joins by one source.
    pub joins_per_source: Rate,
    /// Different rooms that one source may ask for in vain …
    pub misses: usize,
    /// … within so long; then `rate`.
    pub misses_within: Duration,

    /// Rooms on the whole server; a new one takes the place of the one that has been empty longest.
    pub rooms: usize,
    /// Seats in a room, whatever its rules say.
    pub cap: usize,
    /// People on a room's porch.
    pub porch: usize,
    /// Of one source.
    pub porch_per_source: usize,
    /// Links by which one room is known.
    pub names_per_room: usize,
    /// Invitations of one room.
    pub invitations_per_room: usize,
    /// Host keys that may claim one room id.
    pub claims_per_name: usize,
    /// A named room that is made so soon after the start …
    pub makes_way_within: Duration,
    /// … makes way for so long for one that is restored and has more people.
    pub makes_way_for: Duration,
    /// Shortest time between two views of a room; changes in between are told together. A signal never overtakes
    /// the view that introduces its sender.
    pub view_every: Duration,
    /// How long a room in which nobody ever had a seat is kept.
    pub keep_unused: Duration,
    /// How long a room is kept that lost everybody, if its rules do not run out before.
    pub keep_empty: Duration,
    /// Rooms on the whole server that stay though everybody left, as their rules ask for it (`until` further ahead
    /// than [`Self::ordinary_until`]); one more ends like any other. 0 for none.
    pub kept_rooms: usize,
    /// How long such a room stays, if its rules do not run out before.
    pub kept_for: Duration,
    /// How far ahead the rules of an ordinary room say `until` at most.
    pub ordinary_until: Duration,
    /// How long a room is kept that was left by closing pages: one may be loading again.
    pub keep_closed: Duration,
    /// How long a guest whose connection broke keeps the room from ending when the others leave.
    pub missed_for: Duration,
    /// How long rules count after their `until`, for clocks that are wrong.
    pub until_tolerance: Duration,
    /// Ended rooms remembered so that their links stay dead; the oldest is forgotten first.
    pub tombstones: usize,
    /// For how long.
    pub tombstone_for: Duration,

    /// Bytes of the blobs of all rooms in standard mode, each counting 256 more than it has, also of those that were taken back and
    /// are still being read; when half of it is used, each room may keep an eighth of its share only. 0: this server keeps nothing.
    pub blob_bytes_total: usize,
    /// Bytes of one room's blobs.
    pub blob_bytes_per_room: usize,
    /// Blobs of one room.
    pub blobs_per_room: usize,
    /// Bytes of one blob.
    pub blob_bytes: usize,
    /// How long a blob is kept, if its room lives so long.
    pub blob_for: Duration,
    /// Requests of one seat about blobs.
    pub blob_requests: Rate,

    /// When the server stops, pages are told to come back after this …
    pub rejoin_after: Duration,
    /// … and up to so much more, at random, lest all come at once.
    pub rejoin_spread: Duration,
}

/// One entry of W3C `iceServers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceTemplate {
    /// Addresses; `{host}` stands for the host by which the page reached the server. Those that name it are left
    /// out if that host is no name or IP address. `{name}` is the same, but only for names.
    pub urls: Vec<String>,
    /// Whether the seat's user name and password belong to it (`turn:`, `turns:`).
    pub with_credential: bool,
}

/// A token bucket: `burst` at once, and one more each `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once; at least 1.
    pub burst: u32,
    /// Time for one more.
    pub every: Duration,
}

impl Rate {
    /// `burst` at once, then `per_second`.
    const fn per_second(per_second: u32, burst: u32) -> Self {
        Self {
            burst,
            every: Duration::from_nanos(1_000_000_000 / per_second as u64),
        }
    }
}

impl Config {
    /// Whether rooms in standard mode have something that they can leave with this server.
    pub(crate) fn keeps_blobs(&self) -> bool {
        self.blob_bytes_total > 0
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ice_servers: Vec::new(),
            hello_within: Duration::from_secs(5),
            ping_every: Duration::from_secs(20),
            silent_after: Duration::from_secs(45),
            hold: Duration::from_secs(30),
            hold_host: Duration::from_secs(60),
            frame_bytes: 65_536,
            body_bytes: 49_152,
            kept_frames: 256,
            kept_bytes: 262_144,
            kept_bytes_total: 256 << 20,
            ack_after_frames: 32,
            ack_after: Duration::from_secs(1),
            frames: Rate::per_second(50, 200),
            // A page that joins 15 others says some eight things to each in the first seconds.
            signals: Rate::per_second(30, 150),
            // Six Ed25519 checks at most each, some 60 µs apiece.
            costly: Rate::per_second(2, 20),
            connections: 20_000,
            connections_per_source: 128,
            sessions: 10_000,
            sessions_per_source: 64,
            sources: 50_000,
            rooms_per_source: Rate {
                burst: 20,
                every: Duration::from_secs(15),
            },
            joins_per_source: Rate::per_second(2, 64),
            misses: 10,
            misses_within: Duration::from_secs(600),
            rooms: 5_000,
            cap: 16,
            porch: 16,
            porch_per_source: 4,
            invitations_per_room: 64,
            names_per_room: 32,
            claims_per_name: 4,
            makes_way_within: Duration::from_secs(60),
            makes_way_for: Duration::from_secs(600),
            view_every: Duration::from_millis(100),
            keep_unused: Duration::from_secs(600),
            keep_empty: Duration::from_secs(24 * 3600),
            kept_rooms: 0,
            kept_for: Duration::from_secs(30 * 24 * 3600),
            ordinary_until: Duration::from_secs(25 * 3600),
            keep_closed: Duration::from_secs(120),
            missed_for: Duration::from_secs(600),
            until_tolerance: Duration::from_secs(3600),
            tombstones: 100_000,
            tombstone_for: Duration::from_secs(30 * 24 * 3600),
            blob_bytes_total: 256 << 20,
            blob_bytes_per_room: 16 << 20,
            blobs_per_room: 256,
            blob_bytes: 1 << 20,
            blob_for: Duration::from_secs(24 * 3600),
            // A latecomer reads one blob for each page that ever wrote, at once.
            blob_requests: Rate {
                burst: 300,
                every: Duration::from_millis(250),
            },
            rejoin_after: Duration::from_millis(500),
            rejoin_spread: Duration::from_millis(3500),
        }
    }
}
