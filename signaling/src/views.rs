//! Telling: single messages, and views of a room to everybody in it (`docs/protocol.md`, "The view").
//!
//! Views are told at most every [`crate::Config::view_every`], so that people who come and go cannot make a room
//! talk without end; and always before a signal, so that nobody hears from a stranger.

use std::num::NonZeroU32;
use std::time::Instant;

use parlour_credentials::RoomTag;

use crate::envelope::Prepared;
use crate::id::SessionId;
use crate::message::{ByeCode, ServerMessage};
use crate::room::Room;
use crate::session::{Place, QueueFull};
use crate::signaling::{Due, Output, Signaling};

impl Signaling {
    /// Says something in sequence. A session that cannot take it ends as soon as the input at hand is dealt with.
    pub(crate) fn say(&mut self, sid: SessionId, re: Option<NonZeroU32>, message: &Prepared) {
        let Some(session) = self.sessions.get_mut(&sid) else {
            return;
        };
        let crowded = self.kept_bytes > self.config.kept_bytes_total / 2;
        let most_bytes = if crowded {
            self.config.kept_bytes / 8
        } else {
            self.config.kept_bytes
        };
        match session.say((self.config.kept_frames, most_bytes), re, message) {
            Ok(text) => {
                self.kept_bytes += text.len();
                if let Some(to) = session.connection() {
                    self.outputs.push_back(Output::Send { to, text });
                }
                self.wake_session(sid);
            }
            Err(QueueFull) => {
                self.doomed.entry(sid).or_insert(ByeCode::Queue);
            }
        }
    }

    /// Says something outside the sequence, to nobody if the session has no connection.
    pub(crate) fn say_outside(&mut self, sid: SessionId, re: Option<NonZeroU32>, message: &ServerMessage) {
        let Some(session) = self.sessions.get_mut(&sid) else {
            return;
        };
        if let Some(to) = session.connection() {
            let text = session.say_outside(re, &message.prepare());
            self.outputs.push_back(Output::Send { to, text });
        }
    }

    /// Notes that a room is not what its people were told.
    pub(crate) fn change(&mut self, tag: RoomTag) {
        if let Some(room) = self.rooms.get_mut(tag) {
            room.n += 1;
            room.untold = true;
            self.changed.insert(tag);
        }
    }

    /// Notes that somebody's connection broke or came back.
    pub(crate) fn set_away(&mut self, place: Place, away: bool) {
        let who = self
            .rooms
            .get_mut(place.room)
            .and_then(|room| room.participant_mut(place.pid));
        if let Some(who) = who
            && who.away != away
        {
            who.away = away;
            self.change(place.room);
        }
    }

    /// Tells a changed room's people, now or as soon as it may be told.
    pub(crate) fn tell(&mut self, now: Instant, tag: RoomTag) {
        let Some(room) = self.rooms.get(tag) else { return };
        if room.untold && room.told.is_none_or(|told| now >= told + self.config.view_every) {
            self.tell_now(now, tag);
        }
        self.wake_room(tag);
    }

    /// Tells a room's people whatever they have not been told.
    pub(crate) fn tell_now(&mut self, now: Instant, tag: RoomTag) {
        let Some(room) = self.rooms.get_mut(tag).filter(|room| room.untold) else {
            return;
        };
        room.untold = false;
        room.told = Some(now);
        let view = ServerMessage::View(room.view()).prepare();
        let n = room.n;
        let mut listeners = Vec::with_capacity(room.seats.len() + room.porch.len());
        for who in room.people_mut().filter(|who| who.seen < n) {
            who.seen = n;
            listeners.push(who.session);
        }
        for session in listeners {
            self.stats.views_total += 1;
            self.say(session, None, &view);
        }
    }

    /// A room's deadline: its time is up, nobody came back, something was kept for long enough, or there is something to tell.
    pub(crate) fn room_due(&mut self, now: Instant, tag: RoomTag) {
        let Some(room) = self.rooms.get(tag) else { return };
        if room.standing.ends.is_some_and(|ends| ends <= self.unix(now)) {
            return self.end_room(now, tag, ByeCode::Expired, true);
        }
        if room.left_for_good_at().is_some_and(|at| at <= now) && !self.keep(now, tag) {
            return self.end_room(now, tag, ByeCode::Over, true);
        }
        if self.given_up_at(tag).is_some_and(|at| at <= now) {
            return self.end_room(now, tag, ByeCode::Expired, false);
        }
        self.expire_blobs(now, tag);
        self.tell(now, tag);
    }

    pub(crate) fn wake_room(&mut self, tag: RoomTag) {
        let view = self
            .rooms
            .get(tag)
            .filter(|room| room.untold)
            .and_then(|room| room.told);
        let view = view.map(|told| told + self.config.view_every);
        let ends = self
            .rooms
            .get(tag)
            .and_then(|room| self.instant(room.standing.ends?));
        let left = self.rooms.get(tag).and_then(Room::left_for_good_at);
        let blob = self.rooms.get(tag).and_then(|room| room.blobs.next_end());
        let at = [view, ends, left, blob, self.given_up_at(tag)]
            .into_iter()
            .flatten()
            .min();
        self.deadlines.set(Due::Room(tag), at);
    }
}
