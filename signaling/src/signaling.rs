//! The machine's verbs: what comes in from the shell, what goes out to it.
//!
//! Each `handle_*` is one input and is over when it returns; outputs queue up and are drained by the shell. What the
//! inputs mean stands in `hello` (sessions), `requests`, `claims` and `joining` (rooms).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use parlour_credentials::{Credentials, RoomTag, SeatId};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::blobs::BlobSeats;
use crate::config::Config;
use crate::connection::{CloseCode, Closed, Connection, ConnectionId, Source, Stage};
use crate::deadlines::Deadlines;
use crate::id::{RoomId, SessionId};
use crate::joining::Departure;
use crate::limits::{Prefix, Sources};
use crate::message::ByeCode;
use crate::rooms::Rooms;
use crate::session::Session;
use crate::shelf::{Lingering, Load};
use crate::stats::Stats;
use crate::table::Table;

/// How often sources and tombstones with nothing left to remember are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// What the shell has to do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send one text message. If the connection's outbox is full: [`Signaling::handle_overflow`].
    Send {
        /// To this connection.
        to: ConnectionId,
        /// The frame.
        text: String,
    },
    /// Send a WebSocket ping.
    Ping {
        /// To this connection.
        to: ConnectionId,
    },
    /// Close a connection after what was sent before. The machine has forgotten it already.
    Close {
        /// This connection.
        to: ConnectionId,
        /// WebSocket close code.
        code: u16,
        /// Close reason, ASCII, under 123 bytes.
        reason: &'static str,
    },
    /// The relay may serve this seat from now on.
    SeatOpened {
        /// The seat.
        seat: SeatId,
        /// Whose seats may reach each other.
        room: RoomTag,
    },
    /// The relay must end what this seat has.
    SeatClosed {
        /// The seat; exactly once for each that was opened.
        seat: SeatId,
    },
}

/// Rooms, sessions and who is in them. See the crate's documentation.
pub struct Signaling {
    pub(crate) config: Config,
    pub(crate) credentials: Credentials,
    pub(crate) random: StdRng,
    pub(crate) started: Instant,
    started_unix_ms: u64,
    pub(crate) connections: Table<ConnectionId, Connection>,
    pub(crate) sessions: Table<SessionId, Session>,
    pub(crate) rooms: Rooms,
    pub(crate) sources: Sources,
    pub(crate) deadlines: Deadlines<Due>,
    pub(crate) outputs: VecDeque<Output>,
    /// Sessions that cannot be told any more; ended when the input at hand has been dealt with.
    pub(crate) doomed: BTreeMap<SessionId, ByeCode>,
    /// Rooms that changed; their people are told when the input at hand has been dealt with.
    pub(crate) changed: BTreeSet<RoomTag>,
    pub(crate) draining: bool,
    /// Bytes kept for all sessions until they acknowledge them.
    pub(crate) kept_bytes: usize,
    /// What all rooms in standard mode keep.
    pub(crate) blob_load: Load,
    pub(crate) lingering: Lingering,
    pub(crate) blob_seats: BlobSeats,
    pub(crate) stats: Stats,
}

/// Who is woken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    Connection(ConnectionId),
    Session(SessionId),
    Room(RoomTag),
    Sweep,
    Lingering,
    Drained,
}

impl Signaling {
    /// A machine without rooms. `unix_ms` is the wall clock at `now`, which `until` and `ends` of rules are compared
    /// with; `seed` is 32 random bytes from which ids, tokens and seats are drawn.
    #[must_use]
    pub fn new(now: Instant, unix_ms: u64, config: Config, credentials: Credentials, seed: [u8; 32]) -> Self {
        let mut random = StdRng::from_seed(seed);
        let mut key = [0; 32];
        random.fill_bytes(&mut key);
        Self {
            config,
            credentials,
            random,
            started: now,
            started_unix_ms: unix_ms,
            connections: Table::default(),
            sessions: Table::default(),
            rooms: Rooms::new(key),
            sources: Sources::default(),
            deadlines: Deadlines::new(),
            outputs: VecDeque::new(),
            doomed: BTreeMap::new(),
            changed: BTreeSet::new(),
            draining: false,
            kept_bytes: 0,
            blob_load: Load::default(),
            lingering: Lingering::default(),
            blob_seats: BlobSeats::default(),
            stats: Stats::default(),
        }
    }

    /// Other limits hold from now on: for what is asked from now on, and for deadlines when they are next looked at.
    /// What was taken under the old ones stays.
    pub fn handle_config(&mut self, config: Config) {
        self.config = config;
    }

    /// A connection is open. `id` should be new; one that is still in use counts as broken.
    pub fn handle_opened(&mut self, now: Instant, id: ConnectionId, from: Source) {
        self.stats.connections_total += 1;
        if let Some(session) = self.forget_connection(now, id) {
            self.hold(now, session);
        }
        let prefix = Prefix::of(from.ip);
        let room = self.connections.len() < self.config.connections;
        let book = self.sources.open(now, &self.config, prefix).filter(|_| room);
        match book.filter(|book| book.connections < self.config.connections_per_source) {
            Some(book) => {
                book.connections += 1;
                self.connections
                    .insert(id, Connection::new(now, &self.config, from));
                self.wake_connection(id);
                self.wake_sweep(now);
            }
            None => self.emit_close(id, CloseCode::Full),
        }
        self.settle(now);
    }

    /// A text message came. One for a connection that is closed already is ignored.
    pub fn handle_text(&mut self, now: Instant, id: ConnectionId, text: &str) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        self.stats.frames_total += 1;
        connection.heard(now);
        if text.len() > self.config.frame_bytes {
            self.close(now, id, CloseCode::TooLarge);
        } else {
            match connection.stage {
                Stage::Greeting { tries: 0, .. } => self.close(now, id, CloseCode::Policy),
                Stage::Greeting { until, tries } => {
                    connection.stage = Stage::Greeting {
                        until,
                        tries: tries - 1,
                    };
                    self.greet(now, id, text);
                }
                Stage::Live(session) => self.hear(now, id, session, text),
            }
        }
        self.settle(now);
    }

    /// A WebSocket pong, or any other sign of life that says nothing.
    pub fn handle_pong(&mut self, now: Instant, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.heard(now);
        }
    }

    /// A connection ended. One that the machine closed itself is ignored.
    pub fn handle_closed(&mut self, now: Instant, id: ConnectionId, how: Closed) {
        if let Some(session) = self.forget_connection(now, id) {
            match how {
                Closed::Clean => self.end_session(now, session, Departure::Closed),
                Closed::Broken => self.hold(now, session),
            }
        }
        self.settle(now);
    }

    /// A connection takes no more: it is closed, and its session held like that of any broken one.
    pub fn handle_overflow(&mut self, now: Instant, id: ConnectionId) {
        if self.connections.contains_key(&id) {
            self.stats.overflows_total += 1;
            self.close(now, id, CloseCode::Slow);
        }
        self.settle(now);
    }

    /// The time of [`Self::poll_timeout`] has come; harmless at any other.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(due) = self.deadlines.pop_due(now) {
            match due {
                Due::Connection(id) => self.connection_due(now, id),
                Due::Session(id) => self.session_due(now, id),
                Due::Room(tag) => self.room_due(now, tag),
                Due::Sweep => self.sweep(now),
                Due::Lingering => self.lingering.sweep(),
                Due::Drained => self.drained(now),
            }
            self.settle(now);
        }
    }

    /// The server stops: nobody new is taken, everybody is told to come back (with a random delay) and hung up on.
    /// Seats, and with them relayed calls, last until `until`.
    pub fn drain(&mut self, now: Instant, until: Instant) {
        if !self.draining {
            self.draining = true;
            self.say_goodbye(now);
        }
        self.deadlines.set(Due::Drained, Some(until));
        self.settle(now);
    }

    /// The operator ends the room that is known by this public id, under whatever host keys, or every room. Their people get
    /// `bye` (`over`), their links stay dead, names are free again. Returns how many rooms there were.
    pub fn handle_close(&mut self, now: Instant, which: Option<RoomId>) -> usize {
        let tags: Vec<RoomTag> = match which {
            Some(id) => self.rooms.named(id).map(|room| room.tag).collect(),
            None => self.rooms.tags(),
        };
        for tag in &tags {
            self.end_room(now, *tag, ByeCode::Over, true);
        }
        self.settle(now);
        tags.len()
    }

    /// The next thing to do; drained after each `handle_*`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.next()
    }

    /// What is counted.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Seconds since 1970 at `now`.
    pub(crate) fn unix(&self, now: Instant) -> u64 {
        let since = u64::try_from((now - self.started).as_millis()).unwrap_or(u64::MAX);
        self.started_unix_ms.saturating_add(since) / 1000
    }

    /// When it is `unix` seconds since 1970; `None` if that is too far away to matter.
    pub(crate) fn instant(&self, unix: u64) -> Option<Instant> {
        let ms = unix.checked_mul(1000)?.saturating_sub(self.started_unix_ms);
        self.started.checked_add(Duration::from_millis(ms))
    }

    pub(crate) fn random_bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill_bytes(&mut bytes);
        bytes
    }

    /// Closes a connection; its session is held.
    pub(crate) fn close(&mut self, now: Instant, id: ConnectionId, code: CloseCode) {
        let session = self.forget_connection(now, id);
        self.emit_close(id, code);
        if let Some(session) = session {
            self.hold(now, session);
        }
    }

    /// Closes a connection whose session is no concern any more.
    pub(crate) fn hang_up(&mut self, now: Instant, id: ConnectionId, code: CloseCode) {
        self.forget_connection(now, id);
        self.emit_close(id, code);
    }

    /// Forgets a connection and says which session it carried.
    fn forget_connection(&mut self, now: Instant, id: ConnectionId) -> Option<SessionId> {
        let connection = self.connections.remove(&id)?;
        let book = self.sources.book(now, connection.prefix);
        book.connections = book.connections.saturating_sub(1);
        self.deadlines.set(Due::Connection(id), None);
        match connection.stage {
            Stage::Greeting { .. } => None,
            Stage::Live(session) => Some(session),
        }
    }

    fn emit_close(&mut self, id: ConnectionId, code: CloseCode) {
        *self.stats.closes.entry(code.number()).or_default() += 1;
        self.outputs.push_back(Output::Close {
            to: id,
            code: code.number(),
            reason: code.reason(),
        });
    }

    fn connection_due(&mut self, now: Instant, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        match connection.stage {
            Stage::Greeting { .. } => return self.close(now, id, CloseCode::NoHello),
            Stage::Live(_) if connection.is_silent(now, &self.config) => {
                return self.close(now, id, CloseCode::Silent);
            }
            Stage::Live(_) => {}
        }
        if connection.wants_ping(now, &self.config) {
            connection.pinged(now);
            self.outputs.push_back(Output::Ping { to: id });
        }
        self.wake_connection(id);
    }

    pub(crate) fn wake_connection(&mut self, id: ConnectionId) {
        let at = self
            .connections
            .get(&id)
            .map(|connection| connection.deadline(&self.config));
        self.deadlines.set(Due::Connection(id), at);
    }

    fn sweep(&mut self, now: Instant) {
        self.sources.sweep(now, &self.config);
        self.rooms.graves.forget(now);
        if self.sources.len() + self.rooms.graves.len() > 0 {
            self.wake_sweep(now);
        }
    }

    pub(crate) fn wake_sweep(&mut self, now: Instant) {
        let at = self.deadlines.at(Due::Sweep).unwrap_or(now + SWEEP_EVERY);
        self.deadlines.set(Due::Sweep, Some(at));
    }

    /// Finishes an input: ends the sessions that could not be told, tells the rooms that changed. Each may bring
    /// about the other; ended sessions do not come back, so this comes to an end.
    pub(crate) fn settle(&mut self, now: Instant) {
        loop {
            if let Some((session, code)) = self.doomed.pop_first() {
                self.end_by_server(now, session, code);
            } else if let Some(tag) = self.changed.pop_first() {
                self.tell(now, tag);
            } else {
                break;
            }
        }
        self.watch_lingering(now);
        self.stats.connections = self.connections.len();
        self.stats.sessions = self.sessions.len();
        self.stats.kept_bytes = self.kept_bytes;
        self.stats.blobs = self.blob_load.blobs;
        self.stats.blob_bytes = self.blob_load.bytes;
        self.stats.rooms = self.rooms.len();
        self.stats.kept_rooms = self.rooms.kept.len();
        self.stats.sources = self.sources.len();
        self.stats.tombstones = self.rooms.graves.len();
    }
}
