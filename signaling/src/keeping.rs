//! How long a room stays in which nobody has a seat.

use std::time::Instant;

use parlour_credentials::RoomTag;

use crate::signaling::Signaling;

impl Signaling {
    /// Keeps a room that everybody left, if its rules ask for that and the operator allows one more. Rules ask by an
    /// `until` further ahead than those of ordinary rooms (seal, section 2). False if it is to end.
    pub(crate) fn keep(&mut self, now: Instant, tag: RoomTag) -> bool {
        let beyond = self
            .unix(now)
            .saturating_add(self.config.ordinary_until.as_secs());
        let has_place = self.rooms.kept.contains(&tag) || self.rooms.kept.len() < self.config.kept_rooms;
        let Some(room) = self.rooms.get_mut(tag) else {
            return false;
        };
        if room.standing.until <= beyond || !has_place {
            return false;
        }
        room.keep();
        self.rooms.kept.insert(tag);
        self.wake_room(tag);
        true
    }

    /// When a room in which nobody has a seat is forgotten; it can be restored afterwards by those who remember.
    pub(crate) fn given_up_at(&self, tag: RoomTag) -> Option<Instant> {
        let room = self.rooms.get(tag).filter(|room| room.seats.is_empty())?;
        if !room.used {
            return Some(room.empty_since + self.config.keep_unused);
        }
        let run_out = room
            .standing
            .until
            .saturating_add(self.config.until_tolerance.as_secs());
        let patience = if self.rooms.kept.contains(&tag) {
            self.config.kept_for
        } else {
            self.config.keep_empty
        };
        let at = room.empty_since + patience;
        Some(self.instant(run_out).map_or(at, |run_out| run_out.min(at)))
    }
}
