//! Making rooms by link or by name, giving them other links and other rules, and giving a restarted server back what it lost
//! (seal, sections 1.4 and 2).
//!
//! Everything that comes here is signed by the host key; who carries it does not matter.

use std::time::Instant;

use parlour_credentials::RoomTag;

use crate::core::verify_box;
use crate::id::{HostPk, SessionId};
use crate::message::{ByeCode, Claim, Empty, ServerMessage, SignedState};
use crate::refusal::Refusal;
use crate::room::{Name, Room};
use crate::signaling::Signaling;
use crate::state::State;
use crate::states::StateSet;

/// States in one message.
const MOST_STATES: usize = 4;

impl Signaling {
    /// Makes a room, or gives one another link.
    pub(crate) fn create(
        &mut self,
        now: Instant,
        sid: SessionId,
        claim: Claim,
    ) -> Result<ServerMessage, Refusal> {
        let foreign = self
            .rooms
            .named(claim.room_id)
            .any(|room| room.host != claim.host_pk);
        let own = self.rooms.find(claim.room_id, claim.host_pk).is_some();
        if foreign && !own {
            return Err(Refusal::RoomExists);
        }
        let made = self.claim(now, sid, claim)?;
        if now < self.started + self.config.makes_way_within {
            let until = now + self.config.makes_way_for;
            if let Some(room) = made.and_then(|tag| self.rooms.get_mut(tag)) {
                room.makes_way_until = Some(until);
            }
        }
        Ok(ServerMessage::Created(Empty {}))
    }

    /// Gives a room back, or more of it.
    pub(crate) fn restore(
        &mut self,
        now: Instant,
        sid: SessionId,
        claim: Claim,
    ) -> Result<ServerMessage, Refusal> {
        let restored = self.claim(now, sid, claim)?;
        if let (Some(tag), Some(session)) = (restored, self.sessions.get_mut(&sid)) {
            session.restored = Some(tag);
        }
        Ok(ServerMessage::Created(Empty {}))
    }

    /// The tag of the room if it is new.
    fn claim(&mut self, now: Instant, sid: SessionId, claim: Claim) -> Result<Option<RoomTag>, Refusal> {
        let session = self.sessions.get_mut(&sid).ok_or(Refusal::HelloFirst)?;
        let prefix = session.prefix;
        session
            .costly
            .take(now, self.config.costly)
            .map_err(Refusal::Rate)?;
        let Claim {
            room_id,
            host_pk,
            states,
            room_box,
            box_sig,
        } = claim;
        if self.rooms.graves.host(now, host_pk) {
            return Err(Refusal::RoomOver);
        }
        let states = Self::read_states(host_pk, states)?;
        let called = states.first().ok_or(Refusal::BadRequest)?.room.clone();
        let room_box = match (called.id(), room_box, box_sig) {
            (None, Some(room_box), Some(box_sig)) => {
                verify_box(host_pk, room_id, &room_box, &box_sig)?;
                Some((room_box, box_sig))
            }
            (Some(id), None, None) if id == room_id => None,
            (Some(_) | None, _, _) => return Err(Refusal::BadRequest),
        };
        let name = Name { room_box, prefix };
        if let Some(tag) = self.rooms.of_host(host_pk) {
            let room = self.rooms.get(tag).ok_or(Refusal::NoSuchRoom)?;
            if room.called != called {
                return Err(Refusal::BadState);
            }
            if !room.names.contains_key(&room_id) && room.names.len() >= self.config.names_per_room {
                return Err(Refusal::Busy);
            }
            self.adopt(now, tag, states)?;
            if self.rooms.get(tag).is_none() {
                return Err(Refusal::RoomOver);
            }
            self.rooms.claim(&self.config, tag, room_id, name);
            return Ok(None);
        }
        let room = self.new_room(now, host_pk, states)?;
        self.sources
            .book(now, prefix)
            .rooms
            .take(now, self.config.rooms_per_source)
            .map_err(Refusal::Rate)?;
        self.make_place(now)?;
        let tag = room.tag;
        self.rooms.insert(room);
        self.rooms.claim(&self.config, tag, room_id, name);
        self.stats.rooms_total += 1;
        self.wake_room(tag);
        Ok(Some(tag))
    }

    fn new_room(&mut self, now: Instant, host: HostPk, states: Vec<State>) -> Result<Room, Refusal> {
        let mut set = StateSet::default();
        let first = states.first().ok_or(Refusal::BadState)?;
        let (mode, called) = (first.rules.mode, first.room.clone());
        for state in states {
            if state.rules.mode != mode || state.room != called {
                return Err(Refusal::BadState);
            }
            state.verify(host)?;
            set.adopt(state);
        }
        let standing = set.standing().ok_or(Refusal::BadState)?;
        let unix = self.unix(now);
        if standing
            .until
            .saturating_add(self.config.until_tolerance.as_secs())
            < unix
        {
            return Err(Refusal::BadState);
        }
        let ended = standing.over || standing.ends.is_some_and(|ends| ends <= unix);
        let room = Room::new(now, self.rooms.next_tag(), host, called, set, standing);
        if ended {
            self.rooms.bury(now, &self.config, &room);
            self.wake_sweep(now);
            return Err(Refusal::RoomOver);
        }
        Ok(room)
    }

    /// A new room takes the place of one that nobody is in, if need be.
    fn make_place(&mut self, now: Instant) -> Result<(), Refusal> {
        if self.rooms.len() < self.config.rooms {
            return Ok(());
        }
        let empty = self.rooms.longest_empty().ok_or(Refusal::Busy)?;
        self.end_room(now, empty, ByeCode::Expired, false);
        Ok(())
    }

    /// Reads states of one host's room; signatures are looked at where they matter.
    pub(crate) fn read_states(host: HostPk, states: Vec<SignedState>) -> Result<Vec<State>, Refusal> {
        if !(1..=MOST_STATES).contains(&states.len()) {
            return Err(Refusal::BadRequest);
        }
        states
            .into_iter()
            .map(|signed| State::read(signed, host))
            .collect()
    }

    /// Adds states to a room's own and follows what comes of it. All are taken or none.
    pub(crate) fn adopt(&mut self, now: Instant, tag: RoomTag, states: Vec<State>) -> Result<(), Refusal> {
        let unix = self.unix(now);
        let Some(room) = self.rooms.get_mut(tag) else {
            return Ok(());
        };
        let news: Vec<State> = states
            .into_iter()
            .filter(|state| room.states.is_news(state))
            .collect();
        if news.is_empty() {
            return Ok(());
        }
        for state in &news {
            if state.rules.mode != room.standing.mode || state.room != room.called {
                return Err(Refusal::BadState);
            }
            state.verify(room.host)?;
        }
        for state in news {
            room.states.adopt(state);
        }
        let standing = room.states.standing().ok_or(Refusal::BadState)?;
        let tighter = standing.is_tighter_than(&room.standing);
        room.standing = standing;
        if tighter {
            room.forget_known();
        }
        if room.standing.over {
            self.end_room(now, tag, ByeCode::Over, true);
        } else if room.standing.ends.is_some_and(|ends| ends <= unix) {
            self.end_room(now, tag, ByeCode::Expired, true);
        } else {
            self.judge(now, tag);
            self.change(tag);
        }
        Ok(())
    }
}
