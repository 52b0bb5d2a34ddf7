//! Coming, going, and changing between porch and seat.
//!
//! Every seat is announced to the relay once when it is taken and once when it ends, here and nowhere else. Who has a
//! right to one is judged in `membership`.

use std::time::Instant;

use parlour_credentials::{RoomTag, SeatId};

use crate::core::Person;
use crate::id::{Pid, SessionId};
use crate::membership::{is_removed, may_enter, may_stay};
use crate::message::{ByeCode, Empty, Host, Join, Joined, Seat, ServerMessage};
use crate::refusal::Refusal;
use crate::room::{Gone, Missed, Participant, Room};
use crate::session::Place;
use crate::signaling::{Output, Signaling};

/// How somebody goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Departure {
    /// Said so. The last one to leave a room ends it.
    Left,
    /// Closed the page, perhaps to load it again.
    Closed,
    /// Was not heard of any more, and may come back.
    Lost,
    /// Makes way for the same person, or page, coming in again.
    Moved,
    /// Was shown out.
    Removed,
    /// The server stops: the seat stays until the relay does.
    Drained,
}

impl Signaling {
    pub(crate) fn join(
        &mut self,
        now: Instant,
        sid: SessionId,
        join: &Join,
    ) -> Result<ServerMessage, Refusal> {
        let session = self.sessions.get_mut(&sid).ok_or(Refusal::HelloFirst)?;
        if session.place.is_some() {
            return Err(Refusal::AlreadyInRoom);
        }
        session
            .costly
            .take(now, self.config.costly)
            .map_err(Refusal::Rate)?;
        let (prefix, restored) = (session.prefix, session.restored);
        let book = self.sources.book(now, prefix);
        book.joins
            .take(now, self.config.joins_per_source)
            .map_err(Refusal::Rate)?;
        book.may_ask(now, &self.config, join.room_id)
            .map_err(Refusal::Rate)?;
        if self.rooms.graves.host(now, join.host_pk) {
            return Err(Refusal::RoomOver);
        }
        let Some(tag) = self.rooms.find(join.room_id, join.host_pk) else {
            book.miss(now, join.room_id);
            return Err(Refusal::NoSuchRoom);
        };
        let called = &self.rooms.get(tag).ok_or(Refusal::NoSuchRoom)?.called;
        let person = Person::read(called, sid, &join.core, &join.join_sig)?;
        if let Some(host_in) = &join.host_in {
            person.is_host(join.host_pk, called, host_in)?;
        }
        let who = Participant {
            person,
            session: sid,
            is_host: join.host_in.is_some(),
            via: join.room_id,
            prefix,
            away: false,
            seen: 0,
        };
        self.make_way(now, tag, &who)?;
        let answer = self.enter(now, tag, who, restored == Some(tag));
        self.fill(now, tag);
        answer
    }

    /// Puts somebody on a seat or on the porch.
    fn enter(
        &mut self,
        now: Instant,
        tag: RoomTag,
        who: Participant,
        restored: bool,
    ) -> Result<ServerMessage, Refusal> {
        let unix = self.unix(now);
        let (sid, pid) = (who.session, who.person.pid);
        let room = self.rooms.get_mut(tag).ok_or(Refusal::NoSuchRoom)?;
        if is_removed(room, &who) {
            return Err(Refusal::NoSuchRoom);
        }
        let first = !room.used || restored;
        let seat = if first || may_enter(room, &who, unix, &self.config) {
            if room.is_full(&self.config) {
                return Err(Refusal::RoomFull(room.seats.len()));
            }
            Some(self.give_seat(now, tag, who))
        } else {
            if !room.porch_takes(&self.config, who.prefix) {
                return Err(Refusal::Busy);
            }
            room.porch.push(who);
            self.stats.porch += 1;
            None
        };
        if let Some(session) = self.sessions.get_mut(&sid) {
            session.place = Some(Place { room: tag, pid });
        }
        self.change(tag);
        self.joined(now, tag, sid, pid, seat)
    }

    fn joined(
        &mut self,
        now: Instant,
        tag: RoomTag,
        sid: SessionId,
        pid: Pid,
        seat: Option<SeatId>,
    ) -> Result<ServerMessage, Refusal> {
        let ice_servers = self.ice_servers(sid, seat);
        let blobs = seat.and_then(|seat| self.blob_place(now, tag, seat));
        let room = self.rooms.get_mut(tag).ok_or(Refusal::NoSuchRoom)?;
        let view = room.view();
        if let Some(who) = room.participant_mut(pid) {
            who.seen = view.n;
        }
        Ok(ServerMessage::Joined(Joined {
            pid,
            seat: seat.is_some(),
            ice_servers,
            view,
            may_keep: self.config.kept_rooms > 0,
            blobs,
        }))
    }

    /// Somebody who is here already, as far as the server can tell, makes way: the same page, or an older page of the
    /// same person (seal.md 3), if its connection broke. So who reloads after a crash does not sit beside a ghost.
    fn make_way(&mut self, now: Instant, tag: RoomTag, who: &Participant) -> Result<(), Refusal> {
        let room = self.rooms.get(tag).ok_or(Refusal::NoSuchRoom)?;
        let before = match room.participant(who.person.pid) {
            Some(same) if same.away && same.person.hid == who.person.hid => Some(same.session),
            Some(_) => return Err(Refusal::AlreadyInRoom),
            None if may_enter(room, who, self.unix(now), &self.config) => {
                let older = |there: &&Participant| there.away && there.person.spk == who.person.spk;
                room.seats
                    .iter()
                    .map(|seated| &seated.who)
                    .find(older)
                    .map(|there| there.session)
            }
            None => None,
        };
        if let Some(before) = before {
            self.end_session(now, before, Departure::Moved);
        }
        Ok(())
    }

    /// A page that is in, on a seat or on the porch, has come to hold the host key. Shown again it changes nothing.
    pub(crate) fn host(
        &mut self,
        now: Instant,
        sid: SessionId,
        host: &Host,
    ) -> Result<ServerMessage, Refusal> {
        let session = self.sessions.get_mut(&sid).ok_or(Refusal::HelloFirst)?;
        let place = session.place.ok_or(Refusal::NotInRoom)?;
        session
            .costly
            .take(now, self.config.costly)
            .map_err(Refusal::Rate)?;
        let room = self.rooms.get_mut(place.room).ok_or(Refusal::NotInRoom)?;
        let (host_pk, called) = (room.host, room.called.clone());
        let who = room.participant_mut(place.pid).ok_or(Refusal::NotInRoom)?;
        who.person.is_host(host_pk, &called, &host.host_in)?;
        who.is_host = true;
        self.fill(now, place.room);
        Ok(ServerMessage::Done(Empty {}))
    }

    /// A seated page gives a seat to somebody on the porch.
    pub(crate) fn seated(
        &mut self,
        now: Instant,
        sid: SessionId,
        pid: Pid,
    ) -> Result<ServerMessage, Refusal> {
        let place = self
            .sessions
            .get(&sid)
            .and_then(|session| session.place)
            .ok_or(Refusal::NotInRoom)?;
        let room = self.rooms.get_mut(place.room).ok_or(Refusal::NotInRoom)?;
        room.seat_of(place.pid).ok_or(Refusal::NotAllowed)?;
        let spk = room
            .participant(pid)
            .ok_or(Refusal::NoSuchParticipant)?
            .person
            .spk;
        if room.seat_of(pid).is_none() {
            if room.is_full(&self.config) {
                return Err(Refusal::RoomFull(room.seats.len()));
            }
            room.remember(spk);
            self.move_in(now, place.room, pid);
        }
        Ok(ServerMessage::Done(Empty {}))
    }

    /// Takes a session's page out of its room. False if it was in none.
    pub(crate) fn depart(&mut self, now: Instant, sid: SessionId, how: Departure) -> bool {
        if how == Departure::Drained {
            return true;
        }
        let Some(Place { room: tag, pid }) = self
            .sessions
            .get_mut(&sid)
            .and_then(|session| session.place.take())
        else {
            return false;
        };
        let Some(room) = self.rooms.get_mut(tag) else {
            return true;
        };
        let Some(Gone { seat, who }) = room.take(now, pid) else {
            return true;
        };
        if let Some((seat, since)) = seat {
            self.close_seat(now, seat, since);
        } else {
            self.stats.porch -= 1;
        }
        let Some(room) = self.rooms.get_mut(tag) else {
            return true;
        };
        let spk = who.person.spk;
        match how {
            Departure::Left if seat.is_some() => {
                let over = room.seats.is_empty() && (who.is_host || !room.misses_anybody(now));
                room.gave_up(spk, None, true);
                if over && !self.keep(now, tag) {
                    self.end_room(now, tag, ByeCode::Over, true);
                    return true;
                }
            }
            Departure::Closed if seat.is_some() => {
                room.gave_up(spk, Some(Missed::Until(now + self.config.keep_closed)), true);
            }
            Departure::Lost if seat.is_some() => {
                let guest = Missed::Until(now + self.config.missed_for);
                room.gave_up(spk, Some(if who.is_host { Missed::Always } else { guest }), false);
            }
            Departure::Left
            | Departure::Closed
            | Departure::Lost
            | Departure::Moved
            | Departure::Removed
            | Departure::Drained => {}
        }
        self.change(tag);
        if how != Departure::Moved {
            self.fill(now, tag);
        }
        true
    }

    /// Looks at everybody again after rules have changed: who lost the right to a seat goes to the porch, who was
    /// removed goes, who has a right comes in.
    pub(crate) fn judge(&mut self, now: Instant, tag: RoomTag) {
        let Some(room) = self.rooms.get(tag) else { return };
        let removed: Vec<SessionId> = room
            .people()
            .filter(|who| is_removed(room, who))
            .map(|who| who.session)
            .collect();
        for session in removed {
            self.depart(now, session, Departure::Removed);
            self.doomed.entry(session).or_insert(ByeCode::Removed);
        }
        let Some(room) = self.rooms.get(tag) else { return };
        let cut_off: Vec<Pid> = room
            .seats
            .iter()
            .map(|seated| &seated.who)
            .filter(|who| !may_stay(room, who))
            .map(|who| who.person.pid)
            .collect();
        for pid in cut_off {
            self.move_out(now, tag, pid);
        }
        self.fill(now, tag);
    }

    /// Gives free seats to those on the porch who have a right to one, in the order in which they came.
    fn fill(&mut self, now: Instant, tag: RoomTag) {
        let unix = self.unix(now);
        loop {
            let Some(room) = self.rooms.get(tag).filter(|room| !room.is_full(&self.config)) else {
                return;
            };
            let next = room
                .porch
                .iter()
                .find(|who| may_enter(room, who, unix, &self.config));
            let Some(pid) = next.map(|who| who.person.pid) else {
                return;
            };
            self.move_in(now, tag, pid);
        }
    }

    /// From the porch to a seat.
    fn move_in(&mut self, now: Instant, tag: RoomTag, pid: Pid) {
        let Some(Gone { who, .. }) = self.rooms.get_mut(tag).and_then(|room| room.take(now, pid)) else {
            return;
        };
        self.stats.porch -= 1;
        let session = who.session;
        let seat = self.give_seat(now, tag, who);
        let ice_servers = self.ice_servers(session, Some(seat));
        let blobs = self.blob_place(now, tag, seat);
        let told = ServerMessage::Seat(Seat { ice_servers, blobs });
        self.say(session, None, &told.prepare());
        self.change(tag);
    }

    /// From a seat to the porch, however many stand there.
    fn move_out(&mut self, now: Instant, tag: RoomTag, pid: Pid) {
        let Some(room) = self.rooms.get_mut(tag) else {
            return;
        };
        let Some(Gone { seat, who }) = room.take(now, pid) else {
            return;
        };
        room.porch.push(who);
        self.stats.porch += 1;
        if let Some((seat, since)) = seat {
            self.close_seat(now, seat, since);
        }
        self.change(tag);
    }

    fn give_seat(&mut self, now: Instant, tag: RoomTag, who: Participant) -> SeatId {
        let seat = SeatId::from_random(self.random_bytes());
        if let Some(room) = self.rooms.get_mut(tag) {
            room.seat(now, seat, who);
            self.rooms.kept.remove(&tag);
            self.stats.seats += 1;
            self.stats.seats_opened_total += 1;
            self.outputs.push_back(Output::SeatOpened { seat, room: tag });
        }
        for other in self.rooms.outnumbered(now, tag) {
            self.end_room(now, other, ByeCode::GaveWay, false);
        }
        seat
    }

    fn close_seat(&mut self, now: Instant, seat: SeatId, since: Instant) {
        self.stats.seats -= 1;
        self.stats.seats_closed_total += 1;
        self.blob_seats.close(seat);
        self.stats.stays.add(now - since);
        self.outputs.push_back(Output::SeatClosed { seat });
    }

    /// Ends a room and the sessions of all who are in it.
    pub(crate) fn end_room(&mut self, now: Instant, tag: RoomTag, code: ByeCode, bury: bool) {
        let Some(room) = self.rooms.remove(tag) else {
            return;
        };
        self.wake_room(tag);
        if bury {
            self.rooms.bury(now, &self.config, &room);
            self.wake_sweep(now);
        }
        for who in room.people() {
            if let Some(session) = self.sessions.get_mut(&who.session) {
                session.place = None;
                self.doomed.entry(who.session).or_insert(code);
            }
        }
        self.close_room(now, &room);
    }

    /// The time that the server had for stopping is over: the relay may end everything.
    pub(crate) fn drained(&mut self, now: Instant) {
        for tag in self.rooms.tags() {
            if let Some(room) = self.rooms.remove(tag) {
                self.wake_room(tag);
                self.close_room(now, &room);
            }
        }
    }

    fn close_room(&mut self, now: Instant, room: &Room) {
        self.stats.porch -= room.porch.len();
        self.forget_shelf(room);
        for seated in &room.seats {
            self.close_seat(now, seated.id, seated.since);
        }
    }
}
