//! Sessions: how they begin, go on after a connection broke, and end (`docs/protocol.md`, "Beginning a session").
//!
//! What sessions do in between is in `requests`.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use rand::RngExt as _;

use crate::connection::{CloseCode, ConnectionId, Stage};
use crate::envelope::{ClientEnvelope, Unreadable};
use crate::ice_servers::relay_urls;
use crate::id::{SessionId, Token};
use crate::joining::Departure;
use crate::message::{Action, Bye, ByeCode, ClientMessage, Empty, Resume, Resumed, ServerMessage, Welcome};
use crate::refusal::{Refusal, whole_ms};
use crate::session::{Heard, Link, Session};
use crate::signaling::{Due, Output, Signaling};

/// The version spoken here.
const VERSION: u32 = 1;
/// How long a page waits that is to begin anew because its queue was full.
const AFTER_QUEUE: Duration = Duration::from_secs(1);

impl Signaling {
    /// A frame on a connection that has no session yet.
    pub(crate) fn greet(&mut self, now: Instant, id: ConnectionId, text: &str) {
        let Ok(envelope) = ClientEnvelope::read(text) else {
            self.refuse(id, None, Refusal::BadFrame);
            return self.close(now, id, CloseCode::Sequence);
        };
        let re = envelope.id;
        let hello = match envelope.message() {
            Ok(ClientMessage::Hello(hello)) if envelope.s == 0 => hello,
            Ok(ClientMessage::Hello(_)) => return self.refuse(id, re, Refusal::BadFrame),
            Ok(_) | Err(Unreadable::Envelope | Unreadable::Type) => {
                return self.refuse(id, re, Refusal::HelloFirst);
            }
            Err(Unreadable::Body) if envelope.t == "hello" => {
                return self.refuse(id, re, Refusal::BadRequest);
            }
            Err(Unreadable::Body) => return self.refuse(id, re, Refusal::HelloFirst),
        };
        if !hello.v.contains(&VERSION) {
            return self.refuse(id, re, Refusal::Unsupported);
        }
        if self.draining {
            self.refuse(id, re, Refusal::Busy);
            return self.close(now, id, CloseCode::Restart);
        }
        match hello.resume {
            None => self.begin(now, id, re, ServerMessage::Welcome),
            Some(resume) => self.resume(now, id, re, envelope.a, &resume),
        }
    }

    fn begin(
        &mut self,
        now: Instant,
        id: ConnectionId,
        re: Option<NonZeroU32>,
        say: fn(Welcome) -> ServerMessage,
    ) {
        let (session, token) = (SessionId(self.random_bytes()), Token(self.random_bytes()));
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let (prefix, host) = (connection.prefix, connection.host.clone());
        let book = self.sources.book(now, prefix);
        if self.sessions.len() >= self.config.sessions || book.sessions >= self.config.sessions_per_source {
            self.refuse(id, re, Refusal::Busy);
            return self.close(now, id, CloseCode::Full);
        }
        book.sessions += 1;
        let relay = relay_urls(&self.config.ice_servers, &host);
        connection.stage = Stage::Live(session);
        self.sessions
            .insert(session, Session::new(now, token, id, prefix, host));
        self.stats.sessions_total += 1;
        self.wake_connection(id);
        let welcome = say(Welcome {
            v: VERSION,
            session,
            token,
            ping_ms: whole_ms(self.config.ping_every),
            hold_ms: whole_ms(self.config.hold),
            frame_bytes: self.config.frame_bytes,
            keeps: self.config.keeps_blobs(),
            relay,
        });
        self.outputs.push_back(Output::Send {
            to: id,
            text: welcome.prepare().frame(re, 0, 0),
        });
    }

    fn resume(&mut self, now: Instant, id: ConnectionId, re: Option<NonZeroU32>, a: u32, ticket: &Resume) {
        let next = Token(self.random_bytes());
        let known = self
            .sessions
            .get_mut(&ticket.session)
            .filter(|session| session.opens(ticket.token));
        let (Some(session), Some(connection)) = (known, self.connections.get_mut(&id)) else {
            self.stats.gone_total += 1;
            return self.begin(now, id, re, ServerMessage::Gone);
        };
        let (kept, other) = (session.kept_bytes(), session.connection());
        let Some(missed) = session.missed(a) else {
            // Whoever holds the token has lost count; nothing can be repeated to them.
            if let Some(other) = other {
                self.hang_up(now, other, CloseCode::Replaced);
            }
            self.end_session(now, ticket.session, Departure::Lost);
            self.stats.gone_total += 1;
            return self.begin(now, id, re, ServerMessage::Gone);
        };
        self.kept_bytes -= kept - session.kept_bytes();
        session.renew(ticket.token, next);
        session.link = Link::Connected(id);
        connection.stage = Stage::Live(ticket.session);
        session.host.clone_from(&connection.host);
        let (old, new) = (
            std::mem::replace(&mut session.prefix, connection.prefix),
            connection.prefix,
        );
        let resumed = ServerMessage::Resumed(Resumed { token: next }).prepare();
        let resumed = session.say_outside(re, &resumed);
        let place = session.place;
        self.outputs.push_back(Output::Send {
            to: id,
            text: resumed,
        });
        self.outputs
            .extend(missed.into_iter().map(|text| Output::Send { to: id, text }));
        // A known session is never refused for its new address; it counts there from now on.
        let book = self.sources.book(now, old);
        book.sessions = book.sessions.saturating_sub(1);
        self.sources.book(now, new).sessions += 1;
        self.stats.resumed_total += 1;
        if let Some(other) = other {
            self.hang_up(now, other, CloseCode::Replaced);
        }
        if let Some(place) = place {
            self.set_away(place, false);
        }
        self.wake_connection(id);
        self.wake_session(ticket.session);
    }

    /// A frame of a session.
    pub(crate) fn hear(&mut self, now: Instant, id: ConnectionId, sid: SessionId, text: &str) {
        let Some(session) = self.sessions.get_mut(&sid) else {
            return;
        };
        if session.frames.take(now, self.config.frames).is_err() {
            return self.close(now, id, CloseCode::Policy);
        }
        let Ok(envelope) = ClientEnvelope::read(text) else {
            return self.hear_nonsense(now, id, sid, None);
        };
        session.spend_token();
        let outside = matches!(&*envelope.t, "hello" | "ping" | "ack");
        if outside != (envelope.s == 0) {
            return self.hear_nonsense(now, id, sid, envelope.id);
        }
        let kept = session.kept_bytes();
        let heard = session.hear(now, envelope.s, envelope.a);
        self.kept_bytes -= kept - session.kept_bytes();
        match heard {
            Heard::Broken => return self.close(now, id, CloseCode::Sequence),
            Heard::Again => self.stats.repeated_total += 1,
            Heard::Next => self.answer(now, sid, &envelope),
            Heard::Outside => match envelope.message() {
                Ok(ClientMessage::Ping(_)) => {
                    self.say_outside(sid, envelope.id, &ServerMessage::Pong(Empty {}));
                }
                Ok(ClientMessage::Ack(_)) => {}
                Ok(_) | Err(_) => return self.hear_nonsense(now, id, sid, envelope.id),
            },
        }
        self.acknowledge(now, sid);
        self.wake_session(sid);
    }

    /// A frame that counts nowhere in the sequence: said so, and the connection closed, since nothing after it could
    /// be relied on.
    fn hear_nonsense(&mut self, now: Instant, id: ConnectionId, sid: SessionId, re: Option<NonZeroU32>) {
        *self.stats.errors.entry(Refusal::BadFrame.code()).or_default() += 1;
        self.say_outside(sid, re, &Refusal::BadFrame.message());
        self.close(now, id, CloseCode::Sequence);
    }

    /// A session's deadline: an acknowledgement is due, or the time for which it was held is over.
    pub(crate) fn session_due(&mut self, now: Instant, sid: SessionId) {
        let Some(session) = self.sessions.get_mut(&sid) else {
            return;
        };
        session.wakes_at = None;
        match session.link {
            Link::Held { until } if until <= now => return self.end_session(now, sid, Departure::Lost),
            Link::Held { .. } => {}
            Link::Connected(_) => self.acknowledge(now, sid),
        }
        self.wake_session(sid);
    }

    fn acknowledge(&mut self, now: Instant, sid: SessionId) {
        if self
            .sessions
            .get(&sid)
            .is_some_and(|session| session.owes_ack(now, &self.config))
        {
            self.say_outside(sid, None, &ServerMessage::Ack(Empty {}));
        }
    }

    /// The connection of a session is gone; it may come back.
    pub(crate) fn hold(&mut self, now: Instant, sid: SessionId) {
        let Some(session) = self.sessions.get_mut(&sid) else {
            return;
        };
        let place = session.place;
        let who = place.and_then(|place| self.rooms.get(place.room)?.participant(place.pid));
        let time = if who.is_some_and(|who| who.is_host) {
            self.config.hold_host
        } else {
            self.config.hold
        };
        session.link = Link::Held { until: now + time };
        if let Some(place) = place {
            self.set_away(place, true);
        }
        self.wake_session(sid);
    }

    /// Ends a session without a word.
    pub(crate) fn end_session(&mut self, now: Instant, sid: SessionId, how: Departure) {
        self.depart(now, sid, how);
        if let Some(session) = self.sessions.remove(&sid) {
            let book = self.sources.book(now, session.prefix);
            book.sessions = book.sessions.saturating_sub(1);
            self.kept_bytes -= session.kept_bytes();
            self.deadlines.set(Due::Session(sid), None);
            self.doomed.remove(&sid);
        }
    }

    /// Ends a session with `bye`.
    pub(crate) fn end_by_server(&mut self, now: Instant, sid: SessionId, code: ByeCode) {
        let (action, close, wait) = match code {
            ByeCode::Restart => (Action::Rejoin, CloseCode::Restart, Some(self.rejoin_delay())),
            ByeCode::Queue => (Action::Rejoin, CloseCode::Policy, Some(AFTER_QUEUE)),
            ByeCode::Removed | ByeCode::Over | ByeCode::Replaced | ByeCode::Expired | ByeCode::GaveWay => {
                (Action::Stop, CloseCode::Ended, None)
            }
        };
        let Some(session) = self.sessions.get(&sid) else {
            return;
        };
        let bye = Bye {
            action,
            code,
            text: words(code).to_owned(),
            retry_ms: wait.map(whole_ms),
        };
        *self.stats.byes.entry(code).or_default() += 1;
        let frame = session.say_last(&ServerMessage::Bye(bye).prepare());
        if let Some(id) = session.connection() {
            self.outputs.push_back(Output::Send { to: id, text: frame });
            self.hang_up(now, id, close);
        }
        let how = if code == ByeCode::Restart {
            Departure::Drained
        } else {
            Departure::Lost
        };
        self.end_session(now, sid, how);
    }

    /// Tells everybody that the server stops.
    pub(crate) fn say_goodbye(&mut self, now: Instant) {
        let mut sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        sessions.sort_unstable();
        for sid in sessions {
            self.end_by_server(now, sid, ByeCode::Restart);
        }
        let mut young: Vec<ConnectionId> = self.connections.keys().copied().collect();
        young.sort_unstable();
        for id in young {
            self.hang_up(now, id, CloseCode::Restart);
        }
    }

    fn rejoin_delay(&mut self) -> Duration {
        let spread = whole_ms(self.config.rejoin_spread);
        self.config.rejoin_after + Duration::from_millis(self.random.random_range(0..=spread))
    }

    pub(crate) fn wake_session(&mut self, sid: SessionId) {
        let Some(session) = self.sessions.get_mut(&sid) else {
            return self.deadlines.set(Due::Session(sid), None);
        };
        let at = session.deadline(&self.config);
        // To be woken too early costs a look; to move what is due with every frame would cost two searches.
        if session.wakes_at.is_some_and(|set| at.is_none_or(|at| set <= at)) {
            return;
        }
        session.wakes_at = at;
        self.deadlines.set(Due::Session(sid), at);
    }

    /// A refusal on a connection without a session.
    fn refuse(&mut self, id: ConnectionId, re: Option<NonZeroU32>, refusal: Refusal) {
        *self.stats.errors.entry(refusal.code()).or_default() += 1;
        let text = refusal.message().prepare().frame(re, 0, 0);
        self.outputs.push_back(Output::Send { to: id, text });
    }
}

fn words(code: ByeCode) -> &'static str {
    match code {
        ByeCode::Restart => "The server restarts; come back in a moment.",
        ByeCode::Queue => "This page fell too far behind; join again.",
        ByeCode::Removed => "The host removed you from this room.",
        ByeCode::Over => "This room has ended.",
        ByeCode::Replaced => "This page joined again elsewhere.",
        ByeCode::Expired => "The time of this room is up.",
        ByeCode::GaveWay => "The room of this name that was here before the server restarted is back.",
    }
}
