//! A session: what is numbered, acknowledged, kept and repeated, across any number of connections.
//!
//! Frames go in and out here by number only; what they say is decided elsewhere. Time comes in as `now`.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Instant;

use parlour_credentials::RoomTag;

use crate::config::Config;
use crate::connection::ConnectionId;
use crate::envelope::Prepared;
use crate::id::{Pid, Token, TokenHash};
use crate::limits::{Gauge, Prefix};

pub(crate) struct Session {
    token: TokenHash,
    /// Sent in `resumed`, not yet known to have arrived; until it has, the token before it still opens.
    next_token: Option<TokenHash>,
    pub(crate) link: Link,
    /// Charged for this session.
    pub(crate) prefix: Prefix,
    /// By which its page reached the server.
    pub(crate) host: String,
    /// Highest number received without a gap.
    received: u32,
    /// When the first frame came that is not acknowledged, and how many did since.
    owed: Option<(Instant, u32)>,
    /// Highest number said.
    said: u32,
    /// What was said and is not acknowledged, oldest first.
    kept: VecDeque<(u32, String)>,
    kept_bytes: usize,
    /// When it is looked after, which may be earlier than need be.
    pub(crate) wakes_at: Option<Instant>,
    pub(crate) frames: Gauge,
    pub(crate) signals: Gauge,
    pub(crate) costly: Gauge,
    pub(crate) place: Option<Place>,
    /// The room that this session gave back to the server.
    pub(crate) restored: Option<RoomTag>,
}

/// How a session is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// By this connection.
    Connected(ConnectionId),
    /// Not at all, since its connection broke; given up at `until`.
    Held { until: Instant },
}

/// Where a session's page is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) room: RoomTag,
    pub(crate) pid: Pid,
}

/// What a frame's numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The next in sequence.
    Next,
    /// Outside the sequence.
    Outside,
    /// Seen before.
    Again,
    /// Frames before it are missing, or it acknowledges what was never said.
    Broken,
}

/// The page acknowledges too little, or the numbers have run out: the session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueFull;

impl Session {
    pub(crate) fn new(now: Instant, token: Token, by: ConnectionId, prefix: Prefix, host: String) -> Self {
        Self {
            token: token.hashed(),
            next_token: None,
            link: Link::Connected(by),
            prefix,
            host,
            received: 0,
            owed: None,
            said: 0,
            kept: VecDeque::new(),
            kept_bytes: 0,
            wakes_at: None,
            frames: Gauge::new(now),
            signals: Gauge::new(now),
            costly: Gauge::new(now),
            place: None,
            restored: None,
        }
    }

    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        match self.link {
            Link::Connected(id) => Some(id),
            Link::Held { .. } => None,
        }
    }

    /// Whether `token` opens this session.
    pub(crate) fn opens(&self, token: Token) -> bool {
        let hash = token.hashed();
        hash == self.token || Some(hash) == self.next_token
    }

    /// Gives out the token for the next resumption. The one that opened the session now stays good until a frame
    /// shows that `next` arrived: the connection may break before `resumed` does.
    pub(crate) fn renew(&mut self, used: Token, next: Token) {
        self.token = used.hashed();
        self.next_token = Some(next.hashed());
    }

    /// A frame came after `resumed`, so its token arrived: the one before is spent.
    pub(crate) fn spend_token(&mut self) {
        if let Some(next) = self.next_token.take() {
            self.token = next;
        }
    }

    /// Takes a frame's numbers.
    pub(crate) fn hear(&mut self, now: Instant, s: u32, a: u32) -> Heard {
        if a > self.said {
            return Heard::Broken;
        }
        self.acknowledged(a);
        if s == 0 {
            return Heard::Outside;
        }
        if s <= self.received {
            return Heard::Again;
        }
        if s - self.received > 1 {
            return Heard::Broken;
        }
        self.received = s;
        let (since, count) = self.owed.unwrap_or((now, 0));
        self.owed = Some((since, count + 1));
        Heard::Next
    }

    /// Numbers a message and keeps it, if so many frames and bytes are not exceeded. The frame is to be sent if the session is connected.
    ///
    /// # Errors
    /// [`QueueFull`]; the session is over then.
    pub(crate) fn say(
        &mut self,
        (most_frames, most_bytes): (usize, usize),
        re: Option<NonZeroU32>,
        message: &Prepared,
    ) -> Result<String, QueueFull> {
        let s = self.said.checked_add(1).ok_or(QueueFull)?;
        let frame = message.frame(re, s, self.received);
        if self.kept.len() >= most_frames || self.kept_bytes + frame.len() > most_bytes {
            return Err(QueueFull);
        }
        self.said = s;
        self.kept_bytes += frame.len();
        self.kept.push_back((s, frame.clone()));
        self.owed = None;
        Ok(frame)
    }

    /// Numbers a message after which there will be none.
    pub(crate) fn say_last(&self, message: &Prepared) -> String {
        message.frame(None, self.said.saturating_add(1), self.received)
    }

    /// A frame outside the sequence.
    pub(crate) fn say_outside(&mut self, re: Option<NonZeroU32>, message: &Prepared) -> String {
        self.owed = None;
        message.frame(re, 0, self.received)
    }

    /// Bytes of what is kept.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// What the other side, which holds everything up to `a`, has missed; `None` if it claims to hold what was never
    /// said, or less than it acknowledged.
    pub(crate) fn missed(&mut self, a: u32) -> Option<Vec<String>> {
        let oldest = self.kept.front().map_or(self.said, |(s, _)| s - 1);
        if a < oldest || a > self.said {
            return None;
        }
        self.acknowledged(a);
        Some(self.kept.iter().map(|(_, frame)| frame.clone()).collect())
    }

    /// Whether another signal would leave less than this share of the queue for what the server has to say.
    pub(crate) fn is_behind(&self, config: &Config, bytes: usize, share: Share) -> bool {
        let quarters = match share {
            Share::Quarter => 1,
            Share::ThreeQuarters => 3,
        };
        self.kept.len() >= config.kept_frames * quarters / 4
            || self.kept_bytes + bytes > config.kept_bytes * quarters / 4
    }

    /// Whether an acknowledgement is due, by number or by time.
    pub(crate) fn owes_ack(&self, now: Instant, config: &Config) -> bool {
        self.owed
            .is_some_and(|(since, count)| count >= config.ack_after_frames || now >= since + config.ack_after)
    }

    /// When to look after this session again.
    pub(crate) fn deadline(&self, config: &Config) -> Option<Instant> {
        match self.link {
            Link::Connected(_) => self.owed.map(|(since, _)| since + config.ack_after),
            Link::Held { until } => Some(until),
        }
    }

    fn acknowledged(&mut self, a: u32) {
        while let Some((_, frame)) = self.kept.pop_front_if(|(s, _)| *s <= a) {
            self.kept_bytes -= frame.len();
        }
    }
}

/// How much of a queue others may fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// For those on the porch.
    Quarter,
    /// For those with a seat.
    ThreeQuarters,
}
