//! Whose credentials are valid: the seats that signaling has told us of, and their rooms.
//!
//! A seat is valid from `opened` to `closed` and not a moment longer; there is no expiry. The even share of
//! a room's bandwidth follows the number of its seats.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use parlour_credentials::{RoomTag, SeatId};

use crate::budget::Bucket;
use crate::config::Config;
use crate::flows::FlowId;
use crate::integrity::userhash;
use crate::limiter::Pace;

/// A participant's right to use the relay.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) room: RoomTag,
    /// In the order of their making.
    pub(crate) allocations: Vec<FlowId>,
    /// Measures the seat's share of its room's bandwidth.
    pub(crate) share: Arc<Bucket>,
    /// State of the pace of its requests.
    requests_full_at: u64,
}

#[derive(Debug)]
struct Room {
    seats: Vec<SeatId>,
    budget: Arc<Bucket>,
}

/// All seats. Their number is bounded by signaling, which is the only one to open them.
#[derive(Debug)]
pub(crate) struct Seats {
    epoch: Instant,
    bits_per_room: u64,
    burst_per_room: u64,
    pace: Pace,
    realm: String,
    seats: BTreeMap<SeatId, Seat>,
    by_userhash: BTreeMap<[u8; 32], SeatId>,
    rooms: BTreeMap<RoomTag, Room>,
}

impl Seats {
    pub(crate) fn new(now: Instant, config: &Config) -> Self {
        Self {
            epoch: now,
            bits_per_room: config.bits_per_room,
            burst_per_room: config.burst_per_room,
            pace: Pace::new(
                config.requests_per_seat,
                config.requests_per_seat.saturating_mul(2),
            ),
            realm: config.realm.clone(),
            seats: BTreeMap::new(),
            by_userhash: BTreeMap::new(),
            rooms: BTreeMap::new(),
        }
    }

    /// Registers a seat that is not registered.
    pub(crate) fn open(&mut self, now: Instant, id: SeatId, room: RoomTag) {
        let share = Arc::new(Bucket::new(now, self.bits_per_room, self.burst_per_room));
        self.by_userhash.insert(userhash(&id.username(), &self.realm), id);
        self.seats.insert(
            id,
            Seat {
                room,
                allocations: Vec::new(),
                share,
                requests_full_at: 0,
            },
        );
        let (bits, burst) = (self.bits_per_room, self.burst_per_room);
        let entry = self.rooms.entry(room).or_insert_with(|| Room {
            seats: Vec::new(),
            budget: Arc::new(Bucket::new(now, bits, burst)),
        });
        entry.seats.push(id);
        self.share_out(room);
    }

    /// Forgets a seat; the caller ends the allocations that it still has.
    pub(crate) fn close(&mut self, id: SeatId) -> Option<Seat> {
        let seat = self.seats.remove(&id)?;
        self.by_userhash.remove(&userhash(&id.username(), &self.realm));
        if let Some(room) = self.rooms.get_mut(&seat.room) {
            room.seats.retain(|other| *other != id);
            if room.seats.is_empty() {
                self.rooms.remove(&seat.room);
            }
        }
        self.share_out(seat.room);
        Some(seat)
    }

    pub(crate) fn get(&self, id: SeatId) -> Option<&Seat> {
        self.seats.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: SeatId) -> Option<&mut Seat> {
        self.seats.get_mut(&id)
    }

    /// The seat with this USERHASH (RFC 8489 §14.4).
    pub(crate) fn by_userhash(&self, hash: &[u8]) -> Option<SeatId> {
        self.by_userhash.get(<&[u8; 32]>::try_from(hash).ok()?).copied()
    }

    /// Seats of this room.
    pub(crate) fn members(&self, room: RoomTag) -> usize {
        self.rooms.get(&room).map_or(0, |room| room.seats.len())
    }

    /// The room's bandwidth; `None` for a room without seats.
    pub(crate) fn budget(&self, room: RoomTag) -> Option<Arc<Bucket>> {
        self.rooms.get(&room).map(|room| Arc::clone(&room.budget))
    }

    /// Counts one request against the seat's pace; `false` if it comes too soon.
    pub(crate) fn admit_request(&mut self, now: Instant, id: SeatId) -> bool {
        let nanos = now.saturating_duration_since(self.epoch).as_nanos();
        let now = u64::try_from(nanos).unwrap_or(u64::MAX);
        let pace = self.pace;
        let Some(seat) = self.seats.get_mut(&id) else {
            return false;
        };
        match pace.take(seat.requests_full_at, now) {
            Some(full_at) => {
                seat.requests_full_at = full_at;
                true
            }
            None => false,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.seats.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&SeatId, &Seat)> {
        self.seats.iter()
    }

    /// Whether all indexes say the same.
    pub(crate) fn indexes_agree(&self) -> bool {
        let members: usize = self.rooms.values().map(|room| room.seats.len()).sum();
        let known = self.by_userhash.values().all(|id| self.seats.contains_key(id));
        known && [members, self.by_userhash.len()] == [self.seats.len(); 2]
    }

    fn share_out(&self, room: RoomTag) {
        let Some(room) = self.rooms.get(&room) else { return };
        let bits = self.bits_per_room / (room.seats.len() as u64).max(1);
        for seat in room.seats.iter().filter_map(|id| self.seats.get(id)) {
            seat.share.set_rate(bits);
        }
    }
}
