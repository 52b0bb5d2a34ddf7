//! Requests: one message of a session, one answer (`docs/protocol.md`, "Rooms").
//!
//! Small requests are dealt with here; making rooms is in `claims`, coming and going in `joining`.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use crate::envelope::{BorrowedSignal, ClientEnvelope, Prepared, Unreadable};
use crate::ice_servers::ice_servers;
use crate::id::{Pid, SessionId};
use crate::joining::Departure;
use crate::message::{ClientMessage, Empty, Ice, IceServer, Look, RoomInfo, ServerMessage, States};
use crate::refusal::Refusal;
use crate::session::{Place, Share};
use crate::signaling::Signaling;
use parlour_credentials::SeatId;

/// How long to wait for somebody whose queue is full.
const BEHIND: Duration = Duration::from_secs(1);
/// What stands around a signal's body in a frame at most, besides its own quotes and escapes.
const AROUND_SIGNAL: usize = 128;

impl Signaling {
    /// Deals with a message in sequence.
    pub(crate) fn answer(&mut self, now: Instant, sid: SessionId, envelope: &ClientEnvelope<'_>) {
        // Signals are most of all that is said: their bodies are passed on without a copy.
        let answer = match envelope.signal() {
            Some(Ok(BorrowedSignal { to, body })) => self.signal(now, sid, to, body),
            Some(Err(_)) => Err(Refusal::BadRequest),
            None => self.answer_to(now, sid, envelope.message()),
        };
        self.reply(sid, envelope.id, answer);
    }

    fn answer_to(
        &mut self,
        now: Instant,
        sid: SessionId,
        message: Result<ClientMessage, Unreadable>,
    ) -> Result<ServerMessage, Refusal> {
        match message {
            Ok(ClientMessage::Create(claim)) => self.create(now, sid, claim),
            Ok(ClientMessage::Restore(claim)) => self.restore(now, sid, claim),
            Ok(ClientMessage::Look(look)) => self.look(now, sid, &look),
            Ok(ClientMessage::Join(join)) => self.join(now, sid, &join),
            Ok(ClientMessage::Host(host)) => self.host(now, sid, &host),
            Ok(ClientMessage::Seated(seated)) => self.seated(now, sid, seated.pid),
            Ok(ClientMessage::Invite(invite)) => self.invite(now, sid, invite),
            Ok(ClientMessage::Redeem(redeem)) => self.redeem(now, sid, &redeem),
            Ok(ClientMessage::Revoke(revoke)) => self.revoke(now, sid, revoke.inv_id),
            Ok(ClientMessage::State(states)) => self.state(now, sid, states),
            Ok(ClientMessage::Ice(_)) => self.ice(sid),
            Ok(ClientMessage::Leave(_)) => self.leave(now, sid),
            Ok(
                ClientMessage::Hello(_)
                | ClientMessage::Ping(_)
                | ClientMessage::Ack(_)
                | ClientMessage::Signal(_),
            )
            | Err(Unreadable::Envelope) => Err(Refusal::BadFrame),
            Err(Unreadable::Type) => Err(Refusal::Unsupported),
            Err(Unreadable::Body) => Err(Refusal::BadRequest),
        }
    }

    fn reply(&mut self, sid: SessionId, re: Option<NonZeroU32>, answer: Result<ServerMessage, Refusal>) {
        match answer {
            // A signal that nobody asked about is not answered.
            Ok(ServerMessage::Done(_)) if re.is_none() => {}
            Ok(message) => self.say(sid, re, &message.prepare()),
            Err(refusal) => {
                *self.stats.errors.entry(refusal.code()).or_default() += 1;
                self.say(sid, re, &refusal.message().prepare());
            }
        }
    }

    fn look(&mut self, now: Instant, sid: SessionId, look: &Look) -> Result<ServerMessage, Refusal> {
        let prefix = self.sessions.get(&sid).ok_or(Refusal::HelloFirst)?.prefix;
        let book = self.sources.book(now, prefix);
        book.may_ask(now, &self.config, look.room_id)
            .map_err(Refusal::Rate)?;
        let hosts: Vec<_> = self
            .rooms
            .named(look.room_id)
            .filter_map(|room| room.claim(look.room_id))
            .collect();
        if !hosts.is_empty() {
            return Ok(ServerMessage::Room(RoomInfo { hosts }));
        }
        if self.rooms.graves.name(now, look.room_id) {
            return Err(Refusal::RoomOver);
        }
        book.miss(now, look.room_id);
        Err(Refusal::NoSuchRoom)
    }

    fn signal(
        &mut self,
        now: Instant,
        sid: SessionId,
        to: Pid,
        body: Cow<'_, str>,
    ) -> Result<ServerMessage, Refusal> {
        let session = self.sessions.get_mut(&sid).ok_or(Refusal::HelloFirst)?;
        let Place { room: tag, pid } = session.place.ok_or(Refusal::NotInRoom)?;
        if body.len() > self.config.body_bytes {
            return Err(Refusal::TooLarge);
        }
        session
            .signals
            .take(now, self.config.signals)
            .map_err(Refusal::Rate)?;
        let room = self.rooms.get(tag).ok_or(Refusal::NotInRoom)?;
        let target = room
            .participant(to)
            .filter(|_| to != pid)
            .ok_or(Refusal::NoSuchParticipant)?
            .session;
        let seated = room.seat_of(pid).is_some();
        if !seated && room.seat_of(to).is_none() {
            return Err(Refusal::NotAllowed);
        }
        let body = Prepared::signal(pid, body);
        let bytes = body.len() + AROUND_SIGNAL;
        if bytes > self.config.frame_bytes {
            return Err(Refusal::TooLarge);
        }
        // Whoever listens slowly is spared by making the speaker wait: a full queue would end their session.
        let share = if seated {
            Share::ThreeQuarters
        } else {
            Share::Quarter
        };
        if self
            .sessions
            .get(&target)
            .is_none_or(|to| to.is_behind(&self.config, bytes, share))
        {
            return Err(Refusal::Rate(BEHIND));
        }
        self.tell_now(now, tag);
        self.say(target, None, &body);
        self.stats.signals_total += 1;
        Ok(ServerMessage::Done(Empty {}))
    }

    fn state(&mut self, now: Instant, sid: SessionId, states: States) -> Result<ServerMessage, Refusal> {
        let session = self.sessions.get_mut(&sid).ok_or(Refusal::HelloFirst)?;
        let place = session.place.ok_or(Refusal::NotInRoom)?;
        session
            .costly
            .take(now, self.config.costly)
            .map_err(Refusal::Rate)?;
        let host = self.rooms.get(place.room).ok_or(Refusal::NotInRoom)?.host;
        let states = Self::read_states(host, states.states)?;
        self.adopt(now, place.room, states)?;
        Ok(ServerMessage::Done(Empty {}))
    }

    fn ice(&self, sid: SessionId) -> Result<ServerMessage, Refusal> {
        let Place { room, pid } = self
            .sessions
            .get(&sid)
            .and_then(|s| s.place)
            .ok_or(Refusal::NotInRoom)?;
        let seat = self
            .rooms
            .get(room)
            .and_then(|room| room.seat_of(pid))
            .map(|seated| seated.id);
        Ok(ServerMessage::Ice(Ice {
            ice_servers: self.ice_servers(sid, seat),
        }))
    }

    fn leave(&mut self, now: Instant, sid: SessionId) -> Result<ServerMessage, Refusal> {
        if self.depart(now, sid, Departure::Left) {
            Ok(ServerMessage::Left(Empty {}))
        } else {
            Err(Refusal::NotInRoom)
        }
    }

    /// What a seat's page is told to use for ICE; nothing on the porch.
    pub(crate) fn ice_servers(&self, sid: SessionId, seat: Option<SeatId>) -> Vec<IceServer> {
        match (seat, self.sessions.get(&sid)) {
            (Some(seat), Some(session)) => ice_servers(
                &self.config.ice_servers,
                &session.host,
                &self.credentials.mint(seat),
            ),
            (Some(_) | None, _) => Vec::new(),
        }
    }
}
