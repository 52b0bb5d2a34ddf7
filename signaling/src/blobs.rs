//! What a room in standard mode leaves with the server (seal, section 9): ciphertext under ids that its pages chose.
//!
//! Written once, listed, read and taken back by whoever has a seat, gone with the room. A seat shows a secret of its own,
//! which it got when it was taken and which ends with it; a room off the record has none, and to whoever shows no good one
//! there is nothing here at all. What is inside is for the pages alone.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use parlour_credentials::{RoomTag, SeatId};
use serde::{Deserialize, Serialize};

use crate::blob_refusal::BlobRefusal;
use crate::id::{BlobId, Token, TokenHash};
use crate::limits::Gauge;
use crate::message::BlobPlace;
use crate::room::Room;
use crate::shelf::{Blob, BlobContent, Lingering, Shelf};
use crate::signaling::{Due, Signaling};
use crate::state::Mode;

/// How often it is looked whether what was let go of is still being read.
const LINGERING_EVERY: Duration = Duration::from_secs(1);

/// What a seat asks of the store.
#[derive(Debug)]
pub enum BlobRequest {
    /// What there is.
    List,
    /// What is in one.
    Get(BlobId),
    /// Whether a new one of this id may come: asked before its content is listened to.
    Announce(BlobId),
    /// A new one, that was announced.
    Put(BlobId, BlobContent),
    /// Takes one back.
    Delete(BlobId),
}

/// What the store answers.
#[derive(Clone, PartialEq, Eq)]
pub enum BlobAnswer {
    /// As asked.
    Done,
    /// It may come, if it has no more bytes than these.
    Come(usize),
    /// What there is.
    List(BlobList),
    /// What is in one.
    Content(BlobContent),
}

impl fmt::Debug for BlobAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlobAnswer(..)")
    }
}

/// What there is in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobList {
    /// By id.
    pub blobs: Vec<BlobEntry>,
}

/// One blob in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobEntry {
    /// Chosen by the page that put it there.
    pub id: BlobId,
    /// Length of its content.
    pub bytes: usize,
}

/// Which secrets open which room's blobs: one for each seat that has any.
#[derive(Default)]
pub(crate) struct BlobSeats {
    by_token: BTreeMap<TokenHash, BlobSeat>,
    by_seat: BTreeMap<SeatId, TokenHash>,
}

struct BlobSeat {
    room: RoomTag,
    seat: SeatId,
    requests: Gauge,
}

impl BlobSeats {
    fn open(&mut self, token: TokenHash, seat: BlobSeat) {
        self.close(seat.seat);
        self.by_seat.insert(seat.seat, token);
        self.by_token.insert(token, seat);
    }

    /// The seat has ended, and its secret with it.
    pub(crate) fn close(&mut self, seat: SeatId) {
        if let Some(token) = self.by_seat.remove(&seat) {
            self.by_token.remove(&token);
        }
    }
}

impl Signaling {
    /// One request to the store of the room in which `token` belongs to a seat.
    ///
    /// # Errors
    /// [`BlobRefusal`]: the request had no effect.
    pub fn handle_blob(
        &mut self,
        now: Instant,
        token: Token,
        request: BlobRequest,
    ) -> Result<BlobAnswer, BlobRefusal> {
        self.lingering.sweep();
        let answer = self.blob(now, token, request);
        if answer.is_err() {
            self.stats.blobs_refused_total += 1;
        }
        self.settle(now);
        answer
    }

    /// What a seat is told of its room's store; nothing off the record, and on a server that keeps nothing.
    pub(crate) fn blob_place(&mut self, now: Instant, tag: RoomTag, seat: SeatId) -> Option<BlobPlace> {
        let room = self.rooms.get(tag)?;
        if room.standing.mode != Mode::Standard || !self.config.keeps_blobs() {
            return None;
        }
        let token = Token(self.random_bytes());
        let requests = Gauge::new(now);
        let seat = BlobSeat {
            room: tag,
            seat,
            requests,
        };
        self.blob_seats.open(token.hashed(), seat);
        Some(BlobPlace {
            token,
            bytes: self.config.blob_bytes,
            room_bytes: self.config.blob_bytes_per_room,
            blobs: self.config.blobs_per_room,
            keep_s: self.config.blob_for.as_secs(),
        })
    }

    fn blob(&mut self, now: Instant, token: Token, request: BlobRequest) -> Result<BlobAnswer, BlobRefusal> {
        let seat = self
            .blob_seats
            .by_token
            .get_mut(&token.hashed())
            .filter(|_| self.config.keeps_blobs())
            .ok_or(BlobRefusal::Nowhere)?;
        // What was announced has been paid for.
        if !matches!(request, BlobRequest::Put(..)) {
            seat.requests
                .take(now, self.config.blob_requests)
                .map_err(BlobRefusal::Rate)?;
        }
        let (tag, seat) = (seat.room, seat.seat);
        let room = self.rooms.get(tag).ok_or(BlobRefusal::Nowhere)?;
        let who = room
            .seats
            .iter()
            .find(|seated| seated.id == seat)
            .map(|seated| &seated.who)
            .ok_or(BlobRefusal::Nowhere)?;
        let shelf = &room.blobs;
        match request {
            BlobRequest::List => {
                let entry = |(id, blob): (&BlobId, &Blob)| BlobEntry {
                    id: *id,
                    bytes: blob.content.bytes(),
                };
                let blobs = shelf.iter().map(entry).collect();
                Ok(BlobAnswer::List(BlobList { blobs }))
            }
            BlobRequest::Get(id) => {
                let blob = shelf.get(id).ok_or(BlobRefusal::NoSuchBlob)?;
                Ok(BlobAnswer::Content(blob.content.clone()))
            }
            BlobRequest::Announce(id) => {
                self.may_put(room, id, 1)?;
                Ok(BlobAnswer::Come(self.config.blob_bytes))
            }
            BlobRequest::Put(id, content) => {
                self.may_put(room, id, content.bytes())?;
                let blob = Blob {
                    content,
                    by: who.person.spk,
                    until: now + self.config.blob_for,
                };
                self.stats.blobs_put_total += 1;
                self.change_shelf(tag, |shelf, _| shelf.put(id, blob));
                Ok(BlobAnswer::Done)
            }
            BlobRequest::Delete(id) => {
                let blob = shelf.get(id).ok_or(BlobRefusal::NoSuchBlob)?;
                if blob.by != who.person.spk && !who.is_host {
                    return Err(BlobRefusal::NotYours);
                }
                self.change_shelf(tag, |shelf, lingering| shelf.take_back(id, lingering));
                Ok(BlobAnswer::Done)
            }
        }
    }

    /// Whether a room takes one more of so many bytes. When half of what the server may keep is used, each room has an
    /// eighth of its share, so that a few cannot take it all.
    fn may_put(&self, room: &Room, id: BlobId, bytes: usize) -> Result<(), BlobRefusal> {
        if bytes == 0 || bytes > self.config.blob_bytes {
            return Err(BlobRefusal::Length);
        }
        if room.blobs.get(id).is_some() {
            return Err(BlobRefusal::Exists);
        }
        let cost = Blob::cost(bytes);
        let load = room.blobs.load();
        let (total, share) = (self.config.blob_bytes_total, self.config.blob_bytes_per_room);
        if load.blobs >= self.config.blobs_per_room || load.bytes + cost > share {
            return Err(BlobRefusal::RoomFull);
        }
        let used = self.blob_load.bytes + self.lingering.bytes();
        if used + cost > total || (used > total / 2 && load.bytes + cost > share / 8) {
            return Err(BlobRefusal::Busy);
        }
        Ok(())
    }

    /// Lets go of what has been kept for long enough.
    pub(crate) fn expire_blobs(&mut self, now: Instant, tag: RoomTag) {
        let due = |room: &Room| room.blobs.next_end().is_some_and(|end| end <= now);
        if self.rooms.get(tag).is_some_and(due) {
            self.change_shelf(tag, |shelf, lingering| shelf.expire(now, lingering));
        }
    }

    fn change_shelf(&mut self, tag: RoomTag, change: impl FnOnce(&mut Shelf, &mut Lingering)) {
        let Some(room) = self.rooms.get_mut(tag) else {
            return;
        };
        let before = room.blobs.load();
        change(&mut room.blobs, &mut self.lingering);
        let after = room.blobs.load();
        self.blob_load.blobs = self.blob_load.blobs + after.blobs - before.blobs;
        self.blob_load.bytes = self.blob_load.bytes + after.bytes - before.bytes;
        self.wake_room(tag);
    }

    /// A room has ended, and takes its blobs with it.
    pub(crate) fn forget_shelf(&mut self, room: &Room) {
        for (_, blob) in room.blobs.iter() {
            self.lingering.add(&blob.content);
        }
        let load = room.blobs.load();
        self.blob_load.blobs -= load.blobs;
        self.blob_load.bytes -= load.bytes;
    }

    /// Finishes an input: what lingers is looked at again in a moment.
    pub(crate) fn watch_lingering(&mut self, now: Instant) {
        if !self.lingering.is_empty() && self.deadlines.at(Due::Lingering).is_none() {
            self.deadlines.set(Due::Lingering, Some(now + LINGERING_EVERY));
        }
    }
}
