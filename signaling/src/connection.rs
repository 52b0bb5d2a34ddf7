//! Connections: one WebSocket, or a long poll that stands for one.
//!
//! A connection is young until its hello, then it carries one session. What is said in it belongs to `session`.

use std::fmt;
use std::net::IpAddr;
use std::time::Instant;

use crate::config::Config;
use crate::id::SessionId;
use crate::limits::Prefix;

/// A connection's number, chosen by the shell and used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Where a connection comes from. Prints nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    /// The client's address; limits count by it.
    pub ip: IpAddr,
    /// The authority (`host` or `host:port`) by which the page reached the server; ICE addresses are made of it.
    pub host: String,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(..)")
    }
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The page closed it with 1000 or 1001: it has left.
    Clean,
    /// Anything else: the page may come back.
    Broken,
}

/// WebSocket close codes (`docs/protocol.md`, last lines) with the reasons that go with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseCode {
    Ended,
    Restart,
    Policy,
    TooLarge,
    Full,
    Slow,
    NoHello,
    Sequence,
    Replaced,
    Silent,
}

impl CloseCode {
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::Ended => 1000,
            Self::Restart => 1001,
            Self::Policy => 1008,
            Self::TooLarge => 1009,
            Self::Full | Self::Slow => 1013,
            Self::NoHello => 4000,
            Self::Sequence => 4001,
            Self::Replaced => 4002,
            Self::Silent => 4003,
        }
    }

    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Ended => "the session has ended",
            Self::Restart => "the server stops",
            Self::Policy => "too many frames",
            Self::TooLarge => "frame too large",
            Self::Full => "no place on this server",
            Self::Slow => "too slow, resume",
            Self::NoHello => "no hello in time",
            Self::Sequence => "a gap or a broken envelope, resume",
            Self::Replaced => "another connection resumed this session",
            Self::Silent => "silent for too long",
        }
    }
}

/// How many frames a young connection may say before a session stands.
const TRIES: u8 = 8;

pub(crate) struct Connection {
    pub(crate) prefix: Prefix,
    pub(crate) host: String,
    pub(crate) stage: Stage,
    heard: Instant,
    pinged: Instant,
}

pub(crate) enum Stage {
    /// No session yet; closed at `until`, or after so many more frames.
    Greeting { until: Instant, tries: u8 },
    /// Carries this session.
    Live(SessionId),
}

impl Connection {
    pub(crate) fn new(now: Instant, config: &Config, from: Source) -> Self {
        Self {
            prefix: Prefix::of(from.ip),
            host: from.host,
            stage: Stage::Greeting {
                until: now + config.hello_within,
                tries: TRIES,
            },
            heard: now,
            pinged: now,
        }
    }

    /// A sign of life.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    pub(crate) fn is_silent(&self, now: Instant, config: &Config) -> bool {
        now >= self.heard + config.silent_after
    }

    pub(crate) fn wants_ping(&self, now: Instant, config: &Config) -> bool {
        now >= self.ping_at(config)
    }

    pub(crate) fn pinged(&mut self, now: Instant) {
        self.pinged = now;
    }

    /// When to look after this connection again.
    pub(crate) fn deadline(&self, config: &Config) -> Instant {
        match self.stage {
            Stage::Greeting { until, .. } => until,
            Stage::Live(_) => self.ping_at(config).min(self.heard + config.silent_after),
        }
    }

    fn ping_at(&self, config: &Config) -> Instant {
        self.heard.max(self.pinged) + config.ping_every
    }
}
