//! Invitations: boxes that hosts leave for guests who hold the key (seal, section 7).
//!
//! A box is handed to whoever names its id, any number of times: whether an invitation was used up is decided by the
//! host's pages, so that nobody burns one by its id alone. They are part of their room and end with it.

use std::time::Instant;

use crate::id::{RoomId, SessionId};
use crate::message::{Empty, Invitation, Invite, Redeem, ServerMessage};
use crate::refusal::Refusal;
use crate::session::Place;
use crate::signaling::Signaling;

impl Signaling {
    /// A host leaves a box.
    pub(crate) fn invite(
        &mut self,
        now: Instant,
        sid: SessionId,
        invite: Invite,
    ) -> Result<ServerMessage, Refusal> {
        let place = self.inviting_place(now, sid)?;
        self.rooms
            .invite(&self.config, place.room, invite.inv_id, invite.inv_box)?;
        Ok(ServerMessage::Done(Empty {}))
    }

    /// A host takes a box away; one that is not there is no error.
    pub(crate) fn revoke(
        &mut self,
        now: Instant,
        sid: SessionId,
        inv_id: RoomId,
    ) -> Result<ServerMessage, Refusal> {
        let place = self.inviting_place(now, sid)?;
        self.rooms.revoke(place.room, inv_id);
        Ok(ServerMessage::Done(Empty {}))
    }

    /// Somebody asks for the box of an invitation. Asking in vain counts like asking for rooms in vain.
    pub(crate) fn redeem(
        &mut self,
        now: Instant,
        sid: SessionId,
        redeem: &Redeem,
    ) -> Result<ServerMessage, Refusal> {
        let prefix = self.sessions.get(&sid).ok_or(Refusal::HelloFirst)?.prefix;
        let book = self.sources.book(now, prefix);
        book.may_ask(now, &self.config, redeem.inv_id)
            .map_err(Refusal::Rate)?;
        if let Some(inv_box) = self.rooms.invitation(redeem.inv_id) {
            let inv_box = inv_box.clone();
            return Ok(ServerMessage::Invitation(Invitation { inv_box }));
        }
        book.miss(now, redeem.inv_id);
        Err(Refusal::NoSuchRoom)
    }

    /// Where this session may invite.
    fn inviting_place(&mut self, now: Instant, sid: SessionId) -> Result<Place, Refusal> {
        let session = self.sessions.get_mut(&sid).ok_or(Refusal::HelloFirst)?;
        let place = session.place.ok_or(Refusal::NotInRoom)?;
        session
            .costly
            .take(now, self.config.costly)
            .map_err(Refusal::Rate)?;
        let is_host = self
            .rooms
            .get(place.room)
            .and_then(|room| room.participant(place.pid))
            .is_some_and(|who| who.is_host);
        if is_host {
            Ok(place)
        } else {
            Err(Refusal::NotAllowed)
        }
    }
}
